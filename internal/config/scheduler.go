package config

import (
	"fmt"
	"strconv"
	"time"

	"bangui/internal/fault"
)

// Standby is what a second console does on a SQLite file that another one uses.
type Standby string

// The answers.
const (
	StandbyRefuse Standby = "refuse" // it ends with exit status 3
	StandbyAllow  Standby = "allow"  // it serves, and does no background work
)

// maxWorkers bounds the setting workers; nobody starts more.
const maxWorkers = 10_000

// schedulerSettings say which of several consoles works in the background.
func schedulerSettings() []Setting {
	return []Setting{
		{
			Name: "standby", Default: string(StandbyRefuse), Allowed: "refuse or allow",
			Meaning: "What a second console does that finds another one on its SQLite file: end, or stand by. On PostgreSQL it always stands by.",
			parse: func(c *Config, text string, _ Surroundings) error {
				switch s := Standby(text); s {
				case StandbyRefuse, StandbyAllow:
					c.Standby = s
					return nil
				default:
					return errNotAllowed
				}
			},
			show: func(c Config) string { return string(c.Standby) },
		},
		span("lease-ttl", "1m", "After how long without a heartbeat another console may take over the background jobs; at least five times lease-heartbeat.", 5*time.Second,
			func(c *Config) *time.Duration { return &c.LeaseTTL }),
		span("lease-heartbeat", "10s", "How often the console that does the background jobs says so in the database.", time.Second,
			func(c *Config) *time.Duration { return &c.LeaseHeartbeat }),
		{
			Name: "workers", Default: "1, or WEB_CONCURRENCY", Allowed: fmt.Sprintf("a whole number from 1 to %d", maxWorkers),
			Meaning: "How many processes a process manager starts of this console. It starts none itself: above 1 it is refused on SQLite, unless they may stand by.",
			parse: func(c *Config, text string, _ Surroundings) error {
				n, err := strconv.Atoi(text)
				if err != nil || n < 1 || n > maxWorkers {
					return errNotAllowed
				}
				c.Workers = n
				return nil
			},
			show: func(c Config) string { return strconv.Itoa(c.Workers) },
		},
	}
}

// concurrency takes what a process manager says of how many it starts, where the setting
// workers does not.
func (l *loader) concurrency(Given) error {
	text := l.surroundings.Getenv("WEB_CONCURRENCY")
	if text == "" || l.origins["workers"] != "default" {
		return nil
	}
	return l.set("workers", text, "environment WEB_CONCURRENCY")
}

// CheckWorkers refuses several processes on one SQLite file before that is touched. It is
// for a console that starts: other commands may run beside one.
func (c Config) CheckWorkers() error {
	if c.Workers <= 1 || c.Postgres != "" || c.Standby == StandbyAllow {
		return nil
	}
	return fault.New(fault.Invalid, "setting workers = %d (or BANGUI_WORKERS, or WEB_CONCURRENCY) asks for %d processes on one SQLite file, which is for one", c.Workers, c.Workers).
		WithMend("Set it to 1 (one process serves thousands of requests), let the others stand by with --standby=allow, or use PostgreSQL, which several consoles may share.")
}
