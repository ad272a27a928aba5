package host

import "testing"

func TestPathMap(t *testing.T) {
	m := PathMap{"/config": "/fail2ban/config", "/config/log": "/logs", "/var/log/f2b.log": "/one.log"}
	for path, want := range map[string]string{
		"/config/fail2ban/fail2ban.sqlite3": "/fail2ban/config/fail2ban/fail2ban.sqlite3",
		"/config/log/fail2ban.log":          "/logs/fail2ban.log",
		"/config":                           "/fail2ban/config",
		"/configuration/x":                  "/configuration/x",
		"/var/log/f2b.log":                  "/one.log",
		"/var/log/f2b.log.1":                "/var/log/f2b.log.1",
		"SYSTEMD-JOURNAL":                   "SYSTEMD-JOURNAL",
		"":                                  "",
	} {
		if got := m.here(path); got != want {
			t.Errorf("%q is at %q, want %q", path, got, want)
		}
	}
	if got := (PathMap{"/": "/host"}).here("/var/log/x"); got != "/host/var/log/x" {
		t.Errorf("with the root mapped: %q", got)
	}
	if got := (PathMap{"/host": "/"}).here("/host/var"); got != "/var" {
		t.Errorf("mapped to the root: %q", got)
	}
	if got := PathMap(nil).here("/x"); got != "/x" {
		t.Errorf("without a map: %q", got)
	}
}
