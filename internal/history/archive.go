package history

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"bangui/internal/event"
)

// Store keeps the archive. Each of its methods is one transaction or one read.
type Store interface {
	Update(ctx context.Context, work func(Tx) error) error
	OpenBans(ctx context.Context, hostID, jail string) (map[string]Ban, error)
	OpenJails(ctx context.Context, hostID string) ([]string, error)
	MarkOf(ctx context.Context, hostID, source string) (string, error)
	ListBans(ctx context.Context, q Query) (bans []Ban, stopped Place, err error)
	CountBans(ctx context.Context, q Query, limit int) (n int, more bool, err error)
	BanByID(ctx context.Context, id int64) (Ban, bool, error)
	Errands(ctx context.Context, hostID string, at time.Time, limit int) ([]Errand, error)
	LinesOf(ctx context.Context, b Ban) (packed []byte, err error)
	ListPacked(ctx context.Context, q Query) (bans []Packed, stopped Place, err error)
	Gaps(ctx context.Context, hostID string, limit int) ([]Gap, error)
	BansFrom(ctx context.Context, after Place, limit int) ([]Ban, error)
	RemoveBans(ctx context.Context, before time.Time, limit int) (int, error)
	DropMonths(ctx context.Context, before time.Time, most int) (int, error)
	ArchiveSize(ctx context.Context) (bytes int64, shrinks bool, err error)
	KeepPartitions(ctx context.Context) (made int, stray int64, err error)
	AddressSeen(ctx context.Context, identifier string) (Seen, bool, error)
	AddressJails(ctx context.Context, identifier string, limit int) ([]JailBans, error)
	CountTally(ctx context.Context, t Tally) (int64, error)
	Tallied(ctx context.Context, t Tally, keys []string) ([]Counted, error)
	TopTally(ctx context.Context, t Tally, limit int) ([]Counted, error)
	TallyOf(ctx context.Context, t Tally, keys []string) (map[string]int64, error)
	CountNew(ctx context.Context, firstDay, afterDay int64) (int64, error)
	CountedDays(ctx context.Context) (first, last int64, ok bool, err error)
	CheckDay(ctx context.Context, day int64) ([]Difference, error)
	CheckAddresses(ctx context.Context, after string, limit int) (found []Difference, next string, err error)
	CheckNew(ctx context.Context, mend bool) ([]Difference, error)
	CheckOpen(ctx context.Context, mend bool) ([]Difference, error)
	RebuildDay(ctx context.Context, day int64) error
	CheckSpan(ctx context.Context, span int64) ([]Difference, error)
	RebuildSpan(ctx context.Context, span int64) error
	RebuildAddresses(ctx context.Context, after string, limit int) (next string, err error)
	PutIntents(ctx context.Context, intents []Intent, before time.Time) error
	DropIntents(ctx context.Context, intents []Intent) error
	EventsAfter(ctx context.Context, after int64, limit int) ([]event.Event, error)
	LastEvents(ctx context.Context, n int) ([]event.Event, error)
	EventRange(ctx context.Context) (oldest, newest int64, err error)
}

// Tx is what the archive does inside one transaction.
type Tx interface {
	LastBan(ctx context.Context, of Subject, until time.Time) (Ban, bool, error)
	InsertBan(ctx context.Context, b Ban) (id int64, err error)
	UpdateBan(ctx context.Context, was, is Ban) error
	EndBan(ctx context.Context, was, is Ban) error
	InsertEvent(ctx context.Context, e event.Event) (id int64, isNew bool, err error)
	TrimEvents(ctx context.Context, newest int64) error
	TakeIntent(ctx context.Context, of Subject, kind event.Kind, from, to time.Time) (Intent, bool, error)
	SetMark(ctx context.Context, m Mark) error
	PutLines(ctx context.Context, b Ban, packed []byte) error
	PutGap(ctx context.Context, g Gap) error
	Relocate(ctx context.Context, was Ban, is Whereabouts) (moved bool, err error)
	KeptSince(ctx context.Context) (time.Time, error)
}

// Archive records bans and answers about them. It is safe for concurrent use.
type Archive struct {
	store  Store
	bus    *event.Bus
	logger *slog.Logger
	now    func() time.Time
	teller *teller
	where  Resolver
	packer Packer
}

