package historytest

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"bangui/internal/history"
)

// network is where addresses of one autonomous system are.
type network struct {
	number  uint32 // 0 to networks-1
	country string
	six     bool
}

// networks is how many there are.
const networks = 2000

// countries are those of the networks with their shares of a thousand; all others share
// the rest.
func countries() []struct {
	code  string
	share uint32
} {
	return []struct {
		code  string
		share uint32
	}{
		{"CN", 210},
		{"US", 150},
		{"RU", 80},
		{"NL", 75},
		{"DE", 60},
		{"IN", 55},
		{"BR", 50},
		{"VN", 45},
		{"SG", 40},
		{"ID", 35},
		{"KR", 30},
		{"FR", 25},
		{"GB", 22},
		{"HK", 20},
		{"IR", 15},
		{"TR", 12},
		{"UA", 10},
		{"PL", 8},
		{"RO", 8},
		{"BG", 6},
		{"TH", 6},
		{"MX", 6},
		{"AR", 5},
		{"IT", 5},
		{"ES", 4},
		{"JP", 4},
		{"TW", 3},
		{"CA", 3},
		{"ZA", 2},
		{"EG", 1},
		{"CH", 1},
		{"SE", 1},
	}
}

// networkOf is the network of a number; low ones have more.
func networkOf(mixed uint64) network {
	at := float64(mixed>>11) / (1 << 53)
	return numbered(uint32(at * at * at * networks))
}

func numbered(n uint32) network {
	const all, everySixth = 1000, 6
	out := network{number: n, country: "ZZ", six: n%everySixth == everySixth-1}
	at := uint32(mix(uint64(n)) % all)
	for _, c := range countries() {
		if at < c.share {
			out.country = c.code
			break
		}
		at -= c.share
	}
	return out
}

// first is the octet with which the IPv4 addresses of the networks begin.
const first = 45

// address is one of the network: of its /19, or of its IPv6 /32.
func (n network) address(mixed uint64) netip.Addr {
	if n.six {
		var b [16]byte
		binary.BigEndian.PutUint16(b[0:], 0x2a00)
		binary.BigEndian.PutUint16(b[2:], uint16(n.number))
		binary.BigEndian.PutUint64(b[8:], mixed)
		return netip.AddrFrom16(b)
	}
	var b [4]byte
	const inside = 13
	binary.BigEndian.PutUint32(b[:], first<<24+n.number<<inside+uint32(mixed&(1<<inside-1)))
	return netip.AddrFrom4(b)
}

// Atlas knows where the made-up addresses belong.
type Atlas struct{}

// Locate is where a made-up address belongs; others belong nowhere.
func (Atlas) Locate(addr netip.Addr) history.Whereabouts {
	raw := addr.AsSlice()
	number := uint32(0)
	switch {
	case addr.Is6() && raw[0] == 0x2a && raw[1] == 0:
		number = uint32(binary.BigEndian.Uint16(raw[2:]))
	case addr.Is4():
		number = (binary.BigEndian.Uint32(raw) - first<<24) >> 13
	}
	if number >= networks {
		return history.Whereabouts{}
	}
	n := numbered(number)
	const private = 4_200_000_000 // numbers that nobody has
	return history.Whereabouts{Country: n.country, ASN: private + int64(number), Network: fmt.Sprintf("Example Network %d", number)}
}
