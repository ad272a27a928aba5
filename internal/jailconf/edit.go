package jailconf

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"bangui/internal/fault"
)

// Set gives content with an option of a section set to value, as it is to stand in the
// file: a % that is no reference is doubled (see Escape). Only the lines of that option
// change; where it is missing it comes behind the last one of its section, and a missing
// section at the end of the file. Comments, order, line ends and a missing last line
// break stay. A value may have several lines.
//
// Invalid: content that fail2ban can't read, or a value that would not come back as it is.
func Set(content, section, option, value string) (string, error) {
	before, err := editable(content, section, option)
	if err != nil {
		return "", err
	}
	if err := fits(option, value); err != nil {
		return "", err
	}
	var lines []line
	if at := before.entry(section, option); at >= 0 {
		lines = before.change(before.entries[at], value)
	} else {
		lines = before.insert(section, option, value)
	}
	return checked(before, lines, section, option, &value)
}

// Unset gives content without an option; one that isn't there changes nothing.
// Comments between the lines of its value stay.
func Unset(content, section, option string) (string, error) {
	before, err := editable(content, section, option)
	if err != nil {
		return "", err
	}
	at := before.entry(section, option)
	if at < 0 {
		return content, nil
	}
	e := before.entries[at]
	lines := slices.Clone(before.lines[:e.from])
	for _, l := range before.lines[e.from:e.to] {
		if said, comment := uncomment(l.text); comment && strip(said) == "" {
			lines = append(lines, l)
		}
	}
	return checked(before, append(lines, before.lines[e.to:]...), section, option, nil)
}

// Escape is a text as a value that means it: fail2ban takes %% for %.
func Escape(value string) string { return strings.ReplaceAll(value, "%", "%%") }

// editable parses content, and refuses names that would not come back as they are.
func editable(content, section, option string) (*file, error) {
	if !plainName(section) || strings.ContainsAny(section, "[]") {
		return nil, fault.New(fault.Invalid, "%q can't be the name of a section", clip(section))
	}
	if !plainName(option) || key(option) != option || strings.ContainsAny(option, "=:[];#\"'%") {
		return nil, fault.New(fault.Invalid, "%q can't be the name of an option", clip(option))
	}
	if !utf8.ValidString(content) {
		return nil, fault.New(fault.Invalid, "the file is not UTF-8, so fail2ban does not read it")
	}
	f, err := parse("the file", content)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s", fault.MessageOf(err)).WithMend("Mend that line first.")
	}
	return f, nil
}

// maxName bounds names of sections and options.
const maxName = 100

func plainName(s string) bool {
	return s != "" && len(s) <= maxName && utf8.ValidString(s) && strip(s) == s && !strings.ContainsFunc(s, unicode.IsControl)
}

// fits refuses a value that configparser would not give back.
func fits(option, value string) error {
	switch {
	case len(value) > maxFile/2:
		return fault.New(fault.TooLarge, "the value of %s has %d bytes; %d is the most", option, len(value), maxFile/2)
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unseen):
		return fault.New(fault.Invalid, "the value of %s holds control characters, or others that hide what it says", option)
	case strings.Contains(value, "<F2B_"):
		return fault.New(fault.Invalid, "the value of %s holds a marker of fail2ban's own protocol", option)
	case stripRight(value) != value:
		return fault.New(fault.Invalid, "the value of %s ends with white space, which fail2ban would cut off", option)
	}
	for i, l := range strings.Split(value, "\n") {
		_, comment := uncomment(" " + l)
		if i == 0 && strings.HasPrefix(l, "#") {
			comment = false // behind the name it is none
		}
		if comment {
			return fault.New(fault.Invalid, "in the value of %s, fail2ban would take %q for a comment", option, clip(l)).
				WithMend("No line may begin with # or ;, and no ; may follow a blank.")
		}
		if strip(l) != l {
			return fault.New(fault.Invalid, "a line of the value of %s begins or ends with white space, which fail2ban would cut off: %q", option, clip(l))
		}
	}
	return nil
}

// checked puts lines together, and makes sure that exactly the one option differs.
func checked(before *file, lines []line, section, option string, value *string) (string, error) {
	content := joined(lines)
	after, err := parse("the file", content)
	if err != nil {
		return "", fault.Wrap(err, fault.Internal, "the edited file can't be read any more")
	}
	want := before.values()
	delete(want, [2]string{section, option})
	if value != nil {
		want[[2]string{section, option}] = *value
	}
	got := after.values()
	if len(got) != len(want) {
		return "", fault.New(fault.Internal, "the edited file has %d options, not %d", len(got), len(want))
	}
	for name, v := range want {
		if there, ok := got[name]; !ok || there != v {
			return "", fault.New(fault.Internal, "the edit would change %s of [%s]", clip(name[1]), clip(name[0]))
		}
	}
	return content, nil
}

func joined(lines []line) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(l.text)
		b.WriteString(l.end)
	}
	return b.String()
}

// values are all options of a file with what they are set to.
func (f *file) values() map[[2]string]string {
	all := map[[2]string]string{}
	for _, e := range f.entries {
		from := f.sections[e.section]
		if e.section == defaults {
			from = f.defaults
		}
		all[[2]string{e.section, e.name}] = from.by[e.name].text
	}
	return all
}

// entry is the index of an option; -1 where it is missing.
func (f *file) entry(section, option string) int {
	return slices.IndexFunc(f.entries, func(e entry) bool { return e.section == section && e.name == option })
}

