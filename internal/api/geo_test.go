package api_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bangui/internal/geo"
	"bangui/internal/geo/mmdb"
	"bangui/internal/health"
)

// geoOf is a real database of few networks, with one whose name is hostile.
func geoOf(t *testing.T) *geo.DB {
	t.Helper()
	write := func(networks map[string]mmdb.Map) []byte {
		b := mmdb.New(mmdb.Metadata{Type: "Test", Description: "A test.", Built: time.Date(2026, 6, 17, 0, 0, 0, 0, time.UTC)})
		for prefix, record := range networks {
			if err := b.Insert(netip.MustParsePrefix(prefix), record); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if err := b.Write(&out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	as := func(number uint32, name string) mmdb.Map {
		return mmdb.Map{{Key: "autonomous_system_number", Value: mmdb.Uint32(number)}, {Key: "autonomous_system_organization", Value: mmdb.String(name)}}
	}
	city := filepath.Join(t.TempDir(), "city.mmdb")
	if err := os.WriteFile(city, write(map[string]mmdb.Map{"45.1.0.0/16": {
		{Key: "city", Value: mmdb.String("Cologne")}, {Key: "latitude", Value: mmdb.Double(50.9)}, {Key: "longitude", Value: mmdb.Double(6.9)},
	}}), 0o600); err != nil {
		t.Fatal(err)
	}
	return geo.Open(t.Context(), geo.Options{
		City: city,
		BuiltIn: geo.BuiltIn{
			Country: geo.Data{
				Content: write(map[string]mmdb.Map{"45.0.0.0/9": {{Key: "country_code", Value: mmdb.String("DE")}}, "45.128.0.0/9": {{Key: "country_code", Value: mmdb.String("FR")}}}),
				Credits: []geo.Credit{{Text: "Somebody", Link: "https://example.org", Licence: "CC0"}},
			},
			ASN: geo.Data{Content: write(map[string]mmdb.Map{"45.1.0.0/16": as(4_200_000_000, "Example\x1b[31m & <b>Sons</b>\u202e"), "45.0.0.0/16": as(64496, "Zero")})},
		},
		Findings: health.New(time.Now), Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
}

func TestGeo(t *testing.T) {
	d := openDesk(t)
	const sons = `"asn":4200000000,"network":"Example[31m & <b>Sons</b>"`
	for _, s := range []scenario{
		{name: "address", path: "/api/v1/geo/lookup?address=45.1.2.3", status: 200, has: []string{`"address":"45.1.2.3"`, `"country":"DE"`, sons, `"city":"Cologne"`, `"point":{"latitude":50.9,"longitude":6.9}`, `"special":null`}},
		{name: "network", path: "/api/v1/geo/lookup?address=45.1.2.0/24", status: 200, has: []string{`"address":"45.1.2.0/24"`, `"country":"DE"`}},
		{name: "two countries", path: "/api/v1/geo/lookup?address=45.0.0.0/8", status: 200, has: []string{`"country":null`, `"asn":null`, `"network":null`}},
		{name: "special", path: "/api/v1/geo/lookup?address=100.64.0.1", status: 200, has: []string{`"country":null`, `"special":{"kind":"shared","prefix":"100.64.0.0/10","rfc":"RFC 6598"}`}},
		{name: "no address", path: "/api/v1/geo/lookup?address=example.org", status: 400, has: []string{`"code":"invalid"`}},
		{name: "nothing", path: "/api/v1/geo/lookup", status: 422, has: []string{`"code":"invalid"`}},
		{name: "everything", path: "/api/v1/geo", status: 200, has: []string{
			`"kind":"country","source":"product","path":null,"type":"Test","about":"A test.","built":"2026-06-17T00:00:00.000Z"`,
			`"credits":[{"text":"Somebody","link":"https://example.org","licence":"CC0"}]`, `"kind":"city","source":"file"`, `"problem":null`,
		}},
		{name: "in the address", path: "/api/v1/addresses/45.1.2.3", status: 200, has: []string{`"scope":"public"`, `"country":"DE"`, sons}},
		{name: "private", path: "/api/v1/addresses/fd00::1", status: 200, has: []string{`"scope":"private"`, `"special":{"kind":"unique-local","prefix":"fc00::/7","rfc":"RFC 4193"}`}},
		{name: "an identifier", path: "/api/v1/addresses/root", status: 200, has: []string{`"kind":"other"`, `"country":null`, `"special":null`}},
	} {
		s.method = http.MethodGet
		d.run(s)
	}
}

// The enumeration of the document holds every kind that there is.
func TestGeo_KindsAreDocumented(t *testing.T) {
	content, err := os.ReadFile("../../docs/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, special, ok := bytes.Cut(content, []byte("\n    Special:\n"))
	if !ok {
		t.Fatal("no schema Special")
	}
	special, _, _ = bytes.Cut(special, []byte("\n    User"))
	for _, kind := range geo.SpecialKinds() {
		if !bytes.Contains(special, []byte("- "+string(kind)+"\n")) {
			t.Errorf("kind %s is not in the document", kind)
		}
	}
}
