package host_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// The promise is about 2,000: go test ./internal/host -run ManyRandomEdits -edits 2000 -timeout 8h
var (
	edits = flag.Int("edits", 6, "how many random edits TestApplyChange_ManyRandomEdits makes")
	seed  = flag.Uint64("edit-seed", 7, "which ones")
)

// randomEdits are the same for both jails, so that a set that is not whole is seen; half of
// them nobody takes.
func randomEdits(dice *rand.Rand) (all []host.Edit, bad bool) {
	good := [][2]string{
		{"maxretry", strconv.Itoa(1 + dice.IntN(1000))},
		{"findtime", strconv.Itoa(1 + dice.IntN(100_000))},
		{"bantime", strconv.Itoa(700_000 + dice.IntN(100_000))},
		{"maxmatches", strconv.Itoa(dice.IntN(50))},
		{"usedns", []string{"no", "warn", "raw"}[dice.IntN(3)]},
		{"banaction", []string{"other", "record"}[dice.IntN(2)]},
		{"ignoreip", fmt.Sprintf("192.0.2.%d", dice.IntN(256))},
	}
	ill := [][2]string{
		{"failregex", "^(x <HOST>"},
		{"bantime", "1yr"},
		{"maxretry", "5 # five"},
		{"logencoding", "nonsense"},
		{"logpath", "/nowhere/x.log"},
		{"banaction", "nowhere"},
		{"filter", "nowhere"},
		{"findtime", "__import__('os')"},
		{"action", "broken.py[]"},
		{"datepattern", "(%Y"},
		{"maxretry", "0\n[x]"},
	}
	pick := good[dice.IntN(len(good))]
	if bad = dice.IntN(2) == 0; bad {
		pick = ill[dice.IntN(len(ill))]
	}
	for _, jail := range []string{"sshd", "manual"} {
		all = append(all, set(jail, pick[0], pick[1]))
	}
	if dice.IntN(4) == 0 && !bad {
		all = []host.Edit{reset("sshd", pick[0]), reset("manual", pick[0])}
	}
	return all, bad
}

