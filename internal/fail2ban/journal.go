package fail2ban

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"time"
)

// JournalOptions say how fail2ban's lines are read from the systemd journal.
type JournalOptions struct {
	Program string // path of journalctl
	After   string // cursor of the last line that was read; "" = from now on
}

// maxEntry bounds one entry of the journal as JSON: a line is at most maxLine.
const maxEntry = 4 * maxLine

// FollowJournal follows what fail2ban writes to the journal (log targets
// SYSTEMD-JOURNAL and SYSLOG), through journalctl: reading the journal itself would
// need cgo. It gives one line a time, with the cursor behind it, until ctx ends or the
// program does; the caller starts it again. It never returns nil.
func FollowJournal(ctx context.Context, o JournalOptions, give func(line LogLine, cursor string) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	from := "--lines=0"
	if o.After != "" {
		from = "--after-cursor=" + o.After
	}
	cmd := exec.CommandContext(ctx, o.Program, "--output=json", "--follow", "--all", "--quiet", from, "_COMM=fail2ban-server") //nolint:gosec // a fixed program
	cmd.Env = []string{"LC_ALL=C.UTF-8"}
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(make([]byte, 0, maxLine), maxEntry)
	for lines.Scan() {
		line, cursor, ok := journalLine(lines.Bytes())
		if !ok {
			continue
		}
		if err = give(line, cursor); err != nil {
			break
		}
	}
	cancel()
	return errors.Join(err, lines.Err(), fmt.Errorf("journalctl ended: %w", errors.Join(cmd.Wait(), ctx.Err())))
}

// journalLine reads one entry. A message with odd bytes comes as a list of numbers.
func journalLine(entry []byte) (LogLine, string, bool) {
	var fields struct {
		Message json.RawMessage `json:"MESSAGE"`
		Cursor  string          `json:"__CURSOR"`
		Stamp   string          `json:"__REALTIME_TIMESTAMP"` // microseconds
	}
	if json.Unmarshal(entry, &fields) != nil {
		return LogLine{}, "", false
	}
	var message string
	var odd []int // its bytes, where it is not plain text
	if json.Unmarshal(fields.Message, &message) != nil {
		if json.Unmarshal(fields.Message, &odd) != nil {
			return LogLine{}, "", false
		}
		raw := make([]byte, len(odd))
		for i, n := range odd {
			raw[i] = byte(n)
		}
		message = string(raw)
	}
	line := ParseLogLine([]byte(message), time.UTC)
	if us, err := strconv.ParseInt(fields.Stamp, 10, 64); err == nil {
		line.At = time.UnixMicro(us).UTC()
	}
	return line, fields.Cursor, true
}
