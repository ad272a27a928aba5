package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"bangui/internal/fail2ban/fail2bantest"
)

const nobody = 65534

// machine is the built program on a machine with a real fail2ban: a helper that is
// root, and a console that is nobody.
type machine struct {
	t       *testing.T
	server  *fail2bantest.Server
	dir     string
	program string
	socket  string
	url     string
	browser *http.Client
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	dir, err := os.MkdirTemp("", "bangui-machine-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	m := &machine{t: t, server: fail2bantest.Start(t, fail2bantest.Options{}), dir: dir, program: filepath.Join(dir, "bangui"), socket: filepath.Join(dir, "run", "helper.sock")}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", m.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	data := filepath.Join(dir, "data")
	for _, err := range []error{os.Chmod(dir, 0o755), os.Mkdir(data, 0o700), os.Chown(data, nobody, nobody)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	m.browser = &http.Client{Jar: jar, Timeout: time.Minute}
	return m
}

// process is one running bangui.
type process struct {
	*exec.Cmd
	log *bytes.Buffer
}

// start starts bangui as a user; the test ends it at the latest.
func (m *machine) start(uid uint32, args ...string) *process {
	m.t.Helper()
	p := &process{exec.CommandContext(m.t.Context(), m.program, args...), &bytes.Buffer{}}
	p.Stdout, p.Stderr = p.log, p.log
	p.Dir, p.Env = "/", []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	p.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	if err := p.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
		if m.t.Failed() {
			m.t.Logf("bangui %s:\n%s", args[0], p.log)
		}
	})
	return p
}

func (m *machine) startHelper() *process {
	m.t.Helper()
	return m.start(0, "helper", "--socket", m.socket, "--allow-user", "nobody", "--helper-conf", filepath.Join(m.dir, "helper.conf"),
		"--fail2ban-socket", m.server.Socket(), "--fail2ban-config", m.server.ConfigDir())
}

// end ends a process as systemd does, and wants it to end well.
func (m *machine) end(p *process) {
	m.t.Helper()
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		m.t.Fatal(err)
	}
	if err := p.Wait(); err != nil {
		m.t.Errorf("it ended with %v\n%s", err, p.log)
	}
}

// run runs a command as a user and gives what it printed.
func (m *machine) run(uid uint32, args ...string) string {
	m.t.Helper()
	p := exec.CommandContext(m.t.Context(), m.program, args...)
	p.Dir, p.Env = "/", []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	p.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	out, err := p.CombinedOutput()
	if err != nil {
		m.t.Errorf("bangui %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// refused starts a console as a user whom the helper does not know.
func (m *machine) refused(uid uint32) {
	m.t.Helper()
	data := filepath.Join(m.dir, "stranger")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Chown(data, int(uid), int(uid))); err != nil {
		m.t.Fatal(err)
	}
	p := m.start(uid, "serve", "--helper", m.socket, "--listen", "127.0.0.1:0", "--data-dir", data)
	const noPermit = 77
	if err := p.Wait(); err == nil || p.ProcessState.ExitCode() != noPermit || !strings.Contains(p.log.String(), "--allow-user") {
		m.t.Errorf("a stranger's console ended with %v\n%s", err, p.log)
	}
}

// alone is a data folder of nobody's, which says that no console listens. Changes are
// recorded in it.
func (m *machine) alone() string {
	m.t.Helper()
	dir := filepath.Join(m.dir, "alone")
	if err := errors.Join(os.MkdirAll(dir, 0o755), os.Chown(dir, nobody, nobody)); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "listen"), []byte("http://127.0.0.1:9/\n"), 0o644); err != nil {
		m.t.Fatal(err)
	}
	return dir
}

func (m *machine) ask(method, path string, body any, into any) {
	m.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		m.t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(m.t.Context(), method, m.url+path, bytes.NewReader(raw))
	if err != nil {
		m.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := m.browser.Do(request)
	if err != nil {
		m.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		m.t.Fatalf("%s %s: %s %v\n%s", method, path, answer.Status, err, text)
	}
	if into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			m.t.Fatalf("%s: %v\n%s", path, err, text)
		}
	}
}

// setUp waits for the console and makes its first admin.
func (m *machine) setUp() {
	m.t.Helper()
	m.server.Until("the console serves", func() bool {
		m.url = strings.TrimSuffix(strings.TrimSpace(m.server.Read(filepath.Join(m.dir, "data", "listen"))), "/")
		return m.url != ""
	})
	token := strings.TrimSpace(m.server.Read(filepath.Join(m.dir, "data", "setup-token")))
	m.ask(http.MethodPost, "/api/v1/setup", map[string]string{"token": token, "username": "somebody", "password": "a password of some length"}, nil)
}

// until asks the console again and again, not so often that it has enough of us.
func (m *machine) until(what string, holds func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(90 * time.Second); !holds(); time.Sleep(500 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("it never came to be that %s", what)
		}
	}
}

func (m *machine) bans() string {
	m.t.Helper()
	var page struct {
		Items []struct {
			Jail, Address string
		}
	}
	m.ask(http.MethodGet, "/api/v1/bans", nil, &page)
	return fmt.Sprint(page.Items)
}

