// Package geodata holds the geo databases that come with the product. They are part of
// the program when it is built with the tag geodata, after `make geo` put them here; a
// build without has none, and says so.
//
// They stand in the program as they are: the system reads the pages of them that are
// asked for, and start takes no longer. docs/geo.md has the figures.
package geodata

import "bangui/internal/geo"

// BuiltIn are the databases, with those who want to be named for them. Both are empty in
// a build without.
func BuiltIn() geo.BuiltIn {
	const (
		freely = "CC BY 4.0"
		maker  = "https://github.com/sapics/ip-location-db"
	)
	registries := geo.Credit{Text: "Statistics by the Number Resource Organization (NRO)", Link: "https://www.nro.net", Licence: freely}
	return geo.BuiltIn{
		Country: geo.Data{Content: country, Credits: []geo.Credit{
			{Text: "ip-location-db geo-whois-asn-country", Link: maker, Licence: "CC0 1.0"},
			registries,
		}},
		ASN: geo.Data{Content: asn, Credits: []geo.Credit{
			{Text: "IP Geolocation by DB-IP", Link: "https://db-ip.com", Licence: freely},
			{Text: "Route Views", Link: "https://www.routeviews.org", Licence: freely},
			registries,
			{Text: "ip-location-db asn, made into a database by BanGUI", Link: maker, Licence: freely},
		}},
	}
}
