package history_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/history"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// counts are statistics as a plain model has them: one ban after the other is looked at.
type counts struct {
	all []history.Ban
}

func (c counts) inside(s history.Span, fits func(history.Ban) bool) (n int64) {
	for _, b := range c.all {
		if !b.BannedAt.Before(s.From) && b.BannedAt.Before(s.To) && fits(b) {
			n++
		}
	}
	return n
}

func fits(s history.Scope) func(history.Ban) bool {
	return func(b history.Ban) bool {
		return (s.HostID == "" || b.HostID == s.HostID) && (s.Jail == "" || b.Jail == s.Jail) &&
			(s.Country == "" || b.Country == s.Country) && (s.Origin == "" || b.Origin == s.Origin) && (s.ASN == 0 || b.ASN == s.ASN)
	}
}

func keyOf(by history.By, b history.Ban) string {
	return map[history.By]string{
		history.ByJail: b.Jail, history.ByCountry: b.Country, history.ByNetwork: fmt.Sprint(b.ASN), history.ByOrigin: string(b.Origin), history.ByHost: b.HostID,
	}[by]
}

// Statistics from counters are what counting the bans gives, for every scope and length.
func TestStats(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		a.Resolve(halves{})
		var c counts
		rapid.Check(t, func(rt *rapid.T) {
			for range rapid.IntRange(1, 5).Draw(rt, "bans") {
				n := len(c.all)
				b := history.Ban{
					HostID: hostID, Jail: rapid.SampledFrom(jails).Draw(rt, "jail"), Address: fmt.Sprintf("192.0.%d.%d", n/200, n%200), Origin: rapid.SampledFrom([]event.Origin{event.ByFail2ban, event.ByHand}).Draw(rt, "origin"),
					BannedAt: noon.Add(-time.Duration(rapid.IntRange(0, 3*366*24*60).Draw(rt, "minutes ago")) * time.Minute),
				}
				b.Whereabouts = row{address: b.Address}.where()
				e := banned(b.Address, b.BannedAt, 600)
				e.Jail, e.Origin = b.Jail, b.Origin
				record(t, a, e)
				c.all = append(c.all, b)
			}
			s := history.Scope{
				Jail: rapid.SampledFrom([]string{"", "sshd", "nosuch"}).Draw(rt, "jail asked for"), HostID: rapid.SampledFrom([]string{"", hostID}).Draw(rt, "host"),
				Since: noon.Add(-time.Duration(rapid.SampledFrom([]int{1, 24, 7 * 24, 30 * 24, 365 * 24, 3 * 366 * 24}).Draw(rt, "hours")) * time.Hour),
			}
			if rapid.Bool().Draw(rt, "all time") {
				s.Since = time.Time{}
			}
			if rapid.Bool().Draw(rt, "by country") {
				s.Country = rapid.SampledFrom([]string{"NL", "DE", "FR"}).Draw(rt, "country")
			} else {
				s.Origin = rapid.SampledFrom([]event.Origin{"", event.ByHand}).Draw(rt, "origin asked for")
			}
			if rapid.IntRange(0, 3).Draw(rt, "of a network") == 0 {
				s.Jail, s.Country, s.Origin, s.ASN = "", "", "", rapid.SampledFrom([]int64{64500, 64501, 64502}).Draw(rt, "network")
			}
			c.expectOverview(rt, a, s)
			c.expectTrend(rt, a, s)
			c.expectParts(rt, a, s)
			for _, by := range []history.By{history.ByJail, history.ByCountry, history.ByNetwork, history.ByOrigin, history.ByHost} {
				c.expectSplit(rt, a, s, by)
			}
		})
		expectCounted(t, a)
	})
}

func (c counts) expectOverview(rt *rapid.T, a *history.Archive, s history.Scope) {
	o, err := a.Overview(rt.Context(), s)
	if err != nil {
		rt.Fatal(err)
	}
	if want := c.inside(o.Span, fits(s)); o.Bans != want {
		rt.Fatalf("%d bans in %v, want %d", o.Bans, o.Span, want)
	}
	if want := c.inside(o.Before, fits(s)); o.BansBefore != want {
		rt.Fatalf("%d bans in %v before, want %d", o.BansBefore, o.Before, want)
	}
	if o.Before.To != o.Span.From || o.Span.To.Sub(o.Span.From) != o.Before.To.Sub(o.Before.From) || o.Span.To.Before(noon) {
		rt.Fatalf("%v after %v", o.Span, o.Before)
	}
	if want := int(c.inside(history.Span{From: time.Unix(0, 0), To: noon.Add(time.Hour)}, fits(s))); o.Active != want {
		rt.Fatalf("%d active, want %d", o.Active, want)
	}
}

