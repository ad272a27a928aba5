package auth_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/store"
)

// A child of the test makes the first admin in a folder.
const childFolder = "BANGUI_TEST_SET_UP_IN"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		os.Exit(setUpIn(dir))
	}
	os.Exit(m.Run())
}

func accountsIn(ctx context.Context, dir string) (*store.DB, *auth.Accounts, error) {
	db, err := store.Open(ctx, store.Options{Path: filepath.Join(dir, "bangui.db"), Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		return nil, nil, err
	}
	return db, auth.New(auth.Options{Store: db, Logger: slog.New(slog.DiscardHandler), Now: time.Now, SetupFile: filepath.Join(dir, "setup-token")}), nil
}

func setUpIn(dir string) int {
	_, accounts, err := accountsIn(context.Background(), dir)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stdout, "ready")
	if _, err := accounts.SetUp(context.Background(), "THE-TOKEN", auth.Credentials{Name: "anna", Password: password}, home); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Fprintln(os.Stdout, "done")
	return 0
}

// Killed at any moment, the set-up is done, or it can be done again: never a user who
// can't sign in, never a console that nobody can set up.
func TestSetUp_SurvivesKill(t *testing.T) {
	again, done := 0, 0
	whole := killSetUp(t, open(t), time.Minute) // how long one takes that nobody kills
	for range 16 {
		dir := open(t)
		killSetUp(t, dir, rand.N(whole*3/2))
		db, accounts, err := accountsIn(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = accounts.SetUp(t.Context(), "THE-TOKEN", auth.Credentials{Name: "anna", Password: password}, home)
		switch {
		case err == nil:
			again++
		case fault.Is(err, fault.SetupDone):
			done++
		default:
			t.Errorf("after the kill: %v", err)
		}
		if in, err := accounts.SignIn(t.Context(), auth.Credentials{Name: "anna", Password: password}, home); err != nil || in.User.Role != auth.Admin {
			t.Errorf("the admin can't sign in: %v", err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d were done at the kill, %d had to be done again", done, again)
}

// open makes a folder in which the set-up is open.
func open(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "setup-token"), []byte("THE-TOKEN\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// killSetUp kills a child so long after its set-up began, and gives how long it lived.
func killSetUp(t *testing.T, dir string, after time.Duration) time.Duration {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), program)
	child.Env = append(os.Environ(), childFolder+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the child says %q", lines.Text())
	}
	began := time.Now()
	killer := time.AfterFunc(after, func() { _ = child.Process.Kill() })
	defer killer.Stop()
	for lines.Scan() {
	}
	_ = child.Wait() // killed, or done before
	return time.Since(began)
}
