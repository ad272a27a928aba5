package host_test

import (
	"os"
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

// fail2ban starts a jail whose action can't start, and calls it started: it would ban
// nobody. Such a change is put back, and the jails and bans that were there stay.
func TestApplyChange_PutsBackAJailThatDoesNotRunAsItShould(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	b.server.Write("etc/action.d/lame.conf", "[Definition]\nactionstart = echo 'no firewall here' >&2; false\nactionban = true\nactionunban = true\n")
	b.server.Write("etc/jail.d/lame.conf", "[lame]\nfilter = sshd\naction = lame\nlogpath = "+b.server.AuthLog()+"\n")
	order := b.order(set("lame", "enabled", "true"))
	if change, err := b.local.CheckChange(t.Context(), order); err != nil || !slices.Equal(change.Steps, []host.Step{{Jail: "lame", Do: host.StepStart}}) {
		t.Fatalf("its trial, which starts nothing: %+v, %v", change, err)
	}
	_, err := b.local.ApplyChange(t.Context(), order)
	if !fault.Is(err, fault.Fail2banRefused) || !strings.Contains(fault.MessageOf(err), "Failed to start jail 'lame' action 'lame'") ||
		!strings.Contains(fault.MessageOf(err), "everything was put back") {
		t.Errorf("%v", err)
	}
	if got := b.server.Client("status"); !strings.HasSuffix(got, "manual, sshd") || len(b.ours()) != 0 {
		t.Errorf("%s, %q", got, b.ours())
	}
	b.mustStand("after it was put back")
	// Its own error is no other jail's.
	b.apply(set("fine", "enabled", "true"), set("fine", "filter", "sshd"), set("fine", "logpath", b.server.AuthLog()))
	b.server.Client("status", "fine")
	// What BanGUI's file adds, the view tells; nobody else knows that jail.
	view, err := b.local.Config(t.Context())
	if err != nil || len(view.Ours) != 1 || !view.Ours[0].Alone || len(view.Ours[0].Values) != 3 || view.Ours[0].Values[2].Value != b.server.AuthLog() {
		t.Errorf("%+v, %v", view.Ours, err)
	}
	b.apply(set("sshd", "maxretry", "8"))
	if view, err = b.local.Config(t.Context()); err != nil || len(view.Ours) != 2 {
		t.Fatalf("%+v, %v", view.Ours, err)
	}
	ours := view.Ours[slices.IndexFunc(view.Ours, func(o host.OurJail) bool { return o.Name == "sshd" })]
	at := slices.IndexFunc(ours.Inherited, func(o jailconf.Option) bool { return o.Name == "maxretry" })
	if ours.Alone || at < 0 || ours.Inherited[at].Value != "3" || ours.Inherited[at].Origin.File != "jail.local" {
		t.Errorf("%+v", ours)
	}
	for _, name := range []string{"loglevel", "dbfile", "all", "a-name-of-26-characters-xyz"} {
		if _, err := b.local.CheckChange(t.Context(), b.order(set(name, "enabled", "true"), set(name, "filter", "sshd"), set(name, "logpath", b.server.AuthLog()))); !fault.Is(err, fault.Invalid) {
			t.Errorf("a jail named %s: %v", name, err)
		}
	}
	choices, err := b.local.Choices(t.Context())
	if err != nil || len(choices.Filters) < 80 || len(choices.Actions) < 40 {
		t.Fatalf("%d filters, %d actions, %v", len(choices.Filters), len(choices.Actions), err)
	}
	mode := choices.Filters[slices.IndexFunc(choices.Filters, func(c jailconf.Choice) bool { return c.Name == "sshd" })]
	if !slices.Contains(mode.Modes, "aggressive") || mode.Parameters[0].Value != "normal" {
		t.Errorf("%+v", mode)
	}
	shut := choices.Actions[slices.IndexFunc(choices.Actions, func(c jailconf.Choice) bool { return c.Name == "iptables" })]
	if !slices.ContainsFunc(shut.Parameters, func(o jailconf.Option) bool { return o.Name == "port" && o.Value == "ssh" }) {
		t.Errorf("%+v", shut)
	}
}

func TestLogFiles_TellsOnlyOfFoldersForLogs(t *testing.T) {
	logs, other := t.TempDir(), t.TempDir()
	for _, name := range []string{logs + "/a.log", logs + "/b.log", other + "/secret"} {
		if err := os.WriteFile(name, []byte("four"), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(other+"/secret", logs+"/c.log"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(logs, "d.log"), 0o755); err != nil {
		t.Fatal(err)
	}
	g := host.NewGuard(host.NewLocal(host.LocalOptions{Now: time.Now}), host.GuardOptions{LogFolders: []string{logs}})
	got, err := g.LogFiles(t.Context(), []string{other + "/secret", logs + "/*.log", logs + "/none tail"})
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got[0].Allowed || len(got[0].Files) != 0 || got[0].Path != other+"/secret" {
		t.Errorf("outside: %+v", got[0])
	}
	files := got[1].Files
	if !got[1].Allowed || len(files) != 4 || files[0].Size != 4 || files[0].Problem != "" || files[0].Mode != "-rw-r-----" || files[0].Owner == "" || files[0].Changed.IsZero() {
		t.Errorf("%+v", got[1])
	}
	if files[2] != (host.WatchedFile{Path: logs + "/c.log", Problem: host.LogLeadsOut}) || files[3].Problem != host.LogNoFile {
		t.Errorf("%+v", files)
	}
	if !got[2].Allowed || len(got[2].Files) != 0 || got[2].Path != logs+"/none" {
		t.Errorf("missing: %+v", got[2])
	}
	for _, path := range []string{"relative", logs + "/../x", "/var/log/[", "", logs + "/a\n/etc/passwd"} {
		if _, err := g.LogFiles(t.Context(), []string{path}); !fault.Is(err, fault.Invalid) && path != "/var/log/[" {
			t.Errorf("%q: %v", path, err)
		}
	}
	if _, err := g.LogFiles(t.Context(), make([]string, host.MaxLogPaths+1)); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too many: %v", err)
	}
}
