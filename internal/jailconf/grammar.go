package jailconf

import (
	"math"
	"net/netip"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"bangui/internal/fault"
)

// Place says which kind of file an option is for.
type Place string

// The places.
const (
	InJail   Place = "jail"   // a jail, or [DEFAULT] for all of them
	InFilter Place = "filter" // [Definition] of a filter
	InAction Place = "action" // [Definition] or [Init] of an action
	InServer Place = "server" // [Definition] of fail2ban.conf
)

// rule takes what a person gives for an option and returns what is to stand in the file.
type rule func(value string) (string, error)

// Check returns what is to stand in a file so that an option means value. code says that
// the option is, or becomes part of, a command that fail2ban runs as root, or moves its
// files: it has no grammar, and only who owns the machine may allow it.
//
// Invalid: a value that fail2ban would refuse, evaluate, or read otherwise. Its own check
// (fail2ban-client -t) sees none of that.
func Check(place Place, option, value string) (written string, code bool, err error) {
	take, data := rules(place)[option]
	if home, sensitive := homes(place, option); sensitive {
		take, data = among(home...), strings.TrimSpace(value) == "" || slices.Contains(home, strings.TrimSpace(value))
	}
	if !data {
		written = Escape(value)
		if place == InJail && option == "action" {
			written = stockActions.ReplaceAllString(written, "%($1)s")
		}
		return written, true, nil
	}
	if place == InJail && option == "banaction" && value == AllPorts {
		return value, false, nil
	}
	if err := harmless(value); err == nil {
		written, err = take(strings.TrimSpace(value))
		if err == nil {
			return written, false, nil
		}
		return "", false, fault.New(fault.Invalid, "%s can't be %q: %s", option, clip(value), fault.MessageOf(err))
	}
	return "", false, fault.New(fault.Invalid, "the value of %s holds %%( or control characters, or is not UTF-8, or is too long", option).
		WithMend("A reference to another option has to be written in the file itself.")
}

// AllPorts is the one reference that a jail's banaction may be: what closes every port on
// this machine, itself a name of those installed.
const AllPorts = "%(banaction_allports)s"

// stockActions are the sets of actions that jail.conf defines, such as %(action_mwl)s: the
// only references that a value may hold.
var stockActions = regexp.MustCompile(`%%\((action_[a-z_]{0,30})\)s`)

// homes are the values of an option that are data although any other would be code: where
// fail2ban's own files may let it log to. Elsewhere root would write, and BanGUI read.
func homes(place Place, option string) (values []string, sensitive bool) {
	switch {
	case place == InServer && option == "logtarget":
		return []string{"/var/log/fail2ban.log", "SYSLOG", "SYSTEMD-JOURNAL", "SYSOUT", "STDOUT", "STDERR"}, true
	case place == InServer && option == "syslogsocket":
		return []string{"auto", "/dev/log"}, true
	}
	return nil, false
}

// maxText bounds a value that a person gives.
const maxText = 64 << 10

func harmless(value string) error {
	odd := func(r rune) bool { return unseen(r) || r == '\t' }
	if len(value) > maxText || !utf8.ValidString(value) || strings.ContainsFunc(value, odd) || strings.Contains(value, "%(") || strings.Contains(value, "<F2B_") {
		return fault.New(fault.Invalid, "control characters")
	}
	return nil
}

// rules is the closed list of options that are data.
func rules(place Place) map[string]rule {
	switch place {
	case InJail:
		return jailRules()
	case InFilter:
		return map[string]rule{
			"failregex": expressions, "ignoreregex": expressions, "prefregex": oneLine(expressions), "datepattern": oneLine(expressions),
			"maxlines": whole(1, 10_000), "journalmatch": journalMatch,
		}
	case InServer:
		return map[string]rule{
			"loglevel": among("CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"), "dbpurgeage": span(0), "dbmaxmatches": whole(0, 1000),
			"allowipv6": among("auto", "yes", "no"),
		}
	}
	return nil
}

