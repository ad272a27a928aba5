package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// networkSettings say how browsers and proxies reach us.
func networkSettings() []Setting {
	return []Setting{
		{
			Name: "base-path", Default: "empty = the root", Allowed: "a path such as /bangui: letters, digits and - . _ ~ between slashes, none at its end",
			Meaning: "Sub-path under which a proxy shows page and API.",
			parse: func(c *Config, text string, _ Surroundings) (err error) {
				c.BasePath, err = parseBasePath(text)
				return err
			},
			show: func(c Config) string { return c.BasePath },
		},
		{
			Name: "metrics-listen", Default: "empty = none", Allowed: "addresses with their ports, separated by commas, or empty",
			Meaning: "Addresses at which GET /metrics answers Prometheus without a sign-in, and nothing else is served. On the addresses of page and API it needs a token.",
			parse: func(c *Config, text string, _ Surroundings) (err error) {
				if c.MetricsListen = nil; text == "" {
					return nil
				}
				c.MetricsListen, err = parseListen(text)
				return err
			},
			show: func(c Config) string { return showListen(c.MetricsListen) },
		},
		{
			Name: "allowed-hosts", Default: "empty", Allowed: "host names without port, separated by commas",
			Meaning: "Names besides localhost and the one of public-url under which a browser may reach the page, as a proxy hands them on in the Host header. Plain addresses always may.",
			parse: func(c *Config, text string, _ Surroundings) (err error) {
				c.AllowedHosts, err = parseHosts(text)
				return err
			},
			show: func(c Config) string { return strings.Join(c.AllowedHosts, ",") },
		},
		{
			Name: "public-url", Default: "empty", Allowed: "an address such as https://bans.example.org, with the base path or without any path",
			Meaning: "Where browsers find the page, when a proxy stands before it. Its name need not stand in allowed-hosts.",
			parse: func(c *Config, text string, _ Surroundings) (err error) {
				c.PublicURL, err = parsePublicURL(text)
				return err
			},
			show: func(c Config) string { return c.PublicURL },
		},
		{
			Name: "trusted-proxies", Default: "empty = none, not even on loopback", Allowed: "addresses and networks, separated by commas, such as 127.0.0.1,10.0.0.0/8",
			Meaning: "Proxies that are believed when they say where a request came from. Name only those that write forwarded-header themselves.",
			parse: func(c *Config, text string, _ Surroundings) (err error) {
				c.TrustedProxies, err = parsePrefixes(text)
				return err
			},
			show: func(c Config) string { return showPrefixes(c.TrustedProxies) },
		},
		{
			Name: "forwarded-header", Default: "x-forwarded-for", Allowed: "x-forwarded-for or forwarded",
			Meaning: "Header in which the trusted proxies tell of their clients; the other one is not looked at. x-forwarded-for goes with X-Forwarded-Proto, forwarded is that of RFC 7239.",
			parse: func(c *Config, text string, _ Surroundings) error {
				switch h := ForwardedHeader(text); h {
				case XForwardedFor, Forwarded:
					c.ForwardedHeader = h
					return nil
				default:
					return errNotAllowed
				}
			},
			show: func(c Config) string { return string(c.ForwardedHeader) },
		},
		{
			Name: "tls", Default: "off", Allowed: "off or self-signed",
			Meaning: "self-signed = serve https with a certificate that BanGUI makes and renews in <data-dir>/tls. Its fingerprint is in the log and in `bangui version`.",
			parse: func(c *Config, text string, _ Surroundings) error {
				switch way := TLS(text); way {
				case TLSOff, TLSSelfSigned:
					c.TLS = way
					return nil
				default:
					return errNotAllowed
				}
			},
			show: func(c Config) string { return string(c.TLS) },
		},
		pathOr("tls-cert", "empty = none", "Certificate in PEM, with its chain, to serve https with; it wins over tls. Read anew when it changes and at SIGHUP.",
			func(c *Config) *string { return &c.TLSCert }),
		pathOr("tls-key", "empty = none", "Key of tls-cert in PEM, not encrypted.",
			func(c *Config) *string { return &c.TLSKey }),
	}
}

