package store

import (
	"context"
	"database/sql"
	"time"

	"bangui/internal/auth"
)

const tokenColumns = "t.id, t.account_id, a.name, t.name, t.scope, t.created_at, t.expires_at, t.last_used_at" //nolint:gosec // names of columns

// tokenRow takes a token from a row.
type tokenRow struct {
	auth.Token
	createdAt, expiresAt int64
	usedAt               sql.NullInt64
}

func (t *tokenRow) targets() []any {
	return []any{&t.ID, &t.UserID, &t.UserName, &t.Name, &t.Scope, &t.createdAt, &t.expiresAt, &t.usedAt}
}

func (t *tokenRow) token() auth.Token {
	t.CreatedAt, t.ExpiresAt, t.LastUsedAt = moment(t.createdAt), moment(t.expiresAt), orZero(t.usedAt)
	return t.Token
}

// userToken is a token and whose it is.
type userToken struct {
	auth.Token
	auth.User
}

func (db *DB) token(ctx context.Context, column string, value any) (auth.Token, auth.User, bool, error) {
	both, found, err := one(collect(ctx, db.read, func(r *sql.Rows) (userToken, error) {
		var t tokenRow
		var u userRow
		err := r.Scan(append(t.targets(), u.targets()...)...)
		return userToken{t.token(), u.user()}, err
	}, "SELECT "+tokenColumns+", "+userColumns+" FROM token t JOIN account a ON a.id = t.account_id WHERE "+column+" = $1", value))
	return both.Token, both.User, found, err
}

// TokenBySecret is a token by the hash of its text.
func (db *DB) TokenBySecret(ctx context.Context, hash []byte) (auth.Token, auth.User, bool, error) {
	return db.token(ctx, "t.secret", hash)
}

// TokenByID is a token by its public id.
func (db *DB) TokenByID(ctx context.Context, id string) (auth.Token, auth.User, bool, error) {
	return db.token(ctx, "t.id", id)
}

// Tokens are those of a user, of all users for "", the newest first.
func (db *DB) Tokens(ctx context.Context, userID string) ([]auth.Token, error) {
	return collect(ctx, db.read, func(r *sql.Rows) (auth.Token, error) {
		var row tokenRow
		err := r.Scan(row.targets()...)
		return row.token(), err
	}, "SELECT "+tokenColumns+` FROM token t JOIN account a ON a.id = t.account_id
		WHERE $1 = '' OR t.account_id = $1 ORDER BY t.created_at DESC, t.id LIMIT $2`, userID, auth.MaxTokens)
}

// CountTokens counts the tokens of all users.
func (tx *Tx) CountTokens(ctx context.Context) (n int, err error) {
	return n, tx.get(ctx, []any{&n}, "SELECT count(*) FROM token")
}

// PutToken inserts a token.
func (tx *Tx) PutToken(ctx context.Context, t auth.Token, hash []byte) error {
	return tx.exec(ctx, "INSERT INTO token (id, secret, account_id, name, scope, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		t.ID, hash, t.UserID, t.Name, string(t.Scope), micros(t.CreatedAt), micros(t.ExpiresAt))
}

// UseToken notes when a token was last used.
func (tx *Tx) UseToken(ctx context.Context, id string, at time.Time) error {
	return tx.exec(ctx, "UPDATE token SET last_used_at = $2 WHERE id = $1 AND coalesce(last_used_at, 0) < $2", id, micros(at))
}

// RemoveToken ends a token.
func (tx *Tx) RemoveToken(ctx context.Context, id string) (bool, error) {
	return tx.remove(ctx, "DELETE FROM token WHERE id = $1", id)
}
