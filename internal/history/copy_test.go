package history_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func past(address string, at time.Time, seconds int64, lines ...string) history.PastBan {
	return history.PastBan{Lines: lines, Ban: history.Ban{Jail: "sshd", Address: address, BannedAt: at, BanSeconds: seconds, BanCount: 2, Failures: 5, Origin: event.ByFail2ban}}
}

func standing(b history.PastBan) history.PastBan {
	b.Standing = true
	return b
}

func copied(t testing.TB, a *history.Archive, seen time.Time, all ...history.PastBan) {
	t.Helper()
	if err := a.Copy(t.Context(), history.Copied{HostID: hostID, SeenAt: seen, Bans: all, Mark: &history.Mark{HostID: hostID, Source: "database", Value: "here"}}); err != nil {
		t.Fatal(err)
	}
}

func linesOf(t testing.TB, a *history.Archive, address string) []string {
	t.Helper()
	found, _, err := a.Bans(t.Context(), history.Query{State: history.All, Identifier: address, Limit: 1})
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v, %v", address, found, err)
	}
	lines, err := a.Lines(t.Context(), found[0])
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// Rows of fail2ban's database add what is missing and what they know better, and no row
// says that a ban lasts.
func TestCopy(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		record(t, a, banned("192.0.2.1", at(0), 600), banned("192.0.2.5", at(100), 600))
		all := []history.PastBan{
			past("192.0.2.1", at(1), 600, "line one", "line two"), // known: its start is rounded
			past("192.0.2.2", at(-5000), 600, "of the past"),      // ended by itself
			past("192.0.2.3", at(-50), -1),                        // gone, and nobody knows when
			standing(past("192.0.2.4", at(3), 600, "stands")),     // not told yet
			past("192.0.2.5", at(-900), 600, "the one before"),    // before one that is known
			past("192.0.2.6", at(5), 600), past("192.0.2.6", at(20), 600),
		}
		copied(t, a, at(60), all...)
		want := []string{
			"192.0.2.5 +100 ", "192.0.2.6 +20 unknown", "192.0.2.6 +5 replaced", "192.0.2.4 +3 ", "192.0.2.1 +0 ",
			"192.0.2.3 +-50 unknown", "192.0.2.5 +-900 expired", "192.0.2.2 +-5000 expired",
		}
		told := []string{"ban 192.0.2.1", "ban 192.0.2.5", "ban 192.0.2.4"}
		expect(t, a, want, told)
		copied(t, a, at(70), all...)
		expect(t, a, want, told)
		if diff := cmp.Diff([]string{"line one", "line two"}, linesOf(t, a, "192.0.2.1")); diff != "" {
			t.Error(diff)
		}
		if mark, err := a.MarkOf(t.Context(), hostID, "database"); err != nil || mark != "here" {
			t.Errorf("mark %q, %v", mark, err)
		}
		one, _, err := a.Bans(t.Context(), history.Query{State: history.All, Identifier: "192.0.2.1", Limit: 1})
		if err != nil || one[0].BanCount != 2 || one[0].Failures != 5 {
			t.Errorf("%+v, %v", one, err)
		}
		// The log and the list tell later what was copied before: once is enough.
		record(t, a, banned("192.0.2.4", at(3), 600))
		reconcile(t, a, list(at(80), true, listed("192.0.2.1", at(0), 600), listed("192.0.2.4", at(3), 600), listed("192.0.2.5", at(100), 600)))
		expect(t, a, want, told)
		expectCounted(t, a)
	})
}

