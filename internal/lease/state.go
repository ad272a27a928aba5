package lease

import (
	"fmt"
	"slices"
	"time"

	"bangui/internal/fault"
	"bangui/internal/terminal"
)

// Phase is what a process is to a lease, for people.
type Phase string

// The phases.
const (
	Leader   Phase = "leader"        // this process, and trust lasts
	Standby  Phase = "standby"       // another process
	Nobody   Phase = "none"          // nobody, as far as is known
	Stepping Phase = "stepping_down" // this process, until its work has ended
	Blocked  Phase = "blocked"       // the database can't be asked
)

// State is what is known about a lease now.
type State struct {
	Phase    Phase
	Row      Row           // as last seen; of its own term, this process' part of it
	SeenAgo  time.Duration // since Row was read or renewed
	Left     time.Duration // of trust; 0 when not leading
	Why      string        // for Stepping and Blocked: why
	Refused  int64         // transactions that the fence refused, since the start
	Typical  time.Duration // round trip to the database: the median of the last ones,
	Slowest  time.Duration // and the slowest of them
	Identity string        // this process, as Row.Holder
}

// State is what is known now. It is never Leader once trust has ended.
func (e *Elector) State() State {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.o.Clock()
	s := State{Row: e.watch.row, Refused: e.refused, Identity: e.me}
	s.Typical, s.Slowest = e.trips.measure()
	if e.watch.seen {
		s.SeenAgo = now - e.watch.since - e.watch.quiet
	}
	switch r := e.reign; {
	case r != nil:
		s.Row = Row{Name: r.Name, Epoch: r.Epoch, Holder: r.Holder, Info: e.o.Info, Timeout: e.d.TTL}
		s.Phase, s.Why, s.SeenAgo = Stepping, r.reason, now-r.anchor()
		if r.reason == "" && r.trusted(now) {
			s.Phase, s.Left = Leader, r.anchor()+e.d.Hard()-now
		}
	case e.blocked != nil:
		s.Phase, s.Why = Blocked, fault.MessageOf(e.blocked)
	case s.Row.Holder == "" || s.Row.Age+s.SeenAgo >= s.Row.Timeout:
		s.Phase = Nobody
	default:
		s.Phase = Standby
	}
	return s
}

// Leading reports whether this process leads, and trusts that it does.
func (e *Elector) Leading() bool { return e.State().Phase == Leader }

// HeldError is that another process holds the lease and is alive.
type HeldError struct{ Row Row }

// Error names the holder and the ways out.
func (e *HeldError) Error() string {
	return fmt.Sprintf("another BanGUI uses this database: %s, version %s, since %s, last beat %s",
		e.Row.Info.Whom(), terminal.Printable(e.Row.Info.Version), shown(e.Row.CreatedAt), shown(e.Row.HeartbeatAt))
}

// Fault is the error for people.
func (e *HeldError) Fault() error {
	return fault.Wrap(e, fault.Conflict, "%s", e.Error()).
		WithMend("Stop that one, give this one a folder of its own with --data-dir, let it stand by with --standby=allow, or use PostgreSQL, which several consoles may share.")
}

// Whom names a process for people. Its text was written by whoever may write to the
// database.
func (i Info) Whom() string {
	return fmt.Sprintf("process %d on %s", i.PID, terminal.Printable(i.Hostname))
}

func shown(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

// trips are the times of the last exchanges with the database.
type trips struct {
	last []time.Duration
	next int
}

func (t *trips) add(took time.Duration) {
	const most = 100
	if len(t.last) < most {
		t.last = append(t.last, took)
		return
	}
	t.last[t.next] = took
	t.next = (t.next + 1) % most
}

func (t *trips) measure() (median, slowest time.Duration) {
	if len(t.last) == 0 {
		return 0, 0
	}
	sorted := slices.Sorted(slices.Values(t.last))
	return sorted[len(sorted)/2], sorted[len(sorted)-1]
}
