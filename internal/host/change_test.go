package host_test

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

func set(jail, option, value string) host.Edit {
	return host.Edit{Place: jailconf.InJail, Name: jail, Option: option, Value: &value}
}

func reset(jail, option string) host.Edit {
	return host.Edit{Place: jailconf.InJail, Name: jail, Option: option}
}

func (b *bench) order(edits ...host.Edit) host.ChangeOrder {
	b.t.Helper()
	view, err := b.local.Config(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	return host.ChangeOrder{ETag: view.ETag, Edits: edits}
}

func (b *bench) apply(edits ...host.Edit) host.Change {
	b.t.Helper()
	change, err := b.local.ApplyChange(b.t.Context(), b.order(edits...))
	if err != nil {
		b.t.Fatalf("%v: %v", err, fault.MendOf(err))
	}
	return change
}

// ours are the files that a change leaves in the configuration folder.
func (b *bench) ours() map[string]string {
	b.t.Helper()
	tree, err := jailconf.ReadTree(b.server.ConfigDir())
	if err != nil {
		b.t.Fatal(err)
	}
	all := map[string]string{}
	for _, name := range tree.Files() {
		if content, _ := tree.File(name); jailconf.IsOwn(name, content) {
			all[name] = strings.TrimPrefix(content, jailconf.Mark+"\n")
		}
	}
	return all
}

// banSome bans in sshd and manual and says what must still be banned afterwards.
func (b *bench) banSome() {
	b.server.Client("set", "sshd", "banip", "198.51.100.1", "198.51.100.2")
	b.server.Client("set", "manual", "banip", "198.51.100.3")
}

func (b *bench) mustStand(when string) {
	b.t.Helper()
	for jail, want := range map[string]string{"sshd": "198.51.100.1\n198.51.100.2", "manual": "198.51.100.3"} {
		if got := b.server.Client("get", jail, "banip", "\n"); got != want {
			b.t.Errorf("%s: the bans of %s are %q", when, jail, got)
		}
		if got := b.server.Client("get", jail, "actions"); !strings.HasSuffix(got, "record") && !strings.HasSuffix(got, "other") {
			b.t.Errorf("%s: the actions of %s are %q", when, jail, got)
		}
	}
}

func TestApplyChange_TakesUpWhatDiffersAndGivesItBack(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	found := b.ours()
	b.banSome()
	change := b.apply(set("sshd", "maxretry", "7"), set("sshd", "bantime", "2h"), set("sshd", "findtime", "10m"))
	if got := b.ours(); got["jail.d/zz-bangui-sshd.local"] != "\n[sshd]\nmaxretry = 7\nbantime = 7200\nfindtime = 600\n" || len(got) != 1 {
		t.Errorf("%q", got)
	}
	if !change.Applied || change.ID == "" || !slices.Equal(change.Steps, []host.Step{{Jail: "sshd", Do: host.StepReload}}) || len(change.Files) != 1 || len(change.Effects) != 4 {
		t.Errorf("%+v", change)
	}
	if got := b.server.Client("get", "sshd", "maxretry") + b.server.Client("get", "sshd", "bantime"); got != "77200" {
		t.Errorf("the server has %s", got)
	}
	b.mustStand("after a change")
	// Three is what jail.local says, so that it need not stand in ours.
	b.apply(set("sshd", "maxretry", "3"), reset("sshd", "bantime"), reset("sshd", "findtime"))
	if got := b.ours(); len(got) != len(found) {
		t.Errorf("left: %q", got)
	}
	if got := b.server.Client("get", "sshd", "maxretry"); got != "3" {
		t.Errorf("the server has %s", got)
	}
	b.mustStand("after it was taken back")
	if _, err := b.local.CheckChange(t.Context(), b.order(set("sshd", "maxretry", "3"))); !fault.Is(err, fault.Conflict) {
		t.Errorf("nothing to change: %v", err)
	}
}

// A plain reload leaves the jail without any action (fail2ban.md 0.5); ours has the new one.
func TestApplyChange_AnotherActionIsThere(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.server.Write("etc/action.d/other.conf", "[Definition]\nactionban = echo \"other <ip>\" >> "+b.server.Actions()+"\nactionunban = true\n")
	b.banSome()
	b.server.Write("etc/jail.d/plain.local", "[manual]\nbanaction = other\naction = %(action_)s\n")
	b.server.Client("reload")
	if got := b.server.Client("get", "manual", "actions"); !strings.Contains(got, "No actions") {
		t.Fatalf("a plain reload leaves %q; this test shows nothing", got)
	}
	if err := os.Remove(filepath.Join(b.server.ConfigDir(), "jail.d/plain.local")); err != nil {
		t.Fatal(err)
	}
	b.server.Client("reload", "--restart", "manual")
	change := b.apply(set("sshd", "banaction", "other"))
	if !slices.Equal(change.Steps, []host.Step{{Jail: "sshd", Do: host.StepRestart}}) {
		t.Errorf("%+v", change.Steps)
	}
	b.mustStand("after another action")
	if got := b.server.Client("get", "sshd", "actions"); !strings.HasSuffix(got, "other") {
		t.Errorf("the actions are %q", got)
	}
}

func TestApplyChange_ActivatesAndDeactivatesAJail(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	b.server.Write("auth2.log", "")
	path := filepath.Join(b.server.Dir(), "auth2.log")
	change := b.apply(set("dropbear", "enabled", "true"), set("dropbear", "logpath", path))
	if !slices.Equal(change.Steps, []host.Step{{Jail: "dropbear", Do: host.StepStart}}) {
		t.Errorf("%+v", change.Steps)
	}
	b.server.Client("status", "dropbear")
	b.apply(set("mine", "enabled", "true"), set("mine", "logpath", path), set("mine", "filter", "sshd"))
	b.server.Client("status", "mine")
	b.apply(reset("dropbear", "enabled"), reset("dropbear", "logpath"), reset("mine", "enabled"), reset("mine", "logpath"), reset("mine", "filter"))
	if got := b.server.Client("status"); !strings.HasSuffix(got, "manual, sshd") || len(b.ours()) != 0 {
		t.Errorf("%s, %q", got, b.ours())
	}
	b.mustStand("after a jail came and went")
}

// The fatal cases of fail2ban.md 0.4: what fail2ban's own test passes and its reload then
// loses every jail by. The same change is refused here, and nothing is lost.
func TestApplyChange_RefusesWhatMakesAReloadLoseAllJails(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		edit host.Edit
	}{
		"a folder for a log":    {"[sshd]\nlogpath = /etc\n", set("sshd", "logpath", "/etc")},
		"a bad expression":      {"[sshd]\nfailregex = ^(x <HOST>\n", set("sshd", "failregex", "^(x <HOST>")},
		"a bad time":            {"[sshd]\nbantime = 1yr\n", set("sshd", "bantime", "1yr")},
		"a comment in a number": {"[sshd]\nmaxretry = 5 # five\n", set("sshd", "maxretry", "5 # five")},
		"a bad encoding":        {"[sshd]\nlogencoding = nonsense\n", set("sshd", "logencoding", "nonsense")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, fail2bantest.Options{})
			b.banSome()
			_, err := b.local.ApplyChange(t.Context(), b.order(c.edit))
			if !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Fail2banRefused) {
				t.Errorf("ours: %v", err)
			}
			if len(b.ours()) != 0 {
				t.Errorf("left: %q", b.ours())
			}
			b.mustStand("after ours")
			b.server.Write("etc/jail.d/bad.local", c.text)
			b.server.Client("-t")
			if err := exec.CommandContext(t.Context(), "fail2ban-client", "-c", b.server.ConfigDir(), "reload").Run(); err == nil {
				t.Log("fail2ban says that its reload went well")
			}
			if got := b.server.Client("status"); strings.Contains(got, "sshd") {
				t.Errorf("a plain reload kept the jails (%s); this case shows nothing", got)
			}
		})
	}
}