func TestCopy_GapsAreKeptOnce(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		for _, hours := range []int{3, 3, 2} {
			gap := &history.Gap{From: at(0), To: at(3600 * hours), Why: "away"}
			if err := a.Copy(t.Context(), history.Copied{HostID: hostID, SeenAt: at(9), Gap: gap}); err != nil {
				t.Fatal(err)
			}
		}
		gaps, err := a.Gaps(t.Context(), hostID, 10)
		want := []history.Gap{{ID: 1, HostID: hostID, From: at(0), To: at(3 * 3600), Why: "away", FoundAt: at(9)}}
		if diff := cmp.Diff(want, gaps); diff != "" || err != nil {
			t.Error(diff, err)
		}
		if gaps, err := a.Gaps(t.Context(), "nobody", 10); len(gaps) != 0 || err != nil {
			t.Error(gaps, err)
		}
	})
}

// Whatever attackers wrote comes back as text that can be stored, and bounded.
func TestLines_HostileText(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		const mib = 1 << 20
		lines := []string{"a\x00b\xff\x1b[31m<script>", strings.Repeat("x", mib), "", "line\nbreak", "😀 = 1+1"}
		for range 1000 {
			lines = append(lines, strings.Repeat("y", 1000))
		}
		copied(t, a, at(60), past("192.0.2.1", at(0), 1, lines...), past("192.0.2.2", at(0), 1))
		got := linesOf(t, a, "192.0.2.1")
		if got[0] != "a\x00b\uFFFD\x1b[31m<script>" || got[2] != "" || got[3] != "line\nbreak" || got[4] != "😀 = 1+1" {
			t.Errorf("%q", got[:5])
		}
		size := 0
		for _, line := range got {
			size += len(line)
		}
		if len(got) > 50 || size > 20<<10 || len(got[1]) > 3000 {
			t.Errorf("%d lines of %d bytes", len(got), size)
		}
		if got := linesOf(t, a, "192.0.2.2"); len(got) != 0 {
			t.Errorf("%q", got)
		}
	})
}

// atlas knows where the addresses of these tests belong.
type atlas map[string]history.Whereabouts

func (w atlas) Locate(addr netip.Addr) history.Whereabouts { return w[addr.String()] }

func TestWhereabouts(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		places := atlas{
			"192.0.2.1":    {Country: "NL", ASN: 64500, Network: "Example\x00 BV"},
			"198.51.100.0": {Country: "DE", ASN: 64501, Network: "Beispiel"},
			"2001:db8::1":  {Country: "NL", ASN: 4294967295, Network: "Six"},
		}
		a.Resolve(places)
		record(t, a, banned("192.0.2.1", at(0), 600), banned("198.51.100.0/24", at(1), 600), banned("2001:db8::1", at(2), 600), banned("user", at(3), 600))
		found := func(q history.Query) (all []string) {
			q.State, q.Limit = history.All, 10
			got, _, err := a.Bans(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range got {
				all = append(all, fmt.Sprintf("%s %s %d %s", b.Address, b.Country, b.ASN, b.Network))
			}
			return all
		}
		nl := []string{"2001:db8::1 NL 4294967295 Six", "192.0.2.1 NL 64500 Example\uFFFD BV"}
		for name, c := range map[string]struct {
			q    history.Query
			want []string
		}{
			"country": {history.Query{Country: "NL"}, nl},
			"network": {history.Query{ASN: 64501}, []string{"198.51.100.0/24 DE 64501 Beispiel"}},
			"unknown": {history.Query{Identifier: "user"}, []string{"user  0 "}},
		} {
			if diff := cmp.Diff(c.want, found(c.q)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		places["192.0.2.1"] = history.Whereabouts{Country: "BE", ASN: 64502, Network: "Else"}
		changed, next, err := a.Relocate(t.Context(), history.Place{}, 10)
		if err != nil || changed != 1 {
			t.Errorf("changed %d, %v", changed, err)
		}
		if changed, next, err := a.Relocate(t.Context(), next, 10); err != nil || changed != 0 || next != (history.Place{}) {
			t.Errorf("again: %d, %v, %v", changed, next, err)
		}
		if diff := cmp.Diff([]string{"192.0.2.1 BE 64502 Else"}, found(history.Query{Country: "BE"})); diff != "" {
			t.Error(diff)
		}
		expectCounted(t, a)
	})
}
