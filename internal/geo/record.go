package geo

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// Kind is what a database tells.
type Kind string

// The kinds.
const (
	Country Kind = "country"
	ASN     Kind = "asn"
	City    Kind = "city"
)

// Databases call the same thing by different names; the first path that leads to a value
// wins. Those are of ip-location-db, of MaxMind and DB-IP, of IPinfo.

// read adds what a record tells to a place. What it does not tell, or tells in a form
// that nobody knows, stays as it was.
func (k Kind) read(found maxminddb.Result, into *Place) {
	switch k {
	case Country:
		into.Country = country(found)
	case ASN:
		if into.ASN = number(found); into.ASN != 0 {
			into.Network = clean(text(found, path{"autonomous_system_organization"}, path{"as_name"}, path{"name"}))
		}
	case City:
		into.City = clean(text(found, path{"city", "names", "en"}, path{"city"}))
		into.Point = point(found)
		if into.Country == "" {
			into.Country = country(found)
		}
	}
}

type path []any

// text is the first text that is there; "" when there is none.
func text(found maxminddb.Result, paths ...path) string {
	for _, p := range paths {
		var s string
		if err := found.DecodePath(&s, p...); err == nil && s != "" {
			return s
		}
	}
	return ""
}

func country(found maxminddb.Result) string {
	return countryCode(text(found, path{"country_code"}, path{"country", "iso_code"}, path{"registered_country", "iso_code"}, path{"country"}))
}

// number is the number of a network, also when it is written as "AS64496".
func number(found maxminddb.Result) uint32 {
	for _, p := range []path{{"autonomous_system_number"}, {"asn"}} {
		var n uint32
		if err := found.DecodePath(&n, p...); err == nil && n != 0 {
			return n
		}
	}
	digits := strings.TrimPrefix(text(found, path{"asn"}), "AS")
	n, err := strconv.ParseUint(digits, 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}

func point(found maxminddb.Result) Point {
	for _, p := range [][2]path{{{"location", "latitude"}, {"location", "longitude"}}, {{"latitude"}, {"longitude"}}} {
		var at Point
		if found.DecodePath(&at.Latitude, p[0]...) == nil && found.DecodePath(&at.Longitude, p[1]...) == nil && at.valid() {
			return at
		}
	}
	return Point{}
}

// valid is false also for what is no number.
func (p Point) valid() bool {
	return p.Latitude >= -90 && p.Latitude <= 90 && p.Longitude >= -180 && p.Longitude <= 180 && !p.IsZero()
}

// maxNetworks is how many networks of a database are looked at to tell of one prefix.
const maxNetworks = 1024

// look adds what holds for all of a prefix. Parts of it that the database does not know
// don't count; where two of them differ, nothing is told.
func (k Kind) look(reader *maxminddb.Reader, prefix netip.Prefix, into *Place) {
	if reader.Metadata.IPVersion == 4 && !prefix.Addr().Is4() {
		return
	}
	found := reader.Lookup(prefix.Addr())
	if found.Err() != nil {
		return
	}
	if covers(found.Prefix(), prefix) {
		if found.Found() {
			k.read(found, into)
		}
		return
	}
	if shared, ok := k.common(reader, prefix, *into); ok {
		*into = shared
	}
}

// covers reports whether one record speaks for all of a prefix. An IPv4 prefix may be
// told of by a wider one of IPv6.
func covers(record, prefix netip.Prefix) bool {
	return record.Addr().Is4() != prefix.Addr().Is4() || record.Bits() <= prefix.Bits()
}

// common is what all records within a prefix tell alike, on top of a place. Leaves
// without data are given too: they count, so that no tree keeps us for long.
func (k Kind) common(reader *maxminddb.Reader, prefix netip.Prefix, from Place) (Place, bool) {
	shared, told, seen := from, false, 0
	for found := range reader.NetworksWithin(prefix, maxminddb.IncludeNetworksWithoutData(), maxminddb.IncludeAliasedNetworks()) {
		seen++
		if found.Err() != nil || seen > maxNetworks {
			return from, false
		}
		if !found.Found() {
			continue
		}
		one := from
		k.read(found, &one)
		if told && one != shared {
			return from, false
		}
		shared, told = one, true
	}
	return shared, told
}

// tells reports whether a database tells what its kind promises, in any of its first
// networks.
func (k Kind) tells(reader *maxminddb.Reader) bool {
	leaves, records := 100_000, 500
	for found := range reader.Networks(maxminddb.IncludeNetworksWithoutData(), maxminddb.IncludeAliasedNetworks()) {
		if found.Found() {
			var at Place
			if k.read(found, &at); at.Known() {
				return true
			}
			records--
		}
		if leaves--; found.Err() != nil || leaves == 0 || records == 0 {
			return false
		}
	}
	return false
}
