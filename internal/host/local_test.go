package host_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
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
	"bangui/internal/history"
	"bangui/internal/host"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == childMark {
		fmt.Fprintln(os.Stderr, child(os.Args[2], os.Args[3]))
		os.Exit(1)
	}
	goleak.VerifyTestMain(storetest.Rounds(m))
}

// bench is a real server with a Local that follows it into a real archive.
type bench struct {
	t       testing.TB
	server  *fail2bantest.Server
	db      *store.DB
	bus     *event.Bus
	archive *history.Archive
	local   *host.Local
	into    host.Recorder
	stop    func()
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
	var bans []history.Ban
	for _, b := range list.Bans {
		bans = append(bans, history.Ban{Address: b.ID, BannedAt: b.BannedAt, BanSeconds: b.BanSeconds, BanCount: b.BanCount, Failures: b.Failures, Origin: event.ByFail2ban})
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

func newBench(t testing.TB, o fail2bantest.Options) *bench {
	t.Helper()
	return newBenchInto(t, o, func(a *history.Archive) host.Recorder { return recorder{a} })
}

// newBenchInto is a bench with a recorder of its own before the archive.
func newBenchInto(t testing.TB, o fail2bantest.Options, recorderOf func(*history.Archive) host.Recorder) *bench {
	t.Helper()
	b := &bench{t: t, server: fail2bantest.Start(t, o), db: storetest.Open(t), bus: event.NewBus()}
	b.archive = history.New(b.db, b.bus, slog.New(slog.DiscardHandler), time.Now)
	b.into = recorderOf(b.archive)
	b.begin()
	t.Cleanup(func() { b.stop() })
	return b
}

// begin starts following; end and begin again is a restart of ours.
func (b *bench) begin() { b.beginWith(func(*host.LocalOptions) {}) }

// beginWith is begin with other options.
func (b *bench) beginWith(change func(*host.LocalOptions)) {
	o := host.LocalOptions{
		ID: storetest.HostID, Name: "test", Socket: b.server.Socket(), ConfigDir: b.server.ConfigDir(),
		Client: fail2ban.New(fail2ban.Options{Socket: b.server.Socket()}), System: allowlist.System{Root: b.t.TempDir(), Addresses: func() ([]net.Addr, error) { return nil, nil }},
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	}
	change(&o)
	b.local = host.NewLocal(o)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.local.Run(ctx, b.into) }()
	var once sync.Once
	b.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; !errors.Is(err, context.Canceled) {
				b.t.Errorf("Run = %v", err)
			}
		})
	}
	fail2bantest.Until(b.t, "fail2ban is seen", func() bool { return b.local.State().Reach == host.Online })
}

// active are the open bans as "jail address", sorted.
func (b *bench) active() []string {
	b.t.Helper()
	return b.list(history.Active)
}

func (b *bench) list(state history.State) []string {
	b.t.Helper()
	bans, _, err := b.archive.Bans(b.t.Context(), history.Query{State: state, Limit: history.MaxLimit})
	if err != nil {
		b.t.Fatal(err)
	}
	var texts []string
	for _, ban := range bans {
		texts = append(texts, ban.Jail+" "+ban.Address)
	}
	slices.Sort(texts)
	return texts
}

func (b *bench) until(what string, holds func() bool) {
	b.t.Helper()
	fail2bantest.Until(b.t, what, holds)
}

func (b *bench) untilActive(want ...string) {
	b.t.Helper()
	want = slices.Sorted(slices.Values(want))
	for deadline := time.Now().Add(90 * time.Second); !slices.Equal(b.active(), want); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatalf("active bans are %v, want %v", b.active(), want)
		}
	}
}

