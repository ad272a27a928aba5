package config

import (
	"strconv"
	"time"

	"bangui/internal/fault"
	"bangui/internal/lease"
)

// Standby is what a console does that finds another one alive on its SQLite file. On
// PostgreSQL any number of consoles stand by.
type Standby string

// What it may do.
const (
	StandbyRefuse Standby = "refuse" // end, with exit status 3
	StandbyAllow  Standby = "allow"  // serve page and API, and wait
)

// mostWorkers bounds a number that only says whether it is one.
const mostWorkers = 1000

// schedulerSettings say which of several consoles works for all.
func schedulerSettings() []Setting {
	return []Setting{
		span("lease-ttl", "1m", "For how long the scheduler's lock holds without a heartbeat. Another console takes over after it. At least five heartbeats, at most an hour.",
			5*time.Second, func(c *Config) *time.Duration { return &c.LeaseTTL }),
		span("lease-heartbeat", "10s", "How often the console that holds the scheduler's lock renews it.",
			time.Second, func(c *Config) *time.Duration { return &c.LeaseHeartbeat }),
		{
			Name: "standby", Default: "refuse", Allowed: "refuse or allow",
			Meaning: "What a second console on the same SQLite file does once it has seen that the first one lives: refuse = it ends with exit status 3, allow = it serves page and API and takes over when the first one ends. On PostgreSQL consoles always stand by.",
			parse: func(c *Config, text string, _ Surroundings) error {
				switch way := Standby(text); way {
				case StandbyRefuse, StandbyAllow:
					c.Standby = way
					return nil
				default:
					return errNotAllowed
				}
			},
			show: func(c Config) string { return string(c.Standby) },
		},
		{
			Name: "workers", Default: "1, or WEB_CONCURRENCY", Allowed: "a number from 1 to " + strconv.Itoa(mostWorkers),
			Meaning: "How many console processes the surroundings start. BanGUI needs one; more than one on a SQLite file are refused at once, unless they may stand by. On PostgreSQL it has no effect.",
			parse: func(c *Config, text string, _ Surroundings) error {
				n, err := strconv.Atoi(text)
				if err != nil || n < 1 || n > mostWorkers {
					return errNotAllowed
				}
				c.Workers = n
				return nil
			},
			show: func(c Config) string { return strconv.Itoa(c.Workers) },
		},
	}
}

// validateScheduler refuses times that don't fit together, and several processes where
// the database takes one. What really decides is the lock in the database.
func (c Config) validateScheduler() error {
	if err := lease.Derive(c.LeaseTTL, c.LeaseHeartbeat).Check(); err != nil {
		return err
	}
	if c.Workers > 1 && c.Postgres == "" && c.Standby == StandbyRefuse {
		return fault.New(fault.Invalid, "setting workers = %d (BANGUI_WORKERS, WEB_CONCURRENCY) asks for several consoles, and the SQLite file %s takes one", c.Workers, c.Database).
			WithMend("Start one; let the others stand by with --standby=allow; or use PostgreSQL, which several consoles may share: --database postgres://…")
	}
	return nil
}
