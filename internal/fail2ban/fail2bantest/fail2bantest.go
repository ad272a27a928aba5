// Package fail2bantest starts real fail2ban servers for tests, each in a folder of
// its own: own socket, database, log and configuration, the stock filters and
// actions, and an action that only writes to a file. A machine without fail2ban
// fails the test; nothing is skipped.
package fail2bantest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"bangui/internal/fail2ban"
)

// Options change what Start makes; the zero value is the usual server.
type Options struct {
	// Jails is more of jail.local; sshd and manual are always there.
	Jails string
	// BanTime is the ban time of the sshd jail ("10m").
	BanTime string
	// Action is the banaction: "" writes to a file, "none" has no action at all.
	Action string
	// NoDatabase runs the server without its database.
	NoDatabase bool
	// LogLevel is fail2ban's ("INFO").
	LogLevel string
	// OwnNetwork runs the server in a network namespace of its own, so that a real
	// firewall action touches no other; it needs root.
	OwnNetwork bool
}

// Server is one real fail2ban server.
type Server struct {
	t   testing.TB
	dir string
	net bool // in a network namespace of its own
	cmd *exec.Cmd
	end chan struct{} // closed when cmd has ended
}

// patience bounds every wait for the server.
const patience = time.Minute

// Start starts a server with the jails sshd and manual and waits until they run.
// It is ended with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	dir, err := os.MkdirTemp("", "f2b") // t.TempDir is too long for a socket's path
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{t: t, dir: dir, net: o.OwnNetwork}
	t.Cleanup(func() {
		s.Stop()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	s.configure(o)
	s.Run()
	return s
}

// Dir is the server's folder.
func (s *Server) Dir() string { return s.dir }

// Socket is the path of the server's socket.
func (s *Server) Socket() string { return filepath.Join(s.dir, "s.sock") }

// ConfigDir is the server's configuration folder.
func (s *Server) ConfigDir() string { return filepath.Join(s.dir, "etc") }

// Log is the path of fail2ban's own log.
func (s *Server) Log() string { return filepath.Join(s.dir, "fail2ban.log") }

// AuthLog is the path of the log that the sshd jail watches.
func (s *Server) AuthLog() string { return filepath.Join(s.dir, "auth.log") }

// Database is the path of fail2ban's database.
func (s *Server) Database() string { return filepath.Join(s.dir, "f2b.sqlite3") }

// Actions is the path of the file that the action writes to.
func (s *Server) Actions() string { return filepath.Join(s.dir, "actions.log") }

// PID is the process id of the running server.
func (s *Server) PID() int { return s.cmd.Process.Pid }

func (s *Server) configure(o Options) {
	s.t.Helper()
	if err := os.MkdirAll(filepath.Join(s.ConfigDir(), "jail.d"), 0o755); err != nil {
		s.t.Fatal(err)
	}
	const stock = "/etc/fail2ban"
	for _, part := range []string{"action.d", "filter.d"} {
		if err := os.CopyFS(filepath.Join(s.ConfigDir(), part), os.DirFS(filepath.Join(stock, part))); err != nil {
			s.t.Fatalf("fail2ban is not installed (apt-get install fail2ban): %v", err)
		}
	}
	paths, err := filepath.Glob(stock + "/*.conf")
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range paths {
		content, err := os.ReadFile(p)
		if err != nil {
			s.t.Fatal(err)
		}
		s.Write("etc/"+filepath.Base(p), string(content))
	}
	s.Write("etc/fail2ban.local", s.serverConfig(o))
	s.Write("etc/action.d/record.conf", "[Definition]\nactionban = echo \"ban <name> <ip>\" >> "+s.Actions()+
		"\nactionunban = echo \"unban <name> <ip>\" >> "+s.Actions()+"\n")
	s.Write("etc/jail.local", s.jailConfig(o))
	for _, name := range []string{"auth.log", "fail2ban.log", "actions.log"} {
		s.Write(name, "")
	}
}

func (s *Server) serverConfig(o Options) string {
	database := s.Database()
	if o.NoDatabase {
		database = "None"
	}
	return fmt.Sprintf("[Definition]\nloglevel = %s\nlogtarget = %s\nsocket = %s\npidfile = %s/pid\ndbfile = %s\n",
		either(o.LogLevel, "INFO"), s.Log(), s.Socket(), s.dir, database)
}

func (s *Server) jailConfig(o Options) string {
	action := "action = %(action_)s"
	if o.Action == "none" {
		action = "action ="
	}
	banaction := strings.Replace(either(o.Action, "record"), "none", "record", 1)
	return fmt.Sprintf(`[DEFAULT]
banaction = %[1]s
banaction_allports = %[1]s
%[2]s
backend = polling
ignoreself = false
findtime = 10m
maxretry = 3
[sshd]
enabled = true
backend = polling
bantime = %[3]s
logpath = %[4]s
[manual]
enabled = true
filter =
bantime = 1h
%[5]s
`, banaction, action, either(o.BanTime, "10m"), s.AuthLog(), o.Jails)
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// Write writes a file below the server's folder.
func (s *Server) Write(name, content string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// Append adds text to a file.
func (s *Server) Append(path, text string) {
	s.t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		s.t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close()); err != nil {
		s.t.Fatal(err)
	}
}

// Fail writes n failed log-ins of user from ip into the watched log.
func (s *Server) Fail(ip string, n int, user string) {
	s.t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%s host sshd[%d]: Failed password for %s from %s port %d ssh2\n",
			time.Now().Format(time.Stamp), 20000+i, user, ip, 40000+i)
	}
	s.Append(s.AuthLog(), b.String())
}

