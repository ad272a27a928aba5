package allowlist_test

import (
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"bangui/internal/allowlist"

	"pgregory.net/rapid"
)

func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

func TestJudge(t *testing.T) {
	protected := []allowlist.Entry{
		{Prefix: prefix("192.0.2.1/32"), Reason: "a gateway of this machine"},
		{Prefix: prefix("2001:db8:5::/64"), Reason: "on fail2ban's ignore list of jail sshd"},
	}
	cases := []struct {
		target string
		want   allowlist.Answer
		saying string
	}{
		{"203.0.113.7/32", allowlist.Allowed, ""},
		{"203.0.113.0/24", allowlist.Allowed, ""},
		{"203.0.112.0/23", allowlist.Confirm, "512 addresses"},
		{"9.0.0.0/8", allowlist.Confirm, "16777216 addresses"},
		{"8.0.0.0/7", allowlist.Never, "wider than /8"},
		{"0.0.0.0/0", allowlist.Never, "wider than /8"},
		{"127.0.0.1/32", allowlist.Never, "loopback"},
		{"127.200.0.0/16", allowlist.Never, "loopback"},
		{"::1/128", allowlist.Never, "loopback"},
		{"::ffff:127.0.0.1/128", allowlist.Never, "loopback"},
		{"::ffff:0:0/96", allowlist.Never, "wider than /8"},
		{"192.0.2.1/32", allowlist.Never, "gateway"},
		{"192.0.2.0/24", allowlist.Never, "192.0.2.1, a gateway"},
		{"192.0.2.2/32", allowlist.Allowed, ""},
		{"2001:db8:5::99/128", allowlist.Never, "ignore list"},
		{"2001:db8:5::/48", allowlist.Never, "ignore list"},
		{"2001:db8:6::/48", allowlist.Allowed, ""},
		{"2001:db8::/32", allowlist.Never, "ignore list"},
		{"2001:dc8::/32", allowlist.Confirm, "2^96 addresses"},
		{"2000::/15", allowlist.Never, "wider than /16"},
		{"fe80::1/128", allowlist.Never, "link-local"},
		{"224.0.0.251/32", allowlist.Never, "multicast"},
		{"0.0.0.0/32", allowlist.Never, "not an address of a sender"},
	}
	for _, c := range cases {
		t.Run(c.target, func(t *testing.T) {
			got := allowlist.Judge(prefix(c.target), protected)
			if got.Answer != c.want || !strings.Contains(got.Reason, c.saying) {
				t.Errorf("Judge(%s) = %+v, want %s saying %q", c.target, got, c.want, c.saying)
			}
		})
	}
}

// Whatever is asked for, a prefix that holds a protected address is never allowed.
func TestJudge_NeverCoversProtected(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		raw := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(rt, "address")
		addr := netip.AddrFrom4([4]byte(raw))
		bits := rapid.IntRange(0, 32).Draw(rt, "bits")
		entry := allowlist.Entry{Prefix: netip.PrefixFrom(addr, 32), Reason: "protected"}
		target := netip.PrefixFrom(addr, bits)
		if got := allowlist.Judge(target, []allowlist.Entry{entry}); got.Answer != allowlist.Never {
			rt.Fatalf("Judge(%s) with %s protected = %v", target, addr, got)
		}
	})
}

