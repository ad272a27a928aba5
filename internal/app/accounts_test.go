package app

import (
	"errors"
	"io"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
)

// The first start tells a link, whose token makes the first admin once; the next start
// tells none.
func TestApp_SetUpByTheLink(t *testing.T) {
	c := settings(t)
	c.SetupPasswordFile = ""
	console := serve(t, c)
	token, found := strings.CutPrefix(console.setup, console.url+"#setup=")
	if !found || len(token) != 26 {
		t.Fatalf("the link is %q", console.setup)
	}
	file := SetupFile(c.DataDir)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token's file: %v, %v", info, err)
	}
	if !strings.Contains(console.log.String(), token) {
		t.Error("the log lacks the link")
	}
	if status, body := get(t, console.url+"api/v1/hosts"); status != http.StatusUnauthorized || !strings.Contains(body, "setup_needed") {
		t.Errorf("before the set-up: %d %s", status, body)
	}
	if err := console.stop(); err != nil {
		t.Fatal(err)
	}

	console = serve(t, c)
	if got := console.setup; !strings.HasSuffix(got, token) {
		t.Errorf("a second start has another token: %s", got)
	}
	setUp := `{"token":"` + token + `","username":"admin","password":"` + password + `"}`
	if response, body := send(t, http.MethodPost, console.url+"api/v1/setup", setUp); response.StatusCode != http.StatusNoContent {
		t.Fatalf("set-up: %d %s", response.StatusCode, body)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the token is still there: %v", err)
	}
	console.signIn(t)
	put(t, file, token) // as if the process had been killed before it removed the file
	if err := console.stop(); err != nil {
		t.Fatal(err)
	}

	console = serve(t, c)
	if _, err := os.Stat(file); console.setup != "" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("once there is a user: %q, %v", console.setup, err)
	}
	console.signIn(t)
}

func TestApp_SetUpUnattendedRefuses(t *testing.T) {
	for name, c := range map[string]struct{ content, told string }{
		"weak":  {"short\n", "5 characters"},
		"empty": {"", "0 characters"},
		"large": {strings.Repeat("x", 5000), "larger than"},
	} {
		conf := settings(t)
		put(t, conf.SetupPasswordFile, c.content)
		err := New(Options{Config: conf, Log: &journal{}}).Run(t.Context())
		var failed *StageError
		if !errors.As(err, &failed) || failed.Stage != "accounts" || !strings.Contains(Sentence(err), c.told) {
			t.Errorf("%s: %v", name, err)
		}
	}
	conf := settings(t)
	conf.SetupPasswordFile = filepath.Join(t.TempDir(), "nowhere")
	if err := New(Options{Config: conf, Log: &journal{}}).Run(t.Context()); !fault.Is(err, fault.Invalid) || !strings.Contains(Sentence(err), "nowhere") {
		t.Errorf("no file: %v", err)
	}
	done := settings(t)
	if err := serve(t, done).stop(); err != nil {
		t.Fatal(err)
	}
	done.SetupPasswordFile = "/nowhere" // once there is a user nobody looks there
	serve(t, done).signIn(t)
}

// Where an admin is signed in from is never banned, by whoever asks, and the list says why.
func TestApp_NeverBansWhereAnAdminIs(t *testing.T) {
	f2b := fail2bantest.Start(t, fail2bantest.Options{})
	c := settings(t)
	c.Fail2banSocket, c.Fail2banConfig = f2b.Socket(), f2b.ConfigDir()
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	console := serve(t, c)
	here := console.signIn(t)
	ban := func() string {
		_, body := send(t, http.MethodPost, console.url+"api/v1/bans", `{"jails":["manual"],"addresses":["198.51.100.77"],"dry_run":true}`, here)
		return body
	}
	f2b.Until("the jail is seen", func() bool { return strings.Contains(ban(), "would_ban") })

	accounts, err := OpenAccounts(t.Context(), c, "bangui")
	if err != nil {
		t.Fatal(err)
	}
	defer accounts.Close()
	away := auth.Origin{Address: netip.MustParseAddr("198.51.100.77")}
	in, err := accounts.SignIn(t.Context(), auth.Credentials{Name: "admin", Password: password}, away)
	if err != nil {
		t.Fatal(err)
	}
	if got := ban(); !strings.Contains(got, `"refused"`) || !strings.Contains(got, "where an admin is signed in from") {
		t.Errorf("while he is signed in: %s", got)
	}
	if _, body := send(t, http.MethodGet, console.url+"api/v1/about", "", here); !strings.Contains(body, "198.51.100.77") {
		t.Errorf("the list of what is never banned lacks it: %s", body)
	}
	if err := accounts.SignOut(t.Context(), auth.Principal{User: in.User, Session: in.Session}); err != nil {
		t.Fatal(err)
	}
	if got := ban(); !strings.Contains(got, "would_ban") {
		t.Errorf("after he signed out: %s", got)
	}
}

// A stream ends within five seconds after the command line ended its session.
func TestApp_TheCommandLineEndsStreams(t *testing.T) {
	c := settings(t)
	console := serve(t, c)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, console.url+"api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.AddCookie(console.signIn(t))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
	accounts, err := OpenAccounts(t.Context(), c, "bangui")
	if err != nil {
		t.Fatal(err)
	}
	defer accounts.Close()
	admin, err := accounts.UserNamed(t.Context(), "admin")
	if err != nil {
		t.Fatal(err)
	}
	next := "another good password"
	if _, err := accounts.ChangeUser(t.Context(), admin.ID, auth.UserChange{Password: &next}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		t.Errorf("the stream did not end in order: %v", err)
	}
	if took := time.Since(began); took > 14*time.Second { // and stalls; the first beat comes after 15 s
		t.Errorf("it ended after %s", took)
	}
}
