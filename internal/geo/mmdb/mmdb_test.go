package mmdb_test

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/oschwald/maxminddb-golang/v2"
	"pgregory.net/rapid"

	"bangui/internal/geo/mmdb"
)

var built = time.Date(2026, 6, 17, 19, 0, 0, 0, time.UTC)

func read(t interface{ Fatal(args ...any) }, b *mmdb.Builder) *maxminddb.Reader {
	var out bytes.Buffer
	if err := b.Write(&out); err != nil {
		t.Fatal(err)
	}
	r, err := maxminddb.OpenBytes(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWrite_IsReadByTheReader(t *testing.T) {
	b := mmdb.New(mmdb.Metadata{Type: "Test-All", Description: "A test.", Built: built})
	long := strings.Repeat("å", 400)
	record := mmdb.Map{
		{"text", mmdb.String("née")},
		{"long", mmdb.String(long)},
		{"middle", mmdb.String(long[:100])},
		{"number", mmdb.Uint32(4_200_000_000)},
		{"zero", mmdb.Uint32(0)},
		{"inner", mmdb.Map{{"big", mmdb.Uint64(1 << 40)}, {"list", mmdb.Array{mmdb.Double(-1.5), mmdb.Uint16(7)}}}},
	}
	if err := b.Insert(netip.MustParsePrefix("192.0.2.0/24"), record); err != nil {
		t.Fatal(err)
	}
	r := read(t, b)
	if m := r.Metadata; m.DatabaseType != "Test-All" || !m.BuildTime().Equal(built) || m.Description["en"] != "A test." || m.IPVersion != 6 {
		t.Errorf("metadata = %+v", m)
	}
	found := r.Lookup(netip.MustParseAddr("192.0.2.200"))
	var got map[string]any
	if err := found.Decode(&got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"text": "née", "long": long, "middle": long[:100], "number": uint64(4_200_000_000), "zero": uint64(0),
		"inner": map[string]any{"big": uint64(1 << 40), "list": []any{-1.5, uint64(7)}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if p := found.Prefix(); p != netip.MustParsePrefix("192.0.2.0/24") {
		t.Errorf("prefix = %v", p)
	}
	if r.Lookup(netip.MustParseAddr("192.0.3.0")).Found() || r.Lookup(netip.MustParseAddr("2001:db8::1")).Found() {
		t.Error("what was not inserted is found")
	}
}

func TestInsert_Refuses(t *testing.T) {
	b := mmdb.New(mmdb.Metadata{Type: "T", Description: "d"})
	if err := b.Insert(netip.Prefix{}, mmdb.Map{}); err == nil {
		t.Error("no prefix is taken")
	}
	if err := b.Insert(netip.MustParsePrefix("192.0.2.0/24"), mmdb.Map{{"a", mmdb.String(strings.Repeat("x", 70_000))}}); err == nil {
		t.Error("an endless text is taken")
	}
}

// Any insertions give what a plain list gives: the last prefix that holds an address wins.
func TestInsert_TheLastOneWins(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := mmdb.New(mmdb.Metadata{Type: "T", Description: "d", Built: built})
		var list []netip.Prefix
		for range rapid.IntRange(0, 40).Draw(t, "networks") {
			p := prefixes().Draw(t, "prefix")
			// A number of its own for each one also makes pointers of all sizes.
			if err := b.Insert(p, mmdb.Map{{"n", mmdb.Uint32(len(list))}, {fmt.Sprint("k", len(list)), mmdb.String(strings.Repeat("x", 100*len(list)))}}); err != nil {
				t.Fatal(err)
			}
			list = append(list, p)
		}
		r := read(t, b)
		for range 60 {
			address := prefixes().Draw(t, "address").Addr()
			want := -1
			for i, p := range list {
				if p.Contains(address) || p.Addr().Is6() && address.Is4() && p.Contains(mapped(address)) {
					want = i
				}
			}
			found := r.Lookup(address)
			got := struct {
				N int `maxminddb:"n"`
			}{-1}
			if err := found.Decode(&got); err != nil {
				t.Fatal(err)
			}
			if got.N != want {
				t.Fatalf("%s: %d, want %d of %v", address, got.N, want, list)
			}
		}
	})
}

// mapped is where an IPv4 address stands in the tree.
func mapped(a netip.Addr) netip.Addr {
	var sixteen [16]byte
	four := a.As4()
	copy(sixteen[12:], four[:])
	return netip.AddrFrom16(sixteen)
}

// prefixes are few enough to overlap.
func prefixes() *rapid.Generator[netip.Prefix] {
	return rapid.Custom(func(t *rapid.T) netip.Prefix {
		last := rapid.SliceOfN(rapid.ByteRange(0, 3), 3, 3).Draw(t, "bytes")
		if rapid.Bool().Draw(t, "four") {
			return netip.PrefixFrom(netip.AddrFrom4([4]byte{192, last[0] << 6, last[1] << 6, last[2]}), rapid.IntRange(1, 32).Draw(t, "bits")).Masked()
		}
		return netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, last[0] << 6, 14: last[1], 15: last[2]}), rapid.IntRange(1, 128).Draw(t, "bits")).Masked()
	})
}

// Beyond 16 MiB a node takes seven bytes instead of six.
func TestWrite_ALargeOneIsReadToo(t *testing.T) {
	b := mmdb.New(mmdb.Metadata{Type: "T", Description: "d", Built: built})
	const many = 300
	for i := range many {
		if err := b.Insert(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i / 200), byte(i), 0}), 24), mmdb.Map{{"n", mmdb.Uint32(i)}, {"x", mmdb.String(strings.Repeat(string(rune('a'+i%26)), 65_000))}}); err != nil {
			t.Fatal(err)
		}
	}
	r := read(t, b)
	if r.Metadata.RecordSize != 28 {
		t.Errorf("record size %d", r.Metadata.RecordSize)
	}
	for i := range many {
		var n uint32
		if err := r.Lookup(netip.AddrFrom4([4]byte{10, byte(i / 200), byte(i), 9})).DecodePath(&n, "n"); err != nil || n != uint32(i) {
			t.Fatalf("%d: %d, %v", i, n, err)
		}
	}
}

func TestWrite_SameInSameOut(t *testing.T) {
	write := func() []byte {
		b := mmdb.New(mmdb.Metadata{Type: "T", Description: "d", Built: built})
		for i := range 500 {
			if err := b.Insert(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), byte(i / 256), 0}), 24), mmdb.Map{{"n", mmdb.Uint32(i % 50)}}); err != nil {
				t.Fatal(err)
			}
		}
		var out bytes.Buffer
		if err := b.Write(&out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	if !bytes.Equal(write(), write()) {
		t.Error("two runs differ")
	}
}
