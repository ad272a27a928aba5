package history

import (
	"cmp"
	"context"

	"bangui/internal/event"
	"bangui/internal/fault"
)

// Bans is one page of a query, newest first, and the place where the next one begins;
// the zero Place when this is the last. A page may hold fewer than asked for, or none, and
// still have a next one: where no index has what is asked for, or text in log lines is,
// each looks at a few thousand bans. Invalid when Limit is not 1 to MaxLimit.
func (a *Archive) Bans(ctx context.Context, q Query) ([]Ban, Place, error) {
	if q.Limit < 1 || q.Limit > MaxLimit {
		return nil, Place{}, fault.New(fault.Invalid, "a page holds 1 to %d bans", MaxLimit)
	}
	if q.Line != "" {
		return a.search(ctx, q)
	}
	wanted := q.Limit
	q.Limit++
	bans, stopped, err := a.store.ListBans(ctx, q)
	if err != nil || len(bans) <= wanted {
		return bans, stopped, err
	}
	return bans[:wanted], placeOf(bans[wanted-1]), nil
}

func placeOf(b Ban) Place { return Place{BannedAt: b.BannedAt, ID: b.ID} }

const (
	// searchAtOnce is how many bans one page looks through for text in their log lines.
	searchAtOnce = 5000
	searchStep   = 500
)

// search is Bans for text in log lines.
func (a *Archive) search(ctx context.Context, q Query) ([]Ban, Place, error) {
	var found []Ban
	var lines unpacker
	step := q
	step.Limit = searchStep
	for seen := 0; seen < searchAtOnce; seen += searchStep {
		bans, stopped, err := a.store.ListPacked(ctx, step)
		if err != nil {
			return nil, Place{}, err
		}
		for _, b := range bans {
			texts, err := lines.unpack(b.Data)
			if err != nil {
				a.logger.WarnContext(ctx, "the log lines of a ban can't be read", "ban", b.ID, "error", err)
				continue
			}
			if !mention(texts, q.Line) {
				continue
			}
			if len(found) == q.Limit {
				return found, placeOf(found[q.Limit-1]), nil
			}
			found = append(found, b.Ban)
		}
		if len(bans) < searchStep {
			return found, stopped, nil
		}
		step.After = placeOf(bans[len(bans)-1].Ban)
	}
	return found, step.After, nil
}

// CountLimit is how far Count counts when a filter makes counting dear.
const CountLimit = 10_000

// Count counts what a query finds; capped tells that there may be more than n. Active bans
// are counted to the end: fail2ban's own lists bound them.
func (a *Archive) Count(ctx context.Context, q Query) (n int, capped bool, err error) {
	if q.Line != "" {
		q.Limit, q.After = MaxLimit, Place{}
		found, next, err := a.search(ctx, q)
		return len(found), next != Place{}, err
	}
	limit := CountLimit
	if q.State == Active {
		const everything = 1 << 30
		limit = everything
	}
	n, more, err := a.store.CountBans(ctx, q, limit)
	return min(n, limit), more || n > limit, err
}

// Bounds of AllBans.
const (
	AllPage = 500
	AllMax  = 50_000
)

// AllOptions bound AllBans; zeros are the defaults.
type AllOptions struct {
	PageSize int   // read at once, 1 to MaxLimit; 0 = AllPage
	Max      int   // 0 = AllMax
	AfterID  int64 // goes on after this ban: LastID of what came before; 0 = from the newest
}

// Gathered are bans of a query, up to a maximum.
type Gathered struct {
	Bans      []Ban
	Truncated bool  // there are more: go on with LastID
	LastID    int64 // of the last of Bans; 0 when there is none
}

// AllBans are all bans of a query, newest first, read page by page, up to a maximum. It
// says when there are more. NotFound when AfterID is no ban any more.
func (a *Archive) AllBans(ctx context.Context, q Query, o AllOptions) (Gathered, error) {
	most := cmp.Or(o.Max, AllMax)
	q.Limit = min(cmp.Or(o.PageSize, AllPage), most)
	if o.AfterID != 0 {
		after, err := a.Ban(ctx, o.AfterID)
		if err != nil {
			return Gathered{}, err
		}
		q.After = placeOf(after)
	}
	var all Gathered
	for {
		bans, next, err := a.Bans(ctx, q)
		if err != nil {
			return Gathered{}, err
		}
		all.Bans = append(all.Bans, bans[:min(len(bans), most-len(all.Bans))]...)
		if n := len(all.Bans); n > 0 {
			all.LastID = all.Bans[n-1].ID
		}
		if len(all.Bans) == most {
			all.Truncated, err = a.more(ctx, q, all)
			return all, err
		}
		if next == (Place{}) {
			return all, nil
		}
		q.After = next
	}
}

// more reports whether a query finds something behind what it has given.
func (a *Archive) more(ctx context.Context, q Query, all Gathered) (bool, error) {
	q.Limit, q.After = 1, placeOf(all.Bans[len(all.Bans)-1])
	for {
		bans, next, err := a.Bans(ctx, q)
		if err != nil || len(bans) > 0 || next == (Place{}) {
			return len(bans) > 0, err
		}
		q.After = next
	}
}

// Each hands all bans of a query to do, newest first, in constant memory, until one
// fails. Bans that begin meanwhile are not among them.
func (a *Archive) Each(ctx context.Context, q Query, do func(Ban) error) error {
	for q.Limit = MaxLimit; ; {
		bans, next, err := a.Bans(ctx, q)
		if err != nil {
			return err
		}
		for _, b := range bans {
			if err := do(b); err != nil {
				return err
			}
		}
		if next == (Place{}) {
			return nil
		}
		q.After = next
	}
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
