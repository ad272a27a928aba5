package app

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bangui/internal/config"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
)

// vitals are what the probes say: the whole in a word, and the status of each probe.
type vitals struct {
	word              string
	full, live, ready int
}

var (
	well        = vitals{"ok", 200, 200, 200}
	degraded    = vitals{"degraded", 200, 200, 200}
	unavailable = vitals{"unavailable", 503, 200, 503}
	stuck       = vitals{"unavailable", 503, 503, 503}
)

// patient is a console whose parts a test makes ill.
type patient struct {
	t       *testing.T
	config  config.Config
	app     *App
	console running
}

// Health means one thing each (R55): live = it makes progress, ready = it can serve users.
// Neither asks for fail2ban, and a database that takes no writes only degrades.
func TestHealth_MeansOneThingEach(t *testing.T) {
	f2b := fail2bantest.Start(t, fail2bantest.Options{})
	withFail2ban := func(p *patient) { p.config.Fail2banSocket, p.config.Fail2banConfig = f2b.Socket(), f2b.ConfigDir() }
	refused := func(code fault.Code, text string) func(p *patient) {
		return func(p *patient) {
			withFail2ban(p)
			p.app.writable = func(context.Context) error { return fault.New(code, "%s", text) }
		}
	}
	cases := map[string]struct {
		before func(p *patient) // the console starts
		after  func(p *patient) // it is up
		want   vitals
		part   string // and its status
		status string
	}{
		"AllIsWell":    {withFail2ban, nil, well, "fail2ban", "ok"},
		"Fail2banDown": {nil, nil, degraded, "fail2ban", "unreachable"},
		// Before the set-up nobody can sign in, and that is as it should be: this console is new.
		"BeforeSetUp":             {withFail2ban, nil, well, "api", "ok"},
		"DatabaseLocked":          {withFail2ban, lockDatabase, degraded, "database", "database_busy"},
		"DatabaseReadOnly":        {refused(fault.PermissionDenied, "the database can't be written"), nil, degraded, "database", "permission_denied"},
		"DiskFull":                {refused(fault.DiskFull, "there is no room left"), nil, degraded, "database", "disk_full"},
		"DatabaseUnreadable":      {withFail2ban, func(p *patient) { _ = p.app.store.Close() }, unavailable, "database", ""},
		"DatabaseAndFail2banDown": {nil, func(p *patient) { _ = p.app.store.Close() }, unavailable, "fail2ban", "unreachable"},
		"ShuttingDown":            {withFail2ban, func(p *patient) { p.app.parts.report("http", "stopping", "") }, unavailable, "http", "stopping"},
		// A lease reports these: a standby serves users, a holder that can't renew does not go on.
		"Standby":     {withFail2ban, func(p *patient) { p.app.parts.report("lease", "standby", "") }, well, "lease", "standby"},
		"StuckHolder": {withFail2ban, func(p *patient) { p.app.parts.report("lease", "stuck", "") }, stuck, "lease", "stuck"},
		"Demo":        {func(p *patient) { p.config.Demo, p.config.Fail2banConfig = true, "/etc/fail2ban" }, nil, well, "demo", "ok"},
	}
	if len(cases) != 12 {
		t.Fatalf("%d combinations", len(cases))
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // it waits most of the time
			p := &patient{t: t, config: settings(t)}
			p.config.Listen = localhostAnyPort()
			p.start(c.before)
			if c.after != nil {
				c.after(p)
			}
			fail2bantest.Until(t, "health is as it should be", func() bool { return p.word() == c.want.word })
			p.check(c.want)
			if status := p.part(c.part); status != c.status && (c.status != "" || status == "ok") {
				t.Errorf("%s is %q, want %q", c.part, status, c.status)
			}
		})
	}
}

func (p *patient) start(before func(p *patient)) {
	p.app = New(Options{Log: &journal{}, Command: "bangui serve"})
	if before != nil {
		before(p)
	}
	p.app.Config, p.app.fail2ban = p.config, pathsOf(p.config)
	p.console = serveApp(p.t, p.app)
}

// check asks each probe under each name of this machine, by GET and HEAD.
func (p *patient) check(want vitals) {
	p.t.Helper()
	port := p.console.url[strings.LastIndex(p.console.url, ":")+1:]
	for _, name := range []string{"localhost", "127.0.0.1", "[::1]"} {
		for path, status := range map[string]int{"": want.full, "/live": want.live, "/ready": want.ready} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				request, err := http.NewRequestWithContext(p.t.Context(), method, "http://"+name+":"+port+"api/health"+path, nil)
				if err != nil {
					p.t.Fatal(err)
				}
				answer, err := (&http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
				if err != nil {
					p.t.Error(err)
					continue
				}
				_ = answer.Body.Close()
				if answer.StatusCode != status {
					p.t.Errorf("%s %s = %d, want %d", method, request.URL, answer.StatusCode, status)
				}
			}
		}
	}
}

type fullHealth struct {
	Status     string
	Components map[string]struct{ Status, Detail string }
}

