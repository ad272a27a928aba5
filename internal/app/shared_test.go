package app

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/store/postgrestest"
)

// told is what a page reads of an event.
type told struct{ ID, Kind, Host, Address string }

// stream reads the recorded events that a console tells its page.
func stream(t *testing.T, url string, session *http.Cookie) <-chan told {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.AddCookie(session)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	if response.StatusCode != http.StatusOK {
		t.Fatal(response.Status)
	}
	events := make(chan told, 1000)
	go func() {
		defer close(events)
		lines := bufio.NewScanner(response.Body)
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			var e told
			if ok && json.Unmarshal([]byte(data), &e) == nil && e.ID != "" {
				events <- e
			}
		}
	}()
	return events
}

// Two consoles, each with its own fail2ban, share one PostgreSQL: the page of each shows
// what happens at the other, in one order, each event once.
func TestApp_TwoConsolesOnOnePostgres(t *testing.T) {
	address := postgrestest.Database(t)
	servers := []*fail2bantest.Server{fail2bantest.Start(t, fail2bantest.Options{}), fail2bantest.Start(t, fail2bantest.Options{})}
	var streams []<-chan told
	for _, server := range servers {
		c := settings(t)
		c.Database, c.Postgres = "", address
		c.Fail2banSocket, c.Fail2banConfig = server.Socket(), server.ConfigDir()
		console := serve(t, c)
		session := console.signIn(t)
		server.Until("the console shows the jail", func() bool {
			_, body := send(t, http.MethodGet, console.url+"api/v1/hosts/local/jails", "", session)
			return strings.Contains(body, `"sshd"`)
		})
		streams = append(streams, stream(t, console.url, session))
	}
	const each = 5
	var want []string
	for i := range each {
		for n, server := range servers {
			ip := fmt.Sprintf("203.0.113.%d", 10*i+n+1)
			server.Client("set", "manual", "banip", ip)
			want = append(want, ip)
		}
	}
	slices.Sort(want)
	var first []told
	for n, events := range streams {
		got := bans(t, events, len(want))
		var addresses []string
		for i, e := range got {
			addresses = append(addresses, e.Address)
			if there := strings.HasSuffix(e.Address, fmt.Sprint(n+1)); there != (e.Host == "local") {
				t.Errorf("console %d says that %s is on host %s", n, e.Address, e.Host)
			}
			if n > 0 && e.ID != first[i].ID {
				t.Errorf("console %d tells event %s where the first tells %s", n, e.ID, first[i].ID)
			}
		}
		slices.Sort(addresses)
		if !slices.Equal(addresses, want) {
			t.Errorf("console %d tells %v, want %v", n, addresses, want)
		}
		if n == 0 {
			first = got
		}
	}
}

// bans are the next n bans of a stream.
func bans(t *testing.T, events <-chan told, n int) []told {
	t.Helper()
	deadline := time.After(time.Minute)
	var got []told
	for len(got) < n {
		select {
		case e, ok := <-events:
			if !ok {
				t.Fatalf("the stream ended after %v", got)
			}
			if e.Kind == "ban" {
				got = append(got, e)
			}
		case <-deadline:
			t.Fatalf("only %v was told", got)
		}
	}
	return got
}

