package host

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"bangui/internal/fault"
)

// process is what Linux says of fail2ban's process while it runs: what is needed to start
// another one like it.
type process struct {
	pid       int
	known     bool // it can be looked at
	child     bool // of somebody else than the first process: it may be supervised
	contained bool // in a process namespace below ours: a container
	foreign   bool // it has another file system than we
	powers    uint64
	confined  bool // it can't gain powers
	cgroup    string
	environ   []string
}

// maxEnviron bounds what is read of a process' environment.
const maxEnviron = 64 << 10

// lookAtProcess reads what is known of a process; 0 = one that we can't see.
func lookAtProcess(pid int) process {
	p := process{pid: pid}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if pid == 0 || err != nil {
		return p
	}
	p.known = true
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch value = strings.TrimSpace(value); name {
		case "PPid":
			p.child = value != "1"
		case "NSpid":
			p.contained = len(strings.Fields(value)) > 1
		case "CapEff":
			p.powers, _ = strconv.ParseUint(value, 16, 64)
		case "NoNewPrivs":
			p.confined = value == "1"
		}
	}
	p.cgroup = cgroupOf(pid)
	theirs, err := os.Stat(fmt.Sprintf("/proc/%d/root/", pid))
	ours, err2 := os.Stat("/")
	p.foreign = err != nil || err2 != nil || !os.SameFile(theirs, ours)
	if environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid)); err == nil && len(environ) <= maxEnviron {
		p.environ = strings.FieldsFunc(string(environ), func(r rune) bool { return r == 0 })
	}
	return p
}

func cgroupOf(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if path, unified := strings.CutPrefix(strings.TrimSpace(line), "0::"); unified {
			return path
		}
	}
	return string(bytes.TrimSpace(text))
}

// RestartWay is how fail2ban is restarted.
type RestartWay string

// The ways.
const (
	RestartUnit       RestartWay = "systemd"    // its unit is restarted
	RestartProgram    RestartWay = "program"    // it is stopped over its socket, and fail2ban-client starts it
	RestartSupervisor RestartWay = "supervisor" // it is stopped, and what supervises it starts it again
)

// unit is the one unit that is ever restarted: it is fail2ban's in every distribution.
const unit = "fail2ban.service"

// wayToRestart is how the server can be started again so that it is what it was; the
// error says why it can't be done from here.
func (l *Local) wayToRestart(ctx context.Context) (RestartWay, error) {
	l.mu.Lock()
	p := l.process
	l.mu.Unlock()
	if l.Demo {
		return "", fault.New(fault.Unsupported, "the demo's fail2ban lives and ends with the demo").WithMend("Start the demo again.")
	}
	runs, there := l.unitRuns(ctx, p.pid)
	switch {
	case runs:
		return RestartUnit, nil
	case p.pid == 0 && !p.known:
		return "", elsewhere("it runs where BanGUI can't see its process, as in another container, or it has not run since BanGUI was started")
	case p.contained:
		return "", elsewhere("it runs in a container")
	case !p.known:
		return "", elsewhere("its process can't be looked at")
	case strings.Contains(p.cgroup, ".service") && !there:
		return "", elsewhere("systemd runs it (" + p.cgroup + "), and BanGUI can't reach systemd from where it is")
	}
	return l.wayAsProgram(p)
}

// wayAsProgram allows to start the server as a child of ours only where it would be what
// it was: the same files, the same powers, and not in a sandbox that is ours.
func (l *Local) wayAsProgram(p process) (RestartWay, error) {
	own := lookAtProcess(os.Getpid())
	if _, err := l.program("fail2ban-client"); err != nil {
		return "", err
	}
	switch {
	case p.foreign:
		return "", elsewhere("it has other files than BanGUI")
	case p.powers&^own.powers != 0 || own.confined && !p.confined:
		return "", elsewhere("BanGUI runs with fewer powers than it, and what BanGUI starts has no more")
	case p.cgroup != own.cgroup:
		return "", elsewhere("it runs in " + p.cgroup + ", and what BanGUI starts would end with BanGUI")
	}
	return RestartProgram, nil
}

func elsewhere(why string) error {
	return fault.New(fault.Unsupported, "BanGUI can't restart this fail2ban: %s", why).
		WithMend("Restart it where it was started: systemctl restart fail2ban, or docker restart and its container's name. " +
			"Where something brings it back by itself when it ends, say so with restart = supervisor in the helper's configuration.")
}

// systemctlFor bounds a question to systemd; its answer to a restart may take longer.
const (
	systemctlFor = 5 * time.Second
	restartUnit  = 90 * time.Second
)

// unitRuns reports whether the unit is what runs, or ran last, the process; there says
// that it exists. Without having seen the process the unit is believed where it serves
// the usual socket.
func (l *Local) unitRuns(ctx context.Context, pid int) (runs, there bool) {
	out, err := l.systemctl(ctx, systemctlFor, "show", "--property=LoadState,MainPID,ExecMainPID", unit)
	if err != nil {
		return false, false
	}
	said := map[string]string{}
	for line := range strings.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		said[name] = value
	}
	if there = said["LoadState"] == "loaded"; !there {
		return false, false
	}
	number := strconv.Itoa(pid)
	if pid == 0 {
		return filepath.Base(l.Socket) == "fail2ban.sock" && filepath.Base(filepath.Dir(l.Socket)) == "fail2ban", true
	}
	return said["MainPID"] == number || said["ExecMainPID"] == number, true
}

// systemctl asks systemd for something; the error holds what it said.
func (l *Local) systemctl(ctx context.Context, limit time.Duration, args ...string) (string, error) {
	program := l.SystemctlProgram
	if program == "" {
		if _, err := os.Stat("/run/systemd/system"); err != nil {
			return "", fault.Wrap(err, fault.Unsupported, "systemd does not run here")
		}
		var err error
		if program, err = l.program("systemctl"); err != nil {
			return "", err
		}
	}
	return runProgram(ctx, limit, nil, program, args...)
}

// runProgram runs a program to its end and gives what it printed.
func runProgram(ctx context.Context, limit time.Duration, environ []string, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // fixed programs, our own arguments
	cmd.Env = slices.Concat([]string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8"}, environ)
	cmd.Dir = "/"
	cmd.WaitDelay = 2 * time.Second // what it leaves running may hold its output
	both := &bounded{to: &said, left: 64 << 10}
	cmd.Stdout, cmd.Stderr = both, both
	err := cmd.Run()
	if err != nil {
		return "", fault.Wrap(err, fault.Fail2banRefused, "%s failed: %s", filepath.Base(program), cut(firstLines(said.String(), 5), maxEffectText))
	}
	return said.String(), nil
}
