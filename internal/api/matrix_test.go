package api_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"

	"github.com/google/go-cmp/cmp"
)

// visitor is somebody who asks, with what he shows; made anew for each request, since
// some requests end what they came with.
type visitor struct {
	name string
	show func(p *people) http.Header
}

func visitors() []visitor {
	session := func(role auth.Role, change func(*auth.Session)) func(p *people) http.Header {
		return func(p *people) http.Header { return as(p.session(role, change)) }
	}
	token := func(role auth.Role, scope auth.Scope, change func(*auth.Token)) func(p *people) http.Header {
		return func(p *people) http.Header { return bearer(p.token(role, scope, change)) }
	}
	return []visitor{
		{"nobody", func(*people) http.Header { return as("") }},
		{"expired", session(auth.Admin, func(s *auth.Session) { s.ExpiresAt = time.Now().Add(-time.Second) })},
		{"idle", session(auth.Admin, func(s *auth.Session) { s.LastSeenAt = time.Now().Add(-31 * time.Minute) })},
		{"revoked", func(p *people) http.Header {
			cookie := p.session(auth.Admin, nil)
			who, err := p.BySession(context.Background(), cookieValue(cookie), auth.Origin{})
			if err == nil {
				err = p.EndSession(context.Background(), who, who.Session.ID)
			}
			if err != nil {
				p.t.Fatal(err)
			}
			return as(cookie)
		}},
		{"disabled", session("disabled", nil)},
		{"viewer", session(auth.Viewer, nil)},
		{"operator", session(auth.Operator, nil)},
		{"admin", session(auth.Admin, nil)},
		{"stale", session(auth.Admin, func(s *auth.Session) { s.FreshUntil = time.Now().Add(-time.Second) })},
		{"t:read", token(auth.Admin, auth.Read, nil)},
		{"t:write", token(auth.Admin, auth.Write, nil)},
		{"t:oper", token(auth.Operator, auth.Write, nil)},
		{"t:expired", token(auth.Admin, auth.Write, func(t *auth.Token) { t.ExpiresAt = time.Now().Add(-time.Second) })},
		{"t:disabl", token("disabled", auth.Write, nil)},
		{"t:wrong", func(*people) http.Header { return bearer("bgt_" + strings.Repeat("A", 43)) }},
	}
}

// as is the header of a request by a session; "" = no session.
func as(cookie string) http.Header { return http.Header{"Cookie": {cookie}} }

func bearer(token string) http.Header {
	return http.Header{"Cookie": {""}, "Authorization": {"Bearer " + token}}
}

func cookieValue(cookie string) string {
	_, value, _ := strings.Cut(cookie, "=")
	return value
}

// token makes a token of a role's user and gives its text.
func (p *people) token(role auth.Role, scope auth.Scope, change func(*auth.Token)) string {
	p.t.Helper()
	secret := newSecret()
	text := "bgt_" + secret
	hash := sha256.Sum256([]byte(text))
	t := auth.Token{ID: "token " + secret, UserID: idOf(role), Name: "x", Scope: scope, CreatedAt: time.Now(), ExpiresAt: time.Now().Add(time.Hour)}
	if change != nil {
		change(&t)
	}
	if err := p.db.Change(context.Background(), func(tx auth.Tx) error { return tx.PutToken(context.Background(), t, hash[:]) }); err != nil {
		p.t.Fatal(err)
	}
	return text
}

// Who may ask what, found out by asking: every route with every kind of visitor. The rows
// are those of testdata/routes.txt, which is the route table.
func TestMatrix(t *testing.T) {
	d, empty := openDesk(t), openDesk(t)
	empty.removeAll()
	empty.build()
	table, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-6s %-47s", "", "")
	for _, v := range visitors() {
		fmt.Fprintf(&b, " %-9s", v.name)
	}
	b.WriteString(" no-users\n")
	for line := range strings.Lines(string(table)) {
		method, path := strings.Fields(line)[0], strings.Fields(line)[1]
		fmt.Fprintf(&b, "%-6s %-47s", method, path)
		d.build() // counts no requests yet: none is refused for its rate
		empty.build()
		for _, v := range visitors() {
			fmt.Fprintf(&b, " %-9s", d.admitted(method, path, v.show(d.people)))
		}
		fmt.Fprintf(&b, " %s\n", empty.admitted(method, path, as("")))
	}
	const golden = "testdata/matrix.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Error(diff)
	}
}

// admitted is "yes" when an operation was reached, whatever it answered, or else why not.
func (d *desk) admitted(method, path string, shown http.Header) string {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), time.Minute)
	defer cancel()
	path = strings.NewReplacer("bans/{id}", "bans/1", "{id}", "nosuch", "{host}", "local", "{jail}", "sshd", "{ip}", "192.0.2.1").Replace(path)
	var body string
	if method != http.MethodGet {
		body = "{}"
	}
	request, err := http.NewRequestWithContext(ctx, method, d.url+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header = shown
	request.Header.Set("Content-Type", "application/json")
	answer, err := browser.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusTooManyRequests {
		d.t.Errorf("%s %s: it was asked too often to tell", method, path)
	}
	if answer.StatusCode != http.StatusUnauthorized && answer.StatusCode != http.StatusForbidden {
		return "yes"
	}
	var problem struct{ Code fault.Code }
	if err := json.NewDecoder(answer.Body).Decode(&problem); err != nil {
		d.t.Fatal(err)
	}
	if answer.StatusCode == http.StatusUnauthorized && answer.Header.Get("Www-Authenticate") != "Bearer" {
		d.t.Errorf("%s %s: WWW-Authenticate is %q", method, path, answer.Header.Get("Www-Authenticate"))
	}
	short, ok := map[fault.Code]string{
		fault.NotSignedIn: "401", fault.SetupNeeded: "401 setup", fault.NotAllowed: "403", fault.StepUpNeeded: "403 fresh",
		fault.CredentialsWrong: "yes", fault.SetupTokenWrong: "yes", // the operations' own answers
	}[problem.Code]
	if !ok {
		d.t.Errorf("%s %s: %s", method, path, problem.Code)
	}
	return short
}

// removeAll leaves a console without users.
func (d *desk) removeAll() {
	d.t.Helper()
	err := d.db.Change(d.t.Context(), func(tx auth.Tx) error {
		users, err := tx.Users(d.t.Context())
		for _, u := range users {
			if err == nil {
				err = tx.RemoveUser(d.t.Context(), u.ID)
			}
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}