func jailRules() map[string]rule {
	return map[string]rule{
		"enabled": onOff, "ignoreself": onOff, "bantime.increment": onOff, "bantime.overalljails": onOff,
		"maxretry": whole(1, 100_000), "maxmatches": whole(0, 10_000), "maxlines": whole(1, 10_000),
		"findtime": span(1), "bantime": orForEver(span(1)), "bantime.maxtime": span(1), "bantime.rndtime": span(0),
		"bantime.factor": factor, "bantime.multipliers": multipliers,
		"usedns": among("yes", "warn", "no", "raw"), "backend": backend, "logencoding": matching(`auto|[A-Za-z0-9][A-Za-z0-9_-]{0,31}`, "the name of an encoding"),
		"logtimezone": matching(`(UTC|GMT|Z)?[+-][0-9]{2}:?[0-9]{2}|UTC|GMT|Z`, "a zone such as UTC+0200"),
		"ignoreip":    ignored, "logpath": logPaths, "journalmatch": journalMatch, "failregex": expressions, "ignoreregex": expressions,
		"datepattern": oneLine(expressions), "port": matching(`[A-Za-z0-9_-]+([:,] ?[A-Za-z0-9_-]+)*`, "ports such as ssh,2222 or 0:65535"),
		"protocol": matching(`[a-z]{2,8}(,[a-z]{2,8})*`, "a protocol such as tcp"), "mode": matching(`[A-Za-z0-9_-]{1,32}`, "a word"),
		"filter":    matching(partName+`(\[[a-z_]{1,32}=[A-Za-z0-9_.-]{0,64}(, ?[a-z_]{1,32}=[A-Za-z0-9_.-]{0,64})*\])?|`, "the name of a filter, with plain options in brackets"),
		"banaction": matching(partName, "the name of an action"), "banaction_allports": matching(partName, "the name of an action"),
	}
}

// partName is a name that a file of a filter or an action may have.
const partName = `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`

func refuse(format string, args ...any) (string, error) {
	return "", fault.New(fault.Invalid, format, args...)
}

func matching(pattern, what string) rule {
	whole := regexp.MustCompile(`^(?:` + pattern + `)$`)
	return func(v string) (string, error) {
		if !whole.MatchString(v) {
			return refuse("it is not %s", what)
		}
		return v, nil
	}
}

func among(words ...string) rule {
	return func(v string) (string, error) {
		for _, w := range words {
			if strings.EqualFold(v, w) {
				return w, nil
			}
		}
		return refuse("it is none of %s", strings.Join(words, ", "))
	}
}

// onOff writes what fail2ban takes for on and off; any other word would be off without
// a complaint.
func onOff(v string) (string, error) {
	switch strings.ToLower(v) {
	case "1", "on", "true", "yes":
		return "true", nil
	case "0", "off", "false", "no":
		return "false", nil
	}
	return refuse("it is neither true nor false")
}

func whole(least, most int64) rule {
	return func(v string) (string, error) {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < least || n > most {
			return refuse("it is no whole number from %d to %d", least, most)
		}
		return strconv.FormatInt(n, 10), nil
	}
}

// maxSpan is a hundred years: fail2ban's clock breaks later.
const maxSpan = 100 * 31557600

// span writes a time in seconds: what else fail2ban takes, it evaluates as a program.
func span(least int64) rule {
	return func(v string) (string, error) {
		seconds, ok := Seconds(v)
		if !ok || seconds < least {
			return refuse("it is no time such as 600, 10m or 1d 12h, of at least %d seconds", least)
		}
		return strconv.FormatInt(seconds, 10), nil
	}
}

func orForEver(take rule) rule {
	return func(v string) (string, error) {
		if v == "-1" {
			return v, nil
		}
		return take(v)
	}
}

var (
	spanForm = regexp.MustCompile(`^(?:[0-9]{1,10}(?:\.[0-9]{1,6})? ?[a-z]* ?)+$`)
	spanPart = regexp.MustCompile(`([0-9]+(?:\.[0-9]+)?) ?([a-z]*)`)
)

// Seconds reads a time as fail2ban means it: numbers with units that add up ("1d 12h",
// "90", "1.5h"; mo is 30.4 days, y 365.25). ok is false for everything else, such as
// sums, products and names, which fail2ban would evaluate.
func Seconds(text string) (seconds int64, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) > 100 || !spanForm.MatchString(text) {
		return 0, false
	}
	sum := 0.0
	for _, m := range spanPart.FindAllStringSubmatch(text, -1) {
		n, err := strconv.ParseFloat(m[1], 64)
		unit, known := unitOf(m[2])
		if err != nil || !known || (len(m[1]) > 1 && m[1][0] == '0' && m[1][1] != '.') {
			return 0, false // a number with a zero before it is none in Python
		}
		sum += n * unit
	}
	if sum > maxSpan {
		return 0, false
	}
	return int64(math.Round(sum)), true
}

