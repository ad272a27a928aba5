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

// due are how many bans are to be lifted and to be made again at a moment.
func due(t *testing.T, a *history.Archive, now time.Time) (overdue, cutShort int) {
	t.Helper()
	lifts, err := a.Overdue(t.Context(), now, 10)
	if err != nil {
		t.Fatal(err)
	}
	again, err := a.CutShort(t.Context(), now, 10)
	if err != nil {
		t.Fatal(err)
	}
	return len(lifts), len(again)
}

func expectDue(t *testing.T, a *history.Archive, second, wantOverdue, wantCutShort int) {
	t.Helper()
	if overdue, cutShort := due(t, a, at(second)); overdue != wantOverdue || cutShort != wantCutShort {
		t.Errorf("after %d s: %d to lift and %d to make again, want %d and %d", second, overdue, cutShort, wantOverdue, wantCutShort)
	}
}

func TestOwnEnd_ComesBeforeFail2bans(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		until(t, a, at(-1), at(60))
		record(t, a, banned(one, at(0), 600))
		if b := only(t, a); !b.EndsAt().Equal(at(60)) || !b.ExpiresAt().Equal(at(600)) {
			t.Errorf("it ends at %v, by fail2ban at %v", b.EndsAt(), b.ExpiresAt())
		}
		expectDue(t, a, 59, 0, 0)
		expectDue(t, a, 60, 1, 0)
		record(t, a, unbanned(one, at(61), event.Unbanned))
		if b := only(t, a); b.EndReason != event.Expired {
			t.Errorf("it ended as %s", b.EndReason)
		}
		expectDue(t, a, 61, 0, 0)
	})
}

func TestOwnEnd_ComesAfterFail2bans(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		until(t, a, at(-1), at(3600))
		record(t, a, banned(one, at(0), 600), unbanned(one, at(600), event.Expired))
		expectDue(t, a, 601, 0, 1)
		// It is made again, and that ban carries on.
		until(t, a, at(601), at(3600))
		record(t, a, banned(one, at(602), 600))
		expectDue(t, a, 603, 0, 0)
		record(t, a, unbanned(one, at(1202), event.Expired))
		expectDue(t, a, 1203, 0, 1)
		expectDue(t, a, 3601, 0, 0)
	})
}

// Who lifts a ban, lifts it for good.
func TestOwnEnd_ALiftedBanIsNotMadeAgain(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		until(t, a, at(-1), at(3600))
		record(t, a, banned(one, at(0), 600), unbanned(one, at(60), event.Unbanned))
		expectDue(t, a, 700, 0, 0)
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
				a, _, _ := archive(t, open)
				until(t, a, at(-1), at(3600))
				record(t, a, banned(one, at(0), 600), unbanned(one, at(600), event.Expired), banned(one, at(800), c.seconds))
				bans, _, err := a.Bans(t.Context(), history.Query{State: history.Active, Limit: 10})
				if err != nil || len(bans) != 1 {
					t.Fatal(bans, err)
				}
				if !bans[0].EndsAt().Equal(c.want) {
					t.Errorf("it ends at %v, want %v", bans[0].EndsAt(), c.want)
				}
				expectDue(t, a, 900, 0, 0)
			})
		}
	})
}
