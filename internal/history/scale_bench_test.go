package history_test

import (
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/history/historytest"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"
)

// The size of the archive that is measured, and one that makebans has filled already:
//
//	go test -run '^$' -bench Scale ./internal/history -scale.bans 1000000
//	go run ./internal/history/historytest/cmd/makebans -n 10000000 -lines=false -database /tmp/bangui.db
//	go test -run '^$' -bench 'Scale$' -benchtime 500x ./internal/history -scale.database /tmp/bangui.db
//	go test -run '^$' -bench ScalePostgres -benchtime 500x ./internal/history -scale.database postgres://…
var (
	scaleBans     = flag.Int("scale.bans", 20_000, "how many bans the archive has")
	scaleDatabase = flag.String("scale.database", "", "a SQLite file or a PostgreSQL database that makebans has filled")
)

// filledPostgres reports whether the database that was named is one of PostgreSQL.
func filledPostgres() bool { return strings.HasPrefix(*scaleDatabase, "postgres://") }

var scaleUntil = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func made(n int, lines bool) *historytest.Maker {
	return historytest.New(historytest.Options{Seed: 1, Number: n, Until: scaleUntil, Span: 365 * 24 * time.Hour, HostID: hostID, Lines: lines})
}

// fewer is how many bans are recorded one by one, where all would take hours.
func fewer() int { return min(*scaleBans, 1_000_000) }

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

