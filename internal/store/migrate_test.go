package store

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/fault"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// schema is what the engine says about its tables and indexes.
func schema(t *testing.T, path string) string {
	t.Helper()
	raw, err := sql.Open(sqliteEngine, dsn(path, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	texts, err := collect(t.Context(), raw, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) },
		"SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY tbl_name, type DESC, name")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(texts, ";\n\n") + ";\n"
}

func TestMigrate_FreshSchema(t *testing.T) {
	path := freshPath(t)
	opened(t, path)
	golden := filepath.Join("testdata", "schema.sqlite.sql")
	got := schema(t, path)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the schema of a fresh database is not %s; -update writes it anew (-want +got):\n%s", golden, diff)
	}
}

func TestMigrate_OpeningAgainChangesNothing(t *testing.T) {
	path := freshPath(t)
	if err := opened(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := opened(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || string(before) != string(after) {
		t.Errorf("the file changed, %v", err)
	}
}

func TestMigrate_ManyProcessesAtOnce(t *testing.T) {
	path := freshPath(t)
	const processes, goroutines = 4, 4
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			if got := inChild(t, "open", path); got != "ok" {
				t.Errorf("a process got %s", got)
			}
		})
	}
	for range goroutines {
		all.Go(func() {
			if err := openAndEnsure(context.Background(), path); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	hosts, err := opened(t, path).ListHosts(t.Context())
	if err != nil || len(hosts) != processes+1 {
		t.Errorf("%v, %v", hosts, err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "schema.sqlite.sql"))
	if diff := cmp.Diff(string(want), schema(t, path)); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

func TestMigrate_RefusesANewerSchema(t *testing.T) {
	path := freshPath(t)
	db := opened(t, path)
	if _, err := db.write.ExecContext(t.Context(), "INSERT INTO migration VALUES (99, '0099_later.sql', 'x', 0)"); err != nil {
		t.Fatal(err)
	}
	before := schema(t, path)
	_, err := Open(t.Context(), options(path))
	expectFault(t, err, fault.DatabaseTooNew)
	if !strings.Contains(fault.MessageOf(err), "99") || !strings.Contains(fault.MessageOf(err), path) {
		t.Errorf("the message does not say which: %s", fault.MessageOf(err))
	}
	if diff := cmp.Diff(before, schema(t, path)); diff != "" {
		t.Error(diff)
	}
}

func TestMigrate_RefusesAnotherHistory(t *testing.T) {
	path := freshPath(t)
	db := opened(t, path)
	if _, err := db.write.ExecContext(t.Context(), "UPDATE migration SET checksum = 'x' WHERE number = 1"); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), options(path))
	expectFault(t, err, fault.DatabaseCorrupt)
}

func TestMigrate_LeavesOtherProgramsAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fail2ban.sqlite3")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open(sqliteEngine, dsn(path, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.ExecContext(t.Context(), "CREATE TABLE bans (ip TEXT)"); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), options(path))
	expectFault(t, err, fault.DatabaseCorrupt)
	if got := schema(t, path); got != "CREATE TABLE bans (ip TEXT);\n" {
		t.Errorf("it was changed: %s", got)
	}
}

// A step that breaks leaves nothing of itself; those before it stay.
func TestMigrate_AStepIsWholeOrNot(t *testing.T) {
	path := freshPath(t)
	good := newMigration(1, "0001_good.sql", "CREATE TABLE one (a TEXT); INSERT INTO one VALUES ('kept')")
	bad := newMigration(2, "0002_bad.sql", "CREATE TABLE two (a TEXT); INSERT INTO nowhere VALUES (1)")
	if _, err := open(t.Context(), options(path), []migration{good, bad}); err == nil {
		t.Fatal("a broken step was taken")
	}
	if got := schema(t, path); strings.Contains(got, "two") || !strings.Contains(got, "one") {
		t.Errorf("after a broken step: %s", got)
	}
	mended := newMigration(2, "0002_mended.sql", "ALTER TABLE one ADD COLUMN b TEXT")
	db, err := open(t.Context(), options(path), []migration{good, mended})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	kept, err := collect(t.Context(), db.read, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) }, "SELECT a FROM one WHERE b IS NULL")
	if diff := cmp.Diff([]string{"kept"}, kept); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// slowStep writes far more than fits into the cache, and takes minutes.
