package history

import (
	"cmp"
	"context"
	"slices"
	"time"

	"bangui/internal/event"
)

// Reconcile makes the open bans of a jail equal to a list, as far as it is complete,
// and tells what that changed. It works in transactions of at most 500 bans: when one
// fails, those before it stay, and the next list brings the rest. Bans that began or
// were seen after the list was taken are left alone.
func (a *Archive) Reconcile(ctx context.Context, list List) error {
	list = cleanedList(list)
	open, err := a.store.OpenBans(ctx, list.HostID, list.Jail)
	if err != nil {
		return err
	}
	changes := differences(list, open)
	for part := range slices.Chunk(changes, perTx) {
		if err := a.record(ctx, part, nil); err != nil {
			return err
		}
	}
	if len(changes) > 0 {
		a.logger.DebugContext(ctx, "bans were recorded from a list", "host", list.HostID, "jail", list.Jail, "listed", len(list.Bans), "changes", len(changes))
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
		if ok && sameTime(b.BannedAt, known.BannedAt) && !tellsMore(b, known) {
			continue
		}
		changes = append(changes, observed{seen: list.TakenAt, listed: true, Event: event.Event{
			HostID: list.HostID, Kind: event.Ban, At: b.BannedAt, Jail: list.Jail, Address: b.Address,
			BannedAt: b.BannedAt, BanSeconds: b.BanSeconds, BanCount: b.BanCount, Failures: b.Failures, Origin: b.Origin,
		}})
	}
	if list.Complete || list.Gone {
		changes = append(changes, ends(list, listed, open)...)
	}
	return changes
}

// tellsMore reports whether a list knows what we don't about a ban.
func tellsMore(listed, known Ban) bool {
	return listed.BanSeconds != known.BanSeconds || listed.BanCount > known.BanCount || listed.Failures > known.Failures ||
		listed.Origin == event.ByHand && known.Origin != event.ByHand
}

// ends are the ends of the open bans that a list lacks, in the order in which they came.
func ends(list List, listed map[string]bool, open map[string]Ban) []observed {
	var all []observed
	for _, b := range open {
		if listed[b.Address] || mayBeYounger(b, list) {
			continue
		}
		at, why := endOf(b, list)
		all = append(all, observed{seen: list.TakenAt, listed: true, Event: event.Event{
			HostID: list.HostID, Kind: event.Unban, At: at, Jail: list.Jail, Address: b.Address, BannedAt: b.BannedAt, EndReason: why,
		}})
	}
	slices.SortFunc(all, func(a, b observed) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Address, b.Address))
	})
	return all
}

// mayBeYounger reports whether a list can lack a ban because it was taken before it. A
// ban's start is cut or rounded to the second, so within that second nobody knows; in a
// jail that is gone none can have begun since, only its start may be rounded up.
func mayBeYounger(b Ban, list List) bool {
	slack := -sameStart
	if list.Gone {
		slack = sameStart
	}
	return b.BannedAt.After(list.TakenAt.Add(slack))
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