// localhost is both loopback addresses: a browser may ask either one for that name.
func localhost(port uint16) []netip.AddrPort {
	return []netip.AddrPort{netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port), netip.AddrPortFrom(netip.IPv6Loopback(), port)}
}

// maxListen bounds the addresses to listen on.
const maxListen = 16

// parseListen reads addresses with their ports; localhost is both loopback addresses, and
// so is a bare port. All have the same port: it is one console, with one address to tell.
func parseListen(text string) ([]netip.AddrPort, error) {
	var all []netip.AddrPort
	for part := range strings.SplitSeq(text, ",") {
		some, err := parseAddresses(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		for _, at := range some {
			if !slices.Contains(all, at) {
				all = append(all, at)
			}
		}
	}
	if len(all) > maxListen {
		return nil, fmt.Errorf("it names more than %d addresses", maxListen)
	}
	if slices.ContainsFunc(all, func(at netip.AddrPort) bool { return at.Port() != all[0].Port() }) {
		return nil, fmt.Errorf("all addresses must have the same port")
	}
	return all, nil
}

func parseAddresses(text string) ([]netip.AddrPort, error) {
	if name, port, ok := strings.Cut(text, ":"); ok && (name == "" || name == "localhost") {
		if n, err := strconv.ParseUint(port, 10, 16); err == nil {
			return localhost(uint16(n)), nil
		}
	}
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		return nil, errNotAllowed
	}
	return []netip.AddrPort{netip.AddrPortFrom(at.Addr().Unmap(), at.Port())}, nil
}

func showListen(all []netip.AddrPort) string {
	if len(all) > 0 && slices.Equal(all, localhost(all[0].Port())) {
		return fmt.Sprintf("localhost:%d", all[0].Port())
	}
	parts := make([]string, len(all))
	for i, at := range all {
		parts[i] = at.String()
	}
	return strings.Join(parts, ",")
}

// maxPrefixes bounds a list of networks: each request is compared with all of them.
const maxPrefixes = 256

// parsePrefixes reads addresses and networks. A network with bits behind its length is
// refused: it is more often a typing mistake than meant.
func parsePrefixes(text string) ([]netip.Prefix, error) {
	var prefixes []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		prefix, err := parsePrefix(part)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(prefixes, prefix) {
			prefixes = append(prefixes, prefix)
		}
	}
	if len(prefixes) > maxPrefixes {
		return nil, fmt.Errorf("it names more than %d networks", maxPrefixes)
	}
	return prefixes, nil
}

func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return netip.Prefix{}, fmt.Errorf("%q is neither an address nor a network", text)
	case prefix.Addr().Is4In6():
		return netip.Prefix{}, fmt.Errorf("write the network %s in IPv4", text)
	case prefix != prefix.Masked():
		return netip.Prefix{}, fmt.Errorf("%s is an address within the network %s: write one of both", text, prefix.Masked())
	case prefix.Bits() == 0:
		return netip.Prefix{}, fmt.Errorf("%s is everybody", text)
	}
	return prefix, nil
}

func showPrefixes(prefixes []netip.Prefix) string {
	parts := make([]string, len(prefixes))
	for i, p := range prefixes {
		parts[i] = p.String()
		if p.IsSingleIP() {
			parts[i] = p.Addr().String()
		}
	}
	return strings.Join(parts, ",")
}

// parsePublicURL reads http or https, a host, maybe a port and a path; nothing else.
func parsePublicURL(text string) (string, error) {
	text = strings.TrimRight(strings.TrimSpace(text), "/")
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", u.Opaque != "":
		return "", errNotAllowed
	case u.User != nil, u.RawQuery != "", u.ForceQuery, u.Fragment != "":
		return "", fmt.Errorf("it holds more than scheme, host, port and path")
	}
	if _, err := netip.ParseAddr(u.Hostname()); err != nil && (len(u.Hostname()) > 253 || strings.ContainsFunc(u.Hostname(), notUnreserved)) {
		return "", errNotAllowed
	}
	if _, err := parseBasePath(u.Path); err != nil {
		return "", errNotAllowed
	}
	host := strings.ToLower(u.Host)
	if standard := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]; u.Port() != "" {
		host = strings.TrimSuffix(host, standard) // browsers leave it out as well
	}
	return u.Scheme + "://" + host + u.Path, nil
}
