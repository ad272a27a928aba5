package jailconf_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"bangui/internal/jailconf"
)

// dice makes configurations that nobody would write.
type dice struct{ *rand.Rand }

func (d dice) of(list ...string) string { return list[d.IntN(len(list))] }

func (d dice) value() string {
	pieces := []string{
		"a", "b", "1", "5", "yes", "no", "x y", "%%", "%(a)s", "%(b)s", "%(c)s", "%(known/a)s", "%(known/b)s", "%(default/a)s", "%(DEFAULT/b)s",
		"%(one/a)s", "%(two/b)s", "%(__name__)s", "<a>", "<b>", "<c>", "<HOST>", "<known/a>", "<Definition/a>", "<one/a>", "<default/b>", ";", " ; comment",
		" # no comment", "\"", "'", "[", "]", "=", ":", ",", "é", "\u00a0", "\t", "%(A)s",
	}
	if d.IntN(40) == 0 {
		pieces = append(pieces, "%", "%(x", "%(nowhere)s", "%(known/x)s", "%(one/x)s", "%s")
	}
	var b strings.Builder
	for range d.IntN(4) {
		b.WriteString(d.of(pieces...))
	}
	return b.String()
}

func (d dice) brackets() string {
	if d.IntN(2) == 0 {
		return ""
	}
	var args []string
	for range d.IntN(3) {
		quote := d.of("", `"`, "'")
		args = append(args, d.of("a", "b", "name", "logtype", "mode", "maxlines", "d-e", "x.y")+"="+quote+d.of("1", "x", "%(a)s", "<b>", "p q", "y,z", "")+quote)
	}
	return "[" + strings.Join(args, d.of(",", ", ", "][", ",\n  ")) + d.of(strings.Split(strings.Repeat("] ", 12), " ")...)
}

func (d dice) option() string {
	name := d.of("a", "b", "c", "port", "maxretry", "bantime", "usedns", "failregex", "ignoreip", "prefregex", "maxlines", "findtime", "A", "datepattern", "ignoreself")
	return name + d.of(" = ", "=", ": ", " : ") + d.value()
}

func (d dice) lines(n int) string {
	var b strings.Builder
	end := d.of("\n", "\n", "\n", "\r\n", "\r")
	seen := map[string]bool{}
	for range d.IntN(n) {
		option := d.option()
		name := strings.ToLower(option[:1])
		if seen[name] && d.IntN(20) > 0 {
			continue // an option twice ends it all
		}
		seen[name] = true
		b.WriteString(d.of("", "", "", "", "", "", " ") + option + end)
		for d.IntN(3) == 0 {
			b.WriteString(d.of("  ", "\t", " ", "\n  ") + d.of(d.value(), "# comment", "; comment", "more", "a = 1", "[x]") + end)
		}
		if d.IntN(8) == 0 {
			b.WriteString(d.of("", "# comment", "  # comment", ";", "   ") + end)
		}
	}
	return b.String()
}

func (d dice) jail(enabled bool) string {
	var b strings.Builder
	if d.IntN(3) == 0 {
		b.WriteString("[INCLUDES]\n" + d.of("before", "after") + " = " + d.of("common.conf", "jail.local", "common.conf\n  other.conf", "nowhere.conf", "./common.conf") + "\n")
	}
	if enabled {
		b.WriteString("[DEFAULT]\na = 1\nb = %(a)s\nc = <b>\n" + strings.Repeat("port = 1\n", d.IntN(2)))
	} else if d.IntN(3) > 0 {
		b.WriteString("[DEFAULT]\n" + d.lines(6))
	}
	for _, name := range []string{"one", "two", "three", "KNOWN/one"}[:2+d.IntN(3)] {
		b.WriteString("[" + name + "]\n" + d.lines(5))
		if enabled {
			b.WriteString("enabled = " + d.of("yes", "true", "1", "on", "no") + "\n")
			b.WriteString("filter = " + d.of("f", "f", "g", "nowhere", "") + d.brackets() + "\n")
			b.WriteString("action = " + d.of("x", "y", "x\n  y", "x y", "z.py", "nowhere") + d.brackets() + "\n")
		}
	}
	return b.String()
}

func (d dice) definition() string {
	var b strings.Builder
	if d.IntN(3) == 0 {
		b.WriteString("[INCLUDES]\nbefore = common.conf\n")
	}
	if d.IntN(4) > 0 {
		b.WriteString("[DEFAULT]\na = 1\nb = x\nc = %(a)s\n")
	}
	b.WriteString("[Definition]\n" + d.lines(6))
	if d.IntN(2) == 0 {
		b.WriteString("actionban = run <ip> " + d.value() + "\nactionunban = <actionban> " + d.value() + "\n")
	}
	if d.IntN(2) == 0 {
		b.WriteString("[Init]\n" + d.lines(5))
	}
	if d.IntN(3) == 0 {
		b.WriteString("[Init?family=inet6]\n" + d.lines(3))
	}
	return b.String()
}

