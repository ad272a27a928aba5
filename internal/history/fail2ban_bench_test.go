package history_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"
)

// tables are those of fail2ban 1.0.2 that hold bans, as its database.py makes them.
const tables = `CREATE TABLE jails(name TEXT NOT NULL UNIQUE, enabled INTEGER NOT NULL DEFAULT 1);
	CREATE TABLE bans(jail TEXT NOT NULL, ip TEXT, timeofban INTEGER NOT NULL, bantime INTEGER NOT NULL, bancount INTEGER NOT NULL default 1, data JSON, FOREIGN KEY(jail) REFERENCES jails(name));
	CREATE INDEX bans_jail_timeofban_ip ON bans(jail, timeofban);
	CREATE INDEX bans_jail_ip ON bans(jail, ip);
	CREATE INDEX bans_ip ON bans(ip);`

// fail2banFile is a file with the same bans as fail2ban would keep them, if it never
// purged them.
func fail2banFile(b *testing.B, path string) *sql.DB {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(OFF)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-8000)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	b.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(b.Context(), tables); err != nil {
		b.Fatal(err)
	}
	tx, err := db.BeginTx(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	insert, err := tx.PrepareContext(b.Context(), "INSERT INTO bans (jail, ip, timeofban, bantime, bancount, data) VALUES (?, ?, ?, ?, ?, ?)")
	if err != nil {
		b.Fatal(err)
	}
	defer insert.Close()
	m := made(fewer(), true)
	for ban, ok := m.Next(); ok; ban, ok = m.Next() {
		data, err := json.Marshal(map[string]any{"matches": ban.Lines, "failures": ban.Failures})
		if err == nil {
			_, err = insert.ExecContext(b.Context(), ban.Jail, ban.Address, ban.BannedAt.Unix(), ban.BanSeconds, ban.BanCount, data)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
	return db
}

// BenchmarkScaleFail2ban reads the same facts from fail2ban's own database, for comparison
// with BenchmarkScale. It knows neither countries and networks nor when a ban ended.
func BenchmarkScaleFail2ban(b *testing.B) {
	path := filepath.Join(b.TempDir(), "fail2ban.sqlite3")
	db := fail2banFile(b, path)
	const row = "SELECT jail, ip, timeofban, bantime, bancount, data FROM bans "
	until := scaleUntil.Unix()
	const day = 24 * 3600
	for _, asked := range []struct {
		name, query string
		args        []any
	}{
		{"page=1", row + "ORDER BY timeofban DESC, rowid DESC LIMIT 50", nil},
		{"page=10000", row + "ORDER BY timeofban DESC, rowid DESC LIMIT 50 OFFSET 499950", nil},
		{"filter=jail", row + "WHERE jail = 'dovecot' ORDER BY timeofban DESC LIMIT 50", nil},
		{"filter=address", row + "WHERE ip = '45.0.0.77' ORDER BY timeofban DESC LIMIT 50", nil},
		{"filter=prefix16", row + "WHERE ip LIKE '45.3.%' ORDER BY timeofban DESC LIMIT 50", nil},
		{"filter=time", row + "WHERE timeofban >= ? AND timeofban < ? ORDER BY timeofban DESC LIMIT 50", []any{until - 30*day, until - 29*day}},
		{"nothing=nosuch-jail", row + "WHERE jail = 'nosuch' AND ip LIKE '45.3.%' ORDER BY timeofban DESC LIMIT 50", nil},
		{"dashboard=30d/jail", "SELECT jail, count(*) FROM bans WHERE timeofban >= ? GROUP BY jail ORDER BY 2 DESC", []any{until - 30*day}},
		{"dashboard=365d/jail", "SELECT jail, count(*) FROM bans WHERE timeofban >= ? GROUP BY jail ORDER BY 2 DESC", []any{until - 365*day}},
		{"dashboard=365d/trend", "SELECT timeofban / 86400, count(*) FROM bans WHERE timeofban >= ? GROUP BY 1 ORDER BY 1", []any{until - 365*day}},
	} {
		b.Run(asked.name, func(b *testing.B) {
			measured(b, worktime, func() error { return readAll(b.Context(), db, asked.query, asked.args) })
		})
	}
	if info, err := os.Stat(path); err == nil {
		b.Logf("%d bans in %.0f bytes each", fewer(), float64(info.Size())/float64(fewer()))
	}
}

func readAll(ctx context.Context, db *sql.DB, query string, args []any) error {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values := make([]any, len(columns))
	for i := range values {
		values[i] = new(any)
	}
	for rows.Next() {
		if err := rows.Scan(values...); err != nil {
			return err
		}
	}
	return rows.Err()
}
