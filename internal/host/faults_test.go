package host_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/history"
	"bangui/internal/host"
)

// troubled is a recorder whose Reconcile is delayed or fails as a test wants it.
type troubled struct {
	recorder
	mu     sync.Mutex
	before func(host.BanList) error
	lists  int
}

func (r *troubled) Reconcile(ctx context.Context, list host.BanList) error {
	r.mu.Lock()
	r.lists++
	before := r.before
	r.mu.Unlock()
	if before != nil {
		if err := before(list); err != nil {
			return err
		}
	}
	return r.recorder.Reconcile(ctx, list)
}

func (r *troubled) trouble(before func(host.BanList) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = before
}

func (r *troubled) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lists
}

// newTroubledBench is a bench whose recorder can be troubled.
func newTroubledBench(t testing.TB, o fail2bantest.Options) (*bench, *troubled) {
	t.Helper()
	r := &troubled{}
	b := newBenchInto(t, o, func(a *history.Archive) host.Recorder {
		r.recorder = recorder{a}
		return r
	})
	return b, r
}

// A line that is dated in the future proves nothing: the time of no ban is over then.
func TestLocal_ALineOfTheFutureEndsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.server.Client("set", "manual", "banip", "203.0.113.7")
	b.untilActive("manual 203.0.113.7")
	b.server.Append(b.server.Log(), "2099-01-01 00:00:00,000 fail2ban.actions        [1]: NOTICE  [manual] Unban 203.0.113.7\n"+
		time.Now().Add(time.Hour).Format("2006-01-02 15:04:05,000")+" fail2ban.actions        [1]: NOTICE  [manual] Unban 203.0.113.7\n")
	b.server.Client("set", "manual", "banip", "203.0.113.8") // comes after them in the log
	b.untilActive("manual 203.0.113.7", "manual 203.0.113.8")
	if told := b.events(event.Unban); len(told) != 0 {
		t.Errorf("an end was told: %v", told)
	}
}

// With its last jail stopped by somebody else, nothing is said to run.
func TestLocal_NoJailRunsAnyMore(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.server.Client("set", "manual", "banip", "203.0.113.7")
	b.untilActive("manual 203.0.113.7")
	b.server.Client("stop", "manual")
	b.server.Client("stop", "sshd")
	b.until("no jail is said to run", func() bool {
		jails := b.local.Jails()
		return len(jails) == 2 && !slices.ContainsFunc(jails, func(j host.Jail) bool { return j.State != host.JailDown || j.CurrentlyBanned != 0 })
	})
	b.until("it is a finding", func() bool {
		for _, f := range b.local.State().Findings {
			if f.Code == "jail_down" {
				return strings.Contains(f.Text, "sshd")
			}
		}
		return false
	})
	if s := b.local.State(); s.Jails != 0 || s.CurrentlyBanned != 0 || s.Reach != host.Degraded {
		t.Errorf("%+v", s)
	}
	if got := b.active(); len(got) != 1 {
		t.Errorf("a server without jails may be stopping; it ended bans: %v", got)
	}
	if err := b.local.StartJail(t.Context(), "manual"); err != nil {
		t.Errorf("StartJail = %v", err)
	}
	b.until("it runs", func() bool {
		return slices.ContainsFunc(b.local.Jails(), func(j host.Jail) bool { return j.Name == "manual" && j.State == host.JailRunning })
	})
}

// nextLook asks for a look at fail2ban and waits until it was taken.
func (b *bench) nextLook() {
	b.t.Helper()
	before := b.local.State().AsOf
	b.local.Poke()
	b.until("fail2ban was looked at", func() bool { return b.local.State().AsOf.After(before) })
}

