package fail2ban_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
)

const logLine = "2026-11-23 14:34:%02d,688 fail2ban.%-15s[9363]: %-7s %s\n"

func writeLog(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "fail2ban.log")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readLog(t *testing.T, path string, q fail2ban.LogQuery) fail2ban.LogPage {
	t.Helper()
	page, err := fail2ban.ReadLog(path, q, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func texts(page fail2ban.LogPage) string {
	var all []string
	for _, e := range page.Entries {
		all = append(all, e.Text)
	}
	return strings.Join(all, "|")
}

func TestReadLog_TellsLevelPartJailAndWhatBelongsTogether(t *testing.T) {
	path := writeLog(t, "half a line of a rotated log\n"+
		fmt.Sprintf(logLine, 1, "actions", "NOTICE", "[sshd] Ban 203.0.113.7")+
		fmt.Sprintf(logLine, 2, "transmitter", "ERROR", "Command failed")+"Traceback:\n  File \"x\"\n"+
		fmt.Sprintf(logLine, 3, "jail", "INFO", "Jail 'sshd' started")+
		"2026-11-23 14:34:04,000 7F00 ERROR another shape\n"+
		fmt.Sprintf(logLine, 5, "filter", "INFO", "[x\x1b[2J] Found \xff")+
		"an unfinished")
	page := readLog(t, path, fail2ban.LogQuery{})
	want := "half a line of a rotated log|[sshd] Ban 203.0.113.7|Command failed\nTraceback:\n  File \"x\"|Jail 'sshd' started|7F00 ERROR another shape|[x\x1b[2J] Found \uFFFD"
	if texts(page) != want || page.Older != "" {
		t.Fatalf("%q, %q", texts(page), page.Older)
	}
	ban := page.Entries[1]
	if ban.Level != "NOTICE" || ban.Part != "actions" || ban.Jail != "sshd" || !ban.At.Equal(time.Date(2026, 11, 23, 14, 34, 1, 688e6, time.UTC)) {
		t.Errorf("%+v", ban)
	}
	for q, want := range map[fail2ban.LogQuery]string{
		{Level: "ERROR"}:               "Command failed\nTraceback:\n  File \"x\"",
		{Jail: "sshd"}:                 "[sshd] Ban 203.0.113.7|Jail 'sshd' started",
		{Text: "FILE"}:                 "Command failed\nTraceback:\n  File \"x\"",
		{Level: "INFO", Jail: "nginx"}: "",
		{Level: "NOTICE", Limit: 1}:    "Command failed\nTraceback:\n  File \"x\"",
	} {
		if got := texts(readLog(t, path, q)); got != want {
			t.Errorf("%+v: %q", q, got)
		}
	}
}

// Page by page the log comes whole, once, in its order, over the border of the file that was
// rotated, in whatever chunks it is read.
func TestReadLog_PagesMeet(t *testing.T) {
	var old, young strings.Builder
	const lines = 9000 // about 900 KB: several chunks
	for i := range lines {
		to := &young
		if i < lines/2 {
			to = &old
		}
		fmt.Fprintf(to, logLine, i%60, "actions", "NOTICE", fmt.Sprintf("[sshd] Ban %d %s", i, strings.Repeat("x", i%90)))
	}
	path := writeLog(t, young.String())
	if err := os.WriteFile(path+".1", []byte(old.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	next, q := lines-1, fail2ban.LogQuery{Limit: 500}
	for {
		page := readLog(t, path, q)
		for _, e := range slices.Backward(page.Entries) {
			if !strings.HasPrefix(e.Text, fmt.Sprintf("[sshd] Ban %d ", next)) {
				t.Fatalf("%q where %d was due", e.Text, next)
			}
			next--
		}
		if page.Older == "" {
			break
		}
		q.Before = page.Older
	}
	if next != -1 {
		t.Errorf("%d messages are missing", next+1)
	}
}

// What logrotate renamed and compressed is paged through as well, as far as it is kept; the
// page says where it ends and whether there is more.
func TestReadLog_GoesOnInRotatedFiles(t *testing.T) {
	entry := func(from, to int) string {
		var b strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&b, logLine, i%60, "actions", "NOTICE", fmt.Sprintf("[sshd] Ban %d", i))
		}
		return b.String()
	}
	packed := func(text string) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, err := w.Write([]byte(text))
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	all := func(path string) (texts []string, last fail2ban.LogPage) {
		q := fail2ban.LogQuery{Limit: 7}
		for {
			page := readLog(t, path, q)
			for _, e := range slices.Backward(page.Entries) {
				texts = append(texts, e.Text)
			}
			if q.Before = page.Older; page.Older == "" {
				return texts, page
			}
		}
	}
	for name, names := range map[string][3]string{"numbers": {".1", ".2.gz", ".3.gz"}, "dates": {"-20261123", "-20261116.gz", "-20261109.gz"}} {
		path := writeLog(t, entry(30, 40))
		for suffix, content := range map[string][]byte{
			names[0]: []byte(entry(20, 30)), names[1]: packed(entry(10, 20)), names[2]: packed(entry(0, 10)),
			".bak": []byte(entry(90, 99)), ".4x": []byte(entry(90, 99)), "-old.gz": packed(entry(90, 99)), ".1.gz.tmp": packed(entry(90, 99)),
		} {
			if err := os.WriteFile(path+suffix, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, last := all(path)
		if len(got) != 40 || got[0] != "[sshd] Ban 39" || got[39] != "[sshd] Ban 0" || last.EndsIn != path+names[2] || last.EndsEarly {
			t.Errorf("%s: %d messages, it ends in %s, early %v", name, len(got), last.EndsIn, last.EndsEarly)
		}
		page := readLog(t, path, fail2ban.LogQuery{Text: "Ban 5"})
		if texts(page) != "[sshd] Ban 5" || page.Older != "" {
			t.Errorf("%s: %+v", name, page)
		}
		if after := readLog(t, path, fail2ban.LogQuery{After: page.Newer}); len(after.Entries) != 0 || after.Missed {
			t.Errorf("%s: %+v", name, after)
		}
		// One that is broken can't be read, and what is before it would not join on.
		if err := os.WriteFile(path+names[1], []byte("no gzip"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, last := all(path); len(got) != 20 || !last.EndsEarly {
			t.Errorf("%s, broken: %d messages, %+v", name, len(got), last)
		}
	}

	path := writeLog(t, "")
	long := strings.Repeat(entry(0, 1), 200_000) // 16 MB, of which the last half is kept
	if err := os.WriteFile(path+".1.gz", packed(long+entry(7, 8)), 0o600); err != nil {
		t.Fatal(err)
	}
	page := readLog(t, path, fail2ban.LogQuery{Text: "Ban 7"})
	for page.Older != "" && page.Entries == nil {
		page = readLog(t, path, fail2ban.LogQuery{Text: "Ban 7", Before: page.Older})
	}
	if texts(page) != "[sshd] Ban 7" {
		t.Errorf("the end of a long one: %+v", page)
	}
	for page.Older != "" {
		page = readLog(t, path, fail2ban.LogQuery{Text: "nothing", Before: page.Older})
	}
	if page.EndsIn != path+".1.gz" || !page.EndsEarly {
		t.Errorf("a long one: %+v", page)
	}
}

func TestReadLog_FollowsThroughARotation(t *testing.T) {
	path := writeLog(t, fmt.Sprintf(logLine, 1, "server", "INFO", "one"))
	add := func(to, text string) {
		t.Helper()
		f, err := os.OpenFile(to, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, err = f.WriteString(text)
			_ = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	at := readLog(t, path, fail2ban.LogQuery{}).Newer
	follow := func(want string, missed bool) {
		t.Helper()
		page := readLog(t, path, fail2ban.LogQuery{After: at})
		if texts(page) != want || page.Missed != missed {
			t.Errorf("%q, missed %v; want %q", texts(page), page.Missed, want)
		}
		at = page.Newer
	}
	follow("", false)
	add(path, fmt.Sprintf(logLine, 2, "server", "INFO", "two")+"2026-11-23 ")
	follow("two", false)
	follow("", false)
	add(path, "14:34:03,000 fail2ban.server [1]: INFO three\n")
	follow("three", false)
	add(path, fmt.Sprintf(logLine, 4, "server", "INFO", "four"))
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	add(path, fmt.Sprintf(logLine, 5, "server", "INFO", "five"))
	follow("four|five", false)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	add(path, "x\n")
	follow("x", true)
}

func TestReadLog_IsBounded(t *testing.T) {
	huge := strings.Repeat("y", 3<<20)
	path := writeLog(t, fmt.Sprintf(logLine, 1, "server", "INFO", "first")+fmt.Sprintf(logLine, 2, "transmitter", "ERROR", huge)+fmt.Sprintf(logLine, 3, "server", "INFO", "last"))
	page := readLog(t, path, fail2ban.LogQuery{})
	if len(page.Entries) != 3 || len(page.Entries[1].Text) > 8<<10 || page.Entries[1].Cut < 2<<20 {
		t.Errorf("%d messages", len(page.Entries))
	}
	for _, place := range []string{"x", "f.1", "f.x.1", "f.1.-1", "../x", "j.s=1"} {
		if _, err := fail2ban.ReadLog(path, fail2ban.LogQuery{After: place}, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", place, err)
		}
	}
	if page := readLog(t, path, fail2ban.LogQuery{Before: "f.1.0"}); !page.Missed || len(page.Entries) != 0 {
		t.Errorf("%+v", page)
	}
	if _, err := fail2ban.ReadLog(filepath.Join(t.TempDir(), "none"), fail2ban.LogQuery{}, nil); !fault.Is(err, fault.NotFound) {
		t.Errorf("%v", err)
	}
	if _, err := fail2ban.ReadLog(t.TempDir(), fail2ban.LogQuery{}, nil); !fault.Is(err, fault.Unsupported) {
		t.Errorf("%v", err)
	}
}

func TestReadJournal(t *testing.T) {
	const script = `#!/bin/sh
echo "$@" >> "$0.args"
printf '%s\n' '{"__CURSOR":"s=3","__REALTIME_TIMESTAMP":"1795446002000000","PRIORITY":"3","LOGGER":"fail2ban.utils","MESSAGE":"it failed\nTraceback"}'
printf '%s\n' '{"__CURSOR":"s=2","__REALTIME_TIMESTAMP":"1795446001000000","PRIORITY":"4","LOGGER":"fail2ban.actions","MESSAGE":"[sshd] Ban 203.0.113.7"}'
printf '%s\n' '{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1795446000000000","SYSLOG_IDENTIFIER":"fail2ban.server","MESSAGE":"INFO Starting"}'
`
	program := filepath.Join(t.TempDir(), "journalctl")
	if err := os.WriteFile(program, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	page, err := fail2ban.ReadJournal(t.Context(), program, fail2ban.LogQuery{})
	if err != nil || texts(page) != "Starting|[sshd] Ban 203.0.113.7|it failed\nTraceback" || page.Newer != "j.s=3" || page.Older != "" {
		t.Fatalf("%+v, %v", page, err)
	}
	ban, failed := page.Entries[1], page.Entries[2]
	if ban.Level != "NOTICE" || ban.Part != "actions" || ban.Jail != "sshd" || ban.At.Unix() != 1795446001 || failed.Level != "ERROR" || failed.Part != "utils" {
		t.Errorf("%+v", page.Entries)
	}
	if _, err := fail2ban.ReadJournal(t.Context(), program, fail2ban.LogQuery{After: page.Newer, Level: "ERROR", Limit: 1}); err != nil {
		t.Error(err)
	}
	args, err := os.ReadFile(program + ".args")
	if err != nil || !strings.Contains(string(args), "--reverse") || !strings.Contains(string(args), "--after-cursor=s=3") {
		t.Errorf("%q, %v", args, err)
	}
	if _, err := fail2ban.ReadJournal(t.Context(), program, fail2ban.LogQuery{After: "j.x --file=/etc/shadow"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("%v", err)
	}
}

// A journal as systemd writes one, read by its own journalctl: pages meet in both directions.
func TestReadJournal_OfSystemd(t *testing.T) {
	program := fail2bantest.Journal(t)
	read := func(q fail2ban.LogQuery) fail2ban.LogPage {
		t.Helper()
		page, err := fail2ban.ReadJournal(t.Context(), program, q)
		if err != nil {
			t.Fatal(err)
		}
		return page
	}
	newest := read(fail2ban.LogQuery{Limit: 3})
	if got := texts(newest); got != "[sshd] Found 203.0.113.7 7|it failed\nTraceback|[sshd] Ban 203.0.113.7" || newest.Entries[2].Level != "NOTICE" || newest.Entries[1].Level != "ERROR" {
		t.Errorf("the newest: %q, %+v", got, newest.Entries)
	}
	older := read(fail2ban.LogQuery{Limit: 3, Before: newest.Older})
	if got := texts(older); got != "[sshd] Found 203.0.113.7 4|it failed\nTraceback|Starting Fail2ban 6" {
		t.Errorf("before that: %q", got)
	}
	if got := texts(read(fail2ban.LogQuery{Limit: 2, After: older.Newer})); got != "[sshd] Found 203.0.113.7 7|it failed\nTraceback" {
		t.Errorf("after that: %q", got)
	}
	if last := read(fail2ban.LogQuery{After: newest.Newer}); len(last.Entries) != 0 || last.Newer != newest.Newer {
		t.Errorf("after the newest: %+v", last)
	}
	if all := read(fail2ban.LogQuery{Level: "ERROR"}); len(all.Entries) != 3 || all.Older != "" {
		t.Errorf("errors: %+v", all)
	}
}