func (d dice) folder(t *testing.T) string {
	dir := filepath.Join(t.TempDir(), "etc")
	write(t, dir, "fail2ban.conf", "[Definition]\nloglevel = INFO\n")
	write(t, dir, "jail.conf", d.jail(true))
	jail := func() string { return d.jail(false) }
	for _, f := range []struct {
		name string
		make func() string
	}{
		{"jail.local", jail},
		{"jail.d/a.conf", jail},
		{"jail.d/b.local", jail},
		{"common.conf", func() string { return "[DEFAULT]\n" + d.lines(4) }},
		{"common.local", func() string { return "[one]\n" + d.lines(4) }},
		{"filter.d/common.conf", d.definition},
		{"filter.d/f.local", d.definition},
		{"filter.d/f.d/p.conf", d.definition},
		{"action.d/common.conf", d.definition},
		{"action.d/x.local", d.definition},
	} {
		if d.IntN(3) == 0 {
			write(t, dir, f.name, f.make())
		}
	}
	for _, name := range []string{"filter.d/f.conf", "filter.d/g.conf", "action.d/x.conf", "action.d/y.conf"} {
		write(t, dir, name, d.definition())
	}
	return dir
}

// python runs fail2ban's own reader over many folders.
func python(t *testing.T, folders []string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "fail2ban-python", "testdata/resolve.py")
	cmd.Stdin = strings.NewReader(strings.Join(folders, "\n") + "\n")
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	var lines []string
	scanner := bufio.NewScanner(strings.NewReader(string(out)))
	scanner.Buffer(nil, 16<<20)
	for scanner.Scan() {
		lines = append(lines, scanner.Text())
	}
	if scanner.Err() != nil || len(lines) != len(folders) {
		t.Fatalf("%d answers for %d folders", len(lines), len(folders))
	}
	return lines
}

// Whatever is written into the files, we and fail2ban read the same, or both refuse it.
func TestResolve_ReadsAsFail2banDoes(t *testing.T) {
	const seeds = 400
	folders := make([]string, seeds)
	for seed := range folders {
		folders[seed] = dice{rand.New(rand.NewPCG(uint64(seed), 7))}.folder(t)
	}
	refused := 0
	for seed, line := range python(t, folders) {
		var said struct {
			Stream [][]any
			Error  string
			Huge   bool
		}
		if err := json.Unmarshal([]byte(line), &said); err != nil {
			t.Fatal(err)
		}
		got, err := mine(folders[seed])
		switch {
		case said.Huge: // we refuse what fail2ban blows up; see TestResolve_RefusesWhatGrows
		case said.Error != "":
			refused++
			if err == nil {
				t.Errorf("seed %d: fail2ban refuses it (%s), we don't", seed, said.Error)
			}
		case err != nil:
			t.Errorf("seed %d: we refuse it (%v), fail2ban doesn't", seed, err)
		default:
			if where := difference(numbers(sorted(said.Stream)), numbers(sorted(got))); where != "" {
				t.Errorf("seed %d: %s", seed, where)
			}
		}
		if t.Failed() {
			show(t, folders[seed])
			return
		}
	}
	if refused < seeds/20 || refused > seeds*3/4 {
		t.Errorf("fail2ban refused %d of %d: too few or too many to learn from", refused, seeds)
	}
}

func show(t *testing.T, dir string) {
	tree, err := jailconf.ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tree.Files() {
		content, _ := tree.File(name)
		t.Logf("---- %s\n%q", name, content)
	}
}

// mine is what Resolve makes of a folder, in fail2ban's words.
func mine(dir string) ([][]any, error) {
	tree, err := jailconf.ReadTree(dir)
	if err != nil {
		return nil, err
	}
	c, err := jailconf.Resolve(tree, "1.0.2")
	if err != nil {
		return nil, err
	}
	commands := serverCommands(c)
	var starts [][]any
	for _, j := range c.Jails {
		switch {
		case j.Fatal && (j.Enabled || j.Options == nil):
			return nil, errors.New(j.Fault)
		case !j.Enabled:
		case j.Fault != "":
			commands = append(commands, []any{"config-error", j.Name})
		default:
			commands = append(commands, jailCommands(j, dir)...)
			starts = append(starts, []any{"start", j.Name})
		}
	}
	return append(commands, starts...), nil
}

func difference(want, got [][]any) string {
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			return fmt.Sprintf("command %d is missing: %q", i, want[i])
		case i >= len(want):
			return fmt.Sprintf("command %d is too much: %q", i, got[i])
		case !reflect.DeepEqual(want[i], got[i]):
			return fmt.Sprintf("command %d\n is %q\nnot %q", i, got[i], want[i])
		}
	}
	return ""
}

// numbers makes every number the kind that JSON has.
func numbers(commands [][]any) [][]any {
	for _, c := range commands {
		for i, v := range c {
			c[i] = plain(v)
		}
	}
	return commands
}

func plain(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	}
	return v
}
