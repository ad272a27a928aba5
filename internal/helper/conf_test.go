package helper_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bangui/internal/allowlist"
	"bangui/internal/fault"
	"bangui/internal/helper"
	"bangui/internal/host"
)

func TestReadConf(t *testing.T) {
	path := filepath.Join(t.TempDir(), "helper.conf")
	conf, err := helper.ReadConf(path)
	if err != nil || !conf.ManualJail || len(conf.NeverBan) != 0 {
		t.Errorf("without a file: %+v, %v", conf, err)
	}
	if conf.Configure != host.ConfigureData || conf.LogFolders != nil {
		t.Errorf("without a file: %+v", conf)
	}
	text := "# what a console may do\n\n manual-jail=no\nconfiguration = code\nlog-folders = /var/log, /srv/logs\nnever-ban = 203.0.113.7, 2001:db8::/48\nnever-ban = 198.51.100.0/24\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	conf, err = helper.ReadConf(path)
	var never []string
	for _, e := range conf.NeverBan {
		never = append(never, allowlist.Text(e.Prefix))
	}
	if conf.Configure != host.ConfigureCode || strings.Join(conf.LogFolders, " ") != "/var/log /srv/logs" {
		t.Errorf("%+v", conf)
	}
	if err != nil || conf.ManualJail || strings.Join(never, " ") != "203.0.113.7 2001:db8::/48 198.51.100.0/24" {
		t.Errorf("%+v, %v", conf, err)
	}
}

func TestReadConf_Refuses(t *testing.T) {
	for name, c := range map[string]struct {
		text   string
		change func(path string) error
		saying string
	}{
		"an unknown key":       {"tier3 = yes\n", nil, "line 1"},
		"no key":               {"# fine\nmanual-jail\n", nil, "line 2"},
		"another value":        {"manual-jail = maybe\n", nil, "yes or no"},
		"another degree":       {"configuration = all\n", nil, "no, data or code"},
		"no folder":            {"log-folders = /var/log, logs\n", nil, "absolute path"},
		"all folders":          {"log-folders = /\n", nil, "absolute path"},
		"folder and back":      {"log-folders = /var/log/../../etc\n", nil, "absolute path"},
		"no address":           {"never-ban = example.org\n", nil, "example.org"},
		"too long":             {strings.Repeat("#", 70<<10), nil, "longer than"},
		"others may write it":  {"", func(path string) error { return os.Chmod(path, 0o622) }, "chmod go-w"},
		"its group may":        {"", func(path string) error { return os.Chmod(path, 0o660) }, "chmod go-w"},
		"somebody else has it": {"", func(path string) error { return os.Chown(path, nobody, nobody) }, "does not belong to root"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "helper.conf")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				if err := c.change(path); err != nil {
					t.Fatal(err)
				}
			}
			_, err := helper.ReadConf(path)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.MessageOf(err)+fault.MendOf(err), c.saying) {
				t.Errorf("%v (%s), want it to say %q", err, fault.MendOf(err), c.saying)
			}
		})
	}
	if _, err := helper.ReadConf(t.TempDir()); !fault.Is(err, fault.Invalid) {
		t.Errorf("a folder: %v", err)
	}
}

func TestListen_Refuses(t *testing.T) {
	allowed, err := helper.Allow(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	served := filepath.Join(dir, "served")
	serve(t, silent{}, served, allowed, nil)
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	loose := filepath.Join(dir, "loose")
	if err := os.Mkdir(loose, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(loose, 0o777); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct {
		code   fault.Code
		saying string
	}{
		served:                    {fault.Conflict, "another helper serves"},
		file:                      {fault.Conflict, "not a socket"},
		filepath.Join(loose, "s"): {fault.Invalid, "written by everybody"},
		filepath.Join(dir, strings.Repeat("s", 120)): {fault.Invalid, "there is room for 103"},
		filepath.Join(file, "s"):                     {fault.PermissionDenied, "can't be made"},
	} {
		if _, err := helper.Listen(t.Context(), path, allowed); !fault.Is(err, want.code) || !strings.Contains(err.Error(), want.saying) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A helper that was killed leaves its socket behind; the next one takes its place.
func TestListen_ReplacesWhatWasLeftBehind(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	socket := filepath.Join(dir, "s")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	allowed, _ := helper.Allow(nil, nil)
	for _, path := range []string{socket, socket + ".new"} {
		var config net.ListenConfig
		listener, err := config.Listen(t.Context(), "unix", path)
		if err != nil {
			t.Fatal(err)
		}
		unix, ok := listener.(*net.UnixListener)
		if !ok {
			t.Fatalf("%T", listener)
		}
		unix.SetUnlinkOnClose(false)
		_ = listener.Close()
	}
	serve(t, silent{}, socket, allowed, nil)
	if err := newClient(socket).Look(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestAllow_Refuses(t *testing.T) {
	if _, err := helper.Allow([]string{"no-such-user"}, nil); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "no-such-user") {
		t.Errorf("user: %v", err)
	}
	if _, err := helper.Allow(nil, []string{"no-such-group"}); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "no-such-group") {
		t.Errorf("group: %v", err)
	}
}

func TestNotify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notify")
	var config net.ListenConfig
	conn, err := config.ListenPacket(t.Context(), "unixgram", path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	environ := func(name string) string { return map[string]string{"NOTIFY_SOCKET": path}[name] }
	if err := helper.Notify(t.Context(), environ, "READY=1"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 100)
	n, _, err := conn.ReadFrom(got)
	if err != nil || string(got[:n]) != "READY=1" {
		t.Errorf("%q, %v", got[:n], err)
	}
	if err := helper.Notify(context.Background(), func(string) string { return "" }, "READY=1"); err != nil {
		t.Errorf("without systemd: %v", err)
	}
}
