package store

import (
	"context"
	"fmt"
	"time"
)

// monthsAhead is for how many months there are partitions before they begin.
const monthsAhead = 2

// KeepPartitions makes the partitions of the archive for this month and the next two, and
// for months whose bans came before them; it says how many it made. stray counts bans
// that have no partition of their own all the same. On SQLite there are none to keep.
func (db *DB) KeepPartitions(ctx context.Context) (made int, stray int64, err error) {
	if db.dialect.name != postgresEngine {
		return 0, 0, nil
	}
	err = db.Tx(ctx, func(tx *Tx) error {
		made = 0
		waiting, err := tx.strayMonths(ctx)
		if err != nil {
			return err
		}
		this := firstOfMonth(tx.now())
		for ahead := range monthsAhead + 1 {
			waiting = append(waiting, micros(this.AddDate(0, ahead, 0)))
		}
		for _, month := range waiting {
			var fresh bool
			if err := tx.get(ctx, []any{&fresh}, "SELECT ban_month($1)", month); err != nil {
				return fmt.Errorf("partition of %v: %w", moment(month), err)
			}
			if fresh {
				made++
			}
		}
		return tx.get(ctx, []any{&stray}, "SELECT count(*) FROM (SELECT 1 FROM ban_default LIMIT 1000) AS found")
	})
	return made, stray, err
}

// strayMonths are moments in the months of bans that have no partition of their own, at
// most 120.
func (tx *Tx) strayMonths(ctx context.Context) ([]int64, error) {
	return collect(ctx, tx.tx, scanOne[int64], `SELECT min(banned_at) FROM ban_default
		GROUP BY date_trunc('month', to_timestamp(banned_at / 1000000) AT TIME ZONE 'UTC') ORDER BY 1 LIMIT 120`)
}

func firstOfMonth(t time.Time) time.Time {
	year, month, _ := t.UTC().Date()
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}
