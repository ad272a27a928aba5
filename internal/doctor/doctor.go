// Package doctor finds out whether there is a fail2ban on this machine that can be
// served, and if not, why, in fail2ban's own words, and what to do about it. It
// looks and explains; it changes nothing.
package doctor

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"bangui/internal/fault"
)

// State is what there is.
type State string

// The states.
const (
	Running   State = "running"   // it answers
	Forbidden State = "forbidden" // it is there, and we may not open its socket
	Stopped   State = "stopped"   // installed, not running, though something here could run it
	Unmanaged State = "unmanaged" // installed, not running, and nothing here starts services (a container)
	Missing   State = "missing"   // not installed
)

// Diagnosis is the answer of one look.
type Diagnosis struct {
	State  State
	Text   string // what is the case, one or two sentences
	Output string // fail2ban's own words, may be several lines; "" = none
	Mend   string // what to do, may be several lines with commands; "" = nothing
}

// Bounds of one look.
const (
	commandTime = 10 * time.Second
	settleTime  = 8 * time.Second // a service that is just starting
	outputSize  = 4 << 10
)

// Machine is what the doctor looks at. The zero values of its functions are not
// usable; This gives the real ones.
type Machine struct {
	Ping      func(ctx context.Context) error                   // of the socket; fault errors
	LookPath  func(program string) (string, error)              //
	Exists    func(path string) bool                            //
	ReadFile  func(path string) ([]byte, error)                 //
	Run       func(ctx context.Context, words ...string) string // combined output; errors are words in it
	Root      bool
	ConfigDir string // fail2ban's
	Command   string // how this command is typed, for "run it as root": "./bin/bangui serve"
}

// This is the machine we run on.
func This(ping func(ctx context.Context) error, configDir, command string) Machine {
	return Machine{
		Ping: ping, LookPath: exec.LookPath, ReadFile: os.ReadFile, Run: run,
		Exists: func(path string) bool {
			_, err := os.Stat(path)
			return err == nil || !errors.Is(err, fs.ErrNotExist)
		},
		Root: os.Geteuid() == 0, ConfigDir: configDir, Command: command,
	}
}

// Look finds out. It takes at most about 30 s, less than one when fail2ban answers.
func Look(ctx context.Context, m Machine) Diagnosis {
	err := m.Ping(ctx)
	if err == nil {
		return Diagnosis{State: Running, Text: "fail2ban runs and answers."}
	}
	if fault.Is(err, fault.Fail2banForbidden) || fault.Is(err, fault.PermissionDenied) {
		return Diagnosis{
			State: Forbidden,
			Text:  "fail2ban is there, but only root may talk to it: " + fault.MessageOf(err),
			Mend:  "Run this as root:\n  sudo " + m.Command,
		}
	}
	if _, err := m.LookPath("fail2ban-client"); err != nil {
		return Diagnosis{State: Missing, Text: "fail2ban is not installed on this machine.", Mend: "Install it:\n  " + m.sudo() + m.install("fail2ban")}
	}
	services := m.services()
	if services == "systemd" && m.settles(ctx) {
		return Diagnosis{State: Running, Text: "fail2ban has just started and answers."}
	}
	return m.stopped(ctx, services, err)
}

// stopped explains an installed fail2ban that doesn't answer.
func (m Machine) stopped(ctx context.Context, services string, cause error) Diagnosis {
	d := Diagnosis{State: Stopped, Text: "fail2ban is installed, but it doesn't run."}
	if !fault.Is(cause, fault.Fail2banUnreachable) {
		d.Text = "fail2ban is installed, but it doesn't answer: " + strings.TrimSuffix(fault.MessageOf(cause), ".") + "."
	}
	d.Output = m.complaints(ctx, services)
	start := m.sudo() + "service fail2ban start"
	switch services {
	case "systemd":
		start = m.sudo() + "systemctl restart fail2ban"
	case "":
		d.State = Unmanaged
		d.Text += " Nothing on this machine starts services (no systemd, no init: a container?), so nobody will start it."
		start = m.sudo() + "fail2ban-client start"
	}
	d.Mend = m.mend(d.Output, services, start)
	return d
}

