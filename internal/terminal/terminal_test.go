package terminal

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPrintable(t *testing.T) {
	for in, want := range map[string]string{
		"root":                   "root",
		"Jürgen 日本":              "Jürgen 日本",
		"\x1b[2Jx":               `\x1b[2Jx`,
		"a\nb\rc\td":             `a\x0ab\x0dc\x09d`,
		"\u009b31m":              `\x9b31m`,
		"evil\u202egnp.exe":      `evil\u202egnp.exe`,
		"\xff\xfe":               `\xff\xfe`,
		"<script>alert</script>": "<script>alert</script>",
		"\x7f":                   `\x7f`,
	} {
		if got := Printable(in); got != want {
			t.Errorf("Printable(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestTable_ElsewhereIsTabbedAndHarmless(t *testing.T) {
	var out bytes.Buffer
	err := Table(&out, Style{}, []string{"A", "B"}, [][]Cell{{Text("1"), Text("x\ty\n")}, {Text("22"), Text("\x1b[31m")}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff("1\tx\\x09y\\x0a\n22\t\\x1b[31m\n", out.String()); d != "" {
		t.Error(d)
	}
}

func TestColumns_LineUp(t *testing.T) {
	var out bytes.Buffer
	style := Style{On: true}
	err := columns(&out, style, []string{"JAIL", "N"}, [][]Cell{{{Text: "sshd", Paint: style.Good}, Text("1")}, {Text("nginx-http-auth"), Text("20")}})
	if err != nil {
		t.Fatal(err)
	}
	want := "\x1b[1mJAIL\x1b[0m             \x1b[1mN\x1b[0m\n\x1b[32msshd\x1b[0m             1\nnginx-http-auth  20\n"
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Error(d)
	}
}
