package api_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/auth"
	"bangui/internal/event"
)

const password = "a password of tests"

// signedIn signs a user in over HTTP and gives the answer's cookie.
func (s *site) signIn(name, password string) *http.Cookie {
	s.t.Helper()
	answer, body := s.send(scenario{method: "POST", path: "/api/v1/auth/login", header: as(""), body: fmt.Sprintf(`{"username":%q,"password":%q}`, name, password)})
	if answer.StatusCode != http.StatusNoContent || len(answer.Cookies()) != 1 {
		s.t.Fatalf("sign-in of %s: %d %s", name, answer.StatusCode, body)
	}
	return answer.Cookies()[0]
}

// renewed shows a password once more and gives the cookie that the answer sets; the one
// from before is good for nothing then.
func (s *site) renewed(path, body string, shown http.Header) http.Header {
	s.t.Helper()
	answer, text := s.send(scenario{method: "POST", path: path, header: shown, body: body})
	if answer.StatusCode != http.StatusNoContent || len(answer.Cookies()) != 1 {
		s.t.Fatalf("%s: %d %s", path, answer.StatusCode, text)
	}
	s.run(scenario{name: "the cookie from before", method: "GET", path: "/api/v1/auth/session", header: shown, status: 401})
	return header(answer.Cookies()[0])
}

func header(c *http.Cookie) http.Header { return as(c.Name + "=" + c.Value) }