// A list that was fetched before a jail was stopped does not bring its bans back.
func TestLocal_AJailStopsWhileItsBansAreListed(t *testing.T) {
	t.Parallel()
	b, r := newTroubledBench(t, fail2bantest.Options{})
	b.server.Client("set", "manual", "banip", "203.0.113.7")
	b.untilActive("manual 203.0.113.7")
	inList, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	r.trouble(func(list host.BanList) error {
		if list.Jail == "manual" && !list.Gone {
			once.Do(func() { close(inList); <-goOn })
		}
		return nil
	})
	b.server.Client("set", "manual", "banip", "203.0.113.8") // asks for a list
	b.local.Poke()
	select {
	case <-inList:
	case <-time.After(2 * time.Minute):
		t.Fatal("no list was taken")
	}
	stopped := make(chan error, 1)
	go func() { stopped <- b.local.StopJail(t.Context(), "manual") }()
	b.until("fail2ban has stopped it", func() bool { return strings.Contains(b.server.Read(b.server.Log()), "Jail 'manual' stopped") })
	close(goOn)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	b.untilActive()
	for range 3 {
		b.nextLook()
	}
	if got := b.active(); len(got) != 0 {
		t.Errorf("bans of a jail that is gone: %v", got)
	}
}

// While nothing can be recorded, fail2ban is not asked for its lists each second.
func TestLocal_AFailingRecorderCostsFail2banLittle(t *testing.T) {
	t.Parallel()
	b, r := newTroubledBench(t, fail2bantest.Options{})
	full := errors.New("no room on the disk")
	r.trouble(func(host.BanList) error { return full })
	b.server.Client("set", "manual", "banip", "203.0.113.7")
	before, began := r.count(), time.Now()
	for range 16 {
		b.nextLook()
	}
	took := time.Since(began)
	most := 2 * (2 + int(took/(5*time.Second))) // two jails, each once or twice, and after each rest of 5 s
	if n := r.count() - before; n > most {
		t.Errorf("%d lists in 16 looks and %v, want %d at most", n, took, most)
	}
	r.trouble(nil)
	b.untilActive("manual 203.0.113.7")
}

// The end of a jail that could not be recorded is recorded later.
func TestLocal_TheEndOfAJailIsTriedAgain(t *testing.T) {
	t.Parallel()
	b, r := newTroubledBench(t, fail2bantest.Options{})
	b.server.Client("set", "manual", "banip", "203.0.113.7")
	b.untilActive("manual 203.0.113.7")
	refusals := 0
	r.trouble(func(list host.BanList) error {
		if list.Gone {
			if refusals++; refusals <= 2 {
				return errors.New("the database is busy")
			}
		}
		return nil
	})
	if err := b.local.StopJail(t.Context(), "manual"); err != nil {
		t.Fatal(err)
	}
	b.untilActive()
}

// What was lifted a moment ago can be banned again at once.
func TestLocal_BanLiftBan(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	order := host.BanOrder{Targets: prefixes("203.0.113.7"), Jails: []string{"manual"}}
	for range 3 {
		if got, err := b.local.Ban(t.Context(), order); err != nil || got[0].Result != host.Banned {
			t.Fatalf("Ban = %+v, %v", got, err)
		}
		b.untilActive("manual 203.0.113.7")
		if got, err := b.local.Lift(t.Context(), host.LiftOrder{IDs: []string{"203.0.113.7"}}); err != nil || got[0].Result != host.Lifted {
			t.Fatalf("Lift = %+v, %v", got, err)
		}
	}
	b.server.Client("set", "manual", "banip", "203.0.113.9")
	b.untilActive("manual 203.0.113.9")
	b.server.Client("set", "manual", "unbanip", "203.0.113.9") // by somebody else, and not seen yet
	order.Targets = prefixes("203.0.113.9")
	if got, err := b.local.Ban(t.Context(), order); err != nil || got[0].Result != host.Banned {
		t.Errorf("Ban = %+v, %v", got, err)
	}
}

// A ban that is lifted right after it was made must not come back at a restart, even
// when we end right after it as a command does.
func TestLocal_ALiftedBanStaysLifted(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	for range 5 {
		if _, err := b.local.Ban(t.Context(), host.BanOrder{Targets: prefixes("203.0.113.1", "203.0.113.2", "203.0.113.3"), Jails: []string{"manual"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.local.Lift(t.Context(), host.LiftOrder{IDs: []string{"203.0.113.1", "203.0.113.2", "203.0.113.3"}}); err != nil {
			t.Fatal(err)
		}
	}
	b.stop()
	b.server.Restart()
	if got := b.server.Client("get", "manual", "banned"); got != "[]" {
		t.Errorf("back after the restart: %s", got)
	}
	b.begin()
	b.untilActive()
}
