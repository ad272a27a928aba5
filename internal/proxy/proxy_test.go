package proxy

import (
	"crypto/tls"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The proxies of the tests: one address, one network, one of IPv6.
func trust(header Header) Trust {
	return Trust{Header: header, Proxies: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:a::/48"),
	}}
}

func request(peer string, headers ...string) *http.Request {
	r := &http.Request{RemoteAddr: peer, Header: http.Header{}}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

const (
	near     = "192.0.2.1:40000"    // a trusted proxy
	stranger = "198.51.100.9:40000" // anybody
	victim   = "203.0.113.5"        // whom the forger wants to be
	forger   = "198.51.100.66"      // what the trusted proxy saw
)

// Whatever a stranger writes, his address is his own.
func TestOrigin_AStrangersHeadersAreNotRead(t *testing.T) {
	forged := map[string][]string{
		"X-Forwarded-For": {
			victim, victim + ", " + victim, "127.0.0.1", "::1", "[::1]", "localhost", "192.0.2.1", "10.0.0.1", victim + ", 192.0.2.1", "", " ", ",", ",,,",
			"::ffff:127.0.0.1", "0.0.0.0", "::", victim + ":80", "[2001:db8::1]:80", "unknown", "_hidden", "2130706433", "0x7f000001", "0177.0.0.1", "127.1",
			"127.0.0.1%00", "127.0.0.1\x00", "127.0.0.1\t", "fe80::1%eth0", "<script>", "'; drop table", strings.Repeat("1.1.1.1,", 1000), strings.Repeat("a", 4000),
			"１２７.０.０.１", "for=" + victim, "\"" + victim + "\"",
		},
		"X-Forwarded":              {victim},
		"X-Real-Ip":                {victim, "127.0.0.1", "::1"},
		"Forwarded":                {"for=" + victim, "for=127.0.0.1;proto=https", `for="[::1]:80"`, "for=_x", "for=unknown;by=192.0.2.1"},
		"Forwarded-For":            {victim, "127.0.0.1"},
		"X-Client-Ip":              {victim, "127.0.0.1"},
		"Client-Ip":                {victim, "127.0.0.1"},
		"X-Cluster-Client-Ip":      {victim},
		"X-Originating-Ip":         {victim},
		"X-Remote-Ip":              {victim},
		"X-Remote-Addr":            {victim},
		"Remote-Addr":              {victim},
		"True-Client-Ip":           {victim},
		"Cf-Connecting-Ip":         {victim},
		"Fastly-Client-Ip":         {victim},
		"X-Azure-Clientip":         {victim},
		"X-Envoy-External-Address": {victim},
		"X-Forwarded-Host":         {"localhost", victim},
		"X-Host":                   {"localhost"},
		"X-Forwarded-Server":       {"localhost"},
		"X-Forwarded-Proto":        {"https"},
		"X-Forwarded-Ssl":          {"on"},
		"X-Forwarded-Scheme":       {"https"},
		"X-Url-Scheme":             {"https"},
		"Front-End-Https":          {"on"},
		"Via":                      {"1.1 " + victim},
		"X-Proxyuser-Ip":           {victim},
		"Wl-Proxy-Client-Ip":       {victim},
		"Proxy-Client-Ip":          {victim},
		"Http-X-Forwarded-For":     {victim},
		"X_forwarded_for":          {victim},
		"X-Forwarded-For ":         {victim},
	}
	cases := 0
	for _, header := range []Header{"", XForwardedFor, Forwarded} {
		for name, values := range forged {
			for _, value := range values {
				cases++
				o := trust(header).Origin(request(stranger, name, value))
				if o.Address != netip.MustParseAddr("198.51.100.9") || o.Secure {
					t.Errorf("%s: %.60q made the origin %+v", name, value, o)
				}
				if told := name == "X-Forwarded-For" || name == "Forwarded" || name == "X-Real-Ip" || name == "Via"; told != (o.Doubt == Stranger) || told == o.Direct {
					t.Errorf("%s: %.60q gave %+v", name, value, o)
				}
			}
		}
	}
	if cases < 100 {
		t.Errorf("only %d forged headers", cases)
	}
}

// A forger behind a trusted proxy stays who the proxy saw, whatever stands to the left.
func TestOrigin_ATrustedProxyIsBelievedAndNothingToItsLeft(t *testing.T) {
	cases := []struct {
		header Header
		name   string
		values []string
		want   string // "" = the peer
		doubt  Doubt
	}{
		{XForwardedFor, "X-Forwarded-For", []string{forger}, forger, ""},
		{"", "X-Forwarded-For", []string{forger}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{victim + ", " + forger}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{victim + "," + victim + "," + forger}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{victim, forger}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{forger + ", 10.1.2.3"}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{forger, "10.1.2.3, 10.1.2.4"}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{victim + ", 10.9.9.9, " + forger + ", 10.1.2.3"}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{forger + ":5555"}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{"\t" + forger + " \t"}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{"::ffff:" + forger}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{"[::ffff:" + forger + "]:1"}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{"2001:db8::66"}, "2001:db8::66", ""},
		{XForwardedFor, "X-Forwarded-For", []string{"[2001:db8::66]"}, "2001:db8::66", ""},
		{XForwardedFor, "X-Forwarded-For", []string{"[2001:db8::66]:443"}, "2001:db8::66", ""},
		{XForwardedFor, "X-Forwarded-For", []string{"[2001:db8::66%eth0]:443"}, "2001:db8::66", ""},
		{XForwardedFor, "X-Forwarded-For", []string{"fe80::66%eth0"}, "fe80::66", ""},
		{XForwardedFor, "X-Forwarded-For", []string{"2001:db8::66, 2001:db8:a::1"}, "2001:db8::66", ""},
		{XForwardedFor, "X-Forwarded-For", []string{"10.1.1.1, 10.1.1.2"}, "10.1.1.1", ""}, // the proxies' own network asks
		{XForwardedFor, "X-Forwarded-For", []string{strings.Repeat(victim+", ", 500) + forger}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{strings.Repeat("x", 9000) + ", " + forger}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{`"` + victim + `, ` + forger}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{"127.0.0.1, " + forger}, forger, ""},
		{XForwardedFor, "X-Forwarded-For", []string{", , " + forger}, forger, ""},

		{XForwardedFor, "X-Forwarded-For", nil, "", ""},
		{XForwardedFor, "X-Forwarded-For", []string{""}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{forger + ","}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"unknown"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{victim + ", unknown"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{victim + ", bad, 10.1.2.3"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"localhost"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"127.1"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"0177.0.0.1"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"0x7f.0.0.1"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"2130706433"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{victim + " " + forger}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{victim + ";" + forger}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{victim + "/32"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"[" + victim + "]"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"[" + victim + "]:80"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"2001:db8::66]"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"[2001:db8::66"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"[[2001:db8::66]]"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"[]"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{victim + ":99999"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{victim + ":"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{victim + "\x00"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{victim + "\u00a0"}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{"for=" + victim}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{`"` + victim + `"`}, "", Malformed},
		{XForwardedFor, "X-Forwarded-For", []string{victim + ", " + strings.Repeat("10.0.0.1, ", 15) + "10.0.0.1"}, "", TooLong},
		{XForwardedFor, "X-Forwarded-For", []string{victim + strings.Repeat(", 10.0.0.1", 15)}, victim, ""}, // sixteen are looked at
		{XForwardedFor, "X-Real-Ip", []string{victim}, "", ""},
		{XForwardedFor, "Forwarded", []string{"for=" + victim}, "", ""},
		{XForwardedFor, "X-Forwarded-Host", []string{victim}, "", ""},

		{Forwarded, "Forwarded", []string{"for=" + forger}, forger, ""},
		{Forwarded, "Forwarded", []string{"For=" + forger + ";Proto=https"}, forger, ""},
		{Forwarded, "Forwarded", []string{"for=" + victim + ", for=" + forger}, forger, ""},
		{Forwarded, "Forwarded", []string{"for=" + victim, "for=" + forger + ";by=10.0.0.1"}, forger, ""},
		{Forwarded, "Forwarded", []string{`proto=https;by=10.0.0.1;for="` + forger + `:4711"`}, forger, ""},
		{Forwarded, "Forwarded", []string{`for="[2001:db8::66]:4711"`}, "2001:db8::66", ""},
		{Forwarded, "Forwarded", []string{`for="[2001:db8::66]"`}, "2001:db8::66", ""},
		{Forwarded, "Forwarded", []string{`for=` + forger + `, for=10.0.0.7`}, forger, ""},
		{Forwarded, "Forwarded", []string{`for="` + victim + `, for=` + forger}, forger, ""},                   // a quote that never closes
		{Forwarded, "Forwarded", []string{`for=` + victim + `;x=", for="[2001:db8::66]"`}, "2001:db8::66", ""}, // one that the proxy's would close
		{Forwarded, "Forwarded", []string{`for=` + victim + `;host="a,b"`}, victim, ""},
		{Forwarded, "Forwarded", []string{"for=unknown"}, "", Malformed},
		{Forwarded, "Forwarded", []string{"for=_gazonk"}, "", Malformed},
		{Forwarded, "Forwarded", []string{"for="}, "", Malformed},
		{Forwarded, "Forwarded", []string{`for=""`}, "", Malformed},
		{Forwarded, "Forwarded", []string{`for="` + victim}, "", Malformed},
		{Forwarded, "Forwarded", []string{`for=` + victim + `"`}, "", Malformed},
		{Forwarded, "Forwarded", []string{`for="203.0.113\.5"`}, "", Malformed},
		{Forwarded, "Forwarded", []string{"for=" + victim + ";for=" + forger}, "", Malformed},
		{Forwarded, "Forwarded", []string{"for =" + victim}, "", Malformed},
		{Forwarded, "Forwarded", []string{"proto=https"}, "", Malformed},
		{Forwarded, "Forwarded", []string{victim}, "", Malformed},
		{Forwarded, "Forwarded", []string{""}, "", Malformed},
		{Forwarded, "Forwarded", []string{"xfor=" + victim}, "", Malformed},
		{Forwarded, "X-Forwarded-For", []string{victim}, "", ""},
	}
	for _, c := range cases {
		r := request(near)
		for _, value := range c.values {
			r.Header.Add(c.name, value)
		}
		want := netip.MustParseAddr("192.0.2.1")
		if c.want != "" {
			want = netip.MustParseAddr(c.want)
		}
		if o := trust(c.header).Origin(r); o.Address != want || o.Doubt != c.doubt {
			t.Errorf("%s: %.80q gave %s %q, want %s %q", c.name, c.values, o.Address, o.Doubt, want, c.doubt)
		}
	}
}

// Nothing is trusted that nobody listed, loopback included.
func TestOrigin_NothingIsTrustedByItself(t *testing.T) {
	for _, peer := range []string{"127.0.0.1:1", "[::1]:1", "10.0.0.1:1", "192.168.1.1:1", "@", "", "/run/x.sock"} {
		o := Trust{}.Origin(request(peer, "X-Forwarded-For", victim, "X-Forwarded-Proto", "https"))
		if o.Address == netip.MustParseAddr(victim) || o.Secure || o.Direct || o.Doubt != Stranger {
			t.Errorf("peer %q: %+v", peer, o)
		}
	}
}

func TestOrigin_PeersAreUnmappedAndWithoutZone(t *testing.T) {
	for peer, want := range map[string]string{
		"[::ffff:192.0.2.1]:5": forger, "[2001:db8:a::1%eth0]:5": forger, "[2001:db8:b::1]:5": "2001:db8:b::1", "[fe80::1%eth0]:5": "fe80::1",
	} {
		if o := trust(XForwardedFor).Origin(request(peer, "X-Forwarded-For", forger)); o.Address != netip.MustParseAddr(want) {
			t.Errorf("peer %s: %+v, want %s", peer, o, want)
		}
	}
}

func TestOrigin_Scheme(t *testing.T) {
	cases := []struct {
		header  Header
		peer    string
		tls     bool
		headers []string
		want    bool
	}{
		{XForwardedFor, near, false, []string{"X-Forwarded-Proto", "https"}, true},
		{XForwardedFor, near, false, []string{"X-Forwarded-Proto", "HTTPS"}, true},
		{XForwardedFor, near, false, []string{"X-Forwarded-Proto", "http"}, false},
		{XForwardedFor, near, false, nil, false},
		{XForwardedFor, near, true, nil, true},
		{XForwardedFor, near, true, []string{"X-Forwarded-Proto", "http"}, false}, // the browser's own leg is what counts
		{XForwardedFor, near, false, []string{"X-Forwarded-Proto", "wss"}, false},
		{XForwardedFor, near, false, []string{"X-Forwarded-Proto", "https;"}, false},
		{XForwardedFor, near, false, []string{"X-Forwarded-For", forger, "X-Forwarded-Proto", "https, http"}, false}, // the left one is the client's
		{XForwardedFor, near, false, []string{"X-Forwarded-For", forger + ", 10.0.0.1", "X-Forwarded-Proto", "https, http"}, true},
		{XForwardedFor, near, false, []string{"X-Forwarded-For", forger + ", 10.0.0.1", "X-Forwarded-Proto", "https, http, http"}, false},
		{XForwardedFor, near, false, []string{"X-Forwarded-For", forger + ", 10.0.0.1", "X-Forwarded-Proto", "https"}, true},
		{XForwardedFor, near, false, []string{"Forwarded", "for=1.1.1.1;proto=https"}, false},
		{XForwardedFor, stranger, false, []string{"X-Forwarded-Proto", "https"}, false},
		{XForwardedFor, stranger, true, []string{"X-Forwarded-Proto", "http"}, true},
		{Forwarded, near, false, []string{"Forwarded", "for=" + forger + ";proto=https"}, true},
		{Forwarded, near, false, []string{"Forwarded", `for=` + forger + `;proto="https"`}, true},
		{Forwarded, near, false, []string{"Forwarded", "for=1.1.1.1;proto=https, for=" + forger + ";proto=http"}, false},
		{Forwarded, near, false, []string{"Forwarded", "for=" + forger + ";proto=https, for=10.0.0.1;proto=http"}, true},
		{Forwarded, near, false, []string{"Forwarded", "for=" + forger + ";proto=https;proto=http"}, false},
		{Forwarded, near, false, []string{"X-Forwarded-Proto", "https"}, false},
	}
	for _, c := range cases {
		r := request(c.peer, c.headers...)
		if c.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if o := trust(c.header).Origin(r); o.Secure != c.want {
			t.Errorf("%s from %s, tls %t: secure = %t", c.headers, c.peer, c.tls, o.Secure)
		}
	}
}

// For any header at all: the client is the peer, or the address that the trusted proxy
// added, which the client can't choose.
func TestOrigin_NoPrefixOfAHeaderChangesTheClient(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		junk := rapid.StringOfN(rapid.RuneFrom([]rune(`0123456789abcdef.:[]",;=\ %forproto`)), 0, 200, -1).Draw(t, "junk")
		name, added, header := "X-Forwarded-For", forger, XForwardedFor
		if rapid.Bool().Draw(t, "rfc7239") {
			name, added, header = "Forwarded", `for="`+forger+`:1"`, Forwarded
		}
		value := junk + ", " + added
		if o := trust(header).Origin(request(near, name, value)); o.Address != netip.MustParseAddr(forger) {
			t.Fatalf("%s: %q gave %+v", name, value, o)
		}
	})
}
