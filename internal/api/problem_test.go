package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"bangui/internal/api"
	"bangui/internal/auth"
	"bangui/internal/event"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// Every code becomes its status and its word; the cause stays in the log, where it
// stands once under the request id.
func TestProblem_EachCode(t *testing.T) {
	d := openDesk(t)
	statuses := map[fault.Code]int{
		fault.Internal: 500, fault.Invalid: 400, fault.NotFound: 404, fault.HostNotFound: 404, fault.JailNotFound: 404,
		fault.MethodNotAllowed: 405, fault.Forbidden: 403, fault.HostUnknown: 421, fault.Conflict: 409, fault.Protected: 422, fault.NeedsConfirm: 422,
		fault.TooLarge: 413, fault.TooMany: 429, fault.RateLimited: 429, fault.Unsupported: 501, fault.Fail2banUnreachable: 502, fault.Fail2banForbidden: 502,
		fault.Fail2banRefused: 502, fault.Fail2banTimeout: 504, fault.Fail2banGarbled: 502, fault.Unavailable: 503, fault.DatabaseBusy: 503,
		fault.NotSignedIn: 401, fault.SetupNeeded: 401, fault.SetupDone: 404, fault.SetupTokenWrong: 403, fault.CredentialsWrong: 401,
		fault.AttemptsThrottled: 429, fault.NotAllowed: 403, fault.StepUpNeeded: 403, fault.LastAdmin: 409, fault.PasswordWeak: 422,
		fault.DatabaseCorrupt: 503, fault.DatabaseTooNew: 503, fault.DiskFull: 507, fault.PermissionDenied: 503,
	}
	for _, code := range fault.Codes() {
		id := "id-" + strings.ReplaceAll(string(code), "_", "-")
		d.host.err = fault.Wrap(errors.New("the cause of "+id), code, "it did not work").WithMend("Mend it.")
		answer, body := d.send(scenario{method: "GET", path: "/api/v1/hosts/local/jails/sshd", header: http.Header{"X-Request-Id": {id}}})
		var p api.Problem
		if err := json.Unmarshal(body, &p); err != nil {
			t.Fatal(err)
		}
		want := api.Problem{Type: "/docs/errors#" + string(code), Status: statuses[code], Detail: "It did not work.", Mend: "Mend it.", Code: string(code), RequestID: id}
		if code == fault.Internal {
			want.Detail = fault.MessageOf(d.host.err)
		}
		if diff := cmp.Diff(want, p, cmpopts.IgnoreFields(api.Problem{}, "Title")); diff != "" || p.Title == "" || answer.StatusCode != statuses[code] {
			t.Errorf("%s: %d %s", code, answer.StatusCode, diff)
		}
		if strings.Contains(string(body), "the cause of") {
			t.Errorf("%s tells its cause: %s", code, body)
		}
		if again := answer.StatusCode == 429 || answer.StatusCode == 503; again != (answer.Header.Get("Retry-After") != "") {
			t.Errorf("%s: Retry-After is %q", code, answer.Header.Get("Retry-After"))
		}
		if got := strings.Count(d.log.String(), "the cause of "+id+`"`); got != 1 {
			t.Errorf("%s: the log has the cause %d times", code, got)
		}
	}
	if len(statuses) != len(fault.Codes()) {
		t.Errorf("%d codes, %d are tested", len(fault.Codes()), len(statuses))
	}
}

