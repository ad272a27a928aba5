package history

import (
	"context"
	"time"

	"bangui/internal/event"
)

// observed is an event, with the moment in which fail2ban was in the state that it
// tells: of a list, when it was taken.
type observed struct {
	event.Event
	seen   time.Time
	listed bool
}

// sameStart: fail2ban's database rounds the start of a ban, its list cuts it.
const sameStart = time.Second

// sameTime reports whether two starts can be the same.
func sameTime(a, b time.Time) bool { return a.Sub(b).Abs() <= sameStart }

// apply changes the bans as an event says; false means that it told nothing new.
func (a *Archive) apply(ctx context.Context, tx Tx, o observed) (event.Event, bool, error) {
	if o.Kind != event.Ban && o.Kind != event.Unban {
		return o.Event, true, nil
	}
	last, known, err := tx.LastBan(ctx, subject(o.Event), time.UnixMicro(1<<62))
	switch {
	case err != nil:
		return o.Event, false, err
	case o.Kind == event.Unban && !known:
		return o.Event, false, nil
	case o.Kind == event.Unban:
		return a.applyEnd(ctx, tx, o, last)
	case !known:
		return a.begin(ctx, tx, o, time.Time{})
	case sameTime(o.BannedAt, last.BannedAt):
		return a.again(ctx, tx, o, last)
	case o.BannedAt.After(last.BannedAt):
		if err := replace(ctx, tx, last, last, o); err != nil {
			return o.Event, false, err
		}
		return a.begin(ctx, tx, o, inherited(last, o))
	default:
		return o.Event, false, a.addPast(ctx, tx, o, last)
	}
}

func subject(e event.Event) Subject {
	return Subject{HostID: e.HostID, Jail: e.Jail, Address: e.Address}
}

// begin stores a ban that was not known. Unless somebody asked for it, its own end is
// the one it inherits.
func (a *Archive) begin(ctx context.Context, tx Tx, o observed, liftAt time.Time) (event.Event, bool, error) {
	e, intent, asked, err := a.asked(ctx, tx, o.Event)
	if err != nil {
		return e, false, err
	}
	if asked {
		liftAt = intent.LiftAt
	}
	b := banOf(o)
	e.LiftAt = liftAt
	b.Origin, b.Actor, b.Reason, b.LiftAt = e.Origin, e.Actor, e.Reason, liftAt
	_, err = a.add(ctx, tx, b)
	return e, true, err
}

// add stores a new ban, with where its address belongs, and gives its id.
func (a *Archive) add(ctx context.Context, tx Tx, b Ban) (id int64, err error) {
	b.Whereabouts = a.whereabouts(b.Address)
	return tx.InsertBan(ctx, b)
}

func banOf(o observed) Ban {
	return Ban{
		HostID: o.HostID, Jail: o.Jail, Address: o.Address, BannedAt: o.BannedAt, BanSeconds: o.BanSeconds, SeenAt: o.seen,
		BanCount: o.BanCount, Failures: o.Failures, Origin: o.Origin, Actor: o.Actor, Reason: o.Reason,
	}
}

// asked adds to a ban who asked BanGUI for it, if anybody did.
func (a *Archive) asked(ctx context.Context, tx Tx, e event.Event) (event.Event, Intent, bool, error) {
	if e.Origin == "" {
		e.Origin = event.ByFail2ban
	}
	intent, asked, err := a.intent(ctx, tx, e, e.BannedAt)
	if asked {
		e.Origin, e.Actor, e.Reason = event.ByHand, intent.Actor, intent.Reason
	}
	return e, intent, asked, err
}

func (a *Archive) intent(ctx context.Context, tx Tx, e event.Event, happened time.Time) (Intent, bool, error) {
	return tx.TakeIntent(ctx, subject(e), e.Kind, a.now().Add(-intentFor), happened.Add(clockSkew))
}

// again adds what a second source knows about a ban. One that had ended is open again
// if it was seen after its end: fail2ban restores the bans of a jail that went.
func (a *Archive) again(ctx context.Context, tx Tx, o observed, last Ban) (event.Event, bool, error) {
	merged, e := last, o.Event
	merged.BanCount, merged.Failures = max(last.BanCount, e.BanCount), max(last.Failures, e.Failures)
	if e.Origin == event.ByHand {
		merged.Origin = event.ByHand
	}
	newer := o.seen.After(last.SeenAt)
	if newer && e.BanSeconds != last.BanSeconds {
		merged.BanSeconds, merged.SeenAt = e.BanSeconds, o.seen
	}
	reopened := newer && !last.open()
	if reopened {
		merged.SeenAt, merged.EndedAt, merged.EndReason = o.seen, time.Time{}, ""
		var err error
		if e, err = a.reopened(ctx, tx, o, &merged, last.EndReason); err != nil {
			return e, false, err
		}
	}
	if merged == last {
		return e, false, nil
	}
	return e, reopened, tx.UpdateBan(ctx, last, merged)
}

