package host_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

func setServer(option, value string) host.Edit {
	return host.Edit{Place: jailconf.InServer, Option: option, Value: &value}
}

func (b *bench) option(name string) host.ServerOption {
	b.t.Helper()
	view, err := b.local.Server(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	for _, o := range view.Options {
		if o.Name == name {
			return o
		}
	}
	b.t.Fatalf("there is no option %s in %+v", name, view.Options)
	return host.ServerOption{}
}

// What is live, what the files say and where; changes take effect at once, and what somebody
// set by hand meanwhile is seen as a difference.
func TestServer_TellsLiveAndConfigured(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	level := b.option("loglevel")
	if level.Live == nil || *level.Live != "INFO" || level.Configured.Value != "INFO" || level.Configured.Origin.File != "fail2ban.local" {
		t.Errorf("%+v", level)
	}
	change := b.apply(setServer("loglevel", "notice"), setServer("dbpurgeage", "2h"), setServer("dbmaxmatches", "3"))
	if len(change.Steps) != 1 || change.Steps[0].Do != host.StepSet || !strings.Contains(strings.Join(change.Notes, " "), "forgets bans after 2h0m0s") {
		t.Errorf("%+v", change)
	}
	if got := b.server.Client("get", "loglevel"); !strings.HasSuffix(got, "'NOTICE'") {
		t.Errorf("live: %s", got)
	}
	for name, want := range map[string]string{"loglevel": "NOTICE", "dbpurgeage": "7200", "dbmaxmatches": "3"} {
		if o := b.option(name); o.Live == nil || *o.Live != want || o.Configured.Value != want || o.Configured.Origin.File != "fail2ban.d/zz-bangui.local" {
			t.Errorf("%s: %+v", name, o)
		}
	}
	b.server.Client("set", "loglevel", "ERROR")
	if o := b.option("loglevel"); *o.Live != "ERROR" || o.Configured.Value != "NOTICE" {
		t.Errorf("set by hand: %+v", o)
	}
	b.mustStand("after changes of the server")

	// A target that fail2ban can't open is refused by it, and everything is put back.
	before := b.ours()["fail2ban.d/zz-bangui.local"]
	if _, err := b.local.ApplyChange(t.Context(), b.order(setServer("logtarget", filepath.Join(b.server.Dir(), "none/x.log")))); !fault.Is(err, fault.Fail2banRefused) {
		t.Errorf("%v", err)
	}
	if b.ours()["fail2ban.d/zz-bangui.local"] != before || *b.option("logtarget").Live != b.server.Log() {
		t.Errorf("%q", b.ours())
	}
	if err := os.Rename(b.server.Log(), b.server.Log()+".1"); err != nil {
		t.Fatal(err)
	}
	if err := b.local.FlushLogs(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(b.server.Log()); err != nil {
		t.Errorf("the log was not opened anew: %v", err)
	}
}

func TestGuard_LogTargetsAtHomeAreDataOthersCode(t *testing.T) {
	gate := &changeGate{}
	g := host.NewGuard(gate, host.GuardOptions{Configure: host.ConfigureData})
	for option, values := range map[string]map[string]bool{
		"logtarget":    {"SYSLOG": true, "SYSTEMD-JOURNAL": true, "/var/log/fail2ban.log": true, "/etc/cron.d/x": false, "/var/log/fail2ban.log[format=\"x\"]": false, "/var/log/../etc/x": false, "\n": false},
		"syslogsocket": {"auto": true, "/dev/log": true, "/run/bangui/helper.sock": false},
	} {
		for value, want := range values {
			_, err := g.ApplyChange(t.Context(), host.ChangeOrder{ETag: "x", Edits: []host.Edit{setServer(option, value)}})
			if (err == nil) != want || (!want && !fault.Is(err, fault.Forbidden) && !fault.Is(err, fault.Invalid)) {
				t.Errorf("%s = %q: %v", option, value, err)
			}
		}
		if _, err := g.ApplyChange(t.Context(), host.ChangeOrder{ETag: "x", Edits: []host.Edit{{Place: jailconf.InServer, Option: option}}}); err != nil {
			t.Errorf("%s back to what it inherits: %v", option, err)
		}
	}
}

func TestRestart_BringsJailsAndBansBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	pid := b.local.State().PID
	view, err := b.local.Server(t.Context())
	if err != nil || view.Restart.Way != host.RestartProgram || view.Restart.LosesBans || view.LogAt != b.server.Log() {
		t.Fatalf("%+v, %v", view.Restart, err)
	}
	// A configuration that it would not come up with refuses the restart: it runs on.
	b.server.Write("etc/jail.d/bad.local", "[sshd]\nbantime = 1yr\n")
	if _, err := b.local.Restart(t.Context(), host.RestartOrder{}); !fault.Is(err, fault.Fail2banRefused) || !strings.Contains(fault.MessageOf(err), "would not come up") {
		t.Errorf("%v", err)
	}
	if err := os.Remove(filepath.Join(b.server.ConfigDir(), "jail.d/bad.local")); err != nil {
		t.Fatal(err)
	}
	b.mustStand("after a refusal")
	done, err := b.local.Restart(t.Context(), host.RestartOrder{})
	if err != nil || done.Jails != 2 || done.Bans != 3 || len(done.Missing) != 0 || done.Way != host.RestartProgram {
		t.Fatalf("%+v, %v, %s", done, err, fault.MendOf(err))
	}
	b.mustStand("after a restart")
	fail2bantest.Until(t, "the new process is seen", func() bool { s := b.local.State(); return s.PID != pid && s.Reach == host.Online })
	page, err := b.local.ServerLog(t.Context(), host.LogQuery{Text: "starting fail2ban"})
	if err != nil || len(page.Entries) != 2 || page.At != b.server.Log() {
		t.Errorf("%+v, %v", page, err)
	}
	// The second time it is a daemon that we started.
	if done, err = b.local.Restart(t.Context(), host.RestartOrder{}); err != nil || done.Jails != 2 {
		t.Errorf("%+v, %v", done, err)
	}
	b.mustStand("after another restart")

	// A log that has vanished: ours refuses, and it runs on. fail2ban's own restart ends it first,
	// and then does not come up: every jail is lost.
	if err := os.Remove(b.server.AuthLog()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.local.Restart(t.Context(), host.RestartOrder{}); !fault.Is(err, fault.Fail2banRefused) {
		t.Errorf("with a log that has vanished: %v", err)
	}
	b.mustStand("after a refusal because of the log")
	if err := exec.CommandContext(t.Context(), "fail2ban-client", "-c", b.server.ConfigDir(), "restart").Run(); err == nil {
		t.Error("fail2ban's own restart went well; this case shows nothing")
	}
	fail2bantest.Until(t, "fail2ban is gone after its own restart", func() bool { return b.local.State().Reach == host.Unreachable })
}

func TestRestart_WantsAWordWhereBansAreLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{NoDatabase: true})
	b.banSome()
	fail2bantest.Until(t, "the bans are counted", func() bool { return b.local.State().CurrentlyBanned == 3 })
	if _, err := b.local.Restart(t.Context(), host.RestartOrder{}); !fault.Is(err, fault.NeedsConfirm) {
		t.Fatalf("%v", err)
	}
	done, err := b.local.Restart(t.Context(), host.RestartOrder{LoseBans: true})
	if err != nil || done.Jails != 2 || len(done.Missing) != 3 {
		t.Errorf("%+v, %v", done, err)
	}
}