func TestProblem_Panic(t *testing.T) {
	d := openDesk(t)
	d.host.panics = true
	d.run(scenario{
		name: "panic", method: "GET", path: "/api/v1/hosts/local/jails/sshd", header: http.Header{"X-Request-Id": {"boom"}}, status: 500,
		has: []string{`"code":"internal"`, `"request_id":"boom"`}, hasNot: []string{"secret", "goroutine"},
	})
	if got := strings.Count(d.log.String(), `"request_id":"boom"`); got != 1 || !strings.Contains(d.log.String(), "the secret of the panic") {
		t.Errorf("the log has %d entries: %s", got, d.log)
	}
	start := scenario{name: "panic of a change", method: "POST", path: "/api/v1/hosts/local/jails/sshd/start", header: http.Header{"Idempotency-Key": {"k"}}, status: 500}
	d.run(start)
	d.run(start) // no empty success is remembered
	d.host.panics = false
	start.status = 204
	d.run(start)
	if got := d.host.writes(); got != 3 {
		t.Errorf("it was done %d times, not 3", got)
	}
}

// A read that takes too long is told so, and the log is loud; a client that left is not
// an error of ours.
func TestProblem_Time(t *testing.T) {
	d := openDesk(t)
	d.noting.still = true
	synctest.Test(t, func(t *testing.T) {
		ask := func(ctx context.Context, id string) *httptest.ResponseRecorder {
			request := d.asking(ctx, "/api/v1/bans/count")
			request.Header.Set("X-Request-Id", id)
			answer := httptest.NewRecorder()
			d.handler.ServeHTTP(answer, request)
			return answer
		}
		gone, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		ask(gone, "left")
		began := time.Now()
		answer := ask(t.Context(), "late")
		if took := time.Since(began); took != 10*time.Second || answer.Code != 503 || !strings.Contains(answer.Body.String(), "in time") {
			t.Errorf("after %s: %d %s", took, answer.Code, answer.Body)
		}
	})
	levels := map[string]string{}
	for line := range strings.SplitSeq(d.log.String(), "\n") {
		var entry struct {
			Level     string
			RequestID string `json:"request_id"`
		}
		if json.Unmarshal([]byte(line), &entry) == nil {
			levels[entry.RequestID] += entry.Level
		}
	}
	if diff := cmp.Diff(map[string]string{"left": "DEBUG", "late": "WARN"}, levels); diff != "" {
		t.Error(diff)
	}
}

// What is not in the table is a problem, whatever the method and the spelling; nobody is
// sent elsewhere.
func TestProblem_OddRequests(t *testing.T) {
	d := openDesk(t)
	for _, c := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/", 404},
		{"GET", "/api", 404},
		{"GET", "/api/", 404},
		{"GET", "/api/v2/hosts", 404},
		{"GET", "/api/v1/hosts/", 404},
		{"GET", "//api/v1/hosts", 404},
		{"GET", "/api//v1/hosts", 404},
		{"GET", "/api/v1/./hosts", 404},
		{"GET", "/api/v1/x/../hosts", 404},
		{"GET", "/api/v1/%2e%2e/v1/hosts", 404},
		{"GET", "/api/v1/hosts%2flocal", 404},
		{"GET", "/api/v1/hosts/local%2fjails", 404},
		{"GET", "/api/v1/hosts/%2e%2e", 404},
		{"GET", "/api/v1/hosts/%00", 404},
		{"POST", "//api/v1/bans", 404},
		{"OPTIONS", "/api/v1/bans", 405},
		{"TRACE", "/api/v1/bans", 405},
		{"PATCH", "/api/v1/bans", 405},
		{"BREW", "/api/v1/bans", 405},
		{"DELETE", "/api/openapi.json", 405},
		{"POST", "/api/v1/events", 405},
	} {
		d.run(scenario{name: c.method + " " + c.path, method: c.method, path: c.path, status: c.status, has: []string{`"request_id":"`}})
	}
	answer, _ := d.send(scenario{method: "OPTIONS", path: "/api/v1/bans"})
	if got := answer.Header.Get("Allow"); got != "GET, HEAD, POST" {
		t.Errorf("Allow: %s", got)
	}
	if answer.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("other origins are allowed")
	}
	answer, body := d.send(scenario{method: "HEAD", path: "/api/v1/hosts"})
	if answer.StatusCode != 200 || len(body) > 0 {
		t.Errorf("HEAD: %d %s", answer.StatusCode, body)
	}
}

