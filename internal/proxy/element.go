package proxy

import (
	"iter"
	"slices"
	"strings"
)

// fromTheRight gives the elements of a header's lists, the last one first. It begins at
// the end because what stands there was written last, by the nearest proxy: nothing that
// a client wrote to the left of it, such as a quote that never closes, changes how it
// is read.
func fromTheRight(lines []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, line := range slices.Backward(lines) {
			for more := true; more; {
				var element string
				line, element, more = cutLast(line, ',')
				if !yield(strings.Trim(element, " \t")) {
					return
				}
			}
		}
	}
}

// cutLast cuts a text at its last separator that is not inside double quotes. found is
// false when there is none; then element is all of it.
func cutLast(s string, separator byte) (before, element string, found bool) {
	quoted := false
	for i := len(s) - 1; i >= 0; i-- {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case s[i] == separator && !quoted:
			return s[:i], s[i+1:], true
		}
	}
	return "", s, false
}

// parameter is the value of a parameter in an element of Forwarded, such as
// `for="[2001:db8::1]:443";proto=https`. It must stand there exactly once.
func parameter(element, name string) (value string, ok bool) {
	for more := true; more; {
		var pair string
		element, pair, more = cutLast(element, ';')
		key, text, isPair := strings.Cut(strings.Trim(pair, " \t"), "=")
		if !isPair || !strings.EqualFold(key, name) {
			continue
		}
		if ok {
			return "", false
		}
		if value, ok = unquoted(text); !ok {
			return "", false
		}
	}
	return value, ok
}

// unquoted takes a value out of its quotes. Addresses and schemes need no escapes.
func unquoted(s string) (string, bool) {
	if inner, ok := strings.CutPrefix(s, `"`); ok {
		if s, ok = strings.CutSuffix(inner, `"`); !ok {
			return "", false
		}
	}
	return s, !strings.ContainsAny(s, `"\`)
}
