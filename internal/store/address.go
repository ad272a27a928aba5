package store

import (
	"context"
	"database/sql"

	"bangui/internal/history"
)

// AddressSeen is the row of an identifier; ok is false when there is none.
func (db *DB) AddressSeen(ctx context.Context, identifier string) (s history.Seen, ok bool, err error) {
	found, err := collect(ctx, db.read, func(r *sql.Rows) (s history.Seen, err error) {
		var first, last int64
		var jails string
		if err = r.Scan(&first, &last, &s.Bans, &jails); err == nil {
			s.Jails, err = namesOf(jails)
		}
		s.First, s.Last = moment(first), moment(last)
		return s, err
	}, "SELECT first_at, last_at, bans, jails FROM address WHERE identifier = $1", identifier)
	if err != nil || len(found) == 0 {
		return s, false, err
	}
	return found[0], true, nil
}

// AddressJails sums up the bans of an identifier by jail, those with the most first.
func (db *DB) AddressJails(ctx context.Context, identifier string, limit int) ([]history.JailBans, error) {
	scan := func(r *sql.Rows) (j history.JailBans, err error) {
		var first, last, open int64
		err = r.Scan(&j.HostID, &j.Jail, &j.Bans, &j.Failures, &first, &last, &open)
		j.First, j.Last, j.Open = moment(first), moment(last), open > 0
		return j, err
	}
	return collect(ctx, db.read, scan, `SELECT host_id, jail, count(*) AS n, CAST(sum(failures) AS BIGINT), min(banned_at), max(banned_at),
		CAST(sum(CASE WHEN ended_at IS NULL THEN 1 ELSE 0 END) AS BIGINT)
		FROM ban WHERE identifier = $1 GROUP BY host_id, jail ORDER BY n DESC, host_id, jail LIMIT $2`, identifier, limit)
}
