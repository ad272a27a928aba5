package host_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"bangui/internal/host"
)

func TestDiff_CanBeFollowedAsAPatch(t *testing.T) {
	if got, want := host.Diff("x", "a\nb\nc\nd\ne\nf\ng\n", "a\nb\nc\nd\nE\nf\ng"), "--- a/x\n+++ b/x\n@@ -2,6 +2,6 @@\n b\n c\n d\n-e\n+E\n f\n-g\n+g\n\\ No newline at end of file\n"; got != want {
		t.Errorf("%q", got)
	}
	if got, want := host.Diff("x", "", "a\n"), "--- /dev/null\n+++ b/x\n@@ -0,0 +1,1 @@\n+a\n"; got != want {
		t.Errorf("%q", got)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for i := range 60 {
		before, after := lines(dice, 40, nil), ""
		after = lines(dice, 40, strings.SplitAfter(before, "\n"))
		if before == "" || after == "" || before == after {
			continue
		}
		if got := patched(t, before, host.Diff("x", before, after)); got != after {
			t.Fatalf("%d: %q, not %q, by\n%s", i, got, after, host.Diff("x", before, after))
		}
	}
}

// lines are some lines; of others, most stay.
func lines(dice *rand.Rand, most int, of []string) string {
	var b strings.Builder
	for _, l := range of {
		if dice.IntN(8) > 0 {
			b.WriteString(l)
		}
		if dice.IntN(10) == 0 {
			b.WriteString("new\n")
		}
	}
	if of == nil {
		for range dice.IntN(most) {
			b.WriteString(strings.Repeat("x", dice.IntN(4)) + "\n")
		}
	}
	return b.String()
}

// patched follows a unified diff, strictly: every line that stays or goes must be where
// the diff says.
func patched(t *testing.T, before, diff string) string {
	t.Helper()
	old, at, out := strings.SplitAfter(before, "\n"), 0, ""
	for l := range strings.Lines(strings.SplitN(diff, "\n", 3)[2]) {
		var from, count int
		switch l[0] {
		case '@':
			if _, err := fmt.Sscanf(l, "@@ -%d,%d", &from, &count); err != nil {
				t.Fatal(err)
			}
			if count > 0 {
				from--
			}
			for ; at < from; at++ {
				out += old[at]
			}
		case '\\':
			out = strings.TrimSuffix(out, "\n")
		case ' ', '-':
			if old[at] != l[1:] && old[at]+"\n" != l[1:] {
				t.Fatalf("line %d is %q, not %q", at+1, old[at], l[1:])
			}
			if l[0] == ' ' {
				out += l[1:]
			}
			at++
		case '+':
			out += l[1:]
		}
	}
	return out + strings.Join(old[at:], "")
}
