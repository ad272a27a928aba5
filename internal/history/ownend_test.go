package history_test

import (
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/store"
	"bangui/internal/store/storetest"
)

// until asks for a ban of one that ends at that moment.
func until(t *testing.T, a *history.Archive, asked, liftAt time.Time) {
	t.Helper()
	err := a.Intend(t.Context(), []history.Intent{{
		HostID: hostID, Jail: "sshd", Address: one, Kind: event.Ban, Actor: "ada", Reason: "why", AskedAt: asked, LiftAt: liftAt,
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// due are how many bans are to be lifted and to be made again at a moment, once a
// scheduler has ordered it.
func due(t *testing.T, a *history.Archive, db *store.DB, now time.Time) (overdue, cutShort int) {
	t.Helper()
	if _, _, err := db.OrderEnds(t.Context(), now, now, 7); err != nil {
		t.Fatal(err)
	}
	errands, err := a.Errands(t.Context(), hostID, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range errands {
		if e.Epoch != 7 {
			t.Errorf("ordered by epoch %d", e.Epoch)
		}
		if e.Ban.EndedAt.IsZero() {
			overdue++
		} else {
			cutShort++
		}
	}
	return overdue, cutShort
}

func expectDue(t *testing.T, a *history.Archive, db *store.DB, second, wantOverdue, wantCutShort int) {
	t.Helper()
	if overdue, cutShort := due(t, a, db, at(second)); overdue != wantOverdue || cutShort != wantCutShort {
		t.Errorf("after %d s: %d to lift and %d to make again, want %d and %d", second, overdue, cutShort, wantOverdue, wantCutShort)
	}
}

func TestOwnEnd_ComesBeforeFail2bans(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, db, _ := archive(t, open)
		until(t, a, at(-1), at(60))
		record(t, a, banned(one, at(0), 600))
		if b := only(t, a); !b.EndsAt().Equal(at(60)) || !b.ExpiresAt().Equal(at(600)) {
			t.Errorf("it ends at %v, by fail2ban at %v", b.EndsAt(), b.ExpiresAt())
		}
		expectDue(t, a, db, 59, 0, 0)
		expectDue(t, a, db, 60, 1, 0)
		record(t, a, unbanned(one, at(61), event.Unbanned))
		if b := only(t, a); b.EndReason != event.Expired {
			t.Errorf("it ended as %s", b.EndReason)
		}
		expectDue(t, a, db, 61, 0, 0)
	})
}

func TestOwnEnd_ComesAfterFail2bans(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, db, _ := archive(t, open)
		until(t, a, at(-1), at(3600))
		record(t, a, banned(one, at(0), 600), unbanned(one, at(600), event.Expired))
		expectDue(t, a, db, 601, 0, 1)
		// It is made again, and that ban carries on.
		until(t, a, at(601), at(3600))
		record(t, a, banned(one, at(602), 600))
		expectDue(t, a, db, 603, 0, 0)
		record(t, a, unbanned(one, at(1202), event.Expired))
		expectDue(t, a, db, 1203, 0, 1)
		expectDue(t, a, db, 3601, 0, 0)
	})
}

// Who lifts a ban, lifts it for good.
func TestOwnEnd_ALiftedBanIsNotMadeAgain(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, db, _ := archive(t, open)
		until(t, a, at(-1), at(3600))
		record(t, a, banned(one, at(0), 600), unbanned(one, at(60), event.Unbanned))
		expectDue(t, a, db, 700, 0, 0)
	})
}

// fail2ban bans an address anew, by itself, whose own end is still to come.
func TestOwnEnd_GoesOverToALaterBan(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		for name, c := range map[string]struct {
			seconds int64
			want    time.Time
		}{
			"that is shorter": {600, at(3600)},
			"that is longer":  {86400, at(800 + 86400)},
			"for ever":        {event.Permanent, time.Time{}},
		} {
			t.Run(name, func(t *testing.T) {
				a, db, _ := archive(t, open)
				until(t, a, at(-1), at(3600))
				record(t, a, banned(one, at(0), 600), unbanned(one, at(600), event.Expired), banned(one, at(800), c.seconds))
				bans, _, err := a.Bans(t.Context(), history.Query{State: history.Active, Limit: 10})
				if err != nil || len(bans) != 1 {
					t.Fatal(bans, err)
				}
				if !bans[0].EndsAt().Equal(c.want) {
					t.Errorf("it ends at %v, want %v", bans[0].EndsAt(), c.want)
				}
				expectDue(t, a, db, 900, 0, 0)
			})
		}
	})
}

// Nothing happens without an order, and a scheduler orders once; the next one orders
// again what was not done.
func TestOwnEnd_IsOrdered(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, db, _ := archive(t, open)
		until(t, a, at(-1), at(60))
		record(t, a, banned(one, at(0), 600))
		if errands, err := a.Errands(t.Context(), hostID, at(61)); err != nil || len(errands) > 0 {
			t.Errorf("before an order: %v, %v", errands, err)
		}
		for _, step := range []struct{ epoch, want int64 }{{5, 1}, {5, 0}, {6, 1}, {5, 0}} {
			if n, _, err := db.OrderEnds(t.Context(), at(61), at(61), step.epoch); err != nil || n != step.want {
				t.Errorf("epoch %d ordered %d, %v; want %d", step.epoch, n, err, step.want)
			}
		}
		if errands, err := a.Errands(t.Context(), "another", at(61)); err != nil || len(errands) > 0 {
			t.Errorf("of another host: %v, %v", errands, err)
		}
		if errands, err := a.Errands(t.Context(), hostID, at(59)); err != nil || len(errands) > 0 {
			t.Errorf("too early: %v, %v", errands, err)
		}
		if errands, err := a.Errands(t.Context(), hostID, at(61)); err != nil || len(errands) != 1 || errands[0].Epoch != 6 {
			t.Errorf("%v, %v", errands, err)
		}
	})
}
