package auth

import (
	"context"
	"regexp"
	"strings"
	"time"

	"bangui/internal/fault"
)

// User is somebody who may sign in.
type User struct {
	ID                string
	Name              string // lower case
	Role              Role
	Hash              string // of the password, in PHC form; never leaves the console
	CreatedAt         time.Time
	PasswordChangedAt time.Time
	LastSignInAt      time.Time // zero = never
	DisabledAt        time.Time // zero = enabled
}

// Disabled reports whether he may not sign in.
func (u User) Disabled() bool { return !u.DisabledAt.IsZero() }

var goodName = regexp.MustCompile(`^[a-z0-9][a-z0-9._@-]{0,63}$`)

// nameOf is a user name in its one form: lower case, without blanks around it.
func nameOf(text string) string { return strings.ToLower(strings.TrimSpace(text)) }

// NewUser is what a user is made of.
type NewUser struct {
	Name     string
	Role     Role
	Password string
}

// check gives the name in its one form, or says what can't be taken.
func (n NewUser) check() (name string, err error) {
	name = nameOf(n.Name)
	if !goodName.MatchString(name) {
		return "", fault.New(fault.Invalid, "the user name can't be taken").
			WithMend("A name begins with a letter or a digit and holds at most 64 of: a–z 0–9 . _ @ -")
	}
	if !n.Role.Valid() {
		return "", fault.New(fault.Invalid, "there is no role %q", n.Role).WithMend("There are viewer, operator and admin.")
	}
	return name, CheckPassword(name, n.Password)
}

// AddUser makes a user. Errors are Invalid, PasswordWeak, Conflict (the name is taken)
// and TooMany.
func (a *Accounts) AddUser(ctx context.Context, n NewUser) (User, error) {
	u, err := a.newUser(ctx, n)
	if err != nil {
		return User{}, err
	}
	if err := a.act(ctx, "", func(tx Tx) error { return add(ctx, tx, u) }); err != nil {
		return User{}, err
	}
	a.endSetup(ctx) // where he is the first
	return u, nil
}

func add(ctx context.Context, tx Tx, u User) error {
	if _, found, err := tx.UserByName(ctx, u.Name); err != nil || found {
		return orElse(err, fault.New(fault.Conflict, "there is a user %s already", u.Name).WithMend("Choose another name."))
	}
	all, err := tx.Users(ctx)
	switch {
	case err != nil:
		return err
	case len(all) >= MaxUsers:
		return fault.New(fault.TooMany, "there are %d users, and no more are taken", MaxUsers)
	case len(all) == 0 && u.Role != Admin:
		return fault.New(fault.Conflict, "the first user is an admin: nobody else could make more").WithMend("Give him the role admin.")
	}
	return tx.PutUser(ctx, u)
}

// orElse is err, or other where err is nil.
func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func (a *Accounts) newUser(ctx context.Context, n NewUser) (User, error) {
	name, err := n.check()
	if err != nil {
		return User{}, err
	}
	hash, err := a.hash(ctx, n.Password)
	now := a.Now()
	return User{ID: newID(), Name: name, Role: n.Role, Hash: hash, CreatedAt: now, PasswordChangedAt: now}, err
}

// hash waits for a turn and makes a hash.
func (a *Accounts) hash(ctx context.Context, password string) (string, error) {
	leave, err := a.hasher.enter(ctx, true)
	if err != nil {
		return "", err
	}
	defer leave()
	return a.hasher.hash(password), nil
}

// Users are all users by name.
func (a *Accounts) Users(ctx context.Context) ([]User, error) { return a.Store.Users(ctx) }

// User is one user; NotFound when there is none.
func (a *Accounts) User(ctx context.Context, id string) (User, error) {
	u, found, err := a.Store.UserByID(ctx, id)
	if err == nil && !found {
		err = noSuchUser()
	}
	return u, err
}

