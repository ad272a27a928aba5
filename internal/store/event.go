package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"bangui/internal/event"
)

// keepEvents is how many events are kept; the archive of bans keeps the rest.
const keepEvents = 100_000

// InsertEvent stores an event and gives its id; isNew is false, and nothing is stored,
// when the same has been recorded before.
func (tx *Tx) InsertEvent(ctx context.Context, e event.Event) (id int64, isNew bool, err error) {
	data, err := json.Marshal(e)
	if err != nil {
		return 0, false, err
	}
	err = tx.get(ctx, []any{&id}, `INSERT INTO event (host_id, kind, at, source_key, data) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (source_key) DO NOTHING RETURNING id`, e.HostID, string(e.Kind), micros(e.At), sourceKey(e), string(data))
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	return id, err == nil, err
}

// sourceKey is a hash of what happened where and when.
func sourceKey(e event.Event) []byte {
	const enough = 16
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %d %d", []string{
		e.HostID, string(e.Kind), e.Jail, e.Address, e.State, e.Detail, string(e.EndReason),
	}, micros(e.At), micros(e.BannedAt)))
	return sum[:enough]
}

// TrimEvents deletes what is older than the newest that are kept.
func (tx *Tx) TrimEvents(ctx context.Context, newest int64) error {
	return tx.exec(ctx, "DELETE FROM event WHERE id <= $1", newest-keepEvents)
}

// EventsAfter are the events with an id above after, oldest first, at most limit.
func (db *DB) EventsAfter(ctx context.Context, after int64, limit int) ([]event.Event, error) {
	return collect(ctx, db.read, scanEvent, "SELECT id, data FROM event WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
}

// LastEvents are the newest n events, oldest first.
func (db *DB) LastEvents(ctx context.Context, n int) ([]event.Event, error) {
	return collect(ctx, db.read, scanEvent,
		"SELECT id, data FROM (SELECT id, data FROM event ORDER BY id DESC LIMIT $1) AS newest ORDER BY id", n)
}

// EventRange is the oldest and the newest id that are kept; zeros when there is none.
func (db *DB) EventRange(ctx context.Context) (oldest, newest int64, err error) {
	_, err = collect(ctx, db.read, func(r *sql.Rows) (struct{}, error) { return struct{}{}, r.Scan(&oldest, &newest) },
		"SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM event")
	return oldest, newest, err
}

func scanEvent(r *sql.Rows) (event.Event, error) {
	var e event.Event
	var id int64
	var data []byte
	if err := r.Scan(&id, &data); err != nil {
		return e, err
	}
	err := json.Unmarshal(data, &e)
	e.ID = id
	return e, err
}
