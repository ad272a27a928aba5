package api_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bangui/internal/api"
	"bangui/internal/audit"
	"bangui/internal/auth"
	"bangui/internal/fault"

	"github.com/google/go-cmp/cmp"
)

// audited are the entries that the API lists, newest first.
func (d *desk) audited(query string) []api.AuditEntry {
	d.t.Helper()
	var list struct{ Items []api.AuditEntry }
	body := d.run(scenario{name: "audit", method: "GET", path: "/api/v1/audit?limit=200&" + query, status: 200})
	if err := json.Unmarshal(body, &list); err != nil {
		d.t.Fatal(err)
	}
	return list.Items
}

// actions are those that the route table names, with the rows that have them.
func actions(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if action := fields[len(fields)-1]; action != "-" {
			all[action] = append(all[action], fields[0]+" "+fields[1])
		}
	}
	return all
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func idOfBody(t *testing.T, body []byte) string {
	t.Helper()
	var made struct{ ID string }
	if err := json.Unmarshal(body, &made); err != nil || made.ID == "" {
		t.Fatalf("no id in %s", body)
	}
	return made.ID
}

// Every change that there is leaves its entry: who, from where, what, and how it ended.
func TestAudit_EveryChange(t *testing.T) {
	var passed atomic.Int64 // each request comes three seconds after the last: no rate is reached
	d := openDesk(t, func(o *api.Options) {
		o.Rate, o.Now = 10_000, func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	})
	const jail, manual, users = "/api/v1/hosts/local/jails/sshd/", "/api/v1/hosts/local/manual-jail", "/api/v1/users"
	change := func(method, path, body string, status int) []byte {
		passed.Add(int64(3 * time.Second))
		return d.run(scenario{name: method + " " + path, method: method, path: path, body: body, status: status})
	}
	change("POST", "/api/v1/bans", `{"addresses":["203.0.113.1","203.0.113.2","203.0.113.3","203.0.113.4"],"jails":["sshd"],"reason":"=a reason"}`, 200)
	change("POST", "/api/v1/bans/lift", `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, 200)
	change("POST", jail+"start", "", 204)
	change("POST", jail+"stop", "", 204)
	change("POST", jail+"reload", `{"restart":true}`, 204)
	change("POST", jail+"idle", `{"idle":true}`, 204)
	change("POST", "/api/v1/hosts/local/reload", "", 204)
	change("PUT", manual, "", 200)
	change("DELETE", manual, "", 200)
	const changes = "/api/v1/hosts/local/config/changes"
	change("POST", changes, `{"etag":"x","edits":[{"place":"jail","name":"sshd","option":"maxretry","value":"7"}],"reason":"calmer"}`, 200)
	change("POST", changes+"/x/confirm", "", 204)
	change("POST", "/api/v1/hosts/local/config/expression-test", `{"source":{"kind":"log","path":"/var/log/auth.log"},"filter":"sshd"}`, 200)
	change("POST", "/api/v1/hosts/local/config/backtests", `{"jail":"sshd","span_seconds":3600}`, 202)
	change("DELETE", "/api/v1/hosts/local/config/backtests/one", "", 204)
	change("DELETE", changes+"/x", "", 204)
	const config = "/api/v1/hosts/local/config/"
	byHand := func(content string) { d.host.change(func() { d.host.jail = content }) }
	byHand("# by hand\n")
	version := idOfBody(t, change("POST", config+"drift/adopt", `{"etag":"x","reason":"mine"}`, 200))
	byHand("# by a stranger\n")
	change("POST", config+"drift/revert", `{"etag":"x","reason":"not his"}`, 200)
	change("POST", config+"versions/"+version+"/restore", `{"etag":"x","reason":"as it was"}`, 200)
	const server = "/api/v1/hosts/local/server"
	d.run(scenario{name: "change the server", method: "PATCH", path: server, header: http.Header{"If-Match": {`"x"`}}, body: `{"log_level":"INFO","reason":"louder"}`, status: 200})
	change("POST", server+"/flush-logs", "", 204)
	change("POST", server+"/restart", `{"reason":"new version"}`, 200)
	change("POST", server+"/put-back", `{"change":"x"}`, 204)
	id := idOfBody(t, change("POST", users, `{"username":"berta","role":"viewer","password":"`+password+`"}`, 201))
	change("PATCH", users+"/"+id, `{"role":"operator","disabled":true,"password":"`+password+`2"}`, 200)
	change("PATCH", users+"/"+id, `{"disabled":false,"password":"`+password+`"}`, 200)
	token := idOfBody(t, change("POST", "/api/v1/tokens", `{"name":"scripts","scope":"read","expires_in_seconds":86400}`, 201))
	change("DELETE", "/api/v1/tokens/"+token, "", 204)
	signIn := func() http.Header {
		answer, _ := d.send(scenario{method: "POST", path: "/api/v1/auth/login", body: `{"username":"berta","password":"` + password + `"}`, header: as("")})
		return as(strings.Split(answer.Header.Get("Set-Cookie"), ";")[0])
	}
	signIn()
	var sessions struct{ Items []struct{ ID string } }
	if err := json.Unmarshal(change("GET", users+"/"+id+"/sessions", "", 200), &sessions); err != nil || len(sessions.Items) != 1 {
		t.Fatal(err)
	}
	change("DELETE", "/api/v1/auth/sessions/"+sessions.Items[0].ID, "", 204)
	berta := signIn()
	berta = d.renewed("/api/v1/auth/step-up", `{"password":"`+password+`"}`, berta)
	berta = d.renewed("/api/v1/auth/password", `{"current":"`+password+`","new":"`+password+`3"}`, berta)
	d.run(scenario{name: "logout", method: "POST", path: "/api/v1/auth/logout", header: berta, status: 204})
	change("DELETE", users+"/"+id, "", 204)
	const saved = "/api/v1/saved-filters"
	filter := idOfBody(t, change("POST", saved, `{"name":"mine","filter":{"jail":"sshd"}}`, 201))
	change("PUT", saved+"/"+filter, `{"name":"ours","filter":{"jail":"sshd"}}`, 200)
	change("DELETE", saved+"/"+filter, "", 204)
	change("POST", "/api/v1/jobs/tidy/run", "", 204)
	change("POST", "/api/v1/jobs/tidy/pause", `{"paused":true}`, 200)
	change("POST", "/api/v1/lease/release", `{"reason":"maintenance"}`, 204)
	change("POST", "/api/v1/lease/steal", `{"reason":"it hangs"}`, 200)

	found := map[string]api.AuditEntry{}
	for _, e := range d.audited("") {
		if e.Outcome != "ok" || text(e.Address) != "127.0.0.1" || e.RequestID == nil || e.Code != nil || e.Count != 1 {
			t.Errorf("%s: %+v", e.Action, e)
		}
		if strings.Contains(fmt.Sprint(text(e.Before), text(e.After), text(e.Detail), text(e.Target)), password) {
			t.Errorf("%s holds a password", e.Action)
		}
		found[e.Action] = e
	}
	missing := slices.DeleteFunc(slices.Sorted(maps.Keys(actions(t))), func(a string) bool { return found[a].ID != "" })
	if diff := cmp.Diff([]string{"setup"}, missing); diff != "" { // it is done, and has a test of its own
		t.Errorf("actions without an entry: %s", diff)
	}
	for action, want := range map[string][5]string{
		"ban.create":          {"the-admin", "203.0.113.1, 203.0.113.2, 203.0.113.3, 1 more in sshd", "", "banned (4): 203.0.113.1 in sshd, 203.0.113.2 in sshd, 203.0.113.3 in sshd, 203.0.113.4 in sshd", "=a reason"},
		"ban.lift":            {"the-admin", "203.0.113.1 in sshd", "", "lifted (1): 203.0.113.1 in sshd", ""},
		"jail.idle":           {"the-admin", "local/sshd", "running", "idle", ""},
		"jail.reload":         {"the-admin", "local/sshd", "running", "restarted", ""},
		"host.reload":         {"the-admin", "local", "", "", ""},
		"config.change":       {"the-admin", "local jail sshd: maxretry", "", "", "calmer"},
		"config.confirm":      {"the-admin", "local x", "", "", ""},
		"config.adopt":        {"the-admin", "local", "", "version " + version, "mine"},
		"config.revert_drift": {"the-admin", "local", "", "", "not his"},
		"config.restore":      {"the-admin", "local version " + version, "", "", "as it was"},
		"server.change":       {"the-admin", "local", "", "", "louder"},
		"server.restart":      {"the-admin", "local", "", "0 jails and 0 bans are back, 0 are missing", "new version"},
		"expression.test":     {"the-admin", "local log /var/log/auth.log", "", "", ""},
		"backtest.start":      {"the-admin", "local sshd", "", "", ""},
		"backtest.stop":       {"the-admin", "local one", "", "", ""},
		"user.add":            {"the-admin", "berta", "", "role viewer", ""},
		"user.change":         {"the-admin", "berta", "role viewer", "role operator, disabled, another password", ""},
		"user.remove":         {"the-admin", "berta", "role operator", "", ""},
		"auth.login":          {"berta", "berta", "", "", ""},
		"auth.logout":         {"berta", "", "", "", ""},
	} {
		e := found[action]
		got := [5]string{text(e.Actor), text(e.Target), text(e.Before), text(e.After), text(e.Detail)}
		if diff := cmp.Diff(want, got); diff != "" || e.ActorKind != "user" {
			t.Errorf("%s by a %s: %s", action, e.ActorKind, diff)
		}
	}
	d.run(scenario{name: "verify", method: "GET", path: "/api/v1/audit/verify", status: 200, has: []string{`"ok":true`, `"first_bad":null`, `"next":null`}})
}

// Every refused change leaves one: by its action, who tried, and why not.
func TestAudit_EveryRefusal(t *testing.T) {
	var passed atomic.Int64 // each request comes three seconds after the last: no rate is reached
	d := openDesk(t, func(o *api.Options) {
		o.Rate, o.Now = 10_000, func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	})
	viewer := as(d.people.session(auth.Viewer, nil))
	stale := as(d.people.session(auth.Admin, func(s *auth.Session) { s.FreshUntil = time.Now().Add(-time.Second) }))
	refused := func(c scenario, action, actor, code string) {
		t.Helper()
		d.trail.Flush(t.Context()) // the next one is the first of its minute
		passed.Add(int64(3 * time.Second))
		before := len(d.audited(""))
		d.send(c)
		all := d.audited("")
		if len(all) != before+1 {
			t.Errorf("%s %s: %d entries", c.method, c.path, len(all)-before)
			return
		}
		if e := all[0]; e.Action != action || e.Outcome != "refused" || text(e.Code) != code || text(e.Actor) != actor || text(e.Address) != "127.0.0.1" || e.Detail == nil {
			t.Errorf("%s %s: %s %s %s by %q: %+v", c.method, c.path, e.Action, e.Outcome, text(e.Code), text(e.Actor), e)
		}
	}
	for action, rows := range actions(t) {
		for _, row := range rows {
			method, path, _ := strings.Cut(row, " ")
			path = strings.NewReplacer("{host}", "local", "{jail}", "sshd", "{id}", "1").Replace(path)
			if strings.HasPrefix(action, "setup") || action == "auth.login" {
				continue
			}
			refused(scenario{method: method, path: path, body: "{}", header: as("")}, action, "", "not_signed_in")
			refused(scenario{method: method, path: path, body: "{}", header: http.Header{"Cookie": viewer["Cookie"], "Sec-Fetch-Site": {"cross-site"}}}, action, "", "forbidden")
			refused(scenario{method: method, path: path, body: "{}", header: http.Header{"Cookie": viewer["Cookie"], "Content-Type": {"text/plain"}}}, action, "", "invalid")
		}
	}
	const bans, admin = "/api/v1/bans", "the-admin"
	refused(scenario{method: "POST", path: bans, body: "{}", header: viewer}, "ban.create", "the-viewer", "not_allowed")
	refused(scenario{method: "DELETE", path: "/api/v1/users/1", header: stale}, "user.remove", admin, "step_up_needed")
	refused(scenario{method: "POST", path: bans, body: "{}"}, "ban.create", admin, "invalid")
	refused(scenario{method: "POST", path: bans, body: "}"}, "ban.create", admin, "invalid")
	refused(scenario{method: "POST", path: bans + "?x=1", body: "{}"}, "ban.create", admin, "invalid")
	refused(scenario{method: "POST", path: bans, body: `{"addresses":["nowhere"],"jails":["sshd"]}`}, "ban.create", admin, "invalid")
	refused(scenario{method: "POST", path: "/api/v1/hosts/nosuch/reload"}, "host.reload", admin, "host_not_found")
	refused(scenario{method: "DELETE", path: "/api/v1/users/" + idOf(auth.Admin)}, "user.remove", admin, "last_admin")
	refused(scenario{method: "POST", path: "/api/v1/auth/login", body: `{"username":"` + password + `","password":"wrong"}`, header: as("")}, "auth.login", "", "credentials_wrong")
	refused(scenario{method: "POST", path: "/api/v1/setup", body: `{"token":"x","username":"x","password":"x"}`, header: as("")}, "setup", "", "setup_done")
	if e := d.audited("action=auth.login")[0]; text(e.Target) != "unknown user" {
		t.Errorf("a name that is nobody's is kept: %s", text(e.Target))
	}
	d.host.refuse = map[string]bool{"203.0.113.9": true}
	d.run(scenario{name: "protected", method: "POST", path: bans, body: `{"addresses":["203.0.113.9"],"jails":["sshd"]}`, status: 200})
	if e := d.audited("")[0]; e.Outcome != "refused" || text(e.Code) != "address_protected" || text(e.After) != "refused (1): 203.0.113.9 in sshd" {
		t.Errorf("%+v", e)
	}
	passed.Add(int64(time.Minute)) // what came before does not count any more
	for range 60 {
		d.send(scenario{method: "POST", path: "/api/v1/bans/lift", body: `{}`})
	}
	refused(scenario{method: "POST", path: "/api/v1/bans/lift", body: "{}"}, "ban.lift", "", "rate_limited")
}

// A flood of refused changes costs two entries a minute, and tells how many there were.
func TestAudit_FloodOfRefusals(t *testing.T) {
	d := openDesk(t)
	for range 500 {
		d.send(scenario{method: "POST", path: "/api/v1/bans", body: "{}", header: as("")})
	}
	d.trail.Flush(t.Context())
	all, err := d.trail.Entries(t.Context(), audit.Query{Limit: 100})
	if err != nil || len(all) != 2 || all[0].Count+all[1].Count != 500 || !strings.Contains(all[0].Detail, "rate_limited") || !strings.Contains(all[0].Detail, "not_signed_in") {
		t.Errorf("%v: %+v", err, all)
	}
}

// A ban is recorded as begun before fail2ban is asked, and with its end after it.
func TestAudit_BegunBeforeItIsDone(t *testing.T) {
	d := openDesk(t)
	spy := &spy{Trail: d.trail}
	spy.begin = func(e audit.Entry) error {
		if n := d.host.writes(); n != 0 || e.Action != "ban.create" || !strings.Contains(e.After, `"addresses":["203.0.113.1"]`) {
			t.Errorf("begun after %d writes: %+v", n, e)
		}
		return nil
	}
	d.changes = append(d.changes, func(o *api.Options) { o.Audit = spy })
	d.build()
	d.run(scenario{name: "ban", method: "POST", path: "/api/v1/bans", body: `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, status: 200})
	links, err := d.db.AuditLinks(t.Context(), 0, 10)
	if err != nil || len(links) != 2 || links[0].Outcome != audit.Begun || links[1].BeganID != links[0].ID || links[1].Outcome != audit.OK {
		t.Errorf("%v: %+v", err, links)
	}
}

