package jailconf_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

func TestSet_ChangesOnlyThatOption(t *testing.T) {
	for _, c := range []struct{ name, before, option, value, after string }{
		{"a value", "# top\n[a]\nx = 1 ; one\n\ny: 2\n", "x", "3", "# top\n[a]\nx = 3 ; one\n\ny: 2\n"},
		{"with its own spelling", "[a]\n  X\t:\t1\n", "x", "3", "[a]\n  X\t:\t3\n"},
		{"CRLF", "[a]\r\nx = 1\r\ny = 2\r\n", "x", "3", "[a]\r\nx = 3\r\ny = 2\r\n"},
		{"no last line break", "[a]\nx = 1", "x", "3", "[a]\nx = 3"},
		{"a new one", "[a]\nx = 1\n\n# b\n[b]\n", "y", "3", "[a]\nx = 1\ny = 3\n\n# b\n[b]\n"},
		{"a new one without last line break", "[a]\nx = 1", "y", "3", "[a]\nx = 1\ny = 3"},
		{"a new one where all is deeper", "[a]\n  x = 1\n  [b]\n", "y", "3", "[a]\n  x = 1\n  y = 3\n  [b]\n"},
		{"a new section", "[b]\nx = 1\n", "x", "3", "[b]\nx = 1\n\n[a]\nx = 3\n"},
		{"an empty file", "", "x", "3", "[a]\nx = 3\n"},
		{"more lines", "[a]\nx = 1\n", "x", "1\n2\n3", "[a]\nx = 1\n    2\n    3\n"},
		{"fewer lines", "[a]\nx = 1\n  2\n  # why\n  3\ny = 1\n", "x", "1\n3", "[a]\nx = 1\n  # why\n  3\ny = 1\n"},
		{"one of many lines", "[a]\nx = 1\n\t2\n\t# why\n\t3\n", "x", "1\n5\n3", "[a]\nx = 1\n\t5\n\t# why\n\t3\n"},
		{"what had no value", "[a]\nx =\ny = 1\n", "x", "3", "[a]\nx = 3\ny = 1\n"},
		{"the same", "[a]\nx =  1   ; one\n", "x", "1", "[a]\nx =  1   ; one\n"},
	} {
		if got, err := jailconf.Set(c.before, "a", c.option, c.value); err != nil || got != c.after {
			t.Errorf("%s: %q, %v; want %q", c.name, got, err, c.after)
		}
	}
}

func TestUnset_RemovesOnlyThatOption(t *testing.T) {
	for before, after := range map[string]string{
		"[a]\nx = 1\ny = 2\n":                       "[a]\ny = 2\n",
		"[a]\nx = 1\n  2\n# why\n  3\n\ny = 2":      "[a]\n# why\n\ny = 2",
		"[a]\r\ny = 2\r\nx = 1":                     "[a]\r\ny = 2\r\n",
		"[b]\nx = 1\n[a]\n y = 1\n x = 2\n z = 3\n": "[b]\nx = 1\n[a]\n y = 1\n z = 3\n",
	} {
		if got, err := jailconf.Unset(before, "a", "x"); err != nil || got != after {
			t.Errorf("%q became %q, %v; want %q", before, got, err, after)
		}
	}
}

func TestSet_RefusesWhatWouldNotComeBack(t *testing.T) {
	for _, value := range []string{
		"a ;b", "; a", "a\n# b", "a\n;b", " a", "a ", "a\n b", "a\n", "a\rb", "a\x00b", "a\x1bb", "a\u0085b", "a\u2028b", "a\u202eb", "\xff", "<F2B_END_COMMAND>", strings.Repeat("x", 300_000),
	} {
		if got, err := jailconf.Set("[a]\n", "a", "x", value); err == nil || (!fault.Is(err, fault.Invalid) && !fault.Is(err, fault.TooLarge)) {
			t.Errorf("%.40q: %q, %v", value, got, err)
		}
	}
	for _, name := range []string{"", "X", " x", "x=", "a:b", "a\nb", "[x", "#x", ";x", "x%"} {
		if got, err := jailconf.Set("[a]\n", "a", name, "1"); !fault.Is(err, fault.Invalid) {
			t.Errorf("option %q: %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "a]", "a\n[b", " a", "[a"} {
		if got, err := jailconf.Set("", name, "x", "1"); !fault.Is(err, fault.Invalid) {
			t.Errorf("section %q: %q, %v", name, got, err)
		}
	}
	for _, content := range []string{"x = 1\n", "[a]\n[a]\n", "[a]\nx\n", "\xff"} {
		if got, err := jailconf.Set(content, "a", "y", "1"); !fault.Is(err, fault.Invalid) {
			t.Errorf("content %q: %q, %v", content, got, err)
		}
	}
}

func anyContent() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		end := rapid.SampledFrom([]string{"\n", "\n", "\r\n", "\r"}).Draw(t, "end")
		line := rapid.SampledFrom([]string{
			"[a]", "[b]", "[DEFAULT]", " [c]", "x = 1", "y: 2", " x = 1", "  y = 2 ; why", "z =", "  more", "\tmore ; c", "# comment", "  ; comment", "", "  ", "x=\u00a0é", "Z = 3",
		})
		lines := rapid.SliceOfN(line, 0, 14).Draw(t, "lines")
		return strings.Join(lines, end) + rapid.SampledFrom([]string{"", end}).Draw(t, "last")
	})
}

