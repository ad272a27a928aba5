package store

import (
	"context"
	"database/sql"

	"bangui/internal/auth"
)

func attempts(ctx context.Context, from queryer, places []string) ([]auth.Attempt, error) {
	var all []auth.Attempt
	for _, place := range places {
		at, found, err := one(collect(ctx, from, scanAttempt, "SELECT place, failures, last_at, free_at FROM attempt WHERE place = $1", place))
		if err != nil {
			return nil, err
		}
		if found {
			all = append(all, at)
		}
	}
	return all, nil
}

func scanAttempt(r *sql.Rows) (at auth.Attempt, err error) {
	var last, free int64
	err = r.Scan(&at.Place, &at.Failures, &last, &free)
	at.LastAt, at.FreeAt = moment(last), moment(free)
	return at, err
}

// Attempts are the counters of places; those without a failure are left out.
func (db *DB) Attempts(ctx context.Context, places []string) ([]auth.Attempt, error) {
	return attempts(ctx, db.read, places)
}

// Attempts are the counters of places; those without a failure are left out.
func (tx *Tx) Attempts(ctx context.Context, places []string) ([]auth.Attempt, error) {
	return attempts(ctx, tx.tx, places)
}

// PutAttempt sets the counter of a place.
func (tx *Tx) PutAttempt(ctx context.Context, at auth.Attempt) error {
	return tx.exec(ctx, `INSERT INTO attempt (place, failures, last_at, free_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (place) DO UPDATE SET failures = excluded.failures, last_at = excluded.last_at, free_at = excluded.free_at`,
		at.Place, at.Failures, micros(at.LastAt), micros(at.FreeAt))
}

// RemoveAttempts forgets the failures of places.
func (tx *Tx) RemoveAttempts(ctx context.Context, places []string) error {
	for _, place := range places {
		if err := tx.exec(ctx, "DELETE FROM attempt WHERE place = $1", place); err != nil {
			return err
		}
	}
	return nil
}

// RemoveFamiliarAttempts forgets the failures of a user at his familiar sources.
func (tx *Tx) RemoveFamiliarAttempts(ctx context.Context, userID, prefix string) error {
	return tx.exec(ctx, "DELETE FROM attempt WHERE place IN (SELECT $2 || source FROM familiar WHERE account_id = $1)", userID, prefix)
}

// maxAttempts bounds the table: beyond it the counters that have been still for the
// longest are forgotten. Each row costs whoever fills it a hash, so that takes hours.
const maxAttempts = 50_000

// Tidy removes what has ended, of each kind at most limit rows, and gives how many went.
func (tx *Tx) Tidy(ctx context.Context, old auth.Old, limit int) (removed int64, err error) {
	for _, one := range []struct {
		query string
		args  []any
	}{
		{"DELETE FROM session WHERE id IN (SELECT id FROM session WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)", []any{micros(old.Now), limit}},
		{"DELETE FROM session WHERE id IN (SELECT id FROM session WHERE last_seen_at < $1 ORDER BY last_seen_at LIMIT $2)", []any{micros(old.Idle), limit}},
		{"DELETE FROM token WHERE id IN (SELECT id FROM token WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)", []any{micros(old.Tokens), limit}},
		{"DELETE FROM attempt WHERE place IN (SELECT place FROM attempt WHERE last_at < $1 ORDER BY last_at LIMIT $2)", []any{micros(old.Attempts), limit}},
		{"DELETE FROM attempt WHERE place IN (SELECT place FROM attempt ORDER BY last_at DESC LIMIT $1 OFFSET $2)", []any{limit, maxAttempts}},
		{
			`DELETE FROM familiar WHERE used_at < $1 AND (account_id, source) IN
			(SELECT account_id, source FROM familiar WHERE used_at < $1 ORDER BY used_at LIMIT $2)`,
			[]any{micros(old.Familiar), limit},
		},
	} {
		n, err := tx.changed(ctx, one.query, one.args...)
		if err != nil {
			return removed, err
		}
		removed += n
	}
	return removed, nil
}