// change gives the lines with another value of an option. Lines of the value that stay
// keep their place and spelling, and comments between them stay.
func (f *file) change(e entry, value string) []line {
	old, now := f.pieces(e), strings.Split(value, "\n")
	first := 0
	for first < len(old) && first < len(now) && old[first].said == now[first] {
		first++
	}
	last, most := 0, min(len(old), len(now))-max(first, 1) // the first line has the name in it
	for last < most && old[len(old)-1-last].said == now[len(now)-1-last] {
		last++
	}
	end := f.end(e)
	lines := slices.Clone(f.lines[:e.from])
	for i, said := range now[:len(now)-last] {
		switch {
		case i < first:
			lines = append(lines, old[i].lines...)
		case i == 0:
			lines = append(lines, line{f.renamed(e, said), end})
			lines = append(lines, old[0].lines[1:]...)
		default:
			lines = append(lines, line{f.deeper(e, said), end})
		}
	}
	for i := max(first, 1); i < len(old)-last; i++ {
		lines = append(lines, old[i].lines[1:]...) // the comments behind it
	}
	for _, p := range old[len(old)-last:] {
		lines = append(lines, p.lines...)
	}
	return f.sealed(append(lines, f.lines[e.to:]...))
}

// piece is a line of a value with the comments that follow it.
type piece struct {
	said  string
	lines []line
}

func (f *file) pieces(e entry) []piece {
	var all []piece
	for i, l := range f.lines[e.from:e.to] {
		said, comment := uncomment(l.text)
		said = strip(said)
		switch {
		case i == 0:
			said = strip(said[strings.IndexAny(said, "=:")+1:])
		case said == "" && comment:
			all[len(all)-1].lines = append(all[len(all)-1].lines, l)
			continue
		}
		all = append(all, piece{said, []line{l}})
	}
	return all
}

// renamed is the first line of an option with another value: the name, the blanks around
// the sign and a comment behind stay.
func (f *file) renamed(e entry, said string) string {
	raw := f.lines[e.from].text
	kept, _ := uncomment(raw)
	behind := raw[len(kept):]
	sign := strings.IndexAny(kept, "=:") + 1
	head := kept[:sign] + leading(kept[sign:])
	if strings.TrimLeftFunc(kept[sign:], isSpace) == "" { // it had no value; the blank is the comment's
		head = kept[:sign] + " "
	}
	if behind != "" {
		behind = trailing(kept) + behind
	}
	if said == "" {
		head = stripRight(head)
	}
	return head + said + behind
}

func leading(s string) string  { return s[:len(s)-len(strings.TrimLeftFunc(s, isSpace))] }
func trailing(s string) string { return s[len(stripRight(s)):] }

// deeper is a further line of a value: as deep as the others, or four blanks deeper
// than the name.
func (f *file) deeper(e entry, said string) string {
	if said == "" {
		return ""
	}
	for _, l := range f.lines[e.from+1 : e.to] {
		if _, comment := uncomment(l.text); !comment && strip(l.text) != "" {
			return leading(l.text) + said
		}
	}
	return leading(f.lines[e.from].text) + "    " + said
}

// insert gives the lines with a new option.
func (f *file) insert(section, option, value string) []line {
	at, indent, found := f.place(section)
	end := f.lineEnd()
	var added []line
	if !found {
		if len(f.lines) > 0 && strip(f.lines[len(f.lines)-1].text) != "" {
			added = append(added, line{"", end})
		}
		added = append(added, line{"[" + section + "]", end})
	}
	for i, said := range strings.Split(value, "\n") {
		switch {
		case i == 0:
			added = append(added, line{indent + stripRight(option+" = "+said), end})
		case said == "":
			added = append(added, line{"", end})
		default:
			added = append(added, line{indent + "    " + said, end})
		}
	}
	return f.sealed(slices.Concat(f.lines[:at], added, f.lines[at:]))
}

// place is behind the last line of a section that says something, and how deep that is.
func (f *file) place(section string) (at int, indent string, found bool) {
	for _, h := range f.heads {
		if h.section == section {
			at, indent, found = h.at+1, leading(f.lines[h.at].text), true
		}
	}
	for _, e := range f.entries {
		if e.section == section && e.to > at {
			at, indent = e.to, leading(f.lines[e.from].text)
		}
	}
	if !found {
		return len(f.lines), "", false
	}
	// What follows a header may be deeper than it; behind an option it would continue that.
	if next := f.next(at); next < len(f.lines) && indentOf(f.lines[next].text) > utf8.RuneCountInString(indent) {
		indent = leading(f.lines[next].text)
	}
	return at, indent, true
}

// next is the first line from there on that is a header or begins an option.
func (f *file) next(from int) int {
	next := len(f.lines)
	for _, h := range f.heads {
		if h.at >= from {
			next = min(next, h.at)
		}
	}
	for _, e := range f.entries {
		if e.from >= from {
			next = min(next, e.from)
		}
	}
	return next
}

// end is how the lines of an option end.
func (f *file) end(e entry) string {
	if end := f.lines[e.from].end; end != "" {
		return end
	}
	return f.lineEnd()
}

// lineEnd is how the lines of the file end: as its first does.
func (f *file) lineEnd() string {
	if len(f.lines) > 0 && f.lines[0].end != "" {
		return f.lines[0].end
	}
	return "\n"
}

// sealed makes every line but the last one end, and the last one end as the file's did.
func (f *file) sealed(lines []line) []line {
	for i := range lines {
		if i < len(lines)-1 && lines[i].end == "" {
			lines[i].end = f.lineEnd()
		}
		if i > 0 && lines[i-1].end == "\r" && lines[i].text == "" && lines[i].end == "\n" {
			lines[i].end = "\r" // else the two would be one
		}
	}
	if n := len(f.lines); n > 0 && f.lines[n-1].end == "" && len(lines) > 0 {
		lines[len(lines)-1].end = ""
	}
	return lines
}
