package history

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Limits are those of the archive; zero is none.
type Limits struct {
	Age   time.Duration // bans that began longer ago go
	Bytes int64         // the oldest go while bans and log lines take more room
}

// removeAtOnce is how many bans one transaction of Retain removes: so few that others
// wait for the writer for a moment only.
const removeAtOnce = 5000

// Retain removes ended bans that are beyond the limits, the oldest first, in small steps,
// and says what it did; "" for nothing. Open bans stay, and so do all counters. What was
// done before an error or the end of ctx stays done.
func (a *Archive) Retain(ctx context.Context, l Limits) (did string, err error) {
	var done []string
	if l.Age > 0 {
		var removed, months int
		removed, months, err = a.removeBefore(ctx, a.now().Add(-l.Age))
		done = told(done, removed, months, "older than "+inDays(l.Age))
	}
	if err == nil && l.Bytes > 0 {
		var removed, months int
		removed, months, err = a.removeBeyond(ctx, l.Bytes)
		done = told(done, removed, months, fmt.Sprintf("beyond %d MB", l.Bytes>>20))
	}
	return strings.Join(done, "; "), err
}

func inDays(age time.Duration) string {
	if d := int(age / (24 * time.Hour)); d > 0 {
		return fmt.Sprintf("%d days", d)
	}
	return age.String()
}

func told(done []string, removed, months int, which string) []string {
	if months > 0 {
		done = append(done, fmt.Sprintf("removed %d months of bans %s", months, which))
	}
	if removed > 0 {
		done = append(done, fmt.Sprintf("removed %d bans %s", removed, which))
	}
	return done
}

// removeBefore removes bans that began before a moment: whole months where the engine
// keeps them apart, the rest one by one.
func (a *Archive) removeBefore(ctx context.Context, before time.Time) (removed, months int, err error) {
	const allOfThem = 1000
	if months, err = a.store.DropMonths(ctx, before, allOfThem); err != nil {
		return 0, months, err
	}
	for {
		n, err := a.store.RemoveBans(ctx, before, removeAtOnce)
		removed += n
		if err != nil || n < removeAtOnce {
			return removed, months, err
		}
	}
}

// removeBeyond removes the oldest bans until the rest takes no more room than most. Where
// the engine gives room back only with whole months, only these go, and never the newest.
func (a *Archive) removeBeyond(ctx context.Context, most int64) (removed, months int, err error) {
	for {
		size, shrinks, err := a.store.ArchiveSize(ctx)
		if err != nil || size <= most {
			return removed, months, err
		}
		var n int
		if shrinks {
			n, err = a.store.RemoveBans(ctx, a.now(), removeAtOnce)
			removed += n
		} else {
			n, err = a.store.DropMonths(ctx, a.now(), 1)
			months += n
		}
		if err != nil || n == 0 {
			return removed, months, err
		}
	}
}

// Upkeep prepares the store for the months to come, and says what it did; "" for nothing.
// stray counts bans that have no place of their own: there should be none.
func (a *Archive) Upkeep(ctx context.Context) (did string, stray int64, err error) {
	made, stray, err := a.store.KeepPartitions(ctx)
	if err == nil && made > 0 {
		did = fmt.Sprintf("made room for %d months", made)
	}
	return did, stray, err
}
