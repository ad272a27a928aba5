package helper_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/helper"
	"bangui/internal/host"
	"bangui/internal/store/storetest"

	"go.uber.org/goleak"
)

const nobody = 65534

// This program is also the child that connects as another user.
func TestMain(m *testing.M) {
	if socket := os.Getenv("BANGUI_TEST_LOOK"); socket != "" {
		err := newClient(socket).Look(context.Background())
		fmt.Fprintln(os.Stdout, string(fault.CodeOf(err)), fault.MessageOf(err))
		os.Exit(0)
	}
	goleak.VerifyTestMain(storetest.Rounds(m))
}

// lookAs asks a helper as another user and gives what came of it.
func lookAs(t *testing.T, uid uint32, socket string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = []string{"BANGUI_TEST_LOOK=" + socket}
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return string(out)
}

// open is a folder that everybody may pass through.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "bangui-helper-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// silent is a host that has nothing to say. Calls that it does not have panic.
type silent struct{ host.Host }

func (silent) State() host.State  { return host.State{Reach: host.Starting} }
func (silent) Jails() []host.Jail { return nil }
func (silent) Run(ctx context.Context, _ host.Recorder) error {
	<-ctx.Done()
	return ctx.Err()
}

// serve serves a host until the test ends.
func serve(t *testing.T, h host.Host, socket string, allowed helper.Allowed, change func(*helper.Server)) *lines {
	t.Helper()
	log := &lines{}
	listener, err := helper.Listen(t.Context(), socket, allowed)
	if err != nil {
		t.Fatal(err)
	}
	server := helper.New(helper.Options{
		Host: host.NewGuard(h, host.GuardOptions{System: bare(t)}), Allow: allowed, Version: "9.9", Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	if change != nil {
		change(server)
	}
	t.Cleanup(running(t, func(ctx context.Context) error { return server.Run(ctx, listener) }))
	return log
}

// The kernel says who connects; a mode of the socket that lets everybody in is not enough.
func TestServer_RefusesOtherUsers(t *testing.T) {
	for name, c := range map[string]struct {
		users, groups []string
		want          string
	}{
		"not allowed":       {nil, nil, "permission_denied user 65534 may not use the helper"},
		"another allowed":   {[]string{"65533"}, []string{"65533"}, "permission_denied"},
		"allowed by number": {[]string{"65534"}, nil, " "},
		"allowed by name":   {[]string{"nobody"}, nil, " "},
		"group allowed":     {nil, []string{"nogroup"}, " "},
	} {
		t.Run(name, func(t *testing.T) {
			socket := filepath.Join(open(t), "s")
			allowed, err := helper.Allow(c.users, c.groups)
			if err != nil {
				t.Fatal(err)
			}
			log := serve(t, silent{}, socket, allowed, nil)
			if err := os.Chmod(socket, 0o666); err != nil {
				t.Fatal(err)
			}
			got := lookAs(t, nobody, socket)
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("it answered %q, want %q", got, c.want)
			}
			if refused := strings.Contains(log.String(), "a connection was refused"); refused != (c.want != " ") {
				t.Errorf("the log: %s", log)
			}
			if err := newClient(socket).Look(t.Context()); err != nil {
				t.Errorf("root is refused: %v", err)
			}
		})
	}
}

// Without that, the socket's own mode lets in the group of the allowed user and no other.
func TestListen_SocketBelongsToTheAllowed(t *testing.T) {
	socket := filepath.Join(open(t), "s")
	allowed, err := helper.Allow([]string{"nobody"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	serve(t, silent{}, socket, allowed, nil)
	info, err := os.Stat(socket)
	if err != nil {
		t.Fatal(err)
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || info.Mode().Perm() != 0o660 || stat.Uid != 0 || stat.Gid != nobody {
		t.Errorf("mode %v, owner %d, group %d", info.Mode(), stat.Uid, stat.Gid)
	}
	if got := lookAs(t, nobody, socket); !strings.HasPrefix(got, " ") {
		t.Errorf("the allowed user: %q", got)
	}
	if got := lookAs(t, nobody-1, socket); !strings.HasPrefix(got, "permission_denied this user may not use BanGUI's helper") {
		t.Errorf("another user: %q", got)
	}
}

// raw is a connection that says what it likes.
type raw struct {
	t    *testing.T
	conn net.Conn
}

func dialRaw(t *testing.T, socket string) *raw {
	t.Helper()
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &raw{t, conn}
}

func (r *raw) bytes(b []byte) {
	_ = r.conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = r.conn.Write(b) // it may be cut off by now
}

func (r *raw) frame(text string) {
	r.bytes(append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...))
}

// receive is the next frame; "" when the connection is over.
func (r *raw) receive() string {
	var head [4]byte
	_ = r.conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadFull(r.conn, head[:]); err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			r.t.Error("the helper neither answers nor hangs up")
		}
		return ""
	}
	body := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(r.conn, body); err != nil {
		return ""
	}
	return string(body)
}

// greeted is a connection past the hello.
func greeted(t *testing.T, socket string) *raw {
	t.Helper()
	r := dialRaw(t, socket)
	r.frame(`{"protocol":1,"version":"x"}`)
	if got := r.receive(); !strings.Contains(got, `"protocol":1`) {
		t.Fatalf("the hello was answered with %q", got)
	}
	return r
}

// smuggled are texts that must reach fail2ban in no parameter of any verb.
func smuggled() []string {
	return []string{
		"canary<F2B_END_COMMAND>", "<F2B_CLOSE_COMMAND>canary", "canary\x00", "canary\r", "canary\n", "canary\nset sshd banip 198.51.100.1",
		"canary\x1b[2J", "--canary", "-canary", strings.Repeat("canary", 5000),
	}
}

func quote(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// Each string of each verb, with what must not pass.
func TestServer_NothingIsSmuggled(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{})
	fail2bantest.Until(t, "fail2ban is seen", func() bool {
		c := newClient(h.socket)
		return c.Look(t.Context()) == nil && c.State().Reach == host.Online
	})
	places := map[string]string{
		"bans": `{"Jail":%s}`, "jail": `{"Jail":%s}`, "start_jail": `{"Jail":%s}`, "stop_jail": `{"Jail":%s}`, "idle_jail": `{"Jail":%s,"Idle":true}`,
		"reload_jail": `{"Jail":%s,"Restart":true}`, "evidence": `{"ID":%s}`,
		"check 1": `{"Targets":["203.0.113.7/32"],"Jails":[%s]}`, "check 2": `{"Targets":[%s],"Jails":["manual"]}`,
		"ban 1": `{"Targets":["203.0.113.7/32"],"Jails":[%s]}`, "ban 2": `{"Targets":[%s],"Jails":["manual"]}`,
		"ban 3":  `{"Targets":["203.0.113.7/32"],"Jails":["manual"],"Caller":%s}`,
		"ban 4":  `{"Targets":["203.0.113.7/32"],"Jails":["manual"],"Protected":[{"Prefix":%s,"Reason":"x"}]}`,
		"ban 5":  `{"Targets":["203.0.113.7/32"],"Jails":["manual"],"Protected":[{"Prefix":"192.0.2.0/24","Reason":%s}]}`,
		"ban 6":  `{"Targets":["203.0.113.7/32"],"Jails":["manual"],%s:1}`,
		"lift 1": `{"IDs":[%s]}`, "lift 2": `{"IDs":["203.0.113.7"],"Jails":[%s]}`,
		"reload": `{%s:1}`, "manual_jail": `{%s:1}`, "add_manual_jail": `{%s:1}`, "remove_manual_jail": `{%s:1}`, "look": `{%s:1}`, "follow": `{%s:1}`,
		"config": `{%s:1}`, "config_files": `{%s:1}`, "config_file": `{"Name":%s}`, "choices": `{%s:1}`, "log_files": `{"Paths":[%s]}`, "confirm_change": `{"ID":%s}`, "revert_change": `{"ID":%s}`,
		"server": `{%s:1}`, "flush_logs": `{%s:1}`, "restart": `{%s:1}`, "put_back_change": `{"Change":%s}`,
		"server_log 1": `{"Level":%s}`, "server_log 2": `{"Before":%s}`, "server_log 3": `{"After":%s}`,
		"recipes": `{"Place":%s}`, "recipe 1": `{"Place":"filter","Name":%s}`, "recipe 2": `{"Place":%s,"Name":"sshd"}`,
		"check_change 1": `{"ETag":%s,"Edits":[{"Place":"jail","Name":"sshd","Option":"maxretry","Value":"7"}]}`,
		"check_change 2": `{"ETag":"x","Edits":[{"Place":%s,"Name":"sshd","Option":"maxretry","Value":"7"}]}`,
		"apply_change 1": `{"ETag":"x","Edits":[{"Place":"jail","Name":%s,"Option":"maxretry","Value":"7"}]}`,
		"apply_change 2": `{"ETag":"x","Edits":[{"Place":"jail","Name":"sshd","Option":%s,"Value":"7"}]}`,
		"apply_change 3": `{"ETag":"x","Edits":[{"Place":"jail","Name":"sshd","Option":"failregex","Value":%s}]}`,
		"apply_change 4": `{"ETag":"x","Actor":"a\nb","Reason":%s,"Edits":[{"Place":"jail","Name":"sshd","Option":"maxretry","Value":"7"}]}`,
	}
	maps.Copy(places, map[string]string{
		"logs": `{%s:1}`, "log_lines 1": `{"Kind":"log","Path":%s}`, "log_lines 2": `{"Kind":"journal","Match":%s}`, "log_lines 3": `{"Kind":%s}`,
		"test_expression 1": `{"Filter":%s,"Source":{"Kind":"text"}}`, "test_expression 2": `{"Filter":"sshd","Source":{"Kind":"log","Path":%s}}`,
		"test_expression 3": `{"Filter":"sshd","Source":{"Kind":"journal","Match":%s}}`, "test_expression 4": `{"Filter":"sshd","Edits":{%s:"x"},"Source":{"Kind":"text"}}`,
		"test_expression 5": `{"Filter":"sshd","Source":{"Kind":%s}}`,
		"start_backtest 1":  `{"Jail":%s,"Span":3600000000000}`,
		"start_backtest 2":  `{"Jail":"sshd","Span":3600000000000,"Change":{"Edits":[{"Place":"jail","Name":"sshd","Option":%s,"Value":"7"}]}}`,
		"start_backtest 3":  `{"Jail":"sshd","Span":3600000000000,"Change":{"Edits":[{"Place":"jail","Name":"sshd","Option":"logpath","Value":%s}]}}`,
		"start_backtest 4":  `{"Jail":"sshd","Span":3600000000000,"Protected":[{"Prefix":"192.0.2.0/24","Reason":%s}]}`,
		"backtest":          `{"ID":%s}`, "stop_backtest": `{"ID":%s}`,
	})
	for _, verb := range helper.Verbs() {
		if !strings.Contains(fmt.Sprint(places), verb) {
			t.Errorf("verb %s is not tried", verb)
		}
	}
	for place, params := range places {
		verb, _, _ := strings.Cut(place, " ")
		for _, text := range smuggled() {
			r := greeted(t, h.socket)
			r.frame(fmt.Sprintf(`{"verb":%q,"params":%s}`, verb, fmt.Sprintf(params, quote(text))))
			if got := r.receive(); !strings.Contains(got, `"flaw":{"code":`) || strings.Contains(got, `"internal"`) {
				t.Errorf("%s with %.30q was answered with %.200s", place, text, got)
			}
			_ = r.conn.Close()
		}
	}
	for _, words := range []string{`"Actor"`, `"Reason"`} { // these may begin with a dash
		for _, text := range smuggled() {
			r := greeted(t, h.socket)
			r.frame(fmt.Sprintf(`{"verb":"ban","params":{"Targets":["127.0.0.1/32"],"Jails":["manual"],%s:%s}}`, words, quote(text)))
			if got := r.receive(); !strings.Contains(got, `"flaw"`) && !strings.HasPrefix(text, "-") {
				t.Errorf("%s with %.30q was answered with %.200s", words, text, got)
			}
			_ = r.conn.Close()
		}
	}
	if log := h.server.Read(h.server.Log()); strings.Contains(log, "canary") {
		t.Error("the canary reached fail2ban")
	}
	if got := h.server.Client("status"); !strings.Contains(got, "manual, sshd") {
		t.Errorf("the jails are not as they were: %s", got)
	}
	if got := h.server.Client("get", "manual", "banned"); got != "[]" {
		t.Errorf("banned: %s", got)
	}
}

// What is not a request is answered with why, or cut off; the helper stays as it is.
func TestServer_OutlivesGarbage(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	allowed, _ := helper.Allow(nil, nil)
	serve(t, silent{}, socket, allowed, nil)
	for name, c := range map[string]struct {
		send func(r *raw)
		want string // part of the answer; "" = hung up
	}{
		"unknown verb":       {func(r *raw) { r.frame(`{"verb":"exec","params":{}}`) }, `knows no verb \"exec\"`},
		"no verb":            {func(r *raw) { r.frame(`{}`) }, "knows no verb"},
		"unknown field":      {func(r *raw) { r.frame(`{"verb":"look","tier":3}`) }, "unknown field"},
		"unknown parameter":  {func(r *raw) { r.frame(`{"verb":"look","params":{"Jail":"x"}}`) }, "unknown field"},
		"wrong type":         {func(r *raw) { r.frame(`{"verb":"jail","params":{"Jail":["x"]}}`) }, `"code":"invalid"`},
		"verb is a number":   {func(r *raw) { r.frame(`{"verb":7}`) }, `"code":"invalid"`},
		"two values":         {func(r *raw) { r.frame(`{"verb":"look"}{"verb":"look"}`) }, "followed by something else"},
		"not JSON":           {func(r *raw) { r.frame("\x80\x02]q\x00.") }, `"code":"invalid"`},
		"empty frame":        {func(r *raw) { r.frame("") }, `"code":"invalid"`},
		"deep":               {func(r *raw) { r.frame(`{"verb":"jail","params":` + strings.Repeat("[", 100_000) + "}") }, `"code":"invalid"`},
		"long verb":          {func(r *raw) { r.frame(`{"verb":` + quote(strings.Repeat("v", 1000)) + `}`) }, "longer than"},
		"long id":            {func(r *raw) { r.frame(`{"verb":"look","id":` + quote(strings.Repeat("v", 1000)) + `}`) }, "longer than"},
		"too long a frame":   {func(r *raw) { r.frame(strings.Repeat(" ", helper.MaxRequest+1)) }, ""},
		"endless frame":      {func(r *raw) { r.bytes([]byte{0xff, 0xff, 0xff, 0xff}) }, ""},
		"half a frame":       {func(r *raw) { r.bytes([]byte{0, 0, 1, 0, '{'}); _ = r.conn.(*net.UnixConn).CloseWrite() }, ""},
		"a verb that panics": {func(r *raw) { r.frame(`{"id":"p","verb":"evidence","params":{"ID":"x"}}`) }, `"code":"internal"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := greeted(t, socket)
			c.send(r)
			if got := r.receive(); c.want == "" && got != "" || !strings.Contains(got, c.want) {
				t.Errorf("it answered %.300q, want %q", got, c.want)
			}
		})
	}
	t.Run("no hello", func(t *testing.T) {
		for _, text := range []string{"GET / HTTP/1.1\r\n\r\n", "", "{}", `{"protocol":"1"}`, `{"protocol":1,"version":` + quote(strings.Repeat("9", 1000)) + `}`} {
			r := dialRaw(t, socket)
			r.frame(text)
			if got := r.receive(); got != "" && !strings.Contains(got, "refusal") {
				t.Errorf("%.30q was answered with %q", text, got)
			}
		}
	})
	if err := newClient(socket).Look(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Frames made at random from what frames are made of, for a while.
func TestServer_OutlivesRandomFrames(t *testing.T) {
	t.Parallel()
	h := newHelper(t, fail2bantest.Options{})
	const frames = 20_000
	source := rand.New(rand.NewPCG(1, 2))
	words := append(smuggled(), "sshd", "manual", "127.0.0.1/32", "::1/128", "0.0.0.0/0", "", "*", "--all", "../../etc/passwd", "é", "\u202e")
	fields := []string{"Jail", "ID", "IDs", "Jails", "Targets", "Caller", "Actor", "Reason", "AllowWide", "Protected", "Idle", "Restart", "verb", "params", "Prefix", "ETag", "Edits", "Place", "Name", "Option", "Value", "ConfirmWithin"}
	verbs := helper.Verbs()
	var value func(depth int) string
	value = func(depth int) string {
		switch n := source.IntN(9); {
		case n < 3:
			return quote(words[source.IntN(len(words)-1)])
		case n == 3:
			return fmt.Sprint(source.IntN(1000) - 500)
		case n == 4:
			return []string{"true", "false", "null", "1e999", "[]", "{}"}[source.IntN(6)]
		case n < 7 && depth < 3:
			return "[" + value(depth+1) + "," + value(depth+1) + "]"
		case depth < 3:
			return "{" + quote(fields[source.IntN(len(fields))]) + ":" + value(depth+1) + "," + quote(fields[source.IntN(len(fields))]) + ":" + value(depth+1) + "}"
		default:
			return "0"
		}
	}
	r := greeted(t, h.socket)
	for i := range frames {
		verb := verbs[source.IntN(len(verbs))]
		if verb == "follow" || verb == "reload" || verb == "config" || verb == "restart" || verb == "server" || strings.HasSuffix(verb, "manual_jail") {
			continue // allowed as they are, and slow: they resolve the configuration
		}
		frame := fmt.Sprintf(`{"verb":%q,"params":%s}`, verb, value(0))
		if source.IntN(20) == 0 {
			cut := []byte(frame)
			cut[source.IntN(len(cut))] = byte(source.IntN(256))
			frame = string(cut)
		}
		r.frame(frame)
		if got := r.receive(); got == "" || strings.Contains(got, `"code":"internal"`) {
			t.Fatalf("frame %d, %.300q: answered with %.300q", i, frame, got)
		}
	}
	if log := h.server.Read(h.server.Log()); strings.Contains(log, "canary") {
		t.Error("the canary reached fail2ban")
	}
	for _, jail := range []string{"sshd", "manual"} {
		if got := h.server.Client("status", jail); !strings.Contains(got, "Currently banned:\t0") {
			t.Errorf("%s", got)
		}
	}
}

func TestServer_DropsTheSlowAndTheSilent(t *testing.T) {
	const soon = 300 * time.Millisecond
	allowed, _ := helper.Allow(nil, nil)
	impatient, patient := filepath.Join(t.TempDir(), "s"), filepath.Join(t.TempDir(), "s")
	serve(t, silent{}, impatient, allowed, func(s *helper.Server) { s.Hurry(soon, soon, soon, soon) })
	serve(t, silent{}, patient, allowed, func(s *helper.Server) { s.Hurry(time.Minute, soon, soon, soon) }) // until somebody has said hello
	for name, begin := range map[string]func() *raw{
		"says nothing":         func() *raw { return dialRaw(t, impatient) },
		"says half a hello":    func() *raw { r := dialRaw(t, impatient); r.bytes([]byte{0, 0, 0}); return r },
		"asks nothing":         func() *raw { return greeted(t, patient) },
		"asks half a question": func() *raw { r := greeted(t, patient); r.bytes([]byte{0, 0, 0, 9, '{'}); return r },
	} {
		t.Run(name, func(t *testing.T) {
			r := begin()
			began := time.Now()
			if got := r.receive(); got != "" {
				t.Errorf("it answered %q", got)
			}
			if took := time.Since(began); took > 30*time.Second { // else our own deadline ended it
				t.Errorf("that took %v", took)
			}
		})
	}
}

func TestServer_BoundsConnections(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	allowed, _ := helper.Allow(nil, nil)
	serve(t, silent{}, socket, allowed, nil)
	var held []*raw
	for range helper.MaxConns {
		held = append(held, greeted(t, socket))
	}
	r := dialRaw(t, socket)
	if got := r.receive(); !strings.Contains(got, `"code":"too_many"`) {
		t.Errorf("one more was answered with %q", got)
	}
	client := newClient(socket)
	if err := client.Look(t.Context()); !fault.Is(err, fault.TooMany) || client.State().Reach == host.Unreachable {
		t.Errorf("%v, %s", err, client.State().Reach)
	}
	for _, r := range held {
		_ = r.conn.Close()
	}
	fail2bantest.Until(t, "there is room again", func() bool { return client.Look(t.Context()) == nil })
}

// Two versions that don't understand each other say so, both by name.
func TestHello_NamesBothVersions(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	allowed, _ := helper.Allow(nil, nil)
	serve(t, silent{}, socket, allowed, nil)
	r := dialRaw(t, socket)
	r.frame(`{"protocol":2,"version":"10.0","something":"new"}`)
	if got := r.receive(); !strings.Contains(got, "9.9") || !strings.Contains(got, "10.0") || !strings.Contains(got, `"code":"unsupported"`) {
		t.Errorf("a newer console is told %q", got)
	}

	// A helper of the future.
	future := filepath.Join(t.TempDir(), "s")
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "unix", future)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(running(t, func(ctx context.Context) error {
		context.AfterFunc(ctx, func() { _ = listener.Close() })
		for {
			conn, err := listener.Accept()
			if err != nil {
				return nil
			}
			text := `{"protocol":7,"version":"30.1","news":[]}`
			_, _ = conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(text))), text...))
			_ = conn.Close()
		}
	}))
	client := newClient(future)
	err = client.Look(t.Context())
	s := client.State()
	if !fault.Is(err, fault.Unsupported) || s.Reach != host.Unreachable || !strings.Contains(s.Detail, "30.1") || !strings.Contains(s.Detail, "BanGUI test") || s.Mend == "" {
		t.Errorf("%v; %+v", err, s)
	}
}

// A helper that hangs is noticed, and nobody waits for it.
func TestClient_AHelperThatHangs(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	client := newClient(socket)
	t.Cleanup(running(t, func(ctx context.Context) error { return client.Run(ctx, nothingKept{}) }))
	began, looks := time.Now(), 0
	fail2bantest.Until(t, "it is said to be away", func() bool {
		looks++
		_ = client.Jails()
		return client.State().Reach == host.Unreachable
	})
	if looks < 5 { // whoever waited for the helper would look once or twice
		t.Errorf("what was last seen could be asked for %d times only", looks)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("that took %v", took)
	}
	if s := client.State(); !strings.Contains(s.Detail, "does not answer") || !strings.Contains(s.Mend, "bangui-helper") {
		t.Errorf("%+v", s)
	}
}
