package audit

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"bangui/internal/fault"
)

// Store keeps entries. Each method is one transaction or one read.
type Store interface {
	// AppendAudit seals and stores entries in order, and gives the id of the first. It is
	// durable when it returns.
	AppendAudit(ctx context.Context, entries []Entry) (first int64, err error)
	AuditEntries(ctx context.Context, q Query) ([]Entry, error)
	// AuditLinks are at most limit entries after an id, oldest first.
	AuditLinks(ctx context.Context, after int64, limit int) ([]Link, error)
	AuditEnds(ctx context.Context) (Ends, error)
	// TrimAudit removes up to limit entries from the beginning of the chain, as far as
	// they are older than before, keeps the place, and appends what said makes of the last
	// one. It gives how many went.
	TrimAudit(ctx context.Context, before time.Time, limit int, said func(last int64, n int) Entry) (int, error)
}

// Options are what a Trail is built from.
type Options struct {
	Store  Store
	Logger *slog.Logger
	Now    func() time.Time
	// Keep is how long entries are kept; 0 = 365 days.
	Keep time.Duration
}

// Trail records and answers. It is safe for concurrent use. Run keeps it tidy.
type Trail struct {
	store  Store
	logger *slog.Logger
	now    func() time.Time
	keep   time.Duration

	mu       sync.Mutex
	refusals *refusals // of this minute
}

// Bounds of keeping.
const (
	standardKeep = 365 * 24 * time.Hour
	flushEvery   = time.Minute
	trimPage     = 2000
	lastWords    = 5 * time.Second // for what is recorded while we stop
	trimAction   = "audit.trim"
)

var _ Log = (*Trail)(nil)

// New returns a trail over a store.
func New(o Options) *Trail {
	if o.Keep == 0 {
		o.Keep = standardKeep
	}
	return &Trail{store: o.Store, logger: o.Logger, now: o.Now, keep: o.Keep, refusals: newRefusals(o.Now())}
}

// Begin records that something is about to be done, and gives the id for the BeganID of
// the entry that ends it. Without it, it must not be done.
func (t *Trail) Begin(ctx context.Context, e Entry) (int64, error) {
	e.Outcome = Begun
	return t.append(ctx, e)
}

// Record stores an entry. Refusals that ended nothing begun, and what nobody we know
// failed at, are summed up: the first of a source in a minute is stored, those that follow
// become one entry when the minute is over.
func (t *Trail) Record(ctx context.Context, e Entry) error {
	if e.BeganID == 0 && (e.Outcome == Refused || e.Outcome == Failed && e.Actor.Kind == Anonymous) {
		return t.refuse(ctx, e)
	}
	_, err := t.append(ctx, e)
	return err
}

func (t *Trail) append(ctx context.Context, entries ...Entry) (int64, error) {
	if len(entries) == 0 {
		return 0, nil
	}
	first, err := t.store.AppendAudit(ctx, entries)
	if err != nil {
		return 0, unwritable(err)
	}
	return first, nil
}

// unwritable says that a change was not made because it can't be recorded. The code stays
// that of the cause; one that tells nothing becomes Unavailable.
func unwritable(err error) error {
	code, why := fault.CodeOf(err), fault.MessageOf(err)
	if code == fault.Internal {
		code, why = fault.Unavailable, "the database failed"
	}
	mend := fault.MendOf(err)
	if mend == "" {
		mend = "The log has the cause."
	}
	return fault.Wrap(err, code, "nothing was done, because it can't be written to the audit: %s", why).WithMend("%s", mend)
}

// Entries are one page, newest first. The limit is brought between 1 and MaxLimit.
func (t *Trail) Entries(ctx context.Context, q Query) ([]Entry, error) {
	q.Limit = min(max(1, q.Limit), MaxLimit)
	return t.store.AuditEntries(ctx, q)
}

// Newest are at most so many entries that a query finds, newest first.
func (t *Trail) Newest(ctx context.Context, q Query, most int) ([]Entry, error) {
	var all []Entry
	for len(all) < most {
		q.Limit = min(MaxLimit, most-len(all))
		page, err := t.Entries(ctx, q)
		all = append(all, page...)
		if err != nil || len(page) < q.Limit {
			return all, err
		}
		q.Before = page[len(page)-1].ID
	}
	return all, nil
}

// Run sums up refusals each minute until ctx ends; then it records what is left.
func (t *Trail) Run(ctx context.Context) {
	if ends, err := t.store.AuditEnds(ctx); err == nil {
		t.logger.InfoContext(ctx, "audit opened", "entries", ends.Head.ID-ends.Anchor.ID, "newest", ends.Head.ID, "hash", ends.Head.Hash.String())
	}
	flush := time.NewTicker(flushEvery)
	defer flush.Stop()
	for {
		select {
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
			defer cancel()
			t.Flush(last)
			return
		case <-flush.C:
			t.Flush(ctx)
		}
	}
}

// Trim removes what is older than it is kept, in transactions of bounded size, each
// recorded by an entry of its own. It gives how many entries went.
func (t *Trail) Trim(ctx context.Context) (removed int, err error) {
	before := t.now().Add(-t.keep)
	for {
		n, err := t.store.TrimAudit(ctx, before, trimPage, func(last int64, n int) Entry {
			return Entry{
				Actor: Bangui(), Action: trimAction, Target: "audit", Outcome: OK, After: trimmedUpTo(last),
				Detail: fmt.Sprintf("%d entries older than %d days were removed", n, int(t.keep.Hours()/24)),
			}
		})
		removed += n
		if err != nil || n < trimPage {
			return removed, err
		}
	}
}

// trimmedUpTo is how a clean-up says which entry was the last that it removed.
func trimmedUpTo(id int64) string { return fmt.Sprintf("removed up to entry %d", id) }