func (m *machine) host() (state, mend string, findings []string) {
	m.t.Helper()
	var host struct {
		State    string
		Mend     string
		Findings []struct{ Code string }
	}
	m.ask(http.MethodGet, "/api/v1/hosts/local", nil, &host)
	for _, f := range host.Findings {
		findings = append(findings, f.Code)
	}
	return host.State, host.Mend, findings
}

// A console that has no right on fail2ban at all shows and lifts a real ban, outlives
// its helper, and both end in order.
func TestHelper_AConsoleWithoutRights(t *testing.T) {
	m := newMachine(t)
	helper := m.startHelper()
	m.server.Until("the helper listens", func() bool { _, err := os.Stat(m.socket); return err == nil })
	console := m.start(nobody, "serve", "--helper", m.socket, "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(m.dir, "data"))
	m.setUp()
	m.until("fail2ban is online", func() bool { state, _, _ := m.host(); return state == "online" })
	if _, _, findings := m.host(); strings.Contains(fmt.Sprint(findings), "in_process") {
		t.Errorf("findings: %v", findings)
	}

	m.refused(nobody - 1)

	m.server.Fail("203.0.113.7", 5, "root")
	m.until("the page shows the ban", func() bool { return m.bans() == "[{sshd 203.0.113.7}]" })
	var lifted struct{ Results []struct{ Outcome string } }
	m.ask(http.MethodPost, "/api/v1/bans/lift", map[string]any{"addresses": []string{"203.0.113.7"}}, &lifted)
	if len(lifted.Results) == 0 || lifted.Results[0].Outcome != "lifted" {
		t.Errorf("%+v", lifted)
	}
	if got := m.server.Client("get", "sshd", "banned"); got != "[]" {
		t.Errorf("fail2ban still has %s", got)
	}
	m.until("the page shows that", func() bool { return m.bans() == "[]" })

	if err := helper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = helper.Wait()
	m.until("the page says that the helper is away", func() bool {
		state, mend, _ := m.host()
		return state == "unreachable" && strings.Contains(mend, "systemctl start bangui-helper")
	})
	m.server.Fail("203.0.113.8", 5, "root")
	helper = m.startHelper()
	m.until("the page shows what happened meanwhile", func() bool {
		state, _, _ := m.host()
		return state == "online" && m.bans() == "[{sshd 203.0.113.8}]"
	})
	m.end(console)

	// Commands without a console go through the helper too.
	through := []string{"--helper", m.socket, "--data-dir", m.alone()}
	if got := m.run(nobody, append([]string{"bans"}, through...)...); !strings.Contains(got, "203.0.113.8\tsshd\t") {
		t.Errorf("bans: %s", got)
	}
	if got := m.run(nobody, append([]string{"unban", "203.0.113.8"}, through...)...); !strings.Contains(got, "lifted") {
		t.Errorf("unban: %s", got)
	}
	if got := m.run(nobody, append([]string{"bans"}, through...)...); strings.Contains(got, "203.0.113.8") {
		t.Errorf("bans afterwards: %s", got)
	}
	m.end(helper)
	if _, err := os.Stat(m.socket); err == nil {
		t.Error("the socket is still there")
	}
}

// systemd may make the socket itself, and is told when the helper is ready and when it stops.
func TestHelper_UnderSystemd(t *testing.T) {
	m := newMachine(t)
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "unix", filepath.Join(m.dir, "made.sock"))
	if err != nil {
		t.Fatal(err)
	}
	unix, ok := listener.(*net.UnixListener)
	if !ok {
		t.Fatalf("%T", listener)
	}
	file, err := unix.File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unix.SetUnlinkOnClose(false)
	_ = listener.Close()
	told, err := config.ListenPacket(t.Context(), "unixgram", filepath.Join(m.dir, "notify"))
	if err != nil {
		t.Fatal(err)
	}
	defer told.Close()

	// The shell becomes the helper, so its own process id is the one that systemd would name.
	p := &process{exec.CommandContext(t.Context(), "/bin/sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`, m.program, "helper", "--socket", m.socket,
		"--fail2ban-socket", m.server.Socket(), "--fail2ban-config", m.server.ConfigDir(), "--helper-conf", filepath.Join(m.dir, "helper.conf")), &bytes.Buffer{}}
	p.Stdout, p.Stderr = p.log, p.log
	p.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "NOTIFY_SOCKET=" + told.LocalAddr().String()}
	p.ExtraFiles = []*os.File{file}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.ProcessState == nil {
			_ = p.Process.Kill()
			_ = p.Wait()
		}
	})
	hears := func(want string) {
		t.Helper()
		_ = told.SetReadDeadline(time.Now().Add(time.Minute))
		got := make([]byte, 100)
		n, _, err := told.ReadFrom(got)
		if err != nil || string(got[:n]) != want {
			t.Errorf("systemd was told %q, %v; want %q", got[:n], err, want)
		}
	}
	hears("READY=1")
	if got := m.run(0, "jail", "list", "--helper", listener.Addr().String(), "--data-dir", m.alone()); !strings.Contains(got, "sshd") {
		t.Errorf("jails: %s", got)
	}
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	hears("STOPPING=1")
	if err := p.Wait(); err != nil {
		t.Errorf("it ended with %v\n%s", err, p.log)
	}
	if _, err := os.Stat(listener.Addr().String()); err != nil {
		t.Errorf("systemd's socket is gone: %v", err)
	}
}
