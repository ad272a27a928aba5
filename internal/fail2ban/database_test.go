package fail2ban_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func TestDatabase_EvidenceOfARealBan(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	db := fail2ban.OpenDatabase(server.Database())
	defer db.Close()
	server.Fail("203.0.113.7", 4, "<b>root</b>")
	var rows map[string]fail2ban.DatabaseBan
	fail2bantest.Until(t, "the ban is in the database", func() bool {
		var err error
		rows, err = db.LastBans(t.Context(), "sshd", []string{"203.0.113.7", "203.0.113.8"})
		return err == nil && len(rows) == 1
	})
	b := rows["203.0.113.7"]
	if b.BanSeconds != 600 || b.BanCount != 1 || b.Failures < 3 || time.Since(b.BannedAt) > time.Minute {
		t.Errorf("%+v", b)
	}
	if len(b.Lines) < 3 || !strings.Contains(b.Lines[0], "Failed password for <b>root</b> from 203.0.113.7 port") {
		t.Errorf("lines %q", b.Lines)
	}
	all, err := db.BansOf(t.Context(), "203.0.113.7", 10)
	if err != nil || len(all) != 1 || all[0].Jail != "sshd" {
		t.Errorf("BansOf = %+v, %v", all, err)
	}
	server.Client("set", "sshd", "unbanip", "203.0.113.7")
	fail2bantest.Until(t, "an unban by hand deletes the row", func() bool {
		rows, err := db.LastBans(t.Context(), "sshd", []string{"203.0.113.7"})
		return err == nil && len(rows) == 0
	})
}

// A reader that asks without rest must not make fail2ban lose a row: a lock held for
// 5 s does (fail2ban.md 0.8).
func TestDatabase_ReadingLosesNoRows(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{Action: "none"})
	db := fail2ban.OpenDatabase(server.Database())
	defer db.Close()
	ctx, cancel := context.WithCancel(t.Context())
	var readers sync.WaitGroup
	readers.Go(func() {
		for ctx.Err() == nil {
			_, err := db.BansOf(ctx, "10.0.0.1", 500)
			if err != nil && ctx.Err() == nil && !fault.Is(err, fault.DatabaseBusy) && !fault.Is(err, fault.NotFound) {
				t.Errorf("BansOf: %v", err)
			}
		}
	})
	const bans = 3000
	if _, err := clientOf(server).Ban(t.Context(), "manual", addresses(bans)...); err != nil {
		t.Fatal(err)
	}
	found := func() int {
		rows, err := db.LastBans(t.Context(), "manual", addresses(bans))
		if err != nil {
			return -1
		}
		return len(rows)
	}
	fail2bantest.Until(t, "all rows are there", func() bool { return found() == bans })
	cancel()
	readers.Wait()
	if log := server.Read(server.Log()); strings.Contains(log, "locked") {
		t.Errorf("fail2ban was locked out:\n%s", log)
	}
}

// With bantime.rndtime fail2ban stores ban times with a fraction, which SQLite keeps
// as REAL (1.0.2, seen); one such row must not hide the others.
func TestDatabase_BanTimesWithAFraction(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{BanTime: "1s"})
	server.Client("set", "sshd", "bantime.increment", "true")
	server.Client("set", "sshd", "bantime.rndtime", "30m")
	db := fail2ban.OpenDatabase(server.Database())
	defer db.Close()
	fail2bantest.Until(t, "the second ban of an address is in the database", func() bool {
		server.Fail("203.0.113.7", 3, "root")
		time.Sleep(500 * time.Millisecond) // the first ban has to end
		rows, err := db.LastBans(t.Context(), "sshd", []string{"203.0.113.7"})
		if err != nil && !fault.Is(err, fault.DatabaseBusy) {
			t.Fatal(err)
		}
		return rows["203.0.113.7"].BanSeconds > 2
	})
}

const bips = "CREATE TABLE bips(ip TEXT NOT NULL, jail TEXT NOT NULL, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, " +
	"bancount INTEGER NOT NULL default 1, data JSON, PRIMARY KEY(ip, jail)); " +
	"CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON)"

