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

// raw is a connection pool without what the store adds.
func raw(t *testing.T, where string) *sql.DB {
	t.Helper()
	driver, address := sqliteEngine, dsn(where, time.Second, sharedFiles)
	if engineOf(where) == postgresEngine {
		driver, address = "pgx", where
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// schema is what the engine says about its tables, indexes and all that goes with them.
func schema(t *testing.T, where string) string {
	t.Helper()
	query := "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY tbl_name, type DESC, name"
	if engineOf(where) == postgresEngine {
		query = postgresSchema
	}
	db := raw(t, where)
	texts, err := rowsOf(t.Context(), db, scanOne[string], query, nil)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	return strings.Join(texts, ";\n\n") + ";\n"
}

// postgresSchema writes a schema as statements, table by table. Names come before the
// rules that hang on them.
const postgresSchema = `
WITH ours AS (SELECT oid, relname, relkind FROM pg_class
	WHERE relnamespace = current_schema()::regnamespace AND NOT (relispartition AND relkind = 'r')),
columns AS (
	SELECT attrelid, string_agg(format('    %I %s%s%s%s', attname, format_type(atttypid, atttypmod),
		CASE WHEN attcollation <> 0 THEN ' COLLATE "' || (SELECT collname FROM pg_collation WHERE oid = attcollation) || '"' ELSE '' END,
		CASE WHEN attnotnull THEN ' NOT NULL' ELSE '' END,
		CASE WHEN attidentity <> '' THEN ' GENERATED ' || CASE attidentity WHEN 'd' THEN 'BY DEFAULT' ELSE 'ALWAYS' END || ' AS IDENTITY' WHEN atthasdef THEN ' DEFAULT ' || pg_get_expr(adbin, adrelid) ELSE '' END),
		E',\n' ORDER BY attnum) AS text
	FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
	WHERE attnum > 0 AND NOT attisdropped GROUP BY attrelid
),
parts AS (
	SELECT relname AS owner, 1 AS rank, relname AS name, format(E'CREATE TABLE %I (\n%s\n)', relname, columns.text) AS text
		FROM ours JOIN columns ON attrelid = oid WHERE relkind IN ('r', 'p')
	UNION ALL SELECT relname, 2, conname, format('ALTER TABLE %I ADD CONSTRAINT %I %s', relname, conname, pg_get_constraintdef(c.oid))
		FROM pg_constraint c JOIN ours ON ours.oid = conrelid
	UNION ALL SELECT ours.relname, 3, i.relname, replace(pg_get_indexdef(indexrelid), current_schema() || '.', '')
		FROM pg_index JOIN ours ON ours.oid = indrelid JOIN pg_class i ON i.oid = indexrelid WHERE NOT indisprimary
	UNION ALL SELECT relname, 4, tgname, replace(pg_get_triggerdef(t.oid), current_schema() || '.', '')
		FROM pg_trigger t JOIN ours ON ours.oid = tgrelid WHERE NOT tgisinternal
	UNION ALL SELECT '~', 5, relname, format(E'CREATE VIEW %I AS\n%s', relname, rtrim(pg_get_viewdef(oid), ';')) FROM ours WHERE relkind = 'v'
	UNION ALL SELECT '~', 6, proname, rtrim(replace(pg_get_functiondef(oid), current_schema() || '.', ''), E'\n')
		FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
)
SELECT text FROM parts ORDER BY owner COLLATE "C", rank, name COLLATE "C"`

func engineOf(where string) string {
	if options(where).Postgres != "" {
		return postgresEngine
	}
	return sqliteEngine
}

func goldenSchema(where string) string {
	return filepath.Join("testdata", "schema."+engineOf(where)+".sql")
}

func TestMigrate_FreshSchema(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		path := fresh()
		opened(t, path)
		golden := goldenSchema(path)
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
	})
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
	onBoth(t, func(t *testing.T, fresh func() string) {
		path := fresh()
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
				if err := openAndEnsure(context.Background(), options(path)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		hosts, err := opened(t, path).ListHosts(t.Context())
		if err != nil || len(hosts) != processes+1 {
			t.Errorf("%v, %v", hosts, err)
		}
		want, err := os.ReadFile(goldenSchema(path))
		if diff := cmp.Diff(string(want), schema(t, path)); diff != "" || err != nil {
			t.Error(err, diff)
		}
	})
}

func TestMigrate_RefusesANewerSchema(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		path := fresh()
		db := opened(t, path)
		if _, err := db.write.ExecContext(t.Context(), "INSERT INTO migration VALUES (99, '0099_later.sql', 'x', 0)"); err != nil {
			t.Fatal(err)
		}
		before := schema(t, path)
		_, err := Open(t.Context(), options(path))
		expectFault(t, err, fault.DatabaseTooNew)
		if !strings.Contains(fault.MessageOf(err), "99") || !strings.Contains(fault.MessageOf(err), options(path).shown()) {
			t.Errorf("the message does not say which: %s", fault.MessageOf(err))
		}
		if diff := cmp.Diff(before, schema(t, path)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestMigrate_RefusesAnotherHistory(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		path := fresh()
		db := opened(t, path)
		if _, err := db.write.ExecContext(t.Context(), "UPDATE migration SET checksum = 'x' WHERE number = 1"); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), options(path))
		expectFault(t, err, fault.DatabaseCorrupt)
	})
}

func TestMigrate_LeavesOtherProgramsAlone(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		where := fresh()
		if options(where).Path != "" {
			if err := ownFile(where); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := raw(t, where).ExecContext(t.Context(), "CREATE TABLE bans (ip TEXT)"); err != nil {
			t.Fatal(err)
		}
		before := schema(t, where)
		_, err := Open(t.Context(), options(where))
		expectFault(t, err, fault.DatabaseCorrupt)
		if got := schema(t, where); got != before {
			t.Errorf("it was changed: %s", got)
		}
	})
}

// A step that breaks leaves nothing of itself; those before it stay.
func TestMigrate_AStepIsWholeOrNot(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		path := fresh()
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
	})
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
	if err := openAndEnsure(t.Context(), options(path)); err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(goldenSchema(path))
	if diff := cmp.Diff(string(want), schema(t, path)); diff != "" || err != nil {
		t.Error(err, diff)
	}
	expectIntact(t, path)
}

func expectIntact(t *testing.T, path string) {
	t.Helper()
	db := raw(t, path)
	said, err := first(rowsOf(t.Context(), db, scanOne[string], "PRAGMA integrity_check", nil))
	if err := errors.Join(err, db.Close()); err != nil || said != "ok" {
		t.Errorf("integrity check: %s, %v", said, err)
	}
}

// Both engines have the same steps, numbered 1, 2, 3….
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
	}
	if diff := cmp.Diff(names[sqliteEngine], names[postgresEngine]); diff != "" || len(names) != 2 {
		t.Errorf("the engines have other steps:\n%s", diff)
	}
	if _, err := migrations("nosuch"); err == nil {
		t.Error("an engine without steps was taken")
	}
}

// Rows of the first schema are kept by the steps that came later.
func TestMigrate_KeepsRows(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		path := fresh()
		steps, err := migrations(engineOf(path))
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
	})
}
