package history_test

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// row is a ban in the plain model: number is the order in which bans were recorded.
type row struct {
	number, second int
	jail, address  string
	ended          bool
	origin         event.Origin
	line           string // "" = none is known
}

func (r row) String() string { return fmt.Sprintf("%s %s +%d", r.jail, r.address, r.second) }

// model is what the archive should hold, in a slice.
type model struct {
	rt   *rapid.T
	a    *history.Archive
	db   *store.DB
	run  int
	made int
	rows []row
}

func (m *model) jailName(jail string) string { return fmt.Sprintf("%s-%d", jail, m.run) }

var jails = []string{"sshd", "web"}

// ban records bans of new addresses, often of the same second as others.
func (m *model) ban(count int) {
	var events []event.Event
	var copies []history.PastBan
	for range count {
		r := m.newRow()
		e := banned(r.address, at(r.second), event.Permanent)
		e.Jail, e.Origin = m.jailName(r.jail), r.origin
		events = append(events, e)
		if r.line != "" {
			b := standing(past(r.address, at(r.second), event.Permanent, "first", r.line))
			b.Jail = e.Jail
			copies = append(copies, b)
		}
		m.rows = append(m.rows, r)
	}
	if err := m.a.Record(m.rt.Context(), events, nil); err != nil {
		m.rt.Fatal(err)
	}
	if len(copies) == 0 {
		return
	}
	if err := m.a.Copy(m.rt.Context(), history.Copied{HostID: hostID, SeenAt: at(7), Bans: copies}); err != nil {
		m.rt.Fatal(err)
	}
}

func (m *model) newRow() row {
	n := m.made
	m.made++
	address := rapid.SampledFrom([]string{
		fmt.Sprintf("192.0.2.%d", n), fmt.Sprintf("198.51.%d.0/24", n), fmt.Sprintf("2001:db8::%x", n+1), fmt.Sprintf("user_%d%%", n),
	}).Draw(m.rt, "address")
	return row{
		number: n, second: rapid.IntRange(0, 6).Draw(m.rt, "second"), jail: rapid.SampledFrom(jails).Draw(m.rt, "jail"), address: address,
		origin: rapid.SampledFrom([]event.Origin{event.ByFail2ban, event.ByFail2ban, event.ByHand}).Draw(m.rt, "origin"),
		line:   rapid.SampledFrom([]string{"", "Failed password for ROOT", "Invalid user 100%_sure"}).Draw(m.rt, "line"),
	}
}

// remove lets retention take the ended bans from before a moment.
func (m *model) remove() {
	const all = 1000
	before := rapid.IntRange(0, 4).Draw(m.rt, "kept since")
	if _, err := m.db.RemoveBans(m.rt.Context(), at(before), all); err != nil {
		m.rt.Fatal(err)
	}
	m.rows = slices.DeleteFunc(m.rows, func(r row) bool { return r.ended && r.second < before })
}

// halves says that the world has two countries and two networks, by the length of addresses.
type halves struct{}

func (halves) Locate(addr netip.Addr) history.Whereabouts {
	if len(addr.String())%2 == 0 {
		return history.Whereabouts{Country: "NL", ASN: 64500, Network: "even"}
	}
	return history.Whereabouts{Country: "DE", ASN: 64501, Network: "odd"}
}

func (r row) where() history.Whereabouts {
	text, _, _ := strings.Cut(r.address, "/")
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return history.Whereabouts{}
	}
	return halves{}.Locate(addr)
}

// lift ends a ban that is open, if there is one.
func (m *model) lift() {
	if len(m.rows) == 0 {
		return
	}
	r := &m.rows[rapid.IntRange(0, len(m.rows)-1).Draw(m.rt, "lifted")]
	e := unbanned(r.address, at(100), event.Unbanned)
	e.Jail = m.jailName(r.jail)
	m.record(e)
	r.ended = true
}

func (m *model) record(e event.Event) {
	if err := m.a.Record(m.rt.Context(), []event.Event{e}, nil); err != nil {
		m.rt.Fatal(err)
	}
}

