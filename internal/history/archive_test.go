package history_test

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/history"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

const hostID = storetest.HostID

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func archive(t testing.TB, open func(testing.TB) *store.DB) (*history.Archive, *store.DB, *event.Bus) {
	db, bus := open(t), event.NewBus()
	return history.New(db, bus, slog.New(slog.DiscardHandler), func() time.Time { return noon }), db, bus
}

func banned(address string, at time.Time, seconds int64) event.Event {
	return event.Event{HostID: hostID, Kind: event.Ban, At: at, Jail: "sshd", Address: address, BannedAt: at, BanSeconds: seconds, Origin: event.ByFail2ban}
}

func unbanned(address string, at time.Time, why event.EndReason) event.Event {
	return event.Event{HostID: hostID, Kind: event.Unban, At: at, Jail: "sshd", Address: address, EndReason: why}
}

func list(at time.Time, complete bool, bans ...history.Ban) history.List {
	return history.List{HostID: hostID, Jail: "sshd", TakenAt: at, Complete: complete, Bans: bans}
}

func listed(address string, at time.Time, seconds int64) history.Ban {
	return history.Ban{Address: address, BannedAt: at, BanSeconds: seconds, Origin: event.ByFail2ban}
}

// bans gives all bans as short texts, newest first.
func bans(t testing.TB, a *history.Archive) []string {
	t.Helper()
	all, _, err := a.Bans(t.Context(), history.Query{State: history.All, Limit: history.MaxLimit})
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, b := range all {
		texts = append(texts, fmt.Sprintf("%s +%d %s", b.Address, b.BannedAt.Unix()-noon.Unix(), b.EndReason))
	}
	return texts
}

func events(t testing.TB, a *history.Archive) []string {
	t.Helper()
	all, err := a.EventsAfter(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, e := range all {
		texts = append(texts, string(e.Kind)+" "+e.Address)
	}
	return texts
}

func record(t testing.TB, a *history.Archive, all ...event.Event) {
	t.Helper()
	if err := a.Record(t.Context(), all, nil); err != nil {
		t.Fatal(err)
	}
}

func reconcile(t testing.TB, a *history.Archive, l history.List) {
	t.Helper()
	if err := a.Reconcile(t.Context(), l); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, a *history.Archive, wantBans, wantEvents []string) {
	t.Helper()
	if diff := cmp.Diff(wantBans, bans(t, a)); diff != "" {
		t.Errorf("bans (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(wantEvents, events(t, a)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func at(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }

func TestArchive_ABanIsRecordedOnceFromAllSources(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned("192.0.2.1", at(0), 600))
		record(t, a, banned("192.0.2.1", at(1), 600)) // the database rounds
		reconcile(t, a, list(at(5), true, listed("192.0.2.1", at(0), 600)))
		expect(t, a, []string{"192.0.2.1 +0 "}, []string{"ban 192.0.2.1"})
	})
}

func TestArchive_Ends(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned("192.0.2.1", at(0), 600), banned("192.0.2.2", at(1), 600), banned("192.0.2.3", at(2), 600), banned("192.0.2.4", at(3), -1))
		record(t, a, unbanned("192.0.2.1", at(60), event.Unbanned), unbanned("192.0.2.1", at(60), event.Unbanned), unbanned("192.0.2.9", at(60), event.Unbanned))
		reconcile(t, a, list(at(100), false))
		reconcile(t, a, list(at(600), true, listed("192.0.2.4", at(3), -1)))
		expect(t, a,
			[]string{"192.0.2.4 +3 ", "192.0.2.3 +2 unknown", "192.0.2.2 +1 expired", "192.0.2.1 +0 unbanned"},
			inAnyOrder(t, a, "ban 192.0.2.1", "ban 192.0.2.2", "ban 192.0.2.3", "ban 192.0.2.4", "unban 192.0.2.1", "unban 192.0.2.2", "unban 192.0.2.3"))
	})
}

// inAnyOrder gives the events if they are those wanted: the ends of one list come in
// any order.
func inAnyOrder(t *testing.T, a *history.Archive, want ...string) []string {
	t.Helper()
	got := events(t, a)
	sorted := slices.Clone(got)
	slices.Sort(sorted)
	if diff := cmp.Diff(want, sorted); diff != "" {
		t.Error(diff)
	}
	return got
}

func TestArchive_AListIsNoJudgeOfWhatCameAfterIt(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned("192.0.2.1", at(10), 600))
		reconcile(t, a, list(at(9), true))
		expect(t, a, []string{"192.0.2.1 +10 "}, []string{"ban 192.0.2.1"})
	})
}

func TestArchive_ARestartOfFail2banRestores(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned("192.0.2.1", at(0), 600))
		gone := list(at(20), true)
		gone.Gone = true
		reconcile(t, a, gone)
		reconcile(t, a, list(at(30), true, listed("192.0.2.1", at(0), 600)))
		expect(t, a, []string{"192.0.2.1 +0 "}, []string{"ban 192.0.2.1", "unban 192.0.2.1", "ban 192.0.2.1"})
	})
}

// fail2ban rounds the start of a ban, maybe up to half a second after its jail was stopped.
func TestArchive_AJailGoneRightAfterABan(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		ban := banned("192.0.2.1", at(10), 600)
		ban.At = at(10).Add(-500 * time.Millisecond)
		record(t, a, ban)
		gone := list(at(10).Add(-400*time.Millisecond), true)
		gone.Gone = true
		reconcile(t, a, gone)
		expect(t, a, []string{"192.0.2.1 +10 fail2ban-stopped"}, []string{"ban 192.0.2.1", "unban 192.0.2.1"})
	})
}

