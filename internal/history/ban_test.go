package history_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

const one = "192.0.2.1"

func ms(n int) time.Time { return noon.Add(time.Duration(n) * time.Millisecond) }

// only is the one ban that an archive holds.
func only(t *testing.T, a *history.Archive) history.Ban {
	t.Helper()
	all, _, err := a.Bans(t.Context(), history.Query{State: history.All, Limit: 10})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d bans, %v", len(all), err)
	}
	return all[0]
}

func lastEvent(t *testing.T, a *history.Archive) event.Event {
	t.Helper()
	all, err := a.LastEvents(t.Context(), 1)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	return all[0]
}

func intend(t *testing.T, a *history.Archive, kind event.Kind, asked time.Time) {
	t.Helper()
	err := a.Intend(t.Context(), []history.Intent{{HostID: hostID, Jail: "sshd", Address: one, Kind: kind, Actor: "ada", Reason: "why", AskedAt: asked}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecord_TheEndOfAnEarlierBanEndsNothing(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned(one, at(0), 600))
		e := unbanned(one, at(60), event.Unbanned)
		e.BannedAt = at(-1000)
		record(t, a, e)
		expect(t, a, []string{one + " +0 "}, []string{"ban " + one})
	})
}

func TestRecord_ABanThatIsOverIsNotReplaced(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned(one, at(0), 60), banned(one, at(100), 60))
		expect(t, a, []string{one + " +100 ", one + " +0 expired"}, []string{"ban " + one, "ban " + one})
	})
}

// What comes out of order has its place in the archive, and is no news.
func TestRecord_ABanOfThePastIsKept(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned(one, at(100), 600))
		for range 2 {
			record(t, a, banned(one, at(50), 600), banned(one, at(0), 10))
		}
		expect(t, a, []string{one + " +100 ", one + " +50 replaced", one + " +0 expired"}, []string{"ban " + one})
	})
}

func TestRecord_NoticesAreKeptOnce(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		down := event.Event{HostID: hostID, Kind: event.Host, At: at(1), State: "unreachable", Detail: "nobody answers"}
		up := event.Event{HostID: hostID, Kind: event.Host, At: at(2), State: "online"}
		for range 2 {
			record(t, a, down, up)
		}
		expect(t, a, nil, []string{"host ", "host "})
	})
}

func TestRecord_WhyItEnded(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		for name, c := range map[string]struct {
			end  event.Event
			want event.EndReason
		}{
			"AsTold":       {unbanned(one, at(30), event.JailStopped), event.JailStopped},
			"TimeIsOver":   {unbanned(one, at(599), ""), event.Expired},
			"LongAfter":    {unbanned(one, at(900), event.Unknown), event.Expired},
			"BeforeItsEnd": {unbanned(one, at(590), ""), event.Unknown},
		} {
			t.Run(name, func(t *testing.T) {
				a, _, _ := archive(t, open)
				record(t, a, banned(one, at(0), 600))
				record(t, a, c.end)
				if b := only(t, a); b.EndReason != c.want || !b.EndedAt.Equal(c.end.At) || lastEvent(t, a).EndReason != c.want {
					t.Errorf("%+v", b)
				}
			})
		}
	})
}

// A list can be quicker than the log: that an address went, but not why.
func TestRecord_TheLogExplainsAnEndThatAListSaw(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned(one, at(0), 600))
		reconcile(t, a, list(at(60), true))
		record(t, a, unbanned(one, at(59), event.Unbanned))
		if b := only(t, a); b.EndReason != event.Unbanned || !b.EndedAt.Equal(at(59)) {
			t.Errorf("%+v", b)
		}
		record(t, a, unbanned(one, at(58), event.Expired))
		if b := only(t, a); b.EndReason != event.Unbanned {
			t.Errorf("explained twice: %+v", b)
		}
		if got := events(t, a); len(got) != 2 {
			t.Errorf("events: %v", got)
		}
	})
}

// Within the second in which a ban begins, nobody knows whether a list came before it.
func TestReconcile_DoubtsWithinTheSecond(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		e := banned(one, at(10), 600)
		e.At = ms(10_200)
		record(t, a, e)
		reconcile(t, a, list(ms(10_500), true))
		expect(t, a, []string{one + " +10 "}, []string{"ban " + one})
		reconcile(t, a, list(ms(11_500), true))
		expect(t, a, []string{one + " +10 unknown"}, []string{"ban " + one, "unban " + one})
	})
}

func TestReconcile_AddsWhatIsKnownLater(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		e := banned(one, at(0), 600)
		e.Origin = ""
		record(t, a, e)
		b := listed(one, at(1), 1200)
		b.BanCount, b.Failures, b.Origin = 3, 7, event.ByHand
		reconcile(t, a, list(at(5), true, b))
		reconcile(t, a, list(at(6), true, listed(one, at(0), 1200))) // knows less
		got := only(t, a)
		if got.BanSeconds != 1200 || got.BanCount != 3 || got.Failures != 7 || got.Origin != event.ByHand || !got.BannedAt.Equal(at(0)) {
			t.Errorf("%+v", got)
		}
		if got := events(t, a); len(got) != 1 {
			t.Errorf("that was told: %v", got)
		}
	})
}

func TestReconcile_OnlyThatItWasByHand(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned(one, at(0), 600))
		b := listed(one, at(0), 600)
		b.Origin = event.ByHand
		reconcile(t, a, list(at(5), true, b))
		if b := only(t, a); b.Origin != event.ByHand {
			t.Errorf("%+v", b)
		}
	})
}

