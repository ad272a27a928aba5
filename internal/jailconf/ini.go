package jailconf

import (
	"strings"
	"unicode/utf8"

	"bangui/internal/fault"
)

// defaults is the section whose options every other section has too.
const defaults = "DEFAULT"

// file is one configuration file as Python's configparser takes it (strict, comments
// inside a line start with a blank and a semicolon).
type file struct {
	path     string
	lines    []line
	defaults *options
	order    []string // sections in the order of the file, without DEFAULT
	sections map[string]*options
	// heads are the lines of section headers, entries those of options: what an edit touches.
	heads   []head
	entries []entry
}

// line is a piece of the file: text, then how it ends ("\n", "\r\n", "\r", or "" at the end).
type line struct{ text, end string }

type head struct {
	section string
	at      int // index in lines
}

// entry is an option with its lines [from, to): the first holds the name, the rest
// continue the value. Blank lines and comments behind the value are not of it.
type entry struct {
	section, name string
	from, to      int
}

// splitLines splits as a Python text file in its usual mode does: at \n, \r\n and \r.
func splitLines(content string) []line {
	var lines []line
	for content != "" {
		n := strings.IndexAny(content, "\r\n")
		if n < 0 {
			return append(lines, line{text: content})
		}
		end := content[n : n+1]
		if strings.HasPrefix(content[n:], "\r\n") {
			end = "\r\n"
		}
		lines = append(lines, line{content[:n], end})
		content = content[n+len(end):]
	}
	return lines
}

// parser is the state between two lines.
type parser struct {
	*file
	section string   // whose options follow
	into    *options // nil = no section yet
	name    string   // the option that a deeper line continues; "" = none
	value   []string
	indent  int
	wrong   []int // lines that are neither a header nor an option
	done    map[[2]string]bool
}

// parse reads a file. Its errors are the ones with which fail2ban refuses the whole
// configuration, with file and line.
func parse(path, content string) (*file, error) {
	p := parser{
		file: &file{path: path, lines: splitLines(content), defaults: newOptions(), sections: map[string]*options{}},
		done: map[[2]string]bool{},
	}
	for at := range p.lines {
		if err := p.take(at); err != nil {
			return nil, err
		}
	}
	p.finish()
	if len(p.wrong) > 0 {
		at := p.wrong[0]
		return nil, p.fault(at, "%q is neither a [section] nor an option = value", clip(strip(p.lines[at].text)))
	}
	return p.file, nil
}

func (p *parser) fault(at int, format string, args ...any) error {
	f := fault.New(fault.Fail2banRefused, format, args...)
	return fault.New(fault.Fail2banRefused, "%s, line %d: %s", p.path, at+1, f.Message).
		WithMend("Mend that line: fail2ban takes nothing of its configuration while it is so.")
}

// take reads one line.
func (p *parser) take(at int) error {
	raw := p.lines[at].text
	said, comment := uncomment(raw)
	said = strip(said)
	if said == "" {
		if !comment && p.into != nil && p.name != "" {
			p.value = append(p.value, "")
		}
		return nil
	}
	indent := indentOf(raw)
	if p.into != nil && p.name != "" && indent > p.indent {
		p.value = append(p.value, said)
		p.entries[len(p.entries)-1].to = at + 1
		return nil
	}
	p.indent = indent
	if name, ok := header(said); ok {
		return p.enter(name, at)
	}
	if p.into == nil {
		return p.fault(at, "there is an option before the first [section]")
	}
	return p.option(said, at)
}

// uncomment cuts a comment off a line, and says whether there was one.
func uncomment(raw string) (said string, comment bool) {
	start := strip(raw)
	if strings.HasPrefix(start, "#") || strings.HasPrefix(start, ";") {
		return "", true
	}
	for from := 0; ; {
		n := strings.IndexByte(raw[from:], ';')
		if n < 0 {
			return raw, false
		}
		n += from
		if n == 0 {
			return "", true
		}
		if before, _ := utf8.DecodeLastRuneInString(raw[:n]); isSpace(before) {
			return raw[:n], true
		}
		from = n + 1
	}
}

// indentOf counts the white space that a line starts with; a tab is one.
func indentOf(raw string) int {
	n := 0
	for _, r := range raw {
		if !isSpace(r) {
			return n
		}
		n++
	}
	return 0
}

// header is the name of a section: whatever stands between the first [ and the last ].
func header(said string) (string, bool) {
	end := strings.LastIndexByte(said, ']')
	if said[0] != '[' || end < 2 {
		return "", false
	}
	return said[1:end], true
}

// enter begins a section.
func (p *parser) enter(name string, at int) error {
	p.finish()
	p.section = name
	p.heads = append(p.heads, head{name, at})
	if name == defaults {
		p.into = p.defaults
		return nil
	}
	if p.sections[name] != nil {
		return p.fault(at, "the section [%s] stands there twice", clip(name))
	}
	p.into = newOptions()
	p.sections[name] = p.into
	p.order = append(p.order, name)
	return nil
}

// option begins an option.
func (p *parser) option(said string, at int) error {
	p.finish()
	n := strings.IndexAny(said, "=:")
	if n < 0 {
		p.wrong = append(p.wrong, at)
		return nil
	}
	name := key(stripRight(said[:n]))
	if name == "" {
		p.wrong = append(p.wrong, at)
	}
	if p.done[[2]string{p.section, name}] {
		return p.fault(at, "the option %s stands twice in [%s]", clip(name), clip(p.section))
	}
	p.done[[2]string{p.section, name}] = true
	p.name, p.value = name, []string{strip(said[n+1:])}
	p.entries = append(p.entries, entry{section: p.section, name: name, from: at, to: at + 1})
	return nil
}

// finish stores the option that was being read.
func (p *parser) finish() {
	if p.name == "" {
		return
	}
	at := Origin{File: p.path, Line: p.entries[len(p.entries)-1].from + 1, Section: p.section, Source: Own}
	if p.section == defaults {
		at.Source = Default
	}
	p.into.set(p.name, value{text: stripRight(strings.Join(p.value, "\n")), at: at})
	p.name, p.value = "", nil
}

// clip keeps a text short enough for a message.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
