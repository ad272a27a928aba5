package fail2ban

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds of a printed configuration: 200 jails of 50 commands are 10,000.
const (
	maxCommands = 200_000
	maxNesting  = 8
)

// ParseStream reads what `fail2ban-client -d` prints: one Python list literal a line,
// of texts, numbers, booleans, None and lists. Anything else is an error; nothing is
// evaluated.
func ParseStream(out []byte) ([][]any, error) {
	var commands [][]any
	for line := range bytes.Lines(out) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		if len(commands) == maxCommands {
			return nil, fmt.Errorf("more than %d commands", maxCommands)
		}
		p := literal{rest: string(line)}
		value, err := p.value(0)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", len(commands)+1, err)
		}
		command, ok := value.([]any)
		if !ok || p.rest != "" {
			return nil, fmt.Errorf("line %d is not one list", len(commands)+1)
		}
		commands = append(commands, command)
	}
	return commands, nil
}

// literal reads Python literals from the start of rest.
type literal struct{ rest string }

func (p *literal) value(depth int) (any, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("nested deeper than %d", maxNesting)
	}
	if p.rest == "" {
		return nil, errors.New("the line ends too early")
	}
	for word, v := range map[string]any{"None": nil, "True": true, "False": false} {
		if after, ok := strings.CutPrefix(p.rest, word); ok {
			p.rest = after
			return v, nil
		}
	}
	switch c := p.rest[0]; c {
	case '[':
		return p.list(']', depth)
	case '(':
		return p.list(')', depth)
	case '\'', '"':
		return p.text(c)
	default:
		return p.number()
	}
}

func (p *literal) list(end byte, depth int) (any, error) {
	p.rest = p.rest[1:]
	items := []any{}
	for {
		p.rest = strings.TrimLeft(p.rest, " ")
		if p.rest == "" {
			return nil, errors.New("a list has no end")
		}
		if p.rest[0] == end {
			p.rest = p.rest[1:]
			return items, nil
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
		p.rest = strings.TrimLeft(p.rest, " ")
		if after, more := strings.CutPrefix(p.rest, ","); more {
			p.rest = after
		} else if p.rest == "" || p.rest[0] != end {
			return nil, errors.New("a comma is missing")
		}
	}
}

func (p *literal) number() (any, error) {
	n := strings.IndexAny(p.rest, ",]) ")
	if n < 0 {
		n = len(p.rest)
	}
	word := p.rest[:n]
	p.rest = p.rest[n:]
	if i, err := strconv.ParseInt(word, 10, 64); err == nil {
		return i, nil
	}
	f, err := strconv.ParseFloat(word, 64)
	if err != nil || strings.ContainsAny(word, "xXpP_nN") {
		return nil, fmt.Errorf("%.20q is no value", word)
	}
	return f, nil
}

func (p *literal) text(quote byte) (any, error) {
	var b strings.Builder
	s := p.rest[1:]
	for len(s) > 0 {
		switch s[0] {
		case quote:
			p.rest = s[1:]
			return b.String(), nil
		case '\\':
			n, r, err := escape(s)
			if err != nil {
				return nil, err
			}
			b.WriteRune(r)
			s = s[n:]
		default:
			r, n := utf8.DecodeRuneInString(s)
			b.WriteRune(r)
			s = s[n:]
		}
	}
	return nil, errors.New("a text has no end")
}

// escape reads one backslash sequence as Python's repr writes it.
func escape(s string) (length int, r rune, err error) {
	if len(s) < 2 {
		return 0, 0, errors.New("a text ends in a backslash")
	}
	switch s[1] {
	case 'n':
		return 2, '\n', nil
	case 't':
		return 2, '\t', nil
	case 'r':
		return 2, '\r', nil
	case '\\', '\'', '"':
		return 2, rune(s[1]), nil
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
	if digits == 0 || len(s) < 2+digits {
		return 0, 0, fmt.Errorf("an escape that Python does not print: %.4q", s)
	}
	n, err := strconv.ParseUint(s[2:2+digits], 16, 32)
	if err != nil {
		return 0, 0, fmt.Errorf("an escape that Python does not print: %.4q", s)
	}
	return 2 + digits, rune(n), nil
}
