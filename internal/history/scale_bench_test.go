package history_test

import (
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/history/historytest"
	"bangui/internal/store"
	"bangui/internal/store/storetest"
)

// The size of the archive that is measured, and one that makebans has filled already:
//
//	go test -run '^$' -bench Scale ./internal/history -scale.bans 10000000
//	go test -run '^$' -bench Scale ./internal/history -scale.database /tmp/bangui.db
var (
	scaleBans     = flag.Int("scale.bans", 20_000, "how many bans the archive has")
	scaleDatabase = flag.String("scale.database", "", "a SQLite file that makebans has filled")
)

var scaleUntil = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func made(n int, lines bool) *historytest.Maker {
	return historytest.New(historytest.Options{Seed: 1, Number: n, Until: scaleUntil, Span: 365 * 24 * time.Hour, HostID: hostID, Lines: lines})
}

// scaled is an archive of the size that was asked for, as of the end of its bans.
func scaled(b *testing.B) *history.Archive {
	b.Helper()
	db := storetest.Open(b)
	if *scaleDatabase != "" {
		var err error
		if db, err = store.Open(b.Context(), store.Options{Path: *scaleDatabase, Logger: slog.New(slog.DiscardHandler), Now: time.Now}); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = db.Close() })
	} else if err := historytest.Fill(b.Context(), db, made(*scaleBans, true), nil); err != nil {
		b.Fatal(err)
	}
	return history.New(db, event.NewBus(), slog.New(slog.DiscardHandler), func() time.Time { return scaleUntil })
}

// measured runs a query for as long as the benchmark lasts and reports what 99 of 100 took.
func measured(b *testing.B, ask func() error) (median time.Duration) {
	b.Helper()
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		if err := ask(); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	median = took[len(took)/2]
	b.ReportMetric(float64(median.Microseconds())/1000, "ms/p50")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "ms/p99")
	return median
}

// BenchmarkScale asks a large archive all that the page asks.
func BenchmarkScale(b *testing.B) {
	a := scaled(b)
	b.Run("pages", func(b *testing.B) { benchPages(b, a) })
	r := rand.New(rand.NewPCG(1, 2))
	sample := samples(b, a)
	one := func() history.Ban { return sample[r.IntN(len(sample))] }
	for name, query := range map[string]func() history.Query{
		"country":       func() history.Query { return history.Query{Country: one().Country} },
		"network":       func() history.Query { return history.Query{ASN: one().ASN} },
		"jail":          func() history.Query { return history.Query{Jail: one().Jail} },
		"address":       func() history.Query { return history.Query{Identifier: one().Address} },
		"origin=manual": func() history.Query { return history.Query{Origin: event.ByHand} },
		"v4/16":         func() history.Query { return history.Query{Inside: inside(one(), 16)} },
		"v4/8":          func() history.Query { return history.Query{Inside: inside(one(), 8)} },
		"time": func() history.Query {
			return history.Query{Since: one().BannedAt.AddDate(0, 0, -1), Until: one().BannedAt}
		},
		"state=ended":  func() history.Query { return history.Query{State: history.Ended} },
		"host":         func() history.Query { return history.Query{HostID: one().HostID} },
		"country+jail": func() history.Query { return history.Query{Country: one().Country, Jail: one().Jail} },
		"country+manual": func() history.Query {
			return history.Query{Country: one().Country, Origin: event.ByHand}
		},
		"network+jail": func() history.Query { return history.Query{ASN: one().ASN, Jail: one().Jail} },
		"nothing":      func() history.Query { return history.Query{Country: one().Country, Jail: "nosuch"} },
	} {
		b.Run("filter="+name, func(b *testing.B) {
			measured(b, func() error {
				q := query()
				q.Limit = 50
				if q.State == "" {
					q.State = history.All
				}
				_, _, err := a.Bans(b.Context(), q)
				return err
			})
		})
	}
	for name, span := range map[string]time.Duration{"24h": 24 * time.Hour, "30d": 30 * 24 * time.Hour, "365d": 365 * 24 * time.Hour, "all": 0} {
		b.Run("dashboard="+name, func(b *testing.B) { benchDashboard(b, a, span) })
	}
	b.Run("memory", func(b *testing.B) {
		for b.Loop() {
			b.ReportMetric(resident(b), "MB/resident")
		}
		if info, err := os.Stat(*scaleDatabase); err == nil {
			b.ReportMetric(float64(info.Size())/(1<<20), "MB/file")
		}
	})
}