func unitOf(word string) (seconds float64, known bool) {
	switch word {
	case "", "s", "ss", "sec", "secs", "second", "seconds":
		return 1, true
	case "m", "mm", "min", "mins", "minute", "minutes":
		return 60, true
	case "h", "hh", "hou", "hour", "hours":
		return 3600, true
	case "d", "dd", "da", "day", "days":
		return 86400, true
	case "w", "ww", "wee", "week", "weeks":
		return 7 * 86400, true
	case "mo", "mon", "month", "months":
		return 2629800, true
	case "y", "yy", "yea", "year", "years":
		return 31557600, true
	}
	return 0, false
}

// factor is evaluated as a program by fail2ban, so only a number is taken.
func factor(v string) (string, error) {
	n, err := strconv.ParseFloat(v, 64)
	if err != nil || !matchesNumber.MatchString(v) || n <= 0 || n > 1000 {
		return refuse("it is no number from 0 to 1000")
	}
	return strconv.FormatFloat(n, 'f', -1, 64), nil
}

var matchesNumber = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,6})?$`)

func multipliers(v string) (string, error) {
	list := strings.Fields(v)
	if len(list) == 0 || len(list) > 100 {
		return refuse("it is no list of 1 to 100 numbers such as 1 2 4 8")
	}
	for i, word := range list {
		n, err := strconv.ParseInt(word, 10, 32)
		if err != nil || n < 1 {
			return refuse("%q in it is no whole number above 0", clip(word))
		}
		list[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(list, " "), nil
}

func backend(v string) (string, error) {
	return matching(`auto|polling|pyinotify|systemd(\[journalflags=[0-9]{1,3}\])?`, "auto, polling, pyinotify or systemd")(v)
}

// ignored are addresses and networks, and names that a resolver will be asked for.
func ignored(v string) (string, error) {
	list := strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == ',' || r == '\n' })
	if len(list) > 1000 {
		return refuse("it has more than 1000 entries")
	}
	for i, word := range list {
		if a, err := netip.ParseAddr(word); err == nil && a.Zone() == "" {
			list[i] = a.Unmap().String()
		} else if p, err := netip.ParsePrefix(word); err == nil {
			list[i] = p.Masked().String()
		} else if !hostName.MatchString(word) {
			return refuse("%q in it is no address, network or host name", clip(word))
		}
	}
	return strings.Join(list, " "), nil
}

var hostName = regexp.MustCompile(`^([A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z][A-Za-z0-9-]{0,62}\.?$`)

// logPaths are absolute and clean; a * stands for a part of a name.
func logPaths(v string) (string, error) {
	list := strings.Split(v, "\n")
	if len(list) > 100 {
		return refuse("it has more than 100 lines")
	}
	for i, l := range list {
		p, where, tailed := strings.Cut(strings.TrimSpace(l), " ")
		if !strings.HasPrefix(p, "/") || path.Clean(p) != p || strings.ContainsAny(p, "%<>;#\"'\\$`|&") || (tailed && where != "tail" && where != "head") {
			return refuse("%q is no absolute path without blanks (and tail behind it, at most)", clip(l))
		}
		list[i] = strings.TrimSpace(l)
	}
	return strings.Join(list, "\n"), nil
}

var journalWord = regexp.MustCompile(`^[A-Z_][A-Z0-9_]{0,63}=[A-Za-z0-9_@.:/\\-]{1,200}$`)

func journalMatch(v string) (string, error) {
	list := strings.Split(v, "\n")
	for i, l := range list {
		words := strings.Fields(l)
		for _, w := range words {
			if w != "+" && !journalWord.MatchString(w) {
				return refuse("%q in it is no FIELD=value", clip(w))
			}
		}
		list[i] = strings.Join(words, " ")
	}
	return strings.Join(list, "\n"), nil
}

// expressions are Python's and can be compiled only there; here they are made to stand
// in a file as they are.
func expressions(v string) (string, error) {
	list := strings.Split(v, "\n")
	if len(list) > 1000 {
		return refuse("it has more than 1000 lines")
	}
	for i, l := range list {
		l = strip(l)
		if _, comment := uncomment(" " + l); comment {
			return refuse("fail2ban would take %q for a comment", clip(l))
		}
		list[i] = Escape(l)
	}
	return strings.TrimRight(strings.Join(list, "\n"), "\n"), nil
}

func oneLine(take rule) rule {
	return func(v string) (string, error) {
		if strings.Contains(v, "\n") {
			return refuse("it has more than one line")
		}
		return take(v)
	}
}