// spy lets a test look at, and refuse, what is recorded.
type spy struct {
	*audit.Trail
	begin, record func(audit.Entry) error
}

func (s *spy) Begin(ctx context.Context, e audit.Entry) (int64, error) {
	if err := s.begin(e); err != nil {
		return 0, err
	}
	return s.Trail.Begin(ctx, e)
}

func (s *spy) Record(ctx context.Context, e audit.Entry) error {
	if s.record != nil {
		return s.record(e)
	}
	return s.Trail.Record(ctx, e)
}

// What can't be recorded is not done; what was done is never denied afterwards.
func TestAudit_Unwritable(t *testing.T) {
	full := fault.New(fault.DiskFull, "nothing was done, because it can't be written to the audit: the disk is full").WithMend("Free some space.")
	d := openDesk(t)
	spy := &spy{Trail: d.trail, begin: func(audit.Entry) error { return full }, record: func(audit.Entry) error { return full }}
	d.changes = append(d.changes, func(o *api.Options) { o.Audit = spy })
	d.build()
	ban := scenario{name: "ban", method: "POST", path: "/api/v1/bans", body: `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, status: 507, has: []string{`"code":"disk_full"`, "Nothing was done"}}
	d.run(ban)
	if len(d.host.wrote) != 0 || len(d.noting.intents) != 0 {
		t.Errorf("it was done all the same: %v", d.host.wrote)
	}
	d.run(scenario{name: "read", method: "GET", path: "/api/v1/hosts", status: 200})
	spy.begin = func(audit.Entry) error { return nil }
	ban.status, ban.has = 200, []string{`"outcome":"banned"`}
	d.run(ban)
	if log := d.log.String(); !strings.Contains(log, "the end of a change could not be recorded") || !strings.Contains(log, `"action":"ban.create"`) {
		t.Errorf("the log does not tell: %s", log)
	}
}

func TestAudit_Failures(t *testing.T) {
	d := openDesk(t)
	d.host.err = fault.New(fault.Fail2banTimeout, "fail2ban did not answer")
	d.run(scenario{name: "stop", method: "POST", path: "/api/v1/hosts/local/jails/sshd/stop", status: 504})
	if e := d.audited("")[0]; e.Outcome != "failed" || text(e.Code) != "fail2ban_timeout" || text(e.Detail) != "Fail2ban did not answer." && text(e.Detail) != "fail2ban did not answer." {
		t.Errorf("%+v", e)
	}
	d.host.err, d.host.panics = nil, true
	d.run(scenario{name: "start", method: "POST", path: "/api/v1/hosts/local/jails/sshd/start", status: 500})
	if e := d.audited("")[0]; e.Action != "jail.start" || e.Outcome != "failed" || text(e.Code) != "internal" || strings.Contains(text(e.Detail), "secret") {
		t.Errorf("%+v", e)
	}
}

// Asking what would happen, and repeating a change that was done, change nothing.
func TestAudit_OnlyChanges(t *testing.T) {
	d := openDesk(t)
	d.run(scenario{name: "dry", method: "POST", path: "/api/v1/bans", body: `{"addresses":["203.0.113.1"],"jails":["sshd"],"dry_run":true}`, status: 200})
	if all := d.audited(""); len(all) != 0 {
		t.Errorf("a dry run was recorded: %+v", all)
	}
	for range 3 {
		d.run(scenario{
			name: "again", method: "POST", path: "/api/v1/bans", body: `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, status: 200,
			header: http.Header{"Idempotency-Key": {"once"}},
		})
	}
	if all := d.audited(""); len(all) != 1 || d.host.writes() != 1 {
		t.Errorf("%d entries for %d changes", len(all), d.host.writes())
	}
}