func TestProblem_Bodies(t *testing.T) {
	d := openDesk(t)
	const idle = "/api/v1/hosts/local/jails/sshd/idle"
	for _, c := range []scenario{
		{name: "unknown field", method: "POST", path: idle, body: `{"idle":true,"for":1}`, status: 422, has: []string{`"field":"for"`}},
		{name: "unknown field, optional body", method: "POST", path: "/api/v1/hosts/local/jails/sshd/reload", body: `{"hard":true}`, status: 422, has: []string{`"field":"hard"`}},
		{name: "missing field", method: "POST", path: idle, body: `{}`, status: 422, has: []string{"idle"}},
		{name: "another type", method: "POST", path: idle, body: `{"idle":"yes"}`, status: 422, has: []string{`"field":"idle"`}},
		{name: "two values", method: "POST", path: idle, body: `{"idle":true}{}`, status: 400},
		{name: "none", method: "POST", path: idle, status: 400},
		{name: "an array", method: "POST", path: idle, body: `[]`, status: 422},
		{name: "deep", method: "POST", path: idle, body: strings.Repeat("[", 100_000), status: 400},
		{name: "no type", method: "POST", path: idle, body: `{"idle":true}`, header: http.Header{"Content-Type": {""}}, status: 415, has: []string{"application/json"}},
		{name: "text", method: "POST", path: idle, body: `{"idle":true}`, header: http.Header{"Content-Type": {"text/plain;application/json"}}, status: 415},
		{name: "another case", method: "POST", path: idle, body: `{"idle":true}`, header: http.Header{"Content-Type": {"Application/JSON; charset=utf-8"}}, status: 204},
		{name: "long key", method: "POST", path: idle, body: `{"idle":true}`, header: http.Header{"Idempotency-Key": {strings.Repeat("k", 129)}}, status: 400, has: []string{"Idempotency-Key"}},
		{name: "large with a key", method: "POST", path: idle, body: strings.Repeat(" ", 1<<20+1), header: http.Header{"Idempotency-Key": {"large"}}, status: 413},
		{name: "broken query", method: "GET", path: "/api/v1/bans?q=%zz", status: 400, has: []string{`"field":"query"`}},
		{name: "semicolon", method: "GET", path: "/api/v1/bans?jail=a;q=b", status: 400},
		{name: "unknown on count", method: "GET", path: "/api/v1/bans/count?limit=1", status: 400, has: []string{`"field":"limit"`}},
		{name: "long identifier", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["ok","` + strings.Repeat("x", 1025) + `"]}`, status: 400, has: []string{`"field":"addresses[1]"`}},
	} {
		d.run(c)
	}
	if got := d.host.writes(); got != 1 {
		t.Errorf("%d changes were made, not one: %v", got, d.host.wrote)
	}
	many := `{"jails":["` + strings.Join(numbered("j", 100), `","`) + `"],"addresses":["` + strings.Join(numbered("10.1.1.", 101), `","`) + `"]}`
	d.run(scenario{name: "too many pairs", method: "POST", path: "/api/v1/bans", body: many, status: 413, has: []string{"10100"}})
}

func numbered(prefix string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint(prefix, i))
	}
	return all
}

// No GET and no HEAD changes anything.
func TestGET_NeverWrites(t *testing.T) {
	d := openDesk(t)
	d.bans("sshd", 1, 1)
	var doc struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	_, body := d.send(scenario{method: "GET", path: "/api/openapi.json"})
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	before := changes(t, d)
	asked := 0
	for path, methods := range doc.Paths {
		path = strings.NewReplacer("users/{id}", "users/"+idOf(auth.Viewer), "{host}", "local", "{jail}", "sshd", "{name}", "tidy", "{id}", "1", "{ip}", "10.0.0.1", "{property}", "jail", "geo/lookup", "geo/lookup?address=10.0.0.1").Replace(path)
		for method := range methods {
			for _, m := range []string{"GET", "HEAD"} {
				if strings.HasSuffix(path, "/events") && m == "GET" {
					until(t, d.lines("?replay=10"), "counters")
					continue
				}
				if strings.HasSuffix(path, "/config/file") {
					path += "?name=jail.local" // it can't do without
				}
				if strings.HasSuffix(path, "/config/logs") {
					path += "?paths=/var/log/auth.log"
				}
				answer, body := d.send(scenario{method: m, path: path})
				want := 200
				if path == "/api/v1/setup" || strings.HasSuffix(path, "/{version}") {
					want = 404 // there are users, and no versions yet
				}
				if method == "get" && answer.StatusCode != want {
					t.Errorf("%s %s: %d %s", m, path, answer.StatusCode, body)
				}
				asked++
			}
		}
	}
	if asked < 25 {
		t.Errorf("only %d requests were made", asked)
	}
	if d.host.writes() != 0 || len(d.noting.intents) != 0 {
		t.Errorf("a GET changed the host: %v %v", d.host.wrote, d.noting.intents)
	}
	if diff := cmp.Diff(before, changes(t, d)); diff != "" {
		t.Errorf("a GET changed the archive: %s", diff)
	}
}

// changes is what the archive holds.
func changes(t *testing.T, d *desk) []any {
	t.Helper()
	events, err := d.archive.LastEvents(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	_, bans := d.send(scenario{method: "GET", path: "/api/v1/bans?state=all"})
	users, err := d.db.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	sessions, err := d.db.Sessions(t.Context(), idOf(auth.Admin))
	if err != nil || len(sessions) == 0 {
		t.Fatal(err)
	}
	return []any{events, string(bans), users, sessions}
}

// What is refused leaves no intent behind: should fail2ban ban it by itself, nobody here
// asked for it.
func TestBans_IntentsAreOfWhatIsTried(t *testing.T) {
	d := openDesk(t)
	d.host.refuse = map[string]bool{"203.0.113.9": true}
	d.run(scenario{name: "ban", method: "POST", path: "/api/v1/bans", body: `{"jails":["sshd"],"addresses":["203.0.113.7","203.0.113.9"],"reason":"why"}`, status: 200, has: []string{`"refused"`, `"banned"`}})
	d.run(scenario{name: "dry run", method: "POST", path: "/api/v1/bans", body: `{"jails":["sshd"],"addresses":["203.0.113.8"],"dry_run":true}`, status: 200, has: []string{`"would_ban"`}})
	if len(d.noting.intents) != 1 || d.noting.intents[0].Address != "203.0.113.7" || d.noting.intents[0].Reason != "why" || d.noting.intents[0].Kind != event.Ban {
		t.Errorf("%+v", d.noting.intents)
	}
	if got := d.host.writes(); got != 1 {
		t.Errorf("%d writes", got)
	}
}

// Without jails each is asked; only where something was lifted somebody asked for that.
func TestBans_NobodyAskedForWhatWasNotLifted(t *testing.T) {
	d := openDesk(t)
	d.bans("sshd", 1, 1)
	d.host.jails = append(d.host.jails, host.Jail{Name: "other", State: host.JailRunning})
	d.host.lifted = map[string]bool{"sshd": true}
	d.run(scenario{name: "lift", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["10.0.0.1"],"reason":"mine"}`, status: 200, has: []string{`"lifted"`}})
	var left []string
	for _, i := range d.noting.intents {
		if !slices.Contains(d.noting.forgotten, i) {
			left = append(left, i.Jail+" "+i.Address)
		}
	}
	if len(d.noting.intents) != 2 || !slices.Equal(left, []string{"sshd 10.0.0.1"}) {
		t.Errorf("asked for %+v, forgotten %+v", d.noting.intents, d.noting.forgotten)
	}
}

