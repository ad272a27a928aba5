package versions

import (
	"context"

	"bangui/internal/audit"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// recorded is a host whose changes become versions.
type recorded struct {
	host.Host
	history *History
}

// Of is h, where every change of the configuration becomes a version.
func (h *History) Of(of host.Host) host.Host { return &recorded{of, h} }

// actorOf is who a request is by.
func actorOf(ctx context.Context) string {
	if p := audit.PendingOf(ctx); p != nil {
		return p.Actor.Name
	}
	return ""
}

// ApplyChange notes the change before it is made; see host.Host.
func (r *recorded) ApplyChange(ctx context.Context, o host.ChangeOrder) (change host.Change, err error) {
	v := Version{Kind: Applied, Actor: o.Actor, Reason: o.Reason, Before: o.ETag}
	if o.Restore {
		v.Kind = Restored
	}
	if kind, ok := ctx.Value(kindKey{}).(Kind); ok {
		v.Kind = kind
	}
	err = r.change(ctx, v, func(v *Version) error {
		change, err = r.Host.ApplyChange(ctx, o)
		v.Change, v.Until = change.ID, change.Until
		return err
	})
	return change, err
}

type kindKey struct{}

// ConfirmChange makes the version hold too; see host.Host.
func (r *recorded) ConfirmChange(ctx context.Context, id string) error {
	if err := r.Host.ConfirmChange(ctx, id); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	return r.history.Store.Confirm(ctx, r.State().ID, id)
}

// RevertChange becomes a version; see host.Host.
func (r *recorded) RevertChange(ctx context.Context, id string) error {
	v := Version{Kind: Reverted, Actor: actorOf(ctx), Reason: "the change was taken back before it held", Change: id}
	return r.change(ctx, v, func(*Version) error { return r.Host.RevertChange(ctx, id) })
}

// PutBackChange becomes a version; see host.Host.
func (r *recorded) PutBackChange(ctx context.Context, o host.PutBackOrder) error {
	v := Version{Kind: Reverted, Actor: actorOf(ctx), Reason: "fail2ban fell over the change", Change: o.Change}
	return r.change(ctx, v, func(*Version) error { return r.Host.PutBackChange(ctx, o) })
}

// AddManualJail becomes a version; see host.Host.
func (r *recorded) AddManualJail(ctx context.Context) error {
	v := Version{Kind: Applied, Actor: actorOf(ctx), Reason: "the jail manual was added"}
	return r.change(ctx, v, func(*Version) error { return r.Host.AddManualJail(ctx) })
}

// RemoveManualJail becomes a version; see host.Host.
func (r *recorded) RemoveManualJail(ctx context.Context) error {
	v := Version{Kind: Applied, Actor: actorOf(ctx), Reason: "the jail manual was removed"}
	return r.change(ctx, v, func(*Version) error { return r.Host.RemoveManualJail(ctx) })
}

// change makes a change between two notes: before it that it begins, so that a console
// that is killed on the way finds at its next look whose change that was; after it what
// then is. A change that can't be noted is not begun. What was changed by hand before
// becomes a version of its own.
func (r *recorded) change(ctx context.Context, v Version, do func(v *Version) error) error {
	h := r.history
	leave, err := h.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	v.HostID, v.At, v.Begun = r.State().ID, h.Now(), true
	known, err := r.before(ctx, v.HostID)
	if err != nil {
		return err
	}
	if err := h.Store.Begin(ctx, v); err != nil {
		return err
	}
	changed := do(&v)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	if err := r.after(ctx, v, known, changed != nil); err != nil {
		h.Logger.ErrorContext(ctx, "a change of the configuration was made and not noted as a version yet", "host", v.HostID, "error", err)
	}
	return changed
}

// before is what the files are before a change, noted if they were changed by hand.
func (r *recorded) before(ctx context.Context, id string) (Tree, error) {
	now, err := look(ctx, r.Host)
	if err != nil {
		return nil, err
	}
	known, err := r.history.settle(ctx, r.Host, now)
	if err != nil || known == nil || same(known, now.tree) {
		return now.tree, err
	}
	_, err = r.history.add(ctx, Version{HostID: id, Kind: ByHand, Reason: "found when the next change was made"}, known, now)
	return now.tree, err
}

// after notes what a change has left. Where it failed and nothing differs, there is no
// version.
func (r *recorded) after(ctx context.Context, v Version, before Tree, failed bool) error {
	h := r.history
	now, err := look(ctx, r.Host)
	if err != nil {
		return err // it stays begun; the next look ends it
	}
	if failed && now.Unsettled {
		return nil
	}
	if same(before, now.tree) {
		return h.Store.Forget(ctx, v.HostID)
	}
	if failed {
		v.Reason = joined(v.Reason, "it failed, and not all of it was put back")
	}
	if _, err = h.add(ctx, v, before, now); err == nil {
		h.tell(r.Host, false)
	}
	return err
}

// pending refuses to work on a version while nothing is known.
func (h *History) newest(ctx context.Context, of host.Host) (Version, Tree, error) {
	id := of.State().ID
	v, files, ok, err := h.Store.Newest(ctx, id)
	if err == nil && !ok {
		err = none(of.State().Name)
	}
	if err != nil {
		return Version{}, nil, err
	}
	return v, files, nil
}

func changedSince(etag string, now found) error {
	if etag == now.ETag {
		return nil
	}
	return fault.New(fault.Conflict, "somebody changed fail2ban's configuration since you looked at it, so nothing was changed").
		WithMend("Look at it again, then repeat what is still wanted.")
}
