package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"bangui/internal/api"
)

// The whole way of a change on a real server: look, try, apply, be told of a second one,
// confirm, take back.
func TestConfig_Journey(t *testing.T) {
	s := open(t)
	const config = "/api/v1/hosts/local/config"
	etag := func() string {
		var view api.Config
		if err := json.Unmarshal(s.run(scenario{name: "config", method: "GET", path: config, status: 200}), &view); err != nil || len(view.Jails) < 80 || view.Broken != nil {
			t.Fatalf("%+v, %v", view, err)
		}
		return view.ETag
	}
	change := func(name, etag, value, more string, status int, has ...string) api.ConfigChange {
		body := fmt.Sprintf(`{"etag":%q,"edits":[{"place":"jail","name":"sshd","option":"maxretry","value":%s}]%s}`, etag, value, more)
		var done api.ConfigChange
		if err := json.Unmarshal(s.run(scenario{name: name, method: "POST", path: config + "/changes", body: body, status: status, has: has}), &done); err != nil {
			t.Fatal(err)
		}
		return done
	}
	s.run(scenario{name: "jail", method: "GET", path: config + "/jails/sshd", status: 200, has: []string{`"name":"maxretry"`, `"source":"default"`, `"file":"jail.local"`}})
	s.run(scenario{name: "no jail", method: "GET", path: config + "/jails/nobody", status: 404})
	s.run(scenario{name: "file", method: "GET", path: config + "/file?name=jail.local", status: 200, has: []string{"[sshd]"}})
	s.run(scenario{name: "no file", method: "GET", path: config + "/file?name=..%2F..%2Fetc%2Fpasswd", status: 404})

	s.run(scenario{name: "choices", method: "GET", path: config + "/choices", status: 200, has: []string{`"name":"apache-auth"`, `"modes":["`, `"name":"iptables"`}})
	s.run(scenario{name: "logs", method: "GET", path: config + "/logs?paths=%2Fvar%2Flog%2F*.none%0A%2Fetc%2Fhostname+tail", status: 200, has: []string{`"path":"/var/log/*.none"`, `"path":"/etc/hostname"`, `"owner":"root"`}})
	s.run(scenario{name: "no log", method: "GET", path: config + "/logs", status: 422})

	for _, kind := range []string{"filters", "actions"} {
		one := map[string]string{"filters": "sshd", "actions": "iptables"}[kind]
		s.run(scenario{name: kind, method: "GET", path: config + "/" + kind, status: 200, has: []string{`"name":"` + one + `"`, `"state":"packaged"`, `"jail":"sshd"`}})
		s.run(scenario{name: "one of the " + kind, method: "GET", path: config + "/" + kind + "/" + one, status: 200, has: []string{`"etag":"`, `"name":"Definition"`, `"known":true`}})
		for _, name := range []string{"nobody", "..%2Fjail", "%2Fetc%2Fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fshadow"} {
			s.run(scenario{name: "none of the " + kind + ": " + name, method: "GET", path: config + "/" + kind + "/" + name, status: 404})
		}
	}
	first := etag()
	change("try", first, `"7"`, `,"dry_run":true`, 200, `"applied":false`, `"do":"reload"`, `"before":"3"`, `"after":"7"`)
	if etag() != first || s.fail2ban.Client("get", "sshd", "maxretry") != "3" {
		t.Error("a dry run changed something")
	}
	change("bad", first, `"5 # five"`, "", 400)
	change("apply", first, `"7"`, "", 200, `"applied":true`, `zz-bangui-sshd.local`)
	change("second admin", first, `"8"`, "", 409)
	if got := s.fail2ban.Client("get", "sshd", "maxretry"); got != "7" {
		t.Errorf("the server has %s", got)
	}
	raw := func(name, content string, status int, has ...string) {
		body := fmt.Sprintf(`{"etag":%q,"files":[{"name":%q,"content":%s}],"dry_run":true}`, etag(), name, content)
		s.run(scenario{name: "raw " + name, method: "POST", path: config + "/changes", body: body, status: status, has: has})
	}
	raw("filter.d/mine.local", `"[Definition]\nfailregex = ^x <HOST>\n"`, 200, `+failregex = ^x`, `"left":[]`)
	raw("jail.conf", `"[sshd]\n"`, 403)
	raw("jail.local", `"[sshd]\nmaxretry = 3\r"`, 400)
	s.run(scenario{name: "nothing", method: "POST", path: config + "/changes", body: fmt.Sprintf(`{"etag":%q}`, etag()), status: 400})
	s.versions(config, etag)
	waits := change("to be confirmed", etag(), `"9"`, `,"confirm_seconds":600`, 200, `"until":"`)
	change("while one waits", etag(), `"10"`, "", 409)
	s.run(scenario{name: "take back", method: "DELETE", path: config + "/changes/" + *waits.ID, status: 204})
	if got := s.fail2ban.Client("get", "sshd", "maxretry"); got != "7" {
		t.Errorf("the server has %s", got)
	}
	waits = change("again", etag(), `null`, `,"confirm_seconds":600`, 200, `"until":"`)
	s.run(scenario{name: "confirm", method: "POST", path: config + "/changes/" + *waits.ID + "/confirm", status: 204})
	s.run(scenario{name: "confirm twice", method: "POST", path: config + "/changes/" + *waits.ID + "/confirm", status: 404})
	if got := s.fail2ban.Client("get", "sshd", "maxretry"); got != "3" || strings.Contains(string(s.run(scenario{name: "config", method: "GET", path: config, status: 200})), "zz-bangui") {
		t.Errorf("it is not as it was: %s", got)
	}
}

