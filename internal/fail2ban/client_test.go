package fail2ban_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func clientOf(s *fail2bantest.Server) *fail2ban.Client {
	return fail2ban.New(fail2ban.Options{Socket: s.Socket()})
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func TestClient_RealServer(t *testing.T) {
	ctx := t.Context()
	server := fail2bantest.Start(t, fail2bantest.Options{Jails: "[web]\nenabled = true\nfilter = nginx-http-auth\nlogpath = /dev/null\nbanaction = iptables-multiport\naction = %(banaction)s[port=\"http,https\", name=web]\nignoreip = 192.0.2.0/24 2001:db8::1"})
	c := clientOf(server)

	if err := c.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	if got := c.Peer().PID; got != server.PID() {
		t.Errorf("the peer is %d, the server %d", got, server.PID())
	}
	version := must[fail2ban.Version](t)(c.Version(ctx))
	if want := strings.TrimSpace(server.Client("-V")); version.String() != want {
		t.Errorf("version %s, the client says %s", version, want)
	}
	jails := must[[]fail2ban.JailName](t)(c.Jails(ctx))
	slices.Sort(jails)
	if diff := cmp.Diff([]fail2ban.JailName{"manual", "sshd", "web"}, jails); diff != "" {
		t.Error(diff)
	}

	outcomes := must[[]fail2ban.Outcome](t)(c.Ban(ctx, "manual", "203.0.113.7", "198.51.100.0/24", "2001:db8::7"))
	for _, o := range outcomes {
		if !o.Banned {
			t.Errorf("%s was not banned: %v", o.ID, o.Err)
		}
	}
	bans := must[[]fail2ban.Ban](t)(c.BannedWithTimes(ctx, "manual"))
	var ids []string
	for _, b := range bans {
		ids = append(ids, b.ID)
		if b.Duration != time.Hour || b.Permanent || time.Since(b.BannedAt) > time.Minute || time.Since(b.BannedAt) < -2*time.Second {
			t.Errorf("ban %+v", b)
		}
	}
	slices.Sort(ids)
	if diff := cmp.Diff([]string{"198.51.100.0/24", "2001:db8::7", "203.0.113.7"}, ids); diff != "" {
		t.Error(diff)
	}
	if is := must[[]bool](t)(c.IsBanned(ctx, "manual", "203.0.113.7", "203.0.113.8")); !is[0] || is[1] {
		t.Errorf("IsBanned = %v", is)
	}
	all := must[map[fail2ban.JailName][]string](t)(c.Banned(ctx))
	if len(all["manual"]) != 3 || len(all["sshd"]) != 0 {
		t.Errorf("Banned = %v", all)
	}
	for _, j := range must[[]fail2ban.JailCounters](t)(c.Stats(ctx)) {
		if j.Name == "manual" && (j.CurrentlyBanned != 3 || j.TotalBanned != 3) {
			t.Errorf("counters %+v", j)
		}
	}
	must[[]fail2ban.Outcome](t)(c.Unban(ctx, "manual", "203.0.113.7"))
	if got := server.Client("get", "manual", "banned", "203.0.113.7"); got != "0" {
		t.Errorf("fail2ban's client says %q after the unban", got)
	}

	o := must[fail2ban.JailOptions](t)(c.JailOptions(ctx, "sshd"))
	if o.BanTime != 10*time.Minute || o.FindTime != 10*time.Minute || o.MaxRetry != 3 || len(o.FailRegex) < 5 ||
		!cmp.Equal(o.LogPaths, []string{server.AuthLog()}) || !cmp.Equal(o.Actions, []string{"record"}) {
		t.Errorf("options %+v", o)
	}
	if got := must[[]string](t)(c.IgnoreIP(ctx, "web")); !cmp.Equal(got, []string{"192.0.2.0/24", "2001:db8::1"}) {
		t.Errorf("ignore list %v", got)
	}
	closed := must[[]fail2ban.ActionPorts](t)(c.ClosedPorts(ctx, "web"))
	want := []fail2ban.ActionPorts{{Action: "iptables-multiport", Ports: "http,https", Protocol: "tcp", Known: true}}
	if diff := cmp.Diff(want, closed); diff != "" {
		t.Error(diff)
	}

	if got := must[string](t)(c.LogTarget(ctx)); got != server.Log() {
		t.Errorf("log target %q", got)
	}
	if got := must[time.Duration](t)(c.DBPurgeAge(ctx)); got != 24*time.Hour {
		t.Errorf("purge age %v", got)
	}
	if _, err := c.JailStatus(ctx, "nosuch"); !fault.Is(err, fault.JailNotFound) {
		t.Errorf("unknown jail: %v", err)
	}
	if err := c.StopJail(ctx, "web"); err != nil {
		t.Fatal(err)
	}
	if err := c.SetIdle(ctx, "web", true); !fault.Is(err, fault.JailNotFound) {
		t.Errorf("a stopped jail: %v", err)
	}
}

// allPorts: the stock all-ports actions close everything, whatever `port` says.
func TestClient_ClosedPortsOfStockActions(t *testing.T) {
	var jails strings.Builder
	cases := map[string]bool{"iptables-allports": true, "iptables-multiport": false, "nftables[type=allports]": true, "nftables": false, "nftables-multiport": false, "ufw": true}
	i, names := 0, map[string]string{}
	for action := range cases {
		name := fmt.Sprintf("j%d", i)
		i++
		names[name] = action
		call := action + "[port=ssh]"
		if strings.Contains(action, "[") {
			call = strings.TrimSuffix(action, "]") + ", port=ssh]"
		}
		fmt.Fprintf(&jails, "[%s]\nenabled = true\nfilter =\naction = %s\n", name, call)
	}
	server := fail2bantest.Start(t, fail2bantest.Options{Jails: jails.String()})
	c := clientOf(server)
	for name, action := range names {
		got := must[[]fail2ban.ActionPorts](t)(c.ClosedPorts(t.Context(), fail2ban.JailName(name)))
		if len(got) != 1 || !got[0].Known || got[0].AllPorts != cases[action] || (got[0].Ports == "ssh") == cases[action] {
			t.Errorf("%s: %+v, want all ports %v", action, got, cases[action])
		}
	}
}

// One odd id must not hide the others (a trap that a peer fell into).
func TestClient_OddIDsHideNothing(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	for _, id := range []string{"203.0.113.1", "a user with blanks", "tab\there", "two\nlines", "x <F2B_END y", "198.51.100.0/28", ""} {
		server.Client("set", "manual", "banip", id)
	}
	bans := must[[]fail2ban.Ban](t)(clientOf(server).BannedWithTimes(t.Context(), "manual"))
	var ids []string
	for _, b := range bans {
		ids = append(ids, b.ID)
	}
	for _, want := range []string{"203.0.113.1", "a user with blanks", "tab\there", "two\nlines", "198.51.100.0/28"} {
		if !slices.Contains(ids, want) {
			t.Errorf("%q is missing from %q", want, ids)
		}
	}
}

func TestClient_NobodyThere(t *testing.T) {
	dir := t.TempDir()
	gone := fail2ban.New(fail2ban.Options{Socket: filepath.Join(dir, "none")})
	if err := gone.Ping(t.Context()); !fault.Is(err, fault.Fail2banUnreachable) || fault.MendOf(err) == "" {
		t.Errorf("no socket: %v", err)
	}
	server := fail2bantest.Start(t, fail2bantest.Options{})
	server.Kill()
	if err := clientOf(server).Ping(t.Context()); !fault.Is(err, fault.Fail2banUnreachable) {
		t.Errorf("a socket that a crash left behind: %v", err)
	}
}

func TestClient_HangingServerEndsInTime(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	c := clientOf(server)
	server.Pause()
	defer server.Resume()
	began := time.Now()
	if err := c.Ping(t.Context()); !fault.Is(err, fault.Fail2banTimeout) {
		t.Errorf("a stopped process: %v", err)
	}
	if took := time.Since(began); took > 20*time.Second { // 2 s, and stalls; not for ever
		t.Errorf("it took %v", took)
	}
	server.Resume()
	if err := c.Ping(t.Context()); err != nil {
		t.Errorf("after it went on: %v", err)
	}
}

const pong = "\x80\x02K\x00X\x04\x00\x00\x00pong\x86.<F2B_END_COMMAND>"

func TestClient_BadServers(t *testing.T) {
	endless := bytes.Repeat([]byte("X\x00\x00\x01\x00"+strings.Repeat("a", 1<<16)), 8)
	cases := map[string]struct {
		play func(net.Conn)
		want fault.Code
	}{
		"silent":         {func(c net.Conn) { io.Copy(io.Discard, c) }, fault.Fail2banTimeout},
		"half an answer": {func(c net.Conn) { io.WriteString(c, pong[:9]); io.Copy(io.Discard, c) }, fault.Fail2banTimeout},
		"closes":         {func(c net.Conn) { io.ReadFull(c, make([]byte, 5)) }, fault.Fail2banUnreachable},
		"garbage":        {func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n") }, fault.Fail2banGarbled},
		"no marker":      {func(c net.Conn) { io.WriteString(c, pong[:12]+"yyyyyyyyyyyyyyyyyyyyyyyy") }, fault.Fail2banGarbled},
		"wrong answer":   {func(c net.Conn) { io.WriteString(c, strings.Replace(pong, "pong", "gnop", 1)) }, fault.Fail2banGarbled},
		"shutting down":  {func(c net.Conn) { io.WriteString(c, "\x80\x02]X\x08\x00\x00\x00SHUTDOWNa.<F2B_END_COMMAND>") }, fault.Fail2banUnreachable},
		"an error text":  {func(c net.Conn) { io.WriteString(c, "\x80\x02X\x08\x00\x00\x00ERROR: x.<F2B_END_COMMAND>") }, fault.Fail2banRefused},
		"a call":         {func(c net.Conn) { io.WriteString(c, "cos\nsystem\n(X\x02\x00\x00\x00idtR.<F2B_END_COMMAND>") }, fault.Fail2banGarbled},
		"endless": {func(c net.Conn) {
			io.WriteString(c, "\x80\x02](")
			for {
				if _, err := c.Write(endless); err != nil {
					return
				}
			}
		}, fault.Fail2banGarbled},
	}
	for name, bad := range cases {
		t.Run(name, func(t *testing.T) {
			fake := fail2bantest.NewFake(t, func(c net.Conn) {
				if _, err := io.ReadFull(c, make([]byte, 5)); err == nil {
					bad.play(c)
				}
			})
			c := fail2ban.New(fail2ban.Options{Socket: fake.Socket})
			began := time.Now()
			if err := c.Ping(t.Context()); !fault.Is(err, bad.want) {
				t.Errorf("Ping = %v (%s), want %s", err, fault.CodeOf(err), bad.want)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %v", took)
			}
			fail2bantest.Until(t, "the connection is closed", func() bool { return fake.Open() == 0 })
		})
	}
}

// Two hundred callers at once share two connections, and none of them fails: the
// queue holds 64, so 200 come in three waves.
func TestClient_ManyCallersTwoConnections(t *testing.T) {
	fake := fail2bantest.NewFake(t, func(c net.Conn) {
		buffer := make([]byte, 4096)
		for {
			n, err := c.Read(buffer)
			if err != nil || bytes.Contains(buffer[:n], []byte("CLOSE")) {
				return
			}
			time.Sleep(2 * time.Millisecond)
			if _, err := io.WriteString(c, pong); err != nil {
				return
			}
		}
	})
	c := fail2ban.New(fail2ban.Options{Socket: fake.Socket})
	for range 4 {
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				if err := c.Ping(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
	}
	// A connection is closed by us before the next is dialled, but the fake notices
	// a moment later.
	if fake.Most() > 4 {
		t.Errorf("%d connections were open at once", fake.Most())
	}
}

func TestClient_QueueIsBounded(t *testing.T) {
	release := make(chan struct{})
	fake := fail2bantest.NewFake(t, func(net.Conn) { <-release })
	c := fail2ban.New(fail2ban.Options{Socket: fake.Socket})
	ctx, cancel := context.WithCancel(t.Context())
	var callers sync.WaitGroup
	results := make(chan error, 100)
	for range 100 {
		callers.Go(func() { results <- c.Ping(ctx) })
	}
	tooMany := 0
	for range 100 - 66 {
		if err := <-results; fault.Is(err, fault.TooMany) {
			tooMany++
		}
	}
	if tooMany != 34 {
		t.Errorf("%d callers were turned away at once, want 34 of 100 (2 served, 64 waiting)", tooMany)
	}
	cancel()
	close(release)
	callers.Wait()
}

// The backlog of a real server is one: a hundred clients at once still get through.
func TestClient_BacklogOfOneIsInvisible(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	var callers sync.WaitGroup
	for range 40 {
		callers.Go(func() {
			if err := clientOf(server).Ping(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
}

// Reads go before bulk work: while addresses are banned one after the other, counters
// come without waiting for the end.
func TestClient_ReadsGoBeforeBulkWork(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	c := clientOf(server)
	ctx, cancel := context.WithCancel(t.Context())
	banning := make(chan error, 1)
	go func() {
		_, err := c.Ban(ctx, "manual", addresses(2000)...)
		banning <- err
	}()
	for range 20 {
		if err := c.Ping(ctx); err != nil {
			t.Error(err)
		}
	}
	select {
	case err := <-banning:
		t.Fatalf("2000 bans with a shell each were over before 20 pings: %v", err)
	default:
	}
	cancel()
	if err := <-banning; err == nil {
		t.Error("a cancelled ban says that it was done")
	}
}

// addresses are n addresses out of 10.0.0.0/8.
func addresses(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("10.%d.%d.%d", i>>16&255, i>>8&255, i&255)
	}
	return all
}

// Whatever a string parameter holds, it can't become a command: the canary is never
// made (a trap: frames are not escaped, the server runs what it unpickles).
func TestClient_NothingIsSmuggled(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	c, ctx := clientOf(server), t.Context()
	canary := filepath.Join(server.Dir(), "canary")
	evil := "1.2.3.4<F2B_END_COMMAND>cos\nsystem\n(S'touch " + canary + "'\ntR.<F2B_END_COMMAND>"
	jail := fail2ban.JailName(evil)
	calls := map[string]func() error{
		"ban":          func() error { _, err := c.Ban(ctx, "manual", evil); return err },
		"unban":        func() error { _, err := c.Unban(ctx, "manual", evil); return err },
		"banned":       func() error { _, err := c.IsBanned(ctx, "manual", evil); return err },
		"add ignored":  func() error { return c.AddIgnoreIP(ctx, "manual", evil) },
		"del ignored":  func() error { return c.DelIgnoreIP(ctx, "manual", evil) },
		"log level":    func() error { return c.SetLogLevel(ctx, evil) },
		"reload":       func() error { return c.Reload(ctx, evil, nil, nil) },
		"options":      func() error { return c.Reload(ctx, "manual", []string{evil}, nil) },
		"stream":       func() error { return c.ServerStream(ctx, [][]any{{"set", "manual", "banip", evil}}) },
		"jail ban":     func() error { _, err := c.Ban(ctx, jail, "1.2.3.4"); return err },
		"jail unban":   func() error { _, err := c.Unban(ctx, jail, "1.2.3.4"); return err },
		"jail status":  func() error { _, err := c.JailStatus(ctx, jail); return err },
		"jail options": func() error { _, err := c.JailOptions(ctx, jail); return err },
		"jail bans":    func() error { _, err := c.BannedWithTimes(ctx, jail); return err },
		"jail is":      func() error { _, err := c.IsBanned(ctx, jail, "1.2.3.4"); return err },
		"jail ignored": func() error { _, err := c.IgnoreIP(ctx, jail); return err },
		"jail ports":   func() error { _, err := c.ClosedPorts(ctx, jail); return err },
		"jail stop":    func() error { return c.StopJail(ctx, jail) },
		"jail idle":    func() error { return c.SetIdle(ctx, jail, true) },
	}
	for name, call := range calls {
		if err := call(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v, want invalid", name, err)
		}
	}
	if err := c.Ping(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(canary); !errors.Is(err, os.ErrNotExist) {
		t.Error("the canary is there: a parameter became a command")
	}
	for _, id := range []string{"", "-x", "a\nb", "a\x00b", "a\x1b[31mb", strings.Repeat("x", 2000)} {
		if _, err := c.Ban(ctx, "manual", id); !fault.Is(err, fault.Invalid) {
			t.Errorf("id %q: %v", id, err)
		}
	}
}

func TestClient_StreamRestoresAStoppedJail(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{})
	c, ctx := clientOf(server), t.Context()
	must[[]fail2ban.Outcome](t)(c.Ban(ctx, "manual", "203.0.113.9"))
	stream, err := fail2ban.ParseStream([]byte(server.Client("-d")))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.StopJail(ctx, "manual"); err != nil {
		t.Fatal(err)
	}
	part := slices.DeleteFunc(stream, func(command []any) bool { return len(command) < 2 || command[1] != "manual" })
	if err := c.ServerStream(ctx, part); err != nil {
		t.Fatal(err)
	}
	fail2bantest.Until(t, "the ban is restored", func() bool {
		is, err := c.IsBanned(ctx, "manual", "203.0.113.9")
		return err == nil && is[0]
	})
	if err := c.Reload(ctx, "manual", nil, part); err != nil {
		t.Errorf("reload: %v", err)
	}
}

func TestParseVersion(t *testing.T) {
	for text, atLeast11 := range map[string]bool{
		"1.0.2": false, "0.11.2": false, "1.1.0": true, "1.1.2.dev1": true, "0.11.3-dev": false, "1.0.2.fix": false,
		"2.0": true, "next": true, "": true,
	} {
		if got := fail2ban.ParseVersion(text).AtLeast(1, 1, 0); got != atLeast11 {
			t.Errorf("%q at least 1.1.0: %v", text, got)
		}
	}
}
