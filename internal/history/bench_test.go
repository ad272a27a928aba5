package history_test

import (
	"fmt"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/store/storetest"
)

// many fills an archive with n active bans through one list, as a first start does.
func many(b *testing.B, n int) *history.Archive {
	b.Helper()
	a, _, _ := archive(b, storetest.Open)
	l := list(at(n+10), true)
	for i := range n {
		l.Bans = append(l.Bans, listed(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), at(i), -1))
	}
	began := time.Now()
	reconcile(b, a, l)
	b.Logf("%d bans recorded from one list in %v, %.0f/s", n, time.Since(began), float64(n)/time.Since(began).Seconds())
	return a
}

// BenchmarkBans reads pages of 100,000 active bans: the first, one deep inside, and a
// search through all of them.
func BenchmarkBans(b *testing.B) {
	const n = 100_000
	a := many(b, n)
	deep := history.Place{BannedAt: at(n / 10), ID: n / 10}
	for name, q := range map[string]history.Query{
		"page=first":   {State: history.Active, Limit: 100},
		"page=deep":    {State: history.Active, Limit: 100, After: deep},
		"search=found": {State: history.Active, Limit: 100, Text: ".77."},
		"search=none":  {State: history.Active, Limit: 100, Text: "nosuch"},
		"host":         {State: history.Active, Limit: 100, HostID: hostID},
		"jail":         {State: history.Active, Limit: 100, HostID: hostID, Jail: "sshd"},
		"ended":        {State: history.Ended, Limit: 100},
		"inside=/8":    {State: history.Active, Limit: 100, Inside: prefix("10.0.0.0/8")},
		"inside=/16":   {State: history.Active, Limit: 100, Inside: prefix("10.1.0.0/16")},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := a.Bans(b.Context(), q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("count", func(b *testing.B) {
		for b.Loop() {
			if got, _, err := a.Count(b.Context(), history.Query{State: history.Active}); err != nil || got != n {
				b.Fatal(got, err)
			}
		}
	})
}

// BenchmarkRecord records events one by one and in batches; each call is one durable
// transaction.
func BenchmarkRecord(b *testing.B) {
	for _, size := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("batch=%d", size), func(b *testing.B) {
			a, _, _ := archive(b, storetest.Open)
			n := 0
			for b.Loop() {
				var all []event.Event
				for range size {
					n++
					all = append(all, banned(fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255), at(n), 600))
				}
				record(b, a, all...)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "bans/s")
		})
	}
}

// BenchmarkReconcile takes 50,000 bans from one list, the same list again, and an empty
// one.
func BenchmarkReconcile(b *testing.B) {
	const n = 50_000
	for b.Loop() {
		a := many(b, n)
		l := list(at(n+20), true)
		for i := range n {
			l.Bans = append(l.Bans, listed(fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), at(i), -1))
		}
		began := time.Now()
		reconcile(b, a, l)
		b.ReportMetric(time.Since(began).Seconds(), "s/same")
		began = time.Now()
		reconcile(b, a, list(at(n+30), true))
		b.ReportMetric(time.Since(began).Seconds(), "s/end")
	}
}
