package api

import (
	"context"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/geo"
	"bangui/internal/history"
	"bangui/internal/host"
)

// Address is everything about one address: where it is banned, since when, and why.
type Address struct {
	Address string `json:"address"`
	Kind    string `json:"kind" enum:"address,network,other"`
	Family  *int   `json:"family" doc:"4 or 6; null for an identifier that is no address."`
	Scope   string `json:"scope" enum:"public,private,loopback,link-local,documentation,multicast,reserved"`
	Place
	Protected     *Protection `json:"protected" doc:"Why it is never banned; null when it may be."`
	Bans          []Ban       `json:"bans" doc:"Active now."`
	CoveredBy     []Ban       `json:"covered_by" doc:"Active bans of networks that contain it."`
	History       []Ban       `json:"history" doc:"Ended bans, newest first, at most 50."`
	FirstSeen     *string     `json:"first_seen" format:"date-time"`
	LastSeen      *string     `json:"last_seen" format:"date-time"`
	Evidence      []Evidence  `json:"evidence" doc:"What fail2ban's own database holds, newest first."`
	EvidenceError *string     `json:"evidence_error" doc:"Why there may be no evidence."`
}

// Protection says why an address is never banned.
type Protection struct {
	Reason string `json:"reason"`
}

// Evidence is one ban in fail2ban's own database.
type Evidence struct {
	Host       string   `json:"host"`
	Jail       string   `json:"jail"`
	BannedAt   string   `json:"banned_at" format:"date-time"`
	BanSeconds int64    `json:"ban_seconds" doc:"-1 = for ever, -2 = not known."`
	BanCount   *int     `json:"ban_count"`
	Failures   *int     `json:"failures"`
	User       *string  `json:"user" doc:"The user name that was tried. Written by attackers."`
	Lines      []string `json:"lines" doc:"Written by attackers: show as plain text."`
}

const maxHistory = 50

func (a *API) registerAddresses() {
	register(a, route{
		method: http.MethodGet, path: "/api/v1/addresses/{ip}", id: "getAddress", summary: "Everything about one address", tag: "addresses",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, in *struct {
		IP string `path:"ip" maxLength:"1024" doc:"An address, a network, or any identifier; URL-encoded." example:"203.0.113.7"`
	},
	) (*answer[Address], error) {
		out, err := a.address(ctx, in.IP)
		if err != nil {
			return nil, err
		}
		return answerWith(out), nil
	})
}

func (a *API) address(ctx context.Context, text string) (Address, error) {
	id := canonicalID(text)
	out := Address{Address: id, Kind: "other", Scope: "reserved"}
	prefix, err := allowlist.ParseTarget(id)
	if err == nil {
		out.describe(prefix, a.Geo.LookupPrefix(prefix))
		if v := allowlist.Judge(prefix, append(a.Protected(), callerEntry(ctx)...)); v.Answer == allowlist.Never {
			out.Protected = &Protection{Reason: v.Reason}
		}
	}
	if err := a.addBans(ctx, &out, prefix); err != nil {
		return out, err
	}
	a.addEvidence(ctx, &out)
	return out, nil
}

func callerEntry(ctx context.Context) []allowlist.Entry {
	if e, ok := allowlist.Caller(callerOf(ctx)); ok {
		return []allowlist.Entry{e}
	}
	return nil
}

func (out *Address) describe(p netip.Prefix, at geo.Place) {
	out.Kind = "network"
	if p.IsSingleIP() {
		out.Kind = "address"
	}
	family := 4
	if p.Addr().Is6() {
		family = 6
	}
	out.Family, out.Scope, out.Place = &family, scopeOf(at.Special.Kind), geoPlaceOf(at)
}

func (a *API) addBans(ctx context.Context, out *Address, prefix netip.Prefix) error {
	find := func(q history.Query) ([]history.Ban, error) {
		bans, _, err := a.Archive.Bans(ctx, q)
		return bans, err
	}
	active, err := find(history.Query{State: history.Active, Identifier: out.Address, Limit: history.MaxLimit})
	if err != nil {
		return err
	}
	ended, err := find(history.Query{State: history.Ended, Identifier: out.Address, Limit: maxHistory})
	if err != nil {
		return err
	}
	var covering []history.Ban
	if prefix.IsValid() && prefix.IsSingleIP() {
		if covering, err = find(history.Query{State: history.Active, Covering: prefix.Addr(), Limit: maxHistory}); err != nil {
			return err
		}
	}
	out.Bans, out.CoveredBy, out.History = mapAll(active, a.banOf), mapAll(covering, a.banOf), mapAll(ended, a.banOf)
	var times []time.Time
	for _, b := range append(active, ended...) {
		times = append(times, b.BannedAt)
	}
	if len(times) > 0 {
		out.FirstSeen, out.LastSeen = stampOrNull(slices.MinFunc(times, time.Time.Compare)), stampOrNull(slices.MaxFunc(times, time.Time.Compare))
	}
	return nil
}

// addEvidence asks every host; one that can't tell does not hide the others.
func (a *API) addEvidence(ctx context.Context, out *Address) {
	out.Evidence = []Evidence{}
	for _, h := range a.Hosts.All() {
		found, err := h.Evidence(ctx, out.Address)
		if err != nil {
			detail := sentence(fault.MessageOf(err))
			out.EvidenceError = &detail
			continue
		}
		alias := a.Hosts.Alias(h.State().ID)
		out.Evidence = append(out.Evidence, mapAll(found, func(e host.Evidence) Evidence {
			return Evidence{
				Host: alias, Jail: e.Jail, BannedAt: stamp(e.BannedAt), BanSeconds: e.BanSeconds, BanCount: orNull(e.BanCount),
				Failures: orNull(e.Failures), User: orNull(e.User), Lines: orEmpty(e.Lines),
			}
		})...)
	}
}
