package jailconf_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bangui/internal/fail2ban"
	"bangui/internal/jailconf"
)

// stock is the distribution's configuration.
const stock = "/etc/fail2ban"

// copyStock copies it into a folder of the test's.
func copyStock(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "etc")
	if err := os.CopyFS(dir, os.DirFS(stock)); err != nil {
		t.Fatalf("fail2ban is not installed (apt-get install fail2ban): %v", err)
	}
	return dir
}

func write(t testing.TB, dir, name, content string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// theirs is what fail2ban-client makes of a folder.
func theirs(t testing.TB, dir string) [][]any {
	t.Helper()
	var errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), "fail2ban-client", "-c", dir, "-d")
	cmd.Env, cmd.Stderr = []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}, &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("fail2ban-client: %v\n%s", err, errs.String())
	}
	commands, err := fail2ban.ParseStream(out)
	if err != nil {
		t.Fatal(err)
	}
	return commands
}

func version(t testing.TB) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "fail2ban-client", "-V").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// ours is the same, of what Resolve says: the commands that fail2ban would send.
func ours(t testing.TB, dir string) [][]any {
	t.Helper()
	tree, err := jailconf.ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := jailconf.Resolve(tree, version(t))
	if err != nil {
		t.Fatal(err)
	}
	commands := serverCommands(c)
	var starts [][]any
	for _, j := range c.Jails {
		switch {
		case !j.Enabled:
		case j.Fault != "" && j.Fatal:
			t.Fatalf("%s: %v", j.Name, j.Fault)
		case j.Fault != "":
			commands = append(commands, []any{"config-error", j.Name})
		default:
			commands = append(commands, jailCommands(j, dir)...)
			starts = append(starts, []any{"start", j.Name})
		}
	}
	return append(commands, starts...)
}

func serverCommands(c *jailconf.Config) [][]any {
	var commands [][]any
	for _, name := range []string{"syslogsocket", "loglevel", "logtarget", "allowipv6", "dbfile", "dbmaxmatches", "dbpurgeage"} {
		for _, o := range c.Server {
			if o.Name == name {
				commands = append(commands, []any{"set", name, typed(o)})
			}
		}
	}
	return commands
}

// jailCommands put a jail into fail2ban's words (JailReader.convert).
func jailCommands(j jailconf.Jail, dir string) [][]any {
	var commands [][]any
	if j.Filter != nil {
		commands = fill(commands, j.Name, j.Filter.Options)
	}
	commands = fill(commands, j.Name, j.Options)
	backend := "auto"
	var logs [][]any
	for _, o := range j.Options {
		switch o.Name {
		case "backend":
			backend = o.Value
		case "ignoreip":
			command := []any{"set", j.Name, "addignoreip"}
			for _, w := range strings.FieldsFunc(o.Value, func(r rune) bool { return strings.ContainsRune(" ,\n", r) }) {
				if w = strings.TrimSpace(w); w != "" {
					command = append(command, w)
				}
			}
			commands = append(commands, command)
		case "logpath":
			logs = append(logs, logCommands(j, o.Value)...)
		case "action", "filter", "enabled", "usedns", "prefregex", "ignoreregex", "failregex", "maxlines", "datepattern", "journalmatch":
		default:
			commands = append(commands, []any{"set", j.Name, o.Name, typed(o)})
		}
	}
	commands = append(commands, logs...)
	for _, a := range j.Actions {
		commands = append(commands, actionCommands(j.Name, a, dir)...)
	}
	return append([][]any{{"add", j.Name, backend}}, commands...)
}

// typed is a value as fail2ban sends it.
func typed(o jailconf.Option) any {
	switch o.Kind {
	case jailconf.None:
		return nil
	case jailconf.Switch:
		return o.Value == "True"
	case jailconf.Number:
		n, _ := strconv.ParseInt(o.Value, 10, 64)
		return n
	}
	return o.Value
}

func logCommands(j jailconf.Jail, list string) [][]any {
	if backend, _ := j.Option("backend"); strings.HasPrefix(backend.Value, "systemd") {
		return nil
	}
	var commands [][]any
	for path := range strings.SplitSeq(list, "\n") {
		tail := "head"
		if n := strings.LastIndexByte(path, ' '); n >= 0 {
			path, tail = path[:n], path[n+1:]
		}
		found, _ := filepath.Glob(path)
		for _, p := range found {
			commands = append(commands, []any{"set", j.Name, "addlogpath", p, tail})
		}
	}
	return commands
}

// fill is FilterReader._fillStream.
func fill(commands [][]any, jail string, list []jailconf.Option) [][]any {
	first := 0
	for _, o := range list {
		if o.Kind == jailconf.None {
			continue
		}
		switch o.Name {
		case "failregex", "ignoreregex":
			var multi []any
			for r := range strings.SplitSeq(o.Value, "\n") {
				if r != "" {
					multi = append(multi, r)
				}
			}
			if len(multi) > 1 {
				commands = append(commands, []any{"multi-set", jail, "add" + o.Name, multi})
			} else if len(multi) == 1 {
				commands = append(commands, []any{"set", jail, "add" + o.Name, multi[0]})
			}
		case "usedns":
			commands = slices.Insert(commands, 0, []any{"set", jail, o.Name, o.Value})
			first++
		case "maxlines", "prefregex":
			commands = slices.Insert(commands, first, []any{"set", jail, o.Name, typed(o)})
			first++
		case "journalmatch":
			for match := range strings.SplitSeq(o.Value, "\n") {
				if match != "" {
					commands = append(commands, append([]any{"set", jail, "addjournalmatch"}, shellWords(match)...))
				}
			}
		default:
			if strings.Contains("datepattern", o.Name) {
				commands = append(commands, []any{"set", jail, o.Name, o.Value})
			}
		}
	}
	return commands
}

