package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"bangui/internal/history"
)

// PutIntents stores who asked for what, and drops what is older than before.
func (db *DB) PutIntents(ctx context.Context, intents []history.Intent, before time.Time) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.exec(ctx, "DELETE FROM intent WHERE asked_at < $1", micros(before)); err != nil {
			return err
		}
		for _, i := range intents {
			_, err := tx.exec(ctx, `INSERT INTO intent (host_id, jail, identifier, kind, actor, reason, asked_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT (host_id, jail, identifier, kind) DO UPDATE SET actor = excluded.actor, reason = excluded.reason, asked_at = excluded.asked_at`,
				i.HostID, i.Jail, i.Address, string(i.Kind), i.Actor, i.Reason, micros(i.AskedAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// TakeIntent removes and gives the intent behind an event that was asked for since;
// ok is false when nobody asked.
func (tx *Tx) TakeIntent(ctx context.Context, want history.Intent, since time.Time) (i history.Intent, ok bool, err error) {
	i = want
	err = tx.row(ctx, `DELETE FROM intent WHERE host_id = $1 AND jail = $2 AND identifier = $3 AND kind = $4 AND asked_at >= $5
		RETURNING actor, reason`, want.HostID, want.Jail, want.Address, string(want.Kind), micros(since)).Scan(&i.Actor, &i.Reason)
	if errors.Is(err, sql.ErrNoRows) {
		return i, false, nil
	}
	return i, err == nil, err
}
