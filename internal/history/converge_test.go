package history_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// observation is one thing that the archive is told, and when it was seen.
type observation struct {
	at   time.Time
	tell func(a *history.Archive) error
}

// world is a jail as fail2ban has it, and what can be seen of it. Only what happens
// takes time: at least three seconds, so that two bans never begin as one.
type world struct {
	rt    *rapid.T
	jail  string
	clock int
	truth map[string]history.Ban
	seen  []observation
}

func newWorld(rt *rapid.T, jail string) *world {
	return &world{rt: rt, jail: jail, truth: map[string]history.Ban{}}
}

// now is a moment within the second of the clock.
func (w *world) now() time.Time {
	return at(w.clock).Add(time.Duration(rapid.IntRange(0, 999).Draw(w.rt, "ms")) * time.Millisecond)
}

func (w *world) record(e event.Event) {
	e.Jail = w.jail
	w.seen = append(w.seen, observation{e.At, func(a *history.Archive) error { return a.Record(w.rt.Context(), []event.Event{e}, nil) }})
}

func (w *world) list(l history.List) {
	l.HostID, l.Jail = hostID, w.jail
	w.seen = append(w.seen, observation{l.TakenAt, func(a *history.Archive) error { return a.Reconcile(w.rt.Context(), l) }})
}

func (w *world) listed() []history.Ban {
	var all []history.Ban
	for _, address := range slices.Sorted(maps.Keys(w.truth)) {
		b := w.truth[address]
		if rapid.Bool().Draw(w.rt, "enriched") {
			b.Failures, b.BanCount, b.Origin = 5, 2, event.ByHand
		}
		all = append(all, b)
	}
	return all
}

// happen lets something happen, and be seen or not.
func (w *world) happen() {
	w.clock += rapid.IntRange(3, 90).Draw(w.rt, "seconds")
	address := rapid.SampledFrom([]string{"192.0.2.1", "192.0.2.2", "2001:db8::1", "198.51.100.0/24", "a user"}).Draw(w.rt, "address")
	known, banned := w.truth[address]
	switch what := rapid.SampledFrom([]string{"ban", "unban", "list", "part", "stop", "restore", "longer", "again"}).Draw(w.rt, "what"); {
	case what == "ban" && !banned:
		w.ban(address)
	case what == "unban" && banned:
		delete(w.truth, address)
		why := rapid.SampledFrom([]event.EndReason{event.Unbanned, event.Expired, event.Unknown, ""}).Draw(w.rt, "why")
		w.record(unbanned(address, w.now(), why))
	case what == "list", what == "part":
		w.list(history.List{TakenAt: w.now(), Complete: what == "list", Bans: w.listed()})
	case what == "stop": // and the next list shows what was restored
		w.list(history.List{TakenAt: w.now(), Complete: true, Gone: true})
	case what == "restore" && banned:
		e := bannedEvent(known)
		e.At, e.Restored = w.now(), true
		w.record(e)
	case what == "longer" && banned:
		known.BanSeconds += 100
		w.truth[address] = known
	case what == "again" && banned: // the log tells late, and rounds
		e := bannedEvent(known)
		e.At, e.BannedAt = known.BannedAt.Add(500*time.Millisecond), known.BannedAt.Add(time.Second)
		e.BanSeconds = known.BanSeconds
		w.record(e)
	}
}

func (w *world) ban(address string) {
	b := listed(address, at(w.clock), rapid.SampledFrom([]int64{10, 600, event.Permanent}).Draw(w.rt, "duration"))
	w.truth[address] = b
	if rapid.Bool().Draw(w.rt, "logged") {
		e := bannedEvent(b)
		e.At = w.now()
		w.record(e)
	}
}

func bannedEvent(b history.Ban) event.Event { return banned(b.Address, b.BannedAt, b.BanSeconds) }

func (w *world) tell(a *history.Archive, o observation) {
	if err := o.tell(a); err != nil {
		w.rt.Fatal(err)
	}
}

