package api

import (
	"context"
	"net/http"
	"strconv"

	"bangui/internal/auth"
	"bangui/internal/event"
	"bangui/internal/history"
)

// StatsScope says what statistics are about.
type StatsScope struct {
	Host    string `query:"host" maxLength:"64"`
	Jail    string `query:"jail" maxLength:"200"`
	Country string `query:"country" maxLength:"64" doc:"Not together with origin."`
	Origin  string `query:"origin" enum:"fail2ban,manual"`
	ASN     int64  `query:"asn" format:"int64" minimum:"0" maximum:"4294967295" doc:"Number of an autonomous system; not together with jail, country and origin."`
	Since   string `query:"since" format:"date-time" doc:"Left out: the first ban."`
	Until   string `query:"until" format:"date-time" doc:"Left out: now."`
}

// StatsSpan is the time that was counted: whole hours or whole days in UTC around what
// was asked for.
type StatsSpan struct {
	From string `json:"from" format:"date-time"`
	To   string `json:"to" format:"date-time"`
}

// StatsOverview sums up a time, with the time of the same length before it.
type StatsOverview struct {
	Span       StatsSpan `json:"span"`
	Before     StatsSpan `json:"before"`
	Bans       int64     `json:"bans"`
	BansBefore int64     `json:"bans_before"`
	Active     int       `json:"active" doc:"Bans that are open now."`
	New        *int64    `json:"new_addresses" doc:"Addresses that were never banned before, by whole days; null for a narrower scope."`
	NewBefore  *int64    `json:"new_addresses_before"`
}

// StatsPoint is a bar of a trend.
type StatsPoint struct {
	At   string `json:"at" format:"date-time" doc:"Where it begins."`
	Bans int64  `json:"bans"`
}

// StatsTrend is how the number of bans went, without holes.
type StatsTrend struct {
	Span   StatsSpan    `json:"span"`
	Bucket string       `json:"bucket" enum:"hour,6h,day,week,month" doc:"How long a bar is, in UTC."`
	Points []StatsPoint `json:"points"`
	Parts  []StatsPart  `json:"parts" doc:"Of by: the largest first. What is in none of them is the rest of points."`
}

// StatsPart is what of a trend belongs to one jail.
type StatsPart struct {
	Key  string  `json:"key" doc:"The jail."`
	Bans []int64 `json:"bans" doc:"For each of points."`
}

// StatsGroup is a part of what was counted.
type StatsGroup struct {
	Key        string  `json:"key" doc:"A jail, a country, an origin, a host, the number of a network; empty or 0 = not known."`
	Name       *string `json:"name" doc:"Of a network."`
	Bans       int64   `json:"bans"`
	BansBefore int64   `json:"bans_before" doc:"In the time of the same length before."`
}

// StatsSplit is what was counted by one of its properties.
type StatsSplit struct {
	Span   StatsSpan    `json:"span"`
	Items  []StatsGroup `json:"items" doc:"The largest first."`
	Others int64        `json:"others" doc:"Bans of all that are not among the items."`
	Total  int64        `json:"total"`
}

// Gap is a time whose bans may be missing.
type Gap struct {
	ID      string `json:"id"`
	Host    string `json:"host"`
	From    string `json:"from" format:"date-time"`
	To      string `json:"to" format:"date-time"`
	Why     string `json:"why"`
	FoundAt string `json:"found_at" format:"date-time"`
}

const maxGaps = 200

