package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"bangui/internal/config"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Rounds(m).Run()) }

// settings are for a console of its own in a folder, beside a fail2ban that is away. Its
// database is of the engine that this round of the tests is for.
func settings(t *testing.T) config.Config {
	t.Helper()
	c := fileSettings(t)
	if at := storetest.Place(t); at.Postgres != "" {
		c.Database, c.Postgres = "", at.Postgres
	}
	return c
}

// fileSettings are settings whose database is a SQLite file in the data folder in either
// round, for what is about that file.
func fileSettings(t *testing.T) config.Config {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data")
	c, _, err := config.Load(config.Given{Flags: map[string]string{
		"data-dir": dir, "listen": "127.0.0.1:0", "fail2ban-socket": filepath.Join(dir, "none.sock"), "log-format": "json", "log-level": "debug",
		"setup-password-file": passwordFile(t),
	}}, config.Surroundings{Getenv: func(string) string { return "" }, WorkDir: "/"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const password = "a password of tests"

func passwordFile(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "password")
	put(t, name, password+"\n")
	return name
}

// journal is a log that is written and read at the same time.
type journal struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.String()
}

// running is a console in this process.
type running struct {
	url   string
	setup string // the link that makes the first admin
	log   *journal
	stop  func() error // ends it and gives what Run returned; may be called twice
}

func serve(t *testing.T, c config.Config) running {
	t.Helper()
	return serveApp(t, New(Options{Config: c, Version: "test", Log: &journal{}, Command: "bangui serve"}))
}

// serveApp runs a console that logs into a journal.
func serveApp(t *testing.T, a *App) running {
	t.Helper()
	log, ready := a.Log.(*journal), make(chan [2]string, 1)
	a.Ready = func(url, setup string) { ready <- [2]string{url, setup} }
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	stop := sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	t.Cleanup(func() { _ = stop() })
	select {
	case told := <-ready:
		return running{told[0], told[1], log, stop}
	case err := <-done:
		done <- err
		t.Fatalf("the console did not start: %v\n%s", err, log)
	case <-time.After(time.Minute):
		t.Fatalf("the console is not up after a minute\n%s", log)
	}
	panic("not reached")
}

// get asks one thing without a session, on a connection of its own.
func get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, body := send(t, http.MethodGet, url, "")
	return response.StatusCode, body
}

// send sends a body, if there is one, and a cookie.
func send(t *testing.T, method, url, body string, cookies ...*http.Cookie) (*http.Response, string) {
	t.Helper()
	client := http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/html,application/json")
	request.Header.Set("Content-Type", "application/json")
	for _, c := range cookies {
		request.AddCookie(c)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(content)
}

// signIn signs the admin of the settings in.
func (r running) signIn(t *testing.T) *http.Cookie {
	t.Helper()
	response, body := send(t, http.MethodPost, r.url+"api/v1/auth/login", `{"username":"admin","password":"`+password+`"}`)
	if response.StatusCode != http.StatusNoContent || len(response.Cookies()) != 1 {
		t.Fatalf("sign-in: %d %s", response.StatusCode, body)
	}
	return response.Cookies()[0]
}

func TestApp_ServesWithoutFail2banAndLeavesNothing(t *testing.T) {
	defer goleak.VerifyNone(t)
	c := settings(t)
	console := serve(t, c)

	if status, _ := get(t, console.url); status != http.StatusOK {
		t.Errorf("page = %d", status)
	}
	status, body := get(t, console.url+"api/health")
	var health struct {
		Status     string
		Components map[string]struct{ Status string }
	}
	if err := json.Unmarshal([]byte(body), &health); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	if status != http.StatusOK || health.Status != "degraded" || health.Components["http"].Status != "ok" || health.Components["demo"].Status != "off" {
		t.Errorf("health = %d %s", status, body)
	}
	if written, err := os.ReadFile(filepath.Join(c.DataDir, "listen")); err != nil || strings.TrimSpace(string(written)) != console.url {
		t.Errorf("listen file = %q, %v; want %s", written, err, console.url)
	}
	if err := console.stop(); err != nil {
		t.Errorf("stop = %v\n%s", err, console.log)
	}
	if _, err := os.Stat(filepath.Join(c.DataDir, "listen")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the listen file is still there: %v", err)
	}
	for _, word := range []string{`"stage started"`, `"serving"`, `"stage stopped"`, `"console stopped"`, "fail2ban does not answer"} {
		if !strings.Contains(console.log.String(), word) {
			t.Errorf("the log lacks %s:\n%s", word, console.log)
		}
	}
}

func TestApp_KeepsItsHostID(t *testing.T) {
	c := settings(t)
	var ids []string
	for range 2 {
		console := serve(t, c)
		_, body := send(t, http.MethodGet, console.url+"api/v1/hosts/local", "", console.signIn(t))
		var host struct{ ID string }
		if err := json.Unmarshal([]byte(body), &host); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, host.ID)
		if err := console.stop(); err != nil {
			t.Error(err)
		}
	}
	if ids[0] == "" || ids[0] != ids[1] {
		t.Errorf("ids = %q", ids)
	}
}

