package store

import (
	"context"
	"database/sql"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
)

// Bans with an end of their own: those whose end has come until a moment, and those that
// fail2ban has ended before it. A later ban takes the end of an earlier one over, so that
// none is told twice.
const (
	overdue  = "lift_at <= $1 AND ended_at IS NULL"
	cutShort = "lift_at > $1 AND end_reason = '" + string(event.Expired) + "'"
)

// OrderEnds orders, by a scheduler of that epoch, the ends that are due until a moment,
// and what fail2ban has ended too early by now, as far as it was not ordered by it yet. It tells how many bans are to end and how many to be made again; what
// is more than history.MaxErrands of a kind is left to the next call.
func (db *DB) OrderEnds(ctx context.Context, now, until time.Time, epoch int64) (ends, again int64, err error) {
	err = db.Tx(ctx, func(tx *Tx) (err error) {
		order := func(due string, moment time.Time) (int64, error) {
			return tx.changed(ctx, `UPDATE ban SET ordered_epoch = $2 WHERE id IN (SELECT id FROM ban
				WHERE `+due+` AND (ordered_epoch IS NULL OR ordered_epoch < $2) ORDER BY lift_at, id LIMIT $3)`, micros(moment), epoch, history.MaxErrands)
		}
		if ends, err = order(overdue, until); err != nil {
			return err
		}
		again, err = order(cutShort, now)
		return err
	})
	return ends, again, err
}

// Errands are what was ordered for a host and is due at a moment; see history.Archive.
func (db *DB) Errands(ctx context.Context, hostID string, at time.Time, limit int) ([]history.Errand, error) {
	var all []history.Errand
	for _, due := range []string{overdue, cutShort} {
		found, err := collect(ctx, db.read, scanErrand, "SELECT "+banColumns+", ordered_epoch FROM ban WHERE "+due+
			" AND ordered_epoch IS NOT NULL AND host_id = $2 ORDER BY lift_at, id LIMIT $3", micros(at), hostID, limit-len(all))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func scanErrand(rows *sql.Rows) (e history.Errand, err error) {
	var r banRow
	err = rows.Scan(append(r.targets(), &e.Epoch)...)
	e.Ban = r.value()
	return e, err
}