// A log that vanishes after fail2ban's client has looked for it (logrotate, an application
// that clears up) ends a plain reload half way. Ours puts back what was there.
func TestApplyChange_OutlivesALogThatVanishes(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	path := filepath.Join(b.server.Dir(), "brief.log")
	b.server.Write("brief.log", "")
	b.stop()
	b.beginWith(func(o *host.LocalOptions) { o.ClientProgram = clientThatClears(t, b.server, path) })
	_, err := b.local.ApplyChange(t.Context(), b.order(set("sshd", "logpath", path), set("manual", "maxretry", "9")))
	if !fault.Is(err, fault.Fail2banRefused) || !strings.Contains(fault.MessageOf(err), "everything was put back as it was") {
		t.Errorf("ours: %v", err)
	}
	if len(b.ours()) != 0 {
		t.Errorf("left: %q", b.ours())
	}
	b.mustStand("after ours")

	b.server.Write("brief.log", "")
	b.server.Write("etc/jail.d/bad.local", "[sshd]\nlogpath = "+path+"\n")
	commands, err := fail2ban.ParseStream([]byte(b.server.Client("-d")))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := b.local.Client.Reload(t.Context(), "--all", nil, commands); err == nil { // what fail2ban-client sends
		t.Error("fail2ban says that its reload went well")
	}
	if got := b.server.Client("status"); strings.Contains(got, "sshd") {
		t.Errorf("a plain reload kept the jails (%s); this case shows nothing", got)
	}
}

