package host

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fault"
)

// rehearseFor bounds a rehearsal; half of it may pass until the scratch server answers,
// which takes 0.2 s where nothing else runs.
const rehearseFor = time.Minute

// rehearse runs a stream on an empty scratch server first, without starting a jail,
// so without reading a log or running an action (fail2ban.md 6.2). It finds what
// fail2ban-client -t does not: a bad expression, time, encoding, zone, a missing
// log. Its error names the command that failed.
func (l *Local) rehearse(ctx context.Context, commands [][]any) error {
	dir, remove, err := scratchFolder()
	if err != nil {
		return err
	}
	defer remove()
	ctx, cancel := context.WithTimeout(ctx, rehearseFor)
	defer cancel()
	client, stop, err := l.scratchServer(ctx, dir)
	if err != nil {
		return err
	}
	defer stop()
	for _, c := range commands {
		if !harmless(c) {
			continue
		}
		if err := client.ServerStream(ctx, [][]any{c}); err != nil {
			return fault.Wrap(err, fault.Fail2banRefused, "the configuration was tried on a scratch server and failed at %s: %s; nothing was changed",
				command(c), fault.MessageOf(err)).WithMend("Mend that value, then try again.")
		}
	}
	return nil
}

// harmless leaves out what starts jails, loads Python, or moves logs and databases.
func harmless(c []any) bool {
	if len(c) < 2 || c[0] == "start" {
		return false
	}
	if c[0] == "set" && len(c) == 3 {
		return false // a global option: loglevel, logtarget, dbfile, …
	}
	return len(c) <= 4 || c[2] != "addaction"
}

// command is a command in words, short enough to read; without escapes,
// since expressions have their own.
func command(c []any) string {
	const most = 160
	words := make([]string, len(c))
	for i, word := range c {
		words[i] = fmt.Sprint(word)
	}
	text := cut(strings.Join(words, " "), most)
	if !harmlessText(text) {
		return fmt.Sprintf("%q", text)
	}
	return "\"" + text + "\""
}

// scratchServer starts an empty server in a folder, and gives how to end it.
func (l *Local) scratchServer(ctx context.Context, dir string) (*fail2ban.Client, func(), error) {
	program, err := l.program("fail2ban-server")
	if err != nil {
		return nil, nil, err
	}
	socket := filepath.Join(dir, "s")
	cmd := exec.CommandContext(ctx, program, "-c", l.ConfigDir, "--async", "-f", "-s", socket, "-p", filepath.Join(dir, "p"), //nolint:gosec // fixed program
		"--loglevel", "ERROR", "--logtarget", filepath.Join(dir, "l"), "--syslogsocket", "auto")
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	cmd.Dir = dir
	ended, err := startMortal(cmd)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Internal, "the scratch server was not started")
	}
	client := fail2ban.New(fail2ban.Options{Socket: socket, Logger: l.Logger})
	stop := func() {
		_ = cmd.Process.Kill()
		<-ended
	}
	for deadline := time.Now().Add(rehearseFor / 2); ; sleep(ctx, 20*time.Millisecond) {
		if err = client.Ping(ctx); err == nil {
			return client, stop, nil
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			stop()
			return nil, nil, fault.Wrap(err, fault.Internal, "the scratch server did not answer")
		}
	}
}

// startMortal starts a process that ends with ours, also when ours is killed. ended is
// closed when it has.
func startMortal(cmd *exec.Cmd) (ended <-chan struct{}, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	end, started := make(chan struct{}), make(chan error)
	go func() {
		defer close(end)
		// Pdeathsig goes by the thread that started the process: this one is nobody else's,
		// and ends after it.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	return end, <-started
}
