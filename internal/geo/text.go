package geo

import (
	"strings"
	"unicode"
)

// maxName is how many characters of a name are kept.
const maxName = 120

// clean makes a name of a database harmless: whoever runs a network chooses what it is
// called, and it is shown, stored and counted by.
func clean(name string) string {
	if isClean(name) {
		return name // as nearly all are
	}
	var b strings.Builder
	kept, blank := 0, false
	for _, r := range name { // bytes that are no UTF-8 come as U+FFFD
		switch {
		case unicode.IsSpace(r):
			blank = kept > 0
			continue
		case !unicode.IsPrint(r): // controls, marks of direction, surrogates, private use
			continue
		}
		if blank {
			b.WriteByte(' ')
			kept, blank = kept+1, false
		}
		if kept >= maxName {
			break
		}
		b.WriteRune(r)
		kept++
	}
	return strings.TrimSuffix(b.String(), " ")
}

// isClean is true of short ASCII texts whose blanks stand alone between words.
func isClean(name string) bool {
	blank := true
	for i := range len(name) {
		c := name[i]
		if c < ' ' || c > '~' || c == ' ' && blank {
			return false
		}
		blank = c == ' '
	}
	return len(name) <= maxName && (!blank || name == "")
}

// countryCode is a code as ISO 3166-1 has it; "" for anything else. ZZ is "unknown" in
// some databases, EU and AP are no countries.
func countryCode(text string) string {
	if len(text) != 2 {
		return ""
	}
	code := strings.ToUpper(text)
	for i := range 2 {
		if code[i] < 'A' || code[i] > 'Z' {
			return ""
		}
	}
	switch code {
	case "ZZ", "EU", "AP", "XX":
		return ""
	default:
		return code
	}
}
