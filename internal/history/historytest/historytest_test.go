package historytest_test

import (
	"log/slog"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/history/historytest"
	"bangui/internal/store"
	"bangui/internal/store/storetest"
)

func all(seed uint64, n int) (bans []history.PastBan) {
	m := historytest.New(historytest.Options{Seed: seed, Number: n, Until: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), Span: 30 * 24 * time.Hour, HostID: "h", Lines: true})
	for b, ok := m.Next(); ok; b, ok = m.Next() {
		bans = append(bans, b)
	}
	return bans
}

func TestMaker(t *testing.T) {
	const many = 20_000
	bans := all(1, many)
	if len(bans) != many || !reflect.DeepEqual(bans[:500], all(1, many)[:500]) || reflect.DeepEqual(bans[:500], all(2, many)[:500]) {
		t.Fatalf("%d bans; the same seed makes the same, another one others", len(bans))
	}
	seen, six, again, lastDay := map[string]bool{}, 0, map[string]int{}, 0
	for i, b := range bans {
		place := b.Jail + b.Address + b.BannedAt.String()
		if seen[place] || i > 0 && b.BannedAt.Before(bans[i-1].BannedAt) {
			t.Fatalf("ban %d is there twice, or before its time: %+v", i, b)
		}
		seen[place] = true
		again[b.Address]++
		if netip.MustParseAddr(b.Address).Is6() {
			six++
		}
		if b.BannedAt.After(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)) {
			lastDay++
		}
	}
	if six < many/50 || six > many/3 || len(again) < many/20 || len(again) > many*9/10 || lastDay > many/10 {
		t.Errorf("%d of IPv6, %d addresses, %d on the last day", six, len(again), lastDay)
	}
}

// What Bulk fills a file with is what Fill records, with counters that say so.
func TestBulk_IsFill(t *testing.T) {
	const number = 3000
	maker := func() *historytest.Maker {
		return historytest.New(historytest.Options{Seed: 1, Number: number, Until: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC), Span: 100 * 24 * time.Hour, HostID: storetest.HostID, Lines: true})
	}
	filled := storetest.Open(t)
	if err := historytest.Fill(t.Context(), filled, maker(), nil); err != nil {
		t.Fatal(err)
	}
	everything := func(db *store.DB) (all []history.BanWithLines, overview history.Overview) {
		a := history.New(db, event.NewBus(), slog.New(slog.DiscardHandler), time.Now)
		if c, err := a.CheckCounters(t.Context()); err != nil || len(c.Differences) > 0 || c.Days < 90 {
			t.Errorf("counters %+v, %v", c, err)
		}
		err := a.Each(t.Context(), history.Query{State: history.All}, func(b history.Ban) error {
			lines, err := a.Lines(t.Context(), b)
			all = append(all, history.BanWithLines{Ban: b, Lines: lines})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		overview, err = a.Overview(t.Context(), history.Scope{Until: time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			t.Fatal(err)
		}
		return all, overview
	}
	want, wantOverview := everything(filled)
	if len(want) != number {
		t.Fatalf("%d bans of fill", len(want))
	}
	for engine, bulk := range map[storetest.Engine]func(store.Options) error{
		storetest.SQLite: func(o store.Options) error { return historytest.Bulk(t.Context(), o.Path, maker(), func(string) {}) },
		storetest.Postgres: func(o store.Options) error {
			return historytest.BulkPostgres(t.Context(), o.Postgres, maker(), func(string) {})
		},
	} {
		where := storetest.Prepared(t, engine, "empty", func(*store.DB) error { return nil })
		if err := bulk(where); err != nil {
			t.Fatal(engine, err)
		}
		db, err := store.Open(t.Context(), where)
		if err != nil {
			t.Fatal(engine, err)
		}
		if err := historytest.Count(t.Context(), db, func(string) {}); err != nil {
			t.Error(engine, err)
		}
		if got, gotOverview := everything(db); !reflect.DeepEqual(got, want) || gotOverview != wantOverview {
			t.Errorf("%s: %d bans of bulk; %+v, %+v", engine, len(got), gotOverview, wantOverview)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}
