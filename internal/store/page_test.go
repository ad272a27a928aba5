package store

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// mixed are bans that share hosts, jails, countries, networks, blocks of addresses and
// moments in all ways, newest first.
func mixed(t *testing.T, db *DB, number int) (all []history.Ban) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 1))
	one := func(of ...string) string { return of[r.IntN(len(of))] }
	for _, host := range []string{"h", "i"} {
		if err := db.EnsureHost(t.Context(), host, host); err != nil {
			t.Fatal(err)
		}
	}
	err := db.Update(t.Context(), func(tx history.Tx) error {
		all = nil
		for n := range number {
			b := history.Ban{
				HostID: one("h", "h", "h", "i"), Jail: one("sshd", "sshd", "web", "rare"), BannedAt: time.Unix(int64(n/3), 0).UTC(), BanSeconds: -1, SeenAt: time.Unix(int64(n), 0).UTC(),
				Address: fmt.Sprintf(one("10.0.%d.1", "10.1.0.%d", "10.1.%d.0/24", "11.%d.0.1", "2001:db8::%x", "2001:db9:%x::/48", "user %d"), n%256),
				Origin:  event.Origin(one("fail2ban", "fail2ban", "manual")),
			}
			b.Country, b.ASN = one("NL", "NL", "DE"), int64(1+r.IntN(3))
			if n > number/2 && b.Jail == "rare" {
				b.Jail = "web" // so that it is only far back
			}
			if r.IntN(4) > 0 {
				b.EndedAt, b.EndReason = b.BannedAt.Add(time.Hour), event.Expired
			}
			b.Address = strings.ReplaceAll(b.Address, "user", one("user", "USER_"))
			if last, some, err := tx.LastBan(t.Context(), history.Subject{HostID: b.HostID, Jail: b.Jail, Address: b.Address}, time.UnixMicro(1<<62)); err != nil || some && (last.EndedAt.IsZero() || last.BannedAt.Equal(b.BannedAt)) {
				if err != nil {
					return err
				}
				continue
			}
			id, err := tx.InsertBan(t.Context(), b)
			if err != nil {
				return err
			}
			b.ID = id
			all = append(all, b)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(all)
	return all
}

// asked is a query for any combination of filters, and what it means.
func asked(rt *rapid.T, number int) (history.Query, func(history.Ban) bool) {
	draw := func(name string, of ...string) string {
		return rapid.SampledFrom(append(of, "", "", "")).Draw(rt, name)
	}
	network := draw("network", "10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/20", "10.1.3.0/24", "10.0.0.0/7", "2001:db8::/32", "2001:db8::/100", "2001::/16", "0.0.0.0/0")
	moment := func(name string) time.Time {
		if rapid.IntRange(0, 2).Draw(rt, name+"?") > 0 {
			return time.Time{}
		}
		return time.Unix(int64(rapid.IntRange(0, number/3).Draw(rt, name)), 0).UTC()
	}
	q := history.Query{
		State:  rapid.SampledFrom([]history.State{history.Active, history.Ended, history.All}).Draw(rt, "state"),
		HostID: draw("host", "h", "i", "none"), Jail: draw("jail", "sshd", "web", "rare", "none"), Country: draw("country", "NL", "DE", "FR"),
		ASN: rapid.SampledFrom([]int64{0, 0, 1, 3, 9}).Draw(rt, "asn"), Origin: event.Origin(draw("origin", "fail2ban", "manual")), Text: draw("text", "1", "user_", "ser", "db8:"),
		Since: moment("since"), Until: moment("until"),
	}
	if network != "" {
		q.Inside = netip.MustParsePrefix(network)
	}
	var out history.Without
	if rapid.IntRange(0, 3).Draw(rt, "something is left out") == 0 {
		out = history.Without{
			Jails:     rapid.SliceOfN(rapid.SampledFrom([]string{"sshd", "web", "rare"}), 0, 2).Draw(rt, "jails left out"),
			Countries: rapid.SliceOfN(rapid.SampledFrom([]string{"NL", "FR"}), 0, 2).Draw(rt, "countries left out"),
			ASNs:      rapid.SliceOfN(rapid.SampledFrom([]int64{1, 9}), 0, 2).Draw(rt, "networks left out"),
			Origin:    event.Origin(draw("origin left out", "fail2ban", "manual")),
		}
		q.Without = &out
	}
	return q, func(b history.Ban) bool {
		is := func(want, has string) bool { return want == "" || want == has }
		if slices.Contains(out.Jails, b.Jail) || slices.Contains(out.Countries, b.Country) || slices.Contains(out.ASNs, b.ASN) || out.Origin == b.Origin {
			return false
		}
		return (q.State == history.All || b.EndedAt.IsZero() == (q.State == history.Active)) &&
			is(q.HostID, b.HostID) && is(q.Jail, b.Jail) && is(q.Country, b.Country) && is(string(q.Origin), string(b.Origin)) &&
			(q.ASN == 0 || q.ASN == b.ASN) && strings.Contains(strings.ToLower(b.Address), q.Text) && (network == "" || inside(q.Inside, b.Address)) &&
			(q.Since.IsZero() || !b.BannedAt.Before(q.Since)) && (q.Until.IsZero() || b.BannedAt.Before(q.Until))
	}
}

func inside(network netip.Prefix, identifier string) bool {
	if addr, err := netip.ParseAddr(identifier); err == nil {
		return network.Contains(addr)
	}
	p, err := netip.ParsePrefix(identifier)
	return err == nil && network.Contains(p.Addr()) && p.Bits() >= network.Bits()
}

// Any combination of filters finds, over all its pages, what a plain look at each ban
// does, also when a page may look at a few bans only, and each page says where to go on.
func TestListBans_AnyCombination(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		const number = 900
		all := mixed(t, db, number)
		usually := db.patience
		rapid.Check(t, func(rt *rapid.T) {
			db.patience = rapid.SampledFrom([]patience{{1, 20}, {1, 90}, usually}).Draw(rt, "patience")
			q, fits := asked(rt, number)
			q.Limit = rapid.IntRange(1, 9).Draw(rt, "limit")
			var want, got []int64
			for _, b := range all {
				if fits(b) {
					want = append(want, b.ID)
				}
			}
			for pages := 0; ; pages++ {
				bans, stopped, err := db.ListBans(rt.Context(), q)
				if err != nil || pages > number {
					rt.Fatal(pages, err)
				}
				for _, b := range bans {
					got = append(got, b.ID)
				}
				switch {
				case stopped != history.Place{}:
					q.After = stopped
				case len(bans) == q.Limit:
					q.After = history.Place{BannedAt: bans[q.Limit-1].BannedAt, ID: bans[q.Limit-1].ID}
				default:
					if diff := cmp.Diff(want, got); diff != "" {
						rt.Fatalf("bans (-plain +pages):\n%s", diff)
					}
					n, more, err := db.CountBans(rt.Context(), q, number)
					if err != nil || n > len(want) || !more && n != len(want) {
						rt.Fatalf("counted %d (more %v), %v, want %d", n, more, err, len(want))
					}
					return
				}
			}
		})
	})
}

