package fail2ban

import (
	"bufio"
	"context"
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bangui/internal/fault"
)

// maxJournal is how many entries of the journal are looked through for one page.
const maxJournal = 2000

// journalFor bounds journalctl for one page.
const journalFor = 10 * time.Second

// journalPlace is a cursor of journalctl as a place of a page.
var journalPlace = regexp.MustCompile(`^j\.([a-zA-Z0-9=;_-]{1,400})$`)

// ReadJournal is ReadLog for a fail2ban that logs to the journal. program is journalctl.
func ReadJournal(ctx context.Context, program string, q LogQuery) (LogPage, error) {
	args := []string{"--output=json", "--quiet", "--no-pager", "--lines=" + strconv.Itoa(maxJournal), "_COMM=fail2ban-server"}
	backward, from := q.After == "", q.Before+q.After
	if backward {
		args = append(args, "--reverse")
	}
	if from != "" {
		m := journalPlace.FindStringSubmatch(from)
		if m == nil {
			return LogPage{}, fault.New(fault.Invalid, "%q is no place in fail2ban's log", clipLine(from, 40))
		}
		args = append(args, "--after-cursor="+m[1])
	}
	ctx, cancel := context.WithTimeout(ctx, journalFor)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // a fixed program; the place has a closed form
	cmd.Env = []string{"LC_ALL=C.UTF-8"}
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return LogPage{}, fault.Wrap(err, fault.Internal, "journalctl was not started")
	}
	if err := cmd.Start(); err != nil {
		return LogPage{}, fault.Wrap(err, fault.Unsupported, "journalctl was not started")
	}
	page := journalPage(bufio.NewScanner(out), q, from)
	cancel()
	_ = cmd.Wait() // what it printed is what there is
	return page, nil
}

// journalPage gathers a page of what journalctl prints.
func journalPage(lines *bufio.Scanner, q LogQuery, from string) LogPage {
	lines.Buffer(make([]byte, 0, maxLine), maxEntry)
	page := LogPage{Newer: from}
	backward := q.After == ""
	seen, first, last := 0, "", ""
	for len(page.Entries) < q.limit() && lines.Scan() {
		e, cursor, ok := journalEntryOf(lines.Bytes())
		if !ok {
			continue
		}
		seen++
		if first == "" {
			first = "j." + cursor
		}
		last = "j." + cursor
		if q.matches(e) {
			page.Entries = append(page.Entries, e)
		}
	}
	if !backward {
		if last != "" {
			page.Newer = last
		}
		return page
	}
	slices.Reverse(page.Entries)
	page.Newer = first
	if seen == maxJournal || len(page.Entries) == q.limit() {
		page.Older = last
	}
	return page
}

// journalEntryOf reads one entry: with fail2ban's own handler the level is a field, with
// syslog it is the start of the text.
func journalEntryOf(entry []byte) (e LogEntry, cursor string, ok bool) {
	line, cursor, ok := journalLine(entry)
	if !ok {
		return e, "", false
	}
	var fields struct {
		Message  json.RawMessage `json:"MESSAGE"`
		Priority string          `json:"PRIORITY"`
		Logger   string          `json:"LOGGER"`
		Name     string          `json:"SYSLOG_IDENTIFIER"`
	}
	_ = json.Unmarshal(entry, &fields) // it was read a moment ago
	first, rest, _ := strings.Cut(messageOf(fields.Message), "\n")
	e, _ = parseEntry([]byte(first), time.UTC)
	if m := leveled.FindStringSubmatch(e.Text); m != nil && e.Level == "" {
		e.Level, e.Text = m[1], m[2]
	}
	if e.Level == "" {
		e.Level = levelOf(fields.Priority)
	}
	for _, name := range []string{fields.Logger, fields.Name} {
		if part, of := strings.CutPrefix(name, "fail2ban."); of && e.Part == "" {
			e.Part = part
		}
	}
	if t := told.FindStringSubmatch(e.Text); t != nil && t[2] != "Found" && e.Level == "WARNING" {
		e.Level = "NOTICE" // a journal has no level for it that fail2ban's handler uses (seen on 1.0.2)
	}
	if rest != "" {
		e.goOn([]byte(rest))
	}
	e.At, e.Jail = line.At, jailOf(e.Text)
	return e, cursor, true
}

// levelOf is fail2ban's level of syslog's priority.
func levelOf(priority string) string {
	n, err := strconv.Atoi(priority)
	if err != nil || n < 0 || n > 7 {
		return ""
	}
	const urgent = 2 // and above it: emergency, alert
	return LogLevels()[max(n, urgent)-urgent]
}
