// Package backtest says whom a jail would have banned, out of the failures that its filter
// finds in a log. Reading a log with fail2ban's own expressions is dear, what maxretry,
// findtime and bantime make of the failures is cheap: so it is done here, as often as
// somebody wants to compare.
//
// The rules are those of fail2ban 1.0.2 (read in failmanager.py, ticket.py, filter.py,
// actions.py, banmanager.py, observer.py, jail.py, database.py of its server; a test holds
// them against its own classes and against its running server). Time is that of the log:
// a failure is counted, cleaned up and unbanned when its line was written. The server does
// the last two a few seconds late.
package backtest

import (
	"math"
	"net/netip"
	"slices"
)

// Forever is a ban time without an end, as fail2ban has it.
const Forever = -1

// Failure is one that a filter found.
type Failure struct {
	ID    int     // which of the log's ids, from 0
	At    float64 // seconds since 1970, as the line says
	Clock float64 // the latest time in the log so far: when the line was written
}

// Settings are the options of a jail that decide whom it bans. Times are in seconds.
type Settings struct {
	MaxRetry  int
	FindTime  float64
	BanTime   float64 // Forever = permanent
	Increment *Increment
	// Ignored reports whether failures of an id don't count; nil = all do.
	Ignored func(id int) bool
}

// Increment makes bans of an id longer from ban to ban (bantime.increment).
type Increment struct {
	Factor      float64   // bantime.factor
	Multipliers []float64 // bantime.multipliers; empty = doubled each time
	MaxTime     float64   // bantime.maxtime; 0 = none
}

// Ban is one ban of an id.
type Ban struct {
	At      float64 // of the failure that led to it
	Seconds float64 // Forever = permanent. Failures during the ban make it longer
	Count   int     // how many it is for this id, from 1; more than 1 only with Increment
}

// Address is what became of one id.
type Address struct {
	Failures int
	Ignored  int // failures that did not count
	During   int // failures while it was banned: a firewall would have stopped them
	Bans     []Ban
}

// Outcome is what became of all of them.
type Outcome struct {
	Addresses []Address // by id; as many as were asked for
	Failures  int       // those that count
	Bans      int
	Banned    int // ids that were banned at least once
	Most      int // ids that were banned at the same time, at most
}

// Run counts failures, which are in the order of their lines, of so many ids.
func Run(failures []Failure, ids int, s Settings) Outcome {
	r := run{Settings: s, states: make([]state, ids), out: Outcome{Addresses: make([]Address, ids)}}
	for _, f := range failures {
		r.failure(f)
	}
	for _, a := range r.out.Addresses {
		r.out.Bans += len(a.Bans)
		if len(a.Bans) > 0 {
			r.out.Banned++
		}
	}
	r.out.Most = most(r.out.Addresses)
	return r.out
}

// state is what fail2ban knows of an id at one moment.
type state struct {
	failing     bool // it is in the failure manager
	retry       int
	first, last float64

	banned bool // it is in the ban manager
	at     float64
	until  float64

	known      bool // it is in the table of bad ids (bips)
	count      int
	knownSince float64
}

type run struct {
	Settings
	states []state
	out    Outcome
}

// failure is Filter.processLineAndAdd for one failure, with what other threads do of it.
func (r *run) failure(f Failure) {
	s, a := &r.states[f.ID], &r.out.Addresses[f.ID]
	if r.Ignored != nil && r.Ignored(f.ID) {
		a.Ignored++
		return
	}
	a.Failures++
	r.out.Failures++
	if s.banned && f.Clock > s.until { // BanManager.unBanList
		s.banned = false
	}
	if s.banned {
		a.During++
	}
	if s.failing && s.last <= f.Clock-r.FindTime { // FailManager.cleanup
		s.failing = false
	}
	r.add(s, f, 1)
	if s.retry >= r.MaxRetry {
		r.ban(f)
	}
	r.observe(f)
}

