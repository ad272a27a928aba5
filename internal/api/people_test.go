package api_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bangui/internal/auth"
	"bangui/internal/store"
)

// people are the accounts of a test, with one user of each role. Their sessions are made
// in the store: a hash of a password takes its time.
type people struct {
	*auth.Accounts
	t  *testing.T
	db *store.DB
}

func peopleOf(t *testing.T, db *store.DB) *people {
	t.Helper()
	p := &people{t: t, db: db, Accounts: auth.New(auth.Options{
		Store: db, Logger: slog.New(slog.DiscardHandler), Now: time.Now, SetupFile: filepath.Join(t.TempDir(), "setup-token"), CheapHashes: true,
	})}
	err := db.Change(t.Context(), func(tx auth.Tx) error {
		for _, role := range append(auth.Roles(), "disabled") {
			u := auth.User{ID: idOf(role), Name: "the-" + string(role), Role: role, Hash: "none", CreatedAt: time.Now(), PasswordChangedAt: time.Now()}
			if role == "disabled" {
				u.Role, u.DisabledAt = auth.Admin, time.Now()
			}
			if err := tx.PutUser(t.Context(), u); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func idOf(role auth.Role) string { return "id-of-" + string(role) }

func newSecret() string { return strings.ToLower(rand.Text() + rand.Text())[:43] }

// session makes a session of a role's user, as change wants it, and gives its cookie.
func (p *people) session(role auth.Role, change func(s *auth.Session)) string {
	p.t.Helper()
	now := time.Now()
	secret := newSecret()
	hash := sha256.Sum256([]byte(secret))
	s := auth.Session{
		ID: "session-" + secret[:20], UserID: idOf(role), CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(time.Hour), FreshUntil: now.Add(time.Hour), Address: "192.0.2.77",
	}
	if change != nil {
		change(&s)
	}
	cookie := http.Cookie{Name: "bangui_session", Value: secret}
	if err := p.db.Change(context.Background(), func(tx auth.Tx) error { return tx.PutSession(context.Background(), s, hash[:]) }); err != nil {
		p.t.Fatal(err)
	}
	return cookie.String()
}
