package fail2ban

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"time"
)

// JournalOptions say how fail2ban's lines are read from the systemd journal.
type JournalOptions struct {
	Program string // path of journalctl
	After   string // cursor of the last line that was read; "" = from now on
}

const (
	// maxEntry bounds one entry of the journal as JSON: without --all journalctl leaves
	// out the value of each field that is longer than 4 KiB.
	maxEntry = 4 * maxLine
	// gatherFor is how long lines are gathered, so that a burst is given in few batches.
	gatherFor = 20 * time.Millisecond
)

// FollowJournal follows what fail2ban writes to the journal (log targets
// SYSTEMD-JOURNAL and SYSLOG), through journalctl: reading the journal itself would
// need cgo. It gives at most 1000 lines a time, with the cursor behind them, until ctx
// ends or the program does; the caller starts it again. It never returns nil. Lines
// longer than 4 KiB are left out.
func FollowJournal(ctx context.Context, o JournalOptions, give func(lines []LogLine, cursor string) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	from := "--lines=0"
	if o.After != "" {
		from = "--after-cursor=" + o.After
	}
	cmd := exec.CommandContext(ctx, o.Program, "--output=json", "--follow", "--quiet", from, "_COMM=fail2ban-server") //nolint:gosec // a fixed program
	cmd.Env = []string{"LC_ALL=C.UTF-8"}
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	entries := make(chan journalEntry, maxBatch)
	var failed error // of reading; set before entries is closed
	go func() {
		defer close(entries)
		failed = readJournal(ctx, out, entries)
	}()
	err = giveJournal(entries, give)
	cancel()
	for range entries { // until the reader has ended
	}
	return errors.Join(err, failed, fmt.Errorf("journalctl ended: %w", errors.Join(cmd.Wait(), ctx.Err())))
}

// journalEntry is one line and the cursor behind it.
type journalEntry struct {
	line   LogLine
	cursor string
}

// readJournal reads entries until the program or ctx ends.
func readJournal(ctx context.Context, from io.Reader, to chan<- journalEntry) error {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 0, maxLine), maxEntry)
	for lines.Scan() {
		line, cursor, ok := journalLine(lines.Bytes())
		if !ok {
			continue
		}
		select {
		case to <- journalEntry{line, cursor}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return lines.Err()
}

// giveJournal gives what comes in batches, until entries is closed or give fails.
func giveJournal(entries <-chan journalEntry, give func([]LogLine, string) error) error {
	for first := range entries {
		batch, cursor := []LogLine{first.line}, first.cursor
		over := time.After(gatherFor)
	gather:
		for len(batch) < maxBatch {
			select {
			case e, open := <-entries:
				if !open {
					break gather
				}
				batch, cursor = append(batch, e.line), e.cursor
			case <-over:
				break gather
			}
		}
		if err := give(batch, cursor); err != nil {
			return err
		}
	}
	return nil
}

// journalLine reads one entry.
func journalLine(entry []byte) (LogLine, string, bool) {
	var fields struct {
		Message json.RawMessage `json:"MESSAGE"`
		Cursor  string          `json:"__CURSOR"`
		Stamp   string          `json:"__REALTIME_TIMESTAMP"` // microseconds
	}
	if json.Unmarshal(entry, &fields) != nil {
		return LogLine{}, "", false
	}
	message, ok := textOf(fields.Message)
	if !ok {
		return LogLine{}, "", false
	}
	line := ParseLogLine([]byte(message), time.UTC)
	if us, err := strconv.ParseInt(fields.Stamp, 10, 64); err == nil {
		line.At = time.UnixMicro(us).UTC()
	}
	return line, fields.Cursor, true
}

// messageOf is the text of a message; "" where it is none.
func messageOf(raw json.RawMessage) string {
	text, _ := textOf(raw)
	return text
}

// textOf is a message as text: one with odd bytes comes as a list of numbers.
func textOf(raw json.RawMessage) (text string, ok bool) {
	if json.Unmarshal(raw, &text) == nil {
		return text, true
	}
	var odd []int
	if json.Unmarshal(raw, &odd) != nil {
		return "", false
	}
	message := make([]byte, len(odd))
	for i, n := range odd {
		message[i] = byte(n)
	}
	return string(message), true
}