// filter is a query and what it means for a row.
type filter struct {
	query history.Query
	fits  func(row) bool
}

func (m *model) filter() *filter {
	jail := rapid.SampledFrom(jails).Draw(m.rt, "jail asked for")
	f := &filter{history.Query{Jail: m.jailName(jail)}, func(r row) bool { return r.jail == jail }}
	f.query.State = rapid.SampledFrom([]history.State{history.Active, history.Ended, history.All}).Draw(m.rt, "state")
	f.and(func(r row) bool { return f.query.State == history.All || r.ended == (f.query.State == history.Ended) })
	kinds := [][]string{{""}, {"text"}, {"v4", "v6"}, {"host", "nobody"}, {"country"}, {"network"}, {"origin"}, {"since"}, {"until"}, {"line"}, {"identifier"}, {"not jail", "not country", "not network", "not origin"}}
	for _, kind := range rapid.Permutation(kinds).Draw(m.rt, "filters")[:rapid.IntRange(1, 2).Draw(m.rt, "how many")] {
		if kind := rapid.SampledFrom(kind).Draw(m.rt, "kind"); strings.HasPrefix(kind, "not ") {
			f.exclude(m, kind)
		} else {
			f.narrow(m.rt, kind)
		}
	}
	return f
}

// exclude adds a filter that leaves bans out, one or two values of a kind.
func (f *filter) exclude(m *model, kind string) {
	without := history.Without{}
	if f.query.Without != nil {
		without = *f.query.Without
	}
	f.query.Without = &without
	switch kind {
	case "not jail":
		out := rapid.SliceOfNDistinct(rapid.SampledFrom(jails), 1, 2, rapid.ID[string]).Draw(m.rt, "jails left out")
		without.Jails = texts(out, m.jailName)
		f.and(func(r row) bool { return !slices.Contains(out, r.jail) })
	case "not country":
		without.Countries = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"NL", "DE", "FR", ""}), 1, 2, rapid.ID[string]).Draw(m.rt, "countries left out")
		f.and(func(r row) bool { return !slices.Contains(without.Countries, r.where().Country) })
	case "not network":
		without.ASNs = rapid.SliceOfNDistinct(rapid.SampledFrom([]int64{64500, 64501, 64502, 0}), 1, 2, rapid.ID[int64]).Draw(m.rt, "networks left out")
		f.and(func(r row) bool { return !slices.Contains(without.ASNs, r.where().ASN) })
	case "not origin":
		without.Origin = rapid.SampledFrom([]event.Origin{event.ByFail2ban, event.ByHand}).Draw(m.rt, "origin left out")
		f.and(func(r row) bool { return r.origin != without.Origin })
	}
}

// narrow adds one filter.
func (f *filter) narrow(rt *rapid.T, kind string) {
	switch kind {
	case "country":
		f.query.Country = rapid.SampledFrom([]string{"NL", "DE", "FR"}).Draw(rt, "country")
		f.and(func(r row) bool { return r.where().Country == f.query.Country })
	case "network":
		f.query.ASN = rapid.SampledFrom([]int64{64500, 64501, 64502}).Draw(rt, "network")
		f.and(func(r row) bool { return r.where().ASN == f.query.ASN })
	case "origin":
		f.query.Origin = rapid.SampledFrom([]event.Origin{event.ByFail2ban, event.ByHand}).Draw(rt, "asked origin")
		f.and(func(r row) bool { return r.origin == f.query.Origin })
	case "since":
		since := rapid.IntRange(0, 7).Draw(rt, "since")
		f.query.Since = at(since)
		f.and(func(r row) bool { return r.second >= since })
	case "until":
		until := rapid.IntRange(0, 7).Draw(rt, "until")
		f.query.Until = at(until)
		f.and(func(r row) bool { return r.second < until })
	case "line":
		f.query.Line = rapid.SampledFrom([]string{"root", "R 100%_", "0__s", "nothing"}).Draw(rt, "line asked for")
		f.and(func(r row) bool { return strings.Contains(strings.ToLower(r.line), strings.ToLower(f.query.Line)) })
	case "identifier":
		f.query.Identifier = rapid.SampledFrom([]string{"192.0.2.1", "2001:db8::2", "user_3%"}).Draw(rt, "identifier")
		f.and(func(r row) bool { return r.address == f.query.Identifier })
	case "text":
		f.query.Text = rapid.SampledFrom([]string{"1", "_", "%", "2.", "db8", "user_1"}).Draw(rt, "text")
		f.and(func(r row) bool { return strings.Contains(r.address, f.query.Text) })
	case "v4":
		f.query.Inside = prefix("192.0.2.0/28")
		f.and(func(r row) bool {
			a, err := netip.ParseAddr(r.address)
			return err == nil && f.query.Inside.Contains(a)
		})
	case "v6":
		f.query.Inside = prefix("2001:db8::/121")
		f.and(func(r row) bool {
			a, err := netip.ParseAddr(r.address)
			return err == nil && f.query.Inside.Contains(a)
		})
	case "host":
		f.query.HostID = hostID
	case "nobody":
		f.query.HostID = "nobody"
		f.and(func(row) bool { return false })
	}
}

