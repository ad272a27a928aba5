package host_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

// changeGate is a host that takes every change.
type changeGate struct {
	host.Host
	applied, confirmed int
}

func (g *changeGate) ApplyChange(context.Context, host.ChangeOrder) (host.Change, error) {
	g.applied++
	return host.Change{}, nil
}
func (g *changeGate) ConfirmChange(context.Context, string) error { g.confirmed++; return nil }
func (g *changeGate) RevertChange(context.Context, string) error  { g.confirmed++; return nil }

func placed(place jailconf.Place, name, option, value string) host.Edit {
	return host.Edit{Place: place, Name: name, Option: option, Value: &value}
}

func TestGuard_LetsThroughOnlyWhatTheOwnerAllows(t *testing.T) {
	logs := t.TempDir()
	for name, to := range map[string]string{"ok.log": "", "out.log": "/etc/passwd"} {
		path := filepath.Join(logs, name)
		var err error
		if to == "" {
			err = os.WriteFile(path, nil, 0o644)
		} else {
			err = os.Symlink(to, path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	data := []host.Edit{
		set("sshd", "maxretry", "5"), set("DEFAULT", "bantime", "1d"), set("sshd", "logpath", logs+"/ok.log\n"+logs+"/*.txt tail"),
		placed(jailconf.InFilter, "sshd", "failregex", "^x <HOST>"), placed(jailconf.InServer, "", "loglevel", "INFO"), reset("sshd", "bantime"),
	}
	code := []host.Edit{
		set("sshd", "action", "x"), set("sshd", "ignorecommand", "x"), set("sshd", "bantime.formula", "1"), reset("sshd", "action"),
		placed(jailconf.InAction, "iptables", "actionban", "id"), placed(jailconf.InServer, "", "logtarget", "/etc/x"), placed(jailconf.InServer, "", "dbfile", "/etc/x"),
	}
	never := []host.Edit{
		set("sshd", "logpath", "/etc/shadow"), set("sshd", "logpath", logs+"/out.log"), set("sshd", "logpath", logs+"/../x"), set("sshd", "logpath", "/var/log/../../etc/x"),
		set("sshd", "bantime", "__import__('os')"), set("sshd", "maxretry", "5 # five"), set("../x", "maxretry", "5"), set("a\nb", "maxretry", "5"), set("sshd", "maxretry\n[x]", "5"),
		set("sshd", "failregex", "%(known/failregex)s"), set("sshd", "failregex", "<F2B_END_COMMAND>"), placed("nowhere", "sshd", "x", "1"), placed(jailconf.InFilter, "../action.d/x", "failregex", "x"),
		set("sshd", "", "x"), set("INCLUDES", "before", "/etc/passwd"), placed(jailconf.InServer, "x", "loglevel", "INFO"),
	}
	for _, c := range []struct {
		allow host.Configure
		edits []host.Edit
		want  bool
	}{
		{host.ConfigureNothing, data, false},
		{host.ConfigureNothing, code, false},
		{host.ConfigureNothing, never, false},
		{host.ConfigureData, data, true},
		{host.ConfigureData, code, false},
		{host.ConfigureData, never, false},
		{host.ConfigureCode, data, true},
		{host.ConfigureCode, code, true},
		{host.ConfigureCode, never, false},
	} {
		for _, e := range c.edits {
			gate := &changeGate{}
			g := host.NewGuard(gate, host.GuardOptions{Configure: c.allow, LogFolders: []string{logs}})
			_, err := g.ApplyChange(t.Context(), host.ChangeOrder{ETag: "x", Edits: []host.Edit{e}})
			if (err == nil) != c.want || (gate.applied == 1) != c.want {
				t.Errorf("%q: %s %q of %q: %v", c.allow, e.Place, e.Option, e.Name, err)
			}
		}
	}
}

func TestGuard_BoundsOrders(t *testing.T) {
	gate := &changeGate{}
	g := host.NewGuard(gate, host.GuardOptions{Configure: host.ConfigureData})
	one := set("sshd", "maxretry", "5")
	for name, o := range map[string]host.ChangeOrder{
		"nothing": {ETag: "x"}, "too much": {ETag: "x", Edits: make([]host.Edit, host.MaxEdits+1)}, "no tree": {Edits: []host.Edit{one}},
		"a hostile actor": {ETag: "x", Edits: []host.Edit{one}, Actor: "a\x1b[2J"}, "a hostile reason": {ETag: "x", Edits: []host.Edit{one}, Reason: "a\nb"},
		"too short": {ETag: "x", Edits: []host.Edit{one}, ConfirmWithin: time.Second}, "too long": {ETag: "x", Edits: []host.Edit{one}, ConfirmWithin: time.Hour},
		"negative": {ETag: "x", Edits: []host.Edit{one}, ConfirmWithin: -time.Minute}, "long": {ETag: "x", Edits: []host.Edit{set("sshd", "failregex", strings.Repeat("x", 1<<20))}},
	} {
		if _, err := g.ApplyChange(t.Context(), o); !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooLarge) {
			t.Errorf("%s: %v", name, err)
		}
	}
	none := host.NewGuard(gate, host.GuardOptions{})
	if err := none.ConfirmChange(t.Context(), "x"); !fault.Is(err, fault.Forbidden) {
		t.Errorf("confirmed: %v", err)
	}
	if err := none.RevertChange(t.Context(), "x"); !fault.Is(err, fault.Forbidden) || gate.applied+gate.confirmed != 0 {
		t.Errorf("reverted: %v", err)
	}
}
