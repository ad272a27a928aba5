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
