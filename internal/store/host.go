package store

import (
	"context"
	"database/sql"

	"bangui/internal/history"
)

// EnsureHost makes a host known under its id, and gives it its name.
func (db *DB) EnsureHost(ctx context.Context, id, name string) error {
	return db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `INSERT INTO host (id, name, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name`, id, name, micros(db.now()))
		return err
	})
}

// MarkOf is how far a source of a host was read; "" when nothing is stored.
func (db *DB) MarkOf(ctx context.Context, hostID, source string) (string, error) {
	values, err := collect(ctx, db.read, func(r *sql.Rows) (v string, err error) { return v, r.Scan(&v) },
		"SELECT value FROM mark WHERE host_id = $1 AND source = $2", hostID, source)
	if err != nil || len(values) == 0 {
		return "", err
	}
	return values[0], nil
}

// SetMark stores how far a source was read.
func (tx *Tx) SetMark(ctx context.Context, m history.Mark) error {
	_, err := tx.exec(ctx, `INSERT INTO mark (host_id, source, value) VALUES ($1, $2, $3)
		ON CONFLICT (host_id, source) DO UPDATE SET value = excluded.value`, m.HostID, m.Source, m.Value)
	return err
}
