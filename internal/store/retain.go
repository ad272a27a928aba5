package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"bangui/internal/history"
)

// RemoveBans removes ended bans that began before a moment, with their lines, the oldest
// first, at most limit, and says how many.
func (db *DB) RemoveBans(ctx context.Context, before time.Time, limit int) (removed int, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		removed = 0
		last := history.Place{BannedAt: before.Add(-time.Microsecond), ID: 1<<63 - 1}
		var at int64
		err := tx.get(ctx, []any{&at, &last.ID}, `SELECT banned_at, id FROM ban WHERE ended_at IS NOT NULL AND banned_at < $1
			ORDER BY banned_at, id LIMIT 1 OFFSET $2`, micros(before), limit-1)
		if err == nil {
			last.BannedAt = moment(at)
		} else if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		const these = "ended_at IS NOT NULL AND banned_at <= $1 AND (banned_at, id) <= ($1, $2)"
		if err := tx.exec(ctx, "DELETE FROM ban_lines WHERE banned_at <= $1 AND ban_id IN (SELECT id FROM ban WHERE "+these+")", micros(last.BannedAt), last.ID); err != nil {
			return err
		}
		n, err := tx.changed(ctx, "DELETE FROM ban WHERE "+these, micros(last.BannedAt), last.ID)
		removed = int(n)
		if err != nil || n == 0 {
			return err
		}
		return tx.keepSince(ctx, last.BannedAt.Add(time.Microsecond))
	})
	return removed, err
}

// keepSince notes that bans from before a moment may have been removed.
func (tx *Tx) keepSince(ctx context.Context, since time.Time) error {
	return tx.exec(ctx, "UPDATE archive_kept SET since = $1 WHERE id = 1 AND since < $1", micros(since))
}

// month is a partition of the archive.
type month struct {
	name  string // of the partition of bans
	after time.Time
}

// DropMonths removes whole months that were over before a moment and of which no ban is
// open, the oldest first, at most most, and says how many. There are none on SQLite.
func (db *DB) DropMonths(ctx context.Context, before time.Time, most int) (dropped int, err error) {
	if db.dialect.name != postgresEngine {
		return 0, nil
	}
	err = db.Tx(ctx, func(tx *Tx) error {
		dropped = 0
		months, err := tx.months(ctx, before)
		if err != nil {
			return err
		}
		for _, m := range months[:min(most, len(months))] {
			gone, err := tx.dropMonth(ctx, m)
			if err != nil {
				return err
			}
			if gone {
				dropped++
			}
		}
		return nil
	})
	return dropped, err
}

// months are those that were over before a moment, the oldest first.
func (tx *Tx) months(ctx context.Context, before time.Time) ([]month, error) {
	names, err := collect(ctx, tx.tx, scanOne[string], `SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
		WHERE inhparent = 'ban'::regclass AND relname ~ '^ban_[0-9]{4}_[0-9]{2}$' ORDER BY relname LIMIT 10000`)
	var over []month
	for _, name := range names {
		first, err := time.Parse("ban_2006_01", name)
		if err != nil {
			return nil, err
		}
		if m := (month{name, first.AddDate(0, 1, 0)}); !m.after.After(before) {
			over = append(over, m)
		}
	}
	return over, err
}

func (tx *Tx) dropMonth(ctx context.Context, m month) (bool, error) {
	var open bool
	if err := tx.get(ctx, []any{&open}, "SELECT EXISTS (SELECT 1 FROM "+m.name+" WHERE ended_at IS NULL)"); err != nil || open {
		return false, err
	}
	lines := "ban_lines" + m.name[len("ban"):]
	if err := tx.exec(ctx, "DROP TABLE "+m.name); err != nil {
		return false, err
	}
	if err := tx.exec(ctx, "DROP TABLE "+lines); err != nil {
		return false, err
	}
	return true, tx.keepSince(ctx, m.after)
}

// ArchiveSize is the room that bans and log lines take, in bytes; shrinks says that it
// falls as soon as bans are removed, not only with whole months.
func (db *DB) ArchiveSize(ctx context.Context) (size int64, shrinks bool, err error) {
	query := "SELECT (SELECT page_count FROM pragma_page_count) * (SELECT page_size FROM pragma_page_size) - (SELECT freelist_count FROM pragma_freelist_count) * (SELECT page_size FROM pragma_page_size)"
	if shrinks = db.dialect.name == sqliteEngine; !shrinks {
		query = "SELECT CAST(coalesce(sum(pg_total_relation_size(inhrelid)), 0) AS BIGINT) FROM pg_inherits WHERE inhparent IN ('ban'::regclass, 'ban_lines'::regclass)"
	}
	sizes, err := collect(ctx, db.read, scanOne[int64], query)
	if err != nil {
		return 0, shrinks, err
	}
	return sizes[0], shrinks, nil
}
