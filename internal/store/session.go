package store

import (
	"context"
	"database/sql"
	"time"

	"bangui/internal/auth"
)

const sessionColumns = "s.id, s.account_id, s.created_at, s.last_seen_at, s.expires_at, s.fresh_until, s.address, s.agent"

// sessionRow takes a session from a row.
type sessionRow struct {
	auth.Session
	createdAt, seenAt, expiresAt, freshUntil int64
}

func (s *sessionRow) targets() []any {
	return []any{&s.ID, &s.UserID, &s.createdAt, &s.seenAt, &s.expiresAt, &s.freshUntil, &s.Address, &s.Agent}
}

func (s *sessionRow) session() auth.Session {
	s.CreatedAt, s.LastSeenAt, s.ExpiresAt, s.FreshUntil = moment(s.createdAt), moment(s.seenAt), moment(s.expiresAt), moment(s.freshUntil)
	return s.Session
}

func scanSession(r *sql.Rows) (auth.Session, error) {
	var row sessionRow
	err := r.Scan(row.targets()...)
	return row.session(), err
}

// userSession is a session and whose it is.
type userSession struct {
	auth.Session
	auth.User
}

func (db *DB) sessionBy(ctx context.Context, column string, value any) (auth.Session, auth.User, bool, error) {
	both, found, err := one(collect(ctx, db.read, func(r *sql.Rows) (userSession, error) {
		var s sessionRow
		var u userRow
		err := r.Scan(append(s.targets(), u.targets()...)...)
		return userSession{s.session(), u.user()}, err
	}, "SELECT "+sessionColumns+", "+userColumns+" FROM session s JOIN account a ON a.id = s.account_id WHERE "+column+" = $1", value))
	return both.Session, both.User, found, err
}

// SessionBySecret is a session by the hash of its secret.
func (db *DB) SessionBySecret(ctx context.Context, hash []byte) (auth.Session, auth.User, bool, error) {
	return db.sessionBy(ctx, "s.secret", hash)
}

// SessionByID is a session by its public id.
func (db *DB) SessionByID(ctx context.Context, id string) (auth.Session, auth.User, bool, error) {
	return db.sessionBy(ctx, "s.id", id)
}

// Sessions are those of a user, the newest first.
func (db *DB) Sessions(ctx context.Context, userID string) ([]auth.Session, error) {
	return collect(ctx, db.read, scanSession,
		"SELECT "+sessionColumns+" FROM session s WHERE s.account_id = $1 ORDER BY s.created_at DESC, s.id LIMIT $2", userID, auth.MaxSessions)
}

// AdminSessions are the sessions of enabled admins that were used since a moment.
func (db *DB) AdminSessions(ctx context.Context, since time.Time) ([]auth.Session, error) {
	return collect(ctx, db.read, scanSession, "SELECT "+sessionColumns+` FROM session s JOIN account a ON a.id = s.account_id
		WHERE s.last_seen_at >= $1 AND a.role = $2 AND a.disabled_at IS NULL ORDER BY s.last_seen_at DESC LIMIT 1000`, micros(since), string(auth.Admin))
}

// PutSession inserts a session; beyond MaxSessions of the user his oldest ones end.
func (tx *Tx) PutSession(ctx context.Context, s auth.Session, hash []byte) error {
	err := tx.exec(ctx, `INSERT INTO session (id, secret, account_id, created_at, last_seen_at, expires_at, fresh_until, address, agent)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		s.ID, hash, s.UserID, micros(s.CreatedAt), micros(s.LastSeenAt), micros(s.ExpiresAt), micros(s.FreshUntil), s.Address, s.Agent)
	if err != nil {
		return err
	}
	return tx.exec(ctx, `DELETE FROM session WHERE id IN
		(SELECT id FROM session WHERE account_id = $1 ORDER BY created_at DESC, id LIMIT 1000 OFFSET $2)`, s.UserID, auth.MaxSessions)
}

// SeeSession notes when and from where a session was last used.
func (tx *Tx) SeeSession(ctx context.Context, id string, at time.Time, address string) error {
	return tx.exec(ctx, "UPDATE session SET last_seen_at = $2, address = $3 WHERE id = $1 AND last_seen_at < $2", id, micros(at), address)
}

// RenewSession gives a session another secret, and notes until when it is fresh.
func (tx *Tx) RenewSession(ctx context.Context, id string, hash []byte, until time.Time) (found bool, err error) {
	n, err := tx.changed(ctx, "UPDATE session SET secret = $2, fresh_until = $3 WHERE id = $1", id, hash, micros(until))
	return n > 0, err
}

// RemoveSession ends a session.
func (tx *Tx) RemoveSession(ctx context.Context, id string) (bool, error) {
	return tx.remove(ctx, "DELETE FROM session WHERE id = $1", id)
}

// remove runs a DELETE and reports whether there was something.
func (tx *Tx) remove(ctx context.Context, query string, args ...any) (bool, error) {
	s, err := tx.statement(ctx, query) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return false, err
	}
	result, err := s.ExecContext(ctx, args...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// RemoveSessions ends the sessions of a user but one.
func (tx *Tx) RemoveSessions(ctx context.Context, userID, except string) error {
	return tx.exec(ctx, "DELETE FROM session WHERE account_id = $1 AND id <> $2", userID, except)
}
