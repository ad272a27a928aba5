// Package proxy finds out where a request really came from when proxies stand before
// the console.
//
// Anybody can write a forwarding header, so one counts only as far as trusted proxies
// wrote it: it is read from the right, where the nearest proxy adds what it saw, and
// no further than the first address that is not a trusted proxy. All other headers of
// that kind (X-Real-IP, X-Forwarded-Host, …) are never looked at.
package proxy

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Header is the one header in which the trusted proxies tell of their clients. The other
// one is not looked at: a proxy hands on what it doesn't write itself, and then the
// client wrote it.
type Header string

// The headers. With XForwardedFor the scheme is that of X-Forwarded-Proto.
const (
	XForwardedFor Header = "x-forwarded-for"
	Forwarded     Header = "forwarded" // RFC 7239
)

// Trust is which proxies are believed. The zero value believes none.
type Trust struct {
	Proxies []netip.Prefix // unmapped and masked; loopback counts only if it is listed
	Header  Header         // "" = XForwardedFor
}

// Origin is where a request came from.
type Origin struct {
	// Address is the client's, without zone, IPv4 never mapped into IPv6. It is the
	// peer's where nothing better can be believed, and invalid where the peer has none.
	Address netip.Addr
	// Secure says that the client's own connection is encrypted: to us, or to a trusted
	// proxy that says so.
	Secure bool
	// Direct says that no proxy is known to have passed the request on. A forwarding
	// header ends it, also one that is not believed.
	Direct bool
	// Doubt says why a forwarding header was not taken; "" = there is nothing to say.
	Doubt Doubt
}

// Doubt is a reason why a forwarding header was not taken.
type Doubt string

// The doubts.
const (
	// Stranger: the header came from a peer that is not a trusted proxy.
	Stranger Doubt = "it came from an address that is not in trusted-proxies"
	// Malformed: a trusted proxy sent what can't be read as addresses.
	Malformed Doubt = "it holds no address where the proxy should have put one"
	// TooLong: more proxies in a row than anybody has.
	TooLong Doubt = "it names more than 16 trusted proxies in a row"
)

// maxHops bounds how many addresses of a header are looked at. The size of the whole
// header is bounded by the http server.
const maxHops = 16

// Trusts reports whether an address is a trusted proxy.
func (t Trust) Trusts(addr netip.Addr) bool {
	return slices.ContainsFunc(t.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// Origin tells where a request came from.
func (t Trust) Origin(r *http.Request) Origin {
	peer := Peer(r)
	o := Origin{Address: peer, Secure: r.TLS != nil, Direct: !passedOn(r.Header)}
	if !peer.IsValid() || !t.Trusts(peer) {
		if !o.Direct {
			o.Doubt = Stranger
		}
		return o
	}
	client, hops, doubt := t.client(r.Header, peer)
	o.Address, o.Doubt = client, doubt
	switch t.scheme(r.Header, hops) {
	case "https":
		o.Secure = true
	case "http":
		o.Secure = false
	}
	return o
}

// Peer is the address of the other end of a request's connection; invalid when it has none.
func Peer(r *http.Request) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return plain(at.Addr())
}

func plain(addr netip.Addr) netip.Addr { return addr.Unmap().WithZone("") }

// passedOn reports whether a header says that somebody passed the request on.
func passedOn(h http.Header) bool {
	for _, name := range []string{"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} {
		if len(h[name]) > 0 {
			return true
		}
	}
	return false
}

// client walks the header from the right. hops is how many of its elements were written
// by trusted proxies and looked at.
func (t Trust) client(h http.Header, peer netip.Addr) (client netip.Addr, hops int, doubt Doubt) {
	client = peer
	for element := range fromTheRight(t.lines(h)) {
		if hops == maxHops {
			return peer, hops, TooLong
		}
		hops++
		addr, ok := t.address(element)
		if !ok {
			return peer, hops, Malformed
		}
		client = addr
		if !t.Trusts(addr) {
			break
		}
	}
	return client, hops, ""
}

func (t Trust) lines(h http.Header) []string {
	if t.Header == Forwarded {
		return h["Forwarded"]
	}
	return h["X-Forwarded-For"]
}

// address is the client in one element of the header.
func (t Trust) address(element string) (netip.Addr, bool) {
	if t.Header != Forwarded {
		return parseAddress(element)
	}
	value, ok := parameter(element, "for")
	if !ok {
		return netip.Addr{}, false
	}
	return parseAddress(value)
}

// scheme is what the outermost trusted proxy says of its client's connection; "" when
// it says nothing that is known.
func (t Trust) scheme(h http.Header, hops int) string {
	lines := h["X-Forwarded-Proto"]
	if t.Header == Forwarded {
		lines = h["Forwarded"]
	}
	said := ""
	at := 0
	for element := range fromTheRight(lines) {
		// A proxy that replaces the header leaves fewer elements than there are proxies.
		if at++; at > max(hops, 1) {
			break
		}
		said = element
		if t.Header == Forwarded {
			said, _ = parameter(element, "proto")
		}
	}
	return strings.ToLower(said)
}

// parseAddress reads an address as proxies write it: bare, in brackets, with a port.
func parseAddress(s string) (netip.Addr, bool) {
	if addr, err := netip.ParseAddr(s); err == nil {
		return plain(addr), true
	}
	if at, err := netip.ParseAddrPort(s); err == nil {
		return plain(at.Addr()), true
	}
	inner, ok := strings.CutPrefix(s, "[")
	inner, closed := strings.CutSuffix(inner, "]")
	if !ok || !closed {
		return netip.Addr{}, false
	}
	addr, err := netip.ParseAddr(inner)
	if err != nil || addr.Is4() {
		return netip.Addr{}, false
	}
	return plain(addr), true
}
