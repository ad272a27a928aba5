package host_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fail2ban/pickle"
	"bangui/internal/host"
)

const endMark = "<F2B_END_COMMAND>"

// between is a socket before a real server: an answer that change gives goes to the client
// in place of the server's; nil lets that one through.
func between(t *testing.T, server string, change func(command []any) any) *fail2bantest.Fake {
	t.Helper()
	return fail2bantest.NewFake(t, func(client net.Conn) {
		behind, err := dialPatiently(server)
		if err != nil {
			return
		}
		defer behind.Close()
		for {
			asked, raw, err := frame(client)
			if err != nil { // the good-bye is no value
				return
			}
			command, _ := asked.([]any)
			if answer := change(command); answer != nil {
				reply, err := pickle.Encode(answer)
				if err != nil {
					t.Error(err)
					return
				}
				raw = append(reply, endMark...)
			} else {
				if _, err := behind.Write(raw); err != nil {
					return
				}
				if _, raw, err = frame(behind); err != nil {
					return
				}
			}
			if _, err := client.Write(raw); err != nil {
				return
			}
		}
	})
}

// dialPatiently asks again while the server's backlog of one is full, as our client does: a
// busy machine would else show as a server that hangs up.
func dialPatiently(socket string) (c net.Conn, err error) {
	for range 1000 {
		if c, err = net.Dial("unix", socket); !errors.Is(err, syscall.EAGAIN) {
			return c, err
		}
		<-time.After(10 * time.Millisecond)
	}
	return nil, err
}

// frame reads one value and its mark: as a value, and as the bytes that came.
func frame(from io.Reader) (any, []byte, error) {
	var raw bytes.Buffer
	in := bufio.NewReader(io.TeeReader(from, &raw))
	value, err := pickle.Decode(in)
	if err != nil {
		return nil, nil, err
	}
	_, err = io.ReadFull(in, make([]byte, len(endMark)))
	return value, raw.Bytes(), err
}

// through is a bench whose Local talks to its server through a socket that changes answers.
func through(t *testing.T, change func(command []any) any) *bench {
	t.Helper()
	b := newBench(t, fail2bantest.Options{})
	b.stop()
	fake := between(t, b.server.Socket(), change)
	b.beginWith(func(o *host.LocalOptions) { o.Client = fail2ban.New(fail2ban.Options{Socket: fake.Socket}) })
	return b
}

// A version that nobody knows yet is used for what it can do, not refused (a trap that a
// peer fell into). This one says that it is newer than all, and lacks what 1.1 brought.
func TestLocal_AnUnknownNewerVersionIsUsed(t *testing.T) {
	b := through(t, func(command []any) any {
		if slices.Equal(command, []any{"version"}) {
			return []any{0, "9.1.0-beta"}
		}
		return nil
	})
	b.until("it is online, with its counters", func() bool {
		s := b.local.State()
		return s.Reach == host.Online && s.Jails == 2 && s.Version == "9.1.0-beta"
	})
	got, err := b.local.Ban(t.Context(), host.BanOrder{Targets: prefixes("203.0.113.7"), Jails: []string{"manual"}})
	if err != nil || got[0].Result != host.Banned {
		t.Errorf("Ban = %+v, %v", got, err)
	}
	b.untilActive("manual 203.0.113.7")
	b.server.Fail("203.0.113.8", 3, "root")
	b.untilActive("manual 203.0.113.7", "sshd 203.0.113.8")
	if n := strings.Count(b.server.Read(b.server.Log()), "'stats'"); n > 2 {
		t.Errorf("it was asked %d times for what it does not know, and logs an error each time", n)
	}
}

// One jail whose options can't be read hides neither the others nor its own bans.
func TestLocal_OptionsOfOneJailCantBeRead(t *testing.T) {
	b := through(t, func(command []any) any {
		if len(command) == 3 && command[0] == "get" && command[1] == "manual" && command[2] == "bantime" {
			return "ERROR: it is a bad day"
		}
		return nil
	})
	b.server.Client("set", "manual", "banip", "203.0.113.7")
	b.untilActive("manual 203.0.113.7")
	jail := func(name string) host.Jail {
		all := b.local.Jails()
		i := slices.IndexFunc(all, func(j host.Jail) bool { return j.Name == name })
		return all[max(i, 0)]
	}
	b.until("the options of the other are known", func() bool { return jail("sshd").BanTime == 10*time.Minute })
	if s := b.local.State(); s.Reach != host.Online || s.Jails != 2 {
		t.Errorf("%+v", s)
	}
	b.until("the jail itself is counted", func() bool { j := jail("manual"); return j.State == host.JailRunning && j.CurrentlyBanned == 1 })
	if _, err := b.local.Jail(t.Context(), "manual"); err == nil || !strings.Contains(err.Error(), "bad day") {
		t.Errorf("asked for them: %v", err)
	}
	got, err := b.local.Lift(t.Context(), host.LiftOrder{IDs: []string{"203.0.113.7"}})
	if err != nil || got[0].Result != host.Lifted {
		t.Errorf("Lift = %+v, %v", got, err)
	}
}
