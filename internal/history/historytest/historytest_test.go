package historytest_test

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"bangui/internal/history"
	"bangui/internal/history/historytest"
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