// Two consoles on one PostgreSQL, each with its own fail2ban: one of them does the
// background jobs, and yet bans at both end at their own time. When it stops, the other one
// goes on.
func TestApp_OneOfTwoConsolesWorks(t *testing.T) {
	address := postgrestest.Database(t)
	var consoles []running
	var servers []*fail2bantest.Server
	var sessions []*http.Cookie
	for range 2 {
		server := fail2bantest.Start(t, fail2bantest.Options{})
		c := settings(t)
		c.Database, c.Postgres = "", address
		c.Fail2banSocket, c.Fail2banConfig = server.Socket(), server.ConfigDir()
		c.LeaseTTL, c.LeaseHeartbeat, c.RateLimit = 10*time.Second, 2*time.Second, 100_000
		console := serve(t, c)
		consoles, servers, sessions = append(consoles, console), append(servers, server), append(sessions, console.signIn(t))
	}
	state := func(n int) string {
		var lease struct{ State string }
		_, body := send(t, http.MethodGet, consoles[n].url+"api/v1/lease", "", sessions[n])
		if err := json.Unmarshal([]byte(body), &lease); err != nil {
			t.Fatal(err, body)
		}
		return lease.State
	}
	banFor10s := func(n int, ip string) {
		servers[n].Until("the console shows the jail", func() bool {
			_, body := send(t, http.MethodGet, consoles[n].url+"api/v1/hosts/local/jails", "", sessions[n])
			return strings.Contains(body, `"manual"`)
		})
		_, body := send(t, http.MethodPost, consoles[n].url+"api/v1/bans", `{"jails":["manual"],"addresses":["`+ip+`"],"duration_seconds":10}`, sessions[n])
		if !strings.Contains(body, `"outcome":"banned"`) {
			t.Fatal(body)
		}
	}
	ended := func(n int, ip string) {
		servers[n].Until(ip+" is banned no more", func() bool { return servers[n].Client("get", "manual", "banned", ip) == "0" })
		servers[n].Until(ip+" has ended by its time", func() bool {
			_, body := send(t, http.MethodGet, consoles[n].url+"api/v1/bans?state=ended&ip="+ip, "", sessions[n])
			return strings.Contains(body, `"end_reason":"expired"`) && strings.Contains(body, `"own_end":true`)
		})
	}
	servers[0].Until("the first one leads", func() bool { return state(0) == "leader" })
	if got := state(1); got != "standby" {
		t.Errorf("the second one is %s", got)
	}
	banFor10s(0, "203.0.113.10")
	banFor10s(1, "203.0.113.11") // whose console leads nothing
	ended(0, "203.0.113.10")
	ended(1, "203.0.113.11")

	if err := consoles[0].stop(); err != nil {
		t.Fatal(err)
	}
	servers[1].Until("the second one leads", func() bool { return state(1) == "leader" })
	banFor10s(1, "203.0.113.12")
	ended(1, "203.0.113.12")
}

// A ban that fail2ban ends before its own end is made again.
func TestApp_ABanLastsLongerThanItsJailBans(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	server.Client("set", "manual", "bantime", "4")
	c := settings(t)
	c.Fail2banSocket, c.Fail2banConfig, c.RateLimit = server.Socket(), server.ConfigDir(), 100_000
	console := serve(t, c)
	session := console.signIn(t)
	server.Until("the console shows the jail", func() bool {
		_, body := send(t, http.MethodGet, console.url+"api/v1/hosts/local/jails", "", session)
		return strings.Contains(body, `"manual"`)
	})
	asked := time.Now()
	_, body := send(t, http.MethodPost, console.url+"api/v1/bans", `{"jails":["manual"],"addresses":["203.0.113.20"],"duration_seconds":20,"reason":"longer"}`, session)
	if !strings.Contains(body, `"outcome":"banned"`) {
		t.Fatal(body)
	}
	var list struct {
		Items []struct {
			Reason    *string `json:"reason"`
			EndReason *string `json:"end_reason"`
			OwnEnd    bool    `json:"own_end"`
		}
	}
	server.Until("it was made again, and has ended", func() bool {
		_, body = send(t, http.MethodGet, console.url+"api/v1/bans?state=all&ip=203.0.113.20", "", session)
		if err := json.Unmarshal([]byte(body), &list); err != nil {
			t.Fatal(err)
		}
		newest := list.Items
		over := time.Since(asked) > 20*time.Second // between two of them it is banned for a moment no more
		return over && len(newest) > 1 && newest[0].EndReason != nil && newest[0].OwnEnd && server.Client("get", "manual", "banned", "203.0.113.20") == "0"
	})
	if len(list.Items) < 3 {
		t.Errorf("it was made %d times; the jail bans for 4 s, and it was to last 20", len(list.Items))
	}
	for _, b := range list.Items {
		if b.Reason == nil || *b.Reason != "longer" || b.EndReason == nil || *b.EndReason != "expired" {
			t.Errorf("%+v", b)
		}
	}
}
