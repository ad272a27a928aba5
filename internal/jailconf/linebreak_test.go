package jailconf_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"bangui/internal/jailconf"
)

// hostileValue is made of what options take and of everything that somebody or something
// takes for the end of a line.
func hostileValue() *rapid.Generator[string] {
	pieces := rapid.SampledFrom([]string{
		"\n", "\r", "\r\n", "\v", "\f", "\x1c", "\x1d", "\x1e", "\u0085", "\u2028", "\u2029", "\x00", "\\n", "%0a", " ", "\t", "\ufeff", "\u202e",
		"5", "1d", "true", "/var/log/x.log", "192.0.2.7", "^x <HOST>$", "sshd", "iptables[port=\"1\"]", "%(action_)s", "[other]", "ignorecommand = id", "# x", "; x", "<F-USER>", "_COMM=sshd", "%Y", "'", "\"",
	})
	return rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(pieces, 1, 8).Draw(t, "pieces"), "") })
}

// Whatever is given for an option: what is written has the lines that were asked for and no
// other, under its option, and nothing of it is an option or a section of its own.
func TestSet_WritesNoLineThatWasNotAskedFor(t *testing.T) {
	options := map[jailconf.Place][]string{
		jailconf.InJail: {
			"enabled", "bantime", "maxretry", "ignoreip", "logpath", "logencoding", "failregex", "ignoreregex", "datepattern", "journalmatch", "filter", "banaction", "port", "mode",
			"action", "ignorecommand", "anything",
		},
		jailconf.InFilter: {"failregex", "prefregex", "datepattern", "maxlines"}, jailconf.InAction: {"actionban", "actionstart"}, jailconf.InServer: {"loglevel", "logtarget", "dbpurgeage"},
	}
	taken := 0
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.SampledFrom([]jailconf.Place{jailconf.InJail, jailconf.InJail, jailconf.InFilter, jailconf.InAction, jailconf.InServer}).Draw(t, "place")
		option, value := rapid.SampledFrom(options[place]).Draw(t, "option"), hostileValue().Draw(t, "value")
		written, _, err := jailconf.Check(place, option, value)
		if err != nil {
			return
		}
		content, err := jailconf.Set("[a]\nz = 1\n", "a", option, written)
		if err != nil {
			return
		}
		taken++
		if strings.ContainsAny(content, "\r\v\f\x1c\x1d\x1e\u0085\u2028\u2029\x00") {
			t.Fatalf("%s = %q became %q", option, value, content)
		}
		lines := strings.Split(strings.TrimSuffix(content, "\n"), "\n")
		if asked := 1 + strings.Count(value, "\n"); len(lines)-2 > asked {
			t.Fatalf("%s = %q has %d lines: %q", option, value, len(lines)-2, content)
		}
		for _, line := range lines[3:] {
			if line != "" && strings.TrimLeft(line, " \t") == line { // an empty line was asked for, and is part of the value
				t.Fatalf("%s = %q: %q stands alone in %q", option, value, line, content)
			}
		}
	})
	if taken == 0 {
		t.Error("nothing was taken; this shows nothing")
	}
}
