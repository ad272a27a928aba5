package expression

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bangui/internal/fault"
)

// nobody runs what is in the cage where we may become him.
const nobody = 65534

// maxOutput bounds what a trial may print.
const maxOutput = 24 << 20

// run starts Python in the cage with a script that is a constant of ours, and gives it
// input as data.
//
// The filter of system calls belongs to a thread, and what the thread starts inherits it.
// So one thread is locked, filtered, used to start the process and to wait for it (the
// process is killed when its parent thread ends), and thrown away.
func (l Limits) run(ctx context.Context, python, script string, judge time.Duration, input []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Wall)
	defer cancel()
	cmd, out, said := l.command(ctx, python, script, judge, input)
	_, _ = os.FindProcess(os.Getpid()) // Go learns what the kernel can, with a thread that may ask
	ended := make(chan error, 1)
	go inCage(ended, python, func() error { return cmd.Run() })
	err := <-ended
	switch {
	case err == nil && !out.full:
		return out.Bytes(), nil
	case err == nil:
		return nil, fault.New(fault.TooLarge, "the trial has more to say than %d bytes", maxOutput).WithMend("Try fewer lines.")
	}
	return nil, l.failed(ctx, err, said.String())
}

// inCage runs do on a thread of its own that can't reach the network or write files, and
// that ends with it.
func inCage(ended chan<- error, python string, do func() error) {
	runtime.LockOSThread() // and never unlocked: the thread ends with this goroutine
	if syscall.Gettid() == os.Getpid() {
		inner := make(chan error, 1)
		go inCage(inner, python, do) // the first thread never ends, so it is not taken
		ended <- <-inner
		runtime.UnlockOSThread()
		return
	}
	if err := confine(python); err != nil {
		ended <- err
		return
	}
	ended <- do()
}

func (l Limits) command(ctx context.Context, python, script string, judge time.Duration, input []byte) (cmd *exec.Cmd, out, said *pail) {
	seconds := func(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
	cpu := strconv.Itoa(int(2*l.CPU/time.Second) + 1)
	cmd = exec.CommandContext(ctx, python, "-I", "-B", "-c", script, cpu, strconv.FormatInt(l.Memory, 10), //nolint:gosec // the Python that fail2ban itself runs in
		seconds(l.CPU), seconds(l.Once), seconds(judge))
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin"}
	cmd.Dir = "/"
	out, said = &pail{left: maxOutput}, &pail{left: 16 << 10}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(input), out, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if mayBecomeNobody() {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	return cmd, out, said
}

// failed says why a trial did not come to its end.
func (l Limits) failed(ctx context.Context, err error, said string) error {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	last := lines[len(lines)-1]
	cause := fmt.Errorf("%w: %s", errors.Join(err, ctx.Err()), last)
	exit, exited := errors.AsType[*exec.ExitError](err)
	switch {
	case fault.Is(err, fault.Unsupported):
		return err
	case errors.Is(ctx.Err(), context.Canceled):
		return fault.Wrap(cause, fault.Unavailable, "nobody waits for the trial any more")
	case ctx.Err() != nil, exited && !exit.Exited():
		return fault.Wrap(cause, fault.Fail2banTimeout, "the trial took more time or memory than it may, and was ended").
			WithMend("Try fewer lines, or the expressions one by one.")
	case strings.Contains(last, "ModuleNotFoundError"):
		return noPython(cause)
	case strings.Contains(last, "MemoryError"):
		return fault.Wrap(cause, fault.Fail2banTimeout, "the trial needed more than %d MiB of memory, and was ended", l.Memory>>20).WithMend("Try fewer lines.")
	}
	return fault.Wrap(cause, fault.Internal, "the trial could not be run")
}

// pail keeps what is written to it, up to a bound, and swallows the rest.
type pail struct {
	bytes.Buffer
	left int
	full bool
}

// Write never fails: a process that prints too much is read to its end.
func (p *pail) Write(b []byte) (int, error) {
	take := min(len(b), p.left)
	p.left -= take
	p.full = p.full || take < len(b)
	p.Buffer.Write(b[:take])
	return len(b), nil
}
