package store

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
)

// recordForEver records a ban and the end of the one before it, and prints what was
// acknowledged.
func recordForEver(ctx context.Context, path string) error {
	db, err := Open(ctx, options(path))
	if err != nil {
		return err
	}
	defer db.Close()
	archive := history.New(db, event.NewBus(), slog.New(slog.DiscardHandler), time.Now)
	before := ""
	for i := 0; ; i++ {
		at, address := time.Now(), fmt.Sprintf("%d-%d", os.Getpid(), i)
		events := []event.Event{{HostID: "h", Kind: event.Ban, At: at, Jail: "sshd", Address: address, BannedAt: at.Truncate(time.Second), BanSeconds: 600}}
		if before != "" {
			events = append(events, event.Event{HostID: "h", Kind: event.Unban, At: at, Jail: "sshd", Address: before, EndReason: event.Unbanned})
		}
		if err := archive.Record(ctx, events, &history.Mark{HostID: "h", Source: "log", Value: address}); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, address)
		before = address
	}
}

// What was acknowledged survives a kill -9 at any moment: once, with its event and the
// mark that goes with it.
func TestRecord_SurvivesKill(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		path := fresh()
		db := opened(t, path)
		if err := db.EnsureHost(t.Context(), "h", "h"); err != nil {
			t.Fatal(err)
		}
		const rounds = 20
		acknowledged := map[string]bool{}
		for range rounds {
			last := recordUntilKilled(t, path, acknowledged)
			mark, err := db.MarkOf(t.Context(), "h", "log")
			if err != nil || mark != last && acknowledged[mark] {
				t.Errorf("the mark is %q, but %q was acknowledged after it: %v", mark, last, err)
			}
		}
		if len(acknowledged) < rounds {
			t.Fatalf("only %d bans were acknowledged", len(acknowledged))
		}
		bans, told := countRows(t, db)
		for address := range acknowledged {
			if bans[address] != 1 || told[address] != 1 {
				t.Errorf("%s: %d rows, %d events", address, bans[address], told[address])
			}
		}
		for address, n := range bans { // at most the one in flight of each round
			if n != told[address] {
				t.Errorf("%s: %d rows, but %d events", address, n, told[address])
			}
		}
		if extra := len(bans) - len(acknowledged); extra < 0 || extra > rounds {
			t.Errorf("%d bans were recorded and not acknowledged", extra)
		}
		t.Logf("%d bans were acknowledged in %d lives", len(acknowledged), rounds)
		if engineOf(path) == sqliteEngine {
			expectIntact(t, path)
		}
	})
}

// recordUntilKilled lets a child record for a random while, and gives the last ban that
// it acknowledged.
func recordUntilKilled(t *testing.T, path string, acknowledged map[string]bool) (last string) {
	t.Helper()
	cmd := command(t, "record", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		t.Fatal("the child recorded nothing")
	}
	acknowledged[lines.Text()], last = true, lines.Text()
	killer := time.AfterFunc(rand.N(60*time.Millisecond), func() { _ = cmd.Process.Kill() })
	defer killer.Stop()
	for lines.Scan() {
		acknowledged[lines.Text()], last = true, lines.Text()
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	return last
}

// countRows counts bans and their events by address.
func countRows(t *testing.T, db *DB) (bans, told map[string]int) {
	t.Helper()
	bans, told = map[string]int{}, map[string]int{}
	q := history.Query{State: history.All, Limit: history.MaxLimit}
	for {
		page, _, err := db.ListBans(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page {
			bans[b.Address]++
		}
		if len(page) < q.Limit {
			break
		}
		q.After = history.Place{BannedAt: page[len(page)-1].BannedAt, ID: page[len(page)-1].ID}
	}
	const everything = 1_000_000
	all, err := db.EventsAfter(t.Context(), 0, everything)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Kind == event.Ban {
			told[e.Address]++
		}
	}
	return bans, told
}
