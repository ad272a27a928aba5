package app

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// A helper that is away is a state, not a failed start.
func TestApp_WaitsForItsHelper(t *testing.T) {
	c := settings(t)
	c.Helper = filepath.Join(t.TempDir(), "helper.sock")
	server := fail2bantest.Start(t, fail2bantest.Options{})
	a := New(Options{Config: c, Version: "test", Log: &journal{}, Command: "bangui serve"})
	console := serveApp(t, a)
	if s := a.host.State(); s.Reach != host.Unreachable || !strings.Contains(s.Mend, "systemctl start bangui-helper") {
		t.Errorf("%+v", s)
	}
	if status, body := get(t, console.url+"api/health"); status != 200 {
		t.Errorf("health while the helper is away: %d %s", status, body)
	}
	session := console.signIn(t)
	for _, change := range [][3]string{
		{http.MethodPost, "api/v1/bans", `{"jails":["manual"],"addresses":["203.0.113.7"]}`},
		{http.MethodPost, "api/v1/bans/lift", `{"jails":["manual"],"addresses":["203.0.113.7"]}`},
		{http.MethodPost, "api/v1/hosts/local/reload", ""},
		{http.MethodPut, "api/v1/hosts/local/manual-jail", ""},
	} {
		if answer, body := send(t, change[0], console.url+change[1], change[2], session); answer.StatusCode < 500 || !strings.Contains(body, `"mend":"`) {
			t.Errorf("%s while the helper is away: %d %s", change[1], answer.StatusCode, body)
		}
	}
	for _, read := range []string{"api/v1/hosts", "api/v1/bans?state=all", "api/v1/audit?outcome=failed"} {
		if answer, body := send(t, http.MethodGet, console.url+read, "", session); answer.StatusCode != http.StatusOK || strings.Contains(read, "audit") && strings.Count(body, `"outcome":"failed"`) != 4 {
			t.Errorf("%s while the helper is away: %d %s", read, answer.StatusCode, body)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	helperConfig := c
	helperConfig.Fail2banSocket, helperConfig.Fail2banConfig = server.Socket(), server.ConfigDir()
	log := &journal{}
	go func() {
		done <- RunHelper(ctx, HelperOptions{
			Config: helperConfig, Version: "test", Log: log, Getenv: func(string) string { return "" },
			Socket: c.Helper, Conf: filepath.Join(t.TempDir(), "helper.conf"),
		})
	}()
	fail2bantest.Until(t, "the helper is found", func() bool { return a.host.State().Reach == host.Online })
	for _, f := range a.host.State().Findings {
		if f.Code == "in_process" {
			t.Error("it says that it holds fail2ban's socket")
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("the helper ended with %v\n%s", err, log)
	}
	if err := console.stop(); err != nil {
		t.Errorf("the console ended with %v", err)
	}
}

func TestRunHelper_Refuses(t *testing.T) {
	conf := settings(t) // its fail2ban is away, which is no reason to refuse
	loose := filepath.Join(t.TempDir(), "helper.conf")
	if err := os.WriteFile(loose, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(loose, 0o666); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(o *HelperOptions)
		told  string
	}{
		"a file that others may write": {func(o *HelperOptions) { o.Conf = loose }, "not believed"},
		"no such user":                 {func(o *HelperOptions) { o.Users = []string{"no-such-user"} }, "no-such-user"},
		"no such group":                {func(o *HelperOptions) { o.Groups = []string{"no-such-group"} }, "no-such-group"},
		"a file in the way":            {func(o *HelperOptions) { o.Socket = loose }, "is there and is not a socket"},
		"no folder":                    {func(o *HelperOptions) { o.Socket = filepath.Join(loose, "s") }, "can't be made"},
		"a long path":                  {func(o *HelperOptions) { o.Socket = "/" + strings.Repeat("s", 200) }, "there is room for"},
		"two sockets of systemd":       {func(o *HelperOptions) { o.Getenv = handedOver("2") }, "handed over"},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			o := HelperOptions{
				Config: conf, Version: "test", Log: &journal{}, Getenv: func(string) string { return "" },
				Socket: filepath.Join(t.TempDir(), "s"), Conf: filepath.Join(t.TempDir(), "none"),
			}
			c.spoil(&o)
			if err := RunHelper(ctx, o); err == nil || !strings.Contains(fault.MessageOf(err), c.told) {
				t.Errorf("RunHelper = %v, want it to say %q", err, c.told)
			}
		})
	}
}

// handedOver is the environment in which systemd hands over so many sockets.
func handedOver(sockets string) func(string) string {
	return func(name string) string {
		return map[string]string{"LISTEN_PID": strconv.Itoa(os.Getpid()), "LISTEN_FDS": sockets}[name]
	}
}

// A console without a helper says what that means.
func TestApp_SaysThatItHoldsTheSocket(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	c := settings(t)
	c.Fail2banSocket, c.Fail2banConfig = server.Socket(), server.ConfigDir()
	a := New(Options{Config: c, Version: "test", Log: &journal{}, Command: "bangui serve"})
	serveApp(t, a)
	for _, f := range a.host.State().Findings {
		if f.Code == "in_process" && strings.Contains(f.Mend, "bangui helper") {
			return
		}
	}
	t.Errorf("findings: %+v", a.host.State().Findings)
}

// What the machine's owner wrote down counts without a helper too: for a console in one
// process, and for a command that does without one.
func TestApp_HonoursTheOwnersFile(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	owner := filepath.Join(t.TempDir(), "helper.conf")
	if err := os.WriteFile(owner, []byte("never-ban = 203.0.113.0/24\nmanual-jail = no\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := settings(t)
	c.Fail2banSocket, c.Fail2banConfig = server.Socket(), server.ConfigDir()
	a := New(Options{Config: c, Version: "test", Log: &journal{}, Command: "bangui serve", HelperConf: owner})
	console := serveApp(t, a)
	session := console.signIn(t)
	ban := func() (int, string) {
		answer, body := send(t, http.MethodPost, console.url+"api/v1/bans", `{"jails":["manual"],"addresses":["203.0.113.7","198.51.100.7"]}`, session)
		return answer.StatusCode, body
	}
	server.Until("the console bans", func() bool { status, _ := ban(); return status == http.StatusOK })
	if _, body := ban(); !strings.Contains(body, `"refused","detail":"203.0.113.7 is never banned: it is on the never-ban list`) || !strings.Contains(body, `"198.51.100.7","outcome":"already_banned"`) {
		t.Errorf("the console: %s", body)
	}
	if answer, body := send(t, http.MethodPut, console.url+"api/v1/hosts/local/manual-jail", "", session); answer.StatusCode != http.StatusForbidden || !strings.Contains(body, owner) {
		t.Errorf("our own jail: %d %s", answer.StatusCode, body)
	}
	direct, err := OpenDirect(t.Context(), c, owner, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close()
	got, err := direct.Ban(t.Context(), host.BanOrder{Targets: []netip.Prefix{netip.MustParsePrefix("203.0.113.9/32")}, Jails: []string{"manual"}})
	if err != nil || got[0].Result != host.Refused {
		t.Errorf("a command: %+v, %v", got, err)
	}
	if err := os.Chmod(owner, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenDirect(t.Context(), c, owner, slog.New(slog.DiscardHandler)); !fault.Is(err, fault.Invalid) {
		t.Errorf("a file that others may write: %v", err)
	}
}