func TestApp_SeesARealFail2ban(t *testing.T) {
	f2b := fail2bantest.Start(t, fail2bantest.Options{})
	c := settings(t)
	c.Fail2banSocket, c.Fail2banConfig = f2b.Socket(), f2b.ConfigDir()
	console := serve(t, c)
	session := console.signIn(t)
	f2b.Until("the console shows the jail", func() bool {
		_, body := send(t, http.MethodGet, console.url+"api/v1/hosts/local/jails", "", session)
		return strings.Contains(body, `"sshd"`)
	})
	f2b.Fail("203.0.113.7", 5, "root")
	f2b.Until("the console shows the ban", func() bool {
		_, body := send(t, http.MethodGet, console.url+"api/v1/bans", "", session)
		return strings.Contains(body, "203.0.113.7")
	})
}

// An open event stream does not hold up the stop; its reader sees it end.
func TestApp_StopEndsEventStreams(t *testing.T) {
	console := serve(t, settings(t))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, console.url+"api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.AddCookie(console.signIn(t))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("the stream is answered with %s", response.Status)
	}
	began := time.Now()
	if err := console.stop(); err != nil {
		t.Errorf("stop = %v", err)
	}
	if took := time.Since(began); took > drainTime-5*time.Second { // as long as for a request that does not end
		t.Errorf("the stop took %s", took)
	}
	content, err := io.ReadAll(response.Body)
	if text := string(content); err != nil || !strings.HasSuffix(text, ": the server is stopping\nretry: 1000\n\n") {
		t.Errorf("the stream did not end in order: %v\n%s", err, text)
	}
}

// Each real stage is made to fail in turn: exactly the started ones stop, in
// reverse, and nothing is left behind.
func TestApp_EachStageFailsInTurn(t *testing.T) {
	names := []string{"config", "logging", "database", "audit", "accounts", "lease", "demo", "geo", "host", "metrics", "jobs", "api", "tls", "http"}
	if got := stageNames(New(Options{Log: io.Discard}).graph()); !slices.Equal(got, names) {
		t.Fatalf("stages = %v; this test knows %v", got, names)
	}
	for _, bad := range names {
		t.Run(bad, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			var started, stopped []string
			c := settings(t)
			c.MetricsListen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
			a := New(Options{Config: c, Log: io.Discard})
			stages := a.graph()
			for i, s := range stages {
				stages[i].off = false
				if s.name == "demo" { // the real one has a test of its own, in package demo
					s.start, s.stop = func(context.Context) error { return nil }, nil
				}
				stages[i].start = func(ctx context.Context) error {
					if s.name == bad {
						return fault.New(fault.Unavailable, "the test wants it so").WithMend("Let it be.")
					}
					started = append(started, s.name)
					return s.start(ctx)
				}
				stages[i].grace = drainTime
				stages[i].stop = func(ctx context.Context) error {
					stopped = append(stopped, s.name)
					if s.stop == nil {
						return nil
					}
					return s.stop(ctx)
				}
			}
			err := a.run(t.Context(), stages)
			var failed *StageError
			if !errors.As(err, &failed) || failed.Stage != bad || Sentence(err) != "The test wants it so. Let it be." {
				t.Errorf("err = %v", err)
			}
			slices.Reverse(stopped)
			if !slices.Equal(started, stopped) {
				t.Errorf("started %v, stopped (reversed) %v", started, stopped)
			}
			if want := names[:slices.Index(names, bad)]; !slices.Equal(started, want) {
				t.Errorf("started %v, want %v", started, want)
			}
			if _, err := os.Stat(filepath.Join(a.Config.DataDir, "listen")); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the listen file is there: %v", err)
			}
		})
	}
}

