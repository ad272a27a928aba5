package host_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bangui/internal/expression"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// samples are the logs that fail2ban's own tests have for the filters that it comes with.
const samples = "/usr/lib/python3/dist-packages/fail2ban/tests/files/logs"

// reader is a host that only reads: its fail2ban need not run.
func reader(t *testing.T, folders ...string) *host.Local {
	t.Helper()
	limits := expression.StandardLimits()
	limits.Wall, limits.Queue = 5*time.Minute, 5*time.Minute // the machine is busy
	return host.NewLocal(host.LocalOptions{
		ConfigDir: "/etc/fail2ban", LogFolders: folders, Limits: &limits, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
}

// stockTrial is one log with the filter that is to be tried on it.
type stockTrial struct{ name, filter, log string }

// stockTrials are all stock filters, each with its log: copied, since a last line without
// its end is one that fail2ban waits for.
func stockTrials(t *testing.T, dir string) []stockTrial {
	t.Helper()
	files, err := filepath.Glob("/etc/fail2ban/filter.d/*.conf")
	if err != nil || len(files) < 50 {
		t.Fatalf("%d filters, %v (apt-get install fail2ban)", len(files), err)
	}
	var all []stockTrial
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".conf")
		if strings.HasSuffix(name, "common") {
			continue // a part of others
		}
		content, err := os.ReadFile(filepath.Join(samples, name))
		if err != nil {
			t.Fatalf("the filter %s has no sample: %v", name, err)
		}
		log := filepath.Join(dir, name)
		if err := os.WriteFile(log, append(bytes.TrimRight(content, "\n"), '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
		all = append(all, stockTrial{name, name, log})
	}
	return append(all, stockTrial{"sshd aggressive", "sshd[mode=aggressive]", filepath.Join(dir, "sshd")},
		stockTrial{"postfix more", `postfix[mode="more"]`, filepath.Join(dir, "postfix")})
}

type stockOutcome struct {
	Tested, Matched, Missed, Ignored int
	Hits                             []int
	IDs                              []string
}

func expected(t *testing.T, trials []stockTrial, names bool) map[string]stockOutcome {
	t.Helper()
	var in bytes.Buffer
	for _, s := range trials {
		if err := json.NewEncoder(&in).Encode([]any{s.name, s.filter, s.log, names}); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "/usr/bin/python3", "testdata/expected.py")
	var said bytes.Buffer
	cmd.Env, cmd.Stdin, cmd.Stderr = []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}, &in, &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err, said.String())
	}
	all := map[string]stockOutcome{}
	if err := json.Unmarshal(out, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// Every filter of the distribution, on the samples that fail2ban tests it with: what we
// say is what fail2ban-regex says, line counts, hits of each expression, and ids.
func TestTestExpression_AgreesWithFail2banRegexOnEveryStockFilter(t *testing.T) {
	dir := t.TempDir()
	trials := stockTrials(t, dir)
	want := expected(t, trials, true)
	local := reader(t, dir)
	var tasks sync.WaitGroup
	todo := make(chan stockTrial)
	for range 2 {
		tasks.Go(func() {
			for s := range todo {
				compareStock(t, local, s, want[s.name])
			}
		})
	}
	matched := 0
	for _, s := range trials {
		todo <- s
		matched += want[s.name].Matched
	}
	close(todo)
	tasks.Wait()
	if matched < 500 {
		t.Errorf("only %d lines of all samples match", matched)
	}
}

func compareStock(t *testing.T, local *host.Local, s stockTrial, want stockOutcome) {
	r, err := local.TestExpression(t.Context(), host.ExpressionOrder{Filter: s.filter, HostNames: true, Source: host.LogSource{Kind: host.FromLog, Path: s.log}})
	if err != nil {
		t.Errorf("%s: %v", s.name, err)
		return
	}
	got := stockOutcome{Tested: r.Counts.Tested, Matched: r.Counts.Matched, Missed: r.Counts.Missed, Ignored: r.Counts.Ignored}
	for _, e := range r.Expressions {
		if e.Fault != "" || e.Stopped != 0 {
			t.Errorf("%s: %+v", s.name, e)
		}
		if e.Kind == expression.OfFail {
			got.Hits = append(got.Hits, e.Hits)
		}
	}
	for _, row := range r.Lines {
		for _, h := range row.Hits {
			got.IDs = append(got.IDs, fmt.Sprint(either(h.ID, "None")))
			checkPlaces(t, s.name, r.Lines, h)
		}
	}
	slices.Sort(got.IDs)
	slices.Sort(want.IDs)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s:\n we   %v\n they %v", s.name, got, want)
	}
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// checkPlaces holds that a group stands where it is said to.
func checkPlaces(t *testing.T, name string, rows []expression.Row, h expression.Hit) {
	for _, g := range h.Groups {
		if g.Line == 0 || strings.Contains(g.Value, "\n") {
			continue
		}
		if text := []rune(rows[g.Line-1].Text); g.End > len(text) || !strings.HasPrefix(string(text[g.Start:g.End]), g.Value) {
			t.Errorf("%s: %s is not at %d to %d of %q", name, g.Name, g.Start, g.End, rows[g.Line-1].Text)
		}
	}
}

func pasted(text string) host.LogSource {
	return host.LogSource{Kind: host.FromText, Text: []byte(text)}
}

func TestTestExpression_TakesWhatIsNotSavedYet(t *testing.T) {
	local := reader(t)
	try := func(o host.ExpressionOrder) expression.Result {
		t.Helper()
		o.Source = pasted("Nov 23 14:34:00 h sshd[7]: my own at 203.0.113.7\n# a comment\nNov 23 14:34:01 h sshd[7]: other\r\n")
		r, err := local.TestExpression(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := try(host.ExpressionOrder{Filter: "sshd", Edits: map[string]string{"failregex": "^my own at <HOST>%(__on_port_opt)s$", "ignoreregex": "^no"}}); r.Counts.Matched != 1 || len(r.Expressions) != 4 {
		t.Errorf("in the filter: %+v", r)
	}
	if r := try(host.ExpressionOrder{Edits: map[string]string{"failregex": "my own at <HOST>$\n%(no)s <HOST>"}}); r.Counts.Matched != 1 || r.Expressions[1].Text != "%(no)s <HOST>" {
		t.Errorf("alone: %+v", r)
	}
	for name, o := range map[string]host.ExpressionOrder{
		"no such filter": {Filter: "nobody"}, "outside": {Filter: "../../../etc/passwd"}, "bad brackets": {Filter: "sshd[x y]"},
		"bad reference": {Filter: "sshd", Edits: map[string]string{"failregex": "%(nothing)s"}}, "bad number": {Edits: map[string]string{"failregex": "<HOST>", "maxlines": "x"}},
	} {
		o.Source = pasted("x")
		if r, err := local.TestExpression(t.Context(), o); err == nil {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestLogLines_ReadsTheLastOnesOnly(t *testing.T) {
	dir := t.TempDir()
	local := reader(t, dir)
	var text strings.Builder
	for i := range 200_000 {
		fmt.Fprintf(&text, "line %d of many, with some text to make it longer\n", i)
	}
	text.WriteString("the \x1b[31mlast\xff without its end")
	log := filepath.Join(dir, "log")
	if err := os.WriteFile(log, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(s host.LogSource) host.LogLines {
		t.Helper()
		s.Kind, s.Path = host.FromLog, log
		got, err := local.LogLines(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := read(host.LogSource{Lines: 3}); len(got.Lines) != 3 || !got.More || got.Lines[1].Text[:11] != "line 199999" || got.Lines[2].Text != "the \x1b[31mlast\ufffd without its end" {
		t.Errorf("%+v", got)
	}
	if got := read(host.LogSource{}); len(got.Lines) != expression.MaxLines || !got.More {
		t.Errorf("%d lines, %v", len(got.Lines), got.More)
	}
	if got := read(host.LogSource{Lines: 5, Contains: "LINE 19999"}); len(got.Lines) != 5 || got.Lines[4].Text[:11] != "line 199999" {
		t.Errorf("%+v", got)
	}
	if err := os.WriteFile(log, bytes.Repeat([]byte("y"), 9<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := read(host.LogSource{}); len(got.Lines) != 0 || !got.More {
		t.Errorf("a line without end: %d", len(got.Lines))
	}
}

func TestLogLines_NothingOutsideOfTheFoldersForLogs(t *testing.T) {
	dir, secret := t.TempDir(), filepath.Join(t.TempDir(), "secret")
	logs := filepath.Join(dir, "logs")
	if err := os.Mkdir(logs, 0o700); err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(logs, name) }
	for path, content := range map[string]string{secret: "secret\n", at("log"): "ours\n", filepath.Join(dir, "logs-of-others"): "secret\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"inside": at("log"), "outside": secret, "up": dir} {
		if err := os.Symlink(to, at(link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(at("pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	local := reader(t, logs)
	guard := host.NewGuard(local, host.GuardOptions{LogFolders: []string{logs}})
	for _, h := range []interface {
		LogLines(ctx context.Context, s host.LogSource) (host.LogLines, error)
	}{local, guard} {
		for _, path := range []string{"log", "inside"} {
			if got, err := h.LogLines(t.Context(), host.LogSource{Kind: host.FromLog, Path: at(path)}); err != nil || len(got.Lines) != 1 {
				t.Errorf("%s: %+v, %v", path, got, err)
			}
		}
		for _, path := range []string{
			at("outside"), at("up") + "/logs-of-others", at("../../" + filepath.Base(filepath.Dir(secret)) + "/secret"), logs, logs + "/", logs + "/.", at("pipe"), at("nothing"),
			secret, "secret", "", filepath.Join(dir, "logs-of-others"), "/etc/passwd", "/proc/self/environ", logs + "/../logs-of-others", logs + "//log", at("log") + "\x00",
		} {
			if got, err := h.LogLines(t.Context(), host.LogSource{Kind: host.FromLog, Path: path}); err == nil {
				t.Errorf("%q: %+v", path, got)
			}
		}
	}
}

// journalctl is a stand-in for the program: this machine may have no journal.
const journalctl = `#!/bin/sh
printf '%s\n' "$@" > ARGS
case "$*" in *--field*) printf 'ssh.service\ncron.service\n'; exit;; esac
cat <<'END'
{"_HOSTNAME":"h","SYSLOG_IDENTIFIER":"sshd","_PID":"7","MESSAGE":"Failed password for bob from 203.0.113.7 port 1 ssh2","__REALTIME_TIMESTAMP":"1795444440000000","_SOURCE_REALTIME_TIMESTAMP":"1795444440000001"}
{"_HOSTNAME":"h","_COMM":"sshd","SYSLOG_PID":"8","MESSAGE":[255,10,65],"__REALTIME_TIMESTAMP":"1795444441000000"}
{"no":"stamp"}
END
`

func TestLogLines_OfTheJournal(t *testing.T) {
	dir := t.TempDir()
	program, args := filepath.Join(dir, "journalctl"), filepath.Join(dir, "args")
	if err := os.WriteFile(program, []byte(strings.Replace(journalctl, "ARGS", args, 1)), 0o700); err != nil {
		t.Fatal(err)
	}
	local := reader(t)
	local.JournalProgram = program
	got, err := local.LogLines(t.Context(), host.LogSource{Kind: host.FromJournal, Match: "_SYSTEMD_UNIT=ssh.service + _COMM=sshd", Lines: 50})
	if err != nil || len(got.Lines) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	if l := got.Lines[0]; l.Text != "h sshd[7]: Failed password for bob from 203.0.113.7 port 1 ssh2" || l.At == nil || l.At.UnixMicro() != 1795444440000001 {
		t.Errorf("%+v", l)
	}
	if l := got.Lines[1]; l.Text != "h sshd[8]: \ufffd\\nA" {
		t.Errorf("%+v", l)
	}
	asked, _ := os.ReadFile(args)
	if want := "--lines=50"; !strings.Contains(string(asked), want) || !strings.HasSuffix(string(asked), "_SYSTEMD_UNIT=ssh.service\n+\n_COMM=sshd\n") {
		t.Errorf("it was asked %q", asked)
	}
	r, err := local.TestExpression(t.Context(), host.ExpressionOrder{Filter: "sshd", Source: host.LogSource{Kind: host.FromJournal}})
	if err != nil || r.Counts.Matched != 1 || r.Lines[0].Hits[0].ID != "203.0.113.7" {
		t.Errorf("%+v, %v", r, err)
	}
	if asked, _ := os.ReadFile(args); !strings.Contains(string(asked), "_COMM=sshd") {
		t.Errorf("the filter's own match was not taken: %q", asked)
	}
	for _, match := range []string{"--file=/etc/shadow", "/usr/bin/x", "x", "_COMM=a +", "+ _COMM=a", "_COMM=a + + _COMM=b", "_comm=a", "_COMM="} {
		if _, err := local.LogLines(t.Context(), host.LogSource{Kind: host.FromJournal, Match: match}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", match, err)
		}
	}
}

// A journal as systemd writes one, read by its own journalctl.
func TestLogLines_OfARealJournal(t *testing.T) {
	local := reader(t)
	local.JournalProgram = fail2bantest.Journal(t)
	got, err := local.LogLines(t.Context(), host.LogSource{Kind: host.FromJournal, Match: "_SYSTEMD_UNIT=nothing.service + _COMM=cron"})
	if err != nil || len(got.Lines) != 12 || got.Lines[11].Text != "web CRON[9]: (root) CMD (true) from 203.0.113.9" || got.More {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err = local.LogLines(t.Context(), host.LogSource{Kind: host.FromJournal, Lines: 3}); err != nil || len(got.Lines) != 3 || !got.More || got.Lines[2].Text != "web fail2ban.actions[3]: [sshd] Ban 203.0.113.7" {
		t.Errorf("the last ones: %+v, %v", got, err)
	}
	if got, err = local.LogLines(t.Context(), host.LogSource{Kind: host.FromJournal, Contains: "<IMG"}); err != nil || len(got.Lines) != 1 || got.Lines[0].Text != "web sshd[801]: two\\nlines \ufffd\x1b[2J<img src=x> of somebody" {
		t.Errorf("a hostile one: %+v, %v", got, err)
	}
	if got, err = local.LogLines(t.Context(), host.LogSource{Kind: host.FromJournal, Match: "_COMM=nobody"}); err != nil || len(got.Lines) != 0 {
		t.Errorf("nothing: %+v, %v", got, err)
	}
	// The stock filter brings its own match, which leaves cron's lines out.
	r, err := local.TestExpression(t.Context(), host.ExpressionOrder{Filter: "sshd", Source: host.LogSource{Kind: host.FromJournal}})
	if err != nil || r.Counts.Tested != 15 || r.Counts.Matched != 12 || r.Lines[0].Hits[0].ID != "203.0.113.7" {
		t.Errorf("%+v, %v", r.Counts, err)
	}
	logs, err := local.Logs(t.Context())
	if err != nil || !logs.Journal || !slices.Equal(logs.Units, []string{"cron.service", "ssh.service"}) {
		t.Errorf("%v %q, %v", logs.Journal, logs.Units, err)
	}
}

func TestLogs_SaysWhatJailsRead(t *testing.T) {
	dir := t.TempDir()
	logs := filepath.Join(dir, "logs")
	conf := filepath.Join(dir, "etc")
	files := map[string]string{
		"etc/jail.conf": "[DEFAULT]\n[web]\nenabled = true\nlogpath = " + logs + "/web/*.log\n " + logs + "/gone.log\n /etc/*sswd\nfilter = f[mode=a]\n" +
			"[off]\nlogpath = " + logs + "/web/a.log\n " + logs + "/gone-too.log\nfilter = f\n[j]\nenabled = true\nbackend = systemd\nfilter = f\n",
		"etc/fail2ban.conf": "[Definition]\n", "etc/filter.d/f.conf": "[Definition]\nfailregex = <HOST>\njournalmatch = _COMM=f\n", "etc/filter.d/x-common.conf": "",
		"logs/web/a.log": "a\n", "logs/web/b.log": "bb\n", "logs/other": "",
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	local := reader(t, logs)
	local.ConfigDir = conf
	got, err := local.Logs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, f := range got.Files {
		told = append(told, fmt.Sprintf("%s %d %v %v", strings.TrimPrefix(f.Path, logs), f.Size, f.Jails, f.Why != ""))
	}
	want := []string{"/web/a.log 2 [web off] false", "/web/b.log 3 [web] false", "/gone.log 0 [web] true", "/etc/*sswd 0 [web] true"}
	if !slices.Equal(told, want) {
		t.Errorf("%q", told)
	}
	if len(got.Journals) != 1 || got.Journals[0].Match != "_COMM=f" || !slices.Equal(got.Filters, []string{"f"}) || len(got.Jails) != 3 || got.Jails[0].Filter != "f[mode=a]" {
		t.Errorf("%+v", got)
	}
}

func TestGuard_TriesOnlyTextsAndReadableLogs(t *testing.T) {
	guard := host.NewGuard(nil, host.GuardOptions{}) // whatever gets through is a crash
	bare := func(change func(*host.ExpressionOrder)) host.ExpressionOrder {
		o := host.ExpressionOrder{Filter: "sshd", Source: pasted("x")}
		change(&o)
		return o
	}
	for name, o := range map[string]host.ExpressionOrder{
		"no source":       bare(func(o *host.ExpressionOrder) { o.Source.Kind = "file" }),
		"no expression":   bare(func(o *host.ExpressionOrder) { o.Filter = "" }),
		"a long text":     bare(func(o *host.ExpressionOrder) { o.Source.Text = make([]byte, host.MaxTrialText+1) }),
		"many lines":      bare(func(o *host.ExpressionOrder) { o.Source.Lines = expression.MaxLines + 1 }),
		"a log elsewhere": bare(func(o *host.ExpressionOrder) { o.Source = host.LogSource{Kind: host.FromLog, Path: "/etc/passwd"} }),
		"a pattern":       bare(func(o *host.ExpressionOrder) { o.Source = host.LogSource{Kind: host.FromLog, Path: "/var/log/*"} }),
		"an option": bare(func(o *host.ExpressionOrder) {
			o.Source = host.LogSource{Kind: host.FromJournal, Match: "--file=/etc/passwd"}
		}),
		"the marker":    bare(func(o *host.ExpressionOrder) { o.Filter = "sshd<F2B_END_COMMAND>" }),
		"two lines":     bare(func(o *host.ExpressionOrder) { o.Filter = "sshd\nx" }),
		"ignorecommand": bare(func(o *host.ExpressionOrder) { o.Edits = map[string]string{"ignorecommand": "id"} }),
		"a control":     bare(func(o *host.ExpressionOrder) { o.Edits = map[string]string{"failregex": "a\x00"} }),
		"a long expression": bare(func(o *host.ExpressionOrder) {
			o.Edits = map[string]string{"failregex": strings.Repeat("a", host.MaxTrialEdit+1)}
		}),
	} {
		if _, err := guard.TestExpression(t.Context(), o); err == nil {
			t.Errorf("%s got through", name)
		}
	}
	if _, err := guard.LogLines(t.Context(), host.LogSource{Kind: host.FromText}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}
