package api_test

import (
	"fmt"
	"net/http"
	"testing"
)

// Request 201 within a minute is refused, with when to try again; health never is, and
// no header makes a client another one.
func TestRate_Request201(t *testing.T) {
	d := openDesk(t)
	for n := range 200 {
		answer, body := d.send(scenario{method: "GET", path: "/api/v1/hosts", header: forged(n)})
		if answer.StatusCode != 200 {
			t.Fatalf("request %d: %d %s", n+1, answer.StatusCode, body)
		}
		if got, want := answer.Header.Get("RateLimit-Policy"), `"all";q=200;w=60`; got != want {
			t.Fatalf("policy %s, want %s", got, want)
		}
		if got, want := answer.Header.Get("RateLimit"), fmt.Sprintf(`"all";r=%d;t=60`, 199-n); got != want && n == 0 {
			t.Fatalf("rate %s, want %s", got, want)
		}
	}
	for n, path := range []string{"/api/v1/hosts", "/api/v1/nosuch", "/api/docs", "/api/health/", "/api/x/../health", "/api/v1/events"} {
		d.run(scenario{name: path, method: "GET", path: path, header: forged(n), status: 429, has: []string{`"code":"rate_limited"`, "More than 200 requests within 60 seconds"}})
	}
	answer, _ := d.send(scenario{method: "GET", path: "/api/v1/hosts"})
	if wait := answer.Header.Get("Retry-After"); wait == "" || wait == "0" || wait == "1" {
		t.Errorf("Retry-After is %q", wait)
	}
	for range 300 {
		for _, path := range []string{"/api/health", "/api/health/live", "/api/health/ready"} {
			answer, _ := d.send(scenario{method: "GET", path: path})
			if answer.StatusCode != 200 || answer.Header.Get("RateLimit") != "" {
				t.Fatalf("%s is counted: %d, %s", path, answer.StatusCode, answer.Header.Get("RateLimit"))
			}
		}
	}
}

func forged(n int) http.Header {
	from := fmt.Sprintf("198.51.100.%d", n%250)
	return http.Header{
		"X-Forwarded-For": {from}, "X-Real-Ip": {from}, "Forwarded": {"for=" + from}, "True-Client-Ip": {from},
		"Cf-Connecting-Ip": {from}, "X-Client-Ip": {from}, "X-Cluster-Client-Ip": {from},
	}
}

// A change has the bound of its class; reading goes on.
func TestRate_Class(t *testing.T) {
	d := openDesk(t)
	lift := scenario{name: "lift", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, status: 200}
	for range 60 {
		d.run(lift)
	}
	lift.status, lift.has = 429, []string{`"code":"rate_limited"`, "More than 60 requests of the class unban"}
	d.run(lift)
	if got := d.host.writes(); got != 60 {
		t.Errorf("%d changes were made, want 60", got)
	}
	d.run(scenario{name: "ban", method: "POST", path: "/api/v1/bans", body: `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, status: 200})
	d.run(scenario{name: "read", method: "GET", path: "/api/v1/hosts", status: 200})
}
