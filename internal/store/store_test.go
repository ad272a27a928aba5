package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/history"
	"bangui/internal/store"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func open(path string) (*store.DB, error) {
	return store.Open(context.Background(), store.Options{Path: path, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
}

func mustOpen(t *testing.T, path string) *store.DB {
	t.Helper()
	db, err := open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// raw opens the file beside the store, for what the store itself does not do.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	return db
}

func TestOpen_SchemaGolden(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "bangui.db")
	mustOpen(t, path)
	rows, err := raw(t, path).QueryContext(t.Context(), "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var got strings.Builder
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		got.WriteString(text + ";\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/schema.sqlite.sql"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("the schema changed; if it is meant: go test ./internal/store -run Golden -update\n%s", diff)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the file: %v, %v", info.Mode(), err)
	}
}

// Several processes may open a new file at once: each finds the whole schema.
func TestOpen_ManyAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bangui.db")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			db, err := open(path)
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Check(t.Context()); err != nil {
				t.Error(err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

func TestOpen_Faults(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	newer := filepath.Join(dir, "newer.db")
	mustOpen(t, newer)
	if _, err := raw(t, newer).ExecContext(t.Context(), "INSERT INTO migration VALUES (999, 'x', 'x', 0)"); err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "changed.db")
	mustOpen(t, changed)
	if _, err := raw(t, changed).ExecContext(t.Context(), "UPDATE migration SET checksum = 'x'"); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		path string
		want fault.Code
	}{
		"garbage":         {garbage, fault.DatabaseCorrupt},
		"newer":           {newer, fault.DatabaseTooNew},
		"another history": {changed, fault.DatabaseCorrupt},
		"a folder":        {dir, fault.PermissionDenied},
		"below a file":    {filepath.Join(file, "bangui.db"), fault.Unavailable},
	} {
		db, err := open(c.path)
		if !fault.Is(err, c.want) || fault.MendOf(err) == "" {
			t.Errorf("%s: %v (%s), want %s with a hint", name, err, fault.CodeOf(err), c.want)
		}
		if db != nil {
			t.Errorf("%s: a store came with the error", name)
		}
	}
}

// Another program that holds the database is waited for, then named.
func TestTx_Busy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bangui.db")
	db := mustOpen(t, path)
	other := raw(t, path)
	if _, err := other.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	err := db.EnsureHost(t.Context(), "h", "h")
	if !fault.Is(err, fault.DatabaseBusy) {
		t.Errorf("EnsureHost = %v (%s)", err, fault.CodeOf(err))
	}
	if err := db.Check(t.Context()); err != nil {
		t.Errorf("readers wait as well: %v", err)
	}
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := db.EnsureHost(t.Context(), "h", "h"); err != nil {
		t.Errorf("after it let go: %v", err)
	}
}

// TestMain lets the test binary be the process that is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv("RECORD_INTO"); path != "" {
		recordForEver(path)
	}
	os.Exit(m.Run())
}

// recordForEver records bans and prints each that was acknowledged.
func recordForEver(path string) {
	db, err := open(path)
	if err != nil {
		panic(err)
	}
	archive := history.New(db, event.NewBus(), slog.New(slog.DiscardHandler), time.Now)
	for i := 0; ; i++ {
		at := time.Now()
		address := fmt.Sprintf("%d-%d", os.Getpid(), i)
		e := event.Event{HostID: "h", Kind: event.Ban, At: at, Jail: "sshd", Address: address, BannedAt: at, BanSeconds: 600}
		if err := archive.Record(context.Background(), []event.Event{e}, nil); err != nil {
			panic(err)
		}
		fmt.Fprintln(os.Stdout, address) // the acknowledgement
	}
}

// What was acknowledged survives a kill -9 at any moment, once.
func TestRecord_SurvivesKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bangui.db")
	db := mustOpen(t, path)
	if err := db.EnsureHost(t.Context(), "h", "h"); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	acknowledged := map[string]bool{}
	for round := range 10 {
		cmd := exec.CommandContext(t.Context(), self)
		cmd.Env = append(os.Environ(), "RECORD_INTO="+path)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 20+7*round && lines.Scan(); n++ {
			acknowledged[lines.Text()] = true
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			acknowledged[lines.Text()] = true
		}
		_ = cmd.Wait()
	}
	open, err := db.OpenBans(t.Context(), "h", "sshd")
	if err != nil {
		t.Fatal(err)
	}
	for address := range acknowledged {
		if _, there := open[address]; !there {
			t.Errorf("%s was acknowledged and is lost", address)
		}
	}
	if len(acknowledged) < 200 {
		t.Errorf("only %d bans were recorded", len(acknowledged))
	}
	var verdict string
	if err := raw(t, path).QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		t.Errorf("integrity: %s, %v", verdict, err)
	}
}
