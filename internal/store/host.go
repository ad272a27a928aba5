package store

import (
	"context"
	"database/sql"
	"time"

	"bangui/internal/fault"
	"bangui/internal/history"
)

// EnsureHost makes a host known under its id, and gives it its name.
func (db *DB) EnsureHost(ctx context.Context, id, name string) error {
	return db.Tx(ctx, func(tx *Tx) error {
		return tx.exec(ctx, `INSERT INTO host (id, name, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name`, id, name, micros(db.now()))
	})
}

// Host is a host that has been known.
type Host struct {
	ID        string
	Name      string // a label
	CreatedAt time.Time
}

func scanHost(r *sql.Rows) (h Host, err error) {
	var createdAt int64
	err = r.Scan(&h.ID, &h.Name, &createdAt)
	h.CreatedAt = moment(createdAt)
	return h, err
}

// HostByID is one host; HostNotFound when it has never been known.
func (db *DB) HostByID(ctx context.Context, id string) (Host, error) {
	found, err := collect(ctx, db.read, scanHost, "SELECT id, name, created_at FROM host WHERE id = $1", id)
	if err == nil && len(found) == 0 {
		err = fault.New(fault.HostNotFound, "there is no host %s", id)
	}
	if err != nil {
		return Host{}, err
	}
	return found[0], nil
}

// ListHosts are all hosts that have been known, by name; at most 10,000.
func (db *DB) ListHosts(ctx context.Context) ([]Host, error) {
	return collect(ctx, db.read, scanHost, "SELECT id, name, created_at FROM host ORDER BY name, id LIMIT 10000")
}

// MarkOf is how far a source of a host was read; "" when nothing is stored.
func (db *DB) MarkOf(ctx context.Context, hostID, source string) (string, error) {
	values, err := collect(ctx, db.read, scanOne[string],
		"SELECT value FROM mark WHERE host_id = $1 AND source = $2", hostID, source)
	if err != nil || len(values) == 0 {
		return "", err
	}
	return values[0], nil
}

// SetMark stores how far a source was read.
func (tx *Tx) SetMark(ctx context.Context, m history.Mark) error {
	return tx.exec(ctx, `INSERT INTO mark (host_id, source, value, updated_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (host_id, source) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
		m.HostID, m.Source, m.Value, micros(tx.now()))
}
