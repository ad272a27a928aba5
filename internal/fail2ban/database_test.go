package fail2ban_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
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
