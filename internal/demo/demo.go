// Package demo runs a real fail2ban server of our own in a folder, on sample logs
// that a simulator keeps writing to, so that a newcomer sees real bans within a
// minute. It touches no firewall and nothing outside its folder, and protects nothing.
package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fault"
)

// Bounds of starting and ending the server. A start took 1.2 s on two idle cores.
const (
	startTime = 30 * time.Second
	endTime   = 10 * time.Second
	pollTime  = 50 * time.Millisecond
)

// Options say where the demo lives.
type Options struct {
	Dir    string // absolute; created when missing. Removed by Close if Open created it
	Stock  string // folder of fail2ban's stock configuration, copied; usually /etc/fail2ban
	Server string // path of fail2ban-server; "" = look it up in PATH
	Logger *slog.Logger
	Seed   uint64 // of the simulator
	// BanTime of an address that is banned for the first time; 0 = 30 s.
	BanTime time.Duration
}

// Server is a running demo. Its process is a child of ours: it ends with Close, and
// with this process however that ends.
type Server struct {
	Options
	made   bool // the folder is ours to remove
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the child is gone
	output *tail
}

// Open writes the folder, starts the server and waits until its jails run. On an
// error nothing is left behind.
func Open(ctx context.Context, o Options) (*Server, error) {
	if o.BanTime == 0 {
		o.BanTime = 30 * time.Second
	}
	s := &Server{Options: o, ended: make(chan struct{}), output: &tail{}}
	if err := s.locate(); err != nil {
		return nil, err
	}
	_, err := os.Lstat(o.Dir)
	s.made = errors.Is(err, os.ErrNotExist)
	if err := s.write(); err != nil {
		return nil, alsoFailed(fault.Wrap(err, fault.PermissionDenied, "the demo server's folder %s can't be written", o.Dir), s.clean())
	}
	if err := s.start(); err != nil {
		return nil, alsoFailed(fault.Wrap(err, fault.Unavailable, "the demo's fail2ban server can't be started"), s.clean())
	}
	if err := s.ready(ctx); err != nil {
		return nil, alsoFailed(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// Socket is the server's Unix socket.
func (s *Server) Socket() string { return filepath.Join(s.Dir, "run", "fail2ban.sock") }

// ConfigDir is the server's configuration folder.
func (s *Server) ConfigDir() string { return filepath.Join(s.Dir, "etc") }

// Database is the server's database.
func (s *Server) Database() string { return filepath.Join(s.Dir, "lib", "fail2ban.sqlite3") }

// LogPath is the server's log.
func (s *Server) LogPath() string { return filepath.Join(s.Dir, "log", "fail2ban.log") }

// PID is the server's process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Ended is closed when the server's process is gone, for whatever reason.
func (s *Server) Ended() <-chan struct{} { return s.ended }

// locate finds the program and checks what can be known before a start.
func (s *Server) locate() error {
	// A socket's path has room for 107 bytes on Linux.
	if n := len(s.Socket()); n > 107 {
		return fault.New(fault.Invalid, "the demo server's folder has too long a name: its socket would need %d of 107 bytes", n).
			WithMend("Set data-dir (or TMPDIR) to a shorter path.")
	}
	if s.Server == "" {
		found, err := exec.LookPath("fail2ban-server")
		if err != nil {
			return missing(err)
		}
		s.Server = found
	}
	if _, err := os.Stat(filepath.Join(s.Stock, "jail.conf")); err != nil {
		return missing(err)
	}
	return nil
}

func missing(err error) error {
	return fault.Wrap(err, fault.Unavailable, "the demo needs the programs and the stock configuration of fail2ban, and they are not installed").
		WithMend("Install them: sudo apt-get install --no-install-recommends fail2ban")
}

// start runs the server in the foreground as our child. The kernel ends it with
// the thread that started it, so one thread stays with it to its end.
func (s *Server) start() error {
	s.cmd = exec.Command(s.Server, "-f", "-x", "-c", s.ConfigDir(), "-s", s.Socket(), //nolint:noctx,gosec // ended by Close; our own paths
		"-p", filepath.Join(s.Dir, "run", "fail2ban.pid"), "start")
	s.cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"} // not ours, which may hold a token
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	// A group of its own: Ctrl-C in the terminal is for us, who end it in order.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	// Should a grandchild keep our pipe open, don't wait for it for ever.
	s.cmd.WaitDelay = 2 * time.Second
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
		err := s.cmd.Start()
		started <- err
		if err == nil {
			_ = s.cmd.Wait() // how it ended doesn't matter; that it did is told by ended
			close(s.ended)
		}
	}()
	return <-started
}

// ready waits until the server answers and has its jails.
func (s *Server) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	client := fail2ban.New(fail2ban.Options{Socket: s.Socket()})
	for {
		if names, err := client.Jails(ctx); err == nil && len(names) == len(jails) {
			s.Logger.InfoContext(ctx, "demo server runs", "pid", s.PID(), "folder", s.Dir, "jails", names)
			return nil
		}
		select {
		case <-s.ended:
			return fault.New(fault.Unavailable, "the demo's fail2ban server ended while starting: %s", s.said())
		case <-ctx.Done():
			return fault.Wrap(ctx.Err(), fault.Unavailable, "the demo's fail2ban server has no jails yet after %s: %s", startTime, s.said())
		case <-time.After(pollTime):
		}
	}
}

// said is what the server wrote last, for an error message.
func (s *Server) said() string {
	text := s.output.String()
	if log, err := os.ReadFile(s.LogPath()); err == nil {
		text += string(log[max(0, len(log)-1000):])
	}
	if text = strings.TrimSpace(text); text == "" {
		return "it wrote nothing"
	}
	return text
}

// Close ends the server, by force after 10 s, and removes what Open created.
func (s *Server) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	var err error
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Kill} {
		if err = s.end(ctx, signal); err == nil {
			break
		}
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), endTime)
		defer cancel()
	}
	return errors.Join(err, s.clean())
}

func (s *Server) end(ctx context.Context, signal os.Signal) error {
	if err := s.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-s.ended:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("demo server (pid %d) does not end: %w", s.PID(), ctx.Err())
	}
}

func (s *Server) clean() error {
	if !s.made {
		return nil
	}
	return os.RemoveAll(s.Dir)
}

// alsoFailed keeps the first error, with its code and mend, in front of one that
// came while cleaning up.
func alsoFailed(err, cleaning error) error {
	if cleaning == nil {
		return err
	}
	return errors.Join(err, cleaning)
}
