package helper_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/helper"
	"bangui/internal/host"
)

// nothingKept takes everything and keeps nothing.
type nothingKept struct{}

func (nothingKept) Record(context.Context, []event.Event, *host.Mark) error { return nil }
func (nothingKept) Reconcile(context.Context, host.BanList) error           { return nil }
func (nothingKept) MarkOf(context.Context, string, string) (string, error)  { return "", nil }
func (nothingKept) OpenJails(context.Context, string) ([]string, error)     { return nil, nil }
func (nothingKept) Copy(context.Context, host.Copied) error                 { return nil }

// One console follows. Another one is told so, and takes over when the first is gone.
func TestFollow_OneAtATime(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{})
	first := newConsole(t, h)
	first.until("the first follows", func() bool { return strings.Contains(h.log.String(), "a console follows") })
	second := newConsole(t, h)
	finding := func() string {
		for _, f := range second.client.State().Findings {
			if f.Code == "not_following" {
				return f.Text
			}
		}
		return ""
	}
	second.until("the second is told", func() bool { return strings.Contains(finding(), "another console follows this machine already") })
	h.server.Client("set", "manual", "banip", "203.0.113.7")
	first.untilActive("manual 203.0.113.7")
	if got := second.active(); len(got) != 0 {
		t.Errorf("both were told: %v", got)
	}
	if lifted, err := second.client.Lift(t.Context(), host.LiftOrder{IDs: []string{"203.0.113.7"}}); err != nil || lifted[0].Result != host.Lifted {
		t.Errorf("the second can't lift: %v, %v", lifted, err)
	}
	first.untilActive()
	first.stop()
	second.until("the second follows", func() bool { return finding() == "" })
	h.server.Client("set", "manual", "banip", "203.0.113.8")
	second.untilActive("manual 203.0.113.8")
}

// A console that hangs while it follows is dropped, so that another one can.
func TestFollow_AConsoleThatHangs(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	allowed, _ := helper.Allow(nil, nil)
	const soon = 300 * time.Millisecond
	log := serve(t, silent{}, socket, allowed, func(s *helper.Server) { s.Hurry(time.Minute, time.Minute, soon, soon) })
	hung := greeted(t, socket)
	hung.frame(`{"verb":"follow"}`)
	if got := hung.receive(); got != "{}" {
		t.Fatalf("follow was answered with %q", got)
	}
	fail2bantest.Until(t, "it follows", func() bool { return strings.Contains(log.String(), "a console follows") })
	client := newClient(socket)
	t.Cleanup(running(t, func(ctx context.Context) error { return client.Run(ctx, nothingKept{}) }))
	fail2bantest.Until(t, "the other one follows", func() bool { return strings.Count(log.String(), "a console follows") >= 2 })
	if !strings.Contains(log.String(), "does not answer") {
		t.Errorf("the log does not say why:\n%s", log)
	}
}

// Garbage in place of a receipt ends the following and nothing else.
func TestFollow_OutlivesGarbage(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{})
	for i, text := range []string{"", "{}", `{"number":99999}`, `{"number":1,"x":2}`, `[]`, strings.Repeat(" ", helper.MaxRequest+1)} {
		r := greeted(t, h.socket)
		r.frame(`{"verb":"follow"}`)
		if got := r.receive(); got != "{}" {
			t.Fatalf("follow was answered with %q", got)
		}
		fail2bantest.Until(t, "it follows", func() bool { return strings.Count(h.log.String(), "a console follows") == i+1 })
		r.frame(text)
		_ = r.conn.Close()
		fail2bantest.Until(t, "it no longer follows", func() bool { return strings.Count(h.log.String(), "no longer follows") == i+1 })
	}
	c := newConsole(t, h)
	h.server.Client("set", "manual", "banip", "203.0.113.7")
	c.untilActive("manual 203.0.113.7")
}

// failing is a recorder whose store is out of order for a while.
type failing struct {
	recorder
	broken atomic.Bool
	tried  atomic.Int32
}

func (f *failing) Record(ctx context.Context, events []event.Event, mark *host.Mark) error {
	if f.broken.Load() {
		f.tried.Add(1)
		return fault.New(fault.DiskFull, "the disk is full")
	}
	return f.recorder.Record(ctx, events, mark)
}

func (f *failing) Reconcile(ctx context.Context, list host.BanList) error {
	if f.broken.Load() {
		f.tried.Add(1)
		return errors.New("no")
	}
	return f.recorder.Reconcile(ctx, list)
}