// last is a list that ends all doubts.
func (w *world) last() observation {
	w.clock += 5
	var all []history.Ban
	for _, b := range w.truth {
		all = append(all, b)
	}
	w.list(history.List{TakenAt: at(w.clock), Complete: true, Bans: all})
	return w.seen[len(w.seen)-1]
}

// rows are all bans of the jail, whole.
func (w *world) rows(a *history.Archive, state history.State) []history.Ban {
	all, next, err := a.Bans(w.rt.Context(), history.Query{State: state, Jail: w.jail, Limit: history.MaxLimit})
	if err != nil || next != (history.Place{}) {
		w.rt.Fatal(next, err)
	}
	return all
}

// expectTruth checks that what is open is what fail2ban holds.
func (w *world) expectTruth(a *history.Archive) {
	got := map[string]string{}
	for _, b := range w.rows(a, history.Active) {
		if _, twice := got[b.Address]; twice {
			w.rt.Errorf("%s is open twice", b.Address)
		}
		got[b.Address] = fmt.Sprint(b.BanSeconds)
		if off := b.BannedAt.Sub(w.truth[b.Address].BannedAt).Abs(); off > time.Second {
			w.rt.Errorf("the ban of %s began %v off", b.Address, off)
		}
	}
	want := map[string]string{}
	for address, b := range w.truth {
		want[address] = fmt.Sprint(b.BanSeconds)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.rt.Errorf("open bans (-fail2ban +archive):\n%s", diff)
	}
	for _, b := range w.rows(a, history.Ended) {
		if b.EndReason == "" || b.EndedAt.Before(b.BannedAt) {
			w.rt.Errorf("an end that can't be: %+v", b)
		}
	}
}

// Whatever comes, in whatever order and however often: what a last list shows is open.
func TestArchive_Converges(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			w := newWorld(rt, fmt.Sprintf("jail%d", run))
			for range rapid.IntRange(1, 30).Draw(rt, "steps") {
				w.happen()
				for range rapid.IntRange(0, 2).Draw(rt, "told") {
					if len(w.seen) > 0 {
						w.tell(a, w.seen[rapid.IntRange(0, len(w.seen)-1).Draw(rt, "which")])
					}
				}
			}
			w.tell(a, w.last())
			w.expectTruth(a)
		})
		expectCounted(t, a)
	})
}

// expectCounted proves that the counters are what the bans say.
func expectCounted(t *testing.T, a *history.Archive) {
	t.Helper()
	c, err := a.CheckCounters(t.Context())
	if err != nil || len(c.Differences) > 0 || c.Days == 0 {
		t.Errorf("checked %d days, %v: %+v", c.Days, err, c.Differences)
	}
}

// Once all was told in the order of time, telling any of it again changes nothing.
func TestArchive_TwiceChangesNothing(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			w := newWorld(rt, fmt.Sprintf("jail%d", run))
			for range rapid.IntRange(1, 30).Draw(rt, "steps") {
				w.happen()
			}
			w.last()
			slices.SortStableFunc(w.seen, func(a, b observation) int { return a.at.Compare(b.at) })
			for _, o := range w.seen {
				w.tell(a, o)
			}
			w.expectTruth(a)
			rows, newest := w.rows(a, history.All), newestEvent(rt, a)
			for range rapid.IntRange(1, 40).Draw(rt, "repeats") {
				w.tell(a, w.seen[rapid.IntRange(0, len(w.seen)-1).Draw(rt, "again")])
			}
			if diff := cmp.Diff(rows, w.rows(a, history.All)); diff != "" {
				rt.Errorf("telling again changed (-before +after):\n%s", diff)
			}
			if again := newestEvent(rt, a); again != newest {
				rt.Errorf("telling again told %d events", again-newest)
			}
		})
		expectCounted(t, a)
	})
}

func newestEvent(rt *rapid.T, a *history.Archive) int64 {
	_, newest, err := a.EventRange(rt.Context())
	if err != nil {
		rt.Fatal(err)
	}
	return newest
}
