// Package postgrestest gives tests a real PostgreSQL: one server for a test process, of
// the newest version that Debian's packages have put on this machine, and one database
// for a test. A machine without PostgreSQL fails the test; nothing is skipped.
package postgrestest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options change what Start makes; the zero value is the usual server.
type Options struct {
	// Durable makes commits reach the disk. Without it the server does not wait for the
	// disk, and a machine that loses its power loses them.
	Durable bool
}

// Server is one real PostgreSQL server on a loopback port and a socket in its folder.
type Server struct {
	dir       string
	bin       string // folder of the server's programs
	port      int
	durable   bool
	account   *syscall.Credential // nil = our own
	process   *exec.Cmd           // a shell that ends the server when life is closed
	life      *os.File            // held open as long as the server is to live
	databases atomic.Int64
	mu        sync.Mutex
	templates map[string]error // how making each went
}

const (
	// role and password are those of the owner of every database here. The password has
	// what an address must escape.
	role     = "bangui"
	password = "se cret/%41@"
	// patience bounds every wait for the server.
	patience = time.Minute
)

// shared is the server that all tests of a process use. It ends with the process,
// however that ends.
var shared = sync.OnceValues(func() (*Server, error) { return start(Options{}) }) //nolint:gochecknoglobals // starting one takes seconds: a process has one

// Database makes an empty database and gives its address, postgres://…. It is dropped
// with the test.
func Database(t testing.TB) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return s.Database(t)
}

// Copy is Database, but as prepare left a database of that name, which it gets empty. That
// is made once for a test process, and must have no connections when prepare returns.
func Copy(t testing.TB, name string, prepare func(address string) error) (string, error) {
	t.Helper()
	s, err := shared()
	if err == nil {
		err = s.template(name, prepare)
	}
	if err != nil {
		return "", err
	}
	return s.database(t, name), nil
}

func (s *Server) template(name string, prepare func(address string) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err, made := s.templates[name]; made {
		return err
	}
	err := s.run(create(name, "template0"))
	if err == nil {
		err = prepare(s.address(name))
	}
	s.templates[name] = err
	return err
}

// Start starts a server of the test's own, to be stopped and started by it.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Database makes an empty database on this server and gives its address.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	return s.database(t, "template0")
}

// database makes a database after a template, and drops it with the test.
func (s *Server) database(t testing.TB, template string) string {
	t.Helper()
	name := fmt.Sprintf("test%d", s.databases.Add(1))
	s.Exec(t, create(name, template))
	t.Cleanup(func() { s.Exec(t, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") })
	return s.address(name)
}

func create(name, template string) string {
	return "CREATE DATABASE " + name + " ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8' STRATEGY file_copy TEMPLATE " + template
}

// Exec runs a statement on the server, as its superuser.
func (s *Server) Exec(t testing.TB, statement string) {
	t.Helper()
	if err := s.run(statement); err != nil {
		t.Fatal(err)
	}
}

func (s *Server) run(statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.address("postgres"))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement)
	return errors.Join(err, conn.Close(ctx))
}

func (s *Server) address(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database,
	}
	return u.String()
}

// Dir is the folder of the server's socket; its data are below.
func (s *Server) Dir() string { return s.dir }

// Port is the server's port on 127.0.0.1.
func (s *Server) Port() int { return s.port }

