//go:build geodata

package geodata_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"bangui/internal/geo"
	"bangui/internal/geo/geodata"
)

func TestBuiltIn_KnowsTheWorld(t *testing.T) {
	db := open(t)
	for address, want := range map[string]geo.Place{
		"1.1.1.1":               {Country: "AU", ASN: 13335, Network: "Cloudflare, Inc."},
		"8.8.8.8":               {Country: "US", ASN: 15169, Network: "Google LLC"},
		"193.0.6.139":           {Country: "NL", ASN: 3333, Network: "Reseaux IP Europeens Network Coordination Centre (RIPE NCC)"},
		"2001:67c:2e8:22::c100": {Country: "NL", ASN: 3333, Network: "Reseaux IP Europeens Network Coordination Centre (RIPE NCC)"},
		"2a00:1450:4001::1":     {Country: "IE", ASN: 15169, Network: "Google LLC"},
	} {
		if got := db.Lookup(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
	}
	if got := db.Lookup(netip.MustParseAddr("203.0.113.7")); got.Special.Kind != geo.Documentation || got.Country != "" || got.ASN != 0 {
		t.Errorf("of documentation: %+v", got) // the databases place it in Australia
	}
}

// Of the addresses that are in use, most are known.
func TestBuiltIn_CoversWhatIsUsed(t *testing.T) {
	db := open(t)
	countries, networks, all := 0, 0, 0
	for _, address := range random(true, 20_000) {
		place := db.Lookup(address)
		if !place.Special.IsZero() {
			continue
		}
		all++
		if place.Country != "" {
			countries++
		}
		if place.ASN != 0 && place.Network != "" {
			networks++
		}
	}
	if countries*100 < all*80 || networks*100 < all*75 {
		t.Errorf("of %d addresses %d have a country and %d a network", all, countries, networks)
	}
	t.Logf("of %d addresses %d have a country and %d a network", all, countries, networks)
}

func TestBuiltIn_SaysWhoseItIs(t *testing.T) {
	db := open(t)
	for _, d := range db.State() {
		if d.Source != geo.FromProduct || d.Built.Before(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)) || d.Bytes < 1<<20 || len(d.Credits) == 0 {
			t.Errorf("%+v", d)
		}
		for _, c := range d.Credits {
			if c.Text == "" || c.Licence == "" || !strings.HasPrefix(c.Link, "https://") {
				t.Errorf("%s: %+v", d.Kind, c)
			}
		}
	}
	if content := geodata.BuiltIn(); len(content.ASN.Credits) < 3 || content.ASN.Credits[0].Link != "https://db-ip.com" {
		t.Error("DB-IP wants a link where its data is shown")
	}
}
