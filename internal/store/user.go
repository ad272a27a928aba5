package store

import (
	"context"
	"database/sql"
	"time"

	"bangui/internal/auth"
)

var (
	_ auth.Store = (*DB)(nil)
	_ auth.Tx    = (*Tx)(nil)
)

// Change is Tx for accounts, which see a transaction through their own interface.
func (db *DB) Change(ctx context.Context, work func(auth.Tx) error) error {
	return db.Tx(ctx, func(tx *Tx) error { return work(tx) })
}

// userColumns are those that scanUser reads; other tables join account as a.
const userColumns = "a.id, a.name, a.role, a.password, a.created_at, a.password_changed_at, a.last_sign_in_at, a.disabled_at"

// userRow takes a user from a row.
type userRow struct {
	auth.User
	createdAt, changedAt   int64
	lastSignIn, disabledAt sql.NullInt64
}

func (u *userRow) targets() []any {
	return []any{&u.ID, &u.Name, &u.Role, &u.Hash, &u.createdAt, &u.changedAt, &u.lastSignIn, &u.disabledAt}
}

func (u *userRow) user() auth.User {
	u.CreatedAt, u.PasswordChangedAt = moment(u.createdAt), moment(u.changedAt)
	u.LastSignInAt, u.DisabledAt = orZero(u.lastSignIn), orZero(u.disabledAt)
	return u.User
}

func scanUser(r *sql.Rows) (auth.User, error) {
	var row userRow
	err := r.Scan(row.targets()...)
	return row.user(), err
}

// one is the only row of a query.
func one[T any](all []T, err error) (first T, found bool, _ error) {
	if err != nil || len(all) == 0 {
		return first, false, err
	}
	return all[0], true, nil
}

func userByID(ctx context.Context, from queryer, id string) (auth.User, bool, error) {
	return one(collect(ctx, from, scanUser, "SELECT "+userColumns+" FROM account a WHERE a.id = $1", id))
}

func userByName(ctx context.Context, from queryer, name string) (auth.User, bool, error) {
	return one(collect(ctx, from, scanUser, "SELECT "+userColumns+" FROM account a WHERE a.name = $1", name))
}

func users(ctx context.Context, from queryer) ([]auth.User, error) {
	return collect(ctx, from, scanUser, "SELECT "+userColumns+" FROM account a ORDER BY a.name LIMIT $1", auth.MaxUsers)
}

func anyUser(ctx context.Context, from queryer) (bool, error) {
	_, found, err := one(collect(ctx, from, scanOne[int], "SELECT 1 FROM account LIMIT 1"))
	return found, err
}

func familiar(ctx context.Context, from queryer, userID, source string) (bool, error) {
	_, found, err := one(collect(ctx, from, scanOne[int], "SELECT 1 FROM familiar WHERE account_id = $1 AND source = $2", userID, source))
	return found, err
}

// UserByID looks a user up by id.
func (db *DB) UserByID(ctx context.Context, id string) (auth.User, bool, error) {
	return userByID(ctx, db.read, id)
}

// UserByName looks a user up by name.
func (db *DB) UserByName(ctx context.Context, name string) (auth.User, bool, error) {
	return userByName(ctx, db.read, name)
}

// Users are all users by name.
func (db *DB) Users(ctx context.Context) ([]auth.User, error) { return users(ctx, db.read) }

// AnyUser reports whether there is a user.
func (db *DB) AnyUser(ctx context.Context) (bool, error) { return anyUser(ctx, db.read) }

// Familiar reports whether a user has signed in from a source before.
func (db *DB) Familiar(ctx context.Context, userID, source string) (bool, error) {
	return familiar(ctx, db.read, userID, source)
}

// UserByID looks a user up by id.
func (tx *Tx) UserByID(ctx context.Context, id string) (auth.User, bool, error) {
	return userByID(ctx, tx.tx, id)
}

// UserByName looks a user up by name.
func (tx *Tx) UserByName(ctx context.Context, name string) (auth.User, bool, error) {
	return userByName(ctx, tx.tx, name)
}

// Users are all users by name.
func (tx *Tx) Users(ctx context.Context) ([]auth.User, error) { return users(ctx, tx.tx) }

// AnyUser reports whether there is a user.
func (tx *Tx) AnyUser(ctx context.Context) (bool, error) { return anyUser(ctx, tx.tx) }

// Familiar reports whether a user has signed in from a source before.
func (tx *Tx) Familiar(ctx context.Context, userID, source string) (bool, error) {
	return familiar(ctx, tx.tx, userID, source)
}

// PutUser inserts a user, or replaces him by id.
func (tx *Tx) PutUser(ctx context.Context, u auth.User) error {
	return tx.exec(ctx, `INSERT INTO account (id, name, role, password, created_at, password_changed_at, last_sign_in_at, disabled_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET name = excluded.name, role = excluded.role, password = excluded.password,
			password_changed_at = excluded.password_changed_at, last_sign_in_at = excluded.last_sign_in_at, disabled_at = excluded.disabled_at`,
		u.ID, u.Name, string(u.Role), u.Hash, micros(u.CreatedAt), micros(u.PasswordChangedAt), orNull(u.LastSignInAt), orNull(u.DisabledAt))
}

// RemoveUser removes a user with all that is his.
func (tx *Tx) RemoveUser(ctx context.Context, id string) error {
	return tx.exec(ctx, "DELETE FROM account WHERE id = $1", id)
}

// maxFamiliar bounds the sources of a user; beyond them the longest unused is forgotten.
const maxFamiliar = 50

// PutFamiliar notes that a user signed in from a source.
func (tx *Tx) PutFamiliar(ctx context.Context, userID, source string, at time.Time) error {
	err := tx.exec(ctx, `INSERT INTO familiar (account_id, source, used_at) VALUES ($1, $2, $3)
		ON CONFLICT (account_id, source) DO UPDATE SET used_at = excluded.used_at`, userID, source, micros(at))
	if err != nil {
		return err
	}
	return tx.exec(ctx, `DELETE FROM familiar WHERE account_id = $1 AND source IN
		(SELECT source FROM familiar WHERE account_id = $1 ORDER BY used_at DESC, source LIMIT 1000 OFFSET $2)`, userID, maxFamiliar)
}
