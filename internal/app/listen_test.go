package app

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"bangui/internal/proxy"
)

func addresses(text string) []netip.AddrPort {
	var all []netip.AddrPort
	for part := range strings.SplitSeq(text, " ") {
		all = append(all, netip.MustParseAddrPort(part))
	}
	return all
}

func localhostAnyPort() []netip.AddrPort { return addresses("127.0.0.1:0 [::1]:0") }

func TestListen_AllAddressesHaveOnePort(t *testing.T) {
	for text, want := range map[string]string{
		"127.0.0.1:0": "127.0.0.1", "127.0.0.1:0 [::1]:0": "127.0.0.1 ::1", "[::1]:0": "::1", "0.0.0.0:0": "0.0.0.0", "[::]:0": "::", "127.0.0.1:0 127.0.0.2:0 [::1]:0": "127.0.0.1 127.0.0.2 ::1",
	} {
		a := New(Options{Config: settings(t), Log: &journal{}})
		a.Config.Listen = addresses(text)
		listeners, err := a.listen(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range listeners {
			got = append(got, addressOf(l).Addr().String())
			if addressOf(l).Port() != addressOf(listeners[0]).Port() || addressOf(l).Port() == 0 {
				t.Errorf("%s: port %d", text, addressOf(l).Port())
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s listens on %s", text, got)
		}
		if err := closeAll(listeners); err != nil {
			t.Error(err)
		}
	}
}

// An address that is taken, or that this machine doesn't have, leaves none of them open.
func TestListen_AllOrNone(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	for text, told := range map[string]string{
		"127.0.0.1:" + port + " 127.0.0.2:" + port:  "taken by another program",
		"127.0.0.1:" + port + " 192.0.2.55:" + port: "can't be listened on",
	} {
		a := New(Options{Config: settings(t), Log: &journal{}})
		a.Config.Listen = addresses(text)
		if _, err := a.listen(t.Context()); err == nil || !strings.Contains(err.Error(), told) {
			t.Errorf("%s: %v", text, err)
		}
		free, err := net.Listen("tcp", "127.0.0.1:"+port)
		if err != nil {
			t.Errorf("%s: the first address stays open: %v", text, err)
			continue
		}
		_ = free.Close()
	}
}

func TestNearby(t *testing.T) {
	for at, want := range map[string]string{
		"0.0.0.0:8000": "127.0.0.1:8000", "[::]:8000": "[::1]:8000", "127.0.0.1:1": "127.0.0.1:1", "192.0.2.1:1": "192.0.2.1:1", "[2001:db8::1]:1": "[2001:db8::1]:1",
	} {
		if got := nearby(netip.MustParseAddrPort(at)); got != want {
			t.Errorf("%s is nearby at %s, want %s", at, got, want)
		}
	}
}

// One place can't take all connections, a proxy can take most, and room that is left is
// there again.
func TestCrowd(t *testing.T) {
	log := &journal{}
	c := newCrowd(proxy.Trust{Proxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}}, newLogger(log, settings(t)))
	enter := func(address string, times int) (let int) {
		source := sourceOf(net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 4000)))
		for range times {
			if c.enter(source) {
				let++
			}
		}
		return let
	}
	for _, step := range []struct {
		address     string
		times, want int
	}{
		{"198.51.100.1", 300, 256},
		{"198.51.100.2", 1, 1},
		{"2001:db8:1:2::1", 200, 200},
		{"2001:db8:1:2:3:4:5:6", 200, 56}, // the same /64
		{"2001:db8:1:3::1", 1, 1},
		{"127.0.0.1", 300, 300},
		{"192.0.2.1", 300, maxConnections - 256 - 1 - 256 - 1 - 300},
		{"198.51.100.3", 1, 0},
	} {
		if got := enter(step.address, step.times); got != step.want {
			t.Errorf("%d of %d from %s were let in, want %d", got, step.times, step.address, step.want)
		}
	}
	if n := strings.Count(log.String(), "too many connections"); n != 1 {
		t.Errorf("the log tells it %d times", n)
	}
	c.leave(netip.MustParsePrefix("198.51.100.1/32"))
	if got := enter("198.51.100.3", 2); got != 1 {
		t.Errorf("%d were let in where one had left", got)
	}
}

// The stop closes the listeners before the server knows of it; that is no failure,
// whoever is quicker.
func TestCrowded_ClosesTwice(t *testing.T) {
	a := New(Options{Config: settings(t), Log: &journal{}})
	listeners, err := a.listen(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := crowded{listeners[0], newCrowd(proxy.Trust{}, newLogger(&journal{}, a.Config))}
	for range 3 {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	if err := closeAll(listeners); err != nil {
		t.Error(err)
	}
}

// A connection counts until it is closed, however often that happens.
func TestCrowd_CountsRealConnections(t *testing.T) {
	a := New(Options{Config: settings(t), Log: &journal{}})
	running := serveApp(t, a)
	var conns []*wire
	for range 10 {
		conns = append(conns, dial(t, running.url))
	}
	count := func() int {
		a.crowd.mu.Lock()
		defer a.crowd.mu.Unlock()
		return a.crowd.total
	}
	until(t, "ten are counted", func() bool { return count() == 10 })
	for _, w := range conns {
		_ = w.conn.Close()
	}
	until(t, "none is counted", func() bool { return count() == 0 })
	a.crowd.mu.Lock()
	defer a.crowd.mu.Unlock()
	if len(a.crowd.from) != 0 || len(a.crowd.idle) != 0 {
		t.Errorf("places %v, connections %v are kept", a.crowd.from, a.crowd.idle)
	}
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}