func (c counts) expectTrend(rt *rapid.T, a *history.Archive, s history.Scope) {
	trend, err := a.Trend(rt.Context(), s)
	if err != nil {
		rt.Fatal(err)
	}
	if len(trend.Points) == 0 || len(trend.Points) > 400 || trend.Points[0].At.After(trend.Span.From) {
		rt.Fatalf("%d points from %v, want them from %v", len(trend.Points), trend.Points[0].At, trend.Span.From)
	}
	for i, p := range trend.Points {
		bar := history.Span{From: p.At, To: trend.Span.To}
		if i == 0 {
			bar.From = trend.Span.From
		}
		if i+1 < len(trend.Points) {
			bar.To = trend.Points[i+1].At
		}
		if want := c.inside(bar, fits(s)); p.Bans != want || !bar.To.After(p.At) {
			rt.Fatalf("%s of %v: %d, want %d", trend.Bucket, bar, p.Bans, want)
		}
	}
}

// The parts of a trend are what each jail has of its bars.
func (c counts) expectParts(rt *rapid.T, a *history.Archive, s history.Scope) {
	trend, err := a.TrendBy(rt.Context(), s, history.ByJail, rapid.IntRange(1, 3).Draw(rt, "parts"))
	if s.ASN != 0 {
		if !fault.Is(err, fault.Invalid) {
			rt.Fatalf("jails of a network: %v", err)
		}
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
	for _, part := range trend.Parts {
		for i, n := range part.Bans {
			bar := history.Span{From: trend.Points[i].At, To: trend.Span.To}
			if i == 0 {
				bar.From = trend.Span.From
			}
			if i+1 < len(trend.Points) {
				bar.To = trend.Points[i+1].At
			}
			if want := c.inside(bar, func(b history.Ban) bool { return fits(s)(b) && b.Jail == part.Key }); n != want {
				rt.Fatalf("%s in %v: %d, want %d", part.Key, bar, n, want)
			}
		}
	}
}

func (c counts) expectSplit(rt *rapid.T, a *history.Archive, s history.Scope, by history.By) {
	limit := rapid.IntRange(1, 3).Draw(rt, "limit")
	split, err := a.Split(rt.Context(), s, by, limit)
	odd := by == history.ByNetwork && (s.Jail != "" || s.Country != "" || s.Origin != "") ||
		s.ASN != 0 && by != history.ByNetwork && by != history.ByHost ||
		(by == history.ByOrigin && s.Country != "") || (by == history.ByCountry && s.Origin != "")
	if odd {
		if !fault.Is(err, fault.Invalid) {
			rt.Fatalf("%s of %+v: %v", by, s, err)
		}
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
	rest := split.Total
	if want := c.inside(split.Span, fits(s)); want != split.Total {
		rt.Fatalf("%s: %d in all, want %d", by, split.Total, want)
	}
	before := history.Span{From: split.Span.From.Add(split.Span.From.Sub(split.Span.To)), To: split.Span.From}
	for _, g := range split.Groups {
		has := func(b history.Ban) bool { return fits(s)(b) && keyOf(by, b) == g.Key }
		if want, was := c.inside(split.Span, has), c.inside(before, has); g.Bans != want || g.BansBefore != was {
			rt.Fatalf("%s %s: %d after %d, want %d after %d", by, g.Key, g.Bans, g.BansBefore, want, was)
		}
		rest -= g.Bans
	}
	if rest != split.Others || len(split.Groups) > limit || !slices.IsSortedFunc(split.Groups, func(a, b history.Group) int { return int(b.Bans - a.Bans) }) {
		rt.Fatalf("%s: others %d, want %d: %+v", by, split.Others, rest, split.Groups)
	}
}

func TestStats_Refuses(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) { refusesScopes(t, open) })
}

func refusesScopes(t *testing.T, open func(testing.TB) *store.DB) {
	t.Helper()
	a, _, _ := archive(t, open)
	for name, s := range map[string]history.Scope{
		"turned round": {Since: at(10), Until: at(0)},
		"too long":     {Since: noon.AddDate(-100, 0, 0)},
		"mixed":        {Country: "NL", Origin: event.ByHand},
		"a network of": {ASN: 64500, Jail: "sshd"},
	} {
		if _, err := a.Overview(t.Context(), s); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := a.Split(t.Context(), history.Scope{}, history.ByJail, history.MaxGroups+1); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
	o, err := a.Overview(t.Context(), history.Scope{})
	if err != nil || o.Bans != 0 || o.New != 0 {
		t.Errorf("of an empty archive: %+v, %v", o, err)
	}
}

// A maximum is said, and going on from it yields exactly what was left.
func TestAllBans(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		const most = 40
		var all []event.Event
		for n := range most + 1 {
			all = append(all, banned(fmt.Sprintf("192.0.2.%d", n), at(n/3), 600))
		}
		record(t, a, all...)
		got, err := a.AllBans(t.Context(), history.Query{State: history.All}, history.AllOptions{PageSize: 7, Max: most})
		if err != nil || len(got.Bans) != most || !got.Truncated || got.LastID != got.Bans[most-1].ID {
			t.Fatalf("%d bans, truncated %v, last id %d, %v", len(got.Bans), got.Truncated, got.LastID, err)
		}
		rest, err := a.AllBans(t.Context(), history.Query{State: history.All}, history.AllOptions{AfterID: got.LastID, Max: most})
		if err != nil || len(rest.Bans) != 1 || rest.Truncated || rest.Bans[0].Address != "192.0.2.0" {
			t.Errorf("the rest: %+v, %v", rest, err)
		}
		if exact, err := a.AllBans(t.Context(), history.Query{State: history.All}, history.AllOptions{Max: most + 1}); err != nil || len(exact.Bans) != most+1 || exact.Truncated {
			t.Errorf("%d bans, truncated %v, %v", len(exact.Bans), exact.Truncated, err)
		}
		if _, err := a.AllBans(t.Context(), history.Query{State: history.All}, history.AllOptions{AfterID: 9999}); !fault.Is(err, fault.NotFound) {
			t.Errorf("after a ban that is not there: %v", err)
		}
		n := 0
		if err := a.Each(t.Context(), history.Query{State: history.All}, func(history.Ban) error { n++; return nil }); err != nil || n != most+1 {
			t.Errorf("each: %d, %v", n, err)
		}
	})
}