// events counts the recorded events of a kind by address.
func (b *bench) events(kind event.Kind) map[string]int {
	b.t.Helper()
	all, err := b.archive.EventsAfter(b.t.Context(), 0, 10_000)
	if err != nil {
		b.t.Fatal(err)
	}
	counts := map[string]int{}
	for _, e := range all {
		if e.Kind == kind {
			counts[e.Jail+" "+e.Address]++
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

func TestLocal_BanLiftAndWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	ctx := t.Context()
	outcomes, err := b.local.Ban(ctx, host.BanOrder{Targets: prefixes("203.0.113.7", "2001:db8::7", "127.0.0.1", "198.51.0.0/16"), Jails: []string{"manual"}})
	if err != nil {
		t.Fatal(err)
	}
	var results []string
	for _, o := range outcomes {
		results = append(results, o.Target+" "+string(o.Result))
	}
	want := []string{"203.0.113.7 banned", "2001:db8::7 banned", "127.0.0.1 refused", "198.51.0.0/16 needs_confirmation"}
	if !slices.Equal(results, want) {
		t.Errorf("outcomes %v, want %v", outcomes, want)
	}
	b.untilActive("manual 2001:db8::7", "manual 203.0.113.7")
	again, err := b.local.Ban(ctx, host.BanOrder{Targets: prefixes("203.0.113.7"), Jails: []string{"manual"}})
	if err != nil || again[0].Result != host.AlreadyBanned {
		t.Errorf("banned twice: %v, %v", again, err)
	}
	lifted, err := b.local.Lift(ctx, host.LiftOrder{IDs: []string{"203.0.113.7", "203.0.113.8"}})
	if err != nil || len(lifted) != 2 || lifted[0].Result != host.Lifted || lifted[1].Result != host.NotBanned {
		t.Errorf("lifted: %+v, %v", lifted, err)
	}
	b.untilActive("manual 2001:db8::7")
	if got := b.server.Client("get", "manual", "banned", "203.0.113.7"); got != "0" {
		t.Errorf("fail2ban's own client still says %q", got)
	}
	if ends := b.events(event.Unban); ends["manual 203.0.113.7"] != 1 {
		t.Errorf("ends: %v", ends)
	}

	b.server.Fail("198.51.100.3", 4, "<b>root</b>")
	b.untilActive("manual 2001:db8::7", "sshd 198.51.100.3")
	evidence, err := b.local.Evidence(ctx, "198.51.100.3")
	if err != nil || len(evidence) != 1 || len(evidence[0].Lines) < 3 || !strings.Contains(evidence[0].Lines[0], "<b>root</b>") {
		t.Errorf("evidence %+v, %v", evidence, err)
	}
}

// A database that keeps no lines makes no ban one by hand: its failures were counted.
func TestLocal_ABanWithoutLinesIsNotByHand(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.server.Client("set", "dbmaxmatches", "0")
	b.stop()
	b.server.Fail("203.0.113.7", 3, "root")
	b.until("it is banned", func() bool { return b.server.Client("get", "sshd", "banned", "203.0.113.7") == "1" })
	b.server.Client("set", "sshd", "banip", "203.0.113.8")
	b.begin()
	b.untilActive("sshd 203.0.113.7", "sshd 203.0.113.8")
	bans, err := b.local.Bans(t.Context(), "sshd")
	if err != nil || len(bans) != 2 {
		t.Fatalf("%+v, %v", bans, err)
	}
	for _, ban := range bans {
		if ban.ByHand != (ban.ID == "203.0.113.8") {
			t.Errorf("%+v", ban)
		}
	}
}

func TestLocal_NobodyBansHimself(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{Jails: "[web]\nenabled = true\nfilter =\nignoreip = 192.0.2.0/24 2001:db8:1::/48"})
	b.until("the jail is seen", func() bool { return len(b.local.Jails()) == 3 })
	caller := netip.MustParseAddr("198.51.100.77")
	for target, saying := range map[string]string{
		"198.51.100.77": "connected from", "198.51.100.0/24": "connected from", "192.0.2.9": "ignore list", "192.0.0.0/16": "ignore list",
		"2001:db8:1::5": "ignore list", "127.0.0.1": "loopback", "::1": "loopback", "0.0.0.0/0": "wider than /8", "8000::/1": "wider than /16",
	} {
		outcomes, err := b.local.Ban(t.Context(), host.BanOrder{Targets: prefixes(target), Jails: []string{"web"}, Caller: caller, AllowWide: true})
		if err != nil || outcomes[0].Result != host.Refused || !strings.Contains(outcomes[0].Detail, saying) {
			t.Errorf("%s: %+v, %v; want it refused, saying %q", target, outcomes, err, saying)
		}
	}
	if got := b.server.Client("get", "web", "banned"); got != "[]" {
		t.Errorf("banned all the same: %s", got)
	}
	for name, order := range map[string]host.BanOrder{
		"no target": {Jails: []string{"web"}}, "no jail": {Targets: prefixes("203.0.113.7")},
		"unknown jail": {Targets: prefixes("203.0.113.7"), Jails: []string{"nosuch"}},
		"bad reason":   {Targets: prefixes("203.0.113.7"), Jails: []string{"web"}, Reason: "two\nlines"},
	} {
		if _, err := b.local.Ban(t.Context(), order); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// A restart of fail2ban restores its bans; ours loses none and tells none twice.
func TestLocal_RestartsLoseNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	want := []string{}
	for i := range 30 {
		address := fmt.Sprintf("203.0.113.%d", i)
		b.server.Client("set", "manual", "banip", address)
		want = append(want, "manual "+address)
	}
	b.untilActive(want...)
	t.Run("fail2ban restarts", func(*testing.T) {
		b.server.Restart()
		b.until("it is seen again", func() bool { return b.local.State().PID == b.server.PID() && b.local.State().CurrentlyBanned == 30 })
		b.untilActive(want...)
	})
	t.Run("fail2ban crashes and a ban is lifted meanwhile", func(t *testing.T) {
		b.server.Kill()
		b.until("it is said to be away", func() bool { return b.local.State().Reach == host.Unreachable })
		if got := b.active(); len(got) != 30 {
			t.Errorf("while it is away, %d bans are shown", len(got))
		}
		b.server.Run()
		b.until("it is seen again", func() bool { return b.local.State().PID == b.server.PID() && b.local.State().CurrentlyBanned == 30 })
		b.untilActive(want...)
	})
	t.Run("ours restarts", func(*testing.T) {
		b.stop()
		b.server.Client("set", "manual", "banip", "198.51.100.1")
		b.server.Client("set", "manual", "unbanip", "203.0.113.0")
		b.begin()
		b.untilActive(slices.Concat(want[1:], []string{"manual 198.51.100.1"})...)
	})
	t.Run("reload and rotation", func(t *testing.T) {
		b.server.Rotate()
		if err := b.local.Reload(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.server.Client("set", "manual", "banip", "198.51.100.2")
		b.untilActive(slices.Concat(want[1:], []string{"manual 198.51.100.1", "manual 198.51.100.2"})...)
	})
	for address, n := range b.events(event.Ban) {
		if n != 1 {
			t.Errorf("%s was told %d times", address, n)
		}
	}
	if ends := b.events(event.Unban); len(ends) != 1 || ends["manual 203.0.113.0"] != 1 {
		t.Errorf("ends: %v, want the one that was lifted", ends)
	}
}

// A trap that peers fell into: old data shown as fresh, frozen after a restart.
func TestLocal_TellsTheTruthAboutReach(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	asOf := b.local.State().AsOf
	for name, fault := range map[string]struct{ begin, end func() }{
		"stopped process": {b.server.Pause, b.server.Resume},
		"socket removed": {
			func() { rename(t, b.server.Socket(), b.server.Socket()+".away") },
			func() { rename(t, b.server.Socket()+".away", b.server.Socket()) },
		},
		"killed": {b.server.Kill, b.server.Run},
	} {
		t.Run(name, func(t *testing.T) {
			fault.begin()
			began := time.Now()
			b.until("it is said to be unreachable", func() bool { return b.local.State().Reach == host.Unreachable })
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("that took %v", took)
			}
			s := b.local.State()
			if s.Detail == "" || s.AsOf.After(s.Since) || s.AsOf.Before(asOf) {
				t.Errorf("%+v", s)
			}
			b.local.Poke()
			if again := b.local.State(); again.AsOf != s.AsOf {
				t.Errorf("what is old is said to be of %v, then of %v", s.AsOf, again.AsOf)
			}
			fault.end()
			ended := time.Now()
			b.until("it is online again", func() bool { return b.local.State().Reach == host.Online })
			if took := time.Since(ended); took > 15*time.Second { // 10 s, and stalls
				t.Errorf("recovery took %v", took)
			}
		})
	}
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(from, to); err != nil {
		t.Fatal(err)
	}
}

// A jail that went away while we were not there takes its bans along.
func TestLocal_AJailThatWentWhileWeWereAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.server.Client("set", "manual", "banip", "203.0.113.7")
	b.server.Client("set", "sshd", "banip", "203.0.113.8")
	b.untilActive("manual 203.0.113.7", "sshd 203.0.113.8")
	b.stop()
	b.server.Client("stop", "manual")
	b.begin()
	b.untilActive("sshd 203.0.113.8")
	bans, _, err := b.archive.Bans(t.Context(), history.Query{State: history.Ended, Limit: 10})
	if err != nil || len(bans) != 1 || bans[0].EndReason != event.JailStopped {
		t.Errorf("%+v, %v", bans, err)
	}
}

// A forged line in fail2ban's log bans nobody and lifts nothing.
func TestLocal_AForgedLogLineIsNotBelieved(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.server.Client("set", "manual", "banip", "203.0.113.7")
	b.untilActive("manual 203.0.113.7")
	now := time.Now().Format("2006-01-02 15:04:05,000")
	b.server.Append(b.server.Log(), now+" fail2ban.actions        [1]: NOTICE  [manual] Ban 198.51.100.77\n"+
		now+" fail2ban.actions        [1]: NOTICE  [manual] Unban 203.0.113.7\n")
	b.server.Client("set", "manual", "banip", "203.0.113.8") // comes after them in the log
	b.untilActive("manual 203.0.113.7", "manual 203.0.113.8")
	if told := b.events(event.Ban); told["manual 198.51.100.77"] != 0 {
		t.Error("the forged ban was told")
	}
	if told := b.events(event.Unban); len(told) != 0 {
		t.Errorf("the forged end was told: %v", told)
	}
}

// Without database, log or levels that tell, the socket alone converges.
func TestLocal_TheSocketAloneIsEnough(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]fail2bantest.Options{
		"no database": {NoDatabase: true}, "a log that hides bans": {LogLevel: "ERROR"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, o)
			b.server.Client("set", "manual", "banip", "203.0.113.7", "odd id", "two\nlines", "198.51.100.0/24")
			b.untilActive("manual 198.51.100.0/24", "manual 203.0.113.7", "manual odd id", "manual two\nlines")
			b.server.Client("set", "manual", "unbanip", "203.0.113.7")
			b.untilActive("manual 198.51.100.0/24", "manual odd id", "manual two\nlines")
			if len(b.local.State().Findings) == 0 {
				t.Error("nothing is said about it")
			}
		})
	}
}

