package audit

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Bounds of what refusals may cost. Strangers and people we know have a share each, so
// that strangers can't hide what somebody inside was refused.
const (
	refusedStrangers = 20  // sources told apart in a minute
	refusedKnown     = 100 // actors told apart in a minute
	refusedKinds     = 16  // actions with codes told apart in one sum
	refusedTargets   = 5
)

// refusals are those of one minute, by source.
type refusals struct {
	since                  time.Time
	bySource               map[string]*refusal
	strangers, known       int
	otherStrangers, others *refusal
}

// refusal sums up what came after the first one of a source.
type refusal struct {
	Entry
	from, to time.Time
	kinds    map[string]int
	targets  []string
}

func newRefusals(since time.Time) *refusals {
	return &refusals{since: since, bySource: map[string]*refusal{}, otherStrangers: &refusal{}, others: &refusal{}}
}

// refuse stores the first refusal of a source in this minute and counts the others.
func (t *Trail) refuse(ctx context.Context, e Entry) error {
	now := t.now()
	e.At = now
	t.mu.Lock()
	var over []Entry
	if now.Sub(t.refusals.since) >= flushEvery {
		over, t.refusals = t.refusals.entries(now), newRefusals(now)
	}
	first := t.refusals.add(e)
	t.mu.Unlock()
	if first {
		over = append(over, e)
	}
	_, err := t.append(ctx, over...)
	return err
}

// Flush stores what was counted up to now. Errors are logged: nothing hangs on them.
func (t *Trail) Flush(ctx context.Context) {
	t.mu.Lock()
	now := t.now()
	over := t.refusals.entries(now)
	t.refusals = newRefusals(now)
	t.mu.Unlock()
	if _, err := t.append(ctx, over...); err != nil {
		t.logger.ErrorContext(ctx, "refusals could not be recorded", "refusals", countOf(over), "error", err)
	}
}

func countOf(entries []Entry) int {
	n := 0
	for _, e := range entries {
		n += e.Count
	}
	return n
}

// add counts a refusal, and reports whether it is the first of its source.
func (r *refusals) add(e Entry) bool {
	key, used, most, rest := string(e.Actor.Kind)+" "+e.Actor.Name, &r.known, refusedKnown, r.others
	if e.Actor.Kind == Anonymous {
		key, used, most, rest = networkOf(e.Address), &r.strangers, refusedStrangers, r.otherStrangers
	}
	if sum, there := r.bySource[key]; there {
		sum.count(e)
		return false
	}
	if *used >= most {
		rest.count(e)
		return false
	}
	*used++
	r.bySource[key] = &refusal{}
	return true
}

// networkOf is what counts as one stranger: an IPv4 address, or the /64 of an IPv6 one.
func networkOf(a netip.Addr) string {
	const network = 64
	a = a.Unmap().WithZone("")
	if a.Is4() || !a.IsValid() {
		return a.String()
	}
	return netip.PrefixFrom(a, network).Masked().String()
}

// count adds a refusal to a sum. What they don't share is left out.
func (s *refusal) count(e Entry) {
	kind := e.Action
	if e.Code != "" {
		kind += " " + string(e.Code)
	}
	if s.Count == 0 {
		s.Entry, s.from, s.kinds = e, e.At, map[string]int{}
	}
	s.Count++
	s.to = e.At
	if _, there := s.kinds[kind]; there || len(s.kinds) < refusedKinds {
		s.kinds[kind]++
	} else {
		s.kinds["other"]++
	}
	if e.Target != "" && len(s.targets) < refusedTargets && !slices.Contains(s.targets, e.Target) {
		s.targets = append(s.targets, e.Target)
	}
	s.share(e)
}

func (s *refusal) share(e Entry) {
	if s.Actor != e.Actor {
		s.Actor = Actor{Kind: s.Actor.Kind}
	}
	if s.Address != e.Address {
		s.Address = netip.Addr{}
	}
	if s.Action != e.Action {
		s.Action = "several"
	}
	if s.Code != e.Code {
		s.Code = ""
	}
	if s.Outcome != e.Outcome {
		s.Outcome = Refused
	}
	if s.Target != e.Target {
		s.Target = ""
	}
	s.RequestID = ""
}

// entries are the sums as they are recorded now: what ended first comes first. Their
// moment is that of the recording, since other entries were recorded meanwhile, and the
// audit's order is that of its moments; their text says when it was.
func (r *refusals) entries(now time.Time) []Entry {
	var all []Entry
	for _, key := range slices.Sorted(maps.Keys(r.bySource)) {
		all = r.bySource[key].appendTo(all, key)
	}
	all = r.otherStrangers.appendTo(all, "other addresses")
	all = r.others.appendTo(all, "other actors")
	slices.SortStableFunc(all, func(a, b Entry) int { return a.At.Compare(b.At) })
	for i := range all {
		all[i].At = now
	}
	return all
}

func (s *refusal) appendTo(all []Entry, source string) []Entry {
	if s.Count == 0 {
		return all
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(s.kinds)) {
		parts = append(parts, fmt.Sprintf("%d × %s", s.kinds[kind], kind))
	}
	e := s.Entry
	e.At = s.to
	e.Before, e.After = "", ""
	e.Detail = fmt.Sprintf("%d more from %s between %s and %s: %s", s.Count, source, clock(s.from), clock(s.to), strings.Join(parts, ", "))
	if len(s.targets) > 1 {
		e.Detail += "; among the targets: " + strings.Join(s.targets, ", ")
	}
	return append(all, e)
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05") }
