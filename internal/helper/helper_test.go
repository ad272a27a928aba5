package helper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/helper"
	"bangui/internal/history"
	"bangui/internal/host"
	"bangui/internal/jailconf"
	"bangui/internal/store"
	"bangui/internal/store/storetest"
)

// helperSide is a real fail2ban server with a helper before it.
type helperSide struct {
	t      testing.TB
	server *fail2bantest.Server
	socket string
	log    *lines
	guard  host.GuardOptions
	stop   func()
}

func newHelper(t testing.TB, o fail2bantest.Options) *helperSide {
	t.Helper()
	h := &helperSide{
		t: t, server: fail2bantest.Start(t, o), socket: filepath.Join(t.TempDir(), "helper.sock"), log: &lines{},
		guard: host.GuardOptions{System: bare(t), OwnJail: true},
	}
	h.begin()
	t.Cleanup(func() { h.stop() })
	return h
}

// bare is a machine without anything to protect but what Judge always does.
func bare(t testing.TB) allowlist.System {
	return allowlist.System{Root: t.TempDir(), Addresses: func() ([]net.Addr, error) { return nil, nil }}
}

// begin starts the helper; stop and begin again is a restart of it.
func (h *helperSide) begin() {
	h.t.Helper()
	logger := slog.New(slog.NewTextHandler(h.log, nil))
	local := host.NewLocal(host.LocalOptions{
		ID: "local", Name: "test", Socket: h.server.Socket(), ConfigDir: h.server.ConfigDir(),
		Client: fail2ban.New(fail2ban.Options{Socket: h.server.Socket()}), System: h.guard.System,
		LogFolders: h.guard.LogFolders, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	allowed, err := helper.Allow(nil, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	listener, err := helper.Listen(h.t.Context(), h.socket, allowed)
	if err != nil {
		h.t.Fatal(err)
	}
	h.stop = running(h.t, func(ctx context.Context) error {
		return helper.New(helper.Options{Host: host.NewGuard(local, h.guard), Allow: allowed, Version: "test", Logger: logger}).Run(ctx, listener)
	})
}

// running runs something until the returned function is called.
func running(t testing.TB, run func(context.Context) error) func() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	var once sync.Once
	return func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("it ended with %v", err)
			}
		})
	}
}

// lines is a log that many write to.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// console is a client that follows into a real archive.
type console struct {
	t       testing.TB
	db      *store.DB
	bus     *event.Bus
	archive *history.Archive
	client  *helper.Client
	stop    func()
	into    host.Recorder
}

func newConsole(t testing.TB, h *helperSide) *console {
	t.Helper()
	return newConsoleInto(t, h, func(a *history.Archive) host.Recorder { return recorder{a} })
}

// newConsoleInto is a console with a recorder of its own before the archive.
func newConsoleInto(t testing.TB, h *helperSide, recorderOf func(*history.Archive) host.Recorder) *console {
	t.Helper()
	c := &console{t: t, db: storetest.Open(t), bus: event.NewBus()}
	c.archive = history.New(c.db, c.bus, slog.New(slog.DiscardHandler), time.Now)
	c.into = recorderOf(c.archive)
	c.begin(h)
	t.Cleanup(func() { c.stop() })
	c.until("fail2ban is seen", func() bool { return c.client.State().Reach == host.Online })
	return c
}

