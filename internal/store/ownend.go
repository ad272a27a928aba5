package store

import (
	"context"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
)

// OverdueBans are open bans whose own end has come, those longest ago first.
func (db *DB) OverdueBans(ctx context.Context, at time.Time, limit int) ([]history.Ban, error) {
	return collect(ctx, db.read, scanBan, "SELECT "+banColumns+` FROM ban
		WHERE lift_at <= $1 AND ended_at IS NULL ORDER BY lift_at, id LIMIT $2`, micros(at), limit)
}

// CutShortBans are bans that ended by fail2ban's time before their own end, and that no
// later one followed: a later one takes their end over.
func (db *DB) CutShortBans(ctx context.Context, at time.Time, limit int) ([]history.Ban, error) {
	return collect(ctx, db.read, scanBan, "SELECT "+banColumns+` FROM ban
		WHERE lift_at > $1 AND ended_at IS NOT NULL AND end_reason = $2 ORDER BY lift_at, id LIMIT $3`, micros(at), string(event.Expired), limit)
}