// From nothing to a team: set-up, users, sessions, tokens, and the end of each.
func TestAccounts_Journey(t *testing.T) {
	d := openDesk(t)
	d.removeAll()
	d.build()
	nobody := as("")
	if err := os.WriteFile(d.people.SetupFile, []byte("THE-TOKEN\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	setUp := func(token, password string) string {
		return fmt.Sprintf(`{"token":%q,"username":"Anna","password":%q}`, token, password)
	}
	for _, c := range []scenario{
		{name: "set-up is open", method: "GET", path: "/api/v1/setup", header: nobody, status: 200, has: []string{`{"needed":true}`}},
		{name: "nobody can sign in", method: "POST", path: "/api/v1/auth/login", header: nobody, body: `{"username":"anna","password":"x"}`, status: 401, has: []string{"setup_needed", "setup-token"}},
		{name: "a wrong token", method: "POST", path: "/api/v1/setup", header: nobody, body: setUp("nope", password), status: 403, has: []string{"setup_token_wrong"}},
		{name: "a weak password", method: "POST", path: "/api/v1/setup", header: nobody, body: setUp("THE-TOKEN", "short"), status: 422, has: []string{"password_weak"}},
	} {
		d.run(c)
	}
	answer, body := d.send(scenario{method: "POST", path: "/api/v1/setup", header: nobody, body: setUp("THE-TOKEN", password)})
	if answer.StatusCode != 204 || len(answer.Cookies()) != 1 {
		t.Fatalf("set-up: %d %s", answer.StatusCode, body)
	}
	anna := header(answer.Cookies()[0])
	for _, c := range []scenario{
		{name: "set-up is gone", method: "GET", path: "/api/v1/setup", header: nobody, status: 404, has: []string{"setup_done"}},
		{name: "once more", method: "POST", path: "/api/v1/setup", header: nobody, body: setUp("THE-TOKEN", password), status: 404, has: []string{"setup_done"}},
		{name: "signed in by it", method: "GET", path: "/api/v1/auth/session", header: anna, status: 200, has: []string{`"username":"anna"`, `"role":"admin"`, `"via":"session"`, `"secure":false`, `"fresh_until":"2`}},
		{name: "a user", method: "POST", path: "/api/v1/users", header: anna, body: `{"username":"otto","role":"operator","password":"` + password + `"}`, status: 201, has: []string{`"username":"otto"`, `"last_sign_in_at":null`}, hasNot: []string{"argon2", password}},
		{name: "the same again", method: "POST", path: "/api/v1/users", header: anna, body: `{"username":"otto","role":"operator","password":"` + password + `"}`, status: 409},
		{name: "no such role", method: "POST", path: "/api/v1/users", header: anna, body: `{"username":"x","role":"king","password":"` + password + `"}`, status: 422, hasNot: []string{password}},
		{name: "a field that isn't there", method: "POST", path: "/api/v1/users", header: anna, body: `{"username":"x","role":"viewer","password":"` + password + `","id":"1"}`, status: 422, hasNot: []string{password}},
	} {
		d.run(c)
	}
	otto := d.signIn("otto", password)
	d.run(scenario{name: "a wrong password", method: "POST", path: "/api/v1/auth/login", header: nobody, body: `{"username":"otto","password":"wrong"}`, status: 401, has: []string{"credentials_wrong"}})
	second := d.signIn("otto", password)
	var sessions struct {
		Items []struct {
			ID      string
			Address string
			Current bool
		}
	}
	d.get("/api/v1/auth/sessions", header(otto), &sessions)
	if len(sessions.Items) != 2 || sessions.Items[0].Current || !sessions.Items[1].Current || sessions.Items[0].Address != "127.0.0.1" {
		t.Errorf("%+v", sessions)
	}
	d.run(scenario{name: "ending the other", method: "DELETE", path: "/api/v1/auth/sessions/" + sessions.Items[0].ID, header: header(otto), status: 204})
	d.run(scenario{name: "it has ended", method: "GET", path: "/api/v1/auth/session", header: header(second), status: 401})

	// A token for a program; its user sees it, and not its text.
	var token struct{ ID, Token string }
	issue := scenario{name: "token", method: "POST", path: "/api/v1/tokens", header: header(otto), body: `{"name":"scripts","scope":"write","expires_in_seconds":86400}`, status: 201}
	if err := json.Unmarshal(d.run(issue), &token); err != nil || !strings.HasPrefix(token.Token, "bgt_") {
		t.Fatalf("%+v, %v", token, err)
	}
	for _, c := range []scenario{
		{name: "the token bans", method: "POST", path: "/api/v1/bans", header: bearer(token.Token), body: `{"jails":["sshd"],"addresses":["203.0.113.7"]}`, status: 200, has: []string{`"banned"`}},
		{name: "who is it", method: "GET", path: "/api/v1/auth/session", header: bearer(token.Token), status: 200, has: []string{`"via":"token"`, `"session_id":null`, `"idle_expires_at":null`}},
		{name: "his tokens", method: "GET", path: "/api/v1/tokens", header: header(otto), status: 200, has: []string{`"scripts"`}, hasNot: []string{token.Token}},
		{name: "all tokens", method: "GET", path: "/api/v1/tokens", header: anna, status: 200, has: []string{`"username":"otto"`}},
		{name: "a short one", method: "POST", path: "/api/v1/tokens", header: header(otto), body: `{"name":"x","scope":"write","expires_in_seconds":60}`, status: 422},
		{name: "another scheme", method: "GET", path: "/api/v1/hosts", header: http.Header{"Authorization": {"Basic " + token.Token}}, status: 401},
		{name: "a token beside a good cookie that is wrong", method: "GET", path: "/api/v1/hosts", header: http.Header{"Cookie": header(otto)["Cookie"], "Authorization": {"Bearer bgt_x"}}, status: 401},
		{name: "revoked", method: "DELETE", path: "/api/v1/tokens/" + token.ID, header: anna, status: 204},
		{name: "it bans no more", method: "POST", path: "/api/v1/bans", header: bearer(token.Token), body: `{"jails":["sshd"],"addresses":["203.0.113.8"]}`, status: 401},
	} {
		d.run(c)
	}
	if n := len(d.noting.intents); n != 1 || d.noting.intents[0].Actor != "otto" {
		t.Errorf("who banned: %+v", d.noting.intents)
	}

	// One's own password; then an admin lowers and removes.
	const next = "another good password"
	change := func(current string) string { return fmt.Sprintf(`{"current":%q,"new":%q}`, current, next) }
	var users struct {
		Items []struct{ ID, Username, Role string }
	}
	d.get("/api/v1/users", anna, &users)
	if len(users.Items) != 2 || users.Items[1].Username != "otto" {
		t.Fatalf("%+v", users)
	}
	admin, user := "/api/v1/users/"+users.Items[0].ID, "/api/v1/users/"+users.Items[1].ID
	d.run(scenario{name: "not his password", method: "POST", path: "/api/v1/auth/password", header: header(otto), body: change("wrong"), status: 401, has: []string{"credentials_wrong"}})
	his := d.renewed("/api/v1/auth/password", change(password), header(otto))
	for _, c := range []scenario{
		{name: "he goes on", method: "GET", path: "/api/v1/auth/session", header: his, status: 200},
		{name: "his sessions", method: "GET", path: user + "/sessions", header: anna, status: 200, has: []string{`"address":"127.0.0.1"`, `"current":false`}},
		{name: "lowered", method: "PATCH", path: user, header: anna, body: `{"role":"viewer"}`, status: 200, has: []string{`"role":"viewer"`}},
		{name: "he may not ban", method: "POST", path: "/api/v1/bans", header: his, body: `{"jails":["sshd"],"addresses":["203.0.113.9"]}`, status: 403, has: []string{"not_allowed"}},
		{name: "the last admin", method: "PATCH", path: admin, header: anna, body: `{"disabled":true}`, status: 409, has: []string{"last_admin"}},
		{name: "removed", method: "DELETE", path: user, header: anna, status: 204},
		{name: "he is out", method: "GET", path: "/api/v1/auth/session", header: his, status: 401},
		{name: "he is gone", method: "GET", path: user, header: anna, status: 404},
		{name: "sign-out", method: "POST", path: "/api/v1/auth/logout", header: anna, status: 204},
		{name: "and out", method: "GET", path: "/api/v1/auth/session", header: anna, status: 401, has: []string{"not_signed_in"}},
	} {
		d.run(c)
	}
	if text := d.log.String(); strings.Contains(text, password) || strings.Contains(text, token.Token) || strings.Contains(text, otto.Value) {
		t.Error("a secret is in the log")
	}
}

func (s *site) get(path string, shown http.Header, out any) {
	s.t.Helper()
	answer, body := s.send(scenario{method: "GET", path: path, header: shown})
	if err := json.Unmarshal(body, out); err != nil || answer.StatusCode != 200 {
		s.t.Fatalf("%s: %d %s", path, answer.StatusCode, body)
	}
}

// The cookie is out of reach of scripts, of other sites, and over TLS of plain HTTP and
// other hosts.
func TestAuth_Cookie(t *testing.T) {
	d := openDesk(t)
	if _, err := d.people.AddUser(t.Context(), auth.NewUser{Name: "anna", Role: auth.Admin, Password: password}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		secure     bool
		base, name string
	}{{false, "", "bangui_session"}, {true, "", "__Host-bangui_session"}, {true, "/bangui", "__Secure-bangui_session"}, {false, "/bangui", "bangui_session"}} {
		d.basePath = c.base
		d.build()
		ask := func(method, path, body string, cookie *http.Cookie) *http.Response {
			r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			if c.secure {
				r.TLS = &tls.ConnectionState{}
			}
			if cookie != nil {
				r.AddCookie(cookie)
			}
			w := httptest.NewRecorder()
			d.handler.ServeHTTP(w, r)
			return w.Result()
		}
		answer := ask("POST", "/api/v1/auth/login", `{"username":"anna","password":"`+password+`"}`, nil)
		if answer.StatusCode != 204 || len(answer.Cookies()) != 1 {
			t.Fatalf("%+v: %d", c, answer.StatusCode)
		}
		got := answer.Cookies()[0]
		if got.Name != c.name || got.Secure != c.secure || !got.HttpOnly || got.SameSite != http.SameSiteStrictMode || got.Path != c.base+"/" || got.Domain != "" || time.Until(got.Expires) < 11*time.Hour {
			t.Errorf("%+v: %s", c, got)
		}
		if status := ask("GET", "/api/v1/auth/session", "", got).StatusCode; status != 200 {
			t.Errorf("%+v: the cookie is not taken: %d", c, status)
		}
		if c.secure {
			plain := &http.Cookie{Name: "bangui_session", Value: got.Value}
			if status := ask("GET", "/api/v1/auth/session", "", plain).StatusCode; status != 401 {
				t.Errorf("%+v: a cookie that plain HTTP could have set is taken: %d", c, status)
			}
		}

		// Who signs in again leaves no session behind.
		next := ask("POST", "/api/v1/auth/login", `{"username":"anna","password":"`+password+`"}`, got)
		if status := ask("GET", "/api/v1/auth/session", "", got).StatusCode; status != 401 || next.StatusCode != 204 {
			t.Errorf("%+v: the session before is still open: %d", c, status)
		}
		out := ask("POST", "/api/v1/auth/logout", "", next.Cookies()[0])
		if left := out.Cookies(); len(left) != 1 || left[0].Name != c.name || left[0].MaxAge >= 0 || left[0].Value != "" {
			t.Errorf("%+v: sign-out leaves %v", c, left)
		}
	}
}

// Guesses are refused with the time after which the next is taken.
func TestAuth_ThrottledSaysWhen(t *testing.T) {
	d := openDesk(t)
	guess := scenario{method: "POST", path: "/api/v1/auth/login", header: as(""), body: `{"username":"anna","password":"wrong"}`}
	for range 3 {
		if answer, body := d.send(guess); answer.StatusCode != 401 {
			t.Fatalf("%d %s", answer.StatusCode, body)
		}
	}
	answer, body := d.send(guess)
	if answer.StatusCode != 429 || answer.Header.Get("Retry-After") != "1" || !strings.Contains(string(body), "attempts_throttled") {
		t.Errorf("%d %q %s", answer.StatusCode, answer.Header.Get("Retry-After"), body)
	}
}

// A change that is repeated with its key is answered again to who made it, and to nobody
// else; what holds a secret is never kept.
func TestReplay_IsOfOneSession(t *testing.T) {
	d := openDesk(t)
	key := func(h http.Header) http.Header { h = h.Clone(); h.Set("Idempotency-Key", "k"); return h }
	const idle, body = "/api/v1/hosts/local/jails/sshd/idle", `{"idle":true}`
	operator, viewer := as(d.people.session(auth.Operator, nil)), as(d.people.session(auth.Viewer, nil))
	d.run(scenario{name: "made", method: "POST", path: idle, header: key(operator), body: body, status: 204})
	d.run(scenario{name: "by a viewer", method: "POST", path: idle, header: key(viewer), body: body, status: 403})
	d.run(scenario{name: "by nobody", method: "POST", path: idle, header: key(as("")), body: body, status: 401})
	d.run(scenario{name: "by another", method: "POST", path: idle, header: key(as(d.people.session(auth.Operator, nil))), body: body, status: 204})
	d.run(scenario{name: "again", method: "POST", path: idle, header: key(operator), body: body, status: 204})
	if got := d.host.writes(); got != 2 {
		t.Errorf("%d changes, want those of two sessions", got)
	}
	token := scenario{name: "token", method: "POST", path: "/api/v1/tokens", header: key(operator), body: `{"name":"x","scope":"read","expires_in_seconds":86400}`, status: 201}
	if first, second := d.run(token), d.run(token); string(first) == string(second) {
		t.Error("the answer with a token's text was kept")
	}
}

// An event stream ends with the right to read it: at once where this process took it, and
// within five seconds where another one did.
func TestEvents_EndWithTheRight(t *testing.T) {
	yes, viewer := true, auth.Viewer
	type ending struct {
		name    string
		another bool // by another process
		token   bool
		end     func(ctx context.Context, a *auth.Accounts, p auth.Principal) error
	}
	revoke := func(ctx context.Context, a *auth.Accounts, p auth.Principal) error {
		return a.EndSession(ctx, p, p.Session.ID)
	}
	for _, c := range []ending{
		{"revoked", false, false, revoke},
		{"revoked elsewhere", true, false, revoke},
		{"disabled elsewhere", true, false, func(ctx context.Context, a *auth.Accounts, p auth.Principal) error {
			_, err := a.ChangeUser(ctx, p.User.ID, auth.UserChange{Disabled: &yes})
			return err
		}},
		{"lowered", false, false, func(ctx context.Context, a *auth.Accounts, p auth.Principal) error {
			_, err := a.ChangeUser(ctx, p.User.ID, auth.UserChange{Role: &viewer})
			return err
		}},
		{"token revoked", false, true, func(ctx context.Context, a *auth.Accounts, p auth.Principal) error {
			return a.RevokeToken(ctx, p, p.Token.ID)
		}},
		{"token revoked elsewhere", true, true, func(ctx context.Context, a *auth.Accounts, p auth.Principal) error {
			return a.RevokeToken(ctx, p, p.Token.ID)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			shown := as(d.people.session(auth.Operator, nil))
			p, err := d.people.BySession(t.Context(), cookieValue(shown.Get("Cookie")), auth.Origin{})
			if c.token {
				text := d.people.token(auth.Operator, auth.Write, nil)
				shown = bearer(text)
				p, err = d.people.ByToken(t.Context(), text, auth.Origin{})
			}
			if err != nil {
				t.Fatal(err)
			}
			others := d.lines("")
			until(t, others, "event: hello")
			lines := d.linesAs("", shown)
			until(t, lines, "event: hello")
			by := d.people.Accounts
			if c.another {
				by = auth.New(auth.Options{Store: d.db, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
			}
			woken := d.people.Changed()
			if err := c.end(t.Context(), by, p); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if !c.another {
				select { // what wakes the stream, so that it need not wait for its next look
				case <-woken:
				default:
					t.Error("nobody is told")
				}
			}
			for range lines { // to its end
			}
			if took := time.Since(began); took > seesTheEnd {
				t.Errorf("it ended after %s", took)
			}
			d.bus.Publish(event.Event{HostID: "host-1", Kind: event.Found, At: time.Now(), Jail: "sshd", Address: "192.0.2.99"})
			until(t, others, "192.0.2.99") // the admin's goes on
		})
	}
}

// A session that ends by its time ends its streams as well.
func TestEvents_EndWithTheTime(t *testing.T) {
	d := openDesk(t)
	lines := d.linesAs("", as(d.people.session(auth.Viewer, func(s *auth.Session) { s.ExpiresAt = time.Now().Add(time.Second) })))
	began := time.Now()
	for range lines {
	}
	if took := time.Since(began); took > seesTheEnd {
		t.Errorf("it ended after %s", took)
	}
}

// seesTheEnd is when a stream must have ended: the promised five seconds and the stalls of
// a busy machine, but less than it takes to the first beat.
const seesTheEnd = 14 * time.Second

// Nothing of the accounts' store but what the API describes is told: no hash, no secret.
func TestAccounts_TellNoHashes(t *testing.T) {
	d := openDesk(t)
	d.people.token(auth.Admin, auth.Write, nil)
	for _, path := range []string{"/api/v1/users", "/api/v1/users/" + idOf(auth.Admin), "/api/v1/users/" + idOf(auth.Admin) + "/sessions", "/api/v1/auth/sessions", "/api/v1/auth/session", "/api/v1/tokens"} {
		var fields map[string]json.RawMessage
		_, body := d.send(scenario{method: "GET", path: path})
		if err := json.Unmarshal(body, &fields); err != nil {
			t.Fatal(err)
		}
		text := strings.ToLower(string(body))
		if slices.ContainsFunc([]string{"hash", "secret", `"password"`, "argon", "bgt_", cookieValue(d.cookie)}, func(word string) bool { return strings.Contains(text, word) }) {
			t.Errorf("%s tells too much: %s", path, body)
		}
	}
}

// When nobody can be known any more, nobody gets in: neither to change nor to look.
// A database that is closed under the console is a defect of the program, hence the 500.
func TestAuth_WithoutItsStoreNobodyGetsIn(t *testing.T) {
	d := openDesk(t)
	ban := scenario{name: "before", method: "POST", path: "/api/v1/bans", body: `{"jails":["sshd"],"addresses":["203.0.113.7"]}`, status: 200}
	token := bearer(d.people.token(auth.Admin, auth.Write, nil))
	d.run(ban)
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	for name, shown := range map[string]http.Header{"session": as(d.cookie), "token": token, "nothing": as("")} {
		ban.name, ban.header, ban.status, ban.hasNot = name+" bans", shown, 500, []string{"sql", "closed"}
		d.run(ban)
		d.run(scenario{name: name + " looks", method: "GET", path: "/api/v1/hosts", header: shown, status: 500})
	}
	d.run(scenario{name: "set-up", method: "POST", path: "/api/v1/setup", header: as(""), body: `{"token":"x","username":"eve","password":"` + password + `"}`, status: 500})
	if got := d.host.writes(); got != 1 {
		t.Errorf("%d bans, want the one before", got)
	}
}