// Bans of several jails are lifted by id: a jail that is gone does not stop the others.
func TestBans_LiftByID(t *testing.T) {
	d := openDesk(t)
	d.bans("sshd", 1, 2)
	d.bans("gone", 3, 1)
	gone := fault.New(fault.JailNotFound, "fail2ban has no jail gone now")
	d.host.broken = map[string]error{"gone": gone}
	d.run(scenario{
		name: "some", method: "POST", path: "/api/v1/bans/lift", body: `{"ids":["3","1","2","1"]}`, status: 200,
		has: []string{`"jail":"gone","address":"10.0.0.3","outcome":"failed","detail":"fail2ban has no jail gone now."`, `"address":"10.0.0.1","outcome":"lifted"`, `"address":"10.0.0.2","outcome":"lifted"`},
	})
	d.run(scenario{name: "all gone", method: "POST", path: "/api/v1/bans/lift", body: `{"ids":["3"]}`, status: 404, has: []string{"jail_not_found"}})
	d.run(scenario{name: "unknown id", method: "POST", path: "/api/v1/bans/lift", body: `{"ids":["1","99"]}`, status: 404})
	d.run(scenario{name: "no id", method: "POST", path: "/api/v1/bans/lift", body: `{"ids":["1","x"]}`, status: 400, has: []string{`"field":"ids[1]"`}})
	if got := d.host.writes(); got != 1 {
		t.Errorf("%d lifts, want one: nothing is lifted when an id is wrong", got)
	}
}

