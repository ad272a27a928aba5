package store

import (
	"context"
	"database/sql"
	"encoding/json"

	"bangui/internal/event"
)

// keepEvents is how many events are kept; the archive of bans keeps the rest.
const keepEvents = 100_000

// InsertEvent stores an event and gives its id.
func (tx *Tx) InsertEvent(ctx context.Context, e event.Event) (int64, error) {
	data, err := json.Marshal(e)
	if err != nil {
		return 0, err
	}
	var id int64
	err = tx.row(ctx, "INSERT INTO event (host_id, kind, at, data) VALUES ($1, $2, $3, $4) RETURNING id",
		e.HostID, string(e.Kind), micros(e.At), string(data)).Scan(&id)
	return id, err
}

// TrimEvents deletes what is older than the newest that are kept.
func (tx *Tx) TrimEvents(ctx context.Context, newest int64) error {
	_, err := tx.exec(ctx, "DELETE FROM event WHERE id <= $1", newest-keepEvents)
	return err
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
	err = db.read.QueryRowContext(ctx, "SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM event").Scan(&oldest, &newest)
	return oldest, newest, storeFault(err)
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