func newClient(socket string) *helper.Client {
	return helper.NewClient(helper.ClientOptions{
		Socket: socket, ID: storetest.HostID, Name: "console", Version: "test",
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
}

func (c *console) begin(h *helperSide) {
	c.client = newClient(h.socket)
	c.stop = running(c.t, func(ctx context.Context) error { return c.client.Run(ctx, c.into) })
}

// recorder hands what a host observed to the archive, as package app does.
type recorder struct{ *history.Archive }

func (r recorder) Record(ctx context.Context, events []event.Event, mark *host.Mark) error {
	if mark == nil {
		return r.Archive.Record(ctx, events, nil)
	}
	m := history.Mark(*mark)
	return r.Archive.Record(ctx, events, &m)
}

func (r recorder) Reconcile(ctx context.Context, list host.BanList) error {
	bans := make([]history.Ban, len(list.Bans))
	for i, b := range list.Bans {
		bans[i] = history.Ban{Address: b.ID, BannedAt: b.BannedAt, BanSeconds: b.BanSeconds, BanCount: b.BanCount, Failures: b.Failures, Origin: event.ByFail2ban}
	}
	return r.Archive.Reconcile(ctx, history.List{HostID: list.HostID, Jail: list.Jail, TakenAt: list.TakenAt, Complete: list.Complete, Gone: list.Gone, Bans: bans})
}

func (r recorder) Copy(ctx context.Context, c host.Copied) error {
	out := history.Copied{HostID: c.HostID, SeenAt: c.SeenAt, Mark: (*history.Mark)(c.Mark)}
	if c.Gap != nil {
		out.Gap = &history.Gap{From: c.Gap.From, To: c.Gap.To, Why: c.Gap.Why}
	}
	for _, b := range c.Bans {
		out.Bans = append(out.Bans, history.PastBan{Standing: b.Standing, Lines: b.Lines, Ban: history.Ban{
			Jail: b.Jail, Address: b.ID, BannedAt: b.BannedAt, BanSeconds: b.BanSeconds, BanCount: b.BanCount, Failures: b.Failures, Origin: event.ByFail2ban,
		}})
	}
	return r.Archive.Copy(ctx, out)
}

func (c *console) until(what string, holds func() bool) {
	c.t.Helper()
	fail2bantest.Until(c.t, what, holds)
}

// active are the open bans as "jail address", sorted.
func (c *console) active() []string {
	c.t.Helper()
	bans, _, err := c.archive.Bans(c.t.Context(), history.Query{State: history.Active, Limit: history.MaxLimit})
	if err != nil {
		c.t.Fatal(err)
	}
	var texts []string
	for _, ban := range bans {
		texts = append(texts, ban.Jail+" "+ban.Address)
	}
	slices.Sort(texts)
	return texts
}

func (c *console) untilActive(want ...string) {
	c.t.Helper()
	want = slices.Sorted(slices.Values(want))
	for deadline := time.Now().Add(90 * time.Second); !slices.Equal(c.active(), want); {
		if time.Now().After(deadline) {
			c.t.Fatalf("active bans are %v, want %v", c.active(), want)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// events counts the recorded events of a kind by jail and address.
func (c *console) events(kind event.Kind) map[string]int {
	c.t.Helper()
	all, err := c.archive.EventsAfter(c.t.Context(), 0, 10_000)
	if err != nil {
		c.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, e := range all {
		if e.HostID != storetest.HostID {
			c.t.Errorf("an event of host %q", e.HostID)
		}
		if e.Kind == kind {
			counts[strings.TrimSpace(e.Jail+" "+e.Address+e.State)]++
		}
	}
	return counts
}

func prefixes(texts ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, text := range texts {
		p, err := allowlist.ParseTarget(text)
		if err != nil {
			panic(err)
		}
		all = append(all, p)
	}
	return all
}

func TestClient_BanLiftAndWhy(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{})
	c := newConsole(t, h)
	ctx := host.WithRequestID(t.Context(), "request-4711")
	outcomes, err := c.client.Ban(ctx, host.BanOrder{
		Targets: prefixes("203.0.113.7", "2001:db8::7", "127.0.0.1", "198.51.0.0/16", "203.0.113.99"), Jails: []string{"manual"},
		Caller: netip.MustParseAddr("203.0.113.99"), Actor: "somebody", Reason: "<b>why & so</b>",
	})
	if err != nil {
		t.Fatal(err)
	}
	var results []string
	for _, o := range outcomes {
		results = append(results, o.Target+" "+string(o.Result))
	}
	want := []string{"203.0.113.7 banned", "2001:db8::7 banned", "127.0.0.1 refused", "198.51.0.0/16 needs_confirmation", "203.0.113.99 refused"}
	if !slices.Equal(results, want) {
		t.Errorf("outcomes %v, want %v", outcomes, want)
	}
	if log := h.log.String(); !strings.Contains(log, "request_id=request-4711") || !strings.Contains(log, "verb=ban") {
		t.Errorf("the helper's log lacks the request:\n%s", log)
	}
	c.untilActive("manual 2001:db8::7", "manual 203.0.113.7")
	c.until("both are listed", func() bool {
		bans, err := c.client.Bans(ctx, "manual")
		return err == nil && len(bans) == 2
	})
	lifted, err := c.client.Lift(ctx, host.LiftOrder{IDs: []string{"203.0.113.7", "203.0.113.8"}})
	if err != nil || len(lifted) != 2 || lifted[0].Result != host.Lifted || lifted[1].Result != host.NotBanned {
		t.Errorf("lifted: %+v, %v", lifted, err)
	}
	c.untilActive("manual 2001:db8::7")
	if got := h.server.Client("get", "manual", "banned", "203.0.113.7"); got != "0" {
		t.Errorf("fail2ban's own client still says %q", got)
	}
	h.server.Fail("198.51.100.3", 4, "<b>root</b>")
	c.untilActive("manual 2001:db8::7", "sshd 198.51.100.3")
	evidence, err := c.client.Evidence(ctx, "198.51.100.3")
	if err != nil || len(evidence) != 1 || len(evidence[0].Lines) < 3 || !strings.Contains(evidence[0].Lines[0], "<b>root</b>") {
		t.Errorf("evidence %+v, %v", evidence, err)
	}
}

// A fault keeps code, message and mend on its way.
func TestClient_FaultsKeepTheirWords(t *testing.T) {
	t.Parallel()
	c := newConsole(t, newHelper(t, fail2bantest.Options{}))
	_, err := c.client.Jail(t.Context(), "no <such> jail")
	if !fault.Is(err, fault.JailNotFound) || !strings.Contains(fault.MessageOf(err), "no <such> jail") {
		t.Errorf("%v", err)
	}
	_, err = c.client.Ban(t.Context(), host.BanOrder{Targets: prefixes("203.0.113.7"), Jails: []string{"nosuch"}})
	if !fault.Is(err, fault.JailNotFound) || !strings.Contains(fault.MessageOf(err), `"nosuch"`) || fault.MendOf(err) == "" {
		t.Errorf("%v, mend %q", err, fault.MendOf(err))
	}
}

func TestClient_Jails(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{})
	c := newConsole(t, h)
	ctx := t.Context()
	h.server.Client("set", "manual", "banip", "203.0.113.7")
	c.untilActive("manual 203.0.113.7")
	stateOf := func(name string) host.JailState {
		for _, j := range c.client.Jails() {
			if j.Name == name {
				return j.State
			}
		}
		return ""
	}
	if err := c.client.IdleJail(ctx, "sshd", true); err != nil || stateOf("sshd") != host.JailIdle {
		t.Errorf("idle: %v, %s", err, stateOf("sshd"))
	}
	if err := c.client.IdleJail(ctx, "sshd", false); err != nil || stateOf("sshd") != host.JailRunning {
		t.Errorf("not idle: %v, %s", err, stateOf("sshd"))
	}
	if err := c.client.StopJail(ctx, "manual"); err != nil {
		t.Fatal(err)
	}
	c.untilActive()
	c.until("it is listed as stopped", func() bool { return stateOf("manual") == host.JailDown })
	if err := c.client.StartJail(ctx, "manual"); err != nil {
		t.Fatal(err)
	}
	c.untilActive("manual 203.0.113.7")
	for what, err := range map[string]error{
		"start of a running one": c.client.StartJail(ctx, "sshd"), "start of none": c.client.StartJail(ctx, "nosuch"),
		"stop of none": c.client.StopJail(ctx, "nosuch"), "reload of none": c.client.ReloadJail(ctx, "nosuch", false),
	} {
		if err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	for _, restart := range []bool{false, true} {
		if err := c.client.ReloadJail(ctx, "sshd", restart); err != nil {
			t.Errorf("reload (restart %v): %v", restart, err)
		}
	}
	if err := c.client.Reload(ctx); err != nil {
		t.Errorf("reload of all: %v", err)
	}
	d, err := c.client.Jail(ctx, "sshd")
	if err != nil || d.BanTime != 10*time.Minute || len(d.FailRegex) == 0 || !slices.Equal(d.LogPaths, []string{h.server.AuthLog()}) {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestClient_ManualJail(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{})
	c := newConsole(t, h)
	ctx := t.Context()
	jails := strings.Replace(h.server.Read(filepath.Join(h.server.ConfigDir(), "jail.local")), "[manual]\nenabled = true", "[other]\nenabled = true", 1)
	h.server.Write("etc/jail.local", jails)
	if err := c.client.Reload(ctx); err != nil {
		t.Fatal(err)
	}
	c.until("the old one is gone", func() bool {
		own, err := c.client.ManualJail(ctx)
		return err == nil && !own.Foreign && !own.Running
	})
	if err := c.client.AddManualJail(ctx); err != nil {
		t.Fatal(err)
	}
	c.until("ours runs", func() bool {
		own, err := c.client.ManualJail(ctx)
		return err == nil && own.Installed && own.Running && own.Diff == ""
	})
	if err := c.client.RemoveManualJail(ctx); err != nil {
		t.Fatal(err)
	}
	h.stop()
	h.guard.OwnJail = false
	h.begin()
	c.until("the helper is back", func() bool { return c.client.Look(ctx) == nil })
	if err := c.client.AddManualJail(ctx); !fault.Is(err, fault.Forbidden) {
		t.Errorf("where it is not allowed: %v", err)
	}
}

// Whoever restarts, nothing is lost and nothing is told twice.
func TestClient_RestartsLoseNothing(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{})
	c := newConsole(t, h)
	want := []string{}
	for i := range 30 {
		address := fmt.Sprintf("203.0.113.%d", i)
		h.server.Client("set", "manual", "banip", address)
		want = append(want, "manual "+address)
	}
	c.untilActive(want...)
	t.Run("fail2ban restarts", func(*testing.T) {
		h.server.Restart()
		c.until("it is seen again", func() bool { s := c.client.State(); return s.PID == h.server.PID() && s.CurrentlyBanned == 30 })
		c.untilActive(want...)
	})
	t.Run("the helper restarts", func(t *testing.T) {
		h.stop()
		c.until("it is said to be away", func() bool { return c.client.State().Reach == host.Unreachable })
		if s := c.client.State(); !strings.Contains(s.Detail, "helper") || s.Mend != "Start it: systemctl start bangui-helper" || s.CurrentlyBanned != 30 {
			t.Errorf("%+v", s)
		}
		if _, err := c.client.Lift(t.Context(), host.LiftOrder{IDs: []string{"203.0.113.7"}}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a change meanwhile: %v", err)
		}
		h.server.Client("set", "manual", "banip", "198.51.100.1")
		h.server.Client("set", "manual", "unbanip", "203.0.113.0")
		began := time.Now()
		h.begin()
		c.until("it is back", func() bool { return c.client.State().Reach == host.Online })
		if took := time.Since(began); took > 20*time.Second { // 2 s at most between two tries, and stalls
			t.Errorf("coming back took %v", took)
		}
		want = append(want[1:], "manual 198.51.100.1")
		c.untilActive(want...)
	})
	t.Run("the console restarts", func(*testing.T) {
		c.stop()
		h.server.Client("set", "manual", "banip", "198.51.100.2")
		h.server.Client("set", "manual", "unbanip", "203.0.113.1")
		c.begin(h)
		want = append(want[1:], "manual 198.51.100.2")
		c.untilActive(want...)
	})
	for address, n := range c.events(event.Ban) {
		if n != 1 {
			t.Errorf("%s was told %d times", address, n)
		}
	}
	ends := c.events(event.Unban)
	if len(ends) != 2 || ends["manual 203.0.113.0"] != 1 || ends["manual 203.0.113.1"] != 1 {
		t.Errorf("ends: %v, want the two that were lifted", ends)
	}
	if told := c.events(event.Host); told["unreachable"] < 1 || told["online"] < 1 {
		t.Errorf("told of the helper: %v", told)
	}
}

// A change of the configuration goes through the socket as it does without one.
func TestClient_ChangesTheConfiguration(t *testing.T) {
	h := newHelper(t, fail2bantest.Options{})
	h.stop()
	h.guard.Configure = host.ConfigureData
	h.begin()
	c := newConsole(t, h)
	ctx := t.Context()
	view, err := c.client.Config(ctx)
	if err != nil || len(view.Jails) < 80 || len(view.Files) < 100 || view.Broken != "" {
		t.Fatalf("%d jails, %d files, %v", len(view.Jails), len(view.Files), err)
	}
	if text, err := c.client.ConfigFile(ctx, "jail.local"); err != nil || !strings.Contains(text, "[sshd]") {
		t.Errorf("%q, %v", text, err)
	}
	seven, id := "7", "id"
	order := host.ChangeOrder{ETag: view.ETag, Edits: []host.Edit{{Place: jailconf.InJail, Name: "sshd", Option: "maxretry", Value: &seven}}, ConfirmWithin: host.MaxConfirm}
	if plan, err := c.client.CheckChange(ctx, order); err != nil || plan.Applied || len(plan.Files) != 1 {
		t.Errorf("%+v, %v", plan, err)
	}
	change, err := c.client.ApplyChange(ctx, order)
	if err != nil || h.server.Client("get", "sshd", "maxretry") != "7" {
		t.Fatalf("%+v, %v", change, err)
	}
	if err := c.client.ConfirmChange(ctx, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("another's: %v", err)
	}
	if err := c.client.RevertChange(ctx, change.ID); err != nil || h.server.Client("get", "sshd", "maxretry") != "3" {
		t.Errorf("%v", err)
	}
	order.Edits[0].Option = "ignorecommand"
	if _, err := c.client.ApplyChange(ctx, order); !fault.Is(err, fault.Forbidden) {
		t.Errorf("code: %v", err)
	}
}

// Logs and expressions go through the socket as they do without one, and only what the
// owner lets be read.
func TestClient_TriesExpressionsAndReadsLogs(t *testing.T) {
	h := newHelper(t, fail2bantest.Options{})
	h.stop()
	h.guard.LogFolders = []string{h.server.Dir()}
	h.begin()
	c := newConsole(t, h)
	ctx := t.Context()
	h.server.Append(h.server.AuthLog(), "Nov 23 14:34:00 h sshd[7]: Failed password for bob from 203.0.113.7 port 1 ssh2\n")
	logs, err := c.client.Logs(ctx)
	if err != nil || len(logs.Filters) < 50 || !slices.ContainsFunc(logs.Files, func(f host.LogFile) bool { return f.Path == h.server.AuthLog() && f.Why == "" }) {
		t.Fatalf("%+v, %v", logs, err)
	}
	auth := host.LogSource{Kind: host.FromLog, Path: h.server.AuthLog()}
	if read, err := c.client.LogLines(ctx, auth); err != nil || len(read.Lines) == 0 || !strings.Contains(read.Lines[len(read.Lines)-1].Text, "for bob from") {
		t.Errorf("%+v, %v", read, err)
	}
	r, err := c.client.TestExpression(ctx, host.ExpressionOrder{Filter: "sshd", Source: auth})
	if err != nil || r.Counts.Matched == 0 || len(r.Lines) == 0 || len(r.Lines[len(r.Lines)-1].Hits) == 0 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := c.client.LogLines(ctx, host.LogSource{Kind: host.FromLog, Path: "/etc/passwd"}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("outside: %v", err)
	}
	long := host.ExpressionOrder{Filter: "sshd", Source: host.LogSource{Kind: host.FromText, Text: bytes.Repeat([]byte("\x00"), host.MaxTrialText)}}
	if r, err := c.client.TestExpression(ctx, long); err != nil || r.Counts.Missed != 1 {
		t.Errorf("the longest text: %+v, %v", r.Counts, err)
	}
}