func TestAudit_ByToken(t *testing.T) {
	d := openDesk(t)
	_, bearer, err := d.people.IssueToken(t.Context(), auth.User{ID: idOf(auth.Operator), Name: "the-operator"}, auth.NewToken{Name: "scripts", Scope: auth.Write, Life: auth.MinTokenLife})
	if err != nil {
		t.Fatal(err)
	}
	d.run(scenario{name: "by token", method: "POST", path: "/api/v1/hosts/local/reload", header: http.Header{"Authorization": {"Bearer " + bearer}}, status: 204})
	if e := d.audited("")[0]; e.ActorKind != "token" || text(e.Actor) != "the-operator" || text(e.Detail) != "by the token scripts" {
		t.Errorf("%+v", e)
	}
}

// entries records n entries at once.
func (d *desk) entries(n int, of audit.Entry) {
	d.t.Helper()
	all := make([]audit.Entry, n)
	for i := range all {
		all[i] = of
		all[i].Target = fmt.Sprintf("%s%d", of.Target, i+1)
	}
	if _, err := d.db.AppendAudit(context.Background(), all); err != nil {
		d.t.Fatal(err)
	}
}

func TestAudit_PagesAndFilters(t *testing.T) {
	d := openDesk(t)
	anna := audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "anna"}, Action: "ban.create", Outcome: audit.OK}
	d.entries(120, anna)
	d.entries(3, audit.Entry{Actor: audit.Actor{Kind: audit.CLI, Name: "root"}, Action: "user.add", Outcome: audit.OK, At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)})
	seen, path := 0, "/api/v1/audit?actor=anna&limit=50"
	for next := ""; ; {
		var list struct {
			Items []api.AuditEntry
			Next  *string
		}
		if err := json.Unmarshal(d.run(scenario{name: "page", method: "GET", path: path + next, status: 200}), &list); err != nil {
			t.Fatal(err)
		}
		for _, e := range list.Items {
			if want := fmt.Sprint(120 - seen); text(e.Target) != want {
				t.Fatalf("entry %s, want %s", text(e.Target), want)
			}
			seen++
		}
		if list.Next == nil {
			break
		}
		next = "&cursor=" + *list.Next
		d.run(scenario{name: "another filter", method: "GET", path: "/api/v1/audit?actor=berta" + next, status: 400, has: []string{"another filter"}})
	}
	if seen != 120 {
		t.Errorf("%d were seen", seen)
	}
	for query, want := range map[string]int{
		"action=user": 3, "action=user.add": 3, "outcome=failed": 0, "since=2026-01-02T03:04:05Z&until=2026-01-02T04:04:05.001%2B01:00": 3, "until=2026-01-02T03:04:05Z": 0,
	} {
		if got := len(d.audited(query)); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	for _, query := range []string{"since=yesterday", "outcome=great", "cursor=x", "cursor=AAAAAAAAAAAAAAAAAAAAAA", "limit=0", "limit=201", "x=1", "actor=" + strings.Repeat("a", 257)} {
		if answer, body := d.send(scenario{method: "GET", path: "/api/v1/audit?" + query}); answer.StatusCode != 400 && answer.StatusCode != 422 {
			t.Errorf("%s: %d %s", query, answer.StatusCode, body)
		}
	}
}