const slowStep = `CREATE TABLE big (a INTEGER, b TEXT);
INSERT INTO big WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500000000) SELECT i, hex(randomblob(100)) FROM n;`

// A process that is killed in the middle of a step leaves the database as it was.
func TestMigrate_KilledInTheMiddle(t *testing.T) {
	path := freshPath(t)
	cmd := command(t, "migrate-slowly", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "begun\n" {
		t.Fatal(line, err)
	}
	const written = 1 << 20
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > written {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the step did not write anything")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the step ended before it was killed")
	}
	if err := openAndEnsure(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(filepath.Join("testdata", "schema.sqlite.sql"))
	if diff := cmp.Diff(string(want), schema(t, path)); diff != "" || err != nil {
		t.Error(err, diff)
	}
	expectIntact(t, path)
}

func expectIntact(t *testing.T, path string) {
	t.Helper()
	raw, err := sql.Open(sqliteEngine, dsn(path, time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var said string
	err = raw.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&said)
	if err := errors.Join(err, raw.Close()); err != nil || said != "ok" {
		t.Errorf("integrity check: %s, %v", said, err)
	}
}

// Both engines will have the same steps; whatever they are, they are numbered 1, 2, 3….
func TestMigrations(t *testing.T) {
	engines, err := migrationFiles.ReadDir("migrations")
	if err != nil || len(engines) == 0 {
		t.Fatal(err)
	}
	names := map[string][]string{}
	for _, engine := range engines {
		steps, err := migrations(engine.Name())
		if err != nil || len(steps) == 0 {
			t.Fatal(engine.Name(), err)
		}
		for _, step := range steps {
			names[engine.Name()] = append(names[engine.Name()], step.name)
		}
		if diff := cmp.Diff(names[sqliteEngine], names[engine.Name()]); diff != "" && engine.Name() != sqliteEngine {
			t.Errorf("%s has other steps than %s:\n%s", engine.Name(), sqliteEngine, diff)
		}
	}
	if _, err := migrations("nosuch"); err == nil {
		t.Error("an engine without steps was taken")
	}
}

// Rows of the first schema are kept by the steps that came later.
func TestMigrate_KeepsRows(t *testing.T) {
	path := freshPath(t)
	steps, err := migrations(sqliteEngine)
	if err != nil {
		t.Fatal(err)
	}
	old, err := open(t.Context(), options(path), steps[:1])
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		`INSERT INTO host VALUES ('h', 'h', 0)`,
		`INSERT INTO ban (id, host_id, jail, identifier, banned_at, ban_seconds, origin) VALUES (7, 'h', 'sshd', '192.0.2.1', 1000, -1, 'fail2ban')`,
		`INSERT INTO ban (id, host_id, jail, identifier, banned_at, ban_seconds, origin, ended_at, end_reason) VALUES (8, 'h', 'sshd', '192.0.2.2', 1000, -1, 'fail2ban', 3000, 'unbanned')`,
		`INSERT INTO event (host_id, kind, at, data) VALUES ('h', 'host', 1, '{"Kind":"host","HostID":"h"}'), ('h', 'host', 1, '{"Kind":"host","HostID":"h"}')`,
		`INSERT INTO mark VALUES ('h', 'log', 'here')`,
	} {
		if _, err := old.write.ExecContext(t.Context(), row); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	db := opened(t, path)
	for id, seen := range map[int64]int64{7: 1000, 8: 3000} {
		if b, ok, err := db.BanByID(t.Context(), id); err != nil || !ok || b.SeenAt.UnixMicro() != seen {
			t.Errorf("ban %d: %+v, %v, %v", id, b, ok, err)
		}
	}
	if all, err := db.EventsAfter(t.Context(), 0, 10); err != nil || len(all) != 2 {
		t.Errorf("events: %v, %v", all, err)
	}
	if mark, err := db.MarkOf(t.Context(), "h", "log"); err != nil || mark != "here" {
		t.Errorf("mark %q, %v", mark, err)
	}
}
