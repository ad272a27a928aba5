package host_test

import (
	"bufio"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// TestChangingChild is no test: it is what TestApplyChange_SurvivesAKill kills.
func TestChangingChild(t *testing.T) {
	dir := os.Getenv("BANGUI_TEST_SERVER")
	if dir == "" {
		return
	}
	socket := filepath.Join(dir, "s.sock")
	local := host.NewLocal(host.LocalOptions{
		ID: "child", Socket: socket, ConfigDir: filepath.Join(dir, "etc"), Client: fail2ban.New(fail2ban.Options{Socket: socket}),
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	for i := 10; ; i++ {
		fmt.Fprintln(os.Stdout, "change", i)
		view, err := local.Config(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n := fmt.Sprint(i)
		edits := []host.Edit{set("sshd", "maxretry", n), set("manual", "maxretry", n)}
		if i%3 == 0 {
			edits = append(edits, set("manual", "failregex", "^(x <HOST>")) // nobody takes it
		}
		if _, err := local.ApplyChange(t.Context(), host.ChangeOrder{ETag: view.ETag, Edits: edits}); err != nil && i%3 != 0 {
			t.Fatal(err)
		}
	}
}

// Killed at any moment of a change, the next start leaves the old or the new whole set,
// and every jail and ban that was there.
func TestApplyChange_SurvivesAKill(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.banSome()
	dice := rand.New(rand.NewPCG(3, 4))
	for range 4 {
		b.stop()
		killChanging(t, b.server.Dir(), dice)
		b.begin()
		fail2bantest.Until(t, "the change that was left is put back", func() bool {
			_, err := os.Stat(filepath.Join(b.server.ConfigDir(), "jail.d/.zz-bangui-change.json"))
			return os.IsNotExist(err)
		})
		ours := b.ours()
		sshd, manual := lastWord(ours["jail.d/zz-bangui-sshd.local"]), lastWord(ours["jail.d/zz-bangui-manual.local"])
		if sshd != manual || len(ours) == 1 {
			t.Fatalf("a mix is left: %q", ours)
		}
		if sshd == "" {
			sshd = "3"
		}
		fail2bantest.Until(t, "the server has what the files say", func() bool {
			return b.server.Client("get", "sshd", "maxretry") == sshd && b.server.Client("get", "manual", "maxretry") == sshd
		})
		b.mustStand("after a kill")
	}
	if _, err := b.local.ApplyChange(t.Context(), b.order(set("sshd", "findtime", "77"))); err != nil {
		t.Errorf("a change after all that: %v, %s", err, fault.MendOf(err))
	}
}

// A trial that is killed leaves no server behind, and its folders go at a later start.
func TestCheckChange_LeavesNothingWhenKilled(t *testing.T) {
	b := newBench(t, fail2bantest.Options{})
	b.stop()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestChangingChild$")
	child.Env = []string{"BANGUI_TEST_SERVER=" + b.server.Dir(), "TMPDIR=" + b.server.Dir()}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	fail2bantest.Until(t, "a scratch server runs", func() bool { return len(scratchServers(t, b.server)) > 0 })
	_ = child.Process.Kill()
	_ = child.Wait()
	fail2bantest.Until(t, "none is left", func() bool { return len(scratchServers(t, b.server)) == 0 })

	t.Setenv("TMPDIR", b.server.Dir())
	left := func() []string {
		folders, err := filepath.Glob(filepath.Join(b.server.Dir(), "bangui-scratch-*"))
		if err != nil {
			t.Fatal(err)
		}
		return folders
	}
	if len(left()) == 0 {
		t.Fatal("the trial had no folder; this test shows nothing")
	}
	young := filepath.Join(b.server.Dir(), "bangui-scratch-young")
	for _, folder := range left() {
		if err := os.Chtimes(folder, time.Time{}, time.Now().Add(-2*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(young, 0o700); err != nil {
		t.Fatal(err)
	}
	b.begin()
	fail2bantest.Until(t, "what is old is gone", func() bool { return slices.Equal(left(), []string{young}) })
}

// scratchServers are the processes that a change is tried out on, of one server's configuration.
func scratchServers(t *testing.T, of *fail2bantest.Server) (all []string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range processes {
		if line, err := os.ReadFile(p); err == nil && strings.Contains(string(line), of.ConfigDir()+"\x00--async") {
			all = append(all, p)
		}
	}
	return all
}

func lastWord(text string) string {
	words := strings.Fields(text)
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

func killChanging(t *testing.T, dir string, dice *rand.Rand) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestChangingChild$")
	child.Env = []string{"BANGUI_TEST_SERVER=" + dir, "TMPDIR=" + dir} // what it leaves there goes with the test
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	bufio.NewScanner(out).Scan()
	<-time.After(time.Duration(dice.IntN(2500)) * time.Millisecond) // the moment is what differs, nothing is waited for
	_ = child.Process.Kill()
	_ = child.Wait()
}