func TestLocal_BansExpire(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{BanTime: "2s"})
	b.server.Fail("203.0.113.7", 3, "root")
	b.until("it was banned and its time was over", func() bool { return len(b.list(history.Ended)) == 1 })
	bans, _, err := b.archive.Bans(t.Context(), history.Query{State: history.Ended, Limit: 10})
	if err != nil || bans[0].EndReason != event.Expired {
		t.Errorf("%+v, %v", bans, err)
	}
}

// A failure while a ban lasts prolongs it; no line of the log tells the new end.
func TestLocal_AProlongedBanGetsItsNewEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{BanTime: "12s"}) // so long there is for what follows
	b.server.Fail("203.0.113.7", 3, "root")
	b.untilActive("sshd 203.0.113.7")
	b.server.Client("set", "sshd", "bantime", "600") // moves the ends of bans that run (fail2ban.md 10.5)
	b.until("the new end is known", func() bool {
		bans, _, err := b.archive.Bans(t.Context(), history.Query{State: history.Active, Limit: 10})
		return err == nil && len(bans) == 1 && bans[0].BanSeconds == 600
	})
	if n := b.events(event.Ban)["sshd 203.0.113.7"]; n != 1 {
		t.Errorf("the ban was told %d times", n)
	}
}

func TestLocal_Jails(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	ctx := t.Context()
	b.server.Client("set", "manual", "banip", "203.0.113.7")
	b.untilActive("manual 203.0.113.7")
	stateOf := func(name string) host.JailState {
		for _, j := range b.local.Jails() {
			if j.Name == name {
				return j.State
			}
		}
		return ""
	}
	if err := b.local.IdleJail(ctx, "sshd", true); err != nil || stateOf("sshd") != host.JailIdle {
		t.Errorf("idle: %v, %s", err, stateOf("sshd"))
	}
	if err := b.local.IdleJail(ctx, "sshd", false); err != nil || stateOf("sshd") != host.JailRunning {
		t.Errorf("not idle: %v, %s", err, stateOf("sshd"))
	}
	if err := b.local.StopJail(ctx, "manual"); err != nil {
		t.Fatal(err)
	}
	b.untilActive()
	b.until("it is listed as stopped", func() bool { return stateOf("manual") == host.JailDown })
	if err := b.local.StartJail(ctx, "manual"); err != nil {
		t.Fatal(err)
	}
	b.untilActive("manual 203.0.113.7")
	for what, err := range map[string]error{
		"start of a running one": b.local.StartJail(ctx, "sshd"),
		"start of none":          b.local.StartJail(ctx, "nosuch"),
		"stop of none":           b.local.StopJail(ctx, "nosuch"),
		"reload of none":         b.local.ReloadJail(ctx, "nosuch", false),
	} {
		if err == nil {
			t.Errorf("%s was taken", what)
		}
	}
	for _, restart := range []bool{false, true} {
		if err := b.local.ReloadJail(ctx, "sshd", restart); err != nil {
			t.Errorf("reload (restart %v): %v", restart, err)
		}
	}
	d, err := b.local.Jail(ctx, "sshd")
	if err != nil || d.BanTime != 10*time.Minute || len(d.FailRegex) == 0 || !slices.Equal(d.LogPaths, []string{b.server.AuthLog()}) {
		t.Errorf("%+v, %v", d, err)
	}
}