// Removed bans stay counted, open ones stay, and the check knows.
func TestRetain(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		year := 365 * 24 * time.Hour
		var rows []history.PastBan
		for n := range 40 {
			rows = append(rows, past(fmt.Sprintf("192.0.2.%d", n), noon.AddDate(0, -n, -1), 60, "a line"))
		}
		rows = append(rows, standing(past("198.51.100.1", noon.AddDate(-2, 0, 0), -1, "stays")))
		copied(t, a, noon, rows...)
		expectCounted(t, a)
		before, err := a.Overview(t.Context(), history.Scope{})
		if err != nil {
			t.Fatal(err)
		}
		did, err := a.Retain(t.Context(), history.Limits{Age: year})
		if err != nil || did == "" {
			t.Fatalf("did %q, %v", did, err)
		}
		kept, err := a.AllBans(t.Context(), history.Query{State: history.All}, history.AllOptions{})
		if err != nil || len(kept.Bans) != 13 {
			t.Errorf("%s; %d kept, %v", did, len(kept.Bans), err)
		}
		after, err := a.Overview(t.Context(), history.Scope{})
		if diff := cmp.Diff(before, after); diff != "" || err != nil || after.Bans != 41 {
			t.Error(diff, err)
		}
		expectCounted(t, a)
		if err := a.RebuildCounters(t.Context()); err != nil {
			t.Fatal(err)
		}
		if again, err := a.Overview(t.Context(), history.Scope{}); err != nil || again.Bans != 41 {
			t.Errorf("after a rebuild: %+v, %v", again, err)
		}
		if did, err := a.Retain(t.Context(), history.Limits{Age: year}); did != "" || err != nil {
			t.Errorf("again: %q, %v", did, err)
		}
		// fail2ban's own database may still have what is removed: it does not come back.
		copied(t, a, noon, rows...)
		if n, _, err := a.Count(t.Context(), history.Query{State: history.All}); n != 13 || err != nil {
			t.Errorf("%d came back, %v", n-13, err)
		}
		if did, err := a.Retain(t.Context(), history.Limits{Bytes: 1}); err != nil {
			t.Errorf("did %q, %v", did, err)
		}
		if lines := linesOf(t, a, "198.51.100.1"); len(lines) != 1 {
			t.Errorf("the open ban has %q", lines)
		}
	})
}

func TestTimeline(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		a.Resolve(halves{})
		for n := range 5 {
			b := past("192.0.2.1", noon.Add(time.Duration(n-10)*time.Hour), 60, fmt.Sprintf("line %d", n))
			if n == 2 {
				b.Jail = "web"
			}
			copied(t, a, noon, b)
		}
		line, ok, err := a.Timeline(t.Context(), "::ffff:192.0.2.1")
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		want := history.Seen{First: noon.Add(-10 * time.Hour), Last: noon.Add(-6 * time.Hour), Bans: 5, Jails: []string{"sshd", "web"}}
		if diff := cmp.Diff(want, line.Seen); diff != "" {
			t.Error(diff)
		}
		if len(line.Jails) != 2 || line.Jails[0].Jail != "sshd" || line.Jails[0].Bans != 4 || line.Jails[0].Failures != 20 || line.Jails[0].Open {
			t.Errorf("jails %+v", line.Jails)
		}
		if len(line.Bans) != 5 || line.Bans[0].Lines[0] != "line 4" || line.Country != "DE" || line.Identifier != "192.0.2.1" {
			t.Errorf("%+v", line)
		}
		if line.Pattern.Usual != time.Hour || !line.Pattern.Steady || line.Pattern.Hours[2] != 1 {
			t.Errorf("pattern %+v", line.Pattern)
		}
		if _, ok, err := a.Timeline(t.Context(), "192.0.2.99"); ok || err != nil {
			t.Error(ok, err)
		}
	})
}
