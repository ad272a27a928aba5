package doctor

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bangui/internal/fault"
)

// machine is a Debian machine with systemd where fail2ban is installed and stopped.
func machine() Machine {
	return Machine{
		Ping: func(context.Context) error {
			return fault.New(fault.Fail2banUnreachable, "nobody answers at /run/f.sock")
		},
		LookPath:  func(p string) (string, error) { return "/usr/bin/" + p, nil },
		Exists:    func(path string) bool { return path == "/run/systemd/system" },
		ReadFile:  func(string) ([]byte, error) { return nil, os.ErrNotExist },
		Run:       func(context.Context, ...string) string { return "" },
		ConfigDir: "/etc/fail2ban",
		Command:   "./bin/bangui serve",
	}
}

const noLog = "2026-11-23 18:25:19,414 fail2ban [18251]: ERROR   Failed during configuration: Have not found any log file for sshd jail\n"

func TestLook(t *testing.T) {
	cases := map[string]struct {
		change func(*Machine)
		state  State
		told   []string // in text, output and mend together
		silent []string
	}{
		"Running": {func(m *Machine) { m.Ping = func(context.Context) error { return nil } }, Running, nil, nil},
		"Forbidden": {
			func(m *Machine) {
				m.Ping = func(context.Context) error { return fault.New(fault.Fail2banForbidden, "may not open /run/f.sock") }
			},
			Forbidden,
			[]string{"only root", "sudo ./bin/bangui serve"},
			nil,
		},
		"Missing": {
			func(m *Machine) {
				m.LookPath = func(p string) (string, error) {
					if p == "apt-get" {
						return p, nil
					}
					return "", os.ErrNotExist
				}
			},
			Missing,
			[]string{"not installed", "sudo apt-get install --no-install-recommends fail2ban"},
			nil,
		},
		"NoAuthLog": {
			func(m *Machine) {
				m.Run = func(_ context.Context, words ...string) string {
					if words[0] == "fail2ban-client" {
						return "WARNING something\n" + noLog
					}
					return "failed\n"
				}
			},
			Stopped,
			[]string{"Have not found any log file", "backend = systemd", "python3-systemd", "/etc/fail2ban/jail.d/sshd-journal.local", "sudo systemctl restart fail2ban"},
			[]string{"WARNING"},
		},
		"RootNeedsNoSudo": {
			func(m *Machine) {
				m.Root = true
				m.Run = func(context.Context, ...string) string { return noLog }
			},
			Stopped,
			[]string{"| tee ", "systemctl restart"},
			[]string{"sudo"},
		},
		"OtherReason": {
			func(m *Machine) {
				m.Run = func(_ context.Context, words ...string) string {
					if words[0] == "systemctl" && words[1] == "status" {
						return "Active: failed (Result: exit-code)"
					}
					return "OK: configuration test is successful"
				}
			},
			Stopped,
			[]string{"Active: failed", "Mend what it says"},
			[]string{"backend = systemd"},
		},
		"Container": {
			func(m *Machine) {
				m.Exists = func(string) bool { return false }
				m.Run = func(context.Context, ...string) string { return noLog }
			},
			Unmanaged,
			[]string{"Nothing on this machine starts services", "touch /var/log/auth.log", "fail2ban-client start"},
			[]string{"systemctl", "journal"},
		},
		"Hangs": {
			func(m *Machine) {
				m.Ping = func(context.Context) error { return fault.New(fault.Fail2banTimeout, "no answer within 2 s") }
			},
			Stopped,
			[]string{"doesn't answer: no answer within 2 s."},
			[]string{"doesn't run"},
		},
		"OldInit": {
			func(m *Machine) {
				m.Exists = func(path string) bool { return path == "/etc/init.d/fail2ban" }
				m.ReadFile = func(path string) ([]byte, error) {
					if path == "/proc/1/comm" {
						return []byte("init\n"), nil
					}
					return []byte("x CRITICAL boom\nx INFO fine\n"), nil
				}
			},
			Stopped,
			[]string{"service fail2ban start", "CRITICAL boom"},
			[]string{"INFO fine"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			m := machine()
			c.change(&m)
			d := Look(t.Context(), m)
			if d.State != c.state {
				t.Errorf("state = %s, want %s", d.State, c.state)
			}
			told := d.Text + "\n" + d.Output + "\n" + d.Mend
			for _, want := range c.told {
				if !strings.Contains(told, want) {
					t.Errorf("%q is not in\n%s", want, told)
				}
			}
			for _, no := range c.silent {
				if strings.Contains(told, no) {
					t.Errorf("%q is in\n%s", no, told)
				}
			}
		})
	}
}

func TestLook_WaitsForAServiceThatIsComing(t *testing.T) {
	m := machine()
	pings := 0
	m.Ping = func(context.Context) error {
		if pings++; pings < 3 {
			return fault.New(fault.Fail2banUnreachable, "not yet")
		}
		return nil
	}
	m.Run = func(context.Context, ...string) string { return "activating\n" }
	if d := Look(t.Context(), m); d.State != Running {
		t.Errorf("%+v", d)
	}
}

// The words that we look for are fail2ban's own: asked of the installed one.
func TestLook_KnowsTheRealComplaint(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "etc")
	if err := os.CopyFS(dir, os.DirFS("/etc/fail2ban")); err != nil {
		t.Fatal(err)
	}
	local := "[DEFAULT]\nbackend = polling\n[sshd]\nenabled = true\nlogpath = /nowhere/auth.log\n"
	if err := errors.Join(os.RemoveAll(filepath.Join(dir, "jail.d")), os.WriteFile(filepath.Join(dir, "jail.local"), []byte(local), 0o600)); err != nil {
		t.Fatal(err)
	}
	m := This(machine().Ping, dir, "bangui serve")
	m.Exists = func(string) bool { return false } // no service manager: no 8 s of patience
	d := Look(t.Context(), m)
	if d.State != Unmanaged || !strings.Contains(d.Output, "Have not found any log file for sshd jail") || !strings.Contains(d.Mend, "auth.log") {
		t.Errorf("%+v", d)
	}
}
