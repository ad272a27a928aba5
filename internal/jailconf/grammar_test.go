package jailconf_test

import (
	"os/exec"
	"strings"
	"testing"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

func TestCheck_WritesWhatFail2banCanTake(t *testing.T) {
	for _, c := range []struct {
		place               jailconf.Place
		option, value, want string
	}{
		{jailconf.InJail, "bantime", "1d 12h", "129600"},
		{jailconf.InJail, "bantime", "-1", "-1"},
		{jailconf.InJail, "findtime", "1.5h", "5400"},
		{jailconf.InJail, "maxretry", "5", "5"},
		{jailconf.InJail, "enabled", "Yes", "true"},
		{jailconf.InJail, "ignoreself", "off", "false"},
		{jailconf.InJail, "bantime.factor", "1.50", "1.5"},
		{jailconf.InJail, "bantime.multipliers", "1  2 04", "1 2 4"},
		{jailconf.InJail, "ignoreip", "::ffff:192.0.2.1, 198.51.100.7/24\nhost.example", "192.0.2.1 198.51.100.0/24 host.example"},
		{jailconf.InJail, "logpath", "/var/log/a.log\n/var/log/*/b.log tail", "/var/log/a.log\n/var/log/*/b.log tail"},
		{jailconf.InJail, "filter", "sshd[mode=aggressive]", "sshd[mode=aggressive]"},
		{jailconf.InJail, "usedns", "WARN", "warn"},
		{jailconf.InJail, "banaction", "%(banaction_allports)s", "%(banaction_allports)s"},
		{jailconf.InFilter, "failregex", "^a 100% <HOST>$\n^b <HOST>", "^a 100%% <HOST>$\n^b <HOST>"},
		{jailconf.InFilter, "datepattern", "%Y-%m", "%%Y-%%m"},
		{jailconf.InJail, "journalmatch", "_SYSTEMD_UNIT=ssh.service +  _COMM=sshd", "_SYSTEMD_UNIT=ssh.service + _COMM=sshd"},
		{jailconf.InServer, "loglevel", "info", "INFO"},
		{jailconf.InServer, "dbpurgeage", "1w", "604800"},
	} {
		if got, code, err := jailconf.Check(c.place, c.option, c.value); err != nil || code || got != c.want {
			t.Errorf("%s = %q: %q, %v, %v; want %q", c.option, c.value, got, code, err, c.want)
		}
	}
}

// Actions are code, and the only value that may refer: to the sets of actions of jail.conf.
func TestCheck_ActionsMayNameTheSetsOfJailConf(t *testing.T) {
	for value, want := range map[string]string{
		"%(action_mwl)s": "%(action_mwl)s", "iptables[port=\"1%\"]\n%(action_)s": "iptables[port=\"1%%\"]\n%(action_)s",
		"%(sender)s": "%%(sender)s", "%(action_x": "%%(action_x",
	} {
		if got, code, err := jailconf.Check(jailconf.InJail, "action", value); err != nil || !code || got != want {
			t.Errorf("%q: %q, %v, %v", value, got, code, err)
		}
	}
}

func TestCheck_RefusesWhatBreaks(t *testing.T) {
	for option, values := range map[string][]string{
		"bantime":             {"", "five", "1yr", "010", "1e3", "0x10", "2*3", "1h,30m", "-2", "__import__('os').system('id')", "0", "1 # one", "10m ; x", "10\n20", "200y"},
		"findtime":            {"-1", "0", "None", "True"},
		"maxretry":            {"", "0", "5 # five", "5.0", "-1", "0x5", "five", "1_000"},
		"enabled":             {"", "maybe", "2", "true # yes"},
		"bantime.factor":      {"1e9", "x", "-1", "0", "nan", "Inf", "1+1", "0x1p4"},
		"bantime.multipliers": {"", "1 x", "1,2", "0"},
		"usedns":              {"", "maybe"},
		"backend":             {"", "systemd[journalfiles=/etc/shadow]", "none"},
		"ignoreip":            {"file:/etc/shadow", "1.2.3.4/33", "-x", "a b;c", "fe80::1%eth0", "<ip>", "%(x)s"},
		"logpath":             {"", "a.log", "/var/log/../../etc/shadow", "/var/log/a b", "/var/log/%Y", "/a\n", "/a head\nb", "/a ;x", "$(x)", "/a$(x)", "//a"},
		"filter":              {"../x", "/etc/x", "sshd[mode='x']", "sshd[mode=<x>]", "a b", "sshd[x=1]\n[y]"},
		"banaction":           {"", "%(banaction)s", "%(banaction_allports)s ", "x%(banaction_allports)s", "iptables[port=x]", "a\nb", "x.py]", "../x"},
		"port":                {"", "ssh;id", "$(id)", "a b c", "<x>"},
		"journalmatch":        {"a", "A=b;c", "A='b'"},
		"failregex":           {"# comment", "a\n; b", "a ; b", "%(known/failregex)s", "a\x00b", "a\rb", "<F2B_END_COMMAND>", strings.Repeat("x", 70_000)},
		"logencoding":         {"", "a b", "utf-8\n"},
		"logtimezone":         {"", "Europe/Berlin", "+2"},
	} {
		for _, value := range values {
			if value == "utf-8\n" || value == "/a\n" {
				continue // white space around is cut off
			}
			if got, _, err := jailconf.Check(jailconf.InJail, option, value); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s = %q was taken as %q (%v)", option, value, got, err)
			}
		}
	}
}

func TestCheck_CallsCodeWhatIsCode(t *testing.T) {
	for place, options := range map[jailconf.Place][]string{
		jailconf.InJail:   {"action", "ignorecommand", "bantime.formula", "destemail", "chain", "action_", "anything"},
		jailconf.InFilter: {"before", "_daemon"},
		jailconf.InAction: {"actionban", "actionstart", "port", "blocktype"},
		jailconf.InServer: {"logtarget", "dbfile", "socket", "pidfile", "syslogsocket"},
	} {
		for _, option := range options {
			if _, code, err := jailconf.Check(place, option, "x"); !code || err != nil {
				t.Errorf("%s of a %s is data (%v)", option, place, err)
			}
		}
	}
}

// Whatever we take for a time, fail2ban takes for the same.
func TestSeconds_AreThoseOfFail2ban(t *testing.T) {
	for _, text := range []string{"1d12h30m", "1.5h", "1h 30", "2mo 1w", "1year", "5 5"} {
		got, ok := jailconf.Seconds(text)
		if !ok {
			t.Errorf("%q is not taken", text)
			continue
		}
		out, err := exec.CommandContext(t.Context(), "fail2ban-client", "--str2sec", text).Output()
		if err != nil {
			t.Fatal(err)
		}
		want, _, _ := strings.Cut(strings.TrimSpace(string(out)), ".")
		if have, ok := jailconf.Seconds(want); !ok || have != got {
			t.Errorf("%q is %d, fail2ban says %s", text, got, out)
		}
	}
}
