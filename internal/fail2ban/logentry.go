package fail2ban

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// LogEntry is one message of fail2ban's log, for people. Its texts come from attackers.
type LogEntry struct {
	At    time.Time // milliseconds; zero where the line has none
	Level string    // one of LogLevels, or "" where the line has none
	Part  string    // who speaks within fail2ban: "actions", "filter", "server"
	Jail  string    // "" = of none
	Text  string    // the message, with the lines that continue it, at most maxEntryText bytes
	Cut   int       // bytes of it that were left out
}

// LogLevels are fail2ban's levels, the most urgent first.
func LogLevels() []string {
	return []string{"CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG", "TRACEDEBUG", "HEAVYDEBUG"}
}

// maxEntryText bounds a message: a reload that fails writes its whole request into one line.
const maxEntryText = 8 << 10

var (
	// headed is a line as fail2ban 0.11 to 1.1 writes it, to a file, to syslog or to its
	// output (seen on 1.0.2). Behind the level is anybody's text.
	headed = regexp.MustCompile(`^(?:(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{3})\s+)?fail2ban(?:\.(\w+))?\s*\[\d+\]:\s+(CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG|TRACEDEBUG|HEAVYDEBUG)\s+(.*)$`)
	// leveled is what a journal holds of such a line: syslog keeps the start apart.
	leveled = regexp.MustCompile(`^(CRITICAL|ERROR|WARNING|NOTICE|INFO|DEBUG|TRACEDEBUG|HEAVYDEBUG)\s+(.*)$`)
	// aboutJail is where a message names the jail it is about.
	aboutJail = regexp.MustCompile(`^(?:\[([^\]]{1,200})\]|(?:Creating new )?[Jj]ail '([^']{1,200})')`)
)

// parseEntry reads the first line of a message, and reports whether it is one: what has
// neither a time nor a level continues the message before it.
func parseEntry(line []byte, loc *time.Location) (LogEntry, bool) {
	raw, cut := line, 0
	if len(raw) > maxEntryText {
		raw, cut = raw[:maxEntryText], len(raw)-maxEntryText
	}
	text := strings.ToValidUTF8(string(raw), "\uFFFD")
	e := LogEntry{Text: text, Cut: cut}
	m := headed.FindStringSubmatch(text)
	if m == nil {
		at := stamp.FindStringSubmatch(text)
		if at == nil {
			return e, false
		}
		e.At, e.Text = momentOf(at[1]+","+at[2], loc), text[len(at[0]):]
		return e, true
	}
	e.At, e.Part, e.Level, e.Text = momentOf(m[1], loc), m[2], m[3], m[4]
	e.Jail = jailOf(e.Text)
	return e, true
}

func momentOf(text string, loc *time.Location) time.Time {
	at, err := time.ParseInLocation("2006-01-02 15:04:05,000", strings.Replace(text, ".", ",", 1), loc)
	if err != nil {
		return time.Time{}
	}
	return at
}

func jailOf(message string) string {
	if m := aboutJail.FindStringSubmatch(message); m != nil {
		return m[1] + m[2]
	}
	return ""
}

// goOn adds a line that continues the message.
func (e *LogEntry) goOn(line []byte) {
	room := maxEntryText - len(e.Text) - 1
	if room <= 0 {
		e.Cut += len(line) + 1
		return
	}
	if len(line) > room {
		e.Cut += len(line) - room
		line = line[:room]
	}
	e.Text += "\n" + strings.ToValidUTF8(string(line), "\uFFFD")
}

// LogQuery asks for messages of fail2ban's log. Its zero value is the last hundred.
type LogQuery struct {
	Level string // this and what is more urgent; "" = all
	Jail  string // about this jail only; "" = all
	Text  string // found in the message, in any case; "" = all
	Limit int    // 1 to 500; 0 = 100
	// Before and After are places of an earlier page: what is older than its oldest, or newer
	// than its newest. At most one of them; neither = the newest.
	Before, After string
}

// matches reports whether a message is asked for.
func (q LogQuery) matches(e LogEntry) bool {
	if q.Jail != "" && e.Jail != q.Jail {
		return false
	}
	if q.Level != "" {
		levels := LogLevels()
		if place := slices.Index(levels, e.Level); place < 0 || place > slices.Index(levels, q.Level) {
			return false
		}
	}
	return q.Text == "" || strings.Contains(strings.ToLower(e.Text), strings.ToLower(q.Text))
}

func (q LogQuery) limit() int {
	const usual, most = 100, 500
	if q.Limit == 0 {
		return usual
	}
	return min(max(q.Limit, 1), most)
}

// LogPage is a part of the log, the oldest message first.
type LogPage struct {
	Entries []LogEntry
	// Older is the place before the first message; "" = there is nothing older. A page may be
	// empty and have one: so much was looked through for nothing.
	Older string
	Newer string // the place behind the last one
	// EndsIn is the file with which the log begins, where nothing older is given; EndsEarly
	// says that there is more before that, which is not read: older files, the start of a long
	// compressed one.
	EndsIn    string
	EndsEarly bool
	// Missed says that messages between the place that was asked for and this page are gone:
	// the log was rotated meanwhile, or cut.
	Missed bool
}

// clipLine is the start of a line, for a message of ours.
func clipLine(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}
