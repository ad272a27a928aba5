package host

import (
	"fmt"
	"strings"
)

// diff is a unified diff in which the whole file changes: a file of ours is either
// absent or replaced as a whole, so there is no context to keep. "" when equal.
func diff(name, before, after string) string {
	if before == after {
		return ""
	}
	from := "/dev/null"
	if before != "" {
		from = "a/" + name
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ b/%s\n@@ -%s +%s @@\n", from, name, span(before), span(after))
	for line := range strings.Lines(before) {
		b.WriteString("-" + strings.TrimSuffix(line, "\n") + "\n")
	}
	for line := range strings.Lines(after) {
		b.WriteString("+" + strings.TrimSuffix(line, "\n") + "\n")
	}
	return b.String()
}

// span is the "start,count" of a hunk that covers all of text.
func span(text string) string {
	if text == "" {
		return "0,0"
	}
	return fmt.Sprintf("1,%d", strings.Count(strings.TrimSuffix(text, "\n"), "\n")+1)
}
