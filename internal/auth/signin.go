package auth

import (
	"context"

	"bangui/internal/fault"
)

// Credentials are what somebody signs in with.
type Credentials struct{ Name, Password string }

// SignedIn is a new session and the secret that its holder shows from then on.
type SignedIn struct {
	Session Session
	User    User
	Secret  string
}

// SignIn begins a session for who knows a user's password. It takes the same time
// whether there is such a user or not. Errors are CredentialsWrong and
// AttemptsThrottled, which says when to try again.
func (a *Accounts) SignIn(ctx context.Context, c Credentials, from Origin) (SignedIn, error) {
	u, err := a.prove(ctx, c, from)
	if err != nil {
		return SignedIn{}, err
	}
	return a.begin(ctx, u, from)
}

// prove is the user who has this name and password; a wrong one counts.
func (a *Accounts) prove(ctx context.Context, c Credentials, from Origin) (User, error) {
	name, source := nameOf(c.Name), sourceOf(from.Address)
	if !goodName.MatchString(name) {
		name = "?" // nobody's, whatever it was: no hostile text in the store
	}
	u, found, err := a.Store.UserByName(ctx, name)
	if err != nil {
		return User{}, err
	}
	familiar := false
	if found {
		if familiar, err = a.Store.Familiar(ctx, u.ID, source); err != nil {
			return User{}, err
		}
	}
	at := places(name, u.ID, familiar, source)
	if err := a.taken(ctx, a.Store, at); err != nil {
		return User{}, err // most of a flood ends here, without a write and without a turn
	}
	leave, err := a.hasher.enter(ctx, familiar)
	if err != nil {
		return User{}, err
	}
	defer leave()
	if err := a.reserve(ctx, at); err != nil {
		return User{}, err
	}
	right, stale := a.hasher.matches(c.Password, u.Hash)
	if !right || u.Disabled() {
		return User{}, credentialsWrong()
	}
	if stale {
		u.Hash = a.hasher.hash(c.Password)
	}
	return u, a.proved(ctx, u, at, source)
}

// proved takes the attempt back, and keeps the source as familiar. A password that was
// changed, or a user who was disabled meanwhile, is too late.
func (a *Accounts) proved(ctx context.Context, u User, at []string, source string) error {
	return a.Store.Change(ctx, func(tx Tx) error {
		now, err := unchanged(ctx, tx, u)
		if err != nil {
			return err
		}
		if err := tx.RemoveAttempts(ctx, at); err != nil {
			return err
		}
		now.Hash, now.LastSignInAt = u.Hash, a.Now()
		if err := tx.PutUser(ctx, now); err != nil {
			return err
		}
		return tx.PutFamiliar(ctx, u.ID, source, a.Now())
	})
}

// unchanged is the user as he is now, if what he proved still holds: an admin may have
// given him another password meanwhile, or disabled him.
func unchanged(ctx context.Context, tx Tx, u User) (User, error) {
	now, found, err := tx.UserByID(ctx, u.ID)
	if err != nil || !found || now.Disabled() || !now.PasswordChangedAt.Equal(u.PasswordChangedAt) {
		return User{}, orElse(err, credentialsWrong())
	}
	return now, nil
}

func credentialsWrong() error {
	return fault.New(fault.CredentialsWrong, "user name or password is wrong").
		WithMend("Try again. Who has forgotten his password gets a new one from an admin, or on the machine itself: bangui user passwd NAME")
}

// StepUp proves the password of who is signed in: for ten minutes he may do what needs a
// fresh sign-in. His session goes on under another secret, so that whoever had a copy of
// the old one is out, and not fresh too. Tokens can't (NotAllowed).
func (a *Accounts) StepUp(ctx context.Context, p Principal, password string, from Origin) (SignedIn, error) {
	if p.ByToken() {
		return SignedIn{}, needsSession()
	}
	u, err := a.prove(ctx, Credentials{p.User.Name, password}, from)
	if err != nil {
		return SignedIn{}, err
	}
	in := a.renewed(p)
	return in, a.act(ctx, "", func(tx Tx) error {
		if _, err := unchanged(ctx, tx, u); err != nil {
			return err
		}
		return renew(ctx, tx, in)
	})
}

// renewed is a session with another secret, fresh from now on.
func (a *Accounts) renewed(p Principal) SignedIn {
	in := SignedIn{Session: p.Session, User: p.User, Secret: newSecret()}
	in.Session.FreshUntil = a.Now().Add(freshFor)
	return in
}

// renew stores it, unless the session ended meanwhile (NotSignedIn).
func renew(ctx context.Context, tx Tx, in SignedIn) error {
	found, err := tx.RenewSession(ctx, in.Session.ID, hashOf(in.Secret), in.Session.FreshUntil)
	if err != nil || !found {
		return orElse(err, notSignedIn())
	}
	return nil
}

// ChangePassword gives who is signed in another password, and his session another secret.
// His other sessions end; his tokens stay, since programs use them.
func (a *Accounts) ChangePassword(ctx context.Context, p Principal, current, next string, from Origin) (SignedIn, error) {
	if p.ByToken() {
		return SignedIn{}, needsSession()
	}
	u, err := a.prove(ctx, Credentials{p.User.Name, current}, from)
	if err != nil {
		return SignedIn{}, err
	}
	if err := CheckPassword(u.Name, next); err != nil {
		return SignedIn{}, err
	}
	hash, err := a.hash(ctx, next)
	if err != nil {
		return SignedIn{}, err
	}
	in := a.renewed(p)
	return in, a.change(ctx, func(tx Tx) error {
		now, err := unchanged(ctx, tx, u)
		if err != nil {
			return err
		}
		now.Hash, now.PasswordChangedAt = hash, a.Now()
		if err := tx.PutUser(ctx, now); err != nil {
			return err
		}
		if err := renew(ctx, tx, in); err != nil {
			return err
		}
		return tx.RemoveSessions(ctx, u.ID, p.Session.ID)
	})
}

func needsSession() error {
	return fault.New(fault.NotAllowed, "an API token can't do this").WithMend("Sign in with user name and password.")
}
