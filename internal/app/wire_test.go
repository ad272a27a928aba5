package app

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// wire is a connection on which a test writes what no client would.
type wire struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

func dial(t *testing.T, console string) *wire {
	t.Helper()
	u, err := url.Parse(console)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	return &wire{t, conn, bufio.NewReader(conn)}
}

// said is an answer, read to its end.
type said struct {
	*http.Response
	body string
}

// say sends text as it is and reads one answer; nil when the connection ends without one.
func (w *wire) say(text string) *said {
	w.t.Helper()
	_, _ = io.WriteString(w.conn, text) // a server that has seen enough closes while we write
	method, _, _ := strings.Cut(text, " ")
	answer, err := http.ReadResponse(w.in, &http.Request{Method: method})
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	body, _ := io.ReadAll(answer.Body) // cut where the server closes while we write
	return &said{answer, string(body)}
}

// open is one request on a connection of its own.
func open(t *testing.T, console, text string) *said {
	t.Helper()
	return dial(t, console).say(text)
}

// Every answer that is ours has the headers, whatever it is and however the request was
// spelt.
func TestConsole_HeadersOnEveryAnswer(t *testing.T) {
	for _, base := range []string{"", "/bangui"} {
		c := settings(t)
		c.BasePath = base
		console := serve(t, c)
		for _, request := range []string{
			"GET /", "GET /bans", "GET /assets/none.js", "GET /favicon.svg", "GET /no/such", "GET /api", "GET /api/", "GET /api/none", "GET /api/health", "HEAD /api/health",
			"GET /api/health/live", "GET /api/v1/hosts", "GET /api/v1/hosts/none", "GET /api/v1/bans?none=1", "GET /api/docs", "GET /api/docs.css", "GET /api/openapi.json", "GET /docs/errors",
			"POST /api/v1/bans", "POST /", "PUT /api/v1/bans", "DELETE /x", "OPTIONS /api/v1/bans", "OPTIONS *", "TRACE /", "CONNECT /x", "BREW /", "PRI /x", "GET //x", "GET /%2e%2e/x",
		} {
			method, path, _ := strings.Cut(request, " ")
			if path != "*" {
				path = base + path
			}
			answer := open(t, console.url, method+" "+path+" HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\nContent-Length: 0\r\n\r\n")
			checkHeaders(t, base+" "+request, answer)
		}
		checkHeaders(t, "wrong host", open(t, console.url, "GET "+base+"/ HTTP/1.1\r\nHost: evil.example\r\n\r\n"))
		checkHeaders(t, "outside", open(t, console.url, "GET /elsewhere HTTP/1.1\r\nHost: localhost\r\n\r\n"))
		checkHeaders(t, "the root", open(t, console.url, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
	}
}

func checkHeaders(t *testing.T, name string, answer *said) {
	t.Helper()
	if answer == nil {
		t.Errorf("%s: no answer", name)
		return
	}
	for header, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=()", "Cache-Control": "",
	} {
		if got := answer.Header.Values(header); len(got) != 1 || !strings.Contains(got[0], want) {
			t.Errorf("%s: %d, %s is %q", name, answer.StatusCode, header, got)
		}
	}
	if csp := answer.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "base-uri 'none'") || strings.Contains(csp, "unsafe") {
		t.Errorf("%s: policy %q", name, csp)
	}
	for _, header := range []string{"Access-Control-Allow-Origin", "Server", "X-Powered-By", "Strict-Transport-Security"} {
		if got := answer.Header.Get(header); got != "" {
			t.Errorf("%s: %s is %q", name, header, got)
		}
	}
}

// spellings are other ways to write a path that a lenient server takes for the same.
func spellings(path string) []string {
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	var all []string
	for i := range parts {
		head, tail := "/"+strings.Join(parts[:i], "/"), strings.Join(parts[i:], "/")
		head = strings.TrimSuffix(head, "/")
		for _, between := range []string{
			"//", "///", "/./", "/x/../", "/%2e/", "/x/%2e%2e/", "/x/.%2e/", "/x/%2e./", "/x/..%2f", "/x%2f..%2f", "/%2f", "%2f", "%5c", "\\", "/\\", "/x/..\\", "/x/..%5c", "/;/", "/;x=1/", "/.;/",
			"/x/..;/", "/%00/", "/%20/", "/%09/", "%252f", "/%252e/", "/x/%252e%252e/", "/%c0%af", "/x/%c0%ae%c0%ae/", "/%e0%80%af", "%ef%bc%8f", "/x/%u002e%u002e/",
		} {
			all = append(all, head+between+tail)
		}
		letter := parts[i][0]
		all = append(all, fmt.Sprintf("%s/%%%02x%s", head, letter, tail[1:]), fmt.Sprintf("%s/%%%02X%s", head, letter, tail[1:]), fmt.Sprintf("%s/%%25%02x%s", head, letter, tail[1:]))
		if upper := strings.ToUpper(parts[i]); upper != parts[i] {
			all = append(all, head+"/"+upper+strings.TrimPrefix(tail, parts[i]))
		}
	}
	for _, end := range []string{"/", "//", "/.", "/./", "/x/..", "/%2e", ".", "..", ";", ";x=1", "%00", "%20", "%09", "%0a", "%0d%0a", ".json", ".css", "%3f", "%23", "/x/../", "%2f", "\\", "/;", "~", "%2e", "%ff"} {
		all = append(all, path+end)
	}
	return all
}

// No spelling but the one in the table reaches an operation, and nothing panics.
func TestConsole_OneSpellingReachesARoute(t *testing.T) {
	for _, base := range []string{"", "/bangui"} {
		c := settings(t)
		c.BasePath, c.RateLimit = base, 100_000
		console := serve(t, c)
		keep, session := dial(t, console.url), console.signIn(t)
		count := 0
		for _, path := range []string{"/api/v1/hosts", "/api/v1/hosts/local/jails", "/api/v1/bans/count"} {
			for _, accept := range []string{"application/json", "text/html"} {
				ask := func(path string) *said {
					answer := keep.say("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nCookie: " + session.String() + "\r\nAccept: " + accept + "\r\n\r\n")
					if answer == nil || answer.Close {
						keep = dial(t, console.url)
					}
					return answer
				}
				if answer := ask(base + path); answer == nil || !reached(answer) {
					t.Fatalf("%s: %+v", path, answer)
				}
				for _, spelling := range spellings(base + path) {
					count++
					answer := ask(spelling)
					if answer == nil || reached(answer) || answer.StatusCode == http.StatusInternalServerError || answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusUnauthorized {
						t.Errorf("%s: %+v", spelling, answer)
					}
				}
			}
		}
		if count < 300 {
			t.Errorf("%d spellings", count)
		}
		if log := console.log.String(); strings.Contains(log, "panic") {
			t.Errorf("the log tells of a panic:\n%s", log)
		}
	}
}

// reached reports whether the operation answered that is asked for.
func reached(answer *said) bool {
	return strings.Contains(answer.body, `"items"`) || strings.Contains(answer.body, `"count"`)
}

// What isn't one plain request is refused, and nothing is smuggled behind it.
func TestConsole_RefusesWhatIsNotHTTP(t *testing.T) {
	console := serve(t, settings(t))
	signedIn := "Host: localhost\r\nCookie: " + console.signIn(t).String() + "\r\n"
	const inner = "GET /api/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for name, request := range map[string]struct {
		text   string
		status int // 0 = any refusal, or the end of the connection
	}{
		"Chunked":           {"POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, 0},
		"LengthAndChunked":  {"POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + inner, 0},
		"TwoLengths":        {"POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nContent-Length: 50\r\n\r\n" + inner, 400},
		"SignedLength":      {"POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nContent-Length: +0\r\n\r\n" + inner, 400},
		"NegativeLength":    {"POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n" + inner, 400},
		"UnknownEncoding":   {"POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + inner, 501},
		"SpaceBeforeColon":  {"POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + inner, 400},
		"FoldedHeader":      {"POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\nContent-Length : 5\r\n\r\n" + inner, 400},
		"TwoHosts":          {"GET /api/health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n" + inner, 400},
		"NoHost":            {"GET /api/health HTTP/1.1\r\n\r\n", 400},
		"HostWithPath":      {"GET / HTTP/1.1\r\nHost: localhost/x\r\n\r\n", 400},
		"NulInHeader":       {"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n", 400},
		"BadVersion":        {"GET / HTTP/1.10\r\nHost: localhost\r\n\r\n", 400},
		"HTTP2Preface":      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405},
		"AbsoluteElsewhere": {"GET http://evil.example/api/v1/hosts HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
		"AbsoluteFile":      {"GET file:///etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 0},
		"Authority":         {"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n", 405},
		"Star":              {"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
		"NoSlash":           {"GET api/v1/hosts HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
		"HugeHeader":        {"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("a", headerSize+8192) + "\r\n\r\n", 0},
		"HugePath":          {"GET /" + strings.Repeat("a", headerSize+8192) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 0},
		"HugeBody":          {"POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n{}" + strings.Repeat(" ", 2<<20), 413},
		"Form":              {"POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415},
	} {
		t.Run(name, func(t *testing.T) {
			w := dial(t, console.url)
			answer := w.say(strings.Replace(request.text, "Host: localhost\r\n", signedIn, 1))
			if answer == nil {
				if request.status != 0 {
					t.Error("no answer")
				}
				return
			}
			if answer.StatusCode != request.status && (request.status != 0 || answer.StatusCode < 400) {
				t.Errorf("%d %s", answer.StatusCode, answer.body)
			}
			if !strings.HasSuffix(request.text, inner) {
				return
			}
			if again := w.say(""); again != nil {
				t.Errorf("what stood behind it was answered: %+v", again)
			}
		})
	}
}

// There is no way to HTTP/2 without TLS: whoever guards HTTP/1 before us guards all.
func TestConsole_NoUpgradeToClearHTTP2(t *testing.T) {
	console := serve(t, settings(t))
	for _, headers := range []string{
		"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n",
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n",
		"Connection: Upgrade\r\nUpgrade: TLS/1.0\r\n",
	} {
		answer := open(t, console.url, "GET /api/health HTTP/1.1\r\nHost: localhost\r\n"+headers+"\r\n")
		if answer == nil || answer.StatusCode != http.StatusOK || answer.Header.Get("Upgrade") != "" {
			t.Errorf("%q: %+v", headers, answer)
		}
	}
}

// A page from elsewhere can't change anything; a program without a browser's headers
// isn't held up by that.
func TestConsole_RefusesOtherSites(t *testing.T) {
	c := settings(t)
	c.PublicURL = "https://public.example"
	console := serve(t, c)
	for headers, refused := range map[string]bool{
		"":                                   false,
		"Origin: http://localhost\r\n":       false,
		"Sec-Fetch-Site: same-origin\r\n":    false,
		"Sec-Fetch-Site: none\r\n":           false,
		"Origin: http://evil.example\r\n":    true,
		"Origin: http://localhost:1\r\n":     true,
		"Origin: https://public.example\r\n": false,
		"Origin: http://public.example\r\n":  true,
		"Origin: https://public.example\r\nSec-Fetch-Site: cross-site\r\n": false,
		"Origin: null\r\n":                                              true,
		"Sec-Fetch-Site: cross-site\r\n":                                true,
		"Sec-Fetch-Site: same-site\r\n":                                 true,
		"Sec-Fetch-Site: nonsense\r\n":                                  true,
		"Origin: http://evil.example\r\nSec-Fetch-Site: cross-site\r\n": true,
	} {
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			answer := open(t, console.url, method+" /api/v1/hosts/local/manual-jail HTTP/1.1\r\nHost: localhost\r\n"+headers+"Content-Length: 0\r\n\r\n")
			if answer == nil || strings.Contains(answer.body, "another site") != refused || (refused && answer.StatusCode != http.StatusForbidden) {
				t.Errorf("%s %q: %+v", method, headers, answer)
			}
		}
	}
}

// A client that never ends its request does not keep its connection.
func TestConsole_BoundsSlowRequests(t *testing.T) {
	console := serve(t, settings(t))
	w := dial(t, console.url)
	began := time.Now()
	answer := w.say("GET / HTTP/1.1\r\nHost: local")
	if took := time.Since(began); answer != nil && answer.StatusCode != http.StatusRequestTimeout || took < headerTime/2 || took > headerTime+30*time.Second {
		t.Errorf("after %s: %+v", took, answer)
	}
}