// shellWords splits what the tests' journalmatch values hold: words, some in quotes.
func shellWords(s string) []any {
	var words []any
	for w := range strings.FieldsSeq(s) {
		words = append(words, strings.Trim(strings.ReplaceAll(strings.ReplaceAll(w, `="`, "="), `='`, "="), `"'`))
	}
	return words
}

func actionCommands(jail string, a jailconf.Part, dir string) [][]any {
	if a.Python {
		args := []string{}
		for _, o := range a.Args {
			args = append(args, jsonText(o.Name)+": "+jsonText(o.Value))
		}
		return [][]any{{"set", jail, "addaction", a.As, dir + "/action.d/" + a.Name, "{" + strings.Join(args, ", ") + "}"}}
	}
	commands := [][]any{{"set", jail, "addaction", a.As}}
	var multi []any
	for _, o := range a.Options {
		multi = append(multi, []any{o.Name, typed(o)})
	}
	if len(multi) > 1 {
		return append(commands, []any{"multi-set", jail, "action", a.As, multi})
	}
	for _, m := range multi {
		commands = append(commands, append([]any{"set", jail, "action", a.As}, m.([]any)...)) //nolint:forcetypeassert // made above
	}
	return commands
}

// jsonText is a text as Python writes it: ASCII only, and no escapes for HTML.
func jsonText(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)
	var ascii strings.Builder
	for _, r := range strings.TrimSpace(b.String()) {
		if r < 0x7f {
			ascii.WriteRune(r)
		} else {
			fmt.Fprintf(&ascii, `\u%04x`, r)
		}
	}
	return ascii.String()
}

// compare holds two streams against each other; log files come in the order of a folder.
func compare(t *testing.T, dir string) {
	t.Helper()
	want, got := sorted(theirs(t, dir)), sorted(ours(t, dir))
	for i := range max(len(want), len(got)) {
		switch {
		case i >= len(got):
			t.Fatalf("command %d is missing: %.2000v", i, want[i])
		case i >= len(want):
			t.Fatalf("command %d is too much: %.2000v", i, got[i])
		case !reflect.DeepEqual(want[i], got[i]):
			t.Fatalf("command %d\n is %.3000q\nnot %.3000q", i, got[i], want[i])
		}
	}
	if len(want) < 10 {
		t.Fatalf("fail2ban gave only %d commands", len(want))
	}
}

func sorted(commands [][]any) [][]any {
	for from := 0; from < len(commands); from++ {
		to := from
		for to < len(commands) && len(commands[to]) == 5 && commands[to][2] == "addlogpath" {
			to++
		}
		slices.SortFunc(commands[from:to], func(a, b []any) int { return strings.Compare(fmt.Sprint(a...), fmt.Sprint(b...)) })
		from = max(from, to-1)
	}
	for i, c := range commands {
		if c[0] == "config-error" {
			_, rest, _ := strings.Cut(fmt.Sprint(c[1]), "Jail '")
			name, _, found := strings.Cut(rest, "'")
			if found {
				commands[i] = []any{"config-error", name}
			}
		}
	}
	return commands
}

// jailNames are all jails of a folder.
func jailNames(t testing.TB, dir string) []string {
	t.Helper()
	tree, err := jailconf.ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := jailconf.Resolve(tree, "")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, j := range c.Jails {
		names = append(names, j.Name)
	}
	return names
}

// Each stock jail, turned on, is to fail2ban what it is to us. They do not see each
// other, so that one call of fail2ban-client serves for all.
func TestResolve_EveryStockJailIsWhatFail2banMakesOfIt(t *testing.T) {
	for name, more := range map[string]string{
		"as they are":       "",
		"from the journal":  "backend = systemd\n",
		"with other values": "bantime.increment = yes\nmaxretry = 7\nusedns = no\nbanaction = nftables-multiport[blocktype=drop]\naction = %(action_mwl)s\n",
		"with report":       "action = %(action_xarf)s\n  %(action_cf_mwl)s\ncfemail = a@example.com\ncfapikey = k\n",
		"with abuse mail":   "action = %(action_abuseipdb)s\nmaxmatches = 3\nmode = aggressive\n",
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyStock(t)
			names := jailNames(t, dir)
			if len(names) < 80 {
				t.Fatalf("only %d jails: %q", len(names), names)
			}
			var on strings.Builder
			for _, jail := range names {
				fmt.Fprintf(&on, "[%s]\nenabled = true\n", jail)
			}
			write(t, dir, "jail.d/zz-all.local", "[DEFAULT]\n"+more+on.String())
			compare(t, dir)
		})
	}
}
