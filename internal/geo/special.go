package geo

import "net/netip"

// Special is a range with a purpose of its own. The zero value is no such range.
type Special struct {
	Kind   SpecialKind
	Prefix netip.Prefix // the whole range
	RFC    int          // the number of the document that says so
}

// IsZero reports whether the address is an ordinary one.
func (s Special) IsZero() bool { return s == Special{} }

// SpecialKind is what a range is for. The words are part of the API.
type SpecialKind string

// The kinds, after IANA's registries of special-purpose addresses and of multicast.
const (
	ThisNetwork   SpecialKind = "this-network"
	Private       SpecialKind = "private"
	Shared        SpecialKind = "shared" // between customers and a provider's NAT (CGN)
	Loopback      SpecialKind = "loopback"
	LinkLocal     SpecialKind = "link-local"
	Protocol      SpecialKind = "protocol"
	Documentation SpecialKind = "documentation"
	Benchmarking  SpecialKind = "benchmarking"
	Multicast     SpecialKind = "multicast"
	Broadcast     SpecialKind = "broadcast"
	Reserved      SpecialKind = "reserved"
	Unspecified   SpecialKind = "unspecified"
	UniqueLocal   SpecialKind = "unique-local"
	SiteLocal     SpecialKind = "site-local" // deprecated
	Discard       SpecialKind = "discard"
	Segment       SpecialKind = "segment-routing"
	Identifier    SpecialKind = "identifier" // ORCHID: a key's hash, not a place
	Translated    SpecialKind = "translated" // holds an IPv4 address: NAT64
	Tunnel        SpecialKind = "tunnel"     // Teredo and 6to4
)

// SpecialKinds are all of them.
func SpecialKinds() []SpecialKind {
	return []SpecialKind{
		ThisNetwork, Private, Shared, Loopback, LinkLocal, Protocol, Documentation, Benchmarking, Multicast, Broadcast,
		Reserved, Unspecified, UniqueLocal, SiteLocal, Discard, Segment, Identifier, Translated, Tunnel,
	}
}

// ranges are the special ones by family, a range before the one that contains it.
type ranges struct{ four, six []Special }

func newRanges() ranges {
	r := func(kind SpecialKind, prefix string, rfc int) Special {
		return Special{Kind: kind, Prefix: netip.MustParsePrefix(prefix), RFC: rfc}
	}
	return ranges{
		four: []Special{
			r(ThisNetwork, "0.0.0.0/8", 791),
			r(Private, "10.0.0.0/8", 1918),
			r(Shared, "100.64.0.0/10", 6598),
			r(Loopback, "127.0.0.0/8", 1122),
			r(LinkLocal, "169.254.0.0/16", 3927),
			r(Private, "172.16.0.0/12", 1918),
			r(Protocol, "192.0.0.0/24", 6890),
			r(Documentation, "192.0.2.0/24", 5737),
			r(Reserved, "192.88.99.0/24", 7526), // was the relay of 6to4
			r(Private, "192.168.0.0/16", 1918),
			r(Benchmarking, "198.18.0.0/15", 2544),
			r(Documentation, "198.51.100.0/24", 5737),
			r(Documentation, "203.0.113.0/24", 5737),
			r(Multicast, "224.0.0.0/4", 5771),
			r(Broadcast, "255.255.255.255/32", 919),
			r(Reserved, "240.0.0.0/4", 1112),
		},
		six: []Special{
			r(Unspecified, "::/128", 4291),
			r(Loopback, "::1/128", 4291),
			r(Translated, "64:ff9b::/96", 6052),
			r(Translated, "64:ff9b:1::/48", 8215),
			r(Discard, "100::/64", 6666),
			r(Tunnel, "2001::/32", 4380),
			r(Benchmarking, "2001:2::/48", 5180),
			r(Identifier, "2001:10::/28", 4843),
			r(Identifier, "2001:20::/28", 7343),
			r(Protocol, "2001::/23", 2928),
			r(Documentation, "2001:db8::/32", 3849),
			r(Tunnel, "2002::/16", 3056),
			r(Documentation, "3fff::/20", 9637),
			r(Segment, "5f00::/16", 9602),
			r(UniqueLocal, "fc00::/7", 4193),
			r(LinkLocal, "fe80::/10", 4291),
			r(SiteLocal, "fec0::/10", 3879),
			r(Multicast, "ff00::/8", 4291),
		},
	}
}

// of is the range that contains all of a prefix; the zero value when there is none.
func (r ranges) of(prefix netip.Prefix) Special {
	list := r.six
	if prefix.Addr().Is4() {
		list = r.four
	}
	for _, s := range list {
		if s.Prefix.Bits() <= prefix.Bits() && s.Prefix.Contains(prefix.Addr()) {
			return s
		}
	}
	return Special{}
}

// inner is the IPv4 network that a special prefix carries in itself, and which is
// reached through it: the place is that one's.
func (s Special) inner(prefix netip.Prefix) (netip.Prefix, bool) {
	sixteen := prefix.Addr().As16()
	switch {
	case s.RFC == 6052: // NAT64: the last 32 bits
		return netip.PrefixFrom(netip.AddrFrom4([4]byte(sixteen[12:])), prefix.Bits()-96), true
	case s.RFC == 3056 && prefix.Bits() >= 48: // 6to4: the 32 bits after the first 16
		return netip.PrefixFrom(netip.AddrFrom4([4]byte(sixteen[2:6])), 32), true
	default:
		return netip.Prefix{}, false
	}
}