// clientThatClears is fail2ban's client, after which a log is gone once a change that names
// it was written and read.
func clientThatClears(t *testing.T, of *fail2bantest.Server, log string) (program string) {
	t.Helper()
	dir := t.TempDir()
	for name, script := range map[string]string{
		"fail2ban-client": "fail2ban-client \"$@\" || exit\n[ \"$2 $3\" != \"" + of.ConfigDir() + " -d\" ] || ! grep -qs " + log + " " + of.ConfigDir() + "/jail.d/zz-bangui-sshd.local || rm -f " + log + "\n",
		"fail2ban-server": "exec fail2ban-server \"$@\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "fail2ban-client")
}

// What fail2ban's client itself refuses never reaches the server.
func TestApplyChange_RefusesALogThatIsNotThere(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	for _, edit := range []host.Edit{set("sshd", "logpath", "/nowhere/x.log"), set("sshd", "datepattern", "(%Y"), placed(jailconf.InFilter, "sshd", "datepattern", "%Y["), set("sshd", "filter", "nowhere"), set("sshd", "banaction", "nowhere")} {
		_, err := b.local.ApplyChange(t.Context(), b.order(edit))
		if said := fault.MessageOf(err); !fault.Is(err, fault.Fail2banRefused) || strings.Contains(said, "WARNING") || strings.Contains(said, "fail2ban.") || strings.Contains(said, os.TempDir()) {
			t.Errorf("%s: %v", edit.Option, err)
		}
	}
	if len(b.ours()) != 0 {
		t.Errorf("left: %q", b.ours())
	}
	b.mustStand("after refusals")
}

// What only the real server finds out is put back: files, jails, actions and bans.
func TestApplyChange_PutsBackWhatGoesWrong(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.server.Write("etc/action.d/broken.py", "raise Exception('broken')\n")
	b.banSome()
	before := b.server.Client("status")
	// A Python action is not loaded by the rehearsal, so this one passes it.
	_, err := b.local.ApplyChange(t.Context(), b.order(set("sshd", "action", "broken.py[]"), set("manual", "action", "broken.py[]")))
	if !fault.Is(err, fault.Fail2banRefused) || !strings.Contains(fault.MessageOf(err), "everything was put back as it was") {
		t.Fatalf("%v", err)
	}
	if len(b.ours()) != 0 || b.server.Client("status") != before {
		t.Errorf("%q, %s", b.ours(), b.server.Client("status"))
	}
	b.mustStand("after it was put back")
	if _, err := os.Stat(filepath.Join(b.server.ConfigDir(), "jail.d/.zz-bangui-change.json")); err == nil {
		t.Error("the note of the change is left")
	}
	b.apply(set("sshd", "maxretry", "9"))
}

func TestApplyChange_TellsTheSecondAdmin(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	first, second := b.order(set("sshd", "maxretry", "7")), b.order(set("sshd", "maxretry", "8"))
	if _, err := b.local.ApplyChange(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	for _, do := range []func(context.Context, host.ChangeOrder) (host.Change, error){b.local.ApplyChange, b.local.CheckChange} {
		if _, err := do(t.Context(), second); !fault.Is(err, fault.Conflict) {
			t.Errorf("the second: %v", err)
		}
	}
	b.server.Write("etc/jail.d/zz-bangui-manual.local", "[manual]\nmaxretry = 1\n")
	if _, err := b.local.ApplyChange(t.Context(), b.order(set("manual", "maxretry", "2"))); !fault.Is(err, fault.Conflict) {
		t.Errorf("over a file of somebody else's: %v", err)
	}
}

func TestApplyChange_HoldsOnlyWhenConfirmed(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	order := b.order(set("sshd", "maxretry", "7"))
	order.ConfirmWithin = time.Second
	change, err := b.local.ApplyChange(t.Context(), order)
	if err != nil || change.Until.IsZero() {
		t.Fatalf("%+v, %v", change, err)
	}
	// As soon as nothing waits any more, all is as it was: a page that looks then sees the truth.
	fail2bantest.Until(t, "it is taken back", func() bool { view, err := b.local.Config(t.Context()); return err == nil && view.Waiting == nil })
	if len(b.ours()) != 0 || b.server.Client("get", "sshd", "maxretry") != "3" {
		t.Errorf("left: %q, maxretry %s", b.ours(), b.server.Client("get", "sshd", "maxretry"))
	}
	b.mustStand("after it was taken back")
	if err := b.local.ConfirmChange(t.Context(), change.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("confirmed too late: %v", err)
	}

	order = b.order(set("sshd", "maxretry", "8"))
	order.ConfirmWithin = time.Hour
	if change, err = b.local.ApplyChange(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	if _, err := b.local.ApplyChange(t.Context(), b.order(set("sshd", "maxretry", "9"))); !fault.Is(err, fault.Conflict) {
		t.Errorf("while one waits: %v", err)
	}
	if err := b.local.RevertChange(t.Context(), change.ID); err != nil || len(b.ours()) != 0 {
		t.Errorf("%v, %q", err, b.ours())
	}
	order = b.order(set("sshd", "maxretry", "8"))
	order.ConfirmWithin = time.Hour
	if change, err = b.local.ApplyChange(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	if err := b.local.ConfirmChange(t.Context(), change.ID); err != nil || len(b.ours()) != 1 {
		t.Errorf("%v, %q", err, b.ours())
	}
}

// A console that ends while a change waits takes it back at its next start.
func TestApplyChange_AnUnconfirmedChangeDoesNotOutliveARestart(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	order := b.order(set("sshd", "maxretry", "7"))
	order.ConfirmWithin = time.Hour
	if _, err := b.local.ApplyChange(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	b.stop()
	if len(b.ours()) != 1 {
		t.Fatal("it is gone before the next start")
	}
	b.begin()
	fail2bantest.Until(t, "it is taken back", func() bool { return len(b.ours()) == 0 && b.server.Client("get", "sshd", "maxretry") == "3" })
	b.mustStand("after a restart of ours")
}

// A change that was left and can't be put back at once is put back later: here somebody has
// broken the configuration meanwhile, and mends it.
func TestApplyChange_ALeftChangeIsPutBackOnceItCanBe(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	order := b.order(set("sshd", "maxretry", "7"))
	order.ConfirmWithin = time.Hour
	if _, err := b.local.ApplyChange(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	b.stop()
	b.server.Write("etc/jail.d/bad.local", "nonsense\n")
	var failed atomic.Bool
	b.beginWith(func(o *host.LocalOptions) { o.Logger = slog.New(whenSaid{"it is tried again", &failed}) })
	fail2bantest.Until(t, "it could not be put back", failed.Load)
	if err := os.Remove(filepath.Join(b.server.ConfigDir(), "jail.d/bad.local")); err != nil {
		t.Fatal(err)
	}
	fail2bantest.Until(t, "it is put back", func() bool {
		_, err := os.Stat(filepath.Join(b.server.ConfigDir(), "jail.d/.zz-bangui-change.json"))
		return os.IsNotExist(err)
	})
	if got := b.server.Client("get", "sshd", "maxretry"); len(b.ours()) != 0 || got != "3" {
		t.Errorf("%q, maxretry %s", b.ours(), got)
	}
	b.mustStand("after it was put back late")
}

// whenSaid is a log that notes when something was said.
type whenSaid struct {
	text string
	said *atomic.Bool
}

func (w whenSaid) Enabled(context.Context, slog.Level) bool { return true }
func (w whenSaid) WithAttrs([]slog.Attr) slog.Handler       { return w }
func (w whenSaid) WithGroup(string) slog.Handler            { return w }
func (w whenSaid) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, w.text) {
		w.said.Store(true)
	}
	return nil
}

func TestConfig_SaysWhatCountsAndWhy(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	view, err := b.local.Config(t.Context())
	if err != nil || view.Broken != "" || len(view.Jails) < 80 {
		t.Fatalf("%d jails, %q, %v", len(view.Jails), view.Broken, err)
	}
	content, err := b.local.ConfigFile(t.Context(), "jail.local")
	if err != nil || !strings.Contains(content, "[manual]") {
		t.Errorf("%q, %v", content, err)
	}
	for _, name := range []string{"../f2b.sqlite3", "/etc/passwd", "nowhere", ""} {
		if _, err := b.local.ConfigFile(t.Context(), name); !fault.Is(err, fault.NotFound) {
			t.Errorf("%q: %v", name, err)
		}
	}
	b.server.Write("etc/jail.d/bad.local", "nonsense\n")
	if view, err = b.local.Config(t.Context()); err != nil || !strings.Contains(view.Broken, "jail.d/bad.local, line 1") {
		t.Errorf("%q, %v", view.Broken, err)
	}
}
