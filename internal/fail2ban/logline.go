package fail2ban

import (
	"regexp"
	"strings"
	"time"
)

// LogKind says what a line of fail2ban's log tells. The messages stand in fail2ban.md 7.1.
type LogKind string

// The kinds.
const (
	LogOther      LogKind = ""
	LogBan        LogKind = "ban"         // decided; the actions run after this line
	LogRestoreBan LogKind = "restore ban" // after a start
	LogUnban      LogKind = "unban"       // expired, lifted, or (before 1.1.1) the jail stops
	LogRepealBan  LogKind = "repeal ban"  // 1.1.1: the jail stops, the ban will be restored
	LogFound      LogKind = "found"       // a failure was counted
	LogFailed     LogKind = "action failed"
)

// LogLine is one line of fail2ban's log. Its texts come from attackers, and a line as
// a whole can be forged by an id with a line break (fail2ban.md 11.4): never act on it
// without asking the server or its database.
type LogLine struct {
	At   time.Time // milliseconds; the zero time where the line has none
	Kind LogKind
	Jail string
	ID   string
}

// maxLine is how much of a line is read.
const maxLine = 64 << 10

var (
	// stamp is the start of a line in a file: local time, comma, milliseconds.
	stamp = regexp.MustCompile(`^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)[,.](\d{3})\s`)
	// about is where a line says who speaks, and of which jail: at its start, behind the
	// time of a file or the time and host of syslog. Further on it is somebody's text.
	about = regexp.MustCompile(`^(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,.]\d{3}\s+|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ |\d{4}-\d\d-\d\dT\S+ \S+ )?` +
		`fail2ban\.(actions|filter)\w*\s*(?:\[\d+\])?:\s+(?:NOTICE|INFO|WARNING|ERROR)\s+(.*)$`)
	told   = regexp.MustCompile(`^\[(.*?)\] (Restore Ban|Repeal Ban|Ban|Unban|Found) (.+)$`)
	failed = regexp.MustCompile(`^Failed to execute (?:ban|unban|reban) jail '(.*?)' action '`)
	found  = regexp.MustCompile(` - \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)
)

// ParseLogLine reads one line, without its line feed, of a server whose zone is loc.
// It takes the file format of 0.11 to 1.1 and the shorter one of syslog and journal;
// a line that tells nothing we need is LogOther.
func ParseLogLine(line []byte, loc *time.Location) LogLine {
	if len(line) > maxLine {
		line = line[:maxLine]
	}
	s := strings.ToValidUTF8(string(line), "\uFFFD")
	var l LogLine
	if m := stamp.FindStringSubmatch(s); m != nil {
		if at, err := time.ParseInLocation("2006-01-02 15:04:05.000", m[1]+"."+m[2], loc); err == nil {
			l.At = at
		}
	}
	m := about.FindStringSubmatch(s)
	if m == nil {
		return l
	}
	if t := told.FindStringSubmatch(m[2]); t != nil {
		l.Jail, l.ID = t[1], t[3]
		l.Kind = map[string]LogKind{"Ban": LogBan, "Unban": LogUnban, "Restore Ban": LogRestoreBan, "Repeal Ban": LogRepealBan, "Found": LogFound}[t[2]]
		if l.Kind == LogFound {
			l.ID = found.ReplaceAllString(l.ID, "")
		}
	} else if f := failed.FindStringSubmatch(m[2]); f != nil {
		l.Kind, l.Jail = LogFailed, f[1]
	}
	return l
}
