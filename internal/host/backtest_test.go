package host_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"
)

var exactLines = flag.Int("backtest.lines", 100_000, "lines of the log on which a back-test is held against a real server")

const sentinel = "203.0.113.254"

// sshLog writes a log of sshd's by a seed: many addresses that fail in many ways, sign-ins that
// went well, and lines of others. It spans from to until; the last lines are the sentinel's.
func sshLog(w io.Writer, lines int, from, until time.Time) {
	d := rand.New(rand.NewPCG(1, 2))
	out := bufio.NewWriter(w)
	defer out.Flush()
	at, step := from, until.Sub(from)/time.Duration(lines+1)
	pid := 1000
	say := func(program, text string) {
		fmt.Fprintf(out, "%s host %s: %s\n", at.Format("2006-01-02T15:04:05.000000-07:00"), program, text)
	}
	for i := range lines {
		at = at.Add(time.Duration(d.Int64N(int64(2 * step)))).Truncate(time.Microsecond)
		if at.After(until) {
			at = until
		}
		ip := fmt.Sprintf("198.51.%d.%d", d.IntN(4), 1+d.IntN(250))
		if d.IntN(8) == 0 {
			ip = fmt.Sprintf("2001:db8::%x", 1+d.IntN(99))
		}
		who := fmt.Sprintf("sshd[%d]", pid+d.IntN(6))
		if i%20 == 0 {
			pid += 6
		}
		switch k := d.IntN(20); {
		case i >= lines-10:
			say("sshd[999999]", "Failed password for root from "+sentinel+" port 22 ssh2")
		case k < 3:
			say(who, "Failed password for root from "+ip+" port 4242 ssh2")
		case k < 5:
			say(who, fmt.Sprintf("Invalid user u%d from %s port 4242", d.IntN(9), ip))
		case k == 5:
			say(who, "Connection closed by authenticating user root "+ip+" port 4242 [preauth]")
		case k == 6:
			say(who, fmt.Sprintf("Accepted publickey for u%d from %s port 4242 ssh2: ED25519 SHA256:abc", d.IntN(9), ip))
		case k == 7:
			say(who, "Disconnected from authenticating user root "+ip+" port 4242 [preauth]")
		case k == 8:
			say(who, "Received disconnect from "+ip+" port 4242:11: Bye Bye [preauth]")
		default:
			say("cron[7]", "pam_unix(cron:session): session opened for user root from "+ip)
		}
	}
}