// add is FailManager.addFailure, with FailTicket.adjustTime.
func (r *run) add(s *state, f Failure, count int) {
	if !s.failing {
		s.failing, s.retry, s.first, s.last = true, count, f.At, f.At
		return
	}
	if f.At > s.last {
		if s.first < f.At-r.FindTime {
			s.retry = int(math.RoundToEven(float64(s.retry) / (f.At - s.first) * r.FindTime))
			s.first = f.At - r.FindTime
		}
		s.last = f.At
	}
	s.retry += count
}

// observe is ObserverThread.failureFound: a failure of an id that was banned before counts
// more, with increments.
func (r *run) observe(f Failure) {
	s := &r.states[f.ID]
	if r.Increment == nil || !s.known || f.At <= s.knownSince {
		return
	}
	const most = 20
	more := min(1<<min(s.count, most)/2+1, r.MaxRetry)
	if more <= 1 || !s.failing { // a ticket that led to a ban already is not added again
		return
	}
	r.add(s, f, more-1)
	if s.retry >= r.MaxRetry {
		r.ban(f)
	}
}

// ban is FailManager.toBan and BanManager.addBanTicket: the ticket leaves the failure
// manager, and bans, or makes the ban longer that there is.
func (r *run) ban(f Failure) {
	s, a := &r.states[f.ID], &r.out.Addresses[f.ID]
	s.failing = false
	at := s.last
	until := end(at, r.BanTime)
	switch {
	case until < f.Clock: // it came too late
		return
	case s.banned:
		if until > s.until {
			s.until = end(max(at, s.at), r.BanTime)
			a.Bans[len(a.Bans)-1].Seconds = spanOf(s.until, s.at)
		}
		return
	}
	span := r.BanTime
	s.banned, s.at = true, at
	restored := false
	if span != Forever && r.Increment != nil && s.known {
		span = r.Increment.of(span, s.count)
		restored = at <= s.knownSince
	}
	s.until = end(at, span)
	a.Bans = append(a.Bans, Ban{At: at, Seconds: span, Count: s.count + 1})
	if r.Increment != nil && !restored && s.until >= f.Clock { // ObserverThread.banFound
		s.known, s.count, s.knownSince = true, s.count+1, math.RoundToEven(at)
	}
}

// of is the ban time of an id that was banned so many times (Jail.setBanTimeExtra).
func (i *Increment) of(span float64, count int) float64 {
	const most = 20
	longer := max(span, span*float64(int64(1)<<min(count, most))*i.Factor)
	if n := len(i.Multipliers); n > 0 {
		longer = span * i.Factor * i.Multipliers[min(count, n-1)]
	}
	if i.MaxTime > 0 {
		longer = min(longer, i.MaxTime)
	}
	return longer
}

func end(at, span float64) float64 {
	if span == Forever {
		return math.Inf(1)
	}
	return at + span
}

func spanOf(until, at float64) float64 {
	if math.IsInf(until, 1) {
		return Forever
	}
	return until - at
}

// most is how many ids were banned at the same time, at most.
func most(all []Address) int {
	type edge struct {
		at   float64
		step int
	}
	var edges []edge
	for _, a := range all {
		for _, b := range a.Bans {
			edges = append(edges, edge{b.At, 1}, edge{end(b.At, b.Seconds), -1})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return b.step - a.step
	})
	now, top := 0, 0
	for _, e := range edges {
		now += e.step
		top = max(top, now)
	}
	return top
}

// Ignoring is a jail's ignore list: ids that are addresses within one of its entries, or the
// same text as one.
type Ignoring struct {
	Prefixes []netip.Prefix
	Texts    map[string]bool
}

// Covers reports whether an id is ignored.
func (l Ignoring) Covers(id string, addr netip.Addr) bool {
	if l.Texts[id] {
		return true
	}
	return addr.IsValid() && slices.ContainsFunc(l.Prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}
