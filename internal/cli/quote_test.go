package cli

import "testing"

func TestQuoted(t *testing.T) {
	for word, want := range map[string]string{
		"./bin/bangui": "./bin/bangui", "--listen=[::1]:0": "'--listen=[::1]:0'", "a b": "'a b'", "it's": `'it'\''s'`, "": "''", "$(x)": "'$(x)'",
	} {
		if got := quoted(word); got != want {
			t.Errorf("quoted(%q) = %s, want %s", word, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for seconds, want := range map[int64]string{-1: "for ever", 0: "0s", 59: "59s", 600: "10m", 3661: "1h 1m", 90061: "1d 1h", 86401: "1d 1s"} {
		if got := span(seconds); got != want {
			t.Errorf("span(%d) = %q, want %q", seconds, got, want)
		}
	}
}
