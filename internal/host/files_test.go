package host_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

func file(name, content string) host.FileEdit { return host.FileEdit{Name: name, Content: &content} }

// files is an order of whole files, from the configuration as it is now.
func (b *bench) files(files ...host.FileEdit) host.ChangeOrder {
	o := b.order()
	o.Files = files
	return o
}

// read is a file of the configuration; "" where there is none.
func (b *bench) read(name string) string {
	content, err := os.ReadFile(filepath.Join(b.server.ConfigDir(), name))
	if err != nil && !os.IsNotExist(err) {
		b.t.Fatal(err)
	}
	return string(content)
}

// guarded is the bench's host as a caller reaches it.
func (b *bench) guarded(allow host.Configure) *host.Guard {
	return host.NewGuard(b.local, host.GuardOptions{Configure: allow, ConfigSwitch: "the switch", LogFolders: []string{b.server.Dir()}})
}

func TestApplyChange_TakesWholeFiles(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	found := b.read("jail.local")
	path := filepath.Join(b.server.ConfigDir(), "jail.local")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	g := b.guarded(host.ConfigureData)
	seven := strings.Replace(found, "[sshd]\n", "[sshd]\n# of mine\nfindtime = 777\n", 1)
	filter := "[Definition]\nfailregex = ^mine <HOST>$\n"
	order := b.files(file("jail.local", seven), file("filter.d/mine.local", filter))
	order.Edits = []host.Edit{set("manual", "findtime", "778"), {Place: jailconf.InFilter, Name: "mine", Option: "maxlines", Value: new("3")}}
	if plan, err := g.CheckChange(t.Context(), order); err != nil || plan.Applied || len(plan.Files) != 3 || b.read("jail.local") != found {
		t.Fatalf("%+v, %v", plan, err)
	}
	change, err := g.ApplyChange(t.Context(), order)
	if err != nil {
		t.Fatalf("%v: %s", err, fault.MendOf(err))
	}
	if !slices.Contains(change.Steps, host.Step{Jail: "sshd", Do: host.StepReload}) || !slices.ContainsFunc(change.Files, func(f host.FileChange) bool { return strings.Contains(f.Diff, "+findtime = 777\n") }) {
		t.Errorf("%+v", change)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 || b.read("jail.local") != seven {
		t.Errorf("%v, %v, %q", info, err, b.read("jail.local"))
	}
	if got, want := b.read("filter.d/mine.local"), jailconf.Mark+"\n[Definition]\nfailregex = ^mine <HOST>$\nmaxlines = 3\n"; got != want {
		t.Errorf("a new filter: %q", got)
	}
	if got := b.server.Client("get", "sshd", "findtime") + b.server.Client("get", "manual", "findtime"); got != "777778" {
		t.Errorf("the server has %s", got)
	}
	b.mustStand("after whole files")
	if _, err := g.ApplyChange(t.Context(), b.files(file("jail.local", found), host.FileEdit{Name: "filter.d/mine.local"}, host.FileEdit{Name: "jail.d/zz-bangui-manual.local"})); err != nil {
		t.Fatal(err)
	}
	if b.read("jail.local") != found || len(b.ours()) != 0 || b.server.Client("get", "sshd", "findtime") == "777" {
		t.Errorf("%q, %q", b.read("jail.local"), b.ours())
	}
	b.mustStand("after they were taken back")
}

// What only the real server finds out is put back, people's files with it.
func TestApplyChange_PutsWholeFilesBack(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.server.Write("etc/action.d/broken.py", "raise Exception('broken')\n")
	b.banSome()
	found := b.read("jail.local")
	_, err := b.guarded(host.ConfigureCode).ApplyChange(t.Context(), b.files(file("jail.local", strings.Replace(found, "[sshd]\n", "[sshd]\naction = broken.py[]\n", 1))))
	if !fault.Is(err, fault.Fail2banRefused) || !strings.Contains(fault.MessageOf(err), "everything was put back") || b.read("jail.local") != found {
		t.Fatalf("%v, %q", err, b.read("jail.local"))
	}
	b.mustStand("after it was put back")
}

func TestApplyChange_RefusesFilesByWhatTheyMean(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.server.Write("etc/action.d/mine.local", "[Init]\nx = 1\n")
	b.server.Write("etc/jail.d/linked.conf", "[DEFAULT]\n")
	if err := os.Symlink("linked.conf", filepath.Join(b.server.ConfigDir(), "jail.d/linked.local")); err != nil {
		t.Fatal(err)
	}
	jails := b.read("jail.local")
	for name, c := range map[string]struct {
		file host.FileEdit
		data fault.Code // what a machine that allows data says; "" = it does it
		code fault.Code
	}{
		"data":             {file("jail.local", jails+"findtime = 99\n"), "", ""},
		"an action":        {file("action.d/mine.local", "[Init]\nx = 2\n"), fault.Forbidden, ""},
		"a new action":     {file("action.d/other.local", "[Definition]\nactionban = id\n"), fault.Forbidden, ""},
		"a command":        {file("jail.local", jails+"ignorecommand = id\n"), fault.Forbidden, ""},
		"a bad time":       {file("jail.local", jails+"findtime = 1yr\n"), fault.Invalid, fault.Fail2banRefused},
		"a log elsewhere":  {file("jail.local", strings.ReplaceAll(jails, "logpath = ", "logpath = /etc/hostname\n  ")), fault.Forbidden, fault.Forbidden},
		"a package's":      {file("jail.conf", "[DEFAULT]\n"), fault.Forbidden, fault.Forbidden},
		"a path":           {file("../x.local", "[DEFAULT]\n"), fault.Forbidden, fault.Forbidden},
		"a new one":        {file("jail.d/mine.local", "[DEFAULT]\n"), fault.Forbidden, fault.Forbidden},
		"people's goes":    {host.FileEdit{Name: "jail.local"}, fault.Forbidden, fault.Forbidden},
		"a link":           {file("jail.d/linked.local", "[DEFAULT]\nfindtime = 98\n"), "", ""}, // CheckChange only reads; see below
		"a false mark":     {file("jail.local", jailconf.Mark+"\n"+jails), fault.Invalid, fault.Invalid},
		"a broken file":    {file("jail.local", jails+"nonsense\n"), fault.Invalid, fault.Invalid},
		"a hidden return":  {file("jail.local", jails+"findtime = 1\rignorecommand = id\n"), fault.Invalid, fault.Invalid},
		"nothing":          {file("jail.local", jails), fault.Conflict, fault.Conflict},
		"a restart's":      {file("fail2ban.d/zz-bangui.local", "[Definition]\ndbfile = /x\n"), fault.Forbidden, fault.Unsupported},
		"a server option":  {file("fail2ban.d/zz-bangui.local", "[Definition]\ndbmaxmatches = 7\n"), "", ""},
		"a jail for shell": {file("jail.local", jails+"[x$(id)]\nenabled = false\n"), fault.Forbidden, ""},
	} {
		for allow, want := range map[host.Configure]fault.Code{host.ConfigureNothing: fault.Forbidden, host.ConfigureData: c.data, host.ConfigureCode: c.code} {
			if allow == host.ConfigureCode && want == fault.Fail2banRefused || allow == host.ConfigureCode && want == "" && name != "an action" {
				continue // trying it out takes long; one stands for all
			}
			_, err := b.guarded(allow).CheckChange(t.Context(), b.files(c.file))
			if (err == nil) != (want == "") || err != nil && fault.CodeOf(err) != want {
				t.Errorf("%s with %q: %v", name, allow, err)
			}
		}
	}
	if _, err := b.guarded(host.ConfigureCode).ApplyChange(t.Context(), b.files(file("jail.d/linked.local", "[DEFAULT]\nfindtime = 98\n"))); !fault.Is(err, fault.Conflict) {
		t.Errorf("through a link: %v", err)
	}
	if b.read("jail.local") != jails {
		t.Errorf("something was changed: %q", b.read("jail.local"))
	}
	o := b.files(make([]host.FileEdit, host.MaxFiles+1)...)
	if _, err := b.guarded(host.ConfigureCode).CheckChange(t.Context(), o); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too many: %v", err)
	}
	if _, err := b.guarded(host.ConfigureCode).CheckChange(t.Context(), b.files(file("jail.local", "a"), file("jail.local", "b"))); !fault.Is(err, fault.Invalid) {
		t.Errorf("twice: %v", err)
	}
}

