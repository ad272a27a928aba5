package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/docs"
	"bangui/internal/allowlist"
	"bangui/internal/api"
	"bangui/internal/auth"
	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/history"
	"bangui/internal/host"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// browser is bounded: a stream of a test is over long before.
var browser = http.Client{Timeout: time.Minute}

var update = flag.Bool("update", false, "write the golden files")

// site is the real API over a real fail2ban and a real store.
type site struct {
	t        *testing.T
	url      string
	fail2ban *fail2bantest.Server
	db       *store.DB
	archive  *history.Archive
	people   *people
	cookie   string // of an admin: sent by every scenario that doesn't say otherwise
}

type recorder struct{ *history.Archive }

func (r recorder) Record(ctx context.Context, events []event.Event, _ *host.Mark) error {
	return r.Archive.Record(ctx, events, nil)
}

func (r recorder) Reconcile(ctx context.Context, list host.BanList) error {
	var bans []history.Ban
	for _, b := range list.Bans {
		bans = append(bans, history.Ban{Address: b.ID, BannedAt: b.BannedAt, BanSeconds: b.BanSeconds, Origin: event.ByFail2ban})
	}
	return r.Archive.Reconcile(ctx, history.List{HostID: list.HostID, Jail: list.Jail, TakenAt: list.TakenAt, Complete: list.Complete, Gone: list.Gone, Bans: bans})
}

func (r recorder) Copy(ctx context.Context, c host.Copied) error {
	out := history.Copied{HostID: c.HostID, SeenAt: c.SeenAt, Mark: (*history.Mark)(c.Mark)}
	if c.Gap != nil {
		out.Gap = &history.Gap{From: c.Gap.From, To: c.Gap.To, Why: c.Gap.Why}
	}
	for _, b := range c.Bans {
		out.Bans = append(out.Bans, history.PastBan{Standing: b.Standing, Lines: b.Lines, Ban: history.Ban{
			Jail: b.Jail, Address: b.ID, BannedAt: b.BannedAt, BanSeconds: b.BanSeconds, BanCount: b.BanCount, Failures: b.Failures, Origin: event.ByFail2ban,
		}})
	}
	return r.Archive.Copy(ctx, out)
}

func TestMain(m *testing.M) { os.Exit(storetest.Rounds(m).Run()) }

func open(t *testing.T, changes ...func(*api.Options)) *site {
	t.Helper()
	s := &site{t: t, fail2ban: fail2bantest.Start(t, fail2bantest.Options{Jails: "[web]\nenabled = true\nfilter =\nbanaction = iptables-multiport\naction = %(banaction)s[port=\"http,https\", name=web]"}), db: storetest.Open(t)}
	bus, logger := event.NewBus(), slog.New(slog.DiscardHandler)
	s.archive = history.New(s.db, bus, logger, time.Now)
	system := allowlist.System{Root: t.TempDir(), Addresses: func() ([]net.Addr, error) { return nil, nil }}
	local := host.NewLocal(host.LocalOptions{
		ID: storetest.HostID, Name: "test", Socket: s.fail2ban.Socket(), ConfigDir: s.fail2ban.ConfigDir(),
		Client: fail2ban.New(fail2ban.Options{Socket: s.fail2ban.Socket()}), System: system, Logger: logger, Now: time.Now,
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- local.Run(ctx, recorder{s.archive}) }()
	hosts := host.NewRegistry()
	past := pastOf(s.db)
	hosts.AddLocal(past.Of(local))
	s.people = peopleOf(t, s.db)
	s.cookie = s.people.session(auth.Admin, nil)
	options := api.Options{
		Accounts: s.people.Accounts, Hosts: hosts, Versions: past, Archive: s.archive, Bus: bus, Audit: trailOf(s.db), Geo: geoOf(t), Components: func() []api.Component { return nil }, Database: s.db.Check,
		Version: "test", TimeZone: "UTC", Protected: system.Entries, Logger: logger, Now: time.Now,
	}
	options.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	backgroundOf(s.db).in(&options)
	for _, change := range changes {
		change(&options)
	}
	server := httptest.NewServer(api.New(options))
	s.url = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	fail2bantest.Until(t, "fail2ban is seen", func() bool { return local.State().Reach == host.Online && len(local.Jails()) == 3 })
	return s
}

// scenario is one request and what its answer must be.
type scenario struct {
	name, method, path, body string
	header                   http.Header
	status                   int
	has, hasNot              []string
}

func (s *site) run(c scenario) []byte {
	s.t.Helper()
	answer, body := s.send(c)
	if answer.StatusCode != c.status {
		s.t.Errorf("%s: status %d, want %d: %s", c.name, answer.StatusCode, c.status, body)
	}
	for _, text := range c.has {
		if !strings.Contains(string(body), text) {
			s.t.Errorf("%s: %q is missing in %s", c.name, text, body)
		}
	}
	for _, text := range c.hasNot {
		if strings.Contains(string(body), text) {
			s.t.Errorf("%s: %q is in %s", c.name, text, body)
		}
	}
	if c.status >= 400 {
		if got := answer.Header.Get("Content-Type"); got != "application/problem+json" {
			s.t.Errorf("%s: content type %s", c.name, got)
		}
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"} {
		if got := answer.Header.Get(name); got != want {
			s.t.Errorf("%s: header %s is %q", c.name, name, got)
		}
	}
	return body
}

func (s *site) send(c scenario) (*http.Response, []byte) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), c.method, s.url+c.path, strings.NewReader(c.body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Cookie", s.cookie)
	if c.body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(request.Header, c.header)
	answer, err := browser.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer, body
}

