package history

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
)

// Store keeps the archive. Each of its methods is one transaction or one read.
type Store interface {
	Update(ctx context.Context, work func(Tx) error) error
	OpenBans(ctx context.Context, hostID, jail string) (map[string]Ban, error)
	OpenJails(ctx context.Context, hostID string) ([]string, error)
	MarkOf(ctx context.Context, hostID, source string) (string, error)
	ListBans(ctx context.Context, q Query) ([]Ban, error)
	CountBans(ctx context.Context, q Query, limit int) (int, error)
	BanByID(ctx context.Context, id int64) (Ban, bool, error)
	PutIntents(ctx context.Context, intents []Intent, before time.Time) error
	EventsAfter(ctx context.Context, after int64, limit int) ([]event.Event, error)
	LastEvents(ctx context.Context, n int) ([]event.Event, error)
	EventRange(ctx context.Context) (oldest, newest int64, err error)
}

// Tx is what the archive does inside one transaction.
type Tx interface {
	LastBan(ctx context.Context, hostID, jail, identifier string) (Ban, bool, error)
	InsertBan(ctx context.Context, b Ban) error
	EndBan(ctx context.Context, id int64, at time.Time, why event.EndReason) error
	AmendBan(ctx context.Context, b Ban) error
	InsertEvent(ctx context.Context, e event.Event) (int64, error)
	TrimEvents(ctx context.Context, newest int64) error
	TakeIntent(ctx context.Context, want Intent, since time.Time) (Intent, bool, error)
	SetMark(ctx context.Context, m Mark) error
}

// Archive records bans and answers about them. It is safe for concurrent use.
type Archive struct {
	store  Store
	bus    *event.Bus
	logger *slog.Logger
	now    func() time.Time
}

// New returns an archive over a store that tells its events to bus.
func New(store Store, bus *event.Bus, logger *slog.Logger, now func() time.Time) *Archive {
	return &Archive{store: store, bus: bus, logger: logger, now: now}
}

const (
	// perTx bounds a transaction, so that others wait for the writer for milliseconds.
	perTx = 500
	// intentFor is how long a request waits for fail2ban to report what it asked for.
	intentFor = 10 * time.Minute
	// sameStart: fail2ban's database rounds the start of a ban, its list cuts it.
	sameStart = time.Second
)

// Record stores events with what they mean for the bans, in one transaction with the
// mark of their source, and tells them to readers. Found events are only told.
func (a *Archive) Record(ctx context.Context, events []event.Event, mark *Mark) error {
	var lasting []observed
	var told []event.Event
	for _, e := range events {
		if e.Kind == event.Found {
			told = append(told, e)
		} else {
			lasting = append(lasting, observed{Event: e})
		}
	}
	if len(lasting) > 0 || mark != nil {
		recorded, err := a.record(ctx, lasting, mark)
		if err != nil {
			return err
		}
		told = append(told, recorded...)
	}
	a.bus.Publish(told...)
	return nil
}

// observed is an event, and when a list was taken that says so; zero for a single event.
type observed struct {
	event.Event
	listed time.Time
}