func start(o Options) (*Server, error) {
	s := &Server{durable: o.Durable, templates: map[string]error{}}
	var err error
	if s.bin, err = programs(); err != nil {
		return nil, err
	}
	if s.account, err = account(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil { // t.TempDir is too long for a socket's path
		return nil, err
	}
	if s.account != nil {
		if err := os.Chown(s.dir, int(s.account.Uid), int(s.account.Gid)); err != nil {
			return nil, err
		}
	}
	if err := s.init(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	if err := s.Run(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	return s, nil
}

// programs is the folder of the newest server on this machine.
func programs() (string, error) {
	const oldest = 15
	newest, bin := oldest-1, ""
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	for _, name := range found {
		folder := filepath.Dir(name)
		if version, err := strconv.Atoi(filepath.Base(filepath.Dir(folder))); err == nil && version > newest {
			newest, bin = version, folder
		}
	}
	if bin == "" {
		return "", errors.Join(err, fmt.Errorf("PostgreSQL %d or newer is not installed (make setup)", oldest))
	}
	return bin, nil
}

// account is who runs the server: PostgreSQL refuses to be root.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil = our own
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(found.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(found.Gid, 10, 32)
		if err := errors.Join(err, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("there is no user postgres or nobody to run PostgreSQL")
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) log() string { return filepath.Join(s.dir, "log") }

// init makes the server's data, with a password for who comes by network and none for
// who comes by its socket.
func (s *Server) init() error {
	secret := filepath.Join(s.dir, "password")
	if err := os.WriteFile(secret, []byte(password+"\n"), 0o644); err != nil {
		return err
	}
	cmd := s.command(filepath.Join(s.bin, "initdb"), "--no-sync", "--pgdata="+s.data(), "--username="+role, "--pwfile="+secret,
		"--auth-host=scram-sha-256", "--auth-local=trust", "--encoding=UTF8", "--locale=C.UTF-8")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return os.Remove(secret)
}

// command is one of the server's programs. It gets nothing of our environment but what
// programs need.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.account, Setpgid: true}
	return cmd
}

// guard runs the server until its input ends, which it does with the process that
// started it, and then ends it at once. What the server was told to forget goes too.
const guard = `"$@" & server=$!
trap '' INT TERM HUP
read -r word
kill -QUIT "$server" 2>/dev/null
wait "$server"
if [ "$word" != keep ]; then rm -rf "$PWD"/*; rmdir "$PWD"; fi
exit 0`

// Run starts the server on its port, the same as before if it had one, and waits until
// it answers.
func (s *Server) Run() error {
	const attempts = 5
	chosen := s.port != 0
	var err error
	for range attempts { // somebody else may take a free port before the server does
		if !chosen {
			if s.port, err = freePort(); err != nil {
				return err
			}
		}
		if err = s.launch(); err == nil {
			return nil
		}
	}
	return err
}

func (s *Server) launch() error {
	args := []string{
		"-c", guard, "guard", filepath.Join(s.bin, "postgres"), "-D", s.data(), "-p", strconv.Itoa(s.port), "-k", s.dir,
		"-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=32MB", "-c", "max_connections=200", "-c", "autovacuum_naptime=10s",
	}
	if !s.durable {
		args = append(args, "-c", "fsync=off", "-c", "full_page_writes=off")
	}
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	input, life, err := os.Pipe()
	if err != nil {
		return err
	}
	defer input.Close()
	s.process = s.command("/bin/sh", args...)
	s.process.Stdin, s.process.Stdout, s.process.Stderr = input, log, log
	if err := s.process.Start(); err != nil {
		return errors.Join(err, life.Close())
	}
	s.life = life
	if err := s.await(); err != nil {
		text, _ := os.ReadFile(s.log())
		return errors.Join(fmt.Errorf("PostgreSQL does not start: %w\n%s", err, lastLines(string(text))), s.Stop())
	}
	return nil
}

// await waits until the server answers, or has ended.
func (s *Server) await() error {
	deadline, look := time.After(patience), time.NewTicker(20*time.Millisecond)
	defer look.Stop()
	for {
		err := s.run("SELECT 1")
		text, _ := os.ReadFile(s.log())
		if err == nil || strings.Contains(string(text), "Address already in use") {
			return err
		}
		select {
		case <-deadline:
			return err
		case <-look.C:
		}
	}
}

// Stop ends the server at once, as a crash would; its data stay.
func (s *Server) Stop() error {
	if s.life == nil {
		return nil
	}
	_, err := s.life.WriteString("keep\n")
	err = errors.Join(err, s.life.Close(), s.process.Wait())
	s.life = nil
	return err
}

func (s *Server) close() error {
	err := s.Stop()
	return errors.Join(err, os.RemoveAll(s.dir))
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err := errors.Join(err, l.Close()); err != nil {
		return 0, err
	}
	return strconv.Atoi(port)
}

func lastLines(text string) string {
	const most = 20
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(slices.Clone(lines[max(0, len(lines)-most):]), "\n")
}
