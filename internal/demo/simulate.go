package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// Bounds of the simulator.
const (
	tick       = 600 * time.Millisecond
	runTime    = 24 * time.Hour // then it rests: a forgotten demo fills no disk
	maxLogSize = 1 << 20        // a sample log begins anew beyond this
	maxActive  = 4              // attackers at the same time
)

// Run writes sample log lines until ctx ends, for at most 24 hours.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	sim := newSimulator(s.Seed)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-ticker.C:
			for _, l := range sim.next(now) {
				if err := s.append(l); err != nil {
					s.Logger.WarnContext(ctx, "sample log not written", "error", err)
				}
			}
		}
	}
}

// append adds a line to a sample log. A log that has grown is renamed first, as
// logrotate does it.
func (s *Server) append(l line) error {
	name := filepath.Join(s.Dir, "log", l.log)
	if info, err := os.Stat(name); err == nil && info.Size() > maxLogSize {
		if err := os.Rename(name, name+".1"); err != nil {
			return err
		}
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if _, err := f.WriteString(l.text + "\n"); err != nil {
		_ = f.Close() // the write's error says more
		return err
	}
	return f.Close()
}

// line is one line of a sample log.
type line struct{ log, text string }

// attacker is one address that tries a few times and gives up.
type attacker struct {
	addr netip.Addr
	web  bool
	left int
}

// simulator invents attackers from addresses that are reserved for documentation.
type simulator struct {
	random *rand.Rand
	pool   []netip.Addr
	active []attacker
	count  int // lines so far; numbers processes and connections
}

func newSimulator(seed uint64) *simulator {
	s := &simulator{random: rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // sample data
	for _, prefix := range []string{"203.0.113.", "198.51.100.", "192.0.2."} {
		for range 16 {
			s.pool = append(s.pool, netip.MustParseAddr(fmt.Sprintf("%s%d", prefix, 1+s.random.IntN(254))))
		}
	}
	for range 8 {
		s.pool = append(s.pool, netip.MustParseAddr(fmt.Sprintf("2001:db8:%x::%x", s.random.IntN(0x1000), 1+s.random.IntN(0xfffe))))
	}
	return s
}

// next are the lines of one tick: at most one per attacker, and now and then
// somebody who signs in as he should.
func (s *simulator) next(now time.Time) []line {
	if len(s.active) < maxActive && (len(s.active) == 0 || s.random.IntN(5) == 0) {
		s.active = append(s.active, attacker{addr: s.pool[s.random.IntN(len(s.pool))], web: s.random.IntN(3) == 0, left: 2 + s.random.IntN(3)})
	}
	var lines []line
	for i := 0; i < len(s.active); i++ {
		if s.random.IntN(2) == 0 {
			continue
		}
		lines = append(lines, s.failure(now, s.active[i]))
		if s.active[i].left--; s.active[i].left == 0 {
			s.active = append(s.active[:i], s.active[i+1:]...)
			i--
		}
	}
	if s.random.IntN(20) == 0 {
		lines = append(lines, s.success(now))
	}
	return lines
}

func (s *simulator) failure(now time.Time, a attacker) line {
	s.count++
	user := pick(s.random, "root", "admin", "ubuntu", "test", "oracle", "postgres", "git", "deploy", "pi", "backup")
	if a.web {
		return line{"nginx-error.log", fmt.Sprintf(
			`%s [error] 812#812: *%d user "%s": password mismatch, client: %s, server: www.example.org, request: "GET /%s HTTP/1.1", host: "www.example.org"`,
			now.Format("2006/01/02 15:04:05"), s.count, user, a.addr, pick(s.random, "admin/", "status", "intranet/", "grafana/login"))}
	}
	what := "Failed password for " + user
	if user != "root" && user != "git" {
		what = "Failed password for invalid user " + user
	}
	return line{"auth.log", fmt.Sprintf("%s demo sshd[%d]: %s from %s port %d ssh2", now.Format(time.Stamp), 2000+s.count%30000, what, a.addr, 32768+s.random.IntN(28000))}
}

func (s *simulator) success(now time.Time) line {
	s.count++
	return line{"auth.log", fmt.Sprintf("%s demo sshd[%d]: Accepted publickey for alice from 192.0.2.254 port %d ssh2", now.Format(time.Stamp), 2000+s.count%30000, 32768+s.random.IntN(28000))}
}

func pick(random *rand.Rand, words ...string) string { return words[random.IntN(len(words))] }
