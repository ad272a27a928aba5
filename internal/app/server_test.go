package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func answer(t *testing.T, h http.Handler, method, host, path string) (status int, body, location string) {
	t.Helper()
	r := httptest.NewRequest(method, "http://x"+path, nil)
	r.Host = host
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	content, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(content), w.Header().Get("Location")
}

func echo(name string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, name+" "+r.URL.Path) })
}

func TestSite_Paths(t *testing.T) {
	cases := []struct {
		base, path string
		status     int
		want       string // body, or the place it leads to
	}{
		{"", "/", 200, "page /"},
		{"", "/bans", 200, "page /bans"},
		{"", "/api/health", 200, "api /api/health"},
		{"", "/apiary", 200, "page /apiary"},
		{"/bangui", "/bangui/", 200, "page /"},
		{"/bangui", "/bangui/api/v1/bans", 200, "api /api/v1/bans"},
		{"/bangui", "/bangui", 307, "/bangui/"},
		{"/bangui", "/", 307, "/bangui/"},
		{"/bangui", "/api/v1/bans", 404, "BanGUI is served under /bangui/.\n"},
		{"/bangui", "/banguix/", 404, "BanGUI is served under /bangui/.\n"},
	}
	for _, c := range cases {
		status, body, location := answer(t, site(echo("api"), echo("page"), c.base, nil), http.MethodGet, "localhost:8000", c.path)
		if got := body; status != c.status || (got != c.want && location != c.want) {
			t.Errorf("%s%s = %d %q %q, want %d %q", c.base, c.path, status, body, location, c.status, c.want)
		}
	}
}

func TestSite_AnswersKnownHostsOnly(t *testing.T) {
	h := site(echo("api"), echo("page"), "", []string{"bans.example.org"})
	for host, want := range map[string]int{
		"localhost:8000": 200, "LOCALHOST": 200, "localhost.": 200, "127.0.0.1:8000": 200, "127.9.9.9": 200, "[::1]:8000": 200, "[::1]": 200,
		"bans.example.org": 200, "Bans.Example.org:443": 200,
		"evil.example": 421, "localhost.evil.example": 421, "192.0.2.1:8000": 421, "": 421, "[2001:db8::1]": 421,
	} {
		status, body, _ := answer(t, h, http.MethodPost, host, "/api/v1/bans")
		if status != want || (want == 421 && !strings.Contains(body, "allowed-hosts")) {
			t.Errorf("Host %q = %d %q, want %d", host, status, body, want)
		}
	}
}
