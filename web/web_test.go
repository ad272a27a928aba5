package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

const index = `<!doctype html>
<html lang="en">
<head><meta name="bangui-base" content=""><meta name="bangui-version" content="">
<script type="module" src="./assets/main-1.js"></script></head><body></body></html>`

func built1() fstest.MapFS {
	return fstest.MapFS{
		"index.html":       {Data: []byte(index)},
		"assets/main-1.js": {Data: []byte(strings.Repeat("export const a = 1;\n", 200))},
		"favicon.svg":      {Data: []byte("<svg/>")},
		".gitkeep":         {Data: []byte("")},
	}
}

func get(t *testing.T, h http.Handler, target string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "http://console/", nil)
	r.URL.Path = target
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestHashedFilesAreKeptForAYearAndThePageNever(t *testing.T) {
	s := newSite(built1(), Options{})
	for target, want := range map[string]string{
		"/assets/main-1.js": "public, max-age=31536000, immutable",
		"/favicon.svg":      "no-cache",
		"/":                 "no-store",
		"/bans":             "no-store",
		"/index.html":       "no-store",
	} {
		r := get(t, s, target, "Accept", "text/html")
		if got := r.Header.Get("Cache-Control"); r.StatusCode != 200 || got != want {
			t.Errorf("%s: %d %q, want 200 %q", target, r.StatusCode, got, want)
		}
	}
}

func TestAnUnknownFileIsNeverThePage(t *testing.T) {
	s := newSite(built1(), Options{})
	for _, target := range []string{"/assets/main-0.js", "/assets/", "/assets", "/assets/../index.html", "/.gitkeep/x"} {
		accept := "*/*"
		if strings.HasPrefix(target, "/assets") {
			accept = "text/html"
		}
		r := get(t, s, target, "Accept", accept)
		if r.StatusCode != http.StatusNotFound {
			t.Errorf("%s answered %d", target, r.StatusCode)
		}
	}
}

func TestOnlyABrowserThatOpensAnAddressGetsThePage(t *testing.T) {
	s := newSite(built1(), Options{})
	if r := get(t, s, "/address/192.0.2.1", "Accept", "text/html,*/*"); r.StatusCode != 200 {
		t.Errorf("a deep link answered %d", r.StatusCode)
	}
	if r := get(t, s, "/address/192.0.2.1", "Accept", "application/json"); r.StatusCode != 404 {
		t.Errorf("a program got %d", r.StatusCode)
	}
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, "PROPFIND"} {
		r := httptest.NewRequest(method, "http://console/bans", nil)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("%s answered %d", method, w.Code)
		}
	}
}

func TestNoSpellingLeavesTheBuiltFiles(t *testing.T) {
	s := newSite(built1(), Options{})
	for _, target := range []string{
		"/../web.go", "/assets/../../web.go", "/assets/..\\..\\web.go", "/assets/%2e%2e/%2e%2e/web.go", "//etc/passwd",
		"/./index.html", "/assets/./main-1.js", "/assets//main-1.js", "/assets/main-1.js/", "/assets/main-1.js\x00.svg", "/.gitkeep",
	} {
		r := get(t, s, target)
		if body := text(t, r); r.StatusCode != 404 || strings.Contains(body, "package web") || strings.Contains(body, "root:") {
			t.Errorf("%q answered %d %.40q", target, r.StatusCode, body)
		}
	}
}

func TestEveryAnswerCarriesThePolicy(t *testing.T) {
	s := newSite(built1(), Options{})
	for _, target := range []string{"/", "/assets/main-1.js", "/assets/none.js", "/favicon.svg"} {
		h := get(t, s, target, "Accept", "text/html").Header
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "trusted-types 'none'", "frame-ancestors 'none'", "style-src 'self';"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: the policy lacks %s", target, want)
			}
		}
		if strings.Contains(csp, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", target, h)
		}
	}
}

func TestTheThemeCookieChoosesBetweenTwoWordsOnly(t *testing.T) {
	s := newSite(built1(), Options{})
	for cookie, want := range map[string]string{
		"bangui_theme=dark":                         `<html lang="en" data-theme="dark">`,
		"bangui_theme=light":                        `<html lang="en" data-theme="light">`,
		`bangui_theme=dark" onload="x`:              `<html lang="en">`,
		"bangui_theme=%22%3E%3Cscript%3E":           `<html lang="en">`,
		"bangui_theme=<script>alert(1)</script>":    `<html lang="en">`,
		"other=1":                                   `<html lang="en">`,
		"bangui_theme=" + strings.Repeat("a", 4096): `<html lang="en">`,
	} {
		body := text(t, get(t, s, "/", "Accept", "text/html", "Cookie", cookie))
		if !strings.Contains(body, want+"\n") || strings.Contains(body, "alert") || strings.Contains(body, "onload") {
			t.Errorf("cookie %.40q gave %.80q", cookie, body)
		}
	}
}

func TestTheBasePathReachesAssetsAndPage(t *testing.T) {
	body := text(t, get(t, newSite(built1(), Options{BasePath: "/a/b", Version: `1"2`}), "/bans", "Accept", "text/html"))
	for _, want := range []string{`src="/a/b/assets/main-1.js"`, `name="bangui-base" content="/a/b"`, `name="bangui-version" content="1&#34;2"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s:\n%s", want, body)
		}
	}
	root := text(t, get(t, newSite(built1(), Options{}), "/", "Accept", "text/html"))
	if !strings.Contains(root, `src="/assets/main-1.js"`) {
		t.Errorf("at the root: %s", root)
	}
}

func TestGzipForThoseWhoTakeIt(t *testing.T) {
	s := newSite(built1(), Options{})
	plain := text(t, get(t, s, "/assets/main-1.js", "Accept-Encoding", "gzip;q=0, br"))
	r := get(t, s, "/assets/main-1.js", "Accept-Encoding", "br, gzip")
	if r.Header.Get("Content-Encoding") != "gzip" {
		t.Fatal("not gzipped")
	}
	z, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	unpacked, err := io.ReadAll(z)
	if err != nil || string(unpacked) != plain {
		t.Errorf("unpacked %d bytes (%v), want %d", len(unpacked), err, len(plain))
	}
	again := get(t, s, "/assets/main-1.js", "If-None-Match", r.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("the same file again: %d", again.StatusCode)
	}
}

func TestWithoutABuiltPageItSaysHowToBuildOne(t *testing.T) {
	r := get(t, newSite(fstest.MapFS{".gitkeep": {}}, Options{}), "/", "Accept", "text/html")
	if body := text(t, r); r.StatusCode != 200 || !strings.Contains(body, "make build") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}

func TestTheEmbeddedPageIsServed(t *testing.T) {
	r := get(t, Handler(Options{}), "/", "Accept", "text/html")
	if body := text(t, r); r.StatusCode != 200 || !strings.Contains(body, "BanGUI") {
		t.Errorf("%d %s", r.StatusCode, body)
	}
}
