//go:build geodata

package geodata_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bangui/internal/geo"
	"bangui/internal/geo/geodata"
	"bangui/internal/health"
)

func openWith(tb testing.TB, change func(*geo.Options)) (*geo.DB, *health.Registry) {
	tb.Helper()
	findings := health.New(time.Now)
	o := geo.Options{BuiltIn: geodata.BuiltIn(), Findings: findings, Logger: slog.New(slog.DiscardHandler), Now: time.Now}
	change(&o)
	return geo.Open(tb.Context(), o), findings
}

func open(tb testing.TB) *geo.DB {
	tb.Helper()
	db, findings := openWith(tb, func(*geo.Options) {})
	if all := findings.All(); len(all) > 0 {
		tb.Fatal(all)
	}
	return db
}

// random are addresses all over IPv4, or of the used part of IPv6.
func random(four bool, n int) []netip.Addr {
	source := rand.New(rand.NewPCG(1, 2))
	all := make([]netip.Addr, n)
	for i := range all {
		bits := source.Uint64()
		if four {
			all[i] = netip.AddrFrom4([4]byte{byte(bits>>24)%223 + 1, byte(bits >> 16), byte(bits >> 8), byte(bits)})
		} else {
			all[i] = netip.AddrFrom16([16]byte{0x20 | byte(bits>>60), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24), byte(bits >> 32), byte(bits >> 40), 15: 1})
		}
	}
	return all
}

func BenchmarkLookup(b *testing.B) {
	db := open(b)
	for name, four := range map[string]bool{"IPv4": true, "IPv6": false} {
		addresses := random(four, 1<<16)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				db.Lookup(addresses[i%len(addresses)])
			}
		})
	}
	private := netip.MustParseAddr("192.168.1.1")
	b.Run("private", func(b *testing.B) {
		for b.Loop() {
			db.Lookup(private)
		}
	})
	b.Run("prefix of 16 bits", func(b *testing.B) {
		addresses := random(true, 1<<12)
		for i := 0; b.Loop(); i++ {
			db.LookupPrefix(netip.PrefixFrom(addresses[i%len(addresses)], 16).Masked())
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	file := filepath.Join(dir, "asn.mmdb")
	if err := os.WriteFile(file, geodata.BuiltIn().ASN.Content, 0o600); err != nil {
		b.Fatal(err)
	}
	for name, change := range map[string]func(*geo.Options){
		"of the product": func(*geo.Options) {},
		"a file, read":   func(o *geo.Options) { o.ASN = file },
		"a file, mapped": func(o *geo.Options) { o.ASN, o.Map = file, true },
	} {
		b.Run(name, func(b *testing.B) {
			before := resident(b)
			for b.Loop() {
				openWith(b, change)
			}
			b.ReportMetric(float64(resident(b)-before), "KiB/resident")
		})
	}
}

// resident is how much memory this process holds, in KiB.
func resident(tb testing.TB) int {
	tb.Helper()
	content, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		tb.Fatal(err)
	}
	var size, pages int
	if _, err := fmt.Sscan(string(content), &size, &pages); err != nil {
		tb.Fatal(err)
	}
	return pages * os.Getpagesize() / 1024
}