func TestAPI_Journey(t *testing.T) {
	s := open(t)
	const jails = "/api/v1/hosts/local/jails"
	for _, c := range []scenario{
		{name: "health", method: "GET", path: "/api/health", status: 200, has: []string{`"status":"ok"`, `"fail2ban"`, `"database"`}},
		{name: "live", method: "GET", path: "/api/health/live", status: 200},
		{name: "ready", method: "GET", path: "/api/health/ready", status: 200},
		{name: "about", method: "GET", path: "/api/v1/about", status: 200, has: []string{`"your_address":"127.0.0.1"`}},
		{name: "hosts", method: "GET", path: "/api/v1/hosts", status: 200, has: []string{`"alias":"local"`, `"next":null`}},
		{name: "host", method: "GET", path: "/api/v1/hosts/local", status: 200, has: []string{`"state":"online"`}},
		{name: "no host", method: "GET", path: "/api/v1/hosts/nosuch", status: 404, has: []string{`"code":"host_not_found"`, `"request_id":"`}},
		{name: "jails", method: "GET", path: jails, status: 200, has: []string{`"sshd"`, `"web"`, `"manual"`}},
		{name: "jail", method: "GET", path: jails + "/web", status: 200, has: []string{`"ports":"http,https"`, `"increment":null`}},
		{name: "no jail", method: "GET", path: jails + "/nosuch", status: 404, has: []string{`"code":"jail_not_found"`}},
		{name: "idle", method: "POST", path: jails + "/web/idle", body: `{"idle":true}`, status: 204},
		{name: "idle jail", method: "GET", path: jails, status: 200, has: []string{`"state":"idle"`}},
		{name: "not idle", method: "POST", path: jails + "/web/idle", body: `{"idle":false}`, status: 204},
		{name: "start a running one", method: "POST", path: jails + "/web/start", status: 409, has: []string{`"code":"conflict"`}},
		{name: "reload one", method: "POST", path: jails + "/web/reload", body: `{"restart":true}`, status: 204},
		{name: "reload without body", method: "POST", path: jails + "/web/reload", status: 204},
		{name: "reload all", method: "POST", path: "/api/v1/hosts/local/reload", status: 204},
		{name: "stop", method: "POST", path: jails + "/web/stop", status: 204},
		{name: "start", method: "POST", path: jails + "/web/start", status: 204},
		{name: "manual jail of others", method: "GET", path: "/api/v1/hosts/local/manual-jail", status: 200, has: []string{`"foreign":true`}},
		{name: "manual jail stays", method: "PUT", path: "/api/v1/hosts/local/manual-jail", status: 409},
		{
			name: "dry run", method: "POST", path: "/api/v1/bans", body: `{"jails":["manual"],"addresses":["203.0.113.7","127.0.0.1","203.0.0.0/16"],"dry_run":true}`, status: 200,
			has: []string{`"outcome":"would_ban"`, `"outcome":"refused"`, `"outcome":"needs_confirmation"`},
		},
		{name: "nothing yet", method: "GET", path: "/api/v1/bans", status: 200, has: []string{`{"items":[],"next":null}`}},
		{name: "ban", method: "POST", path: "/api/v1/bans", body: `{"jails":["manual"],"addresses":["203.0.113.7","2001:db8::7"],"reason":"a test"}`, status: 200, has: []string{`"outcome":"banned"`}},
	} {
		s.run(c)
	}
	var bans struct {
		Items []struct{ ID, Address, Origin, Reason string }
	}
	fail2bantest.Until(t, "both bans are listed with their reason", func() bool {
		_, body := s.send(scenario{method: "GET", path: "/api/v1/bans"})
		return json.Unmarshal(body, &bans) == nil && len(bans.Items) == 2 && bans.Items[0].Reason == "a test" && bans.Items[0].Origin == "manual"
	})
	for _, address := range []string{"203.0.113.7", "2001:db8::7"} {
		if got := s.fail2ban.Client("get", "manual", "banned", address); got != "1" {
			t.Errorf("fail2ban's own client says %q of %s", got, address)
		}
	}
	for _, c := range []scenario{
		{name: "count", method: "GET", path: "/api/v1/bans/count", status: 200, has: []string{`"count":2`}},
		{name: "search", method: "GET", path: "/api/v1/bans?q=db8", status: 200, has: []string{"2001:db8::7"}, hasNot: []string{"203.0.113.7"}},
		{name: "inside", method: "GET", path: "/api/v1/bans?ip=203.0.113.0/24", status: 200, has: []string{"203.0.113.7"}, hasNot: []string{"2001:db8::7"}},
		{name: "one", method: "GET", path: "/api/v1/bans/" + bans.Items[0].ID, status: 200, has: []string{`"matches":[]`}},
		{name: "address", method: "GET", path: "/api/v1/addresses/203.0.113.7", status: 200, has: []string{`"kind":"address"`, `"scope":"documentation"`, `"protected":null`, `"jail":"manual"`}},
		{name: "network", method: "GET", path: "/api/v1/addresses/203.0.113.0%2F24", status: 200, has: []string{`"kind":"network"`}},
		{name: "loopback", method: "GET", path: "/api/v1/addresses/127.0.0.1", status: 200, has: []string{`"protected":{"reason":"`}},
		{name: "other", method: "GET", path: "/api/v1/addresses/a%20user", status: 200, has: []string{`"kind":"other"`, `"family":null`}},
		{name: "lift by id", method: "POST", path: "/api/v1/bans/lift", body: fmt.Sprintf(`{"ids":[%q]}`, bans.Items[0].ID), status: 200, has: []string{`"outcome":"lifted"`}},
		{name: "lift by address", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["203.0.113.7","2001:DB8::7","192.0.2.1"]}`, status: 200, has: []string{`"outcome":"lifted"`, `"outcome":"not_banned"`}},
	} {
		s.run(c)
	}
	if got := s.fail2ban.Client("get", "manual", "banned"); got != "[]" {
		t.Errorf("fail2ban's own client still lists %s", got)
	}
	fail2bantest.Until(t, "both have ended, by hand", func() bool {
		_, body := s.send(scenario{method: "GET", path: "/api/v1/bans?state=ended"})
		return strings.Count(string(body), `"end_reason":"unbanned"`) == 2
	})
}

func TestAPI_Refuses(t *testing.T) {
	s := open(t)
	long := strings.Repeat("a", 1<<20)
	for _, c := range []scenario{
		{name: "no path", method: "GET", path: "/api/v1/nosuch", status: 404, has: []string{`"code":"not_found"`}},
		{name: "a method", method: "DELETE", path: "/api/v1/bans", status: 405, has: []string{`"code":"method_not_allowed"`}},
		{name: "an odd method", method: "PROPFIND", path: "/api/v1/bans", status: 405},
		{name: "unknown parameter", method: "GET", path: "/api/v1/bans?jial=sshd", status: 400, has: []string{`"field":"jial"`}},
		{name: "a parameter twice", method: "GET", path: "/api/v1/bans?jail=a&jail=b", status: 400},
		{name: "limit 0", method: "GET", path: "/api/v1/bans?limit=0", status: 422, has: []string{`"code":"invalid"`, `"field":"limit"`}},
		{name: "limit 501", method: "GET", path: "/api/v1/bans?limit=501", status: 422},
		{name: "broken cursor", method: "GET", path: "/api/v1/bans?cursor=xyz", status: 400, has: []string{"cursor"}},
		{name: "state", method: "GET", path: "/api/v1/bans?state=new", status: 422},
		{name: "ip", method: "GET", path: "/api/v1/bans?ip=root", status: 400, has: []string{`"field":"ip"`}},
		{name: "ban id", method: "GET", path: "/api/v1/bans/x", status: 422},
		{name: "no such ban", method: "GET", path: "/api/v1/bans/999999", status: 404},
		{name: "ban id beyond", method: "GET", path: "/api/v1/bans/99999999999999999999", status: 404},
		{name: "not JSON", method: "POST", path: "/api/v1/bans", body: "a=b", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, status: 415},
		{name: "half JSON", method: "POST", path: "/api/v1/bans", body: `{"jails":`, status: 400},
		{name: "unknown field", method: "POST", path: "/api/v1/bans", body: `{"jails":["manual"],"addresses":["203.0.113.7"],"force":true}`, status: 422, has: []string{"force"}},
		{name: "no address", method: "POST", path: "/api/v1/bans", body: `{"jails":["manual"],"addresses":[]}`, status: 422},
		{name: "bad address", method: "POST", path: "/api/v1/bans", body: `{"jails":["manual"],"addresses":["203.0.113.7","root"]}`, status: 400, has: []string{`"field":"addresses[1]"`}},
		{name: "no such jail", method: "POST", path: "/api/v1/bans", body: `{"jails":["nosuch"],"addresses":["203.0.113.7"]}`, status: 404, has: []string{"jail_not_found"}},
		{name: "large", method: "POST", path: "/api/v1/bans", body: `{"jails":["manual"],"addresses":["` + long + `"]}`, status: 413, has: []string{"too_large"}},
		{name: "lift nothing", method: "POST", path: "/api/v1/bans/lift", body: `{}`, status: 400},
		{name: "lift both", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["x"],"ids":["1"]}`, status: 400},
		{name: "from another site", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["x"]}`, header: http.Header{"Sec-Fetch-Site": {"cross-site"}}, status: 403, has: []string{"forbidden"}},
		{name: "from another origin", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["x"]}`, header: http.Header{"Origin": {"https://evil.example"}}, status: 403},
		{name: "events: id", method: "GET", path: "/api/v1/events?last_event_id=x", status: 400},
		{name: "events: replay", method: "GET", path: "/api/v1/events?replay=101", status: 400},
	} {
		s.run(c)
	}
}

// Whatever string parameter holds the payload that would end a frame, no command comes
// of it (S4).
func TestAPI_NothingIsSmuggled(t *testing.T) {
	s := open(t)
	canary := filepath.Join(t.TempDir(), "canary")
	evil := `x<F2B_END_COMMAND>cos\nsystem\n(S'touch ` + canary + `'\ntR.<F2B_END_COMMAND>`
	raw := strings.ReplaceAll(evil, `\n`, "\n")
	path := strings.NewReplacer("<", "%3C", ">", "%3E", "\n", "%0A", " ", "%20", "/", "%2F").Replace(raw)
	for _, c := range []scenario{
		{method: "POST", path: "/api/v1/bans", body: `{"jails":["manual"],"addresses":["` + evil + `"]}`},
		{method: "POST", path: "/api/v1/bans", body: `{"jails":["` + evil + `"],"addresses":["203.0.113.7"]}`},
		{method: "POST", path: "/api/v1/bans", body: `{"jails":["manual"],"addresses":["203.0.113.7"],"reason":"` + evil + `"}`},
		{method: "POST", path: "/api/v1/bans", body: `{"jails":["manual"],"hosts":["` + evil + `"],"addresses":["203.0.113.7"]}`},
		{method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["` + evil + `"]}`},
		{method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["203.0.113.7"],"jails":["` + evil + `"]}`},
		{method: "POST", path: "/api/v1/bans/lift", body: `{"ids":["` + evil + `"]}`},
		{method: "GET", path: "/api/v1/addresses/" + path},
		{method: "GET", path: "/api/v1/bans?q=" + path},
		{method: "GET", path: "/api/v1/bans?jail=" + path},
		{method: "GET", path: "/api/v1/bans?ip=" + path},
		{method: "GET", path: "/api/v1/bans?host=" + path},
		{method: "GET", path: "/api/v1/bans?cursor=" + path},
		{method: "GET", path: "/api/v1/hosts/" + path},
		{method: "GET", path: "/api/v1/hosts/local/jails/" + path},
		{method: "POST", path: "/api/v1/hosts/local/jails/" + path + "/start"},
		{method: "POST", path: "/api/v1/hosts/local/jails/" + path + "/stop"},
		{method: "POST", path: "/api/v1/hosts/local/jails/" + path + "/reload"},
		{method: "POST", path: "/api/v1/hosts/local/jails/" + path + "/idle", body: `{"idle":true}`},
		{method: "GET", path: "/api/v1/events?last_event_id=" + path},
	} {
		answer, body := s.send(c)
		if answer.StatusCode >= 500 {
			t.Errorf("%s %.60s: %d %s", c.method, c.path, answer.StatusCode, body)
		}
	}
	if got := s.fail2ban.Client("ping"); !strings.Contains(got, "pong") {
		t.Errorf("fail2ban does not answer any more: %s", got)
	}
	if _, err := os.Stat(canary); !errors.Is(err, os.ErrNotExist) {
		t.Error("the canary is there: a parameter became a command")
	}
}

func TestAPI_PagingIsBoundToItsFilter(t *testing.T) {
	s := open(t)
	var addresses []string
	for i := range 30 {
		addresses = append(addresses, fmt.Sprintf("203.0.113.%d", i))
	}
	body, _ := json.Marshal(map[string]any{"jails": []string{"manual"}, "addresses": addresses})
	s.run(scenario{name: "ban 30", method: "POST", path: "/api/v1/bans", body: string(body), status: 200})
	fail2bantest.Until(t, "all are listed", func() bool {
		_, body := s.send(scenario{method: "GET", path: "/api/v1/bans/count"})
		return strings.Contains(string(body), `"count":30`)
	})
	var seen []string
	cursor := ""
	for range 10 {
		var page struct {
			Items []struct{ Address string }
			Next  *string
		}
		_, body := s.send(scenario{method: "GET", path: "/api/v1/bans?limit=7&jail=manual&cursor=" + cursor})
		if err := json.Unmarshal(body, &page); err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Items {
			seen = append(seen, b.Address)
		}
		if page.Next == nil {
			break
		}
		cursor = *page.Next
	}
	slices.Sort(seen)
	slices.Sort(addresses)
	if diff := cmp.Diff(addresses, seen); diff != "" {
		t.Error(diff)
	}
	s.run(scenario{name: "foreign cursor", method: "GET", path: "/api/v1/bans?jail=sshd&cursor=" + cursor, status: 400, has: []string{"another filter"}})
}

func TestAPI_IdempotencyKey(t *testing.T) {
	s := open(t)
	key := http.Header{"Idempotency-Key": {"k1"}}
	order := scenario{name: "first", method: "POST", path: "/api/v1/bans", header: key, body: `{"jails":["manual"],"addresses":["203.0.113.7"]}`, status: 200, has: []string{`"outcome":"banned"`}}
	first := s.run(order)
	order.name = "repeated"
	if again := s.run(order); string(again) != string(first) {
		t.Errorf("the repeated change answered %s, the first %s", again, first)
	}
	order.name, order.body, order.status, order.has = "another body", `{"jails":["manual"],"addresses":["203.0.113.8"]}`, 409, nil
	s.run(order)
}

func TestAPI_RequestIDs(t *testing.T) {
	s := open(t)
	answer, _ := s.send(scenario{method: "GET", path: "/api/health", header: http.Header{"X-Request-Id": {"mine-1"}}})
	if got := answer.Header.Get("X-Request-Id"); got != "mine-1" {
		t.Errorf("a given id became %q", got)
	}
	answer, _ = s.send(scenario{method: "GET", path: "/api/health", header: http.Header{"X-Request-Id": {"bad id"}}})
	if got := answer.Header.Get("X-Request-Id"); len(got) < 20 {
		t.Errorf("made id %q", got)
	}
}

// stream reads server-sent events.
type stream struct {
	t    *testing.T
	in   *bufio.Scanner
	stop func()
}

type message struct{ name, id, data string }

func (s *site) stream(query string) *stream {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/api/v1/events"+query, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Cookie", s.cookie)
	answer, err := browser.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	return &stream{t: s.t, in: bufio.NewScanner(answer.Body), stop: func() { cancel(); _ = answer.Body.Close() }}
}

// next is the next event that is not counters.
func (s *stream) next() message {
	s.t.Helper()
	var m message
	for s.in.Scan() {
		field, value, _ := strings.Cut(s.in.Text(), ": ")
		switch field {
		case "event":
			m.name = value
		case "id":
			m.id = value
		case "data":
			m.data = value
		case "":
			if m.name != "" && m.name != "counters" {
				return m
			}
			m = message{}
		}
	}
	s.t.Fatalf("the stream ended: %v", s.in.Err())
	return m
}

// A stream that is resumed after any event goes on with the next, none twice, while
// bans come all the time.
func TestAPI_EventsResumeExactly(t *testing.T) {
	s := open(t)
	const bans = 300
	go func() {
		for i := range bans {
			at := time.Now()
			e := event.Event{HostID: storetest.HostID, Kind: event.Ban, At: at, Jail: "other", Address: fmt.Sprintf("10.0.%d.%d", i/250, i%250), BannedAt: at.Truncate(time.Second), BanSeconds: 600}
			if err := s.archive.Record(context.Background(), []event.Event{e}, nil); err != nil {
				t.Error(err)
			}
		}
	}()
	var ids []string
	query := "?last_event_id=0&replay=100"
	seen := map[string]int{}
	for len(seen) < bans {
		in := s.stream(query)
		hello := in.next()
		if hello.name != "hello" || strings.Contains(hello.data, `"reset":true`) {
			t.Fatalf("%+v", hello)
		}
		for range 37 {
			if len(seen) == bans {
				break
			}
			m := in.next()
			var e api.Event
			if err := json.Unmarshal([]byte(m.data), &e); err != nil {
				t.Fatal(err)
			}
			if m.name == "ban" {
				seen[*e.Address]++
			}
			ids = append(ids, m.id)
		}
		in.stop()
		query = "?last_event_id=" + ids[len(ids)-1]
	}
	for address, n := range seen {
		if n != 1 {
			t.Errorf("%s came %d times", address, n)
		}
	}
	unknown := s.stream("?last_event_id=99999999")
	defer unknown.stop()
	if hello := unknown.next(); !strings.Contains(hello.data, `"reset":true`) {
		t.Errorf("an id of nobody: %+v", hello)
	}
}

func TestAPI_HostileTextStaysText(t *testing.T) {
	s := open(t)
	in := s.stream("")
	defer in.stop()
	in.next()
	evil := "<script>alert(1)</script>\n\nevent: hello\ndata: {}\n\n\x1b[31m\u202e"
	at := time.Now()
	err := s.archive.Record(t.Context(), []event.Event{{HostID: storetest.HostID, Kind: event.Ban, At: at, Jail: "other", Address: evil, BannedAt: at, BanSeconds: 60}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	m := in.next()
	var e api.Event
	if err := json.Unmarshal([]byte(m.data), &e); err != nil || m.name != "ban" || *e.Address != evil {
		t.Errorf("%+v, %v", m, err)
	}
	if strings.Contains(m.data, "<") {
		t.Errorf("angle brackets are not escaped: %s", m.data)
	}
}

func document(t *testing.T) []byte {
	t.Helper()
	hosts := host.NewRegistry()
	a := api.New(api.Options{Hosts: hosts, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	doc, err := a.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestOpenAPI(t *testing.T) {
	const golden = "../../docs/openapi.yaml"
	got := document(t)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("the document changed; see that it is meant, then: make generate\n%s", diff)
	}
}

func TestErrorTable(t *testing.T) {
	for _, code := range fault.Codes() {
		if !strings.Contains(docs.Errors, "\n## "+string(code)+"\n") {
			t.Errorf("docs/errors.md does not explain %s", code)
		}
	}
	if got, want := strings.Count(docs.Errors, "\n## "), len(fault.Codes()); got != want {
		t.Errorf("docs/errors.md explains %d codes, there are %d", got, want)
	}
}
