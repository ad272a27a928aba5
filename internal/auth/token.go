package auth

import (
	"context"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"bangui/internal/fault"
)

// Token lets a program in, as a user.
type Token struct {
	ID         string // public
	UserID     string
	UserName   string
	Name       string // for people
	Scope      Scope
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // to the minute; zero = never
}

// Bounds of a token.
const (
	TokenPrefix  = "bgt_" // so that scanners for secrets find them
	tokenLength  = len(TokenPrefix) + 43
	MinTokenLife = 24 * time.Hour
	MaxTokenLife = 366 * 24 * time.Hour
	MaxTokenName = 100 // characters
)

// NewToken is what a token is made of.
type NewToken struct {
	Name  string
	Scope Scope
	Life  time.Duration
}

// IssueToken makes a token for a user and gives its text, which is shown once.
func (a *Accounts) IssueToken(ctx context.Context, u User, n NewToken) (Token, string, error) {
	if err := n.check(); err != nil {
		return Token{}, "", err
	}
	now := a.Now()
	t := Token{ID: newID(), UserID: u.ID, UserName: u.Name, Name: strings.TrimSpace(n.Name), Scope: n.Scope, CreatedAt: now, ExpiresAt: now.Add(n.Life)}
	text := TokenPrefix + newSecret()
	err := a.act(ctx, "", func(tx Tx) error {
		switch n, err := tx.CountTokens(ctx); {
		case err != nil:
			return err
		case n >= MaxTokens:
			return fault.New(fault.TooMany, "there are %d tokens, and no more are taken", n).WithMend("Revoke some that are not used any more.")
		}
		return tx.PutToken(ctx, t, hashOf(text))
	})
	return t, text, err
}

func (n NewToken) check() error {
	name := strings.TrimSpace(n.Name)
	switch {
	case name == "", utf8.RuneCountInString(name) > MaxTokenName, !utf8.ValidString(name), strings.ContainsFunc(name, unicode.IsControl):
		return fault.New(fault.Invalid, "a token needs a name, one line of at most %d characters", MaxTokenName)
	case !n.Scope.Valid():
		return fault.New(fault.Invalid, "there is no scope %q", n.Scope).WithMend("There are read and write.")
	case n.Life < MinTokenLife || n.Life > MaxTokenLife:
		return fault.New(fault.Invalid, "a token lasts between a day and a year")
	}
	return nil
}

// ByToken is who shows a token. NotSignedIn covers all that can be wrong with it.
// Nothing is written: Run stores later that it was used.
func (a *Accounts) ByToken(ctx context.Context, text string, from Origin) (Principal, error) {
	if len(text) != tokenLength || !strings.HasPrefix(text, TokenPrefix) {
		return Principal{}, notSignedIn()
	}
	t, u, found, err := a.Store.TokenBySecret(ctx, hashOf(text))
	p, err := a.byToken(t, u, found, err)
	if err == nil {
		a.see(p.Token.ID, true, from)
	}
	return p, err
}

func (a *Accounts) byToken(t Token, u User, found bool, err error) (Principal, error) {
	if err != nil {
		return Principal{}, err
	}
	if !found || u.Disabled() || !a.Now().Before(t.ExpiresAt) {
		return Principal{}, notSignedIn()
	}
	role := u.Role
	if t.Scope != Write {
		role = Viewer
	}
	return Principal{User: u, Role: role, Token: t}, nil
}

// Tokens are those of a user, or of all users for "", the newest first.
func (a *Accounts) Tokens(ctx context.Context, userID string) ([]Token, error) {
	all, err := a.Store.Tokens(ctx, userID)
	for i, t := range all {
		all[i].LastUsedAt = later(t.LastUsedAt, a.lastSeen(t.ID))
	}
	return all, err
}

// RevokeToken ends a token: one's own, or as an admin anybody's. For anybody else it is
// NotFound.
func (a *Accounts) RevokeToken(ctx context.Context, p Principal, id string) error {
	t, _, found, err := a.Store.TokenByID(ctx, id)
	if err != nil {
		return err
	}
	if !found || (t.UserID != p.User.ID && !p.Role.Covers(Admin)) {
		return fault.New(fault.NotFound, "there is no such token")
	}
	return a.change(ctx, func(tx Tx) error {
		_, err := tx.RemoveToken(ctx, id)
		return err
	})
}
