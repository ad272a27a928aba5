// Command makebans fills an archive with bans that are made up: for benchmarks and demos.
//
//	go run ./internal/history/historytest/cmd/makebans -database /tmp/bangui.db -n 1000000
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"bangui/internal/history/historytest"
	"bangui/internal/store"
)

func main() {
	number := flag.Int("n", 100_000, "how many bans")
	seed := flag.Uint64("seed", 1, "the same seed makes the same bans")
	database := flag.String("database", "", "path of a SQLite file, or postgres://…; it is made or added to")
	host := flag.String("host", "made-up", "id of the host that bans")
	until := flag.String("until", "2026-11-24T00:00:00Z", "when the last ban begins; now = the next second")
	days := flag.Int("days", 365, "over how many days the bans are spread")
	lines := flag.Bool("lines", true, "with log lines")
	flag.Parse()
	if err := run(*database, *until, *days, historytest.Options{Seed: *seed, Number: *number, HostID: *host, Lines: *lines}); err != nil {
		fmt.Fprintln(os.Stderr, "makebans:", err)
		os.Exit(1)
	}
}

func run(database, until string, days int, o historytest.Options) (err error) {
	if database == "" {
		return fmt.Errorf("say where with -database")
	}
	o.Span = time.Duration(days) * 24 * time.Hour
	o.Until = time.Now().Add(time.Second)
	if until != "now" {
		at, err := time.Parse(time.RFC3339, until)
		if err != nil {
			return err
		}
		o.Until = at
	}
	where := store.Options{Path: database, Logger: slog.New(slog.DiscardHandler), Now: time.Now}
	if strings.HasPrefix(database, "postgres") {
		where.Path, where.Postgres = "", database
	}
	ctx := context.Background()
	db, err := store.Open(ctx, where)
	if err != nil {
		return err
	}
	hosts, err := db.ListHosts(ctx) // a console's database has one, and is not taken away from it
	if err = errors.Join(err, db.EnsureHost(ctx, o.HostID, o.HostID)); err != nil {
		return errors.Join(err, db.Close())
	}
	began := time.Now()
	progress := func(did string) { fmt.Fprintf(os.Stderr, "%6.0f s: %.100q\n", time.Since(began).Seconds(), did) }
	if len(hosts) == 0 {
		bulk, at := historytest.Bulk, where.Path
		if where.Postgres != "" {
			bulk, at = historytest.BulkPostgres, where.Postgres
		}
		if err := errors.Join(db.Close(), bulk(ctx, at, historytest.New(o), progress)); err != nil {
			return err
		}
		if db, err = store.Open(ctx, where); err != nil {
			return err
		}
		return errors.Join(historytest.Count(ctx, db, progress), db.Optimise(ctx), db.Close())
	}
	err = historytest.Fill(ctx, db, historytest.New(o), func(done int) {
		if done%100_000 == 0 {
			progress(fmt.Sprintf("%d bans, %.0f a second", done, float64(done)/time.Since(began).Seconds()))
		}
	})
	if err == nil {
		_, _, err = db.KeepPartitions(ctx)
	}
	return errors.Join(err, db.Close())
}