func TestParseTarget(t *testing.T) {
	good := map[string]string{
		" 203.0.113.7 ":        "203.0.113.7",
		"203.0.113.77/24":      "203.0.113.0/24",
		"[2001:db8::1]":        "2001:db8::1",
		"2001:0DB8::00AA":      "2001:db8::aa",
		"::ffff:192.0.2.55":    "192.0.2.55",
		"::ffff:192.0.2.0/120": "192.0.2.0/24",
	}
	for text, want := range good {
		got, err := allowlist.ParseTarget(text)
		if err != nil || allowlist.Text(got) != want {
			t.Errorf("ParseTarget(%q) = %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "root", "203.0.113", "203.0.113.7:22", "fe80::1%eth0", "203.0.113.7/33", "010.1.1.1",
		"203.0.113.7\n9", "203.0.113.0/255.255.255.0", "<F2B_END_COMMAND>", strings.Repeat("9", 1000),
	} {
		if got, err := allowlist.ParseTarget(text); err == nil {
			t.Errorf("ParseTarget(%q) = %v, want an error", text, got)
		}
	}
}

func TestIgnored(t *testing.T) {
	got := allowlist.Ignored("sshd", []string{"198.51.100.200/255.255.255.252", "10.0.0.0/8", "2001:db8::1", "example.org", "file:/x", ""})
	var texts []string
	for _, e := range got {
		texts = append(texts, allowlist.Text(e.Prefix))
	}
	if want := "198.51.100.200/30 10.0.0.0/8 2001:db8::1"; strings.Join(texts, " ") != want {
		t.Errorf("Ignored = %v, want %s", texts, want)
	}
}

// The files are those of a Debian 12 machine with an SSH session from 198.51.100.20
// on port 2222 (known by its socket) and one from 2001:db8::20 on port 22.
func TestSystem_Entries(t *testing.T) {
	root := t.TempDir()
	write := func(name, content string) {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("proc/net/route", "Iface\tDestination\tGateway \tFlags\neth0\t00000000\t010200C0\t0003\neth0\t000200C0\t00000000\t0001\n")
	write("proc/net/ipv6_route", strings.Repeat("0", 32)+" 00 "+strings.Repeat("0", 32)+" 00 20010db8000000000000000000000001 00000400 00000000 00000000 00000003 eth0\n")
	write("etc/resolv.conf", "# comment\nnameserver 192.0.2.53\nsearch example.org\n")
	write("proc/net/tcp", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"+
		"   0: 0A0200C0:08AE 146433C6:C350 01 00000000:00000000 00:00000000 00000000     0        0 4711 1\n"+
		"   1: 0A0200C0:01BB 156433C6:C351 01 00000000:00000000 00:00000000 00000000     0        0 4712 1\n")
	write("proc/net/tcp6", "  sl  local_address rem_address st\n"+
		"   0: B80D0120000000000000000002000000:0016 B80D0120000000000000000014000000:C350 01 00000000:00000000 00:00000000 00000000     0        0 4713 1\n")
	write("proc/77/comm", "sshd-session\n")
	write("run/systemd/sessions/5", "# private\nUID=0\nSERVICE=sshd\nREMOTE_HOST=198.51.100.30\nSTATE=active\n")
	if err := syscall.Mkfifo(filepath.Join(root, "run/systemd/sessions/5.ref"), 0o600); err != nil {
		t.Fatal(err)
	}
	write("run/systemd/sessions/6", "UID=0\nREMOTE_HOST=some.name\nREMOTE=1\n")
	if err := os.MkdirAll(filepath.Join(root, "proc/77/fd"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("socket:[4711]", filepath.Join(root, "proc/77/fd/4")); err != nil {
		t.Fatal(err)
	}
	system := allowlist.System{Root: root, Addresses: func() ([]net.Addr, error) {
		return []net.Addr{&net.IPNet{IP: net.ParseIP("192.0.2.10"), Mask: net.CIDRMask(24, 32)}}, nil
	}}
	got := map[string]string{}
	for _, e := range system.Entries() {
		got[allowlist.Text(e.Prefix)] = e.Reason
	}
	for addr, reason := range map[string]string{
		"192.0.2.10": "an address of this machine", "192.0.2.1": "gateway", "2001:db8::1": "gateway",
		"192.0.2.53": "name server", "198.51.100.20": "SSH session", "2001:db8::14": "SSH session",
		"198.51.100.30": "login",
	} {
		if !strings.Contains(got[addr], reason) {
			t.Errorf("%s: %q, want %q", addr, got[addr], reason)
		}
	}
	if _, there := got["198.51.100.21"]; there {
		t.Error("a visitor of the web server is taken for an SSH session")
	}
}

func TestCaller(t *testing.T) {
	if _, ok := allowlist.Caller(netip.MustParseAddr("::ffff:127.0.0.1")); ok {
		t.Error("a caller on this machine needs no entry")
	}
	e, ok := allowlist.Caller(netip.MustParseAddr("::ffff:198.51.100.4"))
	if !ok || allowlist.Text(e.Prefix) != "198.51.100.4" {
		t.Errorf("Caller = %v, %v", e, ok)
	}
}