func (p *patient) health() (h fullHealth) {
	_, body := get(p.t, p.console.url+"api/health")
	if err := json.Unmarshal([]byte(body), &h); err != nil {
		p.t.Fatalf("%v: %s", err, body)
	}
	return h
}

func (p *patient) word() string            { return p.health().Status }
func (p *patient) part(name string) string { return p.health().Components[name].Status }

// lockDatabase holds the database as another program would, until the test ends.
func lockDatabase(p *patient) {
	driver, where, lock := "sqlite", "file:"+p.config.Database, "BEGIN IMMEDIATE"
	if p.config.Postgres != "" { // where writers take turns by a lock of ours
		driver, where, lock = "pgx", p.config.Postgres, "BEGIN; SELECT pg_advisory_xact_lock(108170670180713)"
	}
	db, err := sql.Open(driver, where)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	fail2bantest.Until(p.t, "the database is locked", func() bool {
		_, err := conn.ExecContext(p.t.Context(), lock)
		return err == nil
	})
	p.t.Cleanup(func() { _, _ = conn.ExecContext(context.Background(), "ROLLBACK") })
}

// Who is neither on this machine nor signed in learns a word and nothing else: also a
// page that made its own name point here, and whoever comes through a proxy.
func TestHealth_TellsDetailsToThisMachineOnly(t *testing.T) {
	c := settings(t)
	c.AllowedHosts = []string{"bans.example.org"}
	console := serve(t, c)
	session := "Cookie: " + console.signIn(t).String() + "\r\n"
	for headers, told := range map[string]bool{
		"Host: bans.example.org\r\n":                           false, // a proxy that tells nothing of itself
		"Host: 192.0.2.1:8000\r\n":                             false,
		"Host: [::1]:8000\r\n":                                 true,
		"Host: LOCALHOST:8000\r\n":                             true,
		"Host: bangui:8000\r\n" + session:                      true,
		"Host: bangui:8000\r\nCookie: bangui_session=x\r\n":    false,
		"Host: bangui:8000\r\nAuthorization: Bearer bgt_x\r\n": false,
		"Host: localhost\r\n":                                  true,
		"Host: 127.0.0.1:8000\r\n":                             true,
		"Host: bangui:8000\r\n":                                false,
		"Host: evil.example\r\n":                               false,
		"Host: localhost\r\nX-Forwarded-For: 192.0.2.7\r\n":    false,
		"Host: localhost\r\nForwarded: for=192.0.2.7\r\n":      false,
		"Host: localhost\r\nVia: 1.1 proxy\r\n":                false,
		"Host: localhost\r\nX-Real-IP: 192.0.2.7\r\n":          false,
		"Host: localhost\r\nX-Forwarded-For: 127.0.0.1\r\n":    false,
	} {
		answer := open(t, console.url, "GET /api/health HTTP/1.1\r\n"+headers+"\r\n")
		if answer == nil || answer.StatusCode != http.StatusOK || !strings.Contains(answer.body, `"status":"degraded"`) {
			t.Errorf("%q: %+v", headers, answer)
			continue
		}
		if strings.Contains(answer.body, "fail2ban") != told || (!told && strings.TrimSpace(answer.body) != `{"status":"degraded","components":{}}`) {
			t.Errorf("%q was told %s", headers, answer.body)
		}
	}
}

// Probes may come by the hundred; the database is asked now and then.
func TestHealth_AsksTheDatabaseNowAndThen(t *testing.T) {
	a := New(Options{Config: settings(t), Log: &journal{}})
	asked := make(chan struct{}, 1000)
	a.writable = func(context.Context) error { asked <- struct{}{}; return nil }
	console := serveApp(t, a)
	for range 50 {
		get(t, console.url+"api/health")
	}
	if n := len(asked); n < 1 || n > 3 {
		t.Errorf("50 probes wrote %d times", n)
	}
}

// A console beyond loopback says what plain HTTP means, and not where a proxy speaks https.
func TestTLS_PlainHTTPBeyondLoopbackIsAFinding(t *testing.T) {
	for name, c := range map[string]struct {
		listen, public string
		want           bool
	}{
		"Loopback": {"127.0.0.1:0", "", false}, "Network": {"0.0.0.0:0", "", true}, "NetworkBehindHTTP": {"0.0.0.0:0", "http://x.example", true},
		"NetworkBehindHTTPS": {"0.0.0.0:0", "https://x.example", false}, "AllOfIPv6": {"[::]:0", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			a := New(Options{Config: settings(t), Log: &journal{}})
			a.Config.Listen, a.Config.PublicURL = addresses(c.listen), c.public
			if err := a.startTLS(t.Context()); err != nil {
				t.Fatal(err)
			}
			told := fmt.Sprint(a.findings.All())
			if strings.Contains(told, "plain_http") != c.want || strings.Contains(told, "in the clear") != c.want {
				t.Errorf("findings %s", told)
			}
			a.tellSetup(t.Context())
			said := a.Log.(*journal).String()
			warned := strings.Count(said, `"WARN"`) + strings.Count(said, "level=WARN")
			if want := map[bool]int{true: 1}[c.want]; warned != want {
				t.Errorf("%d warnings, want %d:\n%s", warned, want, said)
			}
		})
	}
}