// samples are bans from all over the archive.
func samples(b *testing.B, a *history.Archive) (all []history.Ban) {
	b.Helper()
	for back := range 50 {
		bans, _, err := a.Bans(b.Context(), history.Query{State: history.All, Until: scaleUntil.AddDate(0, 0, -7*back), Limit: 20})
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, bans...)
	}
	return all
}

// inside is the network of an IPv4 address, or one that has all of the others.
func inside(b history.Ban, bits int) netip.Prefix {
	addr, err := netip.ParseAddr(b.Address)
	if err != nil || !addr.Is4() {
		return prefix("2a00::/16")
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

// benchPages holds page 1 against page 10,000, turn by turn.
func benchPages(b *testing.B, a *history.Archive) {
	const size, far = 50, 10_000
	deep := history.Query{State: history.All, Limit: size}
	for range size * far / history.MaxLimit {
		q := deep
		q.Limit = history.MaxLimit
		_, next, err := a.Bans(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		if next == (history.Place{}) {
			break // the archive is smaller than that
		}
		deep.After = next
	}
	var first, last []time.Duration
	for b.Loop() {
		for _, page := range []struct {
			q    history.Query
			took *[]time.Duration
		}{{history.Query{State: history.All, Limit: size}, &first}, {deep, &last}} {
			began := time.Now()
			if _, _, err := a.Bans(b.Context(), page.q); err != nil {
				b.Fatal(err)
			}
			*page.took = append(*page.took, time.Since(began))
		}
	}
	slices.Sort(first)
	slices.Sort(last)
	half := len(first) / 2
	b.ReportMetric(float64(first[half].Microseconds())/1000, "ms/first")
	b.ReportMetric(float64(last[half].Microseconds())/1000, "ms/10000th")
	b.ReportMetric(float64(last[half])/float64(first[half]), "ratio")
	b.ReportMetric(float64(last[len(last)*99/100].Microseconds())/1000, "ms/p99")
}

// benchDashboard asks one by one what the overview of the page shows.
func benchDashboard(b *testing.B, a *history.Archive, span time.Duration) {
	s := history.Scope{Until: scaleUntil}
	if span > 0 {
		s.Since = scaleUntil.Add(-span)
	}
	b.Run("overview", func(b *testing.B) {
		measured(b, func() error { _, err := a.Overview(b.Context(), s); return err })
	})
	b.Run("trend", func(b *testing.B) { measured(b, func() error { _, err := a.Trend(b.Context(), s); return err }) })
	for _, by := range []history.By{history.ByJail, history.ByCountry, history.ByNetwork, history.ByOrigin} {
		b.Run(string(by), func(b *testing.B) {
			measured(b, func() error { _, err := a.Split(b.Context(), s, by, 20); return err })
		})
	}
}

// BenchmarkScaleRecord records bans with all counters, with and without their log lines.
func BenchmarkScaleRecord(b *testing.B) {
	for _, lines := range []bool{false, true} {
		b.Run(fmt.Sprintf("lines=%v", lines), func(b *testing.B) {
			for b.Loop() {
				path := filepath.Join(b.TempDir(), "bangui.db")
				db, err := store.Open(b.Context(), store.Options{Path: path, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
				if err != nil {
					b.Fatal(err)
				}
				if err := db.EnsureHost(b.Context(), hostID, "bench"); err != nil {
					b.Fatal(err)
				}
				began := time.Now()
				if err := historytest.Fill(b.Context(), db, made(*scaleBans, lines), nil); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(*scaleBans)/time.Since(began).Seconds(), "bans/s")
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
				info, err := os.Stat(path)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(info.Size())/float64(*scaleBans), "bytes/ban")
			}
		})
	}
}

// resident is how much memory this process has, in MB.
func resident(b *testing.B) float64 {
	b.Helper()
	content, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		var kilobytes float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kilobytes); n == 1 {
			return kilobytes / 1024
		}
	}
	return 0
}
