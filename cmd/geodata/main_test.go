package main

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/oschwald/maxminddb-golang/v2"
	"pgregory.net/rapid"

	"bangui/internal/geo/mmdb"
)

// packages are npm's packages with a few lines each.
func packages(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		name = filepath.Join(dir, "@ip-location-db", name)
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func few() map[string]string {
	return map[string]string{
		"geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb": "as it is",
		"asn/package.json":  `{"version":"2.3.2026061719"}`,
		"asn/asn-ipv4.csv":  "192.0.2.1,192.0.2.6,64496,\"Example, Inc.\"\n198.51.100.0,198.51.100.255,4200000000,\xff\n",
		"asn/asn-ipv6.csv":  "2001:db8::,2001:db8::ffff,64497,Other\n",
		"asn/other-net.csv": "not read",
	}
}

func TestRun_MakesBoth(t *testing.T) {
	target := t.TempDir()
	if err := run(packages(t, few()), target); err != nil {
		t.Fatal(err)
	}
	if country, err := os.ReadFile(filepath.Join(target, "country.mmdb")); err != nil || string(country) != "as it is" {
		t.Errorf("country = %q, %v", country, err)
	}
	content, err := os.ReadFile(filepath.Join(target, "asn.mmdb"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := maxminddb.OpenBytes(content)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Metadata.BuildTime().Equal(time.Date(2026, 6, 17, 19, 0, 0, 0, time.UTC)) {
		t.Errorf("built = %v", r.Metadata.BuildTime())
	}
	got := map[string]string{}
	for _, address := range []string{"192.0.2.0", "192.0.2.1", "192.0.2.6", "192.0.2.7", "198.51.100.77", "2001:db8::ffff", "2001:db8::1:0"} {
		var name string
		if err := r.Lookup(netip.MustParseAddr(address)).DecodePath(&name, "autonomous_system_organization"); err != nil {
			t.Fatal(err)
		}
		got[address] = name
	}
	want := map[string]string{
		"192.0.2.0": "", "192.0.2.1": "Example, Inc.", "192.0.2.6": "Example, Inc.", "192.0.2.7": "",
		"198.51.100.77": "\uFFFD", "2001:db8::ffff": "Other", "2001:db8::1:0": "",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRun_Refuses(t *testing.T) {
	for name, change := range map[string]func(map[string]string){
		"no country":      func(f map[string]string) { delete(f, "geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb") },
		"no table":        func(f map[string]string) { delete(f, "asn/asn-ipv6.csv") },
		"no date":         func(f map[string]string) { f["asn/package.json"] = `{"version":"1.0.0"}` },
		"no address":      func(f map[string]string) { f["asn/asn-ipv4.csv"] = "x,192.0.2.1,1,a\n" },
		"backwards":       func(f map[string]string) { f["asn/asn-ipv4.csv"] = "192.0.2.9,192.0.2.1,1,a\n" },
		"two families":    func(f map[string]string) { f["asn/asn-ipv4.csv"] = "192.0.2.9,2001:db8::,1,a\n" },
		"a wide number":   func(f map[string]string) { f["asn/asn-ipv4.csv"] = "192.0.2.1,192.0.2.9,4294967296,a\n" },
		"a missing field": func(f map[string]string) { f["asn/asn-ipv4.csv"] = "192.0.2.1,192.0.2.9,1\n" },
	} {
		files := few()
		change(files)
		target := t.TempDir()
		if err := run(packages(t, files), target); err == nil {
			t.Errorf("%s: no error", name)
		}
		if _, err := os.Stat(filepath.Join(target, "asn.mmdb")); err == nil {
			t.Errorf("%s: a database was written", name)
		}
	}
}

func TestInsertAll_NamesTheLine(t *testing.T) {
	b := mmdb.New(mmdb.Metadata{})
	err := insertAll(b, bytes.NewReader([]byte("192.0.2.1,192.0.2.1,1,a\nx,y,1,a\n")))
	if err == nil || !strings.HasPrefix(err.Error(), "line 2: ") {
		t.Errorf("err = %v", err)
	}
}

// The prefixes of a range hold what is in it, nothing else, and each address once.
func TestPrefixes_AreTheRange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Uint32().Draw(t, "a"), rapid.Uint32().Draw(t, "b")
		first, last := four(min(a, b)), four(max(a, b))
		next := first
		all := prefixes(first, last)
		for _, p := range all {
			if p.Addr() != next {
				t.Fatalf("%v does not begin at %v", p, next)
			}
			next = lastOf(p).Next()
		}
		if next != last.Next() || len(all) > 62 {
			t.Fatalf("%v to %v: %v", first, last, all)
		}
	})
}

func four(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}
