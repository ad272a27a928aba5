package demo

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fault"
)

func options(t *testing.T) Options {
	t.Helper()
	// Not t.TempDir: a socket's path has room for 107 bytes.
	parent, err := os.MkdirTemp("", "bangui-demo-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(parent) })
	return Options{Dir: filepath.Join(parent, "d"), Stock: "/etc/fail2ban", Logger: slog.New(slog.DiscardHandler), Seed: 7}
}

func TestDemo_BansAndUnbansAndLeavesNothing(t *testing.T) {
	o := options(t)
	o.BanTime = 3 * time.Second
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()

	began := time.Now()
	waitLog(t, s, regexp.MustCompile(`\[\S+\] Ban `), time.Minute)
	t.Logf("first ban after %s", time.Since(began).Round(100*time.Millisecond))
	waitLog(t, s, regexp.MustCompile(`\[\S+\] Unban `), time.Minute)

	client := fail2ban.New(fail2ban.Options{Socket: s.Socket()})
	stats, err := client.Stats(t.Context())
	if err != nil || len(stats) != len(jails) {
		t.Errorf("stats = %v, %v", stats, err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v", err)
	}
	pid := s.PID()
	if err := s.Close(t.Context()); err != nil {
		t.Errorf("Close = %v", err)
	}
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the server (pid %d) is still there: %v", pid, err)
	}
	if _, err := os.Stat(o.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func waitLog(t *testing.T, s *Server, want *regexp.Regexp, within time.Duration) {
	t.Helper()
	deadline := time.Now().Add(within)
	for {
		log, err := os.ReadFile(s.LogPath())
		if err == nil && want.Match(log) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %s; %v\n%s", want, within, err, log)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func TestOpen_SaysWhatIsMissing(t *testing.T) {
	o := options(t)
	o.Stock = filepath.Join(o.Dir, "none")
	if _, err := Open(t.Context(), o); !fault.Is(err, fault.Unavailable) || !strings.Contains(fault.MendOf(err), "apt-get install") {
		t.Errorf("err = %v, mend %q", err, fault.MendOf(err))
	}
	o = options(t)
	o.Dir += strings.Repeat("x", 100)
	if _, err := Open(t.Context(), o); !fault.Is(err, fault.Invalid) {
		t.Errorf("err = %v", err)
	}
}

func TestOpen_AServerThatEndsLeavesNothing(t *testing.T) {
	o := options(t)
	o.Server = "/bin/false"
	_, err := Open(t.Context(), o)
	if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "ended while starting") {
		t.Errorf("err = %v", err)
	}
	if _, err := os.Stat(o.Dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder is still there: %v", err)
	}
}

func TestSimulator_UsesDocumentationAddressesOnly(t *testing.T) {
	reserved := []netip.Prefix{
		netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("198.51.100.0/24"),
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32"),
	}
	inside := func(a netip.Addr) bool {
		for _, p := range reserved {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	for seed := range uint64(5) {
		sim := newSimulator(seed)
		lines := 0
		for range 2000 {
			lines += len(sim.next(time.Now()))
			if len(sim.active) > maxActive {
				t.Fatalf("%d attackers at once", len(sim.active))
			}
		}
		if lines < 500 || lines > 2000*(maxActive+1) {
			t.Errorf("seed %d: %d lines", seed, lines)
		}
		for _, a := range sim.pool {
			if !inside(a) {
				t.Errorf("seed %d: %s is somebody's address", seed, a)
			}
		}
	}
}

func TestAppend_StartsAFullLogAnew(t *testing.T) {
	o := options(t)
	s := &Server{Options: o}
	if err := s.write(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(o.Dir, "log", "auth.log")
	if err := os.WriteFile(name, make([]byte, maxLogSize+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.append(line{"auth.log", "x"}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || string(got) != "x\n" {
		t.Errorf("%q, %v", got, err)
	}
}