// mend is the remedy for what fail2ban complains about.
func (m Machine) mend(output, services, start string) string {
	switch noLog := strings.Contains(output, "Have not found any log file for sshd jail"); {
	case output == "":
		return "Start it:\n  " + start
	case !noLog:
		return "Mend what it says, then start it:\n  " + start
	case services == "":
		return "There is no auth.log here for its jail sshd to read. With an empty one it starts, and sees what is logged there from then on:\n" +
			"  " + m.sudo() + "touch /var/log/auth.log\n  " + start
	}
	var b strings.Builder
	b.WriteString("This system logs to the journal only and has no auth.log (Debian 12 and newer without rsyslog). Let the sshd jail read the journal:\n")
	if !m.Exists("/usr/lib/python3/dist-packages/systemd") {
		fmt.Fprintf(&b, "  %s%s\n", m.sudo(), m.install("python3-systemd"))
	}
	fmt.Fprintf(&b, "  printf '[sshd]\\nbackend = systemd\\n' | %stee %s\n", m.sudo(), filepath.Join(m.ConfigDir, "jail.d", "sshd-journal.local"))
	fmt.Fprintf(&b, "  %s", start)
	return b.String()
}

// complaints are fail2ban's own errors: of its configuration test, else of its log,
// else of its service.
func (m Machine) complaints(ctx context.Context, services string) string {
	if text := errorLines(m.Run(ctx, "fail2ban-client", "-c", m.ConfigDir, "-t")); text != "" {
		return text
	}
	if services == "systemd" {
		return clip(m.Run(ctx, "systemctl", "status", "fail2ban", "--no-pager", "--full", "--lines=10"))
	}
	if log, err := m.ReadFile("/var/log/fail2ban.log"); err == nil {
		return errorLines(string(log[max(0, len(log)-outputSize):]))
	}
	return ""
}

// settles waits for a service that systemd says is up or coming.
func (m Machine) settles(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, settleTime)
	defer cancel()
	for {
		switch strings.TrimSpace(m.Run(ctx, "systemctl", "is-active", "fail2ban")) {
		case "active", "activating", "reloading":
		default:
			return false
		}
		if m.Ping(ctx) == nil {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// services names what starts services here; "" = nothing does.
func (m Machine) services() string {
	if m.Exists("/run/systemd/system") {
		return "systemd"
	}
	if name, err := m.ReadFile("/proc/1/comm"); err == nil && strings.TrimSpace(string(name)) == "init" && m.Exists("/etc/init.d/fail2ban") {
		return "init"
	}
	return ""
}

func (m Machine) sudo() string {
	if m.Root {
		return ""
	}
	return "sudo "
}

// install is how a package gets here.
func (m Machine) install(name string) string {
	for _, manager := range []struct{ program, words string }{
		{"apt-get", "apt-get install --no-install-recommends "}, {"dnf", "dnf install "}, {"zypper", "zypper install "}, {"pacman", "pacman -S "}, {"apk", "apk add "},
	} {
		if _, err := m.LookPath(manager.program); err == nil {
			return manager.words + name
		}
	}
	return "apt-get install " + name
}

// errorLines keeps the lines in which fail2ban calls something an error.
func errorLines(output string) string {
	var kept []string
	for line := range strings.Lines(output) {
		if strings.Contains(line, "ERROR") || strings.Contains(line, "CRITICAL") {
			kept = append(kept, strings.TrimSpace(line))
		}
	}
	return clip(strings.Join(kept, "\n"))
}

func clip(s string) string {
	s = strings.TrimSpace(s)
	return s[max(0, len(s)-outputSize):]
}

// run runs a program to its end, for at most 10 s, and gives what it wrote.
func run(ctx context.Context, words ...string) string {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)                    //nolint:gosec // fixed programs
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"} // not ours, which may hold a token
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		return "ERROR " + words[0] + ": " + err.Error()
	}
	return string(out)
}