// A configuration with an error must not reach the server: a reload that fails half
// way removes all jails and lifts every ban.
func TestLocal_ABrokenConfigurationChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.server.Client("set", "manual", "banip", "203.0.113.7")
	b.untilActive("manual 203.0.113.7")
	for name, content := range map[string]string{
		"does not parse": "[sshd\n", "bad number": "[sshd]\nmaxretry = 5 # five\n", "bad expression": "[sshd]\nfailregex = ^(<HOST>\n",
		"bad time": "[sshd]\nbantime = 1yr\n", "missing log": "[sshd]\nlogpath = /nonexistent/log\n",
	} {
		t.Run(name, func(t *testing.T) {
			b.server.Write("etc/jail.d/zz-broken.local", content)
			err := b.local.Reload(t.Context())
			if !fault.Is(err, fault.Fail2banRefused) {
				t.Errorf("Reload = %v (%s)", err, fault.CodeOf(err))
			}
			if says := strings.Contains(fault.MendOf(err), "path-map does not reach"); says != (name == "missing log") {
				t.Errorf("it mends by %q", fault.MendOf(err))
			}
			if err := b.local.ReloadJail(t.Context(), "sshd", false); !fault.Is(err, fault.Fail2banRefused) {
				t.Errorf("ReloadJail = %v", err)
			}
			if got := b.server.Client("status"); !strings.Contains(got, "manual, sshd") {
				t.Fatalf("the jails are gone: %s", got)
			}
		})
	}
	b.server.Write("etc/jail.d/zz-broken.local", "")
	if err := b.local.Reload(t.Context()); err != nil {
		t.Errorf("after it was mended: %v", err)
	}
	b.untilActive("manual 203.0.113.7")
}

