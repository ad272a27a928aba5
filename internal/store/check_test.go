package store

import (
	"log/slog"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
)

// A counter that was changed behind our back is found, and counted anew; and a database
// of a release without counters gets them with its rows.
func TestCounters_AreProvedAndRebuilt(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		path := fresh()
		steps, err := migrations(engineOf(path))
		if err != nil {
			t.Fatal(err)
		}
		const before = 7
		old, err := open(t.Context(), options(path), steps[:before])
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range []string{
			`INSERT INTO host VALUES ('h', 'h', 0)`,
			`INSERT INTO ban (host_id, jail, identifier, banned_at, ban_seconds, origin) VALUES ('h', 'sshd', '192.0.2.1', 86400000000, -1, 'fail2ban'), ('h', 'a "b"', '192.0.2.1', 99400000000, -1, 'manual'),
				('h', 'sshd', '192.0.2.2', 9972800000000, -1, 'fail2ban')`,
		} {
			if _, err := old.write.ExecContext(t.Context(), row); err != nil {
				t.Fatal(err)
			}
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		db := opened(t, path)
		a := history.New(db, event.NewBus(), slog.New(slog.DiscardHandler), time.Now)
		expect := func(what string, want int) {
			t.Helper()
			c, err := a.CheckCounters(t.Context())
			if err != nil || len(c.Differences) != want {
				t.Errorf("%s: %d differences, %v, want %d: %+v", what, len(c.Differences), err, want, c.Differences)
			}
		}
		expect("after the migration", 0)
		for _, harm := range []string{
			"UPDATE tally_hour SET bans = bans + 1 WHERE jail = 'sshd'", // 2
			"DELETE FROM tally_country WHERE day = 1",                   // 3, with the sums of 8 and 64 days
			"DELETE FROM tally_network_8 WHERE span = 14",               // 1
			"UPDATE address SET jails = '[]'",                           // 2
			"UPDATE tally_new SET addresses = 7",                        // 2
			"UPDATE tally_open SET bans = bans + 1 WHERE jail = 'sshd'", // 1
			"DELETE FROM tally_open_network",                            // 1
			"INSERT INTO address VALUES ('192.0.2.3', 9972800000000, 9972800000000, 1, '[]')",
		} {
			if _, err := db.write.ExecContext(t.Context(), harm); err != nil {
				t.Fatal(harm, err)
			}
		}
		expect("after the harm", 13)
		if err := a.RebuildCounters(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect("after the rebuild", 0)
		if err := db.Tx(t.Context(), func(tx *Tx) error {
			id, err := tx.InsertBan(t.Context(), history.Ban{HostID: "h", Jail: "web", Address: "192.0.2.1", BannedAt: moment(5), BanSeconds: -1, Origin: "fail2ban"})
			if id == 0 || err != nil {
				t.Errorf("id %d, %v", id, err)
			}
			return tx.countAll(t.Context())
		}); err != nil {
			t.Fatal(err)
		}
		expect("after one more", 0)
	})
}

// Months have their own partitions before they begin, and bans of other times get theirs.
func TestKeepPartitions(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		path := fresh()
		db := opened(t, path)
		partitions := func() (n int) {
			if engineOf(path) == postgresEngine {
				if err := db.read.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_inherits WHERE inhparent = 'ban'::regclass").Scan(&n); err != nil {
					t.Fatal(err)
				}
			}
			return n
		}
		had := partitions()
		long := time.Date(2019, 2, 28, 23, 59, 59, 0, time.UTC)
		if err := db.EnsureHost(t.Context(), "h", "h"); err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for _, at := range []time.Time{long, long.Add(time.Second), time.Now()} {
			if err := db.Update(t.Context(), func(tx history.Tx) error {
				b := history.Ban{HostID: "h", Jail: "sshd", Address: "192.0.2.1", BannedAt: at, BanSeconds: 1, EndedAt: at, Origin: "fail2ban"}
				id, err := tx.InsertBan(t.Context(), b)
				if err == nil {
					b.ID = id
					err = tx.PutLines(t.Context(), b, []byte{1})
				}
				ids = append(ids, id)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		made, stray, err := db.KeepPartitions(t.Context())
		if err != nil || stray != 0 {
			t.Errorf("made %d, stray %d, %v", made, stray, err)
		}
		if engineOf(path) == postgresEngine && (had != 4 || made != 2 || partitions() != 6) {
			t.Errorf("had %d, made %d, have %d", had, made, partitions())
		}
		for _, id := range ids {
			b, ok, err := db.BanByID(t.Context(), id)
			if err != nil || !ok {
				t.Fatalf("ban %d: %v, %v", id, ok, err)
			}
			if lines, err := db.LinesOf(t.Context(), b); err != nil || len(lines) != 1 {
				t.Errorf("lines of ban %d: %v, %v", id, lines, err)
			}
		}
		if made, _, err := db.KeepPartitions(t.Context()); made != 0 || err != nil {
			t.Errorf("again: made %d, %v", made, err)
		}
	})
}
