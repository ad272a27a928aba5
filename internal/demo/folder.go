package demo

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// jails of the demo, with the sample log that each watches.
var jails = []struct{ name, log, ports string }{ //nolint:gochecknoglobals // constant
	{"sshd", "auth.log", "ssh"},
	{"nginx-http-auth", "nginx-error.log", "http,https"},
}

// write lays the folder out: a copy of the stock configuration with our jails, an
// action that does nothing, and empty logs.
func (s *Server) write() error {
	for _, dir := range []string{"etc", "run", "lib", "log"} {
		if err := os.MkdirAll(filepath.Join(s.Dir, dir), 0o700); err != nil {
			return err
		}
	}
	if err := s.copyStock(); err != nil {
		return err
	}
	files := map[string]string{
		"etc/fail2ban.local":         s.serverSettings(),
		"etc/jail.local":             s.jailSettings(),
		"etc/action.d/demo-log.conf": demoAction,
		"log/fail2ban.log":           "",
	}
	for _, j := range jails {
		files["log/"+j.log] = ""
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(s.Dir, name), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// copyStock copies what fail2ban came with. Local files (*.local, jail.d) belong
// to this machine's own fail2ban and stay out.
func (s *Server) copyStock() error {
	for _, pattern := range []string{"fail2ban.conf", "jail.conf", "paths-*.conf", "filter.d/*.conf", "action.d/*.conf", "action.d/*.py", "filter.d/ignorecommands/*"} {
		names, err := filepath.Glob(filepath.Join(s.Stock, pattern))
		if err != nil {
			return err
		}
		for _, name := range names {
			relative, err := filepath.Rel(s.Stock, name)
			if err != nil {
				return err
			}
			if err := copyFile(name, filepath.Join(s.ConfigDir(), relative)); err != nil {
				return err
			}
		}
	}
	return os.MkdirAll(filepath.Join(s.ConfigDir(), "jail.d"), 0o700)
}

// copyFile copies a plain file; anything else is left out.
func copyFile(from, to string) error {
	if info, err := os.Stat(from); err != nil || !info.Mode().IsRegular() {
		return err
	}
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

func (s *Server) serverSettings() string {
	return fmt.Sprintf(`# Written by BanGUI for its demo server.
[Definition]
loglevel = INFO
logtarget = %s
socket = %s
pidfile = %s
dbfile = %s
`, s.LogPath(), s.Socket(), filepath.Join(s.Dir, "run", "fail2ban.pid"), s.Database())
}

// jailSettings are short on purpose: a ban and its end are both seen within a minute.
func (s *Server) jailSettings() string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Written by BanGUI for its demo server.
[DEFAULT]
banaction = demo-log
banaction_allports = demo-log
action = %%(action_)s
backend = polling
usedns = no
bantime = %d
bantime.increment = true
bantime.maxtime = 10m
findtime = 2m
maxretry = 3
`, int(s.BanTime.Seconds()))
	for _, j := range jails {
		fmt.Fprintf(&b, "\n[%s]\nenabled = true\nbackend = polling\nport = %s\nlogpath = %s\n", j.name, j.ports, filepath.Join(s.Dir, "log", j.log))
	}
	return b.String()
}

// demoAction writes down what a firewall would be told.
const demoAction = `# Written by BanGUI for its demo server: no firewall is touched.
[Definition]
actionban =
actionunban =
`
