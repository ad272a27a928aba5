package jailconf_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

func resolve(t testing.TB, files map[string]string) *jailconf.Config {
	t.Helper()
	c, err := jailconf.Resolve(jailconf.NewTree("/etc/fail2ban", files), "1.0.2")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestResolve_SaysWhereEachValueComesFrom(t *testing.T) {
	c := resolve(t, map[string]string{
		"jail.conf":            "[INCLUDES]\nbefore = paths.conf\n\n[DEFAULT]\nbantime = 10m\nmaxretry = 5\nport = 0:65535\n[sshd]\nport = ssh\nlogpath = %(auth_log)s\nfilter = sshd[mode=hard]\naction = drop[port=\"%(port)s\"]\n",
		"paths.conf":           "[DEFAULT]\nauth_log = /var/log/auth.log\n",
		"jail.local":           "# ours\n[sshd]\nmaxretry = 3 ; three\n\nbantime : 1h\nfindtime = five\nmaxmatches = five\n",
		"jail.d/defaults.conf": "[sshd]\nenabled = true\n",
		"filter.d/sshd.conf":   "[Definition]\nfailregex = ^<mode> <HOST>\n[Init]\nmode = soft\nmaxlines = 3\n",
		"filter.d/sshd.local":  "[Definition]\nignoreregex = ^x\n",
		"action.d/drop.conf":   "[Definition]\nactionban = drop <port> <ip>\n[Init]\nport = all\n",
	})
	sshd := c.Jail("sshd")
	if sshd == nil || !sshd.Enabled || sshd.Fault != "" || len(c.Problems) != 0 {
		t.Fatalf("%+v, %v", sshd, c.Problems)
	}
	at := func(file string, line int, section string, source jailconf.Source) jailconf.Origin {
		return jailconf.Origin{File: file, Line: line, Section: section, Source: source}
	}
	drop, ban := sshd.Actions[0], "drop ssh <ip>"
	for _, want := range []struct {
		list []jailconf.Option
		o    jailconf.Option
	}{
		{sshd.Options, jailconf.Option{Name: "maxretry", Value: "3", Raw: "3", Kind: jailconf.Number, Origin: at("jail.local", 3, "sshd", jailconf.Own)}},
		{sshd.Options, jailconf.Option{Name: "bantime", Value: "1h", Raw: "1h", Origin: at("jail.local", 5, "sshd", jailconf.Own)}},
		{sshd.Options, jailconf.Option{Name: "maxmatches", Value: "None", Raw: "five", Kind: jailconf.None, Origin: at("jail.local", 7, "sshd", jailconf.Own)}},
		{sshd.Options, jailconf.Option{Name: "enabled", Value: "True", Raw: "true", Kind: jailconf.Switch, Origin: at("jail.d/defaults.conf", 2, "sshd", jailconf.Own)}},
		{sshd.Options, jailconf.Option{Name: "backend", Value: "auto", Origin: at("", 0, "", jailconf.Builtin)}},
		{sshd.Options, jailconf.Option{Name: "logpath", Value: "/var/log/auth.log", Raw: "%(auth_log)s", Origin: at("jail.conf", 10, "sshd", jailconf.Own)}},
		{sshd.Others, jailconf.Option{Name: "auth_log", Value: "/var/log/auth.log", Raw: "/var/log/auth.log", Origin: at("paths.conf", 2, "DEFAULT", jailconf.Default)}},
		{sshd.Others, jailconf.Option{Name: "port", Value: "ssh", Raw: "ssh", Origin: at("jail.conf", 9, "sshd", jailconf.Own)}},
		{sshd.Filter.Options, jailconf.Option{Name: "failregex", Value: "^hard <HOST>", Raw: "^<mode> <HOST>", Origin: at("filter.d/sshd.conf", 2, "Definition", jailconf.OfFilter)}},
		{sshd.Filter.Options, jailconf.Option{Name: "maxlines", Value: "3", Raw: "3", Kind: jailconf.Number, Origin: at("filter.d/sshd.conf", 5, "Init", jailconf.OfFilter)}},
		{sshd.Filter.Args, jailconf.Option{Name: "mode", Value: "hard", Origin: at("jail.conf", 11, "sshd", jailconf.Argument)}},
		{drop.Options, jailconf.Option{Name: "actionban", Value: ban, Raw: "drop <port> <ip>", Origin: at("action.d/drop.conf", 2, "Definition", jailconf.OfAction)}},
		{drop.Args, jailconf.Option{Name: "port", Value: "ssh", Origin: at("jail.conf", 12, "sshd", jailconf.Argument)}},
	} {
		if !slices.Contains(want.list, want.o) {
			t.Errorf("want %+v\nin %+v", want.o, want.list)
		}
	}
}

func TestResolve_NamesFileAndLineOfWhatFail2banRefuses(t *testing.T) {
	for content, want := range map[string]string{
		"[a]\nx = 1\nX = 2\n":               "jail.conf, line 3: the option x stands twice in [a]",
		"[a]\n[a]\n":                        "jail.conf, line 2: the section [a] stands there twice",
		"x = 1\n":                           "jail.conf, line 1: there is an option before the first [section]",
		"\ufeff[a]\n":                       "jail.conf, line 1: there is an option before the first [section]",
		"[a]\nmaxretry 5\n":                 "jail.conf, line 2: \"maxretry 5\" is neither a [section] nor an option = value",
		"[INCLUDES]\nbefore = %(x)s\n[a]":   "jail.conf, line 2, option before of [INCLUDES]: it refers to %(x)s, which is nowhere defined",
		"[a]\n= 1\n":                        "jail.conf, line 2: \"= 1\" is neither a [section] nor an option = value",
		"[a]\nx=1\n[DEFAULT]\ny=1\n[b]\r[]": "jail.conf, line 6: \"[]\" is neither a [section] nor an option = value",
	} {
		_, err := jailconf.Resolve(jailconf.NewTree("/etc/fail2ban", map[string]string{"jail.conf": content}), "")
		if !fault.Is(err, fault.Fail2banRefused) || fault.MessageOf(err) != want {
			t.Errorf("%q: %v, want %s", content, err, want)
		}
	}
	c := resolve(t, map[string]string{"jail.conf": "[a]\nfindtime = %(nowhere)s\n[b]\nenabled = 1\nfilter = x\n[c]\nenabled = %(d)s"})
	for name, want := range map[string]string{
		"a": "jail.conf, line 2, option findtime of [a]: it refers to %(nowhere)s, which is nowhere defined",
		"b": "there is no filter.d/x.conf for the jail [b]",
		"c": "jail.conf, line 7, option enabled of [c]: it refers to %(d)s, which is nowhere defined",
	} {
		if j := c.Jail(name); j.Fault != want || j.Fatal != (name != "b") {
			t.Errorf("%s: %v, fatal %v", name, j.Fault, j.Fatal)
		}
	}
}

// What would make fail2ban use up all memory is refused here.
func TestResolve_RefusesWhatGrows(t *testing.T) {
	bomb := func(open, end string) string {
		var b strings.Builder
		for i := range 9 {
			fmt.Fprintf(&b, "a%d = %s\n", i, strings.Repeat(fmt.Sprintf("%sa%d%s", open, i+1, end), 20))
		}
		return b.String() + "a9 = x\n"
	}
	var everybody strings.Builder
	files := map[string]string{}
	for i := range 40 {
		fmt.Fprintf(&everybody, "  f%d.conf\n", i)
	}
	for i := range 40 {
		files[fmt.Sprintf("f%d.conf", i)] = "[INCLUDES]\nbefore =\n" + everybody.String()
	}
	files["jail.conf"] = "[INCLUDES]\nbefore =\n" + everybody.String()
	if _, err := jailconf.Resolve(jailconf.NewTree("/f", files), ""); !fault.Is(err, fault.TooLarge) {
		t.Errorf("files that include each other: %v", err)
	}
	for name, c := range map[string]map[string]string{
		"references":    {"jail.conf": "[a]\nenabled = 1\nbantime = %(a0)s\n" + bomb("%(", ")s")},
		"tags":          {"jail.conf": "[a]\nenabled = 1\nfilter = f\n", "filter.d/f.conf": "[Definition]\nfailregex = <a0>\n" + bomb("<", ">")},
		"a circle":      {"jail.conf": "[a]\nenabled = 1\nbantime = %(b)s\nb = %(bantime)s\n"},
		"circling tags": {"jail.conf": "[a]\nenabled = 1\nfilter = f\n", "filter.d/f.conf": "[Definition]\nfailregex = <b>\nb = <failregex>\n"},
	} {
		j := resolve(t, c).Jail("a")
		if j.Fault == "" || !j.Fatal {
			t.Errorf("%s: %v", name, j.Fault)
		}
	}
}

func TestReadTree_ReadsFilesAndNothingElse(t *testing.T) {
	dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	write(t, dir, "jail.conf", "[a]\n")
	write(t, dir, "jail.d/big.conf", strings.Repeat("# much\n", 100_000))
	write(t, dir, "jail.d/.hidden.conf", "[hidden]\n")
	write(t, dir, "jail.d/real.conf", "[real]\n")
	write(t, filepath.Dir(outside), "secret", "[secret]\nkey = 1\n")
	for link, to := range map[string]string{"out.conf": outside, "up.conf": "../../secret", "nowhere.conf": "nothing", "in.conf": "real.conf", "loop.conf": "loop.conf"} {
		if err := os.Symlink(to, filepath.Join(dir, "jail.d", link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "jail.d/pipe.conf"), 0o644); err != nil {
		t.Fatal(err)
	}
	tree, err := jailconf.ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := tree.Files(), []string{"jail.conf", "jail.d/.hidden.conf", "jail.d/in.conf", "jail.d/real.conf"}; !slices.Equal(got, want) {
		t.Errorf("files: %q", got)
	}
	if odd := tree.Odd(); len(odd) != 6 {
		t.Errorf("odd: %q", odd)
	}
	c, err := jailconf.Resolve(tree, "")
	if err != nil || c.Jail("secret") != nil || c.Jail("hidden") != nil || c.Jail("real") == nil || len(c.Problems) != 6 {
		t.Errorf("%+v, %v", c, err)
	}
	before := tree.ETag()
	write(t, dir, "jail.d/new.conf", "[new]\n")
	if tree, err = jailconf.ReadTree(dir); err != nil || tree.ETag() == before {
		t.Errorf("a new file does not show: %v", err)
	}
}

func TestResolve_ReadsNothingOutside(t *testing.T) {
	dir, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret.conf")
	write(t, filepath.Dir(secret), "secret.conf", "[secret]\nkey = 1\n[Definition]\nfailregex = secret\n")
	write(t, dir, "jail.conf", "[INCLUDES]\nbefore = "+secret+"\n  ../../secret.conf\n[a]\nenabled = 1\nfilter = "+strings.TrimSuffix(secret, ".conf")+"\n")
	tree, err := jailconf.ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := jailconf.Resolve(tree, "")
	if err != nil || c.Jail("secret") != nil || len(c.Problems) == 0 || c.Jail("a").Fault == "" {
		t.Errorf("%+v, %v", c, err)
	}
}

// No file makes us hang, crash or use up memory.
func FuzzResolve(f *testing.F) {
	f.Add("[a]\nenabled = 1\nfilter = f[x=1]\naction = x\n  y\n", "[Definition]\nfailregex = <x> %(a)s\n[Init]\na = <b>\n")
	f.Add("[INCLUDES]\nbefore = jail.conf\n[DEFAULT]\na=%(a)s", "[Init?family=inet6]\na=1\r\n")
	f.Fuzz(func(t *testing.T, jail, part string) {
		tree := jailconf.NewTree("/f", map[string]string{"jail.conf": jail, "filter.d/f.conf": part, "action.d/x.conf": part, "action.d/y.conf": jail, "fail2ban.conf": part})
		c, err := jailconf.Resolve(tree, "1.1.1")
		if err != nil {
			return
		}
		for _, j := range c.Jails {
			for _, o := range j.Options {
				if len(o.Value) > 1<<20 {
					t.Errorf("%d bytes", len(o.Value))
				}
			}
		}
	})
}