// New returns an archive over a store that tells its events to bus. It does not know
// where addresses belong; see Resolve.
func New(store Store, bus *event.Bus, logger *slog.Logger, now func() time.Time) *Archive {
	return &Archive{store: store, bus: bus, logger: logger, now: now, teller: newTeller()}
}

const (
	// perTx bounds a transaction, so that others wait for the writer for milliseconds.
	perTx = 500
	// intentFor is how long a request waits for fail2ban to report what it asked for.
	intentFor = 10 * time.Minute
	// clockSkew is by how much the clocks of a host and of ours may differ before a
	// request counts as younger than what it asked for.
	clockSkew = time.Minute
)

// Record stores events with what they mean for the bans, in one transaction with the
// mark of their source, and tells them to readers after it. Found events are only told.
// Events that change nothing, because they are known, are neither stored nor told.
// Recorded events are told in the order of their ids, each once, with those that other
// consoles recorded in the same database.
func (a *Archive) Record(ctx context.Context, events []event.Event, mark *Mark) error {
	var lasting []observed
	var passing []event.Event
	for _, e := range events {
		e = cleaned(e)
		if e.Kind == event.Found {
			passing = append(passing, e)
			continue
		}
		lasting = append(lasting, observed{Event: e, seen: e.At})
	}
	if len(lasting) > 0 || mark != nil {
		if err := a.record(ctx, lasting, mark); err != nil {
			return err
		}
	}
	a.bus.Publish(passing...)
	return nil
}

// record is one transaction; it tells the events that were new, with their ids.
func (a *Archive) record(ctx context.Context, events []observed, mark *Mark) error {
	if err := a.place(ctx); err != nil {
		return err
	}
	var recorded []event.Event
	err := a.store.Update(ctx, func(tx Tx) (err error) {
		recorded, err = a.insert(ctx, tx, events)
		if err == nil && mark != nil {
			err = tx.SetMark(ctx, *mark)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("record %d events: %w", len(events), err)
	}
	a.tell(ctx, recorded)
	return nil
}

// insert applies events to the bans, and gives those that were new.
func (a *Archive) insert(ctx context.Context, tx Tx, events []observed) ([]event.Event, error) {
	var recorded []event.Event
	for _, o := range events {
		e, isNew, err := a.apply(ctx, tx, o)
		if err == nil && isNew {
			e.ID, isNew, err = tx.InsertEvent(ctx, e)
		}
		if err != nil {
			return nil, err
		}
		if isNew {
			recorded = append(recorded, e)
		}
	}
	if n := len(recorded); n > 0 {
		return recorded, tx.TrimEvents(ctx, recorded[n-1].ID)
	}
	return nil, nil
}

// MarkOf is how far a source of a host was read; "" when nothing is stored.
func (a *Archive) MarkOf(ctx context.Context, hostID, source string) (string, error) {
	return a.store.MarkOf(ctx, hostID, source)
}

// OpenJails are the jails of a host with bans that have not ended.
func (a *Archive) OpenJails(ctx context.Context, hostID string) ([]string, error) {
	return a.store.OpenJails(ctx, hostID)
}

// Intend stores who asks for bans or their ends, before fail2ban is asked. What
// fail2ban then reports carries it; what it does not report within ten minutes is
// forgotten. A later request for the same replaces an earlier one.
func (a *Archive) Intend(ctx context.Context, intents []Intent) error {
	return inParts(intents, func(part []Intent) error { return a.store.PutIntents(ctx, part, a.now().Add(-intentFor)) })
}

// Forget takes back requests that came to nothing: what fail2ban does there by itself
// within the next minutes is nobody's doing. Those that were noted anew since stay.
func (a *Archive) Forget(ctx context.Context, intents []Intent) error {
	return inParts(intents, func(part []Intent) error { return a.store.DropIntents(ctx, part) })
}

// inParts hands intents on as they are kept, as many at once as a transaction may take.
func inParts(intents []Intent, hand func(part []Intent) error) error {
	for part := range slices.Chunk(intents, perTx) {
		kept := make([]Intent, len(part))
		for n, i := range part {
			i.Jail, i.Address = plain(i.Jail, maxName), Identifier(i.Address)
			i.Actor, i.Reason = plain(i.Actor, maxName), plain(i.Reason, maxText)
			kept[n] = i
		}
		if err := hand(kept); err != nil {
			return err
		}
	}
	return nil
}