// What the console could not store counts as not delivered and comes again.
func TestFollow_DeliveredIsWhatIsStored(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{})
	c := newConsole(t, h)
	c.stop()
	to := &failing{recorder: recorder{c.archive}}
	c.client = newClient(h.socket)
	c.stop = running(t, func(ctx context.Context) error { return c.client.Run(ctx, to) })
	h.server.Client("set", "manual", "banip", "203.0.113.7")
	c.untilActive("manual 203.0.113.7")
	to.broken.Store(true)
	h.server.Client("set", "manual", "banip", "203.0.113.8")
	h.server.Client("set", "manual", "unbanip", "203.0.113.7")
	c.until("it was tried", func() bool { return to.tried.Load() > 1 })
	to.broken.Store(false)
	c.untilActive("manual 203.0.113.8")
	if told := c.events(event.Ban); told["manual 203.0.113.8"] != 1 {
		t.Errorf("told: %v", told)
	}
}

// keeper remembers the lists that it is given.
type keeper struct {
	nothingKept
	mu    sync.Mutex
	lists map[string]host.BanList
}

func (k *keeper) Reconcile(_ context.Context, list host.BanList) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lists[list.Jail] = list
	return nil
}

// crowded is a host with as many bans as a long list of attackers makes.
type crowded struct {
	silent
	bans []host.Ban
}

func (c crowded) Bans(context.Context, string) ([]host.Ban, error) { return c.bans, nil }

func (c crowded) Run(ctx context.Context, to host.Recorder) error {
	_ = to.Reconcile(ctx, host.BanList{Jail: "manual", TakenAt: time.Now(), Complete: true, Bans: c.bans}) // whoever is there
	<-ctx.Done()
	return ctx.Err()
}

// 50,000 bans come across whole, pushed and asked for, and hold up neither a look nor
// other calls. (From a real fail2ban it takes its time: see TestClient_ManyBans.)
func TestClient_50000Bans(t *testing.T) {
	const n = 50_000
	h := crowded{bans: make([]host.Ban, n)}
	for i := range h.bans {
		h.bans[i] = host.Ban{ID: fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255), BannedAt: time.Unix(1_790_000_000, 0).UTC(), BanSeconds: 600, BanCount: i, ByHand: i%2 == 0}
	}
	socket := filepath.Join(t.TempDir(), "s")
	allowed, _ := helper.Allow(nil, nil)
	serve(t, h, socket, allowed, nil)
	k := &keeper{lists: map[string]host.BanList{}}
	client := newClient(socket)
	t.Cleanup(running(t, func(ctx context.Context) error { return client.Run(ctx, k) }))
	fail2bantest.Until(t, "the list has come", func() bool { return len(k.list("manual").Bans) == n })
	if !slices.Equal(k.list("manual").Bans, h.bans) || k.list("manual").HostID != client.State().ID {
		t.Error("the list is not the one that was pushed")
	}
	began := time.Now()
	bans, err := client.Bans(t.Context(), "manual")
	if err != nil || !slices.Equal(bans, h.bans) {
		t.Errorf("%d bans came, %v", len(bans), err)
	}
	t.Logf("%d bans were listed in %v", n, time.Since(began))
}

func (k *keeper) list(jail string) host.BanList {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.lists[jail]
}

// The bans of a real fail2ban come across as they are.
func TestClient_ManyBans(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{Action: "none"})
	const n = 3000
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255))
	}
	f2b := fail2ban.New(fail2ban.Options{Socket: h.server.Socket()})
	for part := range slices.Chunk(all, 1000) {
		command := []any{"set", "manual", "banip"}
		for _, id := range part {
			command = append(command, id)
		}
		if err := f2b.ServerStream(t.Context(), [][]any{command}); err != nil {
			t.Fatal(err)
		}
	}
	k := &keeper{lists: map[string]host.BanList{}}
	client := newClient(h.socket)
	t.Cleanup(running(t, func(ctx context.Context) error { return client.Run(ctx, k) }))
	fail2bantest.Until(t, "all are pushed", func() bool { return len(k.list("manual").Bans) == n })
	bans, err := client.Bans(t.Context(), "manual")
	var got []string
	for _, b := range bans {
		got = append(got, b.ID)
	}
	slices.Sort(got)
	slices.Sort(all)
	if err != nil || !slices.Equal(got, all) {
		t.Errorf("%d bans, %v", len(got), err)
	}
}
