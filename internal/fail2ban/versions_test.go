package fail2ban_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fail2ban/pickle"
	"bangui/internal/fault"

	"github.com/google/go-cmp/cmp"
)

// recorded is a server of that version that answers with the bytes it once sent.
func recorded(t *testing.T, version string) *fail2bantest.Fake {
	t.Helper()
	data, err := os.ReadFile("testdata/captures/fail2ban-" + version + ".jsonl")
	if err != nil {
		t.Fatal(err)
	}
	replies := map[string][]byte{}
	for line := range bytes.Lines(data) {
		var c struct {
			Name, Reply string
			Command     json.RawMessage
		}
		if json.Unmarshal(line, &c) != nil || strings.Contains(c.Name, ", ") {
			continue // taken at another state of the server
		}
		var command []any
		if json.Unmarshal(c.Command, &command) != nil {
			continue
		}
		key, err := json.Marshal(command)
		if err != nil {
			t.Fatal(err)
		}
		if _, there := replies[string(key)]; !there {
			if replies[string(key)], err = hex.DecodeString(c.Reply); err != nil {
				t.Fatal(err)
			}
		}
	}
	return fail2bantest.NewFake(t, func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			command, err := pickle.Decode(in)
			if err != nil { // the client says good-bye
				return
			}
			if _, err := io.ReadFull(in, make([]byte, len("<F2B_END_COMMAND>"))); err != nil {
				return
			}
			key, err := json.Marshal(command)
			if err != nil || replies[string(key)] == nil {
				return
			}
			if _, err := c.Write(replies[string(key)]); err != nil {
				return
			}
		}
	})
}

// The typed methods mean the same on every version that we support; 0.11 and 1.0 lack
// `stats` and are asked jail by jail.
func TestClient_EveryVersion(t *testing.T) {
	for _, version := range []string{"0.11.2", "1.0.2", "1.1.1"} {
		t.Run(version, func(t *testing.T) {
			c := fail2ban.New(fail2ban.Options{Socket: recorded(t, version).Socket})
			if v := must[fail2ban.Version](t)(c.Version(t.Context())); v.String() != version {
				t.Errorf("version %s", v)
			}
			got := map[fail2ban.JailName][4]int{}
			for _, j := range must[[]fail2ban.JailCounters](t)(c.Stats(t.Context())) {
				got[j.Name] = [4]int{j.CurrentlyFailed, j.TotalFailed, j.CurrentlyBanned, j.TotalBanned}
			}
			recidive := map[string]int{"0.11.2": 13, "1.0.2": 13, "1.1.1": 16}[version]
			want := map[fail2ban.JailName][4]int{"manual": {0, 0, 16, 16}, "sshd": {1, 10, 4, 4}, "recidive": {recidive, recidive, 0, 0}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			bans := must[[]fail2ban.Ban](t)(c.BannedWithTimes(t.Context(), "sshd"))
			if len(bans) == 0 || bans[0].ID != "203.0.113.7" || bans[0].Duration.Seconds() != 600 {
				t.Errorf("bans %+v", bans)
			}
			status := must[fail2ban.JailCounters](t)(c.JailStatus(t.Context(), "sshd"))
			if diff := cmp.Diff([]string{"/var/log/auth.log"}, status.LogPaths); diff != "" {
				t.Error(diff)
			}
			if err := c.StopJail(t.Context(), "nosuch"); !fault.Is(err, fault.JailNotFound) && !fault.Is(err, fault.Fail2banUnreachable) {
				t.Errorf("unknown jail: %v", err)
			}
		})
	}
}

func TestParseStream(t *testing.T) {
	got, err := fail2ban.ParseStream([]byte("['set', 'a', 'b', 5]\n\n['multi-set', \"it's\", [['x', 'two\\nlines'], ['\\x1b\\u00e4\\U0001f600', None]], True, -1.5]\n"))
	want := [][]any{{"set", "a", "b", int64(5)}, {"multi-set", "it's", []any{[]any{"x", "two\nlines"}, []any{"\x1bä😀", nil}}, true, -1.5}}
	if err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v, %s", err, cmp.Diff(want, got))
	}
	for _, bad := range []string{"[", "['a'", "['a' 'b']", "['a]", "'a'", "['a'] x", "[__import__('os')]", "[0x10]", "['\\q']", "[" + strings.Repeat("[", 100)} {
		if got, err := fail2ban.ParseStream([]byte(bad)); err == nil {
			t.Errorf("%q was read as %v", bad, got)
		}
	}
}

func FuzzParseStream(f *testing.F) {
	f.Add([]byte("['set', 'sshd', 'bantime', '10m']"))
	f.Fuzz(func(_ *testing.T, out []byte) { _, _ = fail2ban.ParseStream(out) })
}
