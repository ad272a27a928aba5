package app

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Passwords, sessions and tokens are in no file of the console and in no line of its log,
// not even where somebody wrote them into the wrong place.
func TestConsole_KeepsNoSecretInTheClear(t *testing.T) {
	const wrong, next = "a password of another site", "the next password of tests"
	c := fileSettings(t)
	console := serve(t, c)
	session := console.signIn(t)
	ask := func(want int, method, path, body string, cookies ...*http.Cookie) string {
		t.Helper()
		answer, text := send(t, method, console.url+path, body, cookies...)
		if answer.StatusCode != want {
			t.Errorf("%s %s: %d %s", method, path, answer.StatusCode, text)
		}
		return text
	}
	var token struct{ Token string }
	made := ask(http.StatusCreated, http.MethodPost, "api/v1/tokens", `{"name":"scripts","scope":"write","expires_in_seconds":86400}`, session)
	if err := json.Unmarshal([]byte(made), &token); err != nil || len(token.Token) < 40 {
		t.Fatalf("%v: %s", err, made)
	}
	if answer := open(t, console.url, "GET /api/v1/hosts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "+token.Token+"\r\n\r\n"); answer == nil || answer.StatusCode != http.StatusOK {
		t.Errorf("the token is not taken: %+v", answer)
	}
	ask(http.StatusUnauthorized, http.MethodPost, "api/v1/auth/login", `{"username":"admin","password":"`+wrong+`"}`)
	ask(http.StatusUnauthorized, http.MethodPost, "api/v1/auth/login", `{"username":"`+password+`","password":"x"}`) // the wrong field
	ask(http.StatusBadRequest, http.MethodGet, "api/v1/bans?token="+token.Token, "", session)
	ask(http.StatusCreated, http.MethodPost, "api/v1/users", `{"username":"otto","role":"viewer","password":"`+password+`"}`, session)
	changed, text := send(t, http.MethodPost, console.url+"api/v1/auth/password", `{"current":"`+password+`","new":"`+next+`"}`, session)
	if changed.StatusCode != http.StatusNoContent || len(changed.Cookies()) != 1 {
		t.Fatalf("another password: %d %s", changed.StatusCode, text)
	}
	first := session
	session = changed.Cookies()[0]
	listed := ask(http.StatusOK, http.MethodGet, "api/v1/audit", "", session) + ask(http.StatusOK, http.MethodGet, "api/v1/tokens", "", session)

	places := map[string]string{"the log": console.log.String(), "the audit and the tokens": listed}
	read := func() { // while it runs, and once more when the database is closed
		err := filepath.WalkDir(c.DataDir, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(name)
			places[filepath.Base(name)] += string(content)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read()
	if err := console.stop(); err != nil {
		t.Fatal(err)
	}
	read()
	if all := places["bangui.db"] + places["bangui.db-wal"]; !strings.Contains(all, "scripts") || !strings.Contains(all, "otto") || !strings.Contains(places["the log"], "audit opened") {
		t.Errorf("this looks at the wrong places: %d of them", len(places))
	}
	for what, secret := range map[string]string{"password": password, "next password": next, "mistyped password": wrong, "first session": first.Value, "session": session.Value, "token": strings.TrimPrefix(token.Token, "bgt_")} {
		for place, text := range places {
			if strings.Contains(text, secret) {
				t.Errorf("the %s is in %s", what, place)
			}
		}
	}
}
