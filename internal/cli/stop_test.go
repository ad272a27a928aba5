package cli_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

var long = flag.Bool("long", false, "stop the console a hundred times instead of twenty")

// console is a real process that serves.
type console struct {
	t       *testing.T
	command *exec.Cmd
	log     bytes.Buffer
	address string // host and port
	ended   atomic.Bool
	answers atomic.Int64
}

func startConsole(t *testing.T, flags ...string) *console {
	t.Helper()
	return startConsoleInto(t, nil, nil, flags...)
}

// startConsoleInto starts one whose output and log go to files; without one for the log it
// is kept.
func startConsoleInto(t *testing.T, out, log io.Writer, flags ...string) *console {
	t.Helper()
	dir := t.TempDir()
	c := &console{t: t}
	c.command = exec.Command("bangui", append([]string{
		"serve", "--data-dir", dir, "--listen", "localhost:0", "--fail2ban-socket", dir + "/none.sock", "--log-format", "text",
	}, flags...)...)
	c.command.Stdout, c.command.Stderr = out, log
	if log == nil {
		c.command.Stderr = &c.log
	}
	c.command.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "BANGUI_") })
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.command.Process.Kill() }) // where the test ended before it
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		content, _ := os.ReadFile(filepath.Join(dir, "listen"))
		if u, err := url.Parse(strings.TrimSpace(string(content))); err == nil && u.Host != "" {
			c.address = u.Host
			return c
		}
		time.Sleep(5 * time.Millisecond)
	}
	_ = c.command.Process.Kill()
	_ = c.command.Wait()
	t.Fatalf("the console does not serve:\n%s", c.log.String())
	return nil
}

// untilAnswered waits until visitors have had n answers together.
func (c *console) untilAnswered(n int64) {
	c.t.Helper()
	for deadline := time.Now().Add(time.Minute); c.answers.Load() < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.t.Fatalf("only %d answers: that is no load", c.answers.Load())
		}
	}
}

// end sends SIGTERM and waits for the process; it tells how long that took.
func (c *console) end() time.Duration {
	c.t.Helper()
	began := time.Now()
	c.ended.Store(true)
	if err := c.command.Process.Signal(syscall.SIGTERM); err != nil {
		c.t.Error(err)
	}
	late := time.AfterFunc(time.Minute, func() { _ = c.command.Process.Kill() })
	defer late.Stop()
	if err := c.command.Wait(); err != nil {
		c.t.Errorf("the console ended with %v", err)
	}
	return time.Since(began)
}

// visitor asks again and again until nobody listens any more. Only a connection that is
// refused after SIGTERM is no loss: nothing was sent on it.
type visitor struct {
	console *console
	kept    bool // keeps its connection
	slowly  bool // writes its requests in two parts
	answers int
	lost    error
}

func (v *visitor) run() {
	for {
		conn, err := net.DialTimeout("tcp", v.console.address, time.Minute)
		if err != nil {
			if !v.console.ended.Load() || !errors.Is(err, syscall.ECONNREFUSED) {
				v.lost = fmt.Errorf("connect: %w", err)
			}
			return
		}
		v.lost = v.visit(conn)
		_ = conn.Close()
		if v.lost != nil {
			return
		}
	}
}

func (v *visitor) visit(conn net.Conn) error {
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	in := bufio.NewReader(conn)
	for {
		if err := v.write(conn); err != nil {
			return fmt.Errorf("after %d answers, write: %w", v.answers, err)
		}
		answer, err := http.ReadResponse(in, nil)
		if err != nil {
			return fmt.Errorf("after %d answers, read: %w", v.answers, err)
		}
		_, err = io.Copy(io.Discard, answer.Body)
		_ = answer.Body.Close()
		if err != nil || answer.StatusCode != http.StatusOK {
			return fmt.Errorf("after %d answers: %s, %w", v.answers, answer.Status, err)
		}
		v.answers++
		v.console.answers.Add(1)
		if answer.Close || !v.kept {
			return nil
		}
		time.Sleep(80 * time.Millisecond)
	}
}

func (v *visitor) write(conn net.Conn) error {
	const first, second = "GET /api/health/live HTTP/1.1\r\nHo", "st: localhost\r\n\r\n"
	if !v.slowly {
		_, err := io.WriteString(conn, first+second)
		return err
	}
	if _, err := io.WriteString(conn, first); err != nil {
		return err
	}
	time.Sleep(30 * time.Millisecond)
	_, err := io.WriteString(conn, second)
	return err
}

// SIGTERM under load loses no request: everybody who got through is answered, and is
// told that the connection ends.
func TestServe_SIGTERMLosesNoRequest(t *testing.T) {
	times := 20
	if *long {
		times = 100
	}
	for i := range times {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			c := startConsole(t)
			var visitors []*visitor
			var busy sync.WaitGroup
			for n := range 24 {
				v := &visitor{console: c, kept: n%3 != 0, slowly: n%4 == 0}
				visitors = append(visitors, v)
				busy.Go(v.run)
			}
			c.untilAnswered(50)
			time.Sleep(time.Duration(i%7) * 11 * time.Millisecond) // at another point of the load each time
			took := c.end()
			busy.Wait()
			for _, v := range visitors {
				if v.lost != nil {
					t.Errorf("kept %t, slowly %t: %v", v.kept, v.slowly, v.lost)
				}
			}
			if took > 20*time.Second { // for a request that does not end it would wait 25 s
				t.Errorf("the stop took %s", took)
			}
			for _, step := range []string{"no new connections", "being answered", "every request is answered", "console stopped"} {
				if !strings.Contains(c.log.String(), step) {
					t.Errorf("the log does not name the step %q:\n%s", step, c.log.String())
				}
			}
		})
	}
}

// A request that is under way is waited for; the second signal does not wait.
func TestServe_SecondSignalEndsAtOnce(t *testing.T) {
	c := startConsole(t)
	conn, err := net.Dial("tcp", c.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "POST /api/v1/bans HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	began, ended := time.Now(), make(chan error, 1)
	go func() { ended <- c.command.Wait() }()
	again, over, signals := time.NewTicker(300*time.Millisecond), false, 0
	defer again.Stop()
	for !over {
		if err := c.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		signals++
		select {
		case err = <-ended:
			over = true
		case <-again.C: // two signals at once are one, however long the first is on its way
		}
	}
	exit, ok := errors.AsType[*exec.ExitError](err)
	took := time.Since(began)
	if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGTERM || signals < 2 || took > 20*time.Second {
		t.Errorf("it ended with %v after %s and %d signals:\n%s", err, took, signals, c.log.String())
	}
}
