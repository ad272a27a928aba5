package store

import (
	"context"
	"database/sql"

	"bangui/internal/auth"
)

func savedFilters(ctx context.Context, from queryer, userID string) ([]auth.SavedFilter, error) {
	return collect(ctx, from, func(r *sql.Rows) (auth.SavedFilter, error) {
		f := auth.SavedFilter{UserID: userID}
		var createdAt, changedAt int64
		err := r.Scan(&f.ID, &f.Name, &f.Filter, &createdAt, &changedAt)
		f.CreatedAt, f.ChangedAt = moment(createdAt), moment(changedAt)
		return f, err
	}, "SELECT id, name, filter, created_at, changed_at FROM saved_filter WHERE account_id = $1 ORDER BY name LIMIT $2", userID, auth.MaxSavedFilters)
}

// SavedFilters are those of a user by name.
func (db *DB) SavedFilters(ctx context.Context, userID string) ([]auth.SavedFilter, error) {
	return savedFilters(ctx, db.read, userID)
}

// SavedFilters are those of a user by name.
func (tx *Tx) SavedFilters(ctx context.Context, userID string) ([]auth.SavedFilter, error) {
	return savedFilters(ctx, tx.tx, userID)
}

// PutSavedFilter inserts a filter, or replaces name and content of its user's by id.
func (tx *Tx) PutSavedFilter(ctx context.Context, f auth.SavedFilter) error {
	return tx.exec(ctx, `INSERT INTO saved_filter (id, account_id, name, filter, created_at, changed_at) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, filter = excluded.filter, changed_at = excluded.changed_at
		WHERE saved_filter.account_id = excluded.account_id`,
		f.ID, f.UserID, f.Name, f.Filter, micros(f.CreatedAt), micros(f.ChangedAt))
}

// RemoveSavedFilter deletes a filter of a user.
func (tx *Tx) RemoveSavedFilter(ctx context.Context, userID, id string) (bool, error) {
	return tx.remove(ctx, "DELETE FROM saved_filter WHERE account_id = $1 AND id = $2", userID, id)
}
