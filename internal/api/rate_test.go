package api

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// clock is a time that a test moves.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func taken(l *limiter, caller string, class rateClass) bool {
	_, refused := l.take(netip.MustParseAddr(caller), class)
	return refused == nil
}

func TestLimiter_Takes200InAnyMinute(t *testing.T) {
	c := newClock()
	l := newLimiter(c.now, 0)
	const apart = 100 * time.Millisecond
	for n := range 200 {
		if !taken(l, "192.0.2.1", classRead) {
			t.Fatalf("request %d was refused", n+1)
		}
		c.pass(apart)
	}
	rates, refused := l.take(netip.MustParseAddr("192.0.2.1"), classRead)
	if refused == nil || refused.reset != 40*time.Second || rates[0].left != 0 {
		t.Fatalf("request 201: %+v", rates)
	}
	if !taken(l, "192.0.2.2", classRead) {
		t.Error("another client is refused as well")
	}
	c.pass(refused.reset - 1)
	if taken(l, "192.0.2.1", classRead) {
		t.Error("the 201st request within 60 s was taken")
	}
	c.pass(1)
	if !taken(l, "192.0.2.1", classRead) {
		t.Error("who waited as long as he was told is refused")
	}
	if taken(l, "192.0.2.1", classRead) {
		t.Error("two were taken where one had become free")
	}
}

// A class has its own bound besides the one for all; what one of them refuses counts
// for neither.
func TestLimiter_Classes(t *testing.T) {
	for class, most := range limits() {
		l := newLimiter(newClock().now, 0)
		for n := range most {
			if !taken(l, "192.0.2.1", class) {
				t.Fatalf("%s: request %d was refused", class, n+1)
			}
		}
		for range standardRate {
			if taken(l, "192.0.2.1", class) {
				t.Fatalf("%s: request %d was taken", class, most+1)
			}
		}
		for n := range standardRate - most {
			if !taken(l, "192.0.2.1", classRead) {
				t.Fatalf("%s: other request %d was refused", class, n+1)
			}
		}
		if taken(l, "192.0.2.1", classRead) {
			t.Errorf("%s: it does not count with all", class)
		}
	}
}

// Whatever comes when: no minute holds more than the bound, and nothing is refused
// while the minute before it holds less.
func TestLimiter_IsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := newClock()
		most := rapid.IntRange(1, 8).Draw(t, "most")
		l := newLimiter(c.now, most)
		var took []time.Time
		for _, pause := range rapid.SliceOfN(rapid.IntRange(0, 30_000), 1, 200).Draw(t, "pauses in ms") {
			c.pass(time.Duration(pause) * time.Millisecond)
			recent := 0
			for _, at := range took {
				if c.now().Sub(at) < rateWindow {
					recent++
				}
			}
			got := taken(l, "192.0.2.1", classRead)
			if want := recent < most; got != want {
				t.Fatalf("with %d of %d in the last minute: taken is %v", recent, most, got)
			}
			if got {
				took = append(took, c.now())
			}
		}
	})
}

func TestSourceOf(t *testing.T) {
	for given, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "::ffff:192.0.2.1": "192.0.2.1/32", "127.0.0.1": "127.0.0.1/32",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64", "::1": "::/64",
	} {
		if got := sourceOf(netip.MustParseAddr(given)).String(); got != want {
			t.Errorf("%s counts as %s, want %s", given, got, want)
		}
	}
	if got := sourceOf(netip.Addr{}); got != (netip.Prefix{}) {
		t.Errorf("no address counts as %s", got)
	}
}

func numbered(n int) netip.Addr {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(0x0a000000+n))
	return netip.AddrFrom4(b)
}

// A million sources use bounded memory, and nobody gets rid of his own count by them.
func TestLimiter_AMillionSources(t *testing.T) {
	c := newClock()
	l := newLimiter(c.now, 0)
	const attacker = "192.0.2.1"
	for range standardRate {
		taken(l, attacker, classBan)
		taken(l, attacker, classRead)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	accepted := 0
	for n := range 1_000_000 {
		if _, refused := l.take(numbered(n), classBan); refused == nil {
			accepted++
		}
		if n%100_000 == 0 && (taken(l, attacker, classRead) || taken(l, attacker, classBan)) {
			t.Fatalf("after %d other sources the count is forgotten", n)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	const most = 16 << 20
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > most {
		t.Errorf("it uses %d bytes, at most %d are right", used, most)
	}
	if len(l.clients) != maxClients || l.order.Len() != maxClients {
		t.Errorf("%d clients are remembered, %d in order", len(l.clients), l.order.Len())
	}
	if bound := maxClients + crowds*limits()[classBan]; accepted > bound {
		t.Errorf("%d were taken, at most %d are right", accepted, bound)
	}
	c.pass(rateWindow)
	if !taken(l, "198.51.100.1", classRead) || !taken(l, attacker, classRead) {
		t.Error("after a quiet minute a client is refused")
	}
}

// Clients that went quiet are forgotten as others come, without anybody cleaning up.
func TestLimiter_ForgetsTheQuiet(t *testing.T) {
	c := newClock()
	l := newLimiter(c.now, 0)
	for n := range maxClients {
		l.take(numbered(n), classRead)
	}
	c.pass(rateWindow)
	for n := range maxClients {
		l.take(numbered(maxClients+n), classRead)
	}
	if _, there := l.clients[sourceOf(numbered(0))]; there || len(l.clients) != maxClients {
		t.Errorf("%d clients are remembered, the first of them is %v", len(l.clients), there)
	}
}

func TestLimiter_ManyAtOnce(t *testing.T) {
	l := newLimiter(time.Now, 0)
	var all sync.WaitGroup
	var mu sync.Mutex
	accepted := 0
	for range 8 {
		all.Go(func() {
			for range standardRate {
				if taken(l, "192.0.2.1", classRead) {
					mu.Lock()
					accepted++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	if accepted != standardRate {
		t.Errorf("%d were taken, want %d", accepted, standardRate)
	}
}

// The document tells the bounds that hold.
func TestLimits_AreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/rate-limits.md")
	if err != nil {
		t.Fatal(err)
	}
	for class, most := range limits() {
		if row := fmt.Sprintf("| %s | %d |", class, most); !strings.Contains(string(text), row) {
			t.Errorf("docs/rate-limits.md lacks %q", row)
		}
	}
}
