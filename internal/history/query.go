package history

import (
	"context"

	"bangui/internal/event"
	"bangui/internal/fault"
)

// Bans is one page of a query, newest first, and the place where the next one begins;
// the zero Place when this is the last. Invalid when Limit is not 1 to MaxLimit.
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

// Ban is one ban by its id. NotFound when there is none.
func (a *Archive) Ban(ctx context.Context, id int64) (Ban, error) {
	b, ok, err := a.store.BanByID(ctx, id)
	if err == nil && !ok {
		return b, fault.New(fault.NotFound, "there is no ban %d", id)
	}
	return b, err
}

// EventsAfter are recorded events with an id above after, oldest first, at most limit.
func (a *Archive) EventsAfter(ctx context.Context, after int64, limit int) ([]event.Event, error) {
	return a.store.EventsAfter(ctx, after, limit)
}

// LastEvents are the newest n recorded events, oldest first.
func (a *Archive) LastEvents(ctx context.Context, n int) ([]event.Event, error) {
	return a.store.LastEvents(ctx, n)
}

// EventRange is the oldest and the newest id of the events that are kept; zeros when
// there is none.
func (a *Archive) EventRange(ctx context.Context) (oldest, newest int64, err error) {
	return a.store.EventRange(ctx)
}
