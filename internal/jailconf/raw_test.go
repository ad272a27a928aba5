package jailconf_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// rawTree is a configuration with what people have in theirs.
func rawTree() map[string]string {
	return map[string]string{
		"fail2ban.conf":      "[Definition]\nloglevel = INFO\n",
		"jail.conf":          "[DEFAULT]\nport = 0:65535\nchain = INPUT\nsshd_log = /var/log/auth.log\nbanaction = plain\nbanaction_allports = plain\naction = %(banaction)s[port=\"%(port)s\"]\n[sshd]\nport = ssh\nlogpath = %(sshd_log)s\nfilter = sshd\n",
		"jail.local":         "[DEFAULT]\nignorecommand = /bin/true\n[sshd]\nenabled = true\n",
		"filter.d/sshd.conf": "[INCLUDES]\nbefore = common.conf\n[Definition]\n_daemon = sshd\nfailregex = ^%(__line)s <HOST>\n", "filter.d/common.conf": "[DEFAULT]\n__line = x\n",
		"action.d/plain.conf": "[Definition]\nactionban = echo <port> <name>\n",
	}
}

func TestRaw_TellsDataFromCode(t *testing.T) {
	const filter = "[INCLUDES]\nbefore = common.conf\n[Definition]\n_daemon = mine\nfailregex = ^%(__line)s <HOST>\n            ^other <HOST>\n"
	for name, c := range map[string]struct {
		file, content string
		want          fault.Code // "" = it is data
	}{
		"nothing differs":       {"jail.local", rawTree()["jail.local"], ""},
		"a number":              {"jail.local", rawTree()["jail.local"] + "maxretry = 4\n# a comment\n", ""},
		"a bad number":          {"jail.local", rawTree()["jail.local"] + "maxretry = 4 # four\n", fault.Invalid},
		"a program for a time":  {"jail.local", rawTree()["jail.local"] + "bantime = __import__('os')\n", fault.Invalid},
		"a stock reference":     {"jail.local", rawTree()["jail.local"] + "logpath = %(sshd_log)s\n", ""},
		"what it knew":          {"jail.local", rawTree()["jail.local"] + "port = %(known/port)s,2222\n", ""},
		"another's grammar":     {"jail.local", rawTree()["jail.local"] + "failregex = 22\nport = %(failregex)s\n", fault.Forbidden},
		"a filter's variable":   {"jail.local", rawTree()["jail.local"] + "port = %(known/_daemon)s\n", fault.Forbidden},
		"another section's":     {"jail.local", rawTree()["jail.local"] + "port = %(default/chain)s\n", fault.Forbidden},
		"an unknown one of old": {"jail.local", rawTree()["jail.local"] + "port = %(action)s\n", fault.Forbidden},
		"an unknown variable":   {"jail.local", rawTree()["jail.local"] + "mine = x\n", fault.Forbidden},
		"the action":            {"jail.local", rawTree()["jail.local"] + "action = plain\n", fault.Forbidden},
		"a command goes":        {"jail.local", "[sshd]\nenabled = true\n", fault.Forbidden},
		"data goes":             {"jail.local", "[DEFAULT]\nignorecommand = /bin/true\n", ""},
		"all goes":              {"jail.local", "", fault.Forbidden},
		"a new jail":            {"jail.local", rawTree()["jail.local"] + "[mine]\nenabled = true\n", ""},
		"a jail for a shell":    {"jail.local", rawTree()["jail.local"] + "[x$(id)]\nenabled = true\n", fault.Forbidden},
		"an include":            {"jail.local", rawTree()["jail.local"] + "[INCLUDES]\nbefore = /etc/passwd\n", fault.Forbidden},
		"a log level":           {"fail2ban.local", "[Definition]\nloglevel = DEBUG\n", ""},
		"a log target":          {"fail2ban.local", "[Definition]\nlogtarget = /etc/x\n", fault.Forbidden},
		"the server's default":  {"fail2ban.local", "[DEFAULT]\nlogtarget = /etc/x\n", fault.Forbidden},
		"a filter":              {"filter.d/mine.local", filter, ""},
		"a filter's jail":       {"filter.d/mine.local", filter + "port = ;id\n", fault.Forbidden},
		"a filter's chain":      {"filter.d/mine.local", filter + "chain = ;id\n", fault.Forbidden},
		"a filter's known":      {"filter.d/mine.local", filter + "known/chain = ;id\n", fault.Forbidden},
		"a filter includes":     {"filter.d/mine.local", "[INCLUDES]\nbefore = ../action.d/plain.conf\n[Definition]\nfailregex = x\n", fault.Forbidden},
		"a filter's section":    {"filter.d/mine.local", filter + "[Other]\nx = 1\n", fault.Forbidden},
		"a filter's lines":      {"filter.d/mine.local", filter + "maxlines = many\n", fault.Invalid},
		"an action":             {"action.d/plain.local", "[Init]\nx = 1\n", fault.Forbidden},
		"a path":                {"paths-overrides.local", "[DEFAULT]\nsshd_log = /var/log/x\n", fault.Forbidden},
	} {
		before := jailconf.NewTree("/etc/fail2ban", rawTree())
		after := before.With(map[string]*string{c.file: &c.content})
		was, err := jailconf.Resolve(before, "")
		if err != nil {
			t.Fatal(err)
		}
		is, err := jailconf.Resolve(after, "")
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		err = jailconf.Raw{Before: before, After: after, Was: was, Is: is}.Beyond(c.file)
		if (err == nil) != (c.want == "") || err != nil && fault.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestCheckRaw_RefusesWhatHides(t *testing.T) {
	if err := jailconf.CheckRaw("jail.local", "# ümläut\r\n[a]\r\n\tb = c\r\n"); err != nil {
		t.Error(err)
	}
	for name, content := range map[string]string{
		"a lone return": "[a]\nb = 1\rc = 2\n", "an escape": "[a]\nb = \x1b[2J\n", "a zero": "[a]\nb = \x00\n", "no UTF-8": "[a]\nb = \xff\n", "a separator": "[a]\nb = \u2028c = 1\n",
		"a turned text": "[a]\nb = \u202e1\n", "a marker": "[a]\nb = <F2B_END_COMMAND>\n", "no section": "b = 1\n", "twice": "[a]\nb = 1\nb = 2\n", "long": "#" + strings.Repeat("x", 512<<10),
	} {
		if err := jailconf.CheckRaw("jail.local", content); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRawFile_KnowsItsPlaces(t *testing.T) {
	for _, name := range []string{"jail.local", "fail2ban.local", "paths-overrides.local", "jail.d/mine.local", "filter.d/mine.local", "action.d/a.b_c-d.local", "jail.d/zz-bangui-sshd.local"} {
		if !jailconf.RawFile(name) {
			t.Errorf("%q is refused", name)
		}
	}
	for _, name := range []string{
		"", "jail.conf", "jail.d/x.conf", "filter.d/sshd.conf", "filter.d/ignorecommands/x.local", "../jail.local", "/etc/fail2ban/jail.local", "jail.d/../jail.local", "jail.d/.x.local",
		"jail.d/x..local", "jail.d/a..b.local", "jail.local\n", "jail.d/x\n.local", "jail.d/x.local\x00", "other.local", "jail.d//x.local", "./jail.local", "jail.d/x.local.new", "jail.d/.zz-bangui-change.json", "filter.d/" + strings.Repeat("x", 65) + ".local",
	} {
		if jailconf.RawFile(name) {
			t.Errorf("%q is taken", name)
		}
	}
}

// What people wrote keeps its mode, is put back with it, and no link is followed.
func TestTransaction_ReplacesFilesOfPeople(t *testing.T) {
	dir := folder(t)
	write(t, dir, "jail.local", "[a]\n")
	path := filepath.Join(dir, "jail.local")
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	for _, content := range []*string{new(string), nil} {
		for _, keep := range []bool{false, true} {
			tx, err := jailconf.Begin(dir, jailconf.Writes{ID: "id", ETag: etag(t, dir), After: map[string]*string{"jail.local": content, "filter.d/new.local": new(string)}, Theirs: []string{"jail.local", "filter.d/new.local"}}, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			if err := tx.Write(); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); content == nil && !os.IsNotExist(err) || content != nil && string(got) != *content {
				t.Errorf("%q, %v", got, err)
			}
			if info, err := os.Stat(filepath.Join(dir, "filter.d/new.local")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("a new file: %v, %v", info, err)
			}
			if !keep || content != nil {
				if err := tx.Leave(); err != nil {
					t.Fatal(err)
				}
				restorePending(t, dir)
				info, err := os.Stat(path)
				if err != nil || info.Mode().Perm() != 0o640 || snapshot(t, dir)["jail.local"] != "[a]\n" {
					t.Errorf("put back: %v, %v, %q", info, err, snapshot(t, dir))
				}
				continue
			}
			if err := tx.Keep(); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, make := range map[string]func(path string) error{
		"jail.d/link.local": func(p string) error { return os.Symlink("../jail.conf", p) }, "jail.d/pipe.local": func(p string) error { return syscall.Mkfifo(p, 0o644) },
		"jail.d/folder.local": func(p string) error { return os.Mkdir(p, 0o755) },
	} {
		if err := make(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := jailconf.Begin(dir, jailconf.Writes{ID: "id", ETag: etag(t, dir), After: map[string]*string{name: new(string)}, Theirs: []string{name}}, time.Now()); !fault.Is(err, fault.Conflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"jail.conf", "../x.local", "jail.d/zz-bangui-x.local", "filter.d/../jail.conf"} {
		if _, err := jailconf.Begin(dir, jailconf.Writes{ID: "id", ETag: etag(t, dir), After: map[string]*string{name: new(string)}, Theirs: []string{name}}, time.Now()); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
