package auth

import (
	"context"
	"time"
)

// Store is what accounts ask of storage; *store.DB is one. found is false when there is
// no such row, which is no error.
type Store interface {
	Reader
	// Change runs work in one transaction: all of it is kept, or nothing.
	Change(ctx context.Context, work func(Tx) error) error

	SessionBySecret(ctx context.Context, hash []byte) (s Session, u User, found bool, err error)
	SessionByID(ctx context.Context, id string) (s Session, u User, found bool, err error)
	// Sessions are those of a user, the newest first; at most MaxSessions.
	Sessions(ctx context.Context, userID string) ([]Session, error)
	// AdminSessions are the sessions of enabled admins that were used since a moment; at most 1000.
	AdminSessions(ctx context.Context, since time.Time) ([]Session, error)

	TokenBySecret(ctx context.Context, hash []byte) (t Token, u User, found bool, err error)
	TokenByID(ctx context.Context, id string) (t Token, u User, found bool, err error)
	// Tokens are those of a user, of all users for "", the newest first; at most MaxTokens.
	Tokens(ctx context.Context, userID string) ([]Token, error)
}

// Reader looks things up, in a transaction or outside.
type Reader interface {
	UserByID(ctx context.Context, id string) (u User, found bool, err error)
	UserByName(ctx context.Context, name string) (u User, found bool, err error)
	// Users are all users by name; at most MaxUsers.
	Users(ctx context.Context) ([]User, error)
	// AnyUser reports whether there is a user at all.
	AnyUser(ctx context.Context) (bool, error)
	// Familiar reports whether a user has signed in from a source before.
	Familiar(ctx context.Context, userID, source string) (bool, error)
	// Attempts are the counters of places; those without a failure are left out.
	Attempts(ctx context.Context, places []string) ([]Attempt, error)
	// SavedFilters are those of a user by name; at most MaxSavedFilters.
	SavedFilters(ctx context.Context, userID string) ([]SavedFilter, error)
}

// Tx writes in one transaction.
type Tx interface {
	Reader
	// Audited records the change that this transaction makes, where its context says what
	// that is; every transaction in which somebody changes something calls it. by is the
	// name of who has just proved who he is; "" = it was known before.
	Audited(ctx context.Context, by string) error
	PutUser(ctx context.Context, u User) error // inserts, or replaces by id
	RemoveUser(ctx context.Context, id string) error
	PutFamiliar(ctx context.Context, userID, source string, at time.Time) error

	// PutSession inserts; beyond MaxSessions of a user his oldest ones end.
	PutSession(ctx context.Context, s Session, hash []byte) error
	// SeeSession notes when and from where a session was last used.
	SeeSession(ctx context.Context, id string, at time.Time, address string) error
	// RenewSession gives a session another secret, and notes until when it is fresh.
	RenewSession(ctx context.Context, id string, hash []byte, until time.Time) (found bool, err error)
	RemoveSession(ctx context.Context, id string) (found bool, err error)
	// RemoveSessions ends the sessions of a user but one; "" = all.
	RemoveSessions(ctx context.Context, userID, except string) error

	CountTokens(ctx context.Context) (int, error)
	PutToken(ctx context.Context, t Token, hash []byte) error
	UseToken(ctx context.Context, id string, at time.Time) error
	RemoveToken(ctx context.Context, id string) (found bool, err error)

	PutSavedFilter(ctx context.Context, f SavedFilter) error // inserts, or replaces by id
	RemoveSavedFilter(ctx context.Context, userID, id string) (found bool, err error)

	PutAttempt(ctx context.Context, at Attempt) error
	RemoveAttempts(ctx context.Context, places []string) error
	// RemoveFamiliarAttempts forgets the failures of a user at his familiar sources, whose
	// places begin with prefix.
	RemoveFamiliarAttempts(ctx context.Context, userID, prefix string) error
	// Tidy removes, of each kind at most limit rows: sessions that ended before now or
	// were not used since idle, attempts and familiar sources that were last seen before
	// their moments. It gives how many went.
	Tidy(ctx context.Context, old Old, limit int) (int64, error)
}

// Old says from which moment on rows are needed.
type Old struct{ Now, Idle, Attempts, Familiar, Tokens time.Time }
