package history

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// Difference is a counter that is not what the bans say.
type Difference struct {
	Counter string // its table
	Key     string // which of its numbers; hostile text is possible
	Counted int64
	There   int64 // what the bans say
}

// Checked is what a comparison of counters and bans found.
type Checked struct {
	Days        int64        // that were compared
	Differences []Difference // at most 1000
}

// SpanDays is the longest time that a counter sums up, in days. Times begin with 1970.
const SpanDays = 64

// checkAtOnce is how many identifiers are compared in one transaction.
const checkAtOnce = 5000

// CheckCounters proves that the counters are what the bans say, or finds where not. It
// takes the writer's turn for one day, or some thousand addresses, after the other: it
// runs beside everything else. Where retention may have removed bans the counters may
// say more.
func (a *Archive) CheckCounters(ctx context.Context) (Checked, error) {
	const most = 1000
	var c Checked
	first, last, some, err := a.store.CountedDays(ctx)
	if err != nil || !some {
		return c, err
	}
	add := func(found []Difference, err error) error {
		slices.SortFunc(found, func(a, b Difference) int {
			return cmp.Or(strings.Compare(a.Counter, b.Counter), strings.Compare(a.Key, b.Key))
		})
		c.Differences = append(c.Differences, found[:min(len(found), most-len(c.Differences))]...)
		return err
	}
	for day := first; day <= last; day++ {
		if err := add(a.store.CheckDay(ctx, day)); err != nil {
			return c, err
		}
		c.Days++
	}
	for span := first / SpanDays; span <= last/SpanDays; span++ {
		if err := add(a.store.CheckSpan(ctx, span)); err != nil {
			return c, err
		}
	}
	for after, more := "", true; more; more = after != "" {
		var found []Difference
		found, after, err = a.store.CheckAddresses(ctx, after, checkAtOnce)
		if err := add(found, err); err != nil {
			return c, err
		}
	}
	if err := add(a.store.CheckOpen(ctx, false)); err != nil {
		return c, err
	}
	return c, add(a.store.CheckNew(ctx, false))
}

// RebuildCounters counts all bans anew, in the same steps. What retention removed stays
// counted.
func (a *Archive) RebuildCounters(ctx context.Context) error {
	first, last, some, err := a.store.CountedDays(ctx)
	if err != nil || !some {
		return err
	}
	for day := first; day <= last; day++ {
		if err := a.store.RebuildDay(ctx, day); err != nil {
			return err
		}
	}
	for span := first / SpanDays; span <= last/SpanDays; span++ {
		if err := a.store.RebuildSpan(ctx, span); err != nil {
			return err
		}
	}
	for after, more := "", true; more; more = after != "" {
		if after, err = a.store.RebuildAddresses(ctx, after, checkAtOnce); err != nil {
			return err
		}
	}
	if _, err = a.store.CheckOpen(ctx, true); err != nil {
		return err
	}
	_, err = a.store.CheckNew(ctx, true)
	return err
}
