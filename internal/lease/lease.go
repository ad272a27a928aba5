package lease

import (
	"context"
	"errors"
	"time"
)

// Scheduler is the name of the lease of the background jobs.
const Scheduler = "scheduler"

// ErrFenced is that a transaction was refused because its term is over.
var ErrFenced = errors.New("the term of this transaction is over")

// Info is what people want to know of a process. It decides nothing, but BootID.
type Info struct {
	PID      int
	Hostname string
	Version  string
	// BootID is the running kernel's. On SQLite it is stored only by a holder that has
	// the kernel lock.
	BootID string
}

// Row is a lease as the database has it.
type Row struct {
	Name        string
	Epoch       int64
	Holder      string // "" = free
	Nonce       string
	Beat        int64 // renewals in this term
	Info        Info
	CreatedAt   time.Time     // when the term began, by the database's clock
	HeartbeatAt time.Time     // when it was last renewed
	Timeout     time.Duration // after which it is stale; the holder's, not the reader's
	Age         time.Duration // since HeartbeatAt, by the database's clock
}

// same reports whether nothing happened between two looks.
func (r Row) same(as Row) bool {
	return r.Epoch == as.Epoch && r.Holder == as.Holder && r.Nonce == as.Nonce
}

// Term is one process leading once.
type Term struct {
	Name   string
	Holder string
	Epoch  int64
}

// Claim is the wish to take a lease that is still as it was seen.
type Claim struct {
	Seen    Row
	Holder  string
	Nonce   string
	Info    Info
	Timeout time.Duration
	Reason  Reason
}

// Reason is why a lease was taken.
type Reason string

// The reasons, in the order in which they are looked at.
const (
	Free    Reason = "free"     // nobody held it
	Self    Reason = "self"     // our own, from a term that is over
	Crashed Reason = "crashed"  // the kernel knows that the holder is dead
	Silent  Reason = "silent"   // we saw no change for its time-out
	DBStale Reason = "db-stale" // too old by the database's clock, and quiet
)

// Kind is what happened to a lease.
type Kind string

// The kinds of events.
const (
	Acquired  Kind = "acquired"
	Released  Kind = "released"
	Lost      Kind = "lost"       // the holder found that it had lost its term
	StoodDown Kind = "stood-down" // the holder gave up, since it could not renew
	Stolen    Kind = "stolen"     // an operator ended the term
)

// Event is one change of a lease, or what a holder found out about its own.
type Event struct {
	Seq    int64
	At     time.Time // by the database's clock
	Name   string
	Epoch  int64
	Holder string
	Info   Info // without BootID
	Kind   Kind
	Reason string
	Detail string
}

// Store keeps leases. Each method is one transaction; none tries again by itself. An
// error means that the outcome is not known.
type Store interface {
	// LookLease reads a row and locks nothing.
	LookLease(ctx context.Context, name string) (Row, error)
	// TakeLease gives the lease to the claim's holder, with an epoch of its own, if the
	// row is still as it was seen; ok is false when it isn't. It waits for transactions
	// of the term before.
	TakeLease(ctx context.Context, c Claim) (epoch int64, ok bool, err error)
	// RenewLease beats, if the row still has this term and the nonce from.
	RenewLease(ctx context.Context, t Term, from, to string) (ok bool, err error)
	// ReleaseLease frees the row, if it still has this term and nonce.
	ReleaseLease(ctx context.Context, t Term, nonce, reason string) (ok bool, err error)
	// NoteLease keeps what a holder found out about its term.
	NoteLease(ctx context.Context, e Event) error
}