// Run starts the server process and waits until its jails run.
func (s *Server) Run() {
	s.t.Helper()
	s.cmd = exec.Command("fail2ban-server", "-c", s.ConfigDir(), "-f", "-x", "start")
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if s.net {
		s.cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNET
	}
	var out bytes.Buffer
	s.cmd.Stdout, s.cmd.Stderr = &out, &out
	cmd, end, started := s.cmd, make(chan struct{}), make(chan error) // of this process: a later Run sets the fields anew
	s.end = end
	go func() {
		// Pdeathsig goes by the thread that started the process, and a thread ends when
		// somebody's locked goroutine does (the cage's, the demo's): this one is nobody
		// else's, and ends after its process.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
		close(end)
	}()
	if err := <-started; err != nil {
		s.t.Fatalf("fail2ban is not installed (apt-get install fail2ban): %v", err)
	}
	client := fail2ban.New(fail2ban.Options{Socket: s.Socket()})
	s.Until("the jails run", func() bool {
		select {
		case <-s.end:
			s.t.Fatalf("fail2ban ended: %s\n%s", out.String(), s.Read(s.Log()))
		default:
		}
		jails, err := client.Jails(context.Background())
		return err == nil && len(jails) >= 2
	})
}

// Read gives a file's content; "" when it isn't there.
func (s *Server) Read(path string) string {
	s.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.t.Fatal(err)
	}
	return string(content)
}

// Stop ends the server as an admin would. A server that has ended is no error.
func (s *Server) Stop() {
	s.endHeir()
	if s.cmd == nil || s.ended() {
		return
	}
	s.signal(syscall.SIGCONT)
	s.signal(syscall.SIGTERM)
	select {
	case <-s.end:
	case <-time.After(patience):
		s.Kill()
	}
}

// endHeir ends a server at this one's socket that somebody else started: what a restart of
// ours leaves.
func (s *Server) endHeir() {
	client := fail2ban.New(fail2ban.Options{Socket: s.Socket()})
	if err := client.Ping(context.Background()); err != nil || client.Peer().PID == s.PID() {
		return
	}
	if heir, err := os.FindProcess(client.Peer().PID); err == nil {
		if err := heir.Signal(syscall.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
			s.t.Errorf("the server that was started instead does not end: %v", err)
		}
	}
}

// KillAny ends the server that answers at the socket as a crash does, whoever started it.
func (s *Server) KillAny() {
	s.t.Helper()
	s.endHeir()
	if !s.ended() {
		s.Kill()
	}
}

// Kill ends the server as a crash does: its socket stays behind.
func (s *Server) Kill() {
	s.signal(syscall.SIGKILL)
	<-s.end
}

// Pause stops the process where it is; Resume lets it go on.
func (s *Server) Pause() { s.signal(syscall.SIGSTOP) }

// Resume lets a paused server go on.
func (s *Server) Resume() { s.signal(syscall.SIGCONT) }

// Restart stops the server and starts it again with the same files.
func (s *Server) Restart() {
	s.t.Helper()
	s.Stop()
	s.Run()
}

// Rotate does what logrotate does: rename, then tell fail2ban.
func (s *Server) Rotate() {
	s.t.Helper()
	if err := os.Rename(s.Log(), s.Log()+".1"); err != nil {
		s.t.Fatal(err)
	}
	s.Client("flushlogs")
}

// Client runs fail2ban's own client and gives what it prints.
func (s *Server) Client(args ...string) string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, "fail2ban-client", append([]string{"-c", s.ConfigDir()}, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("fail2ban-client %v: %v: %s%s", args, err, out.String(), said.String())
	}
	return strings.TrimSpace(out.String())
}

// Until waits until something holds, and fails the test when it never does.
func (s *Server) Until(what string, holds func() bool) {
	s.t.Helper()
	Until(s.t, what, holds)
}

// Until waits until something holds, and fails the test when it never does.
func Until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it never came to be that %s", what)
		}
	}
}

func (s *Server) ended() bool {
	select {
	case <-s.end:
		return true
	default:
		return false
	}
}

func (s *Server) signal(sig syscall.Signal) {
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("signal %v: %v", sig, err)
	}
}