func openFile(b *testing.B, path string) *store.DB {
	b.Helper()
	db, err := store.Open(b.Context(), store.Options{Path: path, Logger: silent(), Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	return db
}

func closed(b *testing.B, db *store.DB) {
	b.Helper()
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

func archiveOf(db *store.DB) *history.Archive {
	return history.New(db, event.NewBus(), silent(), func() time.Time { return scaleUntil })
}

// scaledFile is a SQLite file of the size that was asked for.
func scaledFile(b *testing.B) string {
	b.Helper()
	if *scaleDatabase != "" && !filledPostgres() {
		return *scaleDatabase
	}
	path := filepath.Join(b.TempDir(), "bangui.db")
	quiet := func(string) {}
	db := openFile(b, path)
	if err := db.EnsureHost(b.Context(), hostID, "bench"); err != nil {
		b.Fatal(err)
	}
	closed(b, db)
	if err := historytest.Bulk(b.Context(), path, made(*scaleBans, true), quiet); err != nil {
		b.Fatal(err)
	}
	db = openFile(b, path)
	if err := errors.Join(historytest.Count(b.Context(), db, quiet), db.Optimise(b.Context())); err != nil {
		b.Fatal(err)
	}
	closed(b, db)
	return path
}

// BenchmarkScale asks a large archive in a SQLite file all that the page asks.
func BenchmarkScale(b *testing.B) {
	path := scaledFile(b)
	b.Run("start", func(b *testing.B) { // to the first answers
		measured(b, worktime, func() error {
			db := openFile(b, path)
			_, _, err := archiveOf(db).Bans(b.Context(), history.Query{State: history.All, Limit: 50})
			closed(b, db)
			return err
		})
	})
	db := openFile(b, path)
	defer closed(b, db)
	benchQueries(b, archiveOf(db), worktime)
	b.Run("memory", func(b *testing.B) {
		for b.Loop() {
			b.ReportMetric(resident(b), "MB/resident")
		}
		if info, err := os.Stat(path); err == nil {
			b.ReportMetric(float64(info.Size())/(1<<20), "MB/file")
		}
	})
}

// BenchmarkScalePostgres asks the same of PostgreSQL. Its processes count for the time of a
// processor when they are on this machine.
func BenchmarkScalePostgres(b *testing.B) {
	where := filledServer(b)
	db, err := store.Open(b.Context(), where)
	if err != nil {
		b.Fatal(err)
	}
	defer closed(b, db)
	if _, err := db.ListHosts(b.Context()); err != nil { // questions one by one need one connection: it is there now
		b.Fatal(err)
	}
	servants := backends(b, where.Postgres)
	benchQueries(b, archiveOf(db), func(b *testing.B) time.Duration { return worktime(b) + onProcessor(b, servants) })
}

// filledServer is a database of the size that was asked for.
func filledServer(b *testing.B) store.Options {
	b.Helper()
	if filledPostgres() {
		return storetest.At(*scaleDatabase)
	}
	return storetest.Prepared(b, storetest.Postgres, "scale", func(db *store.DB) error {
		if err := historytest.Fill(b.Context(), db, made(fewer(), true), nil); err != nil {
			return err
		}
		_, _, err := db.KeepPartitions(b.Context())
		return errors.Join(err, db.Optimise(b.Context()))
	})
}

// backends are the processes of a server that answer us, as what says how long they worked.
func backends(b *testing.B, address string) (stats []string) {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(b.Context())
	rows, err := conn.Query(b.Context(), "SELECT '/proc/' || pid || '/schedstat' FROM pg_stat_activity WHERE application_name = 'bangui' AND datname = current_database()")
	if err != nil {
		b.Fatal(err)
	}
	stats, err = pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.Fatal(err)
	}
	return stats
}

// onProcessor is the time of a processor that processes have had.
func onProcessor(b *testing.B, stats []string) (all time.Duration) {
	b.Helper()
	for _, file := range stats {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		var had int64
		if _, err := fmt.Sscan(string(content), &had); err != nil {
			b.Fatal(err)
		}
		all += time.Duration(had)
	}
	return all
}

// measured runs a query for as long as the benchmark lasts and reports what 99 of 100 took,
// also in time of its processor, which a busy machine prolongs less.
func measured(b *testing.B, at func(*testing.B) time.Duration, ask func() error) {
	b.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var took, worked []time.Duration
	for b.Loop() {
		before, began := at(b), time.Now()
		if err := ask(); err != nil {
			b.Fatal(err)
		}
		took, worked = append(took, time.Since(began)), append(worked, at(b)-before)
	}
	slices.Sort(took)
	slices.Sort(worked)
	b.ReportMetric(0, "ns/op") // nothing that the others do not say
	b.ReportMetric(inMS(took[len(took)/2]), "ms/p50")
	b.ReportMetric(inMS(took[len(took)*99/100]), "ms/p99")
	b.ReportMetric(inMS(worked[len(worked)/2]), "cpu-ms/p50")
	b.ReportMetric(inMS(worked[len(worked)*99/100]), "cpu-ms/p99")
}

func inMS(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// worktime is the time of a processor that this thread has had.
func worktime(b *testing.B) time.Duration {
	b.Helper()
	return clock(b, unix.CLOCK_THREAD_CPUTIME_ID)
}

func clock(b *testing.B, id int32) time.Duration {
	b.Helper()
	var at unix.Timespec
	if err := unix.ClockGettime(id, &at); err != nil {
		b.Fatal(err)
	}
	return time.Duration(at.Nano())
}

// benchQueries asks what the page asks; at is the time of a processor that was spent on it.
func benchQueries(b *testing.B, a *history.Archive, at func(*testing.B) time.Duration) {
	b.Run("pages", func(b *testing.B) { benchPages(b, a) })
	r := rand.New(rand.NewPCG(1, 2))
	sample := samples(b, a)
	one := func() history.Ban { return sample[r.IntN(len(sample))] }
	for _, filter := range filters(one) {
		b.Run("filter="+filter.name, func(b *testing.B) {
			measured(b, at, func() error {
				q := filter.query()
				q.Limit = 50
				if q.State == "" {
					q.State = history.All
				}
				_, _, err := a.Bans(b.Context(), q)
				return err
			})
		})
	}
	for _, dashboard := range []struct {
		name string
		span time.Duration
	}{{"24h", 24 * time.Hour}, {"7d", 7 * 24 * time.Hour}, {"30d", 30 * 24 * time.Hour}, {"100d", 100 * 24 * time.Hour}, {"365d", 365 * 24 * time.Hour}, {"all", 0}} {
		b.Run("dashboard="+dashboard.name, func(b *testing.B) { benchDashboard(b, a, at, dashboard.span) })
	}
	b.Run("timeline", func(b *testing.B) {
		measured(b, at, func() error { _, _, err := a.Timeline(b.Context(), one().Address); return err })
	})
	b.Run("count", func(b *testing.B) {
		measured(b, at, func() error {
			_, _, err := a.Count(b.Context(), history.Query{State: history.All, Jail: one().Jail})
			return err
		})
	})
}

// filters are those of one kind, and combinations: also such that find nothing, or only
// what is far away.
func filters(one func() history.Ban) []struct {
	name  string
	query func() history.Query
} {
	return []struct {
		name  string
		query func() history.Query
	}{
		{"country", func() history.Query { return history.Query{Country: one().Country} }},
		{"network", func() history.Query { return history.Query{ASN: one().ASN} }},
		{"jail", func() history.Query { return history.Query{Jail: one().Jail} }},
		{"address", func() history.Query { return history.Query{Identifier: one().Address} }},
		{"origin", func() history.Query { return history.Query{Origin: event.ByHand} }},
		{"prefix8", func() history.Query { return history.Query{Inside: inside(one(), 8)} }},
		{"prefix16", func() history.Query { return history.Query{Inside: inside(one(), 16)} }},
		{"prefix20", func() history.Query { return history.Query{Inside: inside(one(), 20)} }},
		{"prefix24", func() history.Query { return history.Query{Inside: inside(one(), 24)} }},
		{"rare16", func() history.Query { return history.Query{Inside: prefix("45.200.0.0/16")} }},
		{"time", func() history.Query {
			return history.Query{Since: one().BannedAt.AddDate(0, 0, -1), Until: one().BannedAt}
		}},
		{"ended", func() history.Query { return history.Query{State: history.Ended} }},
		{"host", func() history.Query { return history.Query{HostID: one().HostID} }},
		{"all-of-one", func() history.Query {
			b := one()
			return history.Query{HostID: b.HostID, Jail: b.Jail, Country: b.Country, ASN: b.ASN, Origin: b.Origin, Inside: inside(b, 16), State: history.Ended}
		}},
		{"country+jail", func() history.Query { return history.Query{Country: one().Country, Jail: one().Jail} }},
		{"country+origin", func() history.Query { return history.Query{Country: one().Country, Origin: event.ByHand} }},
		{"network+jail", func() history.Query { return history.Query{ASN: one().ASN, Jail: one().Jail} }},
		{"prefix16+jail", func() history.Query { return history.Query{Inside: inside(one(), 16), Jail: one().Jail} }},
		{"text", func() history.Query { return history.Query{Text: "nowhere"} }},
		{"nothing=nosuch-jail", func() history.Query { return history.Query{Country: one().Country, Jail: "nosuch"} }},
		{"nothing=apart", func() history.Query { return history.Query{Country: one().Country, ASN: one().ASN} }},
		{"nothing=apart-wide", func() history.Query {
			return history.Query{Inside: inside(one(), 16), ASN: one().ASN, Jail: one().Jail}
		}},
	}
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
func benchDashboard(b *testing.B, a *history.Archive, at func(*testing.B) time.Duration, span time.Duration) {
	s := history.Scope{Until: scaleUntil}
	if span > 0 {
		s.Since = scaleUntil.Add(-span)
	}
	b.Run("overview", func(b *testing.B) {
		measured(b, at, func() error { _, err := a.Overview(b.Context(), s); return err })
	})
	b.Run("trend", func(b *testing.B) { measured(b, at, func() error { _, err := a.Trend(b.Context(), s); return err }) })
	for _, by := range []history.By{history.ByJail, history.ByCountry, history.ByNetwork, history.ByOrigin, history.ByHost} {
		b.Run(string(by), func(b *testing.B) {
			measured(b, at, func() error { _, err := a.Split(b.Context(), s, by, 20); return err })
		})
	}
}

// BenchmarkScaleRecord records bans with all counters, with and without their log lines.
func BenchmarkScaleRecord(b *testing.B) {
	for _, lines := range []bool{false, true} {
		b.Run(fmt.Sprintf("lines=%v", lines), func(b *testing.B) {
			for b.Loop() {
				path := filepath.Join(b.TempDir(), "bangui.db")
				db := openFile(b, path)
				if err := db.EnsureHost(b.Context(), hostID, "bench"); err != nil {
					b.Fatal(err)
				}
				began, before := time.Now(), clock(b, unix.CLOCK_PROCESS_CPUTIME_ID)
				if err := historytest.Fill(b.Context(), db, made(fewer(), lines), nil); err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(fewer())/time.Since(began).Seconds(), "bans/s")
				b.ReportMetric(float64(fewer())/(clock(b, unix.CLOCK_PROCESS_CPUTIME_ID)-before).Seconds(), "bans/cpu-s")
				closed(b, db)
				info, err := os.Stat(path)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(info.Size())/float64(fewer()), "bytes/ban")
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
