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
}

func (r row) String() string { return fmt.Sprintf("%s %s +%d", r.jail, r.address, r.second) }

// model is what the archive should hold, in a slice.
type model struct {
	rt   *rapid.T
	a    *history.Archive
	run  int
	rows []row
}

func (m *model) jailName(jail string) string { return fmt.Sprintf("%s-%d", jail, m.run) }

var jails = []string{"sshd", "web"}

// ban records one ban of a new address, often of the same second as others.
func (m *model) ban() {
	n := len(m.rows)
	address := rapid.SampledFrom([]string{
		fmt.Sprintf("192.0.2.%d", n), fmt.Sprintf("198.51.%d.0/24", n), fmt.Sprintf("2001:db8::%x", n+1), fmt.Sprintf("user_%d%%", n),
	}).Draw(m.rt, "address")
	r := row{number: n, second: rapid.IntRange(0, 6).Draw(m.rt, "second"), jail: rapid.SampledFrom(jails).Draw(m.rt, "jail"), address: address}
	e := banned(address, at(r.second), event.Permanent)
	e.Jail = m.jailName(r.jail)
	m.record(e)
	m.rows = append(m.rows, r)
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

func (m *model) filter() filter {
	jail := rapid.SampledFrom(jails).Draw(m.rt, "jail asked for")
	f := filter{history.Query{Jail: m.jailName(jail)}, func(r row) bool { return r.jail == jail }}
	f.query.State = rapid.SampledFrom([]history.State{history.Active, history.Ended, history.All}).Draw(m.rt, "state")
	f.and(func(r row) bool { return f.query.State == history.All || r.ended == (f.query.State == history.Ended) })
	switch rapid.SampledFrom([]string{"", "text", "v4", "v6", "host", "nobody"}).Draw(m.rt, "filter") {
	case "text":
		f.query.Text = rapid.SampledFrom([]string{"1", "_", "%", "2.", "db8", "user_1"}).Draw(m.rt, "text")
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
	return f
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
func (m *model) page(f filter, after *row, limit int) (page []row, all int) {
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

// Each page is exactly what a plain model says at that moment, for every filter, while
// bans come and end between the pages.
func TestArchive_Paging(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		a, _, _ := archive(t, open)
		run := 0
		rapid.Check(t, func(rt *rapid.T) {
			run++
			m := &model{rt: rt, a: a, run: run}
			for range rapid.IntRange(0, 30).Draw(rt, "bans") {
				m.ban()
			}
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
	})
}

// change lets something happen between two pages.
func (m *model) change() {
	for range rapid.IntRange(0, 2).Draw(m.rt, "new") {
		m.ban()
	}
	for range rapid.IntRange(0, 2).Draw(m.rt, "lifts") {
		m.lift()
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
