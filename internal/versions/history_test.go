package versions_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/health"
	"bangui/internal/host"
	"bangui/internal/jailconf"
	"bangui/internal/store"
	"bangui/internal/versions"
)

// site is a real server with a history of its configuration.
type site struct {
	t        *testing.T
	server   *fail2bantest.Server
	database string
	local    host.Host // as a helper has it
	host     host.Host // as people reach it
	history  *versions.History
	findings *health.Registry
}

func open(t *testing.T) *site {
	t.Helper()
	s := &site{t: t, server: fail2bantest.Start(t, fail2bantest.Options{}), database: filepath.Join(t.TempDir(), "bangui.db"), findings: health.New(time.Now)}
	s.local = hostOf(s.server.Dir())
	s.history = historyOn(t, s.database, s.findings)
	s.host = s.history.Of(s.local)
	return s
}

func hostOf(dir string) host.Host {
	socket := filepath.Join(dir, "s.sock")
	local := host.NewLocal(host.LocalOptions{
		ID: "h", Name: "test", Socket: socket, ConfigDir: filepath.Join(dir, "etc"), Client: fail2ban.New(fail2ban.Options{Socket: socket}),
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	return host.NewGuard(local, host.GuardOptions{Configure: host.ConfigureData, OwnJail: true, LogFolders: []string{dir}})
}

func historyOn(t *testing.T, path string, findings *health.Registry) *versions.History {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: path, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return versions.New(versions.Options{Store: db, Findings: findings, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
}

func (s *site) look() {
	s.t.Helper()
	if err := s.history.Look(s.t.Context(), s.local); err != nil {
		s.t.Fatal(err)
	}
}

func (s *site) etag() string {
	s.t.Helper()
	view, err := s.local.ConfigFiles(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return view.ETag
}

func order(etag, reason string, edits ...host.Edit) host.ChangeOrder {
	return host.ChangeOrder{ETag: etag, Edits: edits, Actor: "anna", Reason: reason}
}

func set(option, value string) host.Edit {
	return host.Edit{Place: jailconf.InJail, Name: "sshd", Option: option, Value: &value}
}

// list is the kinds of all versions, newest first, with who and why.
func (s *site) list() []string {
	s.t.Helper()
	list, err := s.history.List(s.t.Context(), s.host, 0, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	var all []string
	for _, v := range list {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s %v", v.Kind, v.Actor, v.Reason, v.Changed)))
	}
	return all
}

func (s *site) mustBe(when string, want ...string) {
	s.t.Helper()
	if got := s.list(); strings.Join(got, "\n") != strings.Join(want, "\n") {
		s.t.Errorf("%s:\n%s\nnot\n%s", when, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func (s *site) drifted() []versions.FileDifference {
	s.t.Helper()
	d, err := s.history.Drift(s.t.Context(), s.host)
	if err != nil || d.Unsettled {
		s.t.Fatalf("%+v, %v", d, err)
	}
	return d.Files
}

const (
	ours = "[jail.d/zz-bangui-sshd.local]"
	hand = "[jail.d/hand.local]"
)

// The life of a configuration: found, changed, changed by hand, adopted, restored, changed
// by hand and put back.
func TestHistory_KnowsWhoChangedWhatAndBringsItBack(t *testing.T) {
	s := open(t)
	s.look()
	s.look() // nothing differs, so nothing is noted
	s.mustBe("at first", "first   []")
	if _, err := s.host.ApplyChange(t.Context(), order(s.etag(), "slower", set("maxretry", "7"))); err != nil {
		t.Fatal(err)
	}
	s.mustBe("after a change", "applied anna slower "+ours, "first   []")
	list, err := s.history.List(t.Context(), s.host, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.history.Detail(t.Context(), s.host, list[0].ID)
	if err != nil || len(d.Files) != 1 || !strings.Contains(d.Files[0].Diff, "+maxretry = 7\n") || len(d.Effects) != 2 || d.Effects[1].After != "7" || d.Change == "" {
		t.Errorf("%+v, %v", d, err)
	}

	// What fail2ban does not take leaves no version.
	if _, err := s.host.ApplyChange(t.Context(), order(s.etag(), "bad", set("failregex", "^(x <HOST>"))); err == nil {
		t.Error("it was taken")
	}
	s.server.Write("etc/jail.d/hand.local", "[sshd]\nfindtime = 55\n")
	s.look()
	if got := s.drifted(); len(got) != 1 || got[0].Name != "jail.d/hand.local" || !got[0].Writable || !strings.Contains(got[0].Diff, "+findtime = 55") {
		t.Errorf("%+v", got)
	}
	if all := s.findings.All(); len(all) != 1 || all[0].Code != "configuration_drift" {
		t.Errorf("%+v", all)
	}
	if _, err := s.history.Adopt(t.Context(), s.host, "old", "bob", "mine"); !fault.Is(err, fault.Conflict) {
		t.Errorf("what he did not look at: %v", err)
	}
	if v, err := s.history.Adopt(t.Context(), s.host, s.etag(), "bob", "mine"); err != nil || v.Actor != "bob" {
		t.Fatalf("%+v, %v", v, err)
	}
	if len(s.drifted()) != 0 || len(s.findings.All()) != 0 {
		t.Error("it still counts as drift")
	}
	s.mustBe("after adopting", "adopted bob mine "+hand, "applied anna slower "+ours, "first   []")

	// Back to before the hand; a package's file that was upgraded since stays.
	s.server.Write("etc/filter.d/sshd.conf", s.server.Read(filepath.Join(s.server.ConfigDir(), "filter.d/sshd.conf"))+"# upgraded\n")
	back := versions.Order{ChangeOrder: order(s.etag(), "back")}
	change, err := s.history.Restore(t.Context(), s.host, list[0].ID, back)
	if err != nil || len(change.Left) != 1 || change.Left[0].Name != "filter.d/sshd.conf" {
		t.Fatalf("%+v, %v", change.Left, err)
	}
	s.mustBe("after restoring", "restored anna back "+hand, "by_hand  found when the next change was made [filter.d/sshd.conf]", "adopted bob mine "+hand, "applied anna slower "+ours, "first   []")

	// A hand removes what BanGUI wrote, and people's own; both come back.
	jails := s.server.Read(filepath.Join(s.server.ConfigDir(), "jail.local"))
	s.server.Write("etc/jail.local", jails+"\n[sshd-other]\n")
	if err := os.Remove(filepath.Join(s.server.ConfigDir(), "jail.d/zz-bangui-sshd.local")); err != nil {
		t.Fatal(err)
	}
	if change, err := s.history.Revert(t.Context(), s.host, versions.Order{ChangeOrder: order(s.etag(), "no"), DryRun: true}); err != nil || change.Applied || len(change.Files) != 2 {
		t.Fatalf("%+v, %v", change, err)
	}
	if _, err := s.history.Revert(t.Context(), s.host, versions.Order{ChangeOrder: order(s.etag(), "no")}); err != nil {
		t.Fatal(err)
	}
	if s.server.Read(filepath.Join(s.server.ConfigDir(), "jail.local")) != jails || s.server.Client("get", "sshd", "maxretry") != "7" || len(s.drifted()) != 0 {
		t.Error("it is not as it was")
	}
	if got := s.list(); got[0] != "reverted anna no [jail.d/zz-bangui-sshd.local jail.local]" || !strings.HasPrefix(got[1], "by_hand  found") {
		t.Errorf("%q", got)
	}
	s.server.Write("etc/filter.d/sshd.conf", "[Definition]\n")
	if _, err := s.history.Revert(t.Context(), s.host, versions.Order{ChangeOrder: order(s.etag(), "no")}); !fault.Is(err, fault.Forbidden) {
		t.Errorf("a package's file alone: %v", err)
	}
}

// A change that waits is a version that may be taken back, by somebody or by the host.
func TestHistory_NotesWhatWasTakenBack(t *testing.T) {
	s := open(t)
	s.look()
	waiting := func(value string) host.Change {
		o := order(s.etag(), "try", set("maxretry", value))
		o.ConfirmWithin = host.MaxConfirm
		change, err := s.host.ApplyChange(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		s.look()
		return change
	}
	if err := s.host.RevertChange(t.Context(), waiting("7").ID); err != nil {
		t.Fatal(err)
	}
	s.mustBe("taken back by somebody", "reverted  the change was taken back before it held "+ours, "applied anna try "+ours, "first   []")
	if err := s.local.RevertChange(t.Context(), waiting("8").ID); err != nil { // as the host does by itself
		t.Fatal(err)
	}
	s.look()
	if got := s.list(); got[0] != "reverted  nobody confirmed the change in time "+ours || len(got) != 5 {
		t.Errorf("%q", got)
	}
	if err := s.host.ConfirmChange(t.Context(), waiting("9").ID); err != nil {
		t.Fatal(err)
	}
	s.look()
	if v, err := s.history.List(t.Context(), s.host, 0, 1); err != nil || !v[0].Until.IsZero() || v[0].Kind != versions.Applied || len(s.drifted()) != 0 {
		t.Errorf("%+v, %v", v, err)
	}
	if err := s.host.RemoveManualJail(t.Context()); err == nil {
		t.Error("the jail manual of people was removed")
	}
}

// mute is a host that has made a change and never says so.
type mute struct {
	host.Host
	before bool // it is not even begun
}

func (m *mute) ApplyChange(ctx context.Context, o host.ChangeOrder) (host.Change, error) {
	if !m.before {
		if _, err := m.Host.ApplyChange(ctx, o); err != nil {
			fmt.Fprintln(os.Stdout, err)
		}
	}
	fmt.Fprintln(os.Stdout, "made")
	<-ctx.Done()
	return host.Change{}, ctx.Err()
}

// TestDyingChild is no test: it is what TestHistory_OutlivesAKill kills.
func TestDyingChild(t *testing.T) {
	dir := os.Getenv("BANGUI_TEST_SERVER")
	if dir == "" {
		return
	}
	of := hostOf(dir)
	history := historyOn(t, os.Getenv("BANGUI_TEST_DATABASE"), nil)
	view, err := of.ConfigFiles(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = history.Of(&mute{of, os.Getenv("BANGUI_TEST_BEFORE") != ""}).ApplyChange(t.Context(), order(view.ETag, "the last one", set("maxretry", "8")))
}

// A console that is killed after the host has made a change and before the version was
// noted finds it at its next look, with who and why; killed before, there is none.
func TestHistory_OutlivesAKill(t *testing.T) {
	s := open(t)
	s.look()
	for _, before := range []string{"yes", ""} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestDyingChild$")
		child.Env = []string{"BANGUI_TEST_SERVER=" + s.server.Dir(), "BANGUI_TEST_DATABASE=" + s.database, "BANGUI_TEST_BEFORE=" + before}
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); line != "made\n" {
			rest, _ := io.ReadAll(out)
			t.Fatalf("%q, %v, %s", line, err, rest)
		}
		_ = child.Process.Kill()
		_ = child.Wait()
		s.look()
		if before != "" {
			s.mustBe("killed before it was made", "first   []")
		}
	}
	s.mustBe("killed after it was made", "applied anna the last one; BanGUI was ended before it had seen the end of this change "+ours, "first   []")
	if len(s.drifted()) != 0 || s.server.Client("get", "sshd", "maxretry") != "8" {
		t.Error("it counts as drift")
	}
}