func TestAudit_AdminsOnly(t *testing.T) {
	d := openDesk(t)
	operator := as(d.people.session(auth.Operator, nil))
	for _, path := range []string{"/api/v1/audit", "/api/v1/audit/verify"} {
		d.run(scenario{name: path, method: "GET", path: path, header: operator, status: 403})
		operator["Accept"] = []string{"text/csv"}
		d.run(scenario{name: path, method: "GET", path: path, header: operator, status: 403, has: []string{"not_allowed"}})
		d.run(scenario{name: path, method: "GET", path: path, header: http.Header{"Cookie": {""}, "Accept": {"application/x-ndjson"}}, status: 401})
	}
}

// An export holds all that matches, and a spreadsheet computes none of it.
func TestAudit_Export(t *testing.T) {
	d := openDesk(t)
	hostile := "=cmd|' /C calc'!A0\r\n\x1b[31m\u202e"
	d.entries(1001, audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "anna"}, Action: "ban.create", Outcome: audit.OK, Target: hostile, Detail: "+1", Before: "  @x", After: "plain, \"quoted\""})
	d.entries(5, audit.Entry{Actor: audit.Actor{Kind: audit.User, Name: "berta"}, Action: "ban.lift", Outcome: audit.OK})

	answer, body := d.send(scenario{method: "GET", path: "/api/v1/audit?actor=anna", header: http.Header{"Accept": {"text/csv"}}})
	rows, err := csv.NewReader(strings.NewReader(string(body))).ReadAll()
	if err != nil || len(rows) != 1002 || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/csv") || !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment") {
		t.Fatalf("%v: %d rows, %v", err, len(rows), answer.Header)
	}
	want := []string{"1001", "user", "anna", "", "ban.create", `'=cmd|' /C calc'!A0\x0d\x0a\x1b[31m\u202e1001`, "ok", "", "'+1", "'  @x", `plain, "quoted"`, "1", ""}
	if diff := cmp.Diff(want, append(rows[1][:1:1], rows[1][2:]...)); diff != "" {
		t.Error(diff)
	}

	answer, body = d.send(scenario{method: "GET", path: "/api/v1/audit", header: http.Header{"Accept": {"application/x-ndjson"}}})
	lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
	var last api.AuditEntry
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || len(lines) != 1006 || last.ID != "1" || text(last.Target) != hostile+"1" || answer.Header.Get("Content-Type") != "application/x-ndjson" {
		t.Errorf("%v: %d lines, the last is %+v", err, len(lines), last)
	}
	answer, body = d.send(scenario{method: "HEAD", path: "/api/v1/audit", header: http.Header{"Accept": {"text/csv"}}})
	if answer.StatusCode != 200 || len(body) != 0 {
		t.Errorf("HEAD: %d, %d bytes", answer.StatusCode, len(body))
	}
}