// versions are a journey of their own within that of a change, which has set maxretry to 7:
// what the change left is there, is brought back, and what a hand changes shows.
func (s *site) versions(config string, etag func() string) {
	s.t.Helper()
	var list struct {
		Items []api.ConfigVersion
		Next  *string
	}
	read := func(path string) {
		if err := json.Unmarshal(s.run(scenario{name: "versions", method: "GET", path: config + path, status: 200}), &list); err != nil {
			s.t.Fatal(err)
		}
	}
	read("/versions?limit=1")
	if len(list.Items) != 1 || list.Next == nil || list.Items[0].Kind != "applied" || *list.Items[0].Actor == "" || len(list.Items[0].Changed) != 1 {
		s.t.Fatalf("%+v", list)
	}
	newest := list.Items[0].ID
	read("/versions?cursor=" + *list.Next)
	if len(list.Items) != 1 || list.Next != nil || list.Items[0].Kind != "first" {
		s.t.Fatalf("%+v", list)
	}
	s.run(scenario{name: "version", method: "GET", path: config + "/versions/" + newest, status: 200, has: []string{`+maxretry = 7`, `"option":"maxretry","before":"3","after":"7"`}})
	s.run(scenario{name: "no version", method: "GET", path: config + "/versions/99", status: 404})
	s.run(scenario{name: "a broken cursor", method: "GET", path: config + "/versions?cursor=x", status: 400})
	body := func(more string) string { return fmt.Sprintf(`{"etag":%q%s}`, etag(), more) }
	s.run(scenario{name: "try", method: "POST", path: config + "/versions/" + list.Items[0].ID + "/restore", body: body(`,"dry_run":true`), status: 200, has: []string{`-maxretry = 7`, `"applied":false`}})
	s.run(scenario{name: "stale", method: "POST", path: config + "/versions/" + list.Items[0].ID + "/restore", body: `{"etag":"old"}`, status: 409})
	s.run(scenario{name: "no drift", method: "GET", path: config + "/drift", status: 200, has: []string{`"drifted":false`}})
	s.run(scenario{name: "nothing to adopt", method: "POST", path: config + "/drift/adopt", body: body(""), status: 409})
	s.fail2ban.Write("etc/jail.d/hand.local", "[sshd]\nfindtime = 1234\n")
	s.run(scenario{name: "drift", method: "GET", path: config + "/drift", status: 200, has: []string{`"drifted":true`, `"after":"1234"`, `"writable":true`}})
	s.run(scenario{name: "try to revert", method: "POST", path: config + "/drift/revert", body: body(`,"dry_run":true`), status: 200, has: []string{`-findtime = 1234`}})
	s.run(scenario{name: "adopt", method: "POST", path: config + "/drift/adopt", body: body(`,"reason":"mine"`), status: 200, has: []string{`"kind":"adopted"`, `"reason":"mine"`}})
	s.run(scenario{name: "adopted", method: "GET", path: config + "/drift", status: 200, has: []string{`"drifted":false`}})
	s.run(scenario{name: "bring back", method: "POST", path: config + "/versions/" + newest + "/restore", body: body(`,"reason":"as it was"`), status: 200, has: []string{`"applied":true`}})
	read("/versions?limit=1")
	if list.Items[0].Kind != "restored" || *list.Items[0].Reason != "as it was" || list.Items[0].Changed[0] != "jail.d/hand.local" {
		s.t.Errorf("%+v", list.Items)
	}
}
