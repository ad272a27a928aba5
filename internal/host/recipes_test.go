package host_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

// A filter of one's own from nothing to a jail that uses it and back, as a caller who may change data.
func TestRecipes_AreMadeTriedAndUsed(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	g := b.guarded(host.ConfigureData)
	all, err := g.Recipes(t.Context(), jailconf.InFilter)
	if err != nil || len(all) < 80 {
		t.Fatalf("%d filters, %v", len(all), err)
	}
	const name, mine = "filter.d/mine.local", "[INCLUDES]\nbefore = common.conf\n[Definition]\nfailregex = ^%(__prefix_line)sbad <HOST>$\n"
	for broken, why := range map[string]string{
		strings.Replace(mine, "bad <HOST>", "bad (<HOST>", 1): "", // Python can't compile it
		"[Definition]\nfailregex\n":                           "line 2",
		"[Definition]\nfailregex = %(nowhere)s <HOST>\n":      "nowhere",
	} {
		_, err := g.ApplyChange(t.Context(), b.files(file(name, broken)))
		if err == nil || !strings.Contains(fault.MessageOf(err), why) || b.read(name) != "" {
			t.Errorf("%q: %v, and there is %q", broken, err, b.read(name))
		}
	}
	if _, err := g.ApplyChange(t.Context(), b.files(file(name, mine))); err != nil {
		t.Fatalf("%v: %s", err, fault.MendOf(err))
	}
	view, err := g.Recipe(t.Context(), jailconf.InFilter, "mine")
	if err != nil || view.State != jailconf.OwnMade || !view.Files[0].Ours || len(view.UsedBy) > 0 || view.ETag != b.order().ETag {
		t.Errorf("%+v, %v", view.Recipe, err)
	}
	if _, err := g.ApplyChange(t.Context(), b.order(set("sshd", "filter", "mine"))); err != nil {
		t.Fatal(err)
	}
	if got := b.server.Client("get", "sshd", "failregex"); !strings.Contains(got, "bad (?:") {
		t.Errorf("the server has %s", got)
	}
	if view, err := g.Recipe(t.Context(), jailconf.InFilter, "mine"); err != nil || len(view.UsedBy) != 1 || view.UsedBy[0] != (jailconf.Use{Jail: "sshd", Enabled: true}) {
		t.Errorf("%+v, %v", view.UsedBy, err)
	}
	if _, err := g.ApplyChange(t.Context(), b.files(host.FileEdit{Name: name})); err == nil {
		t.Error("a filter that is used was removed")
	}
	order := b.files(host.FileEdit{Name: name})
	order.Edits = []host.Edit{reset("sshd", "filter")}
	if _, err := g.ApplyChange(t.Context(), order); err != nil || len(b.ours()) != 0 {
		t.Errorf("%v, left: %q", err, b.ours())
	}
	if _, err := g.Recipe(t.Context(), jailconf.InFilter, "mine"); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
}

// Also with files that fail2ban would not take there is something to see, and to mend.
func TestRecipes_AreListedOfABrokenConfiguration(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.server.Write("etc/jail.d/bad.local", "nonsense\n")
	all, err := b.local.Recipes(t.Context(), jailconf.InAction)
	if err != nil || len(all) < 60 || len(all[0].UsedBy) > 0 {
		t.Errorf("%d actions, %v", len(all), err)
	}
}

func TestGuard_LetsNoActionThroughAsData(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	for _, edit := range []host.FileEdit{file("action.d/mine.local", "[Definition]\nactionban = id\n"), file("action.d/iptables.local", "[Init]\nport = 1\n")} {
		if _, err := b.guarded(host.ConfigureData).ApplyChange(t.Context(), b.files(edit)); !fault.Is(err, fault.Forbidden) || !strings.Contains(fault.MendOf(err), "the switch") {
			t.Errorf("%s as data: %v", edit.Name, err)
		}
		if _, err := b.guarded(host.ConfigureNothing).ApplyChange(t.Context(), b.files(edit)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s as nothing: %v", edit.Name, err)
		}
	}
	if len(b.ours()) != 0 {
		t.Errorf("there is %q", b.ours())
	}
	if _, err := b.guarded(host.ConfigureCode).ApplyChange(t.Context(), b.files(file("action.d/mine.local", "[Definition]\nactionban = true\n"))); err != nil {
		t.Errorf("as code: %v", err)
	}
}

// spellings are ways to name something beyond the folder of filters.
func spellings() []string {
	var all []string
	for _, up := range []string{"../", "..//", "./../", "..\\", "%2e%2e/", "..%2f", "....//", "/", "//", "x/../../", "\u2025/", "..\x00/"} {
		for _, to := range []string{"jail", "jail.conf", "action.d/iptables", "../passwd", "etc/passwd", "etc/shadow", "action.d/../jail", "fail2ban"} {
			all = append(all, up+to, up+up+to, up+to+"\x00", up+to+"/")
		}
	}
	return append(all, "", ".", "..", "...", "sshd/", "sshd.conf", "./sshd", " sshd", "sshd ", "SSHD", "sshd\n", "-sshd", strings.Repeat("a", 300), "\xff")
}

func TestRecipe_NoSpellingLeadsElsewhere(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"jail.conf": "[x]\n", "fail2ban.conf": "[Definition]\n", "filter.d/sshd.conf": "[Definition]\n", "action.d/iptables.conf": "[Definition]\n"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	g := host.NewGuard(host.NewLocal(host.LocalOptions{ConfigDir: dir, Now: time.Now}), host.GuardOptions{Configure: host.ConfigureCode})
	if _, err := g.Recipe(t.Context(), jailconf.InFilter, "sshd"); err != nil {
		t.Fatal(err)
	}
	gate := &changeGate{}
	writes := host.NewGuard(gate, host.GuardOptions{Configure: host.ConfigureCode})
	tried := spellings()
	for _, name := range tried {
		if view, err := g.Recipe(t.Context(), jailconf.InFilter, name); err == nil {
			t.Errorf("%q gave %+v", name, view.Recipe)
		}
		for _, as := range []string{name, "filter.d/" + name, "filter.d/" + name + ".conf"} {
			content := "[Definition]\nmaxlines = 2\n"
			if _, err := writes.ApplyChange(t.Context(), host.ChangeOrder{ETag: "x", Files: []host.FileEdit{{Name: as, Content: &content}}}); gate.applied > 0 {
				t.Fatalf("%q got through: %v", as, err)
			}
		}
	}
	for _, place := range []jailconf.Place{"", "jail", "server", "filter.d", "../jail", "filter\x00"} {
		if _, err := g.Recipe(t.Context(), place, "sshd"); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", place, err)
		}
		if _, err := g.Recipes(t.Context(), place); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", place, err)
		}
	}
	if len(tried) < 300 {
		t.Errorf("only %d were tried", len(tried))
	}
}
