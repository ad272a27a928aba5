package api

import (
	"context"
	"net/http"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/history"
)

// Timeline is how an address came back, over all that BanGUI remembers.
type Timeline struct {
	Address   string           `json:"address"`
	FirstSeen string           `json:"first_seen" format:"date-time" doc:"Start of its first ban, also where that is no longer kept."`
	LastSeen  string           `json:"last_seen" format:"date-time"`
	BansEver  int64            `json:"bans_ever"`
	JailsEver []string         `json:"jails_ever"`
	Country   *string          `json:"country" doc:"Now; each ban has its own of then."`
	ASN       *int64           `json:"asn" format:"int64"`
	Network   *string          `json:"network"`
	Jails     []TimelineJail   `json:"jails" doc:"Of the bans that are kept."`
	Bans      []BanWithMatches `json:"bans" doc:"Newest first, at most 100."`
	Pattern   TimelinePattern  `json:"pattern"`
}

// TimelineJail sums up the bans of an address in one jail.
type TimelineJail struct {
	Host      string `json:"host"`
	Jail      string `json:"jail"`
	Bans      int64  `json:"bans"`
	Failures  int64  `json:"failures"`
	FirstSeen string `json:"first_seen" format:"date-time"`
	LastSeen  string `json:"last_seen" format:"date-time"`
	Active    bool   `json:"active"`
}

// TimelinePattern says how an address comes back.
type TimelinePattern struct {
	UsualSeconds *int64  `json:"usual_seconds" doc:"The median time from ban to ban; null for fewer than three bans."`
	Steady       bool    `json:"steady" doc:"Most of these times are near the usual one."`
	Hours        [24]int `json:"hours" doc:"Bans by hour of the day, UTC."`
}

func (a *API) registerTimeline() {
	register(a, route{
		method: http.MethodGet, path: "/api/v1/addresses/{ip}/timeline", id: "getAddressTimeline", summary: "How an address came back", tag: "addresses",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, in *struct {
		IP string `path:"ip" maxLength:"1024" doc:"An address, a network, or any identifier; URL-encoded." example:"203.0.113.7"`
	},
	) (*answer[Timeline], error) {
		t, ok, err := a.Archive.Timeline(ctx, canonicalID(in.IP))
		if err == nil && !ok {
			err = fault.New(fault.NotFound, "it was never banned, as far as BanGUI knows")
		}
		if err != nil {
			return nil, err
		}
		return answerWith(a.timelineOf(t)), nil
	})
}

func (a *API) timelineOf(t history.Timeline) Timeline {
	return Timeline{
		Address: t.Identifier, FirstSeen: stamp(t.Seen.First), LastSeen: stamp(t.Seen.Last), BansEver: t.Seen.Bans, JailsEver: orEmpty(t.Seen.Jails),
		Country: orNull(t.Country), ASN: orNull(t.ASN), Network: orNull(t.Network),
		Jails: mapAll(t.Jails, func(j history.JailBans) TimelineJail {
			return TimelineJail{a.Hosts.Alias(j.HostID), j.Jail, j.Bans, j.Failures, stamp(j.First), stamp(j.Last), j.Open}
		}),
		Bans: mapAll(t.Bans, func(b history.BanWithLines) BanWithMatches {
			return BanWithMatches{Ban: a.banOf(b.Ban), Matches: orEmpty(b.Lines)}
		}),
		Pattern: TimelinePattern{UsualSeconds: orNull(int64(t.Pattern.Usual / time.Second)), Steady: t.Pattern.Steady, Hours: t.Pattern.Hours},
	}
}