// systemd is a boundary that can't be had here: a script stands for systemctl, the server is real.
func TestRestart_ThroughItsUnit(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	program := filepath.Join(t.TempDir(), "systemctl")
	script := fmt.Sprintf(`#!/bin/sh
echo "$@" >> "$0.args"
case $1 in
show) printf 'LoadState=loaded\nMainPID=%d\nExecMainPID=%d\n' ;;
restart) fail2ban-client -c %s stop && fail2ban-client -c %s -x start ;;
esac
`, b.server.PID(), b.server.PID(), b.server.ConfigDir(), b.server.ConfigDir())
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	b.stop()
	b.beginWith(func(o *host.LocalOptions) { o.SystemctlProgram = program })
	fail2bantest.Until(t, "it is seen", func() bool { return b.local.State().Reach == host.Online })
	done, err := b.local.Restart(t.Context(), host.RestartOrder{})
	if err != nil || done.Way != host.RestartUnit || done.Jails != 2 || len(done.Missing) != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	b.mustStand("after a restart of the unit")
	args, err := os.ReadFile(program + ".args")
	if err != nil || !strings.Contains(string(args), "restart fail2ban.service\n") {
		t.Errorf("%q, %v", args, err)
	}
	if err := os.WriteFile(program, []byte("#!/bin/sh\nprintf 'LoadState=loaded\\nMainPID=%s\\n' \"$(cat "+program+".pid)\"\n[ \"$1\" = show ] || { echo 'Job for fail2ban.service failed.'; exit 1; }\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	fail2bantest.Until(t, "the new process is seen", func() bool { s := b.local.State(); return s.PID != b.server.PID() && s.Reach == host.Online })
	if err := os.WriteFile(program+".pid", []byte(fmt.Sprint(b.local.State().PID)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := b.local.Restart(t.Context(), host.RestartOrder{}); !fault.Is(err, fault.Fail2banRefused) || !strings.Contains(fault.MessageOf(err), "Job for fail2ban.service failed.") {
		t.Errorf("%v", err)
	}
}

// Where a supervisor brings fail2ban back, it is only stopped; where nobody does, the error
// holds what to do.
func TestRestart_LeavesTheStartToASupervisor(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { // the supervisor
		defer close(done)
		pid := b.server.PID()
		for ctx.Err() == nil {
			if _, err := os.Stat(fmt.Sprintf("/proc/%d", pid)); err != nil {
				b.server.Run()
				return
			}
			<-time.After(20 * time.Millisecond)
		}
	}()
	restarted, err := b.local.Restart(t.Context(), host.RestartOrder{Supervised: true})
	<-done
	cancel()
	if err != nil || restarted.Way != host.RestartSupervisor || restarted.Jails != 2 {
		t.Errorf("%+v, %v", restarted, err)
	}
	b.mustStand("after a supervisor started it")
}

func TestGuard_RestartsAsTheOwnerAllows(t *testing.T) {
	gate := &restartGate{}
	for allowed, want := range map[host.AllowRestart]string{host.RestartAsFound: "[{false false}]", host.RestartSupervised: "[{false true}]", host.RestartNever: "[]"} {
		gate.orders = nil
		g := host.NewGuard(gate, host.GuardOptions{Configure: host.ConfigureData, Restarts: allowed, RestartSwitch: "say so"})
		_, err := g.Restart(t.Context(), host.RestartOrder{Supervised: allowed == host.RestartNever || allowed == host.RestartAsFound})
		if fmt.Sprint(gate.orders) != want || (allowed == host.RestartNever) != fault.Is(err, fault.Forbidden) {
			t.Errorf("%q: %v, %v", allowed, gate.orders, err)
		}
		view, err := g.Server(t.Context())
		if err != nil || (view.Restart.Refused != "") != (allowed == host.RestartNever) {
			t.Errorf("%q: %+v, %v", allowed, view, err)
		}
	}
	g := host.NewGuard(gate, host.GuardOptions{})
	for name, q := range map[string]host.LogQuery{
		"level": {Level: "x"}, "both": {Before: "f.1.1", After: "f.1.1"}, "much": {Limit: 501}, "text": {Text: "a\x00"}, "jail": {Jail: strings.Repeat("x", 300)}, "place": {After: "a\nb"},
	} {
		if _, err := g.ServerLog(t.Context(), q); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := g.PutBackChange(t.Context(), host.PutBackOrder{Change: "x"}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("put back where nothing may be changed: %v", err)
	}
}

// restartGate is a host that notes restarts.
type restartGate struct {
	host.Host
	orders []host.RestartOrder
}

func (g *restartGate) Restart(_ context.Context, o host.RestartOrder) (host.Restarted, error) {
	g.orders = append(g.orders, o)
	return host.Restarted{}, nil
}

func (g *restartGate) Server(context.Context) (host.ServerView, error) {
	return host.ServerView{Restart: host.RestartPlan{Way: host.RestartProgram}}, nil
}

// A server that dies soon after a change of ours: the state says so with its last errors,
// and one order puts the files back and starts it, with the bans that there were.
func TestPutBackChange_AfterFail2banDied(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	order := b.order(set("sshd", "maxretry", "7"))
	order.Actor = "alice"
	change, err := b.local.ApplyChange(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	<-time.After(5 * time.Second) // as the requirement has it; nothing is waited for
	b.server.Client("config-error", "the reason of its death")
	b.server.Kill()
	fail2bantest.Until(t, "its fall is told", func() bool { return b.local.State().Fallen != nil })
	f := b.local.State().Fallen
	if f.Change != change.ID || f.Actor != "alice" || len(f.Lost) != 0 || !slices.Equal(f.Files, []string{"jail.d/zz-bangui-sshd.local"}) || !strings.Contains(strings.Join(f.Errors, "\n"), "the reason of its death") {
		t.Fatalf("%+v", f)
	}
	if err := b.local.PutBackChange(t.Context(), host.PutBackOrder{Change: "another"}); !fault.Is(err, fault.NotFound) {
		t.Errorf("another change: %v", err)
	}
	if err := b.local.PutBackChange(t.Context(), host.PutBackOrder{Change: change.ID}); err != nil {
		t.Fatalf("%v: %s", err, fault.MendOf(err))
	}
	if len(b.ours()) != 0 || b.server.Client("get", "sshd", "maxretry") != "3" {
		t.Errorf("%q", b.ours())
	}
	b.mustStand("after it was put back")
	fail2bantest.Until(t, "it is online", func() bool { s := b.local.State(); return s.Fallen == nil && s.Reach == host.Online })

	// Jails that go missing are told the same way; the server runs on.
	change = b.apply(set("sshd", "maxretry", "8"))
	b.server.Client("stop", "sshd")
	fail2bantest.Until(t, "the lost jail is told", func() bool { f := b.local.State().Fallen; return f != nil && slices.Equal(f.Lost, []string{"sshd"}) })
	if err := b.local.PutBackChange(t.Context(), host.PutBackOrder{Change: change.ID}); err != nil {
		t.Fatalf("%v: %s", err, fault.MendOf(err))
	}
	b.mustStand("after lost jails")

	// One that waits to be confirmed is taken back by its own note.
	order = b.order(set("sshd", "maxretry", "9"))
	order.ConfirmWithin = 10 * time.Minute
	if change, err = b.local.ApplyChange(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	b.server.KillAny()
	fail2bantest.Until(t, "its fall is told", func() bool { return b.local.State().Fallen != nil })
	if err := b.local.PutBackChange(t.Context(), host.PutBackOrder{Change: change.ID}); err != nil {
		t.Fatalf("%v: %s", err, fault.MendOf(err))
	}
	b.mustStand("after a change that waited")
	b.apply(set("sshd", "maxretry", "10"))
}
