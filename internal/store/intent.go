package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
)

// PutIntents stores who asked for what, and drops what is older than before.
func (db *DB) PutIntents(ctx context.Context, intents []history.Intent, before time.Time) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if err := tx.exec(ctx, "DELETE FROM intent WHERE asked_at < $1", micros(before)); err != nil {
			return err
		}
		for _, i := range intents {
			err := tx.exec(ctx, `INSERT INTO intent (host_id, jail, identifier, kind, actor, reason, asked_at, lift_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
				ON CONFLICT (host_id, jail, identifier, kind) DO UPDATE SET actor = excluded.actor, reason = excluded.reason, asked_at = excluded.asked_at, lift_at = excluded.lift_at`,
				i.HostID, i.Jail, i.Address, string(i.Kind), i.Actor, i.Reason, micros(i.AskedAt), orNull(i.LiftAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// DropIntents removes requests, each as it was put: one that was put again since stays.
func (db *DB) DropIntents(ctx context.Context, intents []history.Intent) error {
	return db.Tx(ctx, func(tx *Tx) error {
		for _, i := range intents {
			err := tx.exec(ctx, "DELETE FROM intent WHERE host_id = $1 AND jail = $2 AND identifier = $3 AND kind = $4 AND actor = $5 AND asked_at = $6",
				i.HostID, i.Jail, i.Address, string(i.Kind), i.Actor, micros(i.AskedAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// TakeIntent removes and gives the intent behind an event that was asked for from one
// moment to another; ok is false when nobody asked.
func (tx *Tx) TakeIntent(ctx context.Context, of history.Subject, kind event.Kind, from, to time.Time) (i history.Intent, ok bool, err error) {
	if nobody, err := tx.nobody(ctx); nobody || err != nil {
		return i, false, err
	}
	i = history.Intent{HostID: of.HostID, Jail: of.Jail, Address: of.Address, Kind: kind}
	var askedAt int64
	var liftAt sql.NullInt64
	err = tx.get(ctx, []any{&i.Actor, &i.Reason, &askedAt, &liftAt}, `DELETE FROM intent
		WHERE host_id = $1 AND jail = $2 AND identifier = $3 AND kind = $4 AND asked_at BETWEEN $5 AND $6
		RETURNING actor, reason, asked_at, lift_at`, of.HostID, of.Jail, of.Address, string(kind), micros(from), micros(to))
	if errors.Is(err, sql.ErrNoRows) {
		return i, false, nil
	}
	i.AskedAt, i.LiftAt = moment(askedAt), orZero(liftAt)
	return i, err == nil, err
}

// nobody reports whether there was no intent when the transaction first asked.
func (tx *Tx) nobody(ctx context.Context) (bool, error) {
	if tx.nobodyAsked == nil {
		var nobody bool
		if err := tx.get(ctx, []any{&nobody}, "SELECT NOT EXISTS (SELECT 1 FROM intent)"); err != nil {
			return false, err
		}
		tx.nobodyAsked = &nobody
	}
	return *tx.nobodyAsked, nil
}
