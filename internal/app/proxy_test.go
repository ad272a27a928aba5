package app

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Behind a trusted proxy the sign-in is that of the client: its address, and a cookie
// that the browser sends over TLS only. The same headers from a stranger change nothing.
func TestConsole_BelievesTrustedProxies(t *testing.T) {
	for name, c := range map[string]struct {
		trusted, header, headers string
		address, cookie          string
	}{
		"Trusted":      {"127.0.0.1/32", "x-forwarded-for", "X-Forwarded-For: 203.0.113.9, 198.51.100.4\r\nX-Forwarded-Proto: https\r\n", "198.51.100.4", "__Host-bangui_session"},
		"PlainToProxy": {"127.0.0.1/32", "x-forwarded-for", "X-Forwarded-For: 198.51.100.4\r\nX-Forwarded-Proto: http\r\n", "198.51.100.4", "bangui_session"},
		"Forwarded":    {"127.0.0.0/8", "forwarded", "X-Forwarded-For: 203.0.113.9\r\nForwarded: for=\"[2001:db8::4]:1\";proto=https\r\n", "2001:db8::4", "__Host-bangui_session"},
		"Stranger":     {"192.0.2.0/24", "x-forwarded-for", "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n", "127.0.0.1", "bangui_session"},
		"Malformed":    {"127.0.0.1/32", "x-forwarded-for", "X-Forwarded-For: 203.0.113.9, unknown\r\n", "127.0.0.1", "bangui_session"},
	} {
		t.Run(name, func(t *testing.T) {
			conf := settings(t)
			conf.TrustedProxies = []netip.Prefix{netip.MustParsePrefix(c.trusted)}
			if c.header == "forwarded" {
				conf.ForwardedHeader = "forwarded"
			}
			console := serve(t, conf)
			const body = `{"username":"admin","password":"` + password + `"}`
			signIn := open(t, console.url, "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\n"+c.headers+"Content-Type: application/json\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n\r\n"+body)
			if signIn == nil || signIn.StatusCode != http.StatusNoContent || len(signIn.Cookies()) != 1 {
				t.Fatalf("sign-in (%d bytes): %+v", len(body), signIn)
			}
			cookie := signIn.Cookies()[0]
			if cookie.Name != c.cookie || cookie.Secure != strings.HasPrefix(c.cookie, "__Host-") || !cookie.HttpOnly {
				t.Errorf("cookie %s", cookie)
			}
			sessions := open(t, console.url, "GET /api/v1/auth/sessions HTTP/1.1\r\nHost: localhost\r\n"+c.headers+"Cookie: "+cookie.Name+"="+cookie.Value+"\r\n\r\n")
			var list struct{ Items []struct{ Address string } }
			if err := json.Unmarshal([]byte(sessions.body), &list); err != nil || len(list.Items) != 1 || list.Items[0].Address != c.address {
				t.Errorf("%v: %s, want the address %s", err, sessions.body, c.address)
			}
			if told := strings.Count(console.log.String(), "a forwarding header was not taken"); told > 1 || (told == 1) != (name == "Stranger" || name == "Malformed") {
				t.Errorf("the log tells it %d times", told)
			}
		})
	}
}

// Over TLS the cookie is for TLS only. Browsers are told to stay with TLS where the
// certificate is the operator's; one that nobody signed could lock them out.
func TestConsole_TLS(t *testing.T) {
	first := settings(t)
	first.TLS = "self-signed"
	console := serve(t, first)
	own := filepath.Join(first.DataDir, "tls")
	checkTLS(t, console, filepath.Join(own, "certificate.pem"), false)
	if plain := open(t, console.url, "GET / HTTP/1.1\r\nHost: localhost:8000\r\n\r\n"); plain == nil || plain.StatusCode != http.StatusBadRequest || !strings.Contains(plain.body, "https://localhost:8000/") {
		t.Errorf("plain HTTP: %+v", plain)
	}
	if plain := open(t, console.url, "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"); plain == nil || strings.Contains(plain.body, "evil") || !strings.Contains(plain.body, console.url) {
		t.Errorf("plain HTTP for another host: %+v", plain)
	}

	second := settings(t)
	second.TLSCert, second.TLSKey = filepath.Join(own, "certificate.pem"), filepath.Join(own, "key.pem")
	checkTLS(t, serve(t, second), second.TLSCert, true)
}

func checkTLS(t *testing.T, console running, certificate string, strict bool) {
	t.Helper()
	pem, err := os.ReadFile(certificate)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	browser := http.Client{Transport: transport, Timeout: time.Minute}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, console.url+"api/v1/auth/login", strings.NewReader(`{"username":"admin","password":"`+password+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.ProtoMajor != 2 || answer.TLS.Version != tls.VersionTLS13 || answer.StatusCode != http.StatusNoContent {
		t.Errorf("%s over %x: %s", answer.Proto, answer.TLS.Version, answer.Status)
	}
	if cookies := answer.Cookies(); len(cookies) != 1 || cookies[0].Name != "__Host-bangui_session" || !cookies[0].Secure {
		t.Errorf("cookies %v", cookies)
	}
	if got := answer.Header.Get("Strict-Transport-Security"); (got != "") != strict {
		t.Errorf("Strict-Transport-Security is %q", got)
	}
}

// The certificate is read anew at SIGHUP, and the commands of the machine are told.
func TestConsole_ReadsTheCertificateAnewAtHangup(t *testing.T) {
	made := settings(t)
	made.TLS = "self-signed"
	stopped := serve(t, made)
	if err := stopped.stop(); err != nil {
		t.Fatal(err)
	}
	conf := settings(t)
	conf.TLSCert, conf.TLSKey = filepath.Join(made.DataDir, "tls", "certificate.pem"), filepath.Join(made.DataDir, "tls", "key.pem")
	hangup := make(chan os.Signal)
	a := New(Options{Config: conf, Log: &journal{}, Hangup: hangup})
	console := serveApp(t, a)
	listen := filepath.Join(conf.DataDir, "listen")
	before, err := os.ReadFile(listen)
	if err != nil || !strings.HasPrefix(string(before), console.url+"#sha256=") {
		t.Fatalf("%q, %v", before, err)
	}

	if err := os.Remove(conf.TLSKey); err != nil {
		t.Fatal(err)
	}
	made.Listen = localhostAnyPort()
	if err := serve(t, made).stop(); err != nil { // makes another certificate in the same place
		t.Fatal(err)
	}
	hangup <- os.Interrupt
	hangup <- os.Interrupt // taken when the first is done
	after, err := os.ReadFile(listen)
	if err != nil || string(after) == string(before) || !strings.HasPrefix(string(after), console.url+"#sha256=") {
		t.Errorf("the file listen says %q, before %q, %v", after, before, err)
	}
	checkTLS(t, console, conf.TLSCert, true)
}

// The page shows it with the host, where findings stand.
func TestConsole_ShowsThatItSpeaksInTheClear(t *testing.T) {
	for listen, want := range map[string]bool{"0.0.0.0:0": true, "127.0.0.1:0": false} {
		c := settings(t)
		c.Listen = addresses(listen)
		console := serve(t, c)
		_, body := send(t, http.MethodGet, console.url+"api/v1/hosts/local", "", console.signIn(t))
		if strings.Contains(body, `"code":"plain_http"`) != want {
			t.Errorf("%s: %s", listen, body)
		}
	}
}