func stageNames(stages []stage) []string {
	var names []string
	for _, s := range stages {
		names = append(names, s.name)
	}
	return names
}

// What really goes wrong on machines, and the sentence that is read then.
func TestApp_SaysWhatIsWrong(t *testing.T) {
	cases := map[string]struct {
		spoil func(t *testing.T, c *config.Config)
		stage string
		told  []string
	}{
		"DataDirIsAFile": {func(t *testing.T, c *config.Config) { put(t, c.DataDir, "x") }, "config", []string{"data folder", "--data-dir"}},
		"DatabaseIsAFolder": {
			func(t *testing.T, c *config.Config) {
				if err := os.MkdirAll(filepath.Join(c.Database, "x"), 0o700); err != nil {
					t.Fatal(err)
				}
			},
			"database",
			[]string{"bangui.db", "--data-dir"},
		},
		"DatabaseIsDamaged": {func(t *testing.T, c *config.Config) { put(t, c.Database, strings.Repeat("not a database ", 1000)) }, "database", []string{"bangui.db"}},
		"HostIDIsDamaged":   {func(t *testing.T, c *config.Config) { put(t, filepath.Join(c.DataDir, "host-id"), "?") }, "host", []string{"host-id", "backup"}},
		"DemoHasNoStock": {
			func(_ *testing.T, c *config.Config) { c.Demo, c.Fail2banConfig = true, "/nowhere" },
			"demo",
			[]string{"fail2ban", "apt-get install"},
		},
		"CertificateIsNone": {
			func(t *testing.T, c *config.Config) {
				c.TLSCert, c.TLSKey = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
				put(t, c.TLSCert, "no certificate")
				put(t, c.TLSKey, "no key")
			},
			"tls",
			[]string{"cert.pem", "certificate"},
		},
		"PortIsTaken": {
			func(t *testing.T, c *config.Config) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { _ = l.Close() })
				c.Listen = []netip.AddrPort{l.Addr().(*net.TCPAddr).AddrPort()}
			},
			"http",
			[]string{"taken by another program", "--listen"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
			conf := fileSettings(t)
			c.spoil(t, &conf)
			err := New(Options{Config: conf, Log: io.Discard}).Run(t.Context())
			var failed *StageError
			if !errors.As(err, &failed) || failed.Stage != c.stage {
				t.Fatalf("err = %v, want stage %s", err, c.stage)
			}
			for _, want := range c.told {
				if !strings.Contains(Sentence(err), want) {
					t.Errorf("%q lacks %q", Sentence(err), want)
				}
			}
			if strings.Count(Sentence(err), "\n") > 0 {
				t.Errorf("more than one line: %q", Sentence(err))
			}
		})
	}
}

func put(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// What the console does by itself and what is asked of it are on record, over a restart.
func TestApp_RecordsWhoDidWhat(t *testing.T) {
	c := settings(t)
	first := serve(t, c)
	session := first.signIn(t)
	list := func(console running) string {
		_, body := send(t, http.MethodGet, console.url+"api/v1/audit", "", session)
		return body
	}
	send(t, http.MethodPost, first.url+"api/v1/hosts/nosuch/reload", "", session)
	send(t, http.MethodPost, first.url+"api/v1/hosts/local/reload", "")
	send(t, http.MethodPost, first.url+"api/v1/hosts/local/reload", "")
	for _, want := range []string{`"actor":"bangui","actor_kind":"system"`, `"action":"setup"`, `"action":"auth.login"`, `"action":"host.reload"`, `"outcome":"refused"`, `"code":"host_not_found"`, `"code":"not_signed_in"`} {
		if body := list(first); !strings.Contains(body, want) {
			t.Errorf("%s is missing in %s", want, body)
		}
	}
	if err := first.stop(); err != nil {
		t.Fatal(err)
	}
	second := serve(t, c)
	if body := list(second); !strings.Contains(body, `1 more from 127.0.0.1`) {
		t.Errorf("what was counted when the console stopped is lost: %s", body)
	}
	if _, body := send(t, http.MethodGet, second.url+"api/v1/audit/verify", "", session); !strings.Contains(body, `"ok":true`) {
		t.Errorf("%s", body)
	}
}