func TestArchive_ANewerBanReplaces(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned("192.0.2.1", at(0), 600), banned("192.0.2.1", at(100), 1200))
		record(t, a, unbanned("192.0.2.1", at(99), event.Expired)) // that was the end of the first
		expect(t, a, []string{"192.0.2.1 +100 ", "192.0.2.1 +0 replaced"}, []string{"ban 192.0.2.1", "ban 192.0.2.1"})
	})
}

func TestArchive_WhoAskedAndWhy(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		err := a.Intend(t.Context(), []history.Intent{{HostID: hostID, Jail: "sshd", Address: "192.0.2.1", Kind: event.Ban, Actor: "ada", Reason: "scans", AskedAt: noon}})
		if err != nil {
			t.Fatal(err)
		}
		record(t, a, banned("192.0.2.1", at(0), 600), banned("192.0.2.2", at(1), 600))
		all, _, err := a.Bans(t.Context(), history.Query{State: history.Active, Limit: 10})
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		if all[1].Origin != event.ByHand || all[1].Actor != "ada" || all[1].Reason != "scans" || all[0].Origin != event.ByFail2ban || all[0].Actor != "" {
			t.Errorf("%+v", all)
		}
	})
}

func TestArchive_MarkGoesWithItsEvents(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, db, _ := archive(t, open)
		if err := a.Record(t.Context(), []event.Event{banned("192.0.2.1", at(0), 600)}, &history.Mark{HostID: hostID, Source: "log", Value: "here"}); err != nil {
			t.Fatal(err)
		}
		if got, err := db.MarkOf(t.Context(), hostID, "log"); err != nil || got != "here" {
			t.Errorf("mark %q, %v", got, err)
		}
		// A host that nobody knows breaks the transaction: neither is kept.
		bad := banned("192.0.2.2", at(0), 600)
		bad.HostID = "nobody"
		if err := a.Record(t.Context(), []event.Event{bad}, &history.Mark{HostID: hostID, Source: "log", Value: "there"}); err == nil {
			t.Fatal("a ban of an unknown host was recorded")
		}
		if got, _ := db.MarkOf(t.Context(), hostID, "log"); got != "here" {
			t.Errorf("the mark moved to %q without its events", got)
		}
	})
}

func TestArchive_FoundIsToldAndNotKept(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, bus := archive(t, open)
		sub, err := bus.Subscribe(4)
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		record(t, a, event.Event{HostID: hostID, Kind: event.Found, Jail: "sshd", Address: "192.0.2.1", Count: 2})
		if e := <-sub.C; e.Kind != event.Found || e.ID != 0 {
			t.Errorf("%+v", e)
		}
		if got := events(t, a); got != nil {
			t.Errorf("kept: %v", got)
		}
	})
}

func TestArchive_Filters(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		other := banned("203.0.113.7", at(6), 600)
		other.Jail = "web"
		record(t, a, banned("203.0.113.7", at(0), 600), banned("203.0.113.8", at(1), 600), banned("203.0.113.0/28", at(2), 600),
			banned("2001:db8::7", at(3), 600), banned("100%_a\\", at(4), 600), other)
		record(t, a, unbanned("203.0.113.8", at(7), event.Unbanned))
		cases := map[string]struct {
			q    history.Query
			want int
		}{
			"active":          {history.Query{State: history.Active}, 5},
			"ended":           {history.Query{State: history.Ended}, 1},
			"all":             {history.Query{State: history.All}, 6},
			"jail":            {history.Query{State: history.All, Jail: "web"}, 1},
			"identifier":      {history.Query{State: history.All, Identifier: "203.0.113.7"}, 2},
			"inside":          {history.Query{State: history.All, Inside: prefix("203.0.113.0/24")}, 4},
			"inside narrower": {history.Query{State: history.All, Inside: prefix("203.0.113.0/29")}, 2},
			"inside v6":       {history.Query{State: history.All, Inside: prefix("2001:db8::/32")}, 1},
			"inside v4 only":  {history.Query{State: history.All, Inside: prefix("32.0.0.0/7")}, 0}, // 2001:… begins with the same bytes
			"covering":        {history.Query{State: history.Active, Covering: prefix("203.0.113.9/32").Addr()}, 1},
			"text":            {history.Query{State: history.All, Text: "113.0"}, 1},
			"wildcards":       {history.Query{State: history.All, Text: "%_"}, 1},
			"backslash":       {history.Query{State: history.All, Text: `\`}, 1},
			"no such host":    {history.Query{State: history.All, HostID: "nobody"}, 0},
		}
		for name, c := range cases {
			c.q.Limit = 100
			got, _, err := a.Bans(t.Context(), c.q)
			if err != nil || len(got) != c.want {
				t.Errorf("%s: %d bans, %v; want %d", name, len(got), err, c.want)
			}
			n, capped, err := a.Count(t.Context(), c.q)
			if err != nil || n != c.want || capped {
				t.Errorf("%s: count %d %v %v", name, n, capped, err)
			}
		}
		if _, _, err := a.Bans(t.Context(), history.Query{Limit: 501}); !fault.Is(err, fault.Invalid) {
			t.Errorf("limit: %v", err)
		}
		if _, err := a.Ban(t.Context(), 999); !fault.Is(err, fault.NotFound) {
			t.Errorf("no such ban: %v", err)
		}
	})
}

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }
