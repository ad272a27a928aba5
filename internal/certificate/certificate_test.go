package certificate

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bangui/internal/fault"
)

var today = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func options(dir string) Options {
	return Options{
		Dir: dir, Names: func() []string {
			return []string{"localhost", "the-machine", "127.0.0.1", "::1", "fe80::1%eth0", "::ffff:192.0.2.1", ""}
		},
		Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return today },
	}
}

func opened(t *testing.T, o Options) *Keeper {
	t.Helper()
	k, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestOpen_MakesACertificate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tls")
	k := opened(t, options(dir))
	leaf := k.Current().Leaf
	key, isECDSA := leaf.PublicKey.(*ecdsa.PublicKey)
	if !isECDSA || key.Curve.Params().Name != "P-256" {
		t.Errorf("the key is %T", leaf.PublicKey)
	}
	if got := leaf.NotAfter.Sub(today); got != 365*24*time.Hour {
		t.Errorf("it is valid for %s", got)
	}
	for _, name := range []string{"localhost", "the-machine", "127.0.0.1", "::1", "192.0.2.1", "fe80::1"} {
		if err := leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if leaf.IsCA || leaf.VerifyHostname("evil.example") == nil || !k.Own() {
		t.Errorf("it can do more than it should: CA %t, names %v", leaf.IsCA, leaf.DNSNames)
	}
	for name, want := range map[string]os.FileMode{"": 0o700, "key.pem": 0o600, "certificate.pem": 0o644} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%q has the mode %v, %v; want %v", name, info.Mode().Perm(), err, want)
		}
	}
	if got := Fingerprint(k.Current()); OwnFingerprint(dir) != got || len(got) != 64 || len(Shown(got)) != 95 {
		t.Errorf("fingerprints %q, %q", OwnFingerprint(dir), got)
	}
}

// It stays the same from start to start, so that what somebody trusts stays true, until
// it can't be used any more.
func TestOpen_KeepsItsCertificateWhileItCan(t *testing.T) {
	cases := map[string]struct {
		spoil func(dir string, o *Options) error
		kept  bool
	}{
		"Nothing": {func(string, *Options) error { return nil }, true},
		"ElevenMonths": {func(_ string, o *Options) error {
			o.Now = func() time.Time { return today.AddDate(0, 0, 334) }
			return nil
		}, true},
		"ThirtyDays": {func(_ string, o *Options) error {
			o.Now = func() time.Time { return today.AddDate(0, 0, 336) }
			return nil
		}, false},
		"Expired": {func(_ string, o *Options) error {
			o.Now = func() time.Time { return today.AddDate(2, 0, 0) }
			return nil
		}, false},
		"ClockWentBack": {func(_ string, o *Options) error {
			o.Now = func() time.Time { return today.AddDate(-1, 0, 0) }
			return nil
		}, false},
		"NewName": {func(_ string, o *Options) error {
			o.Names = func() []string { return []string{"localhost", "new.example"} }
			return nil
		}, false},
		"FewerNames": {func(_ string, o *Options) error {
			o.Names = func() []string { return []string{"localhost"} }
			return nil
		}, true},
		"NewAddress": {func(_ string, o *Options) error {
			o.Names = func() []string { return []string{"localhost", "192.0.2.9"} }
			return nil
		}, true},
		"KeyForAll": {func(dir string, _ *Options) error { return os.Chmod(filepath.Join(dir, "key.pem"), 0o644) }, true},
		"NoKey":     {func(dir string, _ *Options) error { return os.Remove(filepath.Join(dir, "key.pem")) }, false},
		"EmptyFile": {func(dir string, _ *Options) error { return os.Truncate(filepath.Join(dir, "certificate.pem"), 0) }, false},
		"OtherKey": {func(dir string, _ *Options) error {
			_, err := Open(options(dir + "2"))
			return errors.Join(err, os.Rename(filepath.Join(dir+"2", "key.pem"), filepath.Join(dir, "key.pem")))
		}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "tls")
			o := options(dir)
			first := Fingerprint(opened(t, o).Current())
			if err := c.spoil(dir, &o); err != nil {
				t.Fatal(err)
			}
			second := opened(t, o)
			if kept := Fingerprint(second.Current()) == first; kept != c.kept {
				t.Errorf("kept = %t", kept)
			}
			if left := second.Current().Leaf.NotAfter.Sub(o.Now()); left < renewBefore {
				t.Errorf("%s are left", left)
			}
			if info, err := os.Stat(filepath.Join(dir, "key.pem")); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("the key has the mode %v, %v", info.Mode(), err)
			}
		})
	}
}

// pair writes an operator's certificate and key.
func pair(t *testing.T, dir string) Options {
	t.Helper()
	cert, key, err := selfSigned([]string{"bans.example.org"}, today)
	if err != nil {
		t.Fatal(err)
	}
	o := options(filepath.Join(dir, "unused"))
	o.Cert, o.Key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	if err := errors.Join(os.WriteFile(o.Cert, cert, 0o600), os.WriteFile(o.Key, key, 0o600)); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOpen_SaysWhatIsWrongWithTheFiles(t *testing.T) {
	good := pair(t, t.TempDir())
	if k := opened(t, good); k.Own() {
		t.Error("a certificate from files counts as our own")
	}
	cases := map[string]struct {
		spoil func(o *Options) error
		told  string
	}{
		"NoCert":   {func(o *Options) error { return os.Remove(o.Cert) }, "tls-cert"},
		"NoKey":    {func(o *Options) error { return os.Remove(o.Key) }, "tls-key"},
		"AFolder":  {func(o *Options) error { o.Cert = filepath.Dir(o.Cert); return nil }, "tls-cert"},
		"OtherKey": {func(o *Options) error { o.Key = good.Key; return nil }, "belong together"},
		"Swapped":  {func(o *Options) error { o.Key, o.Cert = o.Cert, o.Key; return nil }, "PEM"},
		"NotPEM":   {func(o *Options) error { return os.WriteFile(o.Cert, []byte("x"), 0o600) }, "PEM"},
		"Empty":    {func(o *Options) error { return os.Truncate(o.Key, 0) }, "PEM"},
		"TooLarge": {func(o *Options) error { return os.Truncate(o.Key, maxFile+1) }, "1 MiB"},
		"Encrypted": {func(o *Options) error {
			return os.WriteFile(o.Key, []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n"), 0o600)
		}, "must not be encrypted"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			o := pair(t, t.TempDir())
			if err := c.spoil(&o); err != nil {
				t.Fatal(err)
			}
			_, err := Open(o)
			if told := fault.MessageOf(err) + " " + fault.MendOf(err); !fault.Is(err, fault.Invalid) || !strings.Contains(told, c.told) {
				t.Errorf("%v: %q lacks %q", err, told, c.told)
			}
			if strings.Contains(fault.MessageOf(err), "BEGIN") {
				t.Errorf("the key is told: %v", err)
			}
		})
	}
}

// What is served follows the files: at once when asked, and what can't be read leaves
// the last good one.
func TestRun_FollowsTheFiles(t *testing.T) {
	o := pair(t, t.TempDir())
	var changes atomic.Int32
	var log bytes.Buffer
	o.Changed, o.Logger = func() { changes.Add(1) }, slog.New(slog.NewTextHandler(&log, nil))
	k := opened(t, o)
	first := Fingerprint(k.Current())
	ctx, cancel := context.WithCancel(t.Context())
	hangup := make(chan os.Signal)
	var running sync.WaitGroup
	running.Go(func() { k.Run(ctx, hangup) })
	ask := func() { // the second is taken only when the first is done
		hangup <- os.Interrupt
		hangup <- os.Interrupt
	}

	if err := os.WriteFile(o.Cert, []byte("half a fi"), 0o600); err != nil {
		t.Fatal(err)
	}
	ask()
	if Fingerprint(k.Current()) != first || changes.Load() != 0 {
		t.Error("a broken file was taken")
	}
	pair(t, filepath.Dir(o.Cert))
	ask()
	if Fingerprint(k.Current()) == first || changes.Load() != 1 {
		t.Errorf("the new certificate is not served; %d changes", changes.Load())
	}
	cancel()
	running.Wait()
	if got := log.String(); !strings.Contains(got, "the last one stays") || !strings.Contains(got, "another certificate is served") || strings.Contains(got, "BEGIN") {
		t.Errorf("log: %s", got)
	}
}

// The looks without a signal compare versions: each change is another one, and ours
// changes when it must be renewed.
func TestVersion_ChangesWithTheCertificate(t *testing.T) {
	o := pair(t, t.TempDir())
	f := files{o.Cert, o.Key}
	seen := []string{f.version(today)}
	link := o.Cert + ".link"
	steps := []func() error{
		func() error { return os.Chtimes(o.Cert, today, today) },
		func() error { return os.Chtimes(o.Key, today, today) },
		func() error { return os.WriteFile(o.Cert, []byte("other"), 0o600) },
		func() error { return errors.Join(os.Rename(o.Cert, link), os.Symlink(o.Key, o.Cert)) },
		func() error { return os.Remove(o.Cert) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatal(err)
		}
		if now := f.version(today); slices.Contains(seen, now) {
			t.Errorf("step %d is not seen", i)
		} else {
			seen = append(seen, now)
		}
	}
	dir := filepath.Join(t.TempDir(), "tls")
	opened(t, options(dir))
	mine := own{dir: dir}
	if now, later := mine.version(today), mine.version(today.AddDate(0, 0, 336)); now == later || mine.version(today.AddDate(0, 0, 300)) != now {
		t.Errorf("versions %q, %q", now, later)
	}
}

func TestOpen_SaysThatTheFolderCantBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(options(filepath.Join(file, "tls"))); !fault.Is(err, fault.Invalid) || !strings.Contains(fault.MendOf(err), "tls-cert") {
		t.Errorf("err = %v", err)
	}
}

// served serves whoever has shaken hands and said what he wants within patience.
func served(t *testing.T, k *Keeper, patience time.Duration) (address string) {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{
		Handler:   http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }),
		TLSConfig: k.Config(), ReadHeaderTimeout: patience, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug),
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		_ = server.ServeTLS(Listener{Listener: inner, Address: func(host string) string { return "https://" + host + "/" }}, "", "")
	})
	t.Cleanup(func() {
		_ = server.Close()
		serving.Wait()
	})
	return inner.Addr().String()
}

// TLS 1.2 and newer, HTTP/2, and a word for those who come without TLS.
func TestListener_ServesTLSAndAnswersPlainHTTP(t *testing.T) {
	k := opened(t, options(t.TempDir()))
	address := served(t, k, time.Minute)
	for name, c := range map[string]struct {
		config *tls.Config
		want   string // protocol; "" = no connection
	}{
		"TLS13":  {&tls.Config{MinVersion: tls.VersionTLS13}, "HTTP/2.0"},
		"TLS12":  {&tls.Config{MaxVersion: tls.VersionTLS12}, "HTTP/2.0"},
		"TLS11":  {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, ""},
		"NoH2":   {&tls.Config{NextProtos: []string{"http/1.1"}}, "HTTP/1.1"},
		"NoRoot": {&tls.Config{RootCAs: x509.NewCertPool()}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if c.config.RootCAs == nil {
				c.config.RootCAs = x509.NewCertPool()
				c.config.RootCAs.AddCert(k.Current().Leaf)
			}
			c.config.Time = func() time.Time { return today }
			transport := &http.Transport{TLSClientConfig: c.config, ForceAttemptHTTP2: len(c.config.NextProtos) == 0}
			defer transport.CloseIdleConnections()
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := (&http.Client{Transport: transport, Timeout: time.Minute}).Do(request)
			if err != nil {
				if c.want != "" {
					t.Error(err)
				}
				return
			}
			defer answer.Body.Close()
			if body, err := io.ReadAll(answer.Body); err != nil || string(body) != c.want {
				t.Errorf("%q, %v; want %q", body, err, c.want)
			}
		})
	}
	for name, c := range map[string]struct{ send, want string }{
		"Get":      {"GET / HTTP/1.1\r\nHost: bans.example:8000\r\n\r\n", "https://bans.example:8000/"},
		"Post":     {"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "https://a/"},
		"NoHost":   {"GET / HTTP/1.0\r\n\r\n", "https:///"},
		"Junk":     {"HELO you\r\n\r\n", "https:///"},
		"TwoParts": {"G\x00ET / HTTP/1.1\r\nHost: a\r\n\r\n", "https://a/"},
	} {
		t.Run("Plain"+name, func(t *testing.T) {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			for part := range strings.SplitSeq(c.send, "\x00") {
				if _, err := io.WriteString(conn, part); err != nil {
					t.Fatal(err)
				}
			}
			_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
			got, err := io.ReadAll(conn)
			if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 400 Bad Request\r\n") || !strings.HasSuffix(string(got), " "+c.want+"\n") {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	address = served(t, k, 2*time.Second)
	for _, junk := range []string{"\x00\x01\x02", "\x16\x03\x01\x00\x05hello", "\xff\xff\xff\xff\xff\xff", strings.Repeat("A", 20<<10)} {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, junk)
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		if _, err := io.ReadAll(conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%.10q keeps its connection", junk)
		}
		_ = conn.Close()
	}
}
