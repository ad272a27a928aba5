package store

import (
	"context"
	"database/sql"
	"time"

	"bangui/internal/history"
)

// PutLines stores the log lines behind a ban, packed. Those that are stored stay.
func (tx *Tx) PutLines(ctx context.Context, b history.Ban, packed []byte) error {
	return tx.exec(ctx, "INSERT INTO ban_lines (ban_id, banned_at, data) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
		b.ID, micros(b.BannedAt), packed)
}

// LinesOf are the packed log lines behind a ban; nil when there are none.
func (db *DB) LinesOf(ctx context.Context, b history.Ban) ([]byte, error) {
	found, err := collect(ctx, db.read, scanOne[[]byte],
		"SELECT data FROM ban_lines WHERE ban_id = $1 AND banned_at = $2", b.ID, micros(b.BannedAt))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return found[0], nil
}

// ListPacked is one page of bans that have log lines, with these, newest first; see
// ListBans for stopped.
func (db *DB) ListPacked(ctx context.Context, q history.Query) (all []history.Packed, stopped history.Place, err error) {
	scan := func(rows *sql.Rows) (p history.Packed, err error) {
		var r banRow
		err = rows.Scan(append(r.targets(), &p.Data)...)
		p.Ban = r.value()
		return p, err
	}
	stopped, err = db.walk(ctx, q, q.Limit, func(s *stretch, left int) (int, error) {
		// The bans of a page first, by their index; then their lines, one by one.
		found, err := collect(ctx, db.read, scan, "SELECT "+banColumns+", data FROM (SELECT *"+s.from(left)+`) AS page
			LEFT JOIN (SELECT ban_id, banned_at AS of_ban, data FROM ban_lines) AS lines ON ban_id = id AND of_ban = banned_at ORDER BY banned_at DESC, id DESC`, s.args...)
		all = append(all, found...)
		return len(found), err
	})
	return all, stopped, err
}

// PutGap stores a gap; one that begins at the same moment only grows.
func (tx *Tx) PutGap(ctx context.Context, g history.Gap) error {
	return tx.exec(ctx, `INSERT INTO archive_gap (host_id, from_at, to_at, why, found_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (host_id, from_at) DO UPDATE SET to_at = excluded.to_at WHERE excluded.to_at > archive_gap.to_at`,
		g.HostID, micros(g.From), micros(g.To), g.Why, micros(g.FoundAt))
}

// Gaps are those of a host, "" for all, newest first.
func (db *DB) Gaps(ctx context.Context, hostID string, limit int) ([]history.Gap, error) {
	scan := func(rows *sql.Rows) (g history.Gap, err error) {
		var from, to, found int64
		err = rows.Scan(&g.ID, &g.HostID, &from, &to, &g.Why, &found)
		g.From, g.To, g.FoundAt = moment(from), moment(to), moment(found)
		return g, err
	}
	return collect(ctx, db.read, scan, `SELECT id, host_id, from_at, to_at, why, found_at FROM archive_gap
		WHERE $1 = '' OR host_id = $1 ORDER BY from_at DESC, id DESC LIMIT $2`, hostID, limit)
}

// KeptSince is the moment before which bans may have been removed.
func (tx *Tx) KeptSince(ctx context.Context) (time.Time, error) {
	var since int64
	err := tx.get(ctx, []any{&since}, "SELECT since FROM archive_kept WHERE id = 1")
	return moment(since), err
}