// A page goes along the index that leads to the fewest bans that are not asked for.
func TestListBans_GoesTheShortWay(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		all := mixed(t, db, 900)
		db.patience = patience{first: 1, most: 40}
		for name, q := range map[string]history.Query{
			"a jail that is only far back": {State: history.Ended, Country: "NL", Jail: "rare"},
			"nothing":                      {State: history.All, Country: "NL", Jail: "none"},
			"no such network":              {State: history.All, HostID: "h", ASN: 9},
			"no such block":                {State: history.All, HostID: "h", Inside: netip.MustParsePrefix("12.0.0.0/16")},
		} {
			q.Limit = 3
			want := 0
			for _, b := range all {
				if b.Jail == q.Jail && b.Country == q.Country && !b.EndedAt.IsZero() {
					want = min(want+1, q.Limit)
				}
			}
			bans, stopped, err := db.ListBans(t.Context(), q)
			if err != nil || len(bans) != want || stopped != (history.Place{}) {
				t.Errorf("%s: %d bans, stopped at %v, %v; want %d", name, len(bans), stopped, err, want)
			}
		}
		bans, stopped, err := db.ListBans(t.Context(), history.Query{State: history.All, Text: "nowhere", Limit: 3})
		if err != nil || len(bans) != 0 || stopped == (history.Place{}) {
			t.Errorf("what no index has: %d bans, stopped at %v, %v", len(bans), stopped, err)
		}
	})
}

// However many bans are of one second, a page enters its index at its place among them: SQLite
// does so only with an index that has no id of its own, and when told how to compare it.
func TestPages_BeginWithinASecond(t *testing.T) {
	db := opened(t, filepath.Join(t.TempDir(), "bangui.db"))
	after := history.Place{BannedAt: time.Unix(1000, 0), ID: 7}
	for name, q := range map[string]history.Query{
		"ban_time": {State: history.All}, "ban_ended": {State: history.Ended}, "ban_jail": {State: history.All, Jail: "sshd"},
		"ban_country": {State: history.All, Country: "NL"}, "ban_asn": {State: history.All, ASN: 64500}, "ban_origin": {State: history.All, Origin: event.ByHand},
	} {
		q.After = after
		lanes := lanesOf(q)
		s := db.dialect.within(q, lanes[len(lanes)-1], history.Place{BannedAt: time.Unix(900, 0), ID: 3})
		plan, err := collect(t.Context(), db.read, func(r *sql.Rows) (detail string, err error) {
			var id, parent, unused int
			err = r.Scan(&id, &parent, &unused, &detail)
			return detail, err
		}, "EXPLAIN QUERY PLAN SELECT "+banColumns+s.from(50), s.args...)
		way := strings.Join(plan, "; ")
		if err != nil || !strings.Contains(way, name+" ") || !strings.Contains(way, "(banned_at,rowid)<(?,?)") || !strings.Contains(way, "(banned_at,rowid)>(?,?)") || strings.Contains(way, "TEMP") {
			t.Errorf("%s: %s, %v", name, way, err)
		}
	}
}
