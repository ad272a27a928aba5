package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"bangui/internal/api"
	"bangui/internal/fail2ban/fail2bantest"
)

func TestServer_IsSeenChangedAndRestarted(t *testing.T) {
	s := open(t)
	const server = "/api/v1/hosts/local/server"
	var seen api.Server
	look := func() string {
		t.Helper()
		answer, body := s.send(scenario{name: "server", method: "GET", path: server})
		if err := json.Unmarshal(body, &seen); err != nil || answer.StatusCode != 200 || answer.Header.Get("ETag") != `"`+seen.ETag+`"` {
			t.Fatalf("%d %s %v", answer.StatusCode, body, err)
		}
		return answer.Header.Get("ETag")
	}
	change := func(name, etag, body string, status int, has ...string) {
		t.Helper()
		header := http.Header{}
		if etag != "" {
			header.Set("If-Match", etag)
		}
		s.run(scenario{name: name, method: "PATCH", path: server, header: header, body: body, status: status, has: has})
	}
	first := look()
	if seen.Restart.Way == nil || *seen.Restart.Way != "program" || seen.LogAt == nil || *seen.LogAt != s.fail2ban.Log() {
		t.Errorf("%+v", seen)
	}
	change("from nothing", "", `{"log_level":"ERROR"}`, 428)
	change("nothing", first, `{}`, 400)
	change("bad", first, `{"log_level":"LOUD"}`, 400)
	change("try", first, `{"purge_age_seconds":3600,"dry_run":true}`, 200, `"applied":false`, `"option":"dbpurgeage"`, `forgets bans after 1h0m0s`)
	change("apply", first, `{"log_level":"NOTICE","max_matches":4}`, 200, `"applied":true`, `"do":"set"`)
	change("second admin", first, `{"log_level":"INFO"}`, 412)
	if got := s.fail2ban.Client("get", "loglevel"); !strings.Contains(got, "NOTICE") {
		t.Errorf("live: %s", got)
	}
	change("back", look(), `{"reset":["log_level","max_matches"]}`, 200, `"applied":true`)
	if got := s.fail2ban.Client("get", "loglevel"); !strings.Contains(got, "INFO") {
		t.Errorf("live: %s", got)
	}
	s.run(scenario{name: "flush", method: "POST", path: server + "/flush-logs", status: 204})

	s.fail2ban.Client("set", "sshd", "banip", "198.51.100.1")
	s.fail2ban.Append(s.fail2ban.Log(), "2026-11-26 10:00:00,000 fail2ban.filter [1]: ERROR   [sshd] <b>\x1b[2Jhostile\n")
	var log api.ServerLog
	if err := json.Unmarshal(s.run(scenario{name: "log", method: "GET", path: server + "/log?level=ERROR&jail=sshd", status: 200, has: []string{`"level":"ERROR"`, `\u001b[2Jhostile`}}), &log); err != nil || log.Newer == nil {
		t.Fatalf("%+v, %v", log, err)
	}
	s.fail2ban.Client("config-error", "a new line")
	s.run(scenario{name: "follow", method: "GET", path: server + "/log?after=" + *log.Newer, status: 200, has: []string{"a new line"}, hasNot: []string{"hostile"}})
	s.run(scenario{name: "log of nowhere", method: "GET", path: server + "/log?after=x", status: 400})
	s.run(scenario{name: "bad level", method: "GET", path: server + "/log?level=LOUD", status: 422})
	s.run(scenario{name: "put back nothing", method: "POST", path: server + "/put-back", body: `{"change":"x"}`, status: 404})

	fail2bantest.Until(t, "the ban is counted", func() bool { look(); return seen.Restart.Bans == 1 })
	var done api.ServerRestarted
	if err := json.Unmarshal(s.run(scenario{name: "restart", method: "POST", path: server + "/restart", body: `{"reason":"new kernel"}`, status: 200}), &done); err != nil || done.Jails != 3 || done.Bans != 1 || len(done.Missing) != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	s.run(scenario{name: "audit", method: "GET", path: "/api/v1/audit?action=server", status: 200, has: []string{"server.change", "server.flush_logs", "server.restart", "new kernel", "3 jails and 1 bans are back"}})
}