// record is one transaction; it gives the events that were new, with their ids.
func (a *Archive) record(ctx context.Context, events []observed, mark *Mark) ([]event.Event, error) {
	var recorded []event.Event
	err := a.store.Update(ctx, func(tx Tx) error {
		recorded = recorded[:0]
		for _, o := range events {
			e, isNew, err := a.apply(ctx, tx, o)
			if err != nil {
				return err
			}
			if !isNew {
				continue
			}
			if e.ID, err = tx.InsertEvent(ctx, e); err != nil {
				return err
			}
			recorded = append(recorded, e)
		}
		if n := len(recorded); n > 0 {
			if err := tx.TrimEvents(ctx, recorded[n-1].ID); err != nil {
				return err
			}
		}
		if mark != nil {
			return tx.SetMark(ctx, *mark)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("record %d events: %w", len(events), err)
	}
	return recorded, nil
}

// apply changes the bans as an event says; false means that it told nothing new.
func (a *Archive) apply(ctx context.Context, tx Tx, o observed) (event.Event, bool, error) {
	switch o.Kind {
	case event.Ban:
		return a.applyBan(ctx, tx, o)
	case event.Unban:
		return a.applyUnban(ctx, tx, o.Event)
	default:
		return o.Event, true, nil
	}
}

func (a *Archive) applyBan(ctx context.Context, tx Tx, o observed) (event.Event, bool, error) {
	e := o.Event
	last, known, err := tx.LastBan(ctx, e.HostID, e.Jail, e.Address)
	if err != nil {
		return e, false, err
	}
	if known && e.BannedAt.Sub(last.BannedAt).Abs() <= sameStart {
		return a.sameBan(ctx, tx, o, last)
	}
	if known && e.BannedAt.Before(last.BannedAt) {
		return e, false, nil // of the past: what came after it is known already
	}
	if known && last.EndedAt.IsZero() {
		if err := tx.EndBan(ctx, last.ID, e.BannedAt, event.Replaced); err != nil {
			return e, false, err
		}
	}
	if e.Origin == "" {
		e.Origin = event.ByFail2ban
	}
	intent, asked, err := tx.TakeIntent(ctx, Intent{HostID: e.HostID, Jail: e.Jail, Address: e.Address, Kind: event.Ban}, a.now().Add(-intentFor))
	if err != nil {
		return e, false, err
	}
	if asked {
		e.Origin, e.Actor, e.Reason = event.ByHand, intent.Actor, intent.Reason
	}
	return e, true, tx.InsertBan(ctx, Ban{
		HostID: e.HostID, Jail: e.Jail, Address: e.Address, BannedAt: e.BannedAt, BanSeconds: e.BanSeconds,
		BanCount: e.BanCount, Failures: e.Failures, Origin: e.Origin, Actor: e.Actor, Reason: e.Reason,
	})
}

// sameBan adds what a second source knows about a ban. One that was ended because its
// jail went, or for no known reason, is open again: fail2ban restores bans. So is one
// that a list shows which was taken after its end.
func (a *Archive) sameBan(ctx context.Context, tx Tx, o observed, last Ban) (event.Event, bool, error) {
	e, open := o.Event, last.EndedAt.IsZero()
	restorable := last.EndReason == event.JailStopped || last.EndReason == event.Unknown || o.listed.After(last.EndedAt)
	if !open && !restorable {
		return e, false, nil
	}
	merged := last
	merged.BanSeconds = e.BanSeconds
	merged.BanCount, merged.Failures = max(last.BanCount, e.BanCount), max(last.Failures, e.Failures)
	if open && merged == last {
		return e, false, nil
	}
	e.Restored, e.BannedAt, e.Origin, e.Actor, e.Reason = true, last.BannedAt, last.Origin, last.Actor, last.Reason
	return e, !open, tx.AmendBan(ctx, merged)
}

func (a *Archive) applyUnban(ctx context.Context, tx Tx, e event.Event) (event.Event, bool, error) {
	last, known, err := tx.LastBan(ctx, e.HostID, e.Jail, e.Address)
	if err != nil || !known || !last.EndedAt.IsZero() {
		return e, false, err
	}
	earlier := !e.BannedAt.IsZero() && e.BannedAt.Sub(last.BannedAt).Abs() > sameStart
	if earlier || e.At.Before(last.BannedAt.Add(-sameStart)) {
		return e, false, nil // the end of an earlier ban
	}
	e.BannedAt, e.BanSeconds, e.BanCount, e.Failures, e.Origin = last.BannedAt, last.BanSeconds, last.BanCount, last.Failures, last.Origin
	intent, asked, err := tx.TakeIntent(ctx, Intent{HostID: e.HostID, Jail: e.Jail, Address: e.Address, Kind: event.Unban}, a.now().Add(-intentFor))
	if err != nil {
		return e, false, err
	}
	if asked {
		e.Actor, e.Reason, e.EndReason = intent.Actor, intent.Reason, event.Unbanned
	}
	return e, true, tx.EndBan(ctx, last.ID, e.At, e.EndReason)
}

// Reconcile makes the open bans of a jail equal to a list, as far as it is complete,
// and tells what that changed.
func (a *Archive) Reconcile(ctx context.Context, list List) error {
	open, err := a.store.OpenBans(ctx, list.HostID, list.Jail)
	if err != nil {
		return err
	}
	changes := differences(list, open)
	for len(changes) > 0 {
		part := changes[:min(perTx, len(changes))]
		changes = changes[len(part):]
		recorded, err := a.record(ctx, part, nil)
		if err != nil {
			return err
		}
		a.bus.Publish(recorded...)
	}
	return nil
}

// differences are the events that lead from the open bans to the list.
func differences(list List, open map[string]Ban) []observed {
	var changes []observed
	listed := make(map[string]bool, len(list.Bans))
	for _, b := range list.Bans {
		listed[b.Address] = true
		known, ok := open[b.Address]
		if ok && b.BannedAt.Sub(known.BannedAt).Abs() <= sameStart && b.BanSeconds == known.BanSeconds {
			continue
		}
		changes = append(changes, observed{listed: list.TakenAt, Event: event.Event{
			HostID: list.HostID, Kind: event.Ban, At: b.BannedAt, Jail: list.Jail, Address: b.Address,
			BannedAt: b.BannedAt, BanSeconds: b.BanSeconds, BanCount: b.BanCount, Failures: b.Failures, Origin: b.Origin,
		}})
	}
	if !list.Complete {
		return changes
	}
	for _, b := range open {
		if listed[b.Address] || b.BannedAt.After(list.TakenAt.Add(-sameStart)) && !list.Gone {
			continue // still there, or younger than the list
		}
		at, why := endOf(b, list)
		changes = append(changes, observed{listed: list.TakenAt, Event: event.Event{
			HostID: list.HostID, Kind: event.Unban, At: at, Jail: list.Jail, Address: b.Address, BannedAt: b.BannedAt, EndReason: why,
		}})
	}
	return changes
}

// endOf says when and why a ban ended that a list lacks.
func endOf(b Ban, list List) (time.Time, event.EndReason) {
	expires := b.ExpiresAt()
	switch {
	case !expires.IsZero() && !expires.After(list.TakenAt.Add(sameStart)):
		return expires, event.Expired
	case list.Gone:
		return list.TakenAt, event.JailStopped
	default:
		return list.TakenAt, event.Unknown
	}
}

// MarkOf is how far a source of a host was read; "" when nothing is stored.
func (a *Archive) MarkOf(ctx context.Context, hostID, source string) (string, error) {
	return a.store.MarkOf(ctx, hostID, source)
}

// OpenJails are the jails of a host with bans that have not ended.
func (a *Archive) OpenJails(ctx context.Context, hostID string) ([]string, error) {
	return a.store.OpenJails(ctx, hostID)
}

// Intend stores who asks for bans or their ends, before fail2ban is asked.
func (a *Archive) Intend(ctx context.Context, intents []Intent) error {
	if len(intents) == 0 {
		return nil
	}
	return a.store.PutIntents(ctx, intents, a.now().Add(-intentFor))
}

// Bans is one page of a query, newest first, and the place where the next one begins;
// the zero Place when this is the last.
func (a *Archive) Bans(ctx context.Context, q Query) ([]Ban, Place, error) {
	if q.Limit < 1 || q.Limit > MaxLimit {
		return nil, Place{}, fault.New(fault.Invalid, "a page holds 1 to %d bans", MaxLimit)
	}
	wanted := q.Limit
	q.Limit++
	bans, err := a.store.ListBans(ctx, q)
	if err != nil || len(bans) <= wanted {
		return bans, Place{}, err
	}
	last := bans[wanted-1]
	return bans[:wanted], Place{BannedAt: last.BannedAt, ID: last.ID}, nil
}

// CountLimit is how far Count counts when a filter makes counting dear.
const CountLimit = 10_000

// Count counts what a query finds; capped tells that there are more than CountLimit.
// Active bans are counted to the end: fail2ban's own lists bound them.
func (a *Archive) Count(ctx context.Context, q Query) (n int, capped bool, err error) {
	limit := CountLimit
	if q.State == Active {
		const everything = 1 << 30
		limit = everything
	}
	n, err = a.store.CountBans(ctx, q, limit)
	return min(n, limit), n > limit, err
}

// Ban is one ban by its id.
func (a *Archive) Ban(ctx context.Context, id int64) (Ban, error) {
	b, ok, err := a.store.BanByID(ctx, id)
	if err == nil && !ok {
		return b, fault.New(fault.NotFound, "there is no ban %d", id)
	}
	return b, err
}

// EventsAfter are recorded events with an id above after, oldest first.
func (a *Archive) EventsAfter(ctx context.Context, after int64, limit int) ([]event.Event, error) {
	return a.store.EventsAfter(ctx, after, limit)
}

// LastEvents are the newest n recorded events, oldest first.
func (a *Archive) LastEvents(ctx context.Context, n int) ([]event.Event, error) {
	return a.store.LastEvents(ctx, n)
}

// EventRange is the oldest and the newest id of the events that are kept.
func (a *Archive) EventRange(ctx context.Context) (oldest, newest int64, err error) {
	return a.store.EventRange(ctx)
}
