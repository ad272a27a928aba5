package config_test

import (
	"fmt"
	"strings"
	"testing"

	"bangui/internal/config"
	"bangui/internal/fault"
)

func TestLoad_Networks(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "127.0.0.1": "127.0.0.1", " ::1 , 10.0.0.0/8,": "::1,10.0.0.0/8", "::ffff:192.0.2.1": "192.0.2.1",
		"192.0.2.1/32,192.0.2.1": "192.0.2.1", "2001:db8::/32": "2001:db8::/32",
	} {
		c, _, err := config.Load(config.Given{Flags: map[string]string{"trusted-proxies": text}}, here(nil))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		for _, s := range config.Settings() {
			if s.Name == "trusted-proxies" && s.Show(c) != want {
				t.Errorf("%q = %q, want %q", text, s.Show(c), want)
			}
		}
	}
}

func TestLoad_PublicURLs(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "https://bans.example.org": "https://bans.example.org", "https://Bans.Example.org/bangui/": "https://bans.example.org/bangui",
		"http://192.0.2.1:8000": "http://192.0.2.1:8000", "https://a.example:443": "https://a.example", "http://[::1]:80/bangui": "http://[::1]/bangui", "https://a.example:80": "https://a.example:80", "https://[2001:db8::1]:8443/": "https://[2001:db8::1]:8443",
	} {
		c, _, err := config.Load(config.Given{Flags: map[string]string{"public-url": text, "base-path": "/bangui"}}, here(nil))
		if err != nil || c.PublicURL != want {
			t.Errorf("%q = %q, %v; want %q", text, c.PublicURL, err, want)
		}
	}
}

func TestLoad_RefusesNetworks(t *testing.T) {
	cases := map[string]struct{ setting, value, want string }{
		"Name":        {"trusted-proxies", "nginx", "neither an address nor a network"},
		"Everybody":   {"trusted-proxies", "0.0.0.0/0", "everybody"},
		"Everybody6":  {"trusted-proxies", "::/0", "everybody"},
		"HostBits":    {"trusted-proxies", "10.0.0.1/8", "10.0.0.0/8"},
		"Mapped":      {"trusted-proxies", "::ffff:10.0.0.0/104", "in IPv4"},
		"Zone":        {"trusted-proxies", "fe80::1%eth0", "neither an address nor a network"},
		"Port":        {"trusted-proxies", "127.0.0.1:80", "neither an address nor a network"},
		"TooMany":     {"trusted-proxies", many(300), "more than 256"},
		"BothHeaders": {"forwarded-header", "x-forwarded-for,forwarded", "x-forwarded-for or forwarded"},
		"RealIP":      {"forwarded-header", "x-real-ip", "x-forwarded-for or forwarded"},
		"NoScheme":    {"public-url", "bans.example.org", "https://bans.example.org"},
		"OtherScheme": {"public-url", "ftp://bans.example.org", "https://bans.example.org"},
		"Password":    {"public-url", "https://me:secret@bans.example.org", "more than scheme"},
		"Query":       {"public-url", "https://bans.example.org/?x", "more than scheme"},
		"Fragment":    {"public-url", "https://bans.example.org/#x", "more than scheme"},
		"NoHost":      {"public-url", "https:///x", "https://bans.example.org"},
		"Markup":      {"public-url", "https://a\"b", "https://bans.example.org"},
		"OtherPath":   {"public-url", "https://bans.example.org/other", "base-path"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, _, err := config.Load(config.Given{Flags: map[string]string{c.setting: c.value}}, here(nil))
			told := fault.MessageOf(err) + " " + fault.MendOf(err)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(told, c.want) || !strings.Contains(told, c.setting) {
				t.Errorf("%v %q lacks %q", err, told, c.want)
			}
		})
	}
}

func many(n int) string {
	var parts []string
	for i := range n {
		parts = append(parts, fmt.Sprintf("10.0.%d.%d", i/256, i%256))
	}
	return strings.Join(parts, ",")
}

// Who sets nothing is reached from this machine only, and believes no proxy.
func TestLoad_OpensNothingByItself(t *testing.T) {
	c, _, err := config.Load(config.Given{}, here(nil))
	if err != nil || len(c.Listen) == 0 {
		t.Fatal(c.Listen, err)
	}
	for _, address := range c.Listen {
		if !address.Addr().IsLoopback() {
			t.Errorf("it listens at %s", address)
		}
	}
	if len(c.TrustedProxies) > 0 || len(c.AllowedHosts) > 0 || c.PublicURL != "" || c.SetupPasswordFile != "" {
		t.Errorf("%v %v %q %q", c.TrustedProxies, c.AllowedHosts, c.PublicURL, c.SetupPasswordFile)
	}
}
