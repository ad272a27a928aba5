package history

import (
	"context"
	"slices"
	"time"
)

// Seen is what the archive knows of an identifier, also of bans that retention removed.
type Seen struct {
	First, Last time.Time // when its first and its last ban began
	Bans        int64
	Jails       []string
}

// JailBans sums up the bans of an identifier in one jail.
type JailBans struct {
	HostID, Jail string
	Bans         int64
	Failures     int64
	First, Last  time.Time
	Open         bool
}

// BanWithLines is a ban with the log lines behind it: hostile text.
type BanWithLines struct {
	Ban
	Lines []string
}

// Pattern says how an address comes back. It is of the bans of a timeline.
type Pattern struct {
	Usual  time.Duration // the median time from ban to ban; 0 for fewer than three bans
	Steady bool          // most of these times are near the usual one
	Hours  [24]int       // bans by hour of the day, UTC
}

// Timeline is everything about one identifier.
type Timeline struct {
	Identifier string
	Whereabouts
	Seen    Seen
	Jails   []JailBans     // by bans, at most 100; of bans that are kept
	Bans    []BanWithLines // newest first, at most 100
	Pattern Pattern
}

// timelineBans bounds a timeline.
const timelineBans = 100

// Timeline is everything about an identifier; ok is false when it was never banned.
func (a *Archive) Timeline(ctx context.Context, identifier string) (t Timeline, ok bool, err error) {
	t.Identifier = Identifier(identifier)
	t.Whereabouts = a.whereabouts(t.Identifier)
	if t.Seen, ok, err = a.store.AddressSeen(ctx, t.Identifier); err != nil || !ok {
		return t, false, err
	}
	if t.Jails, err = a.store.AddressJails(ctx, t.Identifier, timelineBans); err != nil {
		return t, false, err
	}
	packed, _, err := a.store.ListPacked(ctx, Query{State: All, Identifier: t.Identifier, Limit: timelineBans})
	var lines unpacker
	for _, p := range packed {
		texts, err := lines.unpack(p.Data)
		if err != nil {
			a.logger.WarnContext(ctx, "the log lines of a ban can't be read", "ban", p.ID, "error", err)
		}
		t.Bans = append(t.Bans, BanWithLines{p.Ban, texts})
	}
	t.Pattern = patternOf(t.Bans)
	return t, true, err
}

// patternOf looks at bans, newest first.
func patternOf(bans []BanWithLines) (p Pattern) {
	var pauses []time.Duration
	for i, b := range bans {
		p.Hours[b.BannedAt.UTC().Hour()]++
		if i > 0 {
			pauses = append(pauses, bans[i-1].BannedAt.Sub(b.BannedAt))
		}
	}
	const few = 2
	if len(pauses) < few {
		return p
	}
	slices.Sort(pauses)
	p.Usual = pauses[len(pauses)/2]
	near := 0
	for _, pause := range pauses {
		if (pause - p.Usual).Abs() <= p.Usual/4 {
			near++
		}
	}
	p.Steady = 3*near >= 2*len(pauses)
	return p
}
