package jailconf_test

import (
	"bufio"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

func etag(t testing.TB, dir string) string {
	t.Helper()
	tree, err := jailconf.ReadTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	return tree.ETag()
}

// snapshot is every file below a folder, ours and others, hidden ones too.
func snapshot(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		all[strings.TrimPrefix(path, dir+"/")] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func marked(text string) *string {
	content := jailconf.Mark + "\n" + text
	return &content
}

// changed are three files of one change.
func changed(text string) map[string]*string {
	return map[string]*string{
		"jail.d/zz-bangui-sshd.local": marked("[sshd]\nmaxretry = " + text + "\n"), "filter.d/mine.local": marked("[Definition]\nfailregex = " + text + "\n"),
		"fail2ban.d/zz-bangui.local": marked("[Definition]\ndbmaxmatches = " + text + "\n"),
	}
}

func begin(t testing.TB, dir string, after map[string]*string) *jailconf.Transaction {
	t.Helper()
	tx, err := jailconf.Begin(dir, jailconf.Writes{ID: "id", ETag: etag(t, dir), After: after}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Write(); err != nil {
		t.Fatal(err)
	}
	return tx
}

func TestTransaction_KeepsOrRestores(t *testing.T) {
	dir := folder(t)
	write(t, dir, "jail.conf", "[sshd]\n")
	found := snapshot(t, dir)
	if err := begin(t, dir, changed("1")).Keep(); err != nil {
		t.Fatal(err)
	}
	first := snapshot(t, dir)
	if len(first) != 4 || first["filter.d/mine.local"] != *changed("1")["filter.d/mine.local"] {
		t.Fatalf("%q", first)
	}
	second := changed("2")
	second["filter.d/mine.local"] = nil
	tx := begin(t, dir, second)
	if now := snapshot(t, dir); now["filter.d/mine.local"] != "" || now["jail.d/zz-bangui-sshd.local"] != *second["jail.d/zz-bangui-sshd.local"] {
		t.Fatalf("%q", now)
	}
	if err := tx.Restore(); err != nil {
		t.Fatal(err)
	}
	if err := tx.Keep(); err != nil {
		t.Fatal(err)
	}
	if now := snapshot(t, dir); !maps.Equal(now, first) {
		t.Errorf("restored: %q", now)
	}
	gone := changed("")
	for name := range gone {
		gone[name] = nil
	}
	if err := begin(t, dir, gone).Keep(); err != nil {
		t.Fatal(err)
	}
	if now := snapshot(t, dir); !maps.Equal(now, found) {
		t.Errorf("removing ours leaves %q", now)
	}
}

func TestBegin_TellsTheSecond(t *testing.T) {
	dir := folder(t)
	before := etag(t, dir)
	tx := begin(t, dir, changed("1"))
	if _, err := jailconf.Begin(dir, jailconf.Writes{ID: "b", ETag: etag(t, dir), After: changed("2")}, time.Now()); !fault.Is(err, fault.Conflict) {
		t.Errorf("while one is under way: %v", err)
	}
	if _, err := jailconf.Pending(dir); !fault.Is(err, fault.Conflict) {
		t.Errorf("Pending, while its process lives: %v", err)
	}
	if err := tx.Keep(); err != nil {
		t.Fatal(err)
	}
	if _, err := jailconf.Begin(dir, jailconf.Writes{ID: "b", ETag: before, After: changed("2")}, time.Now()); !fault.Is(err, fault.Conflict) {
		t.Errorf("from a tree that is not that any more: %v", err)
	}
	if p, err := jailconf.Pending(dir); p != nil || err != nil {
		t.Errorf("something is left: %v, %v", p, err)
	}
	write(t, dir, "filter.d/foreign.local", "[Definition]\n")
	for name, content := range map[string]*string{
		"filter.d/foreign.local": marked("x"), "jail.local": marked("x"), "../x.local": marked("x"), "filter.d/../../x.local": marked("x"), "filter.d/new.local": new(string),
	} {
		if _, err := jailconf.Begin(dir, jailconf.Writes{ID: "c", ETag: etag(t, dir), After: map[string]*string{name: content}}, time.Now()); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if p, err := jailconf.Pending(dir); p != nil || err != nil {
		t.Errorf("a refused change is left: %v, %v", p, err)
	}
}

func TestPending_PutsBackWhatAnotherLeft(t *testing.T) {
	dir := folder(t)
	if err := begin(t, dir, changed("1")).Keep(); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, dir)
	if err := begin(t, dir, changed("2")).Leave(); err != nil {
		t.Fatal(err)
	}
	restorePending(t, dir)
	if now := snapshot(t, dir); !maps.Equal(now, before) {
		t.Errorf("%q", now)
	}
	write(t, dir, "jail.d/.zz-bangui-change.json", `{"id":"x","before":{"jail.d/zz-ban`) // killed while it was noted
	restorePending(t, dir)
	if now := snapshot(t, dir); !maps.Equal(now, before) {
		t.Errorf("after half a note: %q", now)
	}
	write(t, dir, "jail.d/.zz-bangui-change.json", `{"id":"x","before":{"../../etc/passwd":null},"after":{}}`)
	tx, err := jailconf.Pending(dir)
	if err != nil || tx.Restore() == nil {
		t.Errorf("a forged note was followed: %v", err)
	}
}

func restorePending(t *testing.T, dir string) {
	t.Helper()
	tx, err := jailconf.Pending(dir)
	if err != nil || tx == nil {
		t.Fatalf("%v, %v", tx, err)
	}
	if err := tx.Restore(); err != nil {
		t.Fatal(err)
	}
	if err := tx.Keep(); err != nil {
		t.Fatal(err)
	}
}

// TestChild is no test: it is what TestTransaction_SurvivesAKill kills.
func TestChild(t *testing.T) {
	dir := os.Getenv("BANGUI_TEST_CHANGES")
	if dir == "" {
		return
	}
	for i := 0; ; i++ {
		tx := begin(t, dir, changed(fmt.Sprint(i)))
		if i%3 == 0 {
			if err := tx.Restore(); err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Keep(); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(os.Stdout, "done", i)
	}
}

// Whenever a process is killed, what it leaves is put back to a whole set: all files of
// one change, and nothing else.
func TestTransaction_SurvivesAKill(t *testing.T) {
	dir := folder(t)
	if err := begin(t, dir, changed("0")).Keep(); err != nil {
		t.Fatal(err)
	}
	dice, pending := rand.New(rand.NewPCG(1, 2)), 0
	for range 20 {
		killChild(t, dir, dice)
		tx, err := jailconf.Pending(dir)
		if err != nil {
			t.Fatal(err)
		}
		if tx != nil {
			pending++
			if err := tx.Restore(); err != nil {
				t.Fatal(err)
			}
			if err := tx.Keep(); err != nil {
				t.Fatal(err)
			}
		}
		var versions []string
		for name, content := range snapshot(t, dir) {
			if strings.Contains(name, "/.") {
				t.Errorf("%s is left", name)
			}
			lines := strings.Split(strings.TrimSpace(content), "\n")
			versions = append(versions, lines[len(lines)-1][strings.LastIndexByte(lines[len(lines)-1], ' '):])
		}
		slices.Sort(versions)
		if len(versions) != 3 || len(slices.Compact(versions)) != 1 {
			t.Fatalf("a mix is left: %q", versions)
		}
	}
	if pending == 0 {
		t.Error("no kill hit a change; the test shows nothing")
	}
}

// killChild runs a process that changes files without end, and kills it at some moment
// after its first change.
func killChild(t *testing.T, dir string, dice *rand.Rand) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestChild$")
	child.Env = []string{"BANGUI_TEST_CHANGES=" + dir}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	scanner := bufio.NewScanner(out)
	for range 1 + dice.IntN(3) {
		scanner.Scan()
	}
	<-time.After(time.Duration(dice.IntN(5000)) * time.Microsecond) // the moment is what differs, nothing is waited for
	_ = child.Process.Kill()
	_ = child.Wait()
}