func TestLocal_ManualJail(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	own, err := b.local.ManualJail(t.Context())
	if err != nil || !own.Foreign {
		t.Errorf("a jail manual of somebody else: %+v, %v", own, err)
	}
	if err := b.local.AddManualJail(t.Context()); !fault.Is(err, fault.Conflict) {
		t.Errorf("AddManualJail = %v", err)
	}

	// The same machine without it.
	jails := strings.Replace(b.server.Read(filepath.Join(b.server.ConfigDir(), "jail.local")), "[manual]\nenabled = true", "[other]\nenabled = true", 1)
	b.server.Write("etc/jail.local", jails)
	before := snapshot(t, b.server.ConfigDir())
	if err := b.local.Reload(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.until("the old one is gone", func() bool {
		own, err := b.local.ManualJail(t.Context())
		return err == nil && !own.Foreign && !own.Running
	})
	own, err = b.local.ManualJail(t.Context())
	if err != nil || own.Installed || !strings.Contains(own.Diff, "+[manual]") || !strings.HasPrefix(own.Diff, "--- /dev/null\n+++ b/jail.d/zz-bangui-manual.local\n") {
		t.Fatalf("%+v, %v", own, err)
	}
	adding := make(chan error, 4) // two admins, and a browser that asks twice
	for range cap(adding) {
		go func() { adding <- b.local.AddManualJail(t.Context()) }()
	}
	for range cap(adding) {
		if err := <-adding; err != nil {
			t.Errorf("one of many at once: %v", err)
		}
	}
	// At once, before anybody has seen that it runs.
	if got, err := b.local.Ban(t.Context(), host.BanOrder{Targets: prefixes("203.0.113.7"), Jails: []string{"manual"}}); err != nil || got[0].Result != host.Banned {
		t.Errorf("ban in it: %v, %v", got, err)
	}
	if got := b.server.Client("status"); !strings.Contains(got, "manual") {
		t.Errorf("who came later took the jail away again: %s", got)
	}
	b.until("it runs", func() bool {
		own, err := b.local.ManualJail(t.Context())
		return err == nil && own.Installed && own.Running && own.Diff == ""
	})
	b.untilActive("manual 203.0.113.7")
	if err := b.local.RemoveManualJail(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.untilActive()
	if after := snapshot(t, b.server.ConfigDir()); after != before {
		t.Errorf("the configuration is not as it was:\n%s\n%s", before, after)
	}
	if got := b.server.Client("status"); strings.Contains(got, "manual") {
		t.Errorf("fail2ban still has it: %s", got)
	}
}

// snapshot is every file below a folder with its content, as one text.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		fmt.Fprintf(&b, "%s %x\n", path, content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A server whose folder is elsewhere than it says, as in another container: nothing
// is at the paths that it names.
func TestLocal_FindsWhatFail2banNamesByOtherPaths(t *testing.T) {
	t.Parallel()
	server := fail2bantest.Start(t, fail2bantest.Options{})
	elsewhere := server.Dir() + "-here"
	if err := os.Rename(server.Dir(), elsewhere); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Rename(elsewhere, server.Dir()); err != nil {
			t.Error(err)
		}
	})
	socket := filepath.Join(elsewhere, filepath.Base(server.Socket()))
	local := host.NewLocal(host.LocalOptions{
		ID: storetest.HostID, Socket: socket, ConfigDir: filepath.Join(elsewhere, "etc"), Paths: host.PathMap{server.Dir(): elsewhere},
		Client: fail2ban.New(fail2ban.Options{Socket: socket}), System: allowlist.System{Root: t.TempDir()},
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	db := storetest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- local.Run(ctx, recorder{history.New(db, event.NewBus(), slog.New(slog.DiscardHandler), time.Now)})
	}()
	defer func() {
		cancel()
		<-done
	}()
	fail2bantest.Until(t, "fail2ban is seen", func() bool { return local.State().Reach == host.Online })
	if _, err := local.Ban(t.Context(), host.BanOrder{Targets: prefixes("203.0.113.7"), Jails: []string{"manual"}}); err != nil {
		t.Fatal(err)
	}
	last := byte(0)
	fail2bantest.Until(t, "its log is followed", func() bool {
		last++ // a line that came before it was followed tells nothing
		if _, err := local.Ban(t.Context(), host.BanOrder{Targets: []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{198, 51, 100, last}), 32)}, Jails: []string{"manual"}}); err != nil {
			t.Fatal(err)
		}
		mark, err := db.MarkOf(t.Context(), storetest.HostID, "log")
		return err == nil && mark != ""
	})
	fail2bantest.Until(t, "its database is read", func() bool {
		found, err := local.Evidence(t.Context(), "203.0.113.7")
		return err == nil && len(found) == 1
	})
	if got, want := local.State().Database, filepath.Join(elsewhere, filepath.Base(server.Database())); got != want {
		t.Errorf("database at %q, want %q", got, want)
	}
}
