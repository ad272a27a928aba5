// Package allowlist knows the addresses that must never be banned, and judges
// whether a ban would lock somebody out: the machine itself, its way to the
// network, the people who are signed in on it, whoever asks.
//
// fail2ban's `banip` checks nothing of this, not even its own ignore list, so the
// check stands on the side that talks to fail2ban, whatever a caller claims.
package allowlist

import (
	"fmt"
	"net/netip"
	"strings"
)

// Entry is a prefix that is never banned, and why, in words that fit behind
// "it contains 192.0.2.1, ".
type Entry struct {
	Prefix netip.Prefix
	Reason string
}

// Bounds of a ban. A prefix with fewer bits than the first pair is refused, one
// with fewer than the second needs a confirmation of its own.
const (
	widestV4, widestV6   = 8, 16
	confirmV4, confirmV6 = 24, 48
)

// Answer is what may be done with a target.
type Answer string

// The answers.
const (
	Allowed Answer = "allowed"
	Confirm Answer = "confirm" // wide reach: only when confirmed
	Never   Answer = "never"
)

// Verdict is an answer with its reason, a sentence for people ("" when Allowed).
type Verdict struct {
	Answer Answer
	Reason string
}

// always are ranges whose ban can only do harm, on any machine.
func always() []Entry {
	return []Entry{
		{netip.MustParsePrefix("127.0.0.0/8"), "this machine's loopback"},
		{netip.MustParsePrefix("::1/128"), "this machine's loopback"},
		{netip.MustParsePrefix("0.0.0.0/8"), "not an address of a sender"},
		{netip.MustParsePrefix("::/128"), "not an address of a sender"},
		{netip.MustParsePrefix("169.254.0.0/16"), "link-local, where gateways and cloud services live"},
		{netip.MustParsePrefix("fe80::/10"), "link-local, where gateways live"},
		{netip.MustParsePrefix("224.0.0.0/4"), "multicast, not an address of a sender"},
		{netip.MustParsePrefix("255.255.255.255/32"), "broadcast, not an address of a sender"},
		{netip.MustParsePrefix("ff00::/8"), "multicast, not an address of a sender"},
	}
}

// Judge says whether target may be banned, given the protected entries of this
// machine. The ranges that nobody may ban are added by Judge itself.
func Judge(target netip.Prefix, protected []Entry) Verdict {
	target = Canonical(target)
	if !target.IsValid() {
		return Verdict{Never, "It is not an address or a network."}
	}
	widest, confirm := widestV4, confirmV4
	if target.Addr().Is6() {
		widest, confirm = widestV6, confirmV6
	}
	if target.Bits() < widest {
		return Verdict{Never, fmt.Sprintf("Networks wider than /%d are never banned: %s is %s.", widest, target, size(target))}
	}
	for _, entries := range [][]Entry{always(), protected} {
		for _, e := range entries {
			if e.Prefix.IsValid() && Canonical(e.Prefix).Overlaps(target) {
				return Verdict{Never, refusal(target, e)}
			}
		}
	}
	if target.Bits() < confirm {
		return Verdict{Confirm, fmt.Sprintf("%s is a wide network (%s): confirm that you mean all of it.", target, size(target))}
	}
	return Verdict{Answer: Allowed}
}

func refusal(target netip.Prefix, e Entry) string {
	entry := Canonical(e.Prefix)
	if target.IsSingleIP() {
		return fmt.Sprintf("%s is never banned: it is %s.", Text(target), e.Reason)
	}
	return fmt.Sprintf("%s is never banned: it meets %s, %s.", target, Text(entry), e.Reason)
}

// size tells how many addresses a prefix holds, in words that stay readable.
func size(p netip.Prefix) string {
	free := p.Addr().BitLen() - p.Bits()
	if free > 32 {
		return fmt.Sprintf("2^%d addresses", free)
	}
	return fmt.Sprintf("%d addresses", uint64(1)<<free)
}

// Canonical is p with host bits cleared, an IPv4-mapped IPv6 prefix as IPv4, and
// no zone: the form that fail2ban itself shows. The zero Prefix stays as it is.
func Canonical(p netip.Prefix) netip.Prefix {
	if !p.IsValid() {
		return netip.Prefix{}
	}
	addr, bits := p.Addr().WithZone(""), p.Bits()
	if addr.Is4In6() && bits >= 96 {
		addr, bits = addr.Unmap(), bits-96
	}
	return netip.PrefixFrom(addr, bits).Masked()
}

// Text is how people and fail2ban write a prefix: a single address without its length.
func Text(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

// ParseTarget reads an address or a network as people type them: surrounding
// blanks and brackets are forgiven, host bits are cleared. Anything else is
// refused, zones, ports and mask forms included.
func ParseTarget(text string) (netip.Prefix, error) {
	text = strings.TrimSpace(text)
	bare := strings.TrimSuffix(strings.TrimPrefix(text, "["), "]")
	if addr, err := netip.ParseAddr(bare); err == nil && addr.Zone() == "" {
		return Canonical(netip.PrefixFrom(addr, addr.BitLen())), nil
	}
	if prefix, err := netip.ParsePrefix(text); err == nil {
		return Canonical(prefix), nil
	}
	return netip.Prefix{}, fmt.Errorf("%q is not an address (203.0.113.7) or a network (203.0.113.0/24)", clip(text))
}

// clip keeps a text short enough for a message.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
