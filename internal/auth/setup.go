package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io/fs"
	"os"
	"strings"

	"bangui/internal/fault"
)

// SetupNeeded reports whether there is no user yet.
func (a *Accounts) SetupNeeded(ctx context.Context) (bool, error) {
	if a.isSetUp.Load() {
		return false, nil
	}
	some, err := a.Store.AnyUser(ctx)
	if err == nil && some {
		a.isSetUp.Store(true)
	}
	return !some, err
}

// SetUp makes the first admin and signs him in, for who shows the token of the set-up.
// It is one transaction: killed at any moment, it can be done again or is done.
// Errors are SetupDone, SetupTokenWrong, Invalid, PasswordWeak.
func (a *Accounts) SetUp(ctx context.Context, token string, c Credentials, from Origin) (SignedIn, error) {
	if needed, err := a.SetupNeeded(ctx); err != nil || !needed {
		return SignedIn{}, orElse(err, setupDone())
	}
	if right, err := ReadSetupToken(a.SetupFile); err != nil || right == "" || subtle.ConstantTimeCompare([]byte(token), []byte(right)) != 1 {
		return SignedIn{}, fault.Wrap(err, fault.SetupTokenWrong, "the token is not the one of this set-up").
			WithMend("The console's log shows it at each start, and `bangui setup-token` on that machine.")
	}
	return a.setUp(ctx, c, from)
}

// SetUpUnattended makes the first admin where there is none yet; done says whether.
func (a *Accounts) SetUpUnattended(ctx context.Context, c Credentials) (done bool, err error) {
	if needed, err := a.SetupNeeded(ctx); err != nil || !needed {
		return false, err
	}
	_, err = a.setUp(ctx, c, Origin{})
	if fault.Is(err, fault.SetupDone) {
		return false, nil // another console was quicker
	}
	return err == nil, err
}

func (a *Accounts) setUp(ctx context.Context, c Credentials, from Origin) (SignedIn, error) {
	u, err := a.newUser(ctx, NewUser{Name: c.Name, Role: Admin, Password: c.Password})
	if err != nil {
		return SignedIn{}, err
	}
	if from.Address.IsValid() { // somebody is there, and signed in with it
		u.LastSignInAt = a.Now()
	}
	in := a.newSession(u, from)
	err = a.act(ctx, u.Name, func(tx Tx) error {
		if some, err := tx.AnyUser(ctx); err != nil || some {
			return orElse(err, setupDone())
		}
		if err := tx.PutUser(ctx, u); err != nil || !from.Address.IsValid() {
			return err
		}
		if err := tx.PutFamiliar(ctx, u.ID, sourceOf(from.Address), a.Now()); err != nil {
			return err
		}
		return tx.PutSession(ctx, in.Session, hashOf(in.Secret))
	})
	if err != nil {
		return SignedIn{}, err
	}
	a.endSetup(ctx)
	return in, nil
}

// endSetup removes the token once there is a user; it opens nothing from then on anyway.
func (a *Accounts) endSetup(ctx context.Context) {
	a.isSetUp.Store(true)
	if err := RemoveSetupToken(a.SetupFile); err != nil {
		a.Logger.WarnContext(ctx, "the set-up is done, but its token could not be removed", "error", err)
	}
}

func setupDone() error { return fault.New(fault.SetupDone, "the set-up is done").WithMend("Sign in.") }

// ReadSetupToken is the token in a file; "" when there is none.
func ReadSetupToken(file string) (string, error) {
	content, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return strings.TrimSpace(string(content)), err
}

// NewSetupToken is a token of 130 random bits that can be typed.
func NewSetupToken() string { return rand.Text() }

// RemoveSetupToken removes the file; that it is gone already is no error.
func RemoveSetupToken(file string) error {
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
