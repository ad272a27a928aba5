package app

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bangui/internal/config"
	"bangui/internal/fail2ban/fail2bantest"
)

const ownFile = "jail.d/zz-bangui-manual.local"

// withManual is a server whose jail manual BanGUI made, not somebody else.
func withManual(t *testing.T) (*fail2bantest.Server, config.Config) {
	t.Helper()
	server := fail2bantest.Start(t, fail2bantest.Options{})
	before, _, _ := strings.Cut(server.Read(filepath.Join(server.ConfigDir(), "jail.local")), "\n[manual]")
	server.Write("etc/jail.local", before)
	server.Client("stop", "manual")
	c := settings(t)
	c.Fail2banSocket, c.Fail2banConfig = server.Socket(), server.ConfigDir()
	direct, err := OpenDirect(t.Context(), c, "", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close()
	if err := direct.AddManualJail(t.Context()); err != nil {
		t.Fatal(err)
	}
	return server, c
}

func withdrawn(t *testing.T, c config.Config) string {
	t.Helper()
	file, err := Withdraw(context.WithoutCancel(t.Context()), c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWithdraw_LeavesFail2banAsItWas(t *testing.T) {
	server, c := withManual(t)
	if got := withdrawn(t, c); got != filepath.Join(c.Fail2banConfig, ownFile) {
		t.Errorf("withdrew %q", got)
	}
	if _, err := os.Stat(filepath.Join(c.Fail2banConfig, ownFile)); !os.IsNotExist(err) {
		t.Errorf("our file is still there: %v", err)
	}
	if status := server.Client("status"); strings.Contains(status, "manual") || !strings.Contains(status, "sshd") {
		t.Errorf("jails after it: %s", status)
	}
	if got := withdrawn(t, c); got != "" {
		t.Errorf("withdrew %q a second time", got)
	}
}

func TestWithdraw_WithoutFail2banTakesTheFile(t *testing.T) {
	server, c := withManual(t)
	server.Stop()
	if got := withdrawn(t, c); got == "" {
		t.Error("withdrew nothing")
	}
	if _, err := os.Stat(filepath.Join(c.Fail2banConfig, ownFile)); !os.IsNotExist(err) {
		t.Errorf("our file is still there: %v", err)
	}
}

func TestWithdraw_LeavesWhatOthersMade(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	server.Write("etc/"+ownFile, "[manual]\nbantime = 1h\n")
	c := settings(t)
	c.Fail2banSocket, c.Fail2banConfig = server.Socket(), server.ConfigDir()
	if got := withdrawn(t, c); got != "" {
		t.Errorf("withdrew %q, which is not ours", got)
	}
	if status := server.Client("status"); !strings.Contains(status, "manual") {
		t.Errorf("the jail of somebody else is gone: %s", status)
	}
}
