package history

import (
	"context"
	"fmt"
	"time"

	"bangui/internal/event"
)

// Copied is what fail2ban's own database told: bans with their log lines, a stretch of
// time that it has forgotten, and how far it was read.
type Copied struct {
	HostID string
	SeenAt time.Time // when it was read
	Bans   []PastBan
	Gap    *Gap // nil = nothing was missed
	Mark   *Mark
}

// PastBan is a row of fail2ban's database: the address was banned then. It does not say
// whether it still is.
type PastBan struct {
	Ban
	Standing bool     // fail2ban bans it now
	Lines    []string // hostile text
}

// Gap is a time whose bans may be missing: fail2ban had forgotten them before they were
// copied.
type Gap struct {
	ID       int64
	HostID   string
	From, To time.Time
	Why      string
	FoundAt  time.Time
}

// Copy records what fail2ban's database tells, in transactions of at most 500 bans; gap
// and mark go with the last of them. Bans that are known get their log lines and counts;
// others are added, open if they stand and else with their end. Copying twice changes
// nothing, and a ban that retention may have removed is not brought back.
func (a *Archive) Copy(ctx context.Context, c Copied) error {
	for len(c.Bans) > perTx {
		part := c
		part.Bans, part.Gap, part.Mark = c.Bans[:perTx], nil, nil
		if err := a.copied(ctx, part); err != nil {
			return err
		}
		c.Bans = c.Bans[perTx:]
	}
	return a.copied(ctx, c)
}

// copied is one transaction; it tells what was new and lasts.
func (a *Archive) copied(ctx context.Context, c Copied) error {
	if err := a.place(ctx); err != nil {
		return err
	}
	var recorded []event.Event
	err := a.store.Update(ctx, func(tx Tx) (err error) {
		recorded, err = a.insertPast(ctx, tx, c)
		if err == nil && c.Gap != nil {
			g := *c.Gap
			g.HostID, g.Why = c.HostID, plain(g.Why, maxText)
			g.From, g.To, g.FoundAt = storable(g.From), storable(g.To), storable(c.SeenAt)
			err = tx.PutGap(ctx, g)
		}
		if err == nil && c.Mark != nil {
			err = tx.SetMark(ctx, *c.Mark)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("copy %d bans: %w", len(c.Bans), err)
	}
	if c.Gap != nil {
		a.logger.WarnContext(ctx, "fail2ban forgot bans before they were copied", "host", c.HostID, "from", c.Gap.From, "to", c.Gap.To)
	}
	a.tell(ctx, recorded)
	return nil
}

func (a *Archive) insertPast(ctx context.Context, tx Tx, c Copied) ([]event.Event, error) {
	kept, err := tx.KeptSince(ctx)
	if err != nil {
		return nil, err
	}
	var recorded []event.Event
	for _, b := range c.Bans {
		b.HostID, b.Jail, b.Address, b.BannedAt = c.HostID, plain(b.Jail, maxName), Identifier(b.Address), storable(b.BannedAt)
		e, isNew, err := a.copyOne(ctx, tx, b, storable(c.SeenAt), kept)
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

// copyOne records one row; true when it tells something that readers should hear.
func (a *Archive) copyOne(ctx context.Context, tx Tx, b PastBan, seen, kept time.Time) (e event.Event, isNew bool, err error) {
	of := Subject{HostID: b.HostID, Jail: b.Jail, Address: b.Address}
	last, some, err := tx.LastBan(ctx, of, time.UnixMicro(1<<62))
	known, is := last, some
	if err == nil && some && last.BannedAt.After(b.BannedAt.Add(sameStart)) {
		known, is, err = tx.LastBan(ctx, of, b.BannedAt.Add(sameStart))
	}
	if err != nil {
		return e, false, err
	}
	if !is || !sameTime(known.BannedAt, b.BannedAt) {
		if !b.Standing && b.BannedAt.Before(kept) {
			return e, false, nil
		}
		if e, isNew, err = a.addCopied(ctx, tx, b, seen, last); err != nil {
			return e, false, err
		}
		if known, is, err = tx.LastBan(ctx, of, b.BannedAt.Add(sameStart)); err != nil || !is {
			return e, false, err
		}
	}
	if err := learn(ctx, tx, known, b); err != nil {
		return e, false, err
	}
	if packed := a.packer.Pack(b.Lines); packed != nil {
		err = tx.PutLines(ctx, known, packed)
	}
	return e, isNew, err
}

// learn adds the counts that a row knows to a ban that is known.
func learn(ctx context.Context, tx Tx, known Ban, b PastBan) error {
	is := known
	is.BanCount, is.Failures = max(known.BanCount, b.BanCount), max(known.Failures, b.Failures)
	if is == known {
		return nil
	}
	return tx.UpdateBan(ctx, known, is)
}

// addCopied adds a ban that was not known, where last is the newest of its address. One that stands is recorded as if fail2ban had
// just listed it.
func (a *Archive) addCopied(ctx context.Context, tx Tx, b PastBan, seen time.Time, last Ban) (event.Event, bool, error) {
	o := observed{seen: seen, listed: true, Event: event.Event{
		HostID: b.HostID, Kind: event.Ban, At: b.BannedAt, Jail: b.Jail, Address: b.Address,
		BannedAt: b.BannedAt, BanSeconds: b.BanSeconds, BanCount: b.BanCount, Failures: b.Failures, Origin: b.Origin,
	}}
	if b.Standing {
		return a.apply(ctx, tx, o)
	}
	switch {
	case last.BannedAt.After(b.BannedAt):
		return o.Event, false, a.addPast(ctx, tx, o, last)
	case last.ID != 0:
		if err := replace(ctx, tx, last, openUntil(last, b.BannedAt), o); err != nil {
			return o.Event, false, err
		}
	}
	ended := banOf(o)
	if ended.Origin == "" {
		ended.Origin = event.ByFail2ban
	}
	ended.EndedAt, ended.EndReason = pastEnd(ended, seen)
	_, err := a.add(ctx, tx, ended)
	return o.Event, false, err
}

// openUntil is a ban whose end is not known as one that is open, when a later one began
// before the moment in which it was seen to be gone.
func openUntil(b Ban, next time.Time) Ban {
	if b.EndReason == event.Unknown && b.EndedAt.After(next) {
		b.EndedAt, b.EndReason = time.Time{}, ""
	}
	return b
}

// pastEnd says when and why a ban ended that fail2ban's database has and that is over.
func pastEnd(b Ban, seen time.Time) (time.Time, event.EndReason) {
	if expires := b.ExpiresAt(); !expires.IsZero() && !expires.After(seen) {
		return expires, event.Expired
	}
	return later(seen, b.BannedAt), event.Unknown
}

// Gaps are the times of a host, "" for all hosts, whose bans may be missing, newest
// first, at most limit.
func (a *Archive) Gaps(ctx context.Context, hostID string, limit int) ([]Gap, error) {
	return a.store.Gaps(ctx, hostID, limit)
}