// An export that breaks is cut off: nobody takes a part for the whole.
func TestAudit_ExportBreaks(t *testing.T) {
	d := openDesk(t)
	d.entries(1000, audit.Entry{Action: "x", Outcome: audit.OK, Detail: strings.Repeat("x", 4000)})
	d.changes = append(d.changes, func(o *api.Options) { o.Audit = &breaking{Trail: d.trail} })
	d.build()
	if err := d.export(); err == nil {
		t.Error("the client can't see that it broke off")
	}
}

// Who may read the audit no more gets no further page of an export that has begun.
func TestAudit_ExportEndsWithTheRight(t *testing.T) {
	d := openDesk(t)
	d.entries(1000, audit.Entry{Action: "x", Outcome: audit.OK, Detail: strings.Repeat("x", 4000)})
	d.cookie = d.people.session(auth.Admin, nil)
	watched := &watchedTrail{Trail: d.trail}
	d.changes = append(d.changes, func(o *api.Options) { o.Audit = watched })
	d.build()
	watched.second = func() {
		role := auth.Operator
		if _, err := d.people.ChangeUser(t.Context(), idOf(auth.Admin), auth.UserChange{Role: &role}); err != nil {
			t.Error(err)
		}
	}
	if _, err := d.people.AddUser(t.Context(), auth.NewUser{Name: "another", Role: auth.Admin, Password: password}); err != nil {
		t.Fatal(err)
	}
	if err := d.export(); err == nil || watched.pages > 2 {
		t.Errorf("he read on: %d pages, %v", watched.pages, err)
	}
}

