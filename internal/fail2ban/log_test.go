package fail2ban_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"

	"github.com/google/go-cmp/cmp"
)

func TestParseLogLine(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 34, 4, 688e6, time.UTC)
	const head = "2026-11-23 14:34:04,688 "
	cases := []struct {
		line string
		want fail2ban.LogLine
	}{
		{head + "fail2ban.actions        [9363]: NOTICE  [manual] Ban 198.51.100.1", fail2ban.LogLine{At: at, Kind: fail2ban.LogBan, Jail: "manual", ID: "198.51.100.1"}},
		{head + "fail2ban.actions        [9363]: NOTICE  [sshd] Restore Ban 2001:db8::1", fail2ban.LogLine{At: at, Kind: fail2ban.LogRestoreBan, Jail: "sshd", ID: "2001:db8::1"}},
		{head + "fail2ban.actions        [9363]: NOTICE  [sshd] Unban 198.51.100.0/24", fail2ban.LogLine{At: at, Kind: fail2ban.LogUnban, Jail: "sshd", ID: "198.51.100.0/24"}},
		{head + "fail2ban.actions        [9363]: NOTICE  [sshd] Repeal Ban 198.51.100.1", fail2ban.LogLine{At: at, Kind: fail2ban.LogRepealBan, Jail: "sshd", ID: "198.51.100.1"}},
		{head + "fail2ban.filter         [9363]: INFO    [sshd] Found 203.0.113.7 - 2026-11-23 14:41:41", fail2ban.LogLine{At: at, Kind: fail2ban.LogFound, Jail: "sshd", ID: "203.0.113.7"}},
		{head + "fail2ban.filtersystemd  [9363]: INFO    [sshd] Found 203.0.113.7 - 2026-11-23 14:41:41", fail2ban.LogLine{At: at, Kind: fail2ban.LogFound, Jail: "sshd", ID: "203.0.113.7"}},
		{"fail2ban.actions[9363]: NOTICE [sshd] Ban 198.51.100.1", fail2ban.LogLine{Kind: fail2ban.LogBan, Jail: "sshd", ID: "198.51.100.1"}},
		{"Nov 23 14:34:04 host fail2ban.actions[9363]: NOTICE [sshd] Ban a user", fail2ban.LogLine{Kind: fail2ban.LogBan, Jail: "sshd", ID: "a user"}},
		{head + "fail2ban.actions        [9363]: ERROR   Failed to execute ban jail 'sshd' action 'nftables' info 'x': y", fail2ban.LogLine{At: at, Kind: fail2ban.LogFailed, Jail: "sshd"}},
		{head + "fail2ban.actions        [9363]: NOTICE  [sshd] 198.51.100.1 already banned", fail2ban.LogLine{At: at}},
		{head + "fail2ban.server         [9363]: INFO    Exiting Fail2ban", fail2ban.LogLine{At: at}},
		{"some text fail2ban.actions: NOTICE [sshd] Unban 1.2.3.4", fail2ban.LogLine{}},
		{head + "fail2ban.utils          [9363]: ERROR   7f -- stderr: fail2ban.filter: INFO [sshd] Found 1.2.3.4", fail2ban.LogLine{At: at}},
		{head + "fail2ban.transmitter    [9363]: ERROR   Command ['fail2ban.actions: NOTICE [sshd] Ban 1.2.3.4'] has failed", fail2ban.LogLine{At: at}},
		{"Traceback (most recent call last):", fail2ban.LogLine{}},
		{head + "fail2ban.transmitter    [9363]: ERROR   Command ['set', 'x', 'banip', '[sshd] Ban 1.2.3.4'] has failed", fail2ban.LogLine{At: at}},
		{"\xff\xfe\x00\x1b[31m", fail2ban.LogLine{}},
		{strings.Repeat("x", 1<<20), fail2ban.LogLine{}},
		{"", fail2ban.LogLine{}},
	}
	for _, c := range cases {
		if diff := cmp.Diff(c.want, fail2ban.ParseLogLine([]byte(c.line), time.UTC)); diff != "" {
			t.Errorf("%.80q (-want +got):\n%s", c.line, diff)
		}
	}
}

func FuzzParseLogLine(f *testing.F) {
	f.Add([]byte("2026-11-23 14:34:04,688 fail2ban.actions        [9363]: NOTICE  [manual] Ban 198.51.100.1"))
	f.Fuzz(func(t *testing.T, line []byte) {
		l := fail2ban.ParseLogLine(line, time.UTC)
		if l.Kind == fail2ban.LogBan && l.ID == "" {
			t.Errorf("%q: a ban without an id", line)
		}
	})
}

// reader collects what a follower gives.
type reader struct {
	mu  sync.Mutex
	ids []string
	at  fail2ban.LogPosition
}

func (r *reader) give(lines []fail2ban.LogLine, at fail2ban.LogPosition) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range lines {
		if l.Kind == fail2ban.LogBan {
			r.ids = append(r.ids, l.ID)
		}
	}
	r.at = at
	return nil
}

func (r *reader) read() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.ids)
}

