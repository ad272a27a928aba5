package api

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"

	"bangui/internal/allowlist"
	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/geo"
)

// Geo tells where an address is; *geo.DB is one.
type Geo interface {
	LookupPrefix(prefix netip.Prefix) geo.Place
	State() []geo.Database
}

// Place is where an address or a network is, by databases on the console's machine.
type Place struct {
	Country *string  `json:"country" example:"DE" doc:"ISO 3166-1 alpha-2; null when not known, or when parts of the network differ."`
	ASN     *int64   `json:"asn" example:"64496" doc:"Number of the autonomous system."`
	Network *string  `json:"network" doc:"Name of the autonomous system. Chosen by whoever runs it: show as plain text."`
	City    *string  `json:"city" doc:"Where a database of cities is set."`
	Point   *Point   `json:"point" doc:"Where a database of cities is set."`
	Special *Special `json:"special" doc:"The range with a purpose of its own that it is in; null for an ordinary address."`
}

// Point is a place on the map.
type Point struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

// Special is a range of addresses with a purpose of its own.
type Special struct {
	Kind   string `json:"kind" enum:"this-network,private,shared,loopback,link-local,protocol,documentation,benchmarking,multicast,broadcast,reserved,unspecified,unique-local,site-local,discard,segment-routing,identifier,translated,tunnel"`
	Prefix string `json:"prefix" example:"192.168.0.0/16"`
	RFC    string `json:"rfc" example:"RFC 1918" doc:"The document that says so."`
}

// GeoLookup is where one address or network is.
type GeoLookup struct {
	Address string `json:"address"`
	Place
}

// GeoState is what is known of the geo databases.
type GeoState struct {
	Databases []GeoDatabase `json:"databases" doc:"Of countries, of networks, and of cities where one is set."`
}

// GeoDatabase is one of them.
type GeoDatabase struct {
	Kind    string      `json:"kind" enum:"country,asn,city"`
	Source  string      `json:"source" enum:"none,product,file" doc:"Where what is read now comes from; product = it came with BanGUI."`
	Path    *string     `json:"path" doc:"The operator's file, also while it can't be used."`
	Type    *string     `json:"type" doc:"As the database calls itself."`
	About   *string     `json:"about" doc:"As the database describes itself."`
	Built   *string     `json:"built" format:"date-time" doc:"How old the data is."`
	Opened  *string     `json:"opened" format:"date-time"`
	Bytes   int64       `json:"bytes"`
	Mapped  bool        `json:"mapped" doc:"The file is mapped into memory, not read."`
	Credits []GeoCredit `json:"credits" doc:"Those who want to be named, with a link, wherever the data is shown."`
	Problem *string     `json:"problem" doc:"Why the operator's file is not read."`
	Mend    *string     `json:"mend"`
}

// GeoCredit names one whose data is used.
type GeoCredit struct {
	Text    string  `json:"text"`
	Link    *string `json:"link" format:"uri"`
	Licence *string `json:"licence"`
}

func (a *API) registerGeo() {
	register(a, route{
		method: http.MethodGet, path: "/api/v1/geo", id: "getGeo", summary: "The geo databases", tag: "geo",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(context.Context, *struct{}) (*answer[GeoState], error) {
		return answerWith(GeoState{Databases: mapAll(a.Geo.State(), geoDatabaseOf)}), nil
	})
	register(a, route{
		method: http.MethodGet, path: "/api/v1/geo/lookup", id: "lookUpGeo", summary: "Where an address is", tag: "geo",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(_ context.Context, in *struct {
		Address string `query:"address" required:"true" maxLength:"64" doc:"An address or a network." example:"203.0.113.7"`
	},
	) (*answer[GeoLookup], error) {
		target, err := allowlist.ParseTarget(in.Address)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%v", err)
		}
		return answerWith(GeoLookup{Address: allowlist.Text(target), Place: geoPlaceOf(a.Geo.LookupPrefix(target))}), nil
	})
}

func geoPlaceOf(p geo.Place) Place {
	out := Place{Country: orNull(p.Country), ASN: orNull(int64(p.ASN)), Network: orNull(p.Network), City: orNull(p.City)}
	if !p.Point.IsZero() {
		out.Point = &Point{p.Point.Latitude, p.Point.Longitude}
	}
	if !p.Special.IsZero() {
		out.Special = &Special{Kind: string(p.Special.Kind), Prefix: p.Special.Prefix.String(), RFC: fmt.Sprintf("RFC %d", p.Special.RFC)}
	}
	return out
}

func geoDatabaseOf(d geo.Database) GeoDatabase {
	return GeoDatabase{
		Kind: string(d.Kind), Source: string(d.Source), Path: orNull(d.Path), Type: orNull(d.Type), About: orNull(d.About),
		Built: stampOrNull(d.Built), Opened: stampOrNull(d.Opened), Bytes: d.Bytes, Mapped: d.Mapped,
		Credits: mapAll(d.Credits, func(c geo.Credit) GeoCredit {
			return GeoCredit{Text: c.Text, Link: orNull(c.Link), Licence: orNull(c.Licence)}
		}),
		Problem: orNull(d.Problem), Mend: orNull(d.Mend),
	}
}

// scopeOf is a special kind in few words.
func scopeOf(kind geo.SpecialKind) string {
	switch kind {
	case "", geo.Translated, geo.Tunnel:
		return "public"
	case geo.Private, geo.UniqueLocal, geo.SiteLocal:
		return "private"
	case geo.Loopback, geo.LinkLocal, geo.Multicast, geo.Documentation:
		return string(kind)
	default:
		return "reserved"
	}
}