// TestEditingChild is no test: it is what TestApplyChange_ManyRandomEdits kills.
func TestEditingChild(t *testing.T) {
	dir, from := os.Getenv("BANGUI_TEST_EDITED"), os.Getenv("BANGUI_TEST_SEED")
	if dir == "" {
		return
	}
	number, err := strconv.ParseUint(from, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	dice := rand.New(rand.NewPCG(number, 1))
	socket := filepath.Join(dir, "s.sock")
	local := host.NewLocal(host.LocalOptions{
		ID: "child", Socket: socket, ConfigDir: filepath.Join(dir, "etc"), Client: fail2ban.New(fail2ban.Options{Socket: socket}),
		Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	for {
		view, err := local.Config(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		changes, bad := randomEdits(dice)
		fmt.Fprintln(os.Stdout, "edit", changes[0].Option)
		_, err = local.ApplyChange(t.Context(), host.ChangeOrder{ETag: view.ETag, Edits: changes})
		switch {
		case bad && err == nil:
			t.Fatalf("this was taken: %s = %q", changes[0].Option, *changes[0].Value)
		case !bad && err != nil && !fault.Is(err, fault.Conflict): // it says so already
			t.Fatalf("%s: %v", changes[0].Option, err)
		}
	}
}

// Random edits, half of them bad, on a real server with live bans, with kill -9 at random
// moments: on disk is always the old or the new whole set, and jails and bans are there (R24).
func TestApplyChange_ManyRandomEdits(t *testing.T) {
	b := newBench(t, fail2bantest.Options{BanTime: "2w"})
	b.server.Write("etc/action.d/other.conf", "[Definition]\nactionban = echo \"other <ip>\" >> "+b.server.Actions()+"\nactionunban = true\n")
	b.server.Write("etc/action.d/broken.py", "raise Exception('broken')\n")
	b.server.Write("etc/jail.d/long.local", "[DEFAULT]\nbantime = 2w\n[manual]\nbantime = 2w\n")
	b.server.Client("reload")
	b.banSome()
	b.stop()
	said := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	without := watchJails(t, b.server)
	dice := rand.New(rand.NewPCG(*seed, 2))
	made, kills := 0, 0
	for made < *edits {
		made += b.editAndKill(dice, min(1+dice.IntN(5), *edits-made))
		kills++
		b.beginWith(func(o *host.LocalOptions) { o.Logger = said })
		fail2bantest.Until(t, "the change that was left is put back", func() bool {
			_, err := os.Stat(filepath.Join(b.server.ConfigDir(), "jail.d/.zz-bangui-change.json"))
			return os.IsNotExist(err) && b.local.State().Reach == host.Online
		})
		b.stop()
		b.mustBeWhole()
		// A jail that was restarted when the kill came brings its bans back one by one.
		fail2bantest.Until(t, "the bans are back", func() bool {
			return strings.Count(b.server.Client("get", "sshd", "banip", "\n")+b.server.Client("get", "manual", "banip", "\n"), "198.51.100.") == 3
		})
		b.mustStand(fmt.Sprintf("after %d edits and %d kills", made, kills))
		if t.Failed() {
			return
		}
	}
	longest := without()
	t.Logf("%d edits, %d kills; the longest without a jail: %s", made, kills, longest)
	if *edits > 100 && longest > 10*time.Second { // a busy machine proves nothing in a short run
		t.Errorf("fail2ban was without a jail for %s", longest)
	}
}

// editAndKill lets a child edit and kills it at a random moment of its last edit.
func (b *bench) editAndKill(dice *rand.Rand, most int) (made int) {
	b.t.Helper()
	child := exec.CommandContext(b.t.Context(), os.Args[0], "-test.run", "^TestEditingChild$")
	child.Env = []string{"BANGUI_TEST_EDITED=" + b.server.Dir(), "TMPDIR=" + b.server.Dir(), "BANGUI_TEST_SEED=" + strconv.FormatUint(dice.Uint64(), 10)}
	out, err := child.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		b.t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); made < most && lines.Scan(); {
		if !strings.HasPrefix(lines.Text(), "edit ") {
			b.t.Errorf("the child: %s %s", lines.Text(), rest(lines))
			break
		}
		made++
	}
	<-time.After(time.Duration(dice.IntN(2500)) * time.Millisecond) // the moment is what differs, nothing is waited for
	_ = child.Process.Kill()
	_ = child.Wait()
	return max(made, 1)
}

// rest is what a child that fails says of it.
func rest(lines *bufio.Scanner) string {
	var all strings.Builder
	for lines.Scan() {
		all.WriteString(lines.Text() + "\n")
	}
	return all.String()
}

// mustBeWhole compares our two files, which each change makes equal but for the jail's name.
func (b *bench) mustBeWhole() {
	b.t.Helper()
	ours := b.ours()
	sshd, manual := ours["jail.d/zz-bangui-sshd.local"], ours["jail.d/zz-bangui-manual.local"]
	if strings.Replace(sshd, "[sshd]", "[manual]", 1) != manual || len(ours) == 1 {
		b.t.Errorf("a mix is left: %q", ours)
	}
	b.server.Client("-t")
}

// watchJails looks again and again whether both jails run; the function that it returns ends
// that, and says for how long at most one was missing.
func watchJails(t *testing.T, server *fail2bantest.Server) func() time.Duration {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	client := fail2ban.New(fail2ban.Options{Socket: server.Socket()})
	var longest time.Duration
	var task sync.WaitGroup
	task.Go(func() {
		there := time.Now()
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			jails, err := client.Jails(ctx)
			if err == nil && len(jails) == 2 {
				there = time.Now()
			} else if err == nil {
				longest = max(longest, time.Since(there))
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return func() time.Duration {
		cancel()
		task.Wait()
		return longest
	}
}