func (f *filter) and(more func(row) bool) {
	before := f.fits
	f.fits = func(r row) bool { return before(r) && more(r) }
}

// newestFirst is the order of pages.
func newestFirst(a, b row) int {
	return cmp.Or(cmp.Compare(b.second, a.second), cmp.Compare(b.number, a.number))
}

// page is what a page after a row should hold, and how many there are in all.
func (m *model) page(f *filter, after *row, limit int) (page []row, all int) {
	for _, r := range slices.SortedFunc(slices.Values(m.rows), newestFirst) {
		if !f.fits(r) {
			continue
		}
		all++
		if (after == nil || newestFirst(*after, r) < 0) && len(page) < limit {
			page = append(page, r)
		}
	}
	return page, all
}

// Each page is exactly what a plain model says at that moment, for every filter and two
// at once, while bans come, end and are removed between the pages.
func TestArchive_Paging(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, db, _ := archive(t, open)
		a.Resolve(halves{})
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			m := &model{rt: rt, a: a, db: db, run: run}
			m.ban(rapid.IntRange(0, 30).Draw(rt, "bans"))
			f := m.filter()
			f.query.Limit = rapid.IntRange(1, 6).Draw(rt, "limit")
			var after *row
			for {
				want, all := m.page(f, after, f.query.Limit)
				got, next, err := a.Bans(rt.Context(), f.query)
				if err != nil {
					rt.Fatal(err)
				}
				if diff := gocmp.Diff(texts(want, row.String), texts(got, m.text)); diff != "" {
					rt.Fatalf("page (-model +archive):\n%s", diff)
				}
				if n, capped, err := a.Count(rt.Context(), f.query); err != nil || n != all || capped {
					rt.Fatalf("count %d (capped %v), %v, want %d", n, capped, err, all)
				}
				if next == (history.Place{}) {
					break
				}
				f.query.After, after = next, &want[len(want)-1]
				m.change()
			}
			if rest, _ := m.page(f, after, 1000); after != nil && len(rest) > f.query.Limit {
				rt.Errorf("the pages ended before %d more", len(rest))
			}
		})
		expectCounted(t, a)
	})
}

// change lets something happen between two pages.
func (m *model) change() {
	m.ban(rapid.IntRange(0, 2).Draw(m.rt, "new"))
	for range rapid.IntRange(0, 2).Draw(m.rt, "lifts") {
		m.lift()
	}
	if rapid.IntRange(0, 3).Draw(m.rt, "retention") == 0 {
		m.remove()
	}
}

// text is a ban of the archive as the model writes it.
func (m *model) text(b history.Ban) string {
	jail, _, _ := strings.Cut(b.Jail, "-")
	return row{jail: jail, address: b.Address, second: int(b.BannedAt.Unix() - noon.Unix())}.String()
}

func texts[T any](all []T, text func(T) string) []string {
	out := []string{}
	for _, one := range all {
		out = append(out, text(one))
	}
	return out
}