func anyValue() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"1", "2", "more", "", "a b", "é", "x = 1", "[a]", "a;b", "#"}), 1, 4).Draw(t, "value"), "\n")
	})
}

// Every edit leaves each line that it did not touch, byte for byte and in its order,
// and what was added can be taken away again.
func TestEdit_LeavesTheRestAsItIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := anyContent().Draw(t, "content")
		section, option := rapid.SampledFrom([]string{"a", "b", "DEFAULT", "new"}).Draw(t, "section"), rapid.SampledFrom([]string{"x", "y", "z", "w"}).Draw(t, "option")
		value := anyValue().Draw(t, "value")
		after, err := jailconf.Set(before, section, option, value)
		if fault.Is(err, fault.Invalid) {
			return
		}
		if err != nil {
			t.Fatalf("%v", err)
		}
		again, err := jailconf.Set(after, section, option, value)
		if err != nil || again != after {
			t.Fatalf("a second time gives %q, %v after %q", again, err, after)
		}
		gone, err := jailconf.Unset(after, section, option)
		if err != nil {
			t.Fatal(err)
		}
		without, err := jailconf.Unset(before, section, option)
		if err != nil {
			t.Fatal(err)
		}
		missing := without == before && before != ""
		if missing && section != "new" && strings.Contains(before, "["+section+"]") && ended(gone) != ended(before) {
			t.Fatalf("what was added to %q does not go away: %q", before, gone)
		}
		if !subsequence(comments(before), comments(after)) {
			t.Fatalf("comments went missing: %q became %q", before, after)
		}
		if strings.Contains(before, "\r\n") && strings.Contains(strings.ReplaceAll(after, "\r\n", ""), "\n") {
			t.Fatalf("another line end: %q became %q", before, after)
		}
	})
}

// ended is content with its last line ended: where there was no last line break, the
// line before one that was added and taken away has got one.
func ended(content string) string { return strings.TrimRight(content, "\r\n") }

func comments(content string) []string {
	var all []string
	for l := range strings.FieldsFuncSeq(content, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if s := strings.TrimSpace(l); strings.HasPrefix(s, "#") || strings.HasPrefix(s, ";") {
			all = append(all, l)
		}
	}
	return all
}

func subsequence(short, long []string) bool {
	for _, s := range short {
		i := slices.Index(long, s)
		if i < 0 {
			return false
		}
		long = long[i+1:]
	}
	return true
}

// Whatever the file and the value: an error, or a file in which only that option differs
// (Set itself compares) and which is stable.
func FuzzSet(f *testing.F) {
	f.Add("[a]\nx = 1 ; c\r\n  2\r# c\n", "a", "x", "1\n\n3")
	f.Add("[DEFAULT]\n x=1\n[DEFAULT]\n\ty=2", "DEFAULT", "z", "%")
	f.Fuzz(func(t *testing.T, content, section, option, value string) {
		after, err := jailconf.Set(content, section, option, value)
		if err != nil {
			if fault.Is(err, fault.Internal) {
				t.Fatalf("%v", err)
			}
			return
		}
		if again, err := jailconf.Set(after, section, option, value); err != nil || again != after {
			t.Fatalf("again: %q, %v; before %q", again, err, after)
		}
		if _, err := jailconf.Unset(after, section, option); err != nil {
			t.Fatalf("unset: %v", err)
		}
	})
}