func (r *reader) position() *fail2ban.LogPosition {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at.Path == "" {
		return nil
	}
	at := r.at
	return &at
}

// followed runs a follower until stop is called.
func followed(t *testing.T, path string, from *fail2ban.LogPosition, r *reader) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		done <- fail2ban.NewLogFollower(fail2ban.LogOptions{Path: path, From: from, Every: 5 * time.Millisecond}).Run(ctx, r.give)
	}()
	return func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func banLine(n int) string {
	return fmt.Sprintf("2026-11-23 14:34:04,688 fail2ban.actions        [9363]: NOTICE  [sshd] Ban id%06d\n", n)
}

func start(t *testing.T) string { // an empty log that is known from its start
	t.Helper()
	path := filepath.Join(t.TempDir(), "fail2ban.log")
	if err := os.WriteFile(path, []byte("2026-11-23 14:00:00,000 first line of the log\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// A writer writes numbered lines while the log is rotated in every manner and the
// follower is stopped and started again: nothing is missed, nothing comes twice.
func TestLogFollower_NothingMissedNothingTwice(t *testing.T) {
	for name, rotate := range map[string]func(t *testing.T, w *writer){
		"rename and create": func(t *testing.T, w *writer) { w.reopenAfter(t, func() { rename(t, w.path) }) },
		"late reopen": func(t *testing.T, w *writer) { // the old file is written on for a while
			rename(t, w.path)
			time.Sleep(30 * time.Millisecond)
			w.reopenAfter(t, func() {})
		},
		"copy and truncate": func(t *testing.T, w *writer) { w.copyTruncate(t) },
		"restart of ours":   nil,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const rounds, each = 12, 200
			path, r := start(t), &reader{}
			w := newWriter(t, path)
			stop := followed(t, path, &fail2ban.LogPosition{Path: path}, r)
			for range rounds {
				w.write(t, each)
				if rotate == nil || w.n%(3*each) == 0 {
					stop()
					w.write(t, each/10)
					stop = followed(t, path, r.position(), r)
				}
				// What is promised is one rotation between two looks, with any part of it
				// unread: a machine that stalls for several of these (5 ms apart here, a day
				// in life) loses the files in between, and lists fill the gap.
				fail2bantest.Until(t, "some of the round is read", func() bool { return len(r.read()) > w.n-each })
				if rotate != nil {
					rotate(t, w)
				}
			}
			w.write(t, each)
			fail2bantest.Until(t, "all lines are read", func() bool { return len(r.read()) >= w.n })
			stop()
			var want []string
			for i := range w.n {
				want = append(want, fmt.Sprintf("id%06d", i))
			}
			got := r.read()
			slices.Sort(got)
			if missed, twice := compare(want, got); missed+twice != "" {
				t.Errorf("missed:%s; twice or never written:%s", missed, twice)
			}
		})
	}
}

// compare names the ids that only one of two sorted lists holds.
func compare(want, got []string) (missed, extra string) {
	for len(want) > 0 || len(got) > 0 {
		switch {
		case len(got) == 0 || len(want) > 0 && want[0] < got[0]:
			missed, want = missed+" "+want[0], want[1:]
		case len(want) == 0 || got[0] < want[0]:
			extra, got = extra+" "+got[0], got[1:]
		default:
			want, got = want[1:], got[1:]
		}
	}
	return missed, extra
}

type writer struct {
	path string
	f    *os.File
	n    int
}

func newWriter(t *testing.T, path string) *writer {
	w := &writer{path: path}
	w.open(t)
	t.Cleanup(func() { w.f.Close() })
	return w
}

func (w *writer) open(t *testing.T) {
	t.Helper()
	f, err := os.OpenFile(w.path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	w.f = f
}

// write writes n lines, each in two parts, so that the follower sees halves.
func (w *writer) write(t *testing.T, n int) {
	t.Helper()
	for range n {
		line := banLine(w.n)
		w.n++
		for _, part := range []string{line[:40], line[40:]} {
			if _, err := w.f.WriteString(part); err != nil {
				t.Fatal(err)
			}
		}
		if w.n%50 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
}

func (w *writer) reopenAfter(t *testing.T, do func()) {
	do()
	if err := w.f.Close(); err != nil {
		t.Fatal(err)
	}
	w.open(t)
	if _, err := fmt.Fprintf(w.f, "2026-11-23 14:00:00,000 log number %d\n", w.n); err != nil {
		t.Fatal(err)
	}
}

func (w *writer) copyTruncate(t *testing.T) {
	t.Helper()
	content, err := os.ReadFile(w.path)
	if err != nil {
		t.Fatal(err)
	}
	shift(t, w.path)
	if err := errors.Join(os.WriteFile(w.path+".1", content, 0o600), os.Truncate(w.path, 0)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprintf(w.f, "2026-11-23 14:00:00,000 log number %d\n", w.n); err != nil {
		t.Fatal(err)
	}
}

func rename(t *testing.T, path string) {
	t.Helper()
	shift(t, path)
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
}

// shift moves older copies on, as logrotate does.
func shift(t *testing.T, path string) {
	t.Helper()
	for i := 9; i > 0; i-- {
		err := os.Rename(fmt.Sprintf("%s.%d", path, i), fmt.Sprintf("%s.%d", path, i+1))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

func TestLogFollower_StartsAtTheEnd(t *testing.T) {
	path, r := start(t), &reader{}
	w := newWriter(t, path)
	w.write(t, 10)
	stop := followed(t, path, nil, r)
	defer stop()
	fail2bantest.Until(t, "a new line is read", func() bool { w.write(t, 1); return len(r.read()) > 0 })
	if slices.Contains(r.read(), "id000009") {
		t.Error("an old line was read")
	}
}

func TestLogFollower_WaitsForAFileAndCutsLongLines(t *testing.T) {
	path, r := filepath.Join(t.TempDir(), "later.log"), &reader{}
	stop := followed(t, path, &fail2ban.LogPosition{Path: path}, r) // nil is the end of the file, should it be there already
	defer stop()
	w := newWriter(t, path)
	if _, err := w.f.WriteString(strings.TrimSuffix(banLine(0), "\n") + strings.Repeat("y", 1<<20) + "\n"); err != nil {
		t.Fatal(err)
	}
	w.n++
	w.write(t, 1)
	fail2bantest.Until(t, "both lines are read", func() bool { return len(r.read()) == 2 })
	if got := r.read(); len(got[0]) > 64<<10 || got[1] != "id000001" {
		t.Errorf("read an id of %d bytes, then %q", len(got[0]), got[1])
	}
}

// logrotate has created the new file, but fail2ban is at a long command and heeds
// flushlogs only after it: longer than the old file lingers.
func TestLogFollower_OldFileIsReadWhileTheNewOneIsEmpty(t *testing.T) {
	t.Parallel()
	path, r := start(t), &reader{}
	w := newWriter(t, path)
	stop := followed(t, path, &fail2ban.LogPosition{Path: path}, r)
	defer stop()
	w.write(t, 5)
	fail2bantest.Until(t, "five lines are read", func() bool { return len(r.read()) == 5 })
	rename(t, path)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5500 * time.Millisecond)
	w.write(t, 5)
	w.reopenAfter(t, func() {})
	w.write(t, 5)
	fail2bantest.Until(t, "fifteen lines are read", func() bool { return len(r.read()) == 15 })
	if got := r.read(); !slices.IsSorted(got) {
		t.Errorf("not in order: %v", got)
	}
}

// After a restart of ours with much unread in a file renamed since, the young file
// waits until the old one is read: the position never goes back.
func TestLogFollower_ReadsTheOlderFileFirst(t *testing.T) {
	t.Parallel()
	const lines = 120_000 // twice what is read of a file in one look
	path, r := start(t), &reader{}
	w := newWriter(t, path)
	w.write(t, 1)
	stop := followed(t, path, &fail2ban.LogPosition{Path: path}, r)
	fail2bantest.Until(t, "a line is read", func() bool { return len(r.read()) == 1 })
	stop()
	var unread strings.Builder
	for w.n < lines {
		unread.WriteString(banLine(w.n))
		w.n++
	}
	if _, err := w.f.WriteString(unread.String()); err != nil {
		t.Fatal(err)
	}
	w.reopenAfter(t, func() { rename(t, path) })
	w.write(t, 1)
	stop = followed(t, path, r.position(), r)
	defer stop()
	fail2bantest.Until(t, "all lines are read", func() bool { return len(r.read()) > lines })
	if got := r.read(); !slices.IsSorted(got) || len(got) != lines+1 {
		t.Errorf("%d lines, in order: %v", len(got), slices.IsSorted(got))
	}
}

// What was written between our last look and copytruncate stands in the copy only.
func TestLogFollower_ReadsWhatOnlyTheCopyHolds(t *testing.T) {
	t.Parallel()
	path, r := start(t), &reader{}
	w := newWriter(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	slow := fail2ban.NewLogFollower(fail2ban.LogOptions{Path: path, From: &fail2ban.LogPosition{Path: path}, Every: 300 * time.Millisecond})
	done := make(chan error, 1)
	go func() { done <- slow.Run(ctx, r.give) }()
	w.write(t, 5)
	fail2bantest.Until(t, "five lines are read", func() bool { return len(r.read()) == 5 })
	w.write(t, 5)
	w.copyTruncate(t)
	w.write(t, 5)
	fail2bantest.Until(t, "fifteen lines are read", func() bool { return len(r.read()) == 15 })
	cancel()
	<-done
	if got := r.read(); !slices.IsSorted(got) {
		t.Errorf("not in order: %v", got)
	}
}

func TestLogFollower_RealServerRotates(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	r := &reader{}
	stop := followed(t, server.Log(), &fail2ban.LogPosition{Path: server.Log()}, r)
	defer stop()
	for i := range 6 {
		server.Client("set", "manual", "banip", fmt.Sprintf("203.0.113.%d", i))
		if i%2 == 1 {
			server.Rotate()
		}
	}
	fail2bantest.Until(t, "six bans are read", func() bool { return len(r.read()) >= 6 })
	if got := r.read(); len(got) != 6 {
		t.Errorf("read %v", got)
	}
}
