package jailconf

import (
	"strconv"
	"strings"
	"unicode"
)

// fail2ban reads its configuration with Python's configparser. What follows are the
// few places where Python's idea of a text is not Go's.

// Character classes of Python's re, for RE2.
const (
	spaces = `\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}` // inside of a class
	space  = `[` + spaces + `]`
	word   = `[\pL\pN_]`
)

// isSpace is str.isspace: what unicode calls white space, and the four separators of ASCII.
func isSpace(r rune) bool { return unicode.IsSpace(r) || (r >= 0x1c && r <= 0x1f) }

// strip is str.strip.
func strip(s string) string { return strings.TrimFunc(s, isSpace) }

// stripRight is str.rstrip.
func stripRight(s string) string { return strings.TrimRightFunc(s, isSpace) }

// key is how configparser spells the name of an option.
func key(name string) string { return strings.ToLower(name) }

// integer is int(s) for the texts that people write; ok is false where Python raises
// ValueError.
func integer(s string) (n int64, ok bool) {
	s = strip(s)
	if strings.HasPrefix(s, "_") || strings.HasSuffix(s, "_") || strings.Contains(s, "__") {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	return n, err == nil
}

// boolean is fail2ban's reading of a switch: these words are on, everything else is off.
func boolean(s string) bool {
	switch strings.ToLower(s) {
	case "1", "on", "true", "yes":
		return true
	}
	return false
}

// splitExt is the part of a path that os.path.splitext leaves before the extension.
func splitExt(path string) string {
	base := path[strings.LastIndexByte(path, '/')+1:]
	dot := strings.LastIndexByte(base, '.')
	if dot <= 0 || strings.Trim(base[:dot], ".") == "" {
		return path
	}
	return path[:len(path)-len(base)+dot]
}

// join is os.path.join.
func join(dir, name string) string {
	switch {
	case strings.HasPrefix(name, "/") || dir == "":
		return name
	case strings.HasSuffix(dir, "/"):
		return dir + name
	}
	return dir + "/" + name
}

// folderOf is os.path.dirname.
func folderOf(path string) string {
	head := path[:strings.LastIndexByte(path, '/')+1]
	if trimmed := strings.TrimRight(head, "/"); trimmed != "" {
		return trimmed
	}
	return head
}
