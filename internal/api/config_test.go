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
