package audit

import "context"

// Pending is the entry of a change of our own database that is under way. The transaction
// that makes the change stores it (store.Tx.Audited): either both are there, or neither.
// It belongs to one request.
type Pending struct {
	Entry

	written bool
}

// Written reports whether a transaction that stored the entry was committed.
func (p *Pending) Written() bool { return p.written }

// Committed is called by the store after the commit.
func (p *Pending) Committed() { p.written = true }

type pendingKey struct{}

// With hands an entry on to the transaction that will make the change.
func With(ctx context.Context, p *Pending) context.Context {
	return context.WithValue(ctx, pendingKey{}, p)
}

// PendingOf is the entry that With put there; nil where nobody did.
func PendingOf(ctx context.Context) *Pending {
	p, _ := ctx.Value(pendingKey{}).(*Pending)
	return p
}