// The documents stand for themselves: no script, no style of their own, nothing from
// elsewhere.
func TestDocuments(t *testing.T) {
	d := openDesk(t)
	for _, path := range []string{"/api/docs", "/docs/errors"} {
		answer, body := d.send(scenario{method: "GET", path: path})
		if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/html; charset=utf-8" || !strings.HasPrefix(answer.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %v", path, answer.StatusCode, answer.Header)
		}
		for _, text := range []string{"<script", "style=", "http://", "https://", "onclick", "`"} {
			if strings.Contains(string(body), text) {
				t.Errorf("%s holds %s", path, text)
			}
		}
	}
	_, errorsPage := d.send(scenario{method: "GET", path: "/docs/errors"})
	for _, code := range fault.Codes() {
		_, section, found := strings.Cut(string(errorsPage), `<section id="`+string(code)+`">`)
		if text, _, _ := strings.Cut(section, "</section>"); !found || !strings.Contains(text, "<p>") || strings.Contains(text, "<p></p>") {
			t.Errorf("the page does not explain %s", code)
		}
	}
	_, reference := d.send(scenario{method: "GET", path: "/api/docs"})
	for _, id := range []string{"listBans", "createBans", "liftBans", "getAddress", "streamEvents", "getHealth"} {
		if !strings.Contains(string(reference), `<section id="`+id+`">`) {
			t.Errorf("the reference lacks %s", id)
		}
	}
	answer, _ := d.send(scenario{method: "GET", path: "/api/docs.css"})
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("%d %v", answer.StatusCode, answer.Header)
	}
}

func TestHealth(t *testing.T) {
	d := openDesk(t)
	d.host.change(func() { d.host.state.Reach, d.host.state.Detail = host.Unreachable, "Nobody answers." })
	d.run(scenario{name: "fail2ban away", method: "GET", path: "/api/health", status: 200, has: []string{`"status":"degraded"`, `"unreachable"`, "Nobody answers."}})
	d.run(scenario{name: "ready all the same", method: "GET", path: "/api/health/ready", status: 200})
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	fail2bantest.Until(t, "it says so", func() bool { // what was seen a moment ago counts for a second
		_, body := d.send(scenario{method: "GET", path: "/api/health"})
		return strings.Contains(string(body), `"status":"unavailable"`)
	})
	d.run(scenario{name: "not ready", method: "GET", path: "/api/health/ready", status: 503, has: []string{"unavailable", "bangui healthcheck"}})
	d.run(scenario{name: "alive", method: "GET", path: "/api/health/live", status: 200})
}