// watchedTrail does something while its second page is read.
type watchedTrail struct {
	*audit.Trail
	pages  int
	second func()
}

func (w *watchedTrail) Entries(ctx context.Context, q audit.Query) ([]audit.Entry, error) {
	if w.pages++; w.pages == 2 {
		w.second()
	}
	return w.Trail.Entries(ctx, q)
}

// export reads the whole audit as CSV; the error is that it broke off.
func (d *desk) export() error {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodGet, d.url+"/api/v1/audit", nil)
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header.Set("Accept", "text/csv")
	request.Header.Set("Cookie", d.cookie)
	answer, err := browser.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

// breaking gives two pages and then nothing.
type breaking struct {
	*audit.Trail
	pages int
}

func (b *breaking) Entries(ctx context.Context, q audit.Query) ([]audit.Entry, error) {
	if b.pages++; b.pages > 2 {
		return nil, errors.New("the database is gone")
	}
	return b.Trail.Entries(ctx, q)
}

func TestAudit_VerifyInSteps(t *testing.T) {
	d := openDesk(t)
	d.entries(10, audit.Entry{Action: "x", Outcome: audit.OK})
	d.run(scenario{name: "from the middle", method: "GET", path: "/api/v1/audit/verify?after=7", status: 200, has: []string{`"checked":3`, `"newest":{"id":"10","hash":"`}})
	d.run(scenario{name: "from nowhere", method: "GET", path: "/api/v1/audit/verify?after=70", status: 404})
	d.run(scenario{name: "backward", method: "GET", path: "/api/v1/audit/verify?after=-1", status: 422})
}

// The document names every action.
func TestAudit_ActionsAreDocumented(t *testing.T) {
	document, err := os.ReadFile("../../docs/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	for action := range actions(t) {
		if !strings.Contains(string(document), "`"+action+"`") {
			t.Errorf("docs/audit.md lacks %s", action)
		}
	}
}