// To restore, files of people may come and go; what may not is left out and told.
func TestApplyChange_RestoresWhatItMay(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	b.server.Write("etc/jail.d/by-hand.local", "[sshd]\nfindtime = 66\n")
	o := b.files(host.FileEdit{Name: "jail.d/by-hand.local"}, file("jail.d/once.local", "[sshd]\nfindtime = 55\n"), file("jail.conf", "[DEFAULT]\n"), file("action.d/mine.local", "[Definition]\nactionban = id\n"))
	o.Restore = true
	change, err := b.guarded(host.ConfigureData).ApplyChange(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	left := map[string]string{}
	for _, f := range change.Left {
		left[f.Name] = f.Why
	}
	if len(left) != 2 || !strings.Contains(left["action.d/mine.local"], "as root") || left["jail.conf"] == "" {
		t.Errorf("%q", left)
	}
	if b.read("jail.d/by-hand.local") != "" || b.read("jail.d/once.local") == "" || b.read("action.d/mine.local") != "" || b.server.Client("get", "sshd", "findtime") != "55" {
		t.Error("it is not as it was asked for")
	}
	b.mustStand("after a restore")
	o = b.files(file("jail.conf", "[DEFAULT]\n"))
	o.Restore = true
	if _, err := b.guarded(host.ConfigureCode).ApplyChange(t.Context(), o); !fault.Is(err, fault.Forbidden) {
		t.Errorf("nothing that may be brought back: %v", err)
	}
}
