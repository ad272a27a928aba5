package fail2ban_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bangui/internal/fail2ban"
)

// journalctl is a stand-in for the program: this machine may have no journal. It
// checks its arguments, prints two entries and waits, as the real one does.
func journalctl(t *testing.T) string {
	t.Helper()
	const script = `#!/bin/sh
echo "$@" >> "$0.args"
echo '{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1795446000000000","MESSAGE":"fail2ban.actions[77]: NOTICE [sshd] Ban 203.0.113.7"}'
echo 'no entry'
echo '{"__CURSOR":"s=2","__REALTIME_TIMESTAMP":"1795446001000000","MESSAGE":[102,97,105,108,50,98,97,110,46,97,99,116,105,111,110,115,91,49,93,58,32,78,79,84,73,67,69,32,91,115,93,32,66,97,110,32,255]}'
exec sleep 60
`
	path := filepath.Join(t.TempDir(), "journalctl")
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFollowJournal(t *testing.T) {
	program := journalctl(t)
	ctx, cancel := context.WithCancel(t.Context())
	var got []fail2ban.LogLine
	var cursor string
	err := fail2ban.FollowJournal(ctx, fail2ban.JournalOptions{Program: program, After: "s=0"}, func(lines []fail2ban.LogLine, at string) error {
		got, cursor = append(got, lines...), at
		if len(got) == 2 {
			cancel()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("FollowJournal = %v", err)
	}
	if len(got) != 2 || got[0].Kind != fail2ban.LogBan || got[0].ID != "203.0.113.7" || got[0].At.Unix() != 1795446000 || got[1].ID != "\uFFFD" || cursor != "s=2" {
		t.Errorf("read %+v up to %q", got, cursor)
	}
	args, err := os.ReadFile(program + ".args")
	if err != nil || !strings.Contains(string(args), "--after-cursor=s=0") {
		t.Errorf("arguments %q, %v", args, err)
	}
}

func TestFollowJournal_StopsWhenTold(t *testing.T) {
	enough := errors.New("enough")
	err := fail2ban.FollowJournal(t.Context(), fail2ban.JournalOptions{Program: journalctl(t)}, func([]fail2ban.LogLine, string) error { return enough })
	if !errors.Is(err, enough) {
		t.Errorf("FollowJournal = %v", err)
	}
	if err := fail2ban.FollowJournal(t.Context(), fail2ban.JournalOptions{Program: "/nonexistent/journalctl"}, nil); err == nil {
		t.Error("a program that isn't there was followed")
	}
}

// A burst is given in few batches, and one entry beyond all bounds ends only that run.
func TestFollowJournal_GathersABurst(t *testing.T) {
	const script = "#!/bin/sh\nexec cat \"$0.entries\"\n" // all at once: a shell that writes them one by one may be slow
	path := filepath.Join(t.TempDir(), "journalctl")
	var entries strings.Builder
	for i := range 2500 {
		fmt.Fprintf(&entries, `{"__CURSOR":"s=%d","MESSAGE":"fail2ban.actions[77]: NOTICE [sshd] Ban 203.0.113.7"}`+"\n", i+1)
	}
	if err := os.WriteFile(path+".entries", []byte(entries.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	lines, batches, last := 0, 0, ""
	err := fail2ban.FollowJournal(t.Context(), fail2ban.JournalOptions{Program: path}, func(batch []fail2ban.LogLine, cursor string) error {
		if len(batch) > 1000 {
			t.Errorf("a batch of %d lines", len(batch))
		}
		lines, batches, last = lines+len(batch), batches+1, cursor
		return nil
	})
	if err == nil || lines != 2500 || last != "s=2500" || batches > 250 {
		t.Errorf("%d lines in %d batches up to %q, %v", lines, batches, last, err)
	}
}
