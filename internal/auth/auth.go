// Package auth knows who may do what: users with passwords and roles, their sessions
// and API tokens, the first set-up, and the delays that make guessing hopeless.
//
// What has to hold for all consoles of a database (a session that was ended, the delay
// after wrong passwords) stands in the store and nowhere else; nothing is cached, so a
// change acts on the next request. Secrets leave this package once, when they are made;
// what is stored is a hash.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bangui/internal/fault"
)

// Options are what Accounts are built from.
type Options struct {
	Store  Store
	Logger *slog.Logger
	Now    func() time.Time
	// SetupFile holds the one-time token of the first set-up; see WriteSetupToken.
	SetupFile string
	// Session is how long a session lasts at most; Idle how long it lasts unused. Zero
	// is 12 hours and 30 minutes.
	Session, Idle time.Duration
	// CheapHashes makes hashes of passwords that cost next to nothing, for tests of all that
	// is not about them. Nobody's password may be kept so.
	CheapHashes bool
}

// Bounds of what is stored.
const (
	MaxUsers        = 500
	MaxTokens       = 1000 // of all users together
	MaxSessions     = 50   // of a user; beyond them the oldest ends
	freshFor        = 10 * time.Minute
	standardSession = 12 * time.Hour
	standardIdle    = 30 * time.Minute
)

// Accounts are the users of a console and all that they sign in with. It is safe for
// concurrent use.
type Accounts struct {
	Options
	hasher  *hasher
	isSetUp atomic.Bool // there is a user; it never becomes false again

	mu      sync.Mutex
	changed chan struct{}      // closed, and replaced, when somebody may have lost a right
	seen    map[string]sighted // sessions and tokens that were used since the last tidying
}

// New builds accounts. Run keeps them tidy.
func New(o Options) *Accounts {
	if o.Session == 0 {
		o.Session = standardSession
	}
	if o.Idle == 0 {
		o.Idle = standardIdle
	}
	return &Accounts{Options: o, hasher: newHasher(costOf(o)), changed: make(chan struct{}), seen: map[string]sighted{}}
}

// Origin is where a request comes from.
type Origin struct {
	Address netip.Addr // invalid = not known
	Agent   string     // what the program says that it is; hostile text
}

// Principal is who asks: a user, and the session or the token by which we know him.
type Principal struct {
	User    User
	Role    Role    // what he may do now; a token may lower it
	Session Session // zero when he came by token
	Token   Token   // zero when he came by session
}

// ByToken reports whether he came by token.
func (p Principal) ByToken() bool { return p.Token.ID != "" }

// Fresh reports whether he has proved his password lately; a token never has.
func (p Principal) Fresh(now time.Time) bool { return now.Before(p.Session.FreshUntil) }

// Changed returns a channel that is closed when somebody in this process may have lost
// a right: whoever serves for long asks Check again then.
func (a *Accounts) Changed() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.changed
}

// tell wakes all who wait for Changed.
func (a *Accounts) tell() {
	a.mu.Lock()
	defer a.mu.Unlock()
	close(a.changed)
	a.changed = make(chan struct{})
}

// act is one transaction that changes something because somebody asked for it, and is
// recorded with it; by is the name of who has just proved who he is, "" = it was known.
func (a *Accounts) act(ctx context.Context, by string, work func(Tx) error) error {
	return a.Store.Change(ctx, func(tx Tx) error {
		if err := work(tx); err != nil {
			return err
		}
		return tx.Audited(ctx, by)
	})
}

// change is act, of which those who serve for long hear afterwards.
func (a *Accounts) change(ctx context.Context, work func(Tx) error) error {
	if err := a.act(ctx, "", work); err != nil {
		return err
	}
	a.tell()
	return nil
}

// Check reports whether a principal still may do what he could when he came: NotSignedIn
// when his session or token ended or he was disabled, NotAllowed when his role is lower.
func (a *Accounts) Check(ctx context.Context, p Principal) error {
	now, err := a.principal(ctx, p)
	if err != nil {
		return err
	}
	if !now.Role.Covers(p.Role) {
		return fault.New(fault.NotAllowed, "your role was changed")
	}
	return nil
}

func (a *Accounts) principal(ctx context.Context, p Principal) (Principal, error) {
	if p.ByToken() {
		t, u, found, err := a.Store.TokenByID(ctx, p.Token.ID)
		return a.byToken(t, u, found, err)
	}
	s, u, found, err := a.Store.SessionByID(ctx, p.Session.ID)
	return a.bySession(s, u, found, err)
}

func notSignedIn() error {
	return fault.New(fault.NotSignedIn, "you are not signed in").WithMend("Sign in, or send an API token: Authorization: Bearer bgt_…")
}

// newID is a public id: nobody can guess it, and nothing hangs on that.
func newID() string { return strings.ToLower(rand.Text()) }

// newSecret is 256 random bits as 43 characters.
func newSecret() string {
	bits := make([]byte, 32)
	_, _ = rand.Read(bits) // never fails, by its documentation
	return base64.RawURLEncoding.EncodeToString(bits)
}

// hashOf is how a secret of 256 random bits is stored: it can't be guessed, so one
// SHA-256 does, and the index finds it.
func hashOf(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}