// reopened is the event of a ban that is open again: restored after its jail went, or
// made anew within the second in which it had begun.
func (a *Archive) reopened(ctx context.Context, tx Tx, o observed, b *Ban, ended event.EndReason) (event.Event, error) {
	e := o.Event
	intent, asked, err := a.intent(ctx, tx, e, o.seen)
	if asked {
		b.Origin, b.Actor, b.Reason, b.LiftAt = event.ByHand, intent.Actor, intent.Reason, intent.LiftAt
	}
	if o.listed {
		e.At = o.seen
	}
	e.Restored = e.Restored || !asked && (ended == event.JailStopped || ended == event.Unknown)
	e.BannedAt, e.BanCount, e.Failures, e.Origin, e.Actor, e.Reason, e.LiftAt = b.BannedAt, b.BanCount, b.Failures, b.Origin, b.Actor, b.Reason, b.LiftAt
	return e, err
}

// inherited is the end that a ban takes over from the one before it: fail2ban may ban an
// address anew while the time that somebody gave it still lasts.
func inherited(last Ban, o observed) time.Time {
	untold := last.open() || last.EndReason == event.Expired
	if expires := banOf(o).ExpiresAt(); untold && !expires.IsZero() && last.LiftAt.After(expires) {
		return last.LiftAt
	}
	return time.Time{}
}

// replace ends a ban, if it is open, because a later one of the same address began. An
// end of its own that is still to come is the later one's affair. stored is the ban as the
// store has it, last as it is to be seen.
func replace(ctx context.Context, tx Tx, stored, last Ban, by observed) error {
	if !last.LiftAt.IsZero() && last.LiftAt.After(by.BannedAt) {
		last.LiftAt = time.Time{}
		if err := tx.UpdateBan(ctx, stored, last); err != nil {
			return err
		}
		stored = last
	}
	if !last.open() {
		return nil
	}
	last.SeenAt = by.seen
	last.EndedAt, last.EndReason = before(last, by.BannedAt)
	return tx.EndBan(ctx, stored, last)
}

// before says when and why a ban ended that a later one followed.
func before(b Ban, next time.Time) (time.Time, event.EndReason) {
	if expires := b.ExpiresAt(); !expires.IsZero() && !expires.After(next) {
		return expires, event.Expired
	}
	return next, event.Replaced
}

// addPast stores a ban that began before the newest that is known. It has ended, and
// is not told.
func (a *Archive) addPast(ctx context.Context, tx Tx, o observed, newest Ban) error {
	prior, known, err := tx.LastBan(ctx, subject(o.Event), o.BannedAt.Add(sameStart))
	if err != nil || known && sameTime(prior.BannedAt, o.BannedAt) {
		return err
	}
	b := banOf(o)
	if b.Origin == "" {
		b.Origin = event.ByFail2ban
	}
	b.EndedAt, b.EndReason = before(b, newest.BannedAt)
	_, err = a.add(ctx, tx, b)
	return err
}

// applyEnd ends the open ban, unless the end is that of an earlier one, or older than
// what is known.
func (a *Archive) applyEnd(ctx context.Context, tx Tx, o observed, last Ban) (event.Event, bool, error) {
	e := o.Event
	earlier := !e.BannedAt.IsZero() && !sameTime(e.BannedAt, last.BannedAt)
	if earlier || e.At.Before(last.BannedAt.Add(-sameStart)) {
		return e, false, nil
	}
	if !last.open() {
		return e, false, explainEnd(ctx, tx, o, last)
	}
	if o.seen.Before(last.SeenAt) {
		return e, false, nil
	}
	e.BannedAt, e.BanSeconds, e.BanCount, e.Failures, e.Origin = last.BannedAt, last.BanSeconds, last.BanCount, last.Failures, last.Origin
	if !o.listed {
		e.EndReason = reasonOf(e, last)
	}
	if e.EndReason != event.JailStopped {
		intent, asked, err := a.intent(ctx, tx, e, o.seen)
		if err != nil {
			return e, false, err
		}
		if asked {
			e.Actor, e.Reason, e.EndReason = intent.Actor, intent.Reason, event.Unbanned
		} else if ownEnd(last, e.At) {
			e.EndReason = event.Expired
		}
	}
	ended := last
	ended.SeenAt, ended.EndedAt, ended.EndReason = o.seen, later(e.At, last.BannedAt), e.EndReason
	return e, true, tx.EndBan(ctx, last, ended)
}

// ownEnd reports whether a ban had been given an end of its own, and that had come.
func ownEnd(b Ban, at time.Time) bool {
	return !b.LiftAt.IsZero() && !at.Before(b.LiftAt.Add(-nearly))
}

// nearly is by how much a ban may end early and still count as having run out.
const nearly = 2 * time.Second

// reasonOf is why a ban ended, as told; where that is not known, by its time.
func reasonOf(e event.Event, b Ban) event.EndReason {
	if e.EndReason != "" && e.EndReason != event.Unknown {
		return e.EndReason
	}
	if expires := b.ExpiresAt(); !expires.IsZero() && !e.At.Before(expires.Add(-nearly)) {
		return event.Expired
	}
	return event.Unknown
}

// explainEnd gives its reason to an end that a list saw before the log told why.
func explainEnd(ctx context.Context, tx Tx, o observed, last Ban) error {
	const lag = time.Minute
	explains := !o.listed && (o.EndReason == event.Unbanned || o.EndReason == event.Expired)
	if !explains || last.EndReason != event.Unknown || o.At.After(last.EndedAt) || o.At.Before(last.EndedAt.Add(-lag)) {
		return nil
	}
	explained := last
	explained.EndedAt, explained.EndReason = later(o.At, last.BannedAt), o.EndReason
	return tx.EndBan(ctx, last, explained)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
