package versions

import (
	"context"
	"log/slog"
	"time"

	"bangui/internal/fault"
	"bangui/internal/health"
	"bangui/internal/host"
)

// Options are what a History is built from.
type Options struct {
	Store    Store
	Findings *health.Registry // where drift is told; nil = nowhere
	Logger   *slog.Logger
	Now      func() time.Time
	// Every is how often Run looks; 0 = once a minute.
	Every time.Duration
}

// History is the versions of the hosts that this process serves. It is safe for
// concurrent use.
type History struct {
	Options
	turn chan struct{} // whoever changes something, or looks to note what is there, has it
}

// New builds a History.
func New(o Options) *History {
	if o.Every == 0 {
		o.Every = time.Minute
	}
	return &History{Options: o, turn: make(chan struct{}, 1)}
}

// noteTime bounds what is noted after a change, for which nobody may be waiting any more.
const noteTime = 30 * time.Second

// waitFor bounds the waiting for another change to end.
const waitFor = 5 * time.Second

// enter waits until nobody else changes anything.
func (h *History) enter(ctx context.Context) (leave func(), err error) {
	late := time.NewTimer(waitFor)
	defer late.Stop()
	select {
	case h.turn <- struct{}{}:
		return func() { <-h.turn }, nil
	case <-ctx.Done():
	case <-late.C:
	}
	return nil, fault.New(fault.Conflict, "another change is being made").WithRetry(5 * time.Second)
}

// Run looks at a host's configuration again and again until ctx ends: it notes what was
// there first, ends what a console that was ended left begun, and tells of drift.
func (h *History) Run(ctx context.Context, of host.Host) {
	tick := time.NewTicker(h.Every)
	defer tick.Stop()
	for {
		if err := h.Look(ctx, of); err != nil && ctx.Err() == nil {
			h.Logger.DebugContext(ctx, "the configuration was not compared with its versions", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look compares a host's configuration with its newest version, once.
func (h *History) Look(ctx context.Context, of host.Host) error {
	leave, err := h.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	now, err := look(ctx, of)
	if err != nil {
		return err
	}
	known, err := h.settle(ctx, of, now)
	if err == nil && known != nil {
		h.tell(of, !same(known, now.tree))
	}
	return err
}

// tell raises or clears the finding that there is drift.
func (h *History) tell(of host.Host, drift bool) {
	const code = "configuration_drift"
	switch {
	case h.Findings == nil:
	case drift:
		h.Findings.Set(code, health.Warning, "fail2ban's configuration of "+of.State().Name+" was changed by hand.", "See what differs under Versions; adopt it, or put it back.")
	default:
		h.Findings.Clear(code)
	}
}

// settle ends what is left open and gives the files of the newest version; nil where it
// can't be told yet, because a change is under way on the host.
func (h *History) settle(ctx context.Context, of host.Host, now found) (Tree, error) {
	id := of.State().ID
	newest, known, seen, err := h.Store.Newest(ctx, id)
	if err != nil || now.Unsettled {
		return nil, err
	}
	if !seen {
		_, err := h.add(ctx, Version{HostID: id, Kind: First}, nil, now)
		return now.tree, err
	}
	begun, left, err := h.Store.Begun(ctx, id)
	if err != nil {
		return nil, err
	}
	if left && same(known, now.tree) {
		return known, h.Store.Forget(ctx, id)
	}
	if left { // the console was ended after the host had made the change
		begun.Reason = joined(begun.Reason, "BanGUI was ended before it had seen the end of this change")
		_, err := h.add(ctx, begun, known, now)
		return now.tree, err
	}
	if newest.Until.IsZero() || now.Waiting != nil {
		return known, nil
	}
	return h.expired(ctx, newest, known, now)
}

// expired notes that the host has taken back what nobody confirmed.
func (h *History) expired(ctx context.Context, newest Version, known Tree, now found) (Tree, error) {
	_, before, ok, err := h.Store.Previous(ctx, newest.HostID, newest.ID)
	if err != nil || !ok || !same(before, now.tree) {
		return known, err
	}
	_, err = h.add(ctx, Version{HostID: newest.HostID, Kind: Reverted, Change: newest.Change, Reason: "nobody confirmed the change in time"}, known, now)
	return now.tree, err
}

func joined(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// add stores what is there now as a version.
func (h *History) add(ctx context.Context, v Version, before Tree, now found) (int64, error) {
	v.At, v.After, v.Begun = h.Now(), now.ETag, false
	if before != nil {
		v.Changed = differing(before, now.tree)
	}
	return h.Store.Add(ctx, v, now.tree, now.contents)
}