func TestReconcile_ABanIsRestoredWhenItIsSeen(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned(one, at(0), 600))
		gone := list(at(20), false)
		gone.Gone = true
		reconcile(t, a, gone)
		if b := only(t, a); b.EndReason != event.JailStopped {
			t.Errorf("%+v", b)
		}
		reconcile(t, a, list(at(19), true, listed(one, at(0), 600))) // older than the end
		if b := only(t, a); b.EndedAt.IsZero() {
			t.Error("an old list restored it")
		}
		reconcile(t, a, list(at(30), true, listed(one, at(0), 600)))
		if e := lastEvent(t, a); e.Kind != event.Ban || !e.Restored || !e.At.Equal(at(30)) || !e.BannedAt.Equal(at(0)) {
			t.Errorf("%+v", e)
		}
		reconcile(t, a, gone) // again
		if b := only(t, a); !b.EndedAt.IsZero() {
			t.Error("an old list ended it")
		}
	})
}

// Lifted and banned again within a second, it is one ban for fail2ban's clock.
func TestRecord_BannedAgainWithinTheSecond(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned(one, at(0), 600), unbanned(one, ms(300), event.Unbanned))
		intend(t, a, event.Ban, ms(600))
		again := banned(one, at(0), 600)
		again.At = ms(700)
		record(t, a, again)
		if b := only(t, a); !b.EndedAt.IsZero() || b.Origin != event.ByHand || b.Actor != "ada" {
			t.Errorf("%+v", b)
		}
		if e := lastEvent(t, a); e.Kind != event.Ban || e.Restored || e.Actor != "ada" {
			t.Errorf("%+v", e)
		}
	})
}

func TestIntend_FitsOnlyWhatFollows(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		for name, c := range map[string]struct {
			asked time.Time
			want  string
		}{
			"JustBefore":        {at(-1), "ada"},
			"WithinTheSecond":   {ms(900), "ada"},
			"NineMinutesBefore": {at(-540), "ada"},
			"TooLongAgo":        {at(-660), ""},
			"LongAfterTheBan":   {at(300), ""},
		} {
			t.Run(name, func(t *testing.T) {
				a, _, _ := archive(t, open)
				intend(t, a, event.Ban, c.asked)
				record(t, a, banned(one, at(0), 600))
				if b := only(t, a); b.Actor != c.want || (b.Origin == event.ByHand) != (c.want != "") {
					t.Errorf("%+v", b)
				}
			})
		}
	})
}

func TestIntend_AnEndByHandSaysWho(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned(one, at(0), 600))
		intend(t, a, event.Unban, at(59))
		record(t, a, unbanned(one, at(60), ""))
		if e := lastEvent(t, a); e.Actor != "ada" || e.Reason != "why" || e.EndReason != event.Unbanned {
			t.Errorf("%+v", e)
		}
	})
}

func TestIntend_AStoppedJailIsNobodysWish(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned(one, at(0), 600))
		intend(t, a, event.Unban, at(59))
		record(t, a, unbanned(one, at(60), event.JailStopped))
		if e := lastEvent(t, a); e.Actor != "" || e.EndReason != event.JailStopped {
			t.Errorf("%+v", e)
		}
	})
}

func TestIdentifier(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1":                "192.0.2.1",
		"::ffff:192.0.2.1":         "192.0.2.1",
		"2001:DB8::0001":           "2001:db8::1",
		"192.0.2.77/24":            "192.0.2.0/24",
		"192.0.2.1/32":             "192.0.2.1",
		"2001:db8::1/128":          "2001:db8::1",
		"::ffff:192.0.2.77/120":    "192.0.2.0/24",
		"2001:db8::1/32":           "2001:db8::/32",
		"fe80::1%eth0":             "fe80::1%eth0",
		"192.0.2.1/33":             "192.0.2.1/33",
		"a user\n<b>":              "a user\n<b>",
		"bad \xff\xfe\x00 bytes":   "bad \ufffd\ufffd bytes",
		"":                         "",
		strings.Repeat("x", 1024):  strings.Repeat("x", 1024),
		"192.0.2.1 or DROP TABLE ": "192.0.2.1 or DROP TABLE ",
	} {
		got := history.Identifier(text)
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if again := history.Identifier(got); again != got {
			t.Errorf("%q is not stable: %q", got, again)
		}
	}
}

func TestIdentifier_LongOnesAreCutAndStayApart(t *testing.T) {
	const bound = 1024
	long := strings.Repeat("ü", 1<<20)
	a, b := history.Identifier(long+"a"), history.Identifier(long+"b")
	if a == b || len(a) > bound || len(b) > bound || !utf8.ValidString(a) || history.Identifier(a) != a {
		t.Errorf("%d and %d bytes, equal: %v", len(a), len(b), a == b)
	}
}

// Hostile text is stored, found again under its own name, and told as it is stored.
func TestRecord_HostileText(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, bus := archive(t, open)
		sub, err := bus.Subscribe(10)
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		evil := "\x00<script>\xff\x1b[31m" + strings.Repeat("A", 1<<20)
		e := banned(evil, at(0), 600)
		e.Reason, e.Detail, e.Actor = evil, evil, evil
		for range 2 {
			record(t, a, e)
			reconcile(t, a, list(at(5), true, listed(evil, at(0), 600)))
		}
		b := only(t, a)
		if b.Address != history.Identifier(evil) || len(b.Reason) > 4096 || !utf8.ValidString(b.Reason) || strings.Contains(b.Address, "\x00") {
			t.Errorf("%d bytes of address, %d of reason", len(b.Address), len(b.Reason))
		}
		stored := lastEvent(t, a)
		if diff := cmp.Diff(stored, <-sub.C); diff != "" {
			t.Errorf("told (-stored +told):\n%s", diff)
		}
	})
}