// UserNamed is one user by name; NotFound when there is none.
func (a *Accounts) UserNamed(ctx context.Context, name string) (User, error) {
	u, found, err := a.Store.UserByName(ctx, nameOf(name))
	if err == nil && !found {
		err = noSuchUser()
	}
	return u, err
}

func noSuchUser() error { return fault.New(fault.NotFound, "there is no such user") }

// UserChange says what becomes another; nil stays.
type UserChange struct {
	Role     *Role
	Disabled *bool
	Password *string
}

// ChangeUser changes a user. With his password, and when he is disabled, all his sessions
// end. The last enabled admin can be neither lowered nor disabled (LastAdmin).
func (a *Accounts) ChangeUser(ctx context.Context, id string, c UserChange) (User, error) {
	old, err := a.User(ctx, id)
	if err != nil {
		return User{}, err
	}
	var hash string
	if c.Password != nil {
		if err := CheckPassword(old.Name, *c.Password); err != nil {
			return User{}, err
		}
		if hash, err = a.hash(ctx, *c.Password); err != nil {
			return User{}, err
		}
	}
	if c.Role != nil && !c.Role.Valid() {
		return User{}, fault.New(fault.Invalid, "there is no role %q", *c.Role)
	}
	var u User
	err = a.change(ctx, func(tx Tx) error {
		u, err = a.changeUser(ctx, tx, id, c, hash)
		return err
	})
	return u, err
}

func (a *Accounts) changeUser(ctx context.Context, tx Tx, id string, c UserChange, hash string) (User, error) {
	u, found, err := tx.UserByID(ctx, id)
	if err != nil || !found {
		return User{}, orElse(err, noSuchUser())
	}
	before, now := u, a.Now()
	if c.Role != nil {
		u.Role = *c.Role
	}
	if c.Disabled != nil && *c.Disabled != u.Disabled() {
		u.DisabledAt = time.Time{}
		if *c.Disabled {
			u.DisabledAt = now
		}
	}
	if hash != "" {
		u.Hash, u.PasswordChangedAt = hash, now
		if err := forgetFailures(ctx, tx, u); err != nil {
			return User{}, err
		}
	}
	if reigns(before) && !reigns(u) {
		if err := keepsAnAdmin(ctx, tx, id); err != nil {
			return User{}, err
		}
	}
	if hash != "" || u.Disabled() {
		if err := tx.RemoveSessions(ctx, id, ""); err != nil {
			return User{}, err
		}
	}
	return u, tx.PutUser(ctx, u)
}

// forgetFailures ends the delays of a user: his guesses were at a password that is gone.
func forgetFailures(ctx context.Context, tx Tx, u User) error {
	if err := tx.RemoveAttempts(ctx, []string{placeOfAccount(u.Name)}); err != nil {
		return err
	}
	return tx.RemoveFamiliarAttempts(ctx, u.ID, placeOfFamiliar(u.ID, ""))
}

// RemoveUser removes a user with his sessions and tokens; not the last enabled admin.
func (a *Accounts) RemoveUser(ctx context.Context, id string) error {
	return a.change(ctx, func(tx Tx) error {
		u, found, err := tx.UserByID(ctx, id)
		if err != nil || !found {
			return orElse(err, noSuchUser())
		}
		if reigns(u) {
			if err := keepsAnAdmin(ctx, tx, id); err != nil {
				return err
			}
		}
		return tx.RemoveUser(ctx, id)
	})
}

// reigns reports whether a user is an enabled admin.
func reigns(u User) bool { return u.Role == Admin && !u.Disabled() }

// keepsAnAdmin refuses to go on without one user who may do everything.
func keepsAnAdmin(ctx context.Context, tx Tx, without string) error {
	all, err := tx.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range all {
		if u.ID != without && reigns(u) {
			return nil
		}
	}
	return fault.New(fault.LastAdmin, "this is the last admin").WithMend("Make another user an admin first.")
}
