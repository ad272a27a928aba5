package host

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bangui/internal/expression"
	"bangui/internal/fault"
)

const (
	journalTime = 20 * time.Second
	maxJournal  = 16 << 20 // bytes that journalctl may print
	maxEntry    = 1 << 20
	maxUnits    = 500
)

// journalField is one term of a journalmatch: journalctl takes anything else for an option
// or for a file.
var journalField = regexp.MustCompile(`^[A-Z_][A-Z0-9_]{0,63}=\S{1,200}$`)

// journalTerms are the terms of a journalmatch.
func journalTerms(match string) ([]string, error) {
	const most = 40
	terms := strings.Fields(match)
	if len(terms) > most {
		return nil, fault.New(fault.TooLarge, "a journalmatch has at most %d terms", most)
	}
	for i, t := range terms {
		if t == "+" && i > 0 && i < len(terms)-1 && terms[i-1] != "+" {
			continue
		}
		if !journalField.MatchString(t) {
			return nil, fault.New(fault.Invalid, "%q is no term of a journalmatch", clip(t)).WithMend("Terms are FIELD=value, with + between alternatives: _SYSTEMD_UNIT=ssh.service + _COMM=sshd")
		}
	}
	return terms, nil
}

// journalctl asks the journal, and is read up to a bound.
func (l *Local) journalctl(ctx context.Context, args ...string) ([]byte, error) {
	program, err := l.program("journalctl")
	if err != nil {
		return nil, fault.Wrap(err, fault.Unsupported, "there is no journal here that BanGUI could read")
	}
	ctx, cancel := context.WithTimeout(ctx, journalTime)
	defer cancel()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // fixed program, terms that were checked
	cmd.Env = []string{"LC_ALL=C.UTF-8"}
	cmd.WaitDelay = time.Second
	cmd.Stdout, cmd.Stderr = &bounded{to: &out, left: maxJournal}, &bounded{to: &said, left: 4 << 10}
	if err := cmd.Run(); err != nil {
		return nil, fault.Wrap(errors.Join(err, ctx.Err()), fault.Unavailable, "the journal can't be read: %s", firstLines(said.String(), 1))
	}
	return out.Bytes(), nil
}

// units are systemd's units that wrote into the journal; ok = there is one.
func (l *Local) units(ctx context.Context) (units []string, ok bool) {
	out, err := l.journalctl(ctx, "--quiet", "--no-pager", "--field=_SYSTEMD_UNIT")
	if err != nil {
		return nil, false
	}
	for line := range strings.Lines(string(out)) {
		if unit := strings.TrimSpace(line); unit != "" && harmlessText(unit) && len(units) < maxUnits {
			units = append(units, unit)
		}
	}
	slices.Sort(units)
	return units, true
}

// journalLines are the last entries of the journal, each as the line that fail2ban makes
// of it (read in 1.0.2).
func (l *Local) journalLines(ctx context.Context, s LogSource) (lines []expression.Line, cut bool, err error) {
	terms, err := journalTerms(s.Match)
	if err != nil {
		return nil, false, err
	}
	most := expression.MaxLines
	if s.Contains == "" && s.Lines > 0 {
		most = min(s.Lines, most)
	}
	out, err := l.journalctl(ctx, append([]string{
		"--quiet", "--no-pager", "--output=json", "--lines=" + strconv.Itoa(most),
		"--output-fields=_HOSTNAME,SYSLOG_IDENTIFIER,_COMM,SYSLOG_PID,_PID,MESSAGE,_SOURCE_REALTIME_TIMESTAMP",
	}, terms...)...)
	if err != nil {
		return nil, false, err
	}
	entries := bufio.NewScanner(bytes.NewReader(out))
	entries.Buffer(nil, maxEntry)
	for entries.Scan() {
		if line, ok := journalLine(entries.Bytes()); ok {
			lines = append(lines, line)
		}
	}
	full := len(lines) >= most
	lines, cut = lastLines(lines, s)
	return lines, cut || full, nil
}

// journalLine is one entry.
func journalLine(entry []byte) (expression.Line, bool) {
	var raw map[string]json.RawMessage
	if json.Unmarshal(entry, &raw) != nil {
		return expression.Line{}, false
	}
	field := func(names ...string) string {
		for _, name := range names {
			if text := journalText(raw[name]); text != "" {
				return text
			}
		}
		return ""
	}
	stamp, err := strconv.ParseInt(field("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP"), 10, 64)
	if err != nil {
		return expression.Line{}, false
	}
	at := time.UnixMicro(stamp).UTC()
	var parts []string
	if name := field("_HOSTNAME"); name != "" {
		parts = append(parts, name)
	}
	if who := field("SYSLOG_IDENTIFIER", "_COMM"); who != "" {
		if pid := field("SYSLOG_PID", "_PID"); pid != "" {
			who += "[" + pid + "]"
		}
		parts = append(parts, who+":")
	}
	text := strings.Join(append(parts, field("MESSAGE")), " ")
	return expression.Line{Text: []byte(strings.ReplaceAll(text, "\n", `\n`)), At: &at}, true
}

// journalText is a value of a field: text, bytes as numbers where it is none, or a list of
// such where the field stands several times.
func journalText(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	var odd []byte
	var numbers []int
	if json.Unmarshal(raw, &numbers) == nil {
		for _, n := range numbers {
			odd = append(odd, byte(n))
		}
		return string(odd)
	}
	var several []json.RawMessage
	if json.Unmarshal(raw, &several) != nil {
		return ""
	}
	var parts []string
	for _, one := range several {
		if t := ""; json.Unmarshal(one, &t) == nil {
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, " ")
}