func (a *API) registerStats() {
	look := func(path, id, summary string) route {
		return route{method: http.MethodGet, path: "/api/v1/stats/" + path, id: id, summary: summary, tag: "stats", role: auth.Viewer, tier: looks, class: classRead}
	}
	register(a, look("overview", "getStatsOverview", "How many bans there were, and in the time before"), a.statsOverview)
	register(a, look("trend", "getStatsTrend", "How the number of bans went"), a.statsTrend)
	register(a, look("by/{property}", "getStatsBy", "Bans by jail, country, network, origin or host"), a.statsBy)
	register(a, look("gaps", "listGaps", "Times whose bans fail2ban forgot before BanGUI saw them"), func(ctx context.Context, in *struct {
		Host string `query:"host" maxLength:"64"`
	},
	) (*answer[page[Gap]], error) {
		host, err := a.hostID(in.Host)
		if err != nil {
			return nil, err
		}
		gaps, err := a.Archive.Gaps(ctx, host, maxGaps)
		return answerWith(pageOf(mapAll(gaps, func(g history.Gap) Gap {
			return Gap{strconv.FormatInt(g.ID, 10), a.Hosts.Alias(g.HostID), stamp(g.From), stamp(g.To), g.Why, stamp(g.FoundAt)}
		}))), err
	})
}

func (a *API) scopeOf(ctx context.Context, in StatsScope) (s history.Scope, err error) {
	s = history.Scope{Jail: in.Jail, Country: in.Country, Origin: event.Origin(in.Origin), ASN: in.ASN}
	if s.HostID, err = a.hostID(in.Host); err != nil {
		return s, err
	}
	if s.Since, err = a.momentOf(ctx, "since", in.Since); err != nil {
		return s, err
	}
	s.Until, err = a.momentOf(ctx, "until", in.Until)
	return s, err
}

func spanOf(s history.Span) StatsSpan { return StatsSpan{stamp(s.From), stamp(s.To)} }

// known is a number that may not be known, which is below zero then.
func known(n int64) *int64 {
	if n < 0 {
		return nil
	}
	return &n
}

func (a *API) statsOverview(ctx context.Context, in *StatsScope) (*answer[StatsOverview], error) {
	s, err := a.scopeOf(ctx, *in)
	if err != nil {
		return nil, err
	}
	o, err := a.Archive.Overview(ctx, s)
	return answerWith(StatsOverview{
		Span: spanOf(o.Span), Before: spanOf(o.Before), Bans: o.Bans, BansBefore: o.BansBefore, Active: o.Active, New: known(o.New), NewBefore: known(o.NewBefore),
	}), err
}

func (a *API) statsTrend(ctx context.Context, in *struct {
	StatsScope
	By    string `query:"by" enum:"jail" doc:"Says also how the largest parts went; not together with asn."`
	Limit int    `query:"limit" minimum:"1" maximum:"20" default:"5" doc:"Of parts."`
},
) (*answer[StatsTrend], error) {
	s, err := a.scopeOf(ctx, in.StatsScope)
	if err != nil {
		return nil, err
	}
	var t history.Trend
	if in.By == "" {
		t, err = a.Archive.Trend(ctx, s)
	} else {
		t, err = a.Archive.TrendBy(ctx, s, history.By(in.By), in.Limit)
	}
	parts := mapAll(t.Parts, func(p history.Part) StatsPart { return StatsPart(p) })
	return answerWith(StatsTrend{Span: spanOf(t.Span), Bucket: string(t.Bucket), Parts: parts, Points: mapAll(t.Points, func(p history.Point) StatsPoint {
		return StatsPoint{stamp(p.At), p.Bans}
	})}), err
}

func (a *API) statsBy(ctx context.Context, in *struct {
	Property string `path:"property" enum:"jail,country,network,origin,host" doc:"Networks are counted for hosts only: without jail, country and origin."`
	StatsScope
	Limit int `query:"limit" minimum:"1" maximum:"200" default:"20"`
},
) (*answer[StatsSplit], error) {
	s, err := a.scopeOf(ctx, in.StatsScope)
	if err != nil {
		return nil, err
	}
	by := history.By(in.Property)
	split, err := a.Archive.Split(ctx, s, by, in.Limit)
	return answerWith(StatsSplit{Span: spanOf(split.Span), Others: split.Others, Total: split.Total, Items: mapAll(split.Groups, func(g history.Group) StatsGroup {
		if by == history.ByHost {
			g.Key = a.Hosts.Alias(g.Key)
		}
		return StatsGroup{g.Key, orNull(g.Name), g.Bans, g.BansBefore}
	})}), err
}
