package helper_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/history"
	"bangui/internal/host"
	"bangui/internal/store/storetest"
)

// listless records what the log tells and takes no lists.
type listless struct{ recorder }

func (listless) Reconcile(context.Context, host.BanList) error { return errors.New("no lists") }

// followsLog bans addresses until one is recorded from the log: what was logged before it
// was followed tells nothing.
func (c *console) followsLog(h *helperSide) {
	c.t.Helper()
	var last byte
	c.until("the log is followed", func() bool {
		if last++; last < 250 {
			h.server.Client("set", "manual", "banip", fmt.Sprintf("198.51.100.%d", last))
		}
		mark, err := c.archive.MarkOf(c.t.Context(), storetest.HostID, "log")
		return err == nil && mark != ""
	})
}

// Through a helper, too, each ban is told once, with all that fail2ban knows of it and the
// moment of its log line. How soon, BenchmarkABanIsTold says.
func TestClient_ABanIsToldByItsLogLine(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{})
	c := newConsoleInto(t, h, func(a *history.Archive) host.Recorder { return listless{recorder{a}} })
	sub, err := c.bus.Subscribe(1000)
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	c.followsLog(h)
	const bans = 20
	told := map[string]bool{}
	began := time.Now()
	for i := range bans {
		h.server.Fail(fmt.Sprintf("203.0.113.%d", i), 3, "root")
	}
	last := time.After(time.Minute)
	for len(told) < bans {
		select {
		case e := <-sub.C:
			if e.Kind != event.Ban || e.Jail != "sshd" {
				continue
			}
			told[e.Address] = true
			if e.BanSeconds != 600 || e.Failures != 3 || e.BanCount != 1 || e.Origin != event.ByFail2ban || e.Restored ||
				e.HostID != storetest.HostID || e.BannedAt.Before(began.Add(-2*time.Second)) || !e.At.Equal(h.server.LoggedBans()[e.Address]) {
				t.Errorf("%+v", e)
			}
		case <-last:
			t.Fatalf("%d of %d bans were told", len(told), bans)
		}
	}
	for address, n := range c.events(event.Ban) {
		if n != 1 {
			t.Errorf("%s was told %d times", address, n)
		}
	}
}

// BenchmarkABanIsTold is how long after fail2ban's own log line a ban reaches a subscriber
// of the console, through the helper: goal 95 of 100 within 250 ms. Each turn is 100 bans,
// one after the other.
func BenchmarkABanIsTold(b *testing.B) {
	h := newHelper(b, fail2bantest.Options{Action: "none"})
	c := newConsole(b, h)
	sub, err := c.bus.Subscribe(1000)
	if err != nil {
		b.Fatal(err)
	}
	defer sub.Close()
	c.followsLog(h)
	client := fail2ban.New(fail2ban.Options{Socket: h.server.Socket()})
	told, n := map[string]time.Time{}, 0
	for b.Loop() {
		for range 100 {
			n++
			address := fmt.Sprintf("10.%d.%d.%d", n>>16, n>>8&255, n&255)
			if _, err := client.Ban(b.Context(), "manual", address); err != nil {
				b.Fatal(err)
			}
			for e := range sub.C {
				if e.Kind == event.Ban && e.Address == address {
					told[address] = time.Now()
					break
				}
			}
		}
	}
	h.server.ReportLate(b, told)
}