// finished waits for the end of a back-test.
func finished(t *testing.T, h host.Host, id string) host.Backtest {
	t.Helper()
	var b host.Backtest
	fail2bantest.Until(t, "the back-test ends", func() bool {
		var err error
		if b, err = h.Backtest(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		return b.State != host.BacktestRuns
	})
	return b
}

// replayed runs a back-test to its end.
func replayed(t *testing.T, h host.Host, o host.BacktestOrder) host.Backtest {
	t.Helper()
	id, err := h.StartBacktest(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	b := finished(t, h, id)
	if b.State != host.BacktestDone {
		t.Fatalf("%s: %s", b.State, b.Why)
	}
	if err := h.StopBacktest(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	return b
}

// A log is there before fail2ban starts, which reads it from findtime ago on with each line
// at its own time, as we do. Whom it has banned then, since when and for how long, and how many
// failures it counted, is what the back-test says.
func TestBacktest_IsExactAgainstARealServer(t *testing.T) {
	dir := t.TempDir()
	log := filepath.Join(dir, "auth.log")
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	const find = 3 * time.Hour
	now := time.Now()
	sshLog(file, 2000, now.Add(-find-time.Hour), now.Add(-find-20*time.Minute)) // too old to count
	sshLog(file, *exactLines, now.Add(-find+30*time.Minute), now.Add(-time.Minute))
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	server := fail2bantest.Start(t, fail2bantest.Options{Action: "none", LogLevel: "NOTICE", Jails: fmt.Sprintf(
		"[exact]\nenabled = true\nfilter = sshd\nbackend = polling\nlogpath = %s\nmaxretry = 4\nfindtime = 3h\nbantime = 1w\nignoreip = 198.51.0.0/26 2001:db8::1\n", log)})
	h := host.NewLocal(host.LocalOptions{ConfigDir: server.ConfigDir(), LogFolders: []string{dir}, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	got := replayed(t, h, host.BacktestOrder{Jail: "exact", Span: find})
	fail2bantest.Until(t, "fail2ban has read the log", func() bool { return strings.Contains(server.Client("get", "exact", "banip"), sentinel) })

	want := map[string]string{}
	for line := range strings.Lines(server.Client("get", "exact", "banip", "--with-time")) {
		if ip, rest, is := strings.Cut(strings.TrimSpace(line), " \t"); is {
			want[ip] = rest
		}
	}
	if len(want) < 100 {
		t.Fatalf("fail2ban banned %d addresses", len(want))
	}
	r := got.Result
	if r.Now.Addresses != len(want) || r.Now.Bans != len(want) {
		t.Errorf("fail2ban banned %d addresses, the back-test %d with %d bans", len(want), r.Now.Addresses, r.Now.Bans)
	}
	status := server.Client("status", "exact")
	if !strings.Contains(status, fmt.Sprintf("Total failed:\t%d\n", r.Now.Failures)) {
		t.Errorf("the back-test counts %d failures, fail2ban says\n%s", r.Now.Failures, status)
	}
	if r.Old != 2000 || r.Lines != *exactLines+2000 || r.SignedIn < 100 || r.Now.Ignored == 0 {
		t.Errorf("%d old lines of %d, %d signed in, %d ignored", r.Old, r.Lines, r.SignedIn, r.Now.Ignored)
	}
	for _, row := range got.Rows {
		ban := row.Now.Times[0]
		const form = "2006-01-02 15:04:05"
		end := ban.At.Local().Truncate(time.Second).Add(time.Duration(ban.Seconds) * time.Second)
		start := fmt.Sprintf("%s + %d = ", ban.At.Local().Format(form), ban.Seconds)
		if said := want[row.ID]; !strings.HasPrefix(said, start) || absent(said[len(start):], end.Format(form), end.Add(time.Second).Format(form)) {
			t.Errorf("%s: fail2ban %q, the back-test %s%s", row.ID, said, start, end.Format(form))
		}
	}
}

// absent reports whether a text is none of several.
func absent(text string, among ...string) bool {
	for _, a := range among {
		if strings.TrimSpace(text) == a {
			return false
		}
	}
	return true
}

// past is a machine whose jail "past" reads the logs of a folder; its fail2ban does not run.
type past struct {
	*host.Local
	guard *host.Guard
	logs  string
	now   time.Time
}

func newPast(t *testing.T, jail string) *past {
	t.Helper()
	config := filepath.Join(t.TempDir(), "fail2ban")
	if err := os.CopyFS(config, os.DirFS("/etc/fail2ban")); err != nil {
		t.Fatal(err)
	}
	p := &past{logs: t.TempDir(), now: time.Now().Truncate(time.Second)}
	text := "[DEFAULT]\nbackend = polling\n[past]\nenabled = true\nfilter = sshd\nlogpath = " + p.logs + "/auth.log\n" + jail
	if err := os.WriteFile(filepath.Join(config, "jail.local"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Local = host.NewLocal(host.LocalOptions{ConfigDir: config, LogFolders: []string{p.logs}, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	p.guard = host.NewGuard(p.Local, host.GuardOptions{LogFolders: []string{p.logs}})
	return p
}

// write writes a log of lines, each as (minutes ago, text).
func (p *past) write(t *testing.T, name string, lines ...line) {
	t.Helper()
	var b bytes.Buffer
	slices.SortStableFunc(lines, func(a, b line) int { return int(b.ago - a.ago) })
	for _, l := range lines {
		fmt.Fprintf(&b, "%s host sshd[%d]: %s\n", p.now.Add(-l.ago).Format(time.RFC3339), 1+len(b.Bytes()), l.text)
	}
	if strings.HasSuffix(name, ".gz") {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write(b.Bytes()) // into memory
		_ = w.Close()
		b = packed
	}
	if err := os.WriteFile(filepath.Join(p.logs, name), b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

type line struct {
	ago  time.Duration
	text string
}

func failed(ip string) string { return "Failed password for root from " + ip + " port 4242 ssh2" }

// many are failures of an address, a minute apart.
func many(ip string, n int, from time.Duration) []line {
	var all []line
	for i := range n {
		all = append(all, line{from - time.Duration(i)*time.Minute, failed(ip)})
	}
	return all
}

func edit(option, text string) host.Edit {
	return host.Edit{Place: "jail", Name: "past", Option: option, Value: new(text)}
}

// A change is told beside what is now, out of one reading where the filter stays, with all
// that a person should look at first: what is protected, who signed in well, who is
// banned on one side only. It may be tried where nothing may be changed.
func TestBacktest_TellsWhatAChangeWouldDo(t *testing.T) {
	p := newPast(t, "maxretry = 5\nfindtime = 1h\nbantime = 10m\nignoreip = 198.51.100.9\n")
	var all []line
	all = append(all, many("198.51.100.1", 6, 50*time.Minute)...) // both
	all = append(all, many("198.51.100.2", 3, 49*time.Minute)...) // only after
	all = append(all, many("198.51.100.3", 3, 48*time.Minute)...) // only after; signs in
	all = append(all, many("198.51.100.4", 3, 47*time.Minute)...) // only after; protected
	all = append(all, many("198.51.100.9", 9, 46*time.Minute)...) // ignored
	all = append(all, line{5 * time.Minute, "Accepted publickey for alice from 198.51.100.3 port 4242 ssh2: ED25519 SHA256:abc"})
	all = append(all, line{4 * time.Minute, "Invalid user Accepted password for root from 198.51.100.2 port 1 ssh2 from 203.0.113.5 port 4242"})
	p.write(t, "auth.log", all...)
	order := host.BacktestOrder{
		Jail: "past", Span: 2 * time.Hour, Actor: "alice", Change: &host.ChangeOrder{Edits: []host.Edit{edit("maxretry", "3")}},
		Protected: []allowlist.Entry{{Prefix: netip.MustParsePrefix("198.51.100.4/32"), Reason: "the office"}},
		Sweep:     host.BacktestSweep{MaxRetry: []int{2, 3, 7}, BanTime: []int64{60, -1}},
	}
	b := replayed(t, p.guard, order)
	r := b.Result
	if r.Now.Addresses != 1 || r.Now.MaxRetry != 5 || r.After.Addresses != 4 || r.After.MaxRetry != 3 || r.After.Protected != 1 || r.After.SignedIn != 1 || r.Now.Ignored != 9 || r.SignedIn != 1 {
		t.Errorf("now %+v, after %+v, signed in %d", r.Now, *r.After, r.SignedIn)
	}
	var rows []string
	for _, row := range b.Rows {
		rows = append(rows, fmt.Sprintf("%s %d %d %v %d %v", row.ID, row.Now.Bans, row.After.Bans, row.Protected != "", row.SignIns, row.Users))
	}
	want := "198.51.100.4 0 1 true 0 []|198.51.100.3 0 1 false 1 [alice]|198.51.100.2 0 1 false 0 []|198.51.100.1 1 1 false 0 []"
	if got := strings.Join(rows, "|"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if at := b.Rows[2].After.Times[0].At; !at.Equal(p.now.Add(-47 * time.Minute)) {
		t.Errorf("banned at %s", at)
	}
	if len(r.Sweep) != 6 || r.Sweep[0].Addresses != 4 || r.Sweep[4].Addresses != 0 || r.Sweep[1].BanTime != -1 || r.Sweep[2].SignedIn != 1 || r.Sweep[2].Protected != 1 {
		t.Errorf("%+v", r.Sweep)
	}
	order.Change = &host.ChangeOrder{Edits: []host.Edit{edit("maxretry", "5")}}
	if r := replayed(t, p.guard, order).Result; *r.After != r.Now {
		t.Errorf("a change to what is there already: %+v, %+v", r.Now, *r.After)
	}
	order.Change = &host.ChangeOrder{Edits: []host.Edit{edit("ignoreip", ""), edit("failregex", "^Failed password for root from <HOST>")}}
	b = replayed(t, p.guard, order)
	if r := b.Result; r.After.Addresses != 2 || r.After.Ignored != 0 || b.Rows[0].ID != "198.51.100.9" || b.Rows[0].Now.Ignored != 9 {
		t.Errorf("another filter: %+v, %+v", *r.After, b.Rows)
	}
}

// Older files of a log are read too, packed or not, oldest first, and each line once.
func TestBacktest_ReadsOlderFiles(t *testing.T) {
	p := newPast(t, "maxretry = 6\nfindtime = 1d\nbantime = 1d\n")
	p.write(t, "auth.log.2.gz", many("198.51.100.1", 2, 9*time.Hour)...)
	p.write(t, "auth.log.1", many("198.51.100.1", 2, 6*time.Hour)...)
	p.write(t, "auth.log", many("198.51.100.1", 2, 3*time.Hour)...)
	p.write(t, "auth.log.old", many("198.51.100.1", 9, 3*time.Hour)...)
	for name, ago := range map[string]time.Duration{"auth.log.2.gz": 8 * time.Hour, "auth.log.1": 5 * time.Hour} {
		if err := os.Chtimes(filepath.Join(p.logs, name), time.Time{}, p.now.Add(-ago)); err != nil {
			t.Fatal(err)
		}
	}
	b := replayed(t, p.guard, host.BacktestOrder{Jail: "past", Span: 12 * time.Hour})
	if r := b.Result; r.Now.Failures != 6 || len(r.Logs) != 3 || !strings.HasSuffix(r.Logs[0], "2.gz") || !b.Rows[0].Now.Times[0].At.Equal(p.now.Add(-3*time.Hour+time.Minute)) {
		t.Errorf("%+v, %+v", r, b.Rows)
	}
	b = replayed(t, p.guard, host.BacktestOrder{Jail: "past", Span: 4 * time.Hour})
	if r := b.Result; r.Now.Failures != 2 || len(r.Logs) != 1 || len(b.Rows) != 0 {
		t.Errorf("%+v, %+v", r, b.Rows)
	}
}

// Whoever begins a back-test can stop it: the process in the cage ends with it.
func TestBacktest_IsStopped(t *testing.T) {
	p := newPast(t, "")
	file, err := os.Create(filepath.Join(p.logs, "auth.log"))
	if err != nil {
		t.Fatal(err)
	}
	sshLog(file, 200_000, p.now.Add(-time.Hour), p.now)
	_ = file.Close() // a test's
	id, err := p.guard.StartBacktest(t.Context(), host.BacktestOrder{Jail: "past", Span: 2 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	fail2bantest.Until(t, "some of the log is read", func() bool {
		b, err := p.guard.Backtest(t.Context(), id)
		return err == nil && b.Share > 0 && b.Share < 1 && b.Lines > 0 && b.State == host.BacktestRuns
	})
	if err := p.guard.StopBacktest(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := p.guard.Backtest(t.Context(), id); !fault.Is(err, fault.NotFound) {
		t.Error(err)
	}
}

func TestGuard_RefusesBacktests(t *testing.T) {
	p := newPast(t, "")
	p.write(t, "auth.log", line{time.Minute, "nothing"})
	code := host.Edit{Place: "jail", Name: "past", Option: "ignorecommand", Value: new("/bin/true")}
	sweep := host.BacktestSweep{MaxRetry: make([]int, 12), FindTime: make([]int64, 12), BanTime: make([]int64, 12)}
	for name, c := range map[string]struct {
		code  fault.Code
		order host.BacktestOrder
	}{
		"no jail":          {fault.Invalid, host.BacktestOrder{Span: time.Hour}},
		"an unknown jail":  {fault.JailNotFound, host.BacktestOrder{Jail: "other", Span: time.Hour}},
		"an option":        {fault.Invalid, host.BacktestOrder{Jail: "--all", Span: time.Hour}},
		"no time":          {fault.Invalid, host.BacktestOrder{Jail: "past"}},
		"a year":           {fault.Invalid, host.BacktestOrder{Jail: "past", Span: 366 * 24 * time.Hour}},
		"too many values":  {fault.TooLarge, host.BacktestOrder{Jail: "past", Span: time.Hour, Sweep: sweep}},
		"a bad value":      {fault.Invalid, host.BacktestOrder{Jail: "past", Span: time.Hour, Sweep: host.BacktestSweep{BanTime: []int64{-2}}}},
		"code":             {fault.Forbidden, host.BacktestOrder{Jail: "past", Span: time.Hour, Change: &host.ChangeOrder{Edits: []host.Edit{code}}}},
		"another folder":   {fault.Forbidden, host.BacktestOrder{Jail: "past", Span: time.Hour, Change: &host.ChangeOrder{Edits: []host.Edit{edit("logpath", "/etc/passwd")}}}},
		"a stale change":   {fault.Conflict, host.BacktestOrder{Jail: "past", Span: time.Hour, Change: &host.ChangeOrder{ETag: "old", Edits: []host.Edit{edit("maxretry", "3")}}}},
		"a bad expression": {fault.Invalid, host.BacktestOrder{Jail: "past", Span: time.Hour, Change: &host.ChangeOrder{Edits: []host.Edit{edit("maxretry", "3 # three")}}}},
	} {
		if _, err := p.guard.StartBacktest(t.Context(), c.order); !fault.Is(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.guard.Backtest(context.Background(), "no\nid"); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

// Entries of the journal are lines as fail2ban makes them, at their own times; what the
// filter names is asked for, since the beginning of the time that is looked at.
func TestBacktest_ReadsTheJournal(t *testing.T) {
	p := newPast(t, "backend = systemd\nmaxretry = 3\nfindtime = 1h\nbantime = 10m\n")
	dir := t.TempDir()
	p.JournalProgram = filepath.Join(dir, "journalctl")
	var entries strings.Builder
	for i, text := range []string{failed("203.0.113.7"), failed("203.0.113.7"), failed("203.0.113.7"), "Accepted password for bob from 203.0.113.7 port 4 ssh2"} {
		fmt.Fprintf(&entries, `{"_HOSTNAME":"h","SYSLOG_IDENTIFIER":"sshd","_PID":"%d","MESSAGE":%q,"__REALTIME_TIMESTAMP":"%d"}`+"\n", i, text, p.now.Add(time.Duration(i-30)*time.Minute).UnixMicro())
	}
	program := func(end string) {
		text := "#!/bin/sh\nprintf '%s\\n' \"$@\" > " + dir + "/args\ncat <<'END'\n" + entries.String() + "END\n" + end
		if err := os.WriteFile(p.JournalProgram, []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	program("")
	b := replayed(t, p.guard, host.BacktestOrder{Jail: "past", Span: time.Hour})
	if r := b.Result; r.Now.Failures != 3 || r.Now.Bans != 1 || r.Now.SignedIn != 1 || r.Lines != 4 || !b.Rows[0].Now.Times[0].At.Equal(p.now.Add(-28*time.Minute)) || !strings.HasPrefix(r.Logs[0], "journal _SYSTEMD_UNIT=ssh") {
		t.Errorf("%+v, %+v", r, b.Rows)
	}
	asked, _ := os.ReadFile(dir + "/args")
	if !strings.Contains(string(asked), "--since=@") || !strings.Contains(string(asked), "\n_SYSTEMD_UNIT=ssh") {
		t.Errorf("it was asked %q", asked)
	}
	program("exit 1\n")
	id, err := p.guard.StartBacktest(t.Context(), host.BacktestOrder{Jail: "past", Span: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if b := finished(t, p.guard, id); b.State != host.BacktestFailed || !strings.Contains(b.Why, "journal can't be read") {
		t.Errorf("%+v", b)
	}
}
