package history

import (
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"

	"bangui/internal/event"
)

// Bounds of text in the archive, in bytes. What is longer was written to do harm.
const (
	maxName = 1024 // jails, identifiers, actors
	maxText = 4096
)

// Identifier is the one form of what is banned: addresses and networks as they are
// written shortest, IPv4 in IPv6 as IPv4, networks without host bits and as an address
// when they hold one; anything else as plain text of at most 1024 bytes.
func Identifier(text string) string {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		return addr.Unmap().String()
	}
	if p, err := netip.ParsePrefix(text); err == nil {
		return network(p)
	}
	return plain(text, maxName)
}

func network(p netip.Prefix) string {
	const mapped = 96 // bits before the IPv4 address in an IPv6 one
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.Masked().String()
}

// plain is text that every engine stores as it is: valid UTF-8 without null bytes, and
// bounded. What was cut ends in a hash of the whole, so that two long names stay two.
func plain(text string, most int) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	text = strings.ReplaceAll(text, "\x00", string(utf8.RuneError))
	if len(text) <= most {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	tail := "…" + hex.EncodeToString(sum[:8])
	return strings.ToValidUTF8(text[:most-len(tail)], "") + tail
}

// cleaned is an event whose text and times can be stored and compared.
func cleaned(e event.Event) event.Event {
	e.Jail, e.Actor, e.State = plain(e.Jail, maxName), plain(e.Actor, maxName), plain(e.State, maxName)
	e.Reason, e.Detail = plain(e.Reason, maxText), plain(e.Detail, maxText)
	if e.Address != "" {
		e.Address = Identifier(e.Address)
	}
	e.At, e.BannedAt = storable(e.At), storable(e.BannedAt)
	return e
}

func cleanedList(list List) List {
	list.Jail, list.TakenAt = plain(list.Jail, maxName), storable(list.TakenAt)
	bans := make([]Ban, len(list.Bans))
	for i, b := range list.Bans {
		b.Address, b.BannedAt = Identifier(b.Address), storable(b.BannedAt)
		bans[i] = b
	}
	list.Bans = bans
	return list
}

// storable is a time as the store gives it back.
func storable(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }
