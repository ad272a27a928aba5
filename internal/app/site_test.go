package app

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"bangui/internal/api"
	"bangui/internal/host"
)

// echoes is an API that answers with the path it was asked, and refuses like the real one.
type echoes struct{ genuine *api.API }

func (e echoes) ServeHTTP(w http.ResponseWriter, r *http.Request) { echo("api").ServeHTTP(w, r) }
func (e echoes) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	e.genuine.Refuse(w, r, err)
}

func echo(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, name+" "+r.URL.Path) })
}

func siteOf(base string, n names) *site {
	genuine := api.New(api.Options{Hosts: host.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Now: time.Now, BasePath: base})
	return &site{api: echoes{genuine}, page: echo("page"), base: base, names: n}
}

func ask(t *testing.T, h http.Handler, method, host, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "http://x"+path, nil)
	r.Host = host
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func content(t *testing.T, r *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestSite_Paths(t *testing.T) {
	cases := []struct {
		base, path string
		status     int
		want       string // in the body, or the place it leads to
	}{
		{"", "/", 200, "page /"},
		{"", "/bans", 200, "page /bans"},
		{"", "/api/health", 200, "api /api/health"},
		{"", "/api", 200, "api /api"},
		{"", "/apiary", 200, "page /apiary"},
		{"", "/docs/errors", 200, "api /docs/errors"},
		{"", "//api/v1/bans", 200, "page //api/v1/bans"},
		{"/bangui", "/bangui/", 200, "page /"},
		{"/bangui", "/bangui/api/v1/bans", 200, "api /api/v1/bans"},
		{"/bangui", "/bangui", 307, "/bangui/"},
		{"/bangui", "/", 307, "/bangui/"},
		{"/bangui", "/api/v1/bans", 404, "BanGUI is served under /bangui/."},
		{"/bangui", "/banguix/", 404, "BanGUI is served under /bangui/."},
		{"/bangui", "/b%61ngui/api/v1/bans", 404, "BanGUI is served under /bangui/."},
		{"/bangui", "/bangui%2Fapi/v1/bans", 404, "BanGUI is served under /bangui/."},
	}
	for _, c := range cases {
		answer := ask(t, siteOf(c.base, names{}), http.MethodGet, "localhost:8000", c.path)
		body, location := content(t, answer), answer.Header.Get("Location")
		if answer.StatusCode != c.status || (!strings.Contains(body, c.want) && location != c.want) {
			t.Errorf("%s%s = %d %q %q, want %d %q", c.base, c.path, answer.StatusCode, body, location, c.status, c.want)
		}
	}
}

func TestSite_AnswersKnownHostsOnly(t *testing.T) {
	h := siteOf("", names{given: []string{"bans.example.org"}, public: "public.example.org"})
	for host, want := range map[string]int{
		"localhost:8000": 200, "LOCALHOST": 200, "localhost.": 200, "127.0.0.1:8000": 200, "127.9.9.9": 200, "[::1]:8000": 200, "[::1]": 200,
		"bans.example.org": 200, "Bans.Example.org:443": 200, "public.example.org": 200, "192.0.2.1:8000": 200, "[2001:db8::1]": 200, "[fe80::1%25eth0]:80": 200,
		"evil.example": 421, "localhost.evil.example": 421, "": 421, ":8000": 421, "127.0.0.1.evil.example": 421, "127.0.0.1.nip.io:8000": 421,
		"bans.example.org.evil.example": 421, "bans.example.org@evil.example": 421, "evil.example#bans.example.org": 421, "2130706433": 421, "0x7f.1": 421,
		"localhost\x00": 421, "localhost,evil.example": 421, "localhost evil": 421, "<script>": 421, "[localhost]": 200,
	} {
		answer := ask(t, h, http.MethodPost, host, "/api/v1/bans")
		body := content(t, answer)
		if answer.StatusCode != want || (want == 421 && !strings.Contains(body, "allowed-hosts")) {
			t.Errorf("Host %q = %d %q, want %d", host, answer.StatusCode, body, want)
		}
		if strings.Contains(body, "<script") {
			t.Errorf("Host %q comes back in %q", host, body)
		}
	}
}

// Probes of proxies and containers ask under any name, and for nothing else.
func TestSite_HealthUnderAnyName(t *testing.T) {
	for _, base := range []string{"", "/bangui"} {
		for path, want := range map[string]int{"/api/health": 200, "/api/health/live": 200, "/api/health/ready": 200, "/api/health/": 421, "/api/health/x": 421, "/api/v1/bans": 421, "/": 421} {
			if answer := ask(t, siteOf(base, names{}), http.MethodGet, "bangui:8000", base+path); answer.StatusCode != want {
				t.Errorf("%s%s = %d, want %d", base, path, answer.StatusCode, want)
			}
		}
	}
}

// A refusal is a problem for programs and a page for people, says what to change, and
// leads to its explanation, which stands below the base path.
func TestSite_RefusesAsWanted(t *testing.T) {
	h := siteOf("/bangui", names{given: []string{"a.example"}})
	cases := map[string]struct {
		method, host, path, accept string
		status                     int
		code, mend                 string
	}{
		"Host":           {http.MethodGet, "b.example:8000", "/bangui/", "*/*", 421, "host_unknown", "allowed-hosts = a.example,b.example"},
		"HostForPeople":  {http.MethodGet, "b.example", "/bangui/", "text/html,application/xhtml+xml,*/*", 421, "host_unknown", "allowed-hosts = a.example,b.example"},
		"StrangeHost":    {http.MethodGet, "<b>", "/bangui/", "text/html", 421, "host_unknown", "public-url"},
		"Outside":        {http.MethodGet, "a.example", "/api/v1/bans", "application/json", 404, "not_found", "base-path"},
		"OutsidePeople":  {http.MethodGet, "a.example", "/bans", "text/html", 404, "not_found", "base-path"},
		"JSONFirst":      {http.MethodGet, "a.example", "/bans", "application/json, text/html", 404, "not_found", "base-path"},
		"Trace":          {http.MethodTrace, "a.example", "/bangui/", "", 405, "method_not_allowed", "GET"},
		"Connect":        {http.MethodConnect, "a.example", "/bangui/", "", 405, "method_not_allowed", "GET"},
		"Options":        {http.MethodOptions, "a.example", "/bangui/api/v1/bans", "", 405, "method_not_allowed", "GET"},
		"UnknownMethod":  {"BREW", "a.example", "/bangui/api/v1/bans", "", 405, "method_not_allowed", "GET"},
		"LowerCaseGet":   {"get", "a.example", "/bangui/api/v1/bans", "", 405, "method_not_allowed", "GET"},
		"PostOutside":    {http.MethodPost, "a.example", "/", "", 404, "not_found", "base-path"},
		"OnlyTheSlashes": {http.MethodGet, "a.example", "//bangui/", "", 404, "not_found", "base-path"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			answer := ask(t, h, c.method, c.host, c.path, "Accept", c.accept)
			body := content(t, answer)
			kind := answer.Header.Get("Content-Type")
			if answer.StatusCode != c.status || !strings.Contains(body, "/bangui/docs/errors#"+c.code) || !strings.Contains(body, c.mend) {
				t.Errorf("%d %s", answer.StatusCode, body)
			}
			if strings.HasPrefix(c.accept, "text/html") {
				if kind != "text/html; charset=utf-8" || strings.Contains(body, "<b>") {
					t.Errorf("%s: %s", kind, body)
				}
				return
			}
			var problem struct{ Type, Code, Mend string }
			if err := json.Unmarshal([]byte(body), &problem); err != nil || kind != "application/problem+json" || problem.Code != c.code || problem.Type != "/bangui/docs/errors#"+c.code {
				t.Errorf("%s %v: %s", kind, err, body)
			}
		})
	}
}
