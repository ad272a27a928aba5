package lease

import (
	"time"

	"bangui/internal/fault"
)

// Durations are all times of a lease. Derive gives those that fit together.
type Durations struct {
	TTL       time.Duration // after which others may take over
	Heartbeat time.Duration // between renewals
	Attempt   time.Duration // bound of one attempt
	Retry     time.Duration // after an attempt that failed
	Margin    time.Duration // by which trust ends before TTL
	Soft      time.Duration // since the last renewal: no new work, work is asked to end
	Poll      time.Duration // between the looks of a standby
	Quick     time.Duration // of silence that db-stale needs
	Tick      time.Duration // how often the clock is looked at
}

// Derive gives the durations for a TTL and a heartbeat: with 60 s and 10 s the others
// are 5, 2, 5, 45, 5, 25 and 1 s.
func Derive(ttl, heartbeat time.Duration) Durations {
	return Durations{
		TTL: ttl, Heartbeat: heartbeat, Attempt: heartbeat / 2, Retry: heartbeat / 5, Margin: ttl / 12,
		Soft: ttl * 3 / 4, Poll: heartbeat / 2, Quick: max(heartbeat*5/2, ttl*5/12), Tick: heartbeat / 10,
	}
}

// Hard is when trust ends, since the start of the last renewal.
func (d Durations) Hard() time.Duration { return d.TTL - d.Margin }

// Check refuses durations under which a healthy holder could lose its lease, or a dead
// one keep it. The error is a fault Invalid.
func (d Durations) Check() error {
	const longest = time.Hour
	refuse := func(format string, args ...any) error {
		return fault.New(fault.Invalid, format, args...).WithMend("Set lease-ttl to at least five times lease-heartbeat, such as 60s and 10s.")
	}
	switch {
	case d.Heartbeat <= 0 || d.TTL <= 0 || d.TTL > longest:
		return refuse("the lease's times are more than nothing and at most %s", longest)
	case d.TTL < 5*d.Heartbeat:
		return refuse("a lease of %s is too short for a heartbeat each %s: a few late beats would end it", d.TTL, d.Heartbeat)
	case d.Attempt >= d.Heartbeat:
		return refuse("an attempt to renew may take %s, and the next begins after %s", d.Attempt, d.Heartbeat)
	case d.Margin < d.TTL/12:
		return refuse("a margin of %s is too little for clocks that run apart for %s", d.Margin, d.TTL)
	case d.Soft >= d.Hard()-d.TTL/12:
		return refuse("work would have too little time to end between %s and %s", d.Soft, d.Hard())
	case d.Quick < 2*d.Heartbeat+d.Attempt:
		return refuse("%s of silence are too few to call a holder dead that beats each %s", d.Quick, d.Heartbeat)
	case d.Poll <= 0 || d.Retry <= 0 || d.Tick <= 0 || d.Poll > d.Heartbeat:
		return refuse("a standby looks at least once a heartbeat")
	default:
		return nil
	}
}