func stored(t *testing.T, statements ...string) *fail2ban.Database {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f2b.sqlite3")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range append([]string{bips}, statements...) {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	reader := fail2ban.OpenDatabase(path)
	t.Cleanup(func() { reader.Close() })
	return reader
}

func TestDatabase_OddRowsHideNoOthers(t *testing.T) {
	db := stored(t, `INSERT INTO bips VALUES ('a','sshd',1795446000,600,1,'{}'), ('b','sshd',1795446000.5,4812.37,1.5,'{}'),
		('c','sshd',1795446000,'x','y',NULL), ('d','sshd','never',600,1,'{}')`)
	rows, err := db.LastBans(t.Context(), "sshd", []string{"a", "b", "c", "d"})
	if err != nil || len(rows) != 3 || rows["b"].BanSeconds != 4812 || rows["c"].BanSeconds != -2 {
		t.Errorf("%+v, %v", rows, err)
	}
}

func TestDatabase_DataIsReadAsFarAsItCan(t *testing.T) {
	for data, want := range map[string]fail2ban.DatabaseBan{
		`{"matches":["l1",["a",null,"b"],5],"failures":"many"}`: {Lines: []string{"l1", "ab"}},
		`{"matches":["l1"],"failures":3.0,"user":null}`:         {Lines: []string{"l1"}, Failures: 3},
		`{"failures":3,"matches":null,"user":"u"}`:              {Failures: 3, User: "u"},
		`{"matches":["l1"],"failures":3,"x":NaN}`:               {Lines: []string{"l1"}, Failures: 3},
		`{"matches":["l1","cut o`:                               {Lines: []string{"l1", "cut o…"}},
		`{"matches":[["","Nov 26"," user \u00`:                  {Lines: []string{"Nov 26 user …"}},
		`{"matches":[["","Nov 26"," user \`:                     {Lines: []string{"Nov 26 user …"}},
		`{"matches":["l1"],"failures":3,"user":"long`:           {Lines: []string{"l1"}, Failures: 3, User: "long…"},
		`{"matches":["l1"],`:                                    {Lines: []string{"l1"}},
		`{"matches":{"a":1},"failures":3}`:                      {},
		`[]`:                                                    {},
		``:                                                      {},
	} {
		db := stored(t, `INSERT INTO bips VALUES ('a','sshd',1795446000,600,1,CAST('`+data+`' AS BLOB))`)
		rows, err := db.LastBans(t.Context(), "sshd", []string{"a"})
		got := rows["a"]
		if diff := cmp.Diff(want, fail2ban.DatabaseBan{Lines: got.Lines, Failures: got.Failures, User: got.User}); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", data, err, diff)
		}
	}
}

// 60 bans with ten lines of a megabyte each: half a gigabyte that must neither be
// held in memory nor take long under the lock.
func TestDatabase_HugeLines(t *testing.T) {
	db := stored(t, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 20)
		INSERT INTO bans SELECT 'sshd', 'a', 1795446000+i, 600, 1, CAST('{"matches":["short","'||hex(zeroblob(5000000))||'"],"failures":10}' AS BLOB) FROM n`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	rows, err := db.BansOf(t.Context(), "a", 100)
	runtime.ReadMemStats(&after)
	if err != nil || len(rows) != 20 || len(rows[0].Lines) != 2 || rows[0].Lines[0] != "short" || !strings.HasSuffix(rows[0].Lines[1], "000…") {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 100 {
		t.Errorf("reading took %d MiB", mib)
	}
}

func TestDatabase_Faults(t *testing.T) {
	dir := t.TempDir()
	missing := fail2ban.OpenDatabase(filepath.Join(dir, "none.sqlite3"))
	if _, err := missing.BansOf(t.Context(), "x", 1); !fault.Is(err, fault.NotFound) {
		t.Errorf("missing: %v", err)
	}
	garbage := filepath.Join(dir, "odd name?#%.sqlite3")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	db := fail2ban.OpenDatabase(garbage)
	defer db.Close()
	if _, err := db.BansOf(t.Context(), "x", 1); !fault.Is(err, fault.DatabaseCorrupt) {
		t.Errorf("garbage: %v", err)
	}
	if _, err := os.Stat(fmt.Sprintf("%s-wal", garbage)); err == nil {
		t.Error("reading made a file")
	}
}
