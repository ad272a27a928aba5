package host_test

import (
	"testing"

	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
)

// In fail2ban's `set`, the names of its own settings stand where those of jails do.
func TestLocal_ASettingIsNoJail(t *testing.T) {
	t.Parallel()
	b := newBench(t, fail2bantest.Options{})
	b.until("its jails are seen", func() bool { return len(b.local.Jails()) > 0 })
	before := b.server.Client("get", "loglevel") + b.server.Client("get", "logtarget")
	for _, name := range []string{"logtarget", "dbfile", "loglevel", "syslogsocket", "thread", "dbpurgeage"} {
		for _, idle := range []bool{true, false} {
			if err := b.local.IdleJail(t.Context(), name, idle); !fault.Is(err, fault.JailNotFound) {
				t.Errorf("idle of %s: %v", name, err)
			}
		}
	}
	if err := b.local.StopJail(t.Context(), "--all"); !fault.Is(err, fault.JailNotFound) {
		t.Errorf("stop of --all: %v", err)
	}
	if after := b.server.Client("get", "loglevel") + b.server.Client("get", "logtarget"); after != before {
		t.Errorf("fail2ban's settings are\n%s\nand were\n%s", after, before)
	}
}
