package app

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

// names are what the console may be called in a Host header. A plain address is always
// one: nobody can make somebody else's address his own, as he can with a name.
type names struct {
	given  []string // by the setting allowed-hosts, lower case
	public string   // of the setting public-url; "" = none
}

func (n names) known(host string) bool {
	name := hostName(host)
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return name != "" && (name == "localhost" || name == n.public || slices.Contains(n.given, name))
}

// hostName is a Host header without port, brackets and the dot at its end, lower case.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	} else if inner, ok := strings.CutPrefix(host, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// isName reports whether a text can be a host name, and so may be shown as one.
func isName(s string) bool {
	return s != "" && len(s) <= 253 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-._") == ""
}
