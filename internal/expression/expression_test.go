package expression_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/expression"
	"bangui/internal/fault"
)

func lines(all ...string) []expression.Line {
	var out []expression.Line
	for _, text := range all {
		out = append(out, expression.Line{Text: []byte(text)})
	}
	return out
}

func try(t *testing.T, l expression.Limits, trial expression.Trial) expression.Result {
	t.Helper()
	r, err := expression.New(l).Try(t.Context(), program, trial)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestTry_SaysWhatMatchedAndWhere(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 0, 0, 0, time.UTC)
	trial := expression.Trial{
		Filter: expression.Filter{
			Prefix: `^\s*\S+ app\[\d+\]: <F-CONTENT>.+</F-CONTENT>$`,
			Fail:   []string{`^no entry for <F-USER>\S+</F-USER> at <HOST>$`, `^gone <F-ID>\w+</F-ID>$`},
			Ignore: []string{`for friend `},
		},
		Lines: append(lines(
			"Nov 23 14:34:00 müller app[1]: no entry for bob at 203.0.113.7",
			"Nov 23 14:34:01 müller app[1]: no entry for friend at 203.0.113.8",
			"Nov 23 14:34:02 müller app[1]: all is well", "", "# a comment",
			"app[1]: gone"), expression.Line{Text: []byte("müller app[1]: gone abc"), At: &at}),
	}
	r := try(t, limits(), trial)
	want := []expression.State{"matched", "ignored", "missed", "skipped", "skipped", "missed", "matched"}
	for i, row := range r.Lines {
		if row.State != want[i] {
			t.Errorf("line %d is %s, not %s", row.Number, row.State, want[i])
		}
	}
	if r.Counts != (expression.Counts{Tested: 5, Matched: 2, Missed: 2, Ignored: 1}) || r.Stopped != "" || r.Version == "" {
		t.Errorf("%+v", r)
	}
	hit := r.Lines[0].Hits[0]
	if hit.ID != "203.0.113.7" || hit.Host != "203.0.113.7" || hit.User != "bob" || hit.Expression != 0 {
		t.Errorf("%+v", hit)
	}
	cut := func(row expression.Row, from, to int) string { return string([]rune(row.Text)[from:to]) }
	found := map[string]string{}
	for _, g := range hit.Groups {
		found[g.Name] = cut(r.Lines[0], g.Start, g.End)
	}
	if found["user"] != "bob" || found["ip4"] != "203.0.113.7" {
		t.Errorf("the groups stand at %v", found)
	}
	if got := cut(r.Lines[0], hit.Start, hit.End); got != "no entry for bob at 203.0.113.7" {
		t.Errorf("the match stands at %q", got)
	}
	if row := r.Lines[0]; row.At == nil || cut(row, row.DateStart, row.DateEnd) != "Nov 23 14:34:00" {
		t.Errorf("the date is %v at %d to %d", row.At, row.DateStart, row.DateEnd)
	}
	if row := r.Lines[6]; row.At == nil || !row.At.Equal(at) || row.Hits[0].ID != "abc" || row.Hits[0].Host != "" {
		t.Errorf("the entry of the journal: %+v", row)
	}
	if e := r.Expressions; len(e) != 5 || e[0].Kind != "prefix" || e[0].Hits != 4 || e[1].Hits != 1 || e[3].Hits != 1 || e[4].Kind != "date" {
		t.Errorf("%+v", e)
	}
}

func TestTry_OneFailureOverSeveralLines(t *testing.T) {
	r := try(t, limits(), expression.Trial{
		Filter: expression.Filter{Fail: []string{`^ conn (?P<c>\d+) from <HOST>$<SKIPLINES>^ conn (?P=c) failed$`}, MaxLines: 5},
		Lines:  lines("Nov 23 14:34:00 conn 7 from 203.0.113.7", "Nov 23 14:34:01 something else", "Nov 23 14:34:02 conn 7 failed"),
	})
	if r.Lines[0].State != "matched" || r.Lines[1].State != "missed" || r.Lines[2].State != "matched" {
		t.Errorf("%+v", r.Lines)
	}
	for _, g := range r.Lines[2].Hits[0].Groups {
		if g.Name == "ip4" && (g.Line != 1 || r.Lines[0].Text[g.Start:g.End] != "203.0.113.7") {
			t.Errorf("the address stands at %+v", g)
		}
	}
}

func TestTry_NeverLooksUpNames(t *testing.T) {
	trial := expression.Trial{Filter: expression.Filter{Fail: []string{`from <HOST>$`}}, Lines: lines("from localhost")}
	if r := try(t, limits(), trial); r.Counts.Matched != 0 {
		t.Errorf("a name was taken: %+v", r.Lines)
	}
	trial.HostNames = true
	if r := try(t, limits(), trial); r.Counts.Matched != 1 || r.Lines[0].Hits[0].ID != "localhost" {
		t.Errorf("%+v", r.Lines)
	}
}

// Patterns that take for ever on a line of a few dozen characters.
func catastrophic() []string {
	var all []string
	for _, a := range []string{`(a+)+`, `(a*)*`, `(a|a)+`, `(a|aa)+`, `(a+a?)+`, `(?:a+)+`, `([a-z]+)*`, `(\w+\s?)*`, `(.*a){20}`, `(a?){30}a{30}`} {
		for _, tail := range []string{`$`, `!`} {
			all = append(all, `^`+a+tail+`<HOST>`)
		}
	}
	return all
}

func TestTry_StopsAndNamesWhatTakesForEver(t *testing.T) {
	l := limits()
	l.Once, l.CPU = 30*time.Millisecond, 20*time.Second
	bad := catastrophic()
	r := try(t, l, expression.Trial{
		Filter: expression.Filter{Fail: append(bad, `^Nobody at <HOST>$`), Ignore: []string{`^(i+)+$`}},
		Lines:  lines(strings.Repeat("a", 60), strings.Repeat("a", 60)+"?", "Nobody at 203.0.113.7", "Nobody at 203.0.113.8"),
		Judge:  true,
	})
	stopped := 0
	for _, e := range r.Expressions {
		if e.Stopped != 0 {
			stopped++
		}
	}
	if stopped < len(bad)*3/4 {
		t.Errorf("%d of %d were stopped: %+v", stopped, len(bad), r.Expressions)
	}
	if r.Stopped != "" || r.Lines[2].State != "matched" || r.Lines[3].State != "matched" || r.Lines[0].State != "stopped" {
		t.Errorf("the good one did not go on: %q, %+v", r.Stopped, r.Lines)
	}
	slow := 0
	for _, f := range r.Flags {
		if f.Kind == expression.Slow {
			slow++
		}
	}
	if slow < stopped {
		t.Errorf("%d flags for %d", slow, stopped)
	}
}

func TestTry_StopsPrefixesDatesAndAllTogether(t *testing.T) {
	l := limits()
	l.Once = 30 * time.Millisecond
	long := strings.Repeat("a", 60) + "?"
	r := try(t, l, expression.Trial{Filter: expression.Filter{Prefix: `^(a+)+$`, Fail: []string{`<HOST>`}}, Lines: lines("x", long, "x")})
	if r.Expressions[0].Stopped != 2 || r.Stopped == "" || r.Lines[2].State != expression.Untried {
		t.Errorf("a prefix: %q, %+v", r.Stopped, r.Expressions)
	}
	r = try(t, l, expression.Trial{Filter: expression.Filter{DatePattern: `{^LN-BEG}(a+)+$`, Fail: []string{`at <HOST>`}}, Lines: lines(long, "at 203.0.113.7")})
	if date := r.Expressions[len(r.Expressions)-1]; date.Kind != "date" || date.Stopped != 1 || r.Lines[1].State != "matched" {
		t.Errorf("a date: %+v, %+v", date, r.Lines)
	}
	l.CPU = time.Nanosecond
	r = try(t, l, expression.Trial{Filter: expression.Filter{Fail: []string{`at <HOST>`}}, Lines: lines("at 203.0.113.7", "at 203.0.113.8")})
	if r.Stopped == "" || r.Lines[1].State != expression.Untried {
		t.Errorf("the whole: %q, %+v", r.Stopped, r.Lines)
	}
}

func TestTry_SaysWhichExpressionCanNotBeUsed(t *testing.T) {
	r := try(t, limits(), expression.Trial{
		Filter: expression.Filter{Fail: []string{`(unclosed <HOST>`, `^no id$`, `^at <HOST>$`, strings.Repeat(`(`, 5000) + `<HOST>` + strings.Repeat(`)`, 5000)}},
		Lines:  lines("at 203.0.113.7"),
	})
	for i, bad := range []bool{true, true, false, true} {
		if got := r.Expressions[i].Fault; (got != "") != bad {
			t.Errorf("expression %d: %q", i, got)
		}
	}
	if r.Lines[0].State != "matched" || r.Lines[0].Hits[0].Expression != 2 {
		t.Errorf("%+v", r.Lines)
	}
	r = try(t, limits(), expression.Trial{Filter: expression.Filter{Fail: []string{`(`}}, Lines: lines("x")})
	if r.Stopped == "" || r.Expressions[0].Fault == "" {
		t.Errorf("%+v", r)
	}
	for pattern, bad := range map[string]bool{`(%Y`: true, `%Y[`: true, `%Q`: true, `%Y-%m-%d`: false, "{^LN-BEG}%Y\n^EPOCH": false, `{DATE}x`: false, `%%`: false} {
		r = try(t, limits(), expression.Trial{Filter: expression.Filter{DatePattern: pattern, Fail: []string{`at <HOST>`}}, Lines: lines("at 203.0.113.7")})
		if date := r.Expressions[len(r.Expressions)-1]; (date.Fault != "") != bad {
			t.Errorf("the date pattern %q: %q", pattern, date.Fault)
		}
	}
}

func TestTry_HostileLinesAreText(t *testing.T) {
	big := bytes.Repeat([]byte("x"), 700_000)
	hostile := []expression.Line{
		{Text: []byte(`<script>alert(1)</script> at 203.0.113.7`)},
		{Text: []byte("\x1b]0;owned\a\x1b[2J at 203.0.113.7")},
		{Text: append(big, " at 203.0.113.7"...)},
		{Text: []byte("\xff\xfe\x80 at 203.0.113.7")},
		{Text: []byte("a\x00b at 203.0.113.7")},
		{Text: []byte("\u202ea\u0085b\u2028c\r\x0b at 203.0.113.7")},
		{Text: []byte(`{"lines": null} __import__('os').system('id') %(x)s <F-USER> at 203.0.113.7`)},
	}
	r := try(t, limits(), expression.Trial{Filter: expression.Filter{Fail: []string{` at <HOST>$`}}, Lines: hostile, Judge: true})
	if len(r.Lines) != len(hostile) {
		t.Fatalf("%d lines came of %d", len(r.Lines), len(hostile))
	}
	for i, row := range r.Lines {
		if row.State != "matched" || row.Hits[0].ID != "203.0.113.7" {
			t.Errorf("line %d: %+v", i, row)
		}
		if want := strings.ToValidUTF8(string(hostile[i].Text), "\ufffd"); !row.Cut && len(row.Text) != len(want) && i != 3 {
			t.Errorf("line %d became %q", i, row.Text)
		}
	}
	if !r.Lines[2].Cut || len(r.Lines[2].Text) != expression.MaxText {
		t.Errorf("the long line has %d characters", len(r.Lines[2].Text))
	}
}

func TestTry_Refuses(t *testing.T) {
	some := expression.Filter{Fail: []string{"<HOST>"}}
	for name, c := range map[string]struct {
		trial expression.Trial
		want  fault.Code
	}{
		"no expression":     {expression.Trial{}, fault.Invalid},
		"many expressions":  {expression.Trial{Filter: expression.Filter{Fail: make([]string, expression.MaxExpressions)}}, fault.TooLarge},
		"a long expression": {expression.Trial{Filter: expression.Filter{Fail: []string{strings.Repeat("a", expression.MaxExpression+1)}}}, fault.TooLarge},
		"many lines":        {expression.Trial{Filter: some, Lines: make([]expression.Line, expression.MaxLines+1)}, fault.TooLarge},
		"a long line":       {expression.Trial{Filter: some, Lines: lines(strings.Repeat("a", expression.MaxBytes+1))}, fault.TooLarge},
		"a large window":    {expression.Trial{Filter: expression.Filter{Fail: some.Fail, MaxLines: expression.MaxBuffer + 1}}, fault.Invalid},
	} {
		if _, err := expression.New(limits()).Try(t.Context(), program, c.trial); !fault.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// flagged are the flags of each failregex, without those about time.
func flagged(t *testing.T, fails []string, has ...string) map[int][]expression.FlagKind {
	t.Helper()
	kinds := map[int][]expression.FlagKind{}
	r := try(t, limits(), expression.Trial{Filter: expression.Filter{Fail: fails}, Lines: lines(has...), Judge: true})
	if r.Counts.Matched != len(has) {
		t.Errorf("%d lines match %v", r.Counts.Matched, fails)
	}
	for _, f := range r.Flags {
		if f.Kind != expression.Slow {
			kinds[f.Expression] = append(kinds[f.Expression], f.Kind)
		}
		if f.Example != "" && !strings.Contains(f.Example, "192.0.2.66") {
			t.Errorf("%q shows nothing", f.Example)
		}
	}
	return kinds
}

func TestTry_ShowsWhatStrangersCanSteer(t *testing.T) {
	for _, c := range []struct {
		fail, line string
		want       expression.FlagKind // "" = none
	}{
		{`Failed login for .* from <HOST>`, "Nov 23 14:34:00 h app: Failed login for bob from 203.0.113.7", expression.Unanchored},
		{`^\s*\S+ app: Failed for .*? from <HOST>`, "Nov 23 14:34:00 h app: Failed for bob from 203.0.113.7", expression.Steered},
		{`^\s*\S+ app: Failed for <F-USER>.*?</F-USER> from <HOST>`, "Nov 23 14:34:00 h app: Failed for bob from 203.0.113.7", expression.Steered},
		{`^\s*\S+ app: .*client <HOST>\b.*$`, "Nov 23 14:34:00 h app: GET /a client 203.0.113.7 agent x y", expression.Unanchored},
		{`^\s*\S+ app: Failed for \S+ from <HOST>$`, "Nov 23 14:34:00 h app: Failed for bob from 203.0.113.7", ""},
		{`^\s*\S+ app: Failed for .* from <HOST>$`, "Nov 23 14:34:00 h app: Failed for bob from 203.0.113.7", ""},
		{`^\s*\S+ app: Failed for "[^"]*" from <HOST>$`, `Nov 23 14:34:00 h app: Failed for "bob" from 203.0.113.7`, ""},
		{`^\s*\S+ app: <HOST> failed for .*$`, "Nov 23 14:34:00 h app: 203.0.113.7 failed for bob", ""},
	} {
		if got := flagged(t, []string{c.fail}, c.line)[0]; c.want == "" && got != nil || c.want != "" && !slices.Contains(got, c.want) {
			t.Errorf("%s is flagged %v, not %q", c.fail, got, c.want)
		}
	}
}

// Without a line to show it on, the shape of an expression has to do.
func TestTry_FlagsLooseShapes(t *testing.T) {
	wants := map[string]expression.FlagKind{
		`Failed login from <HOST>$`:                  expression.Unanchored,
		`(?:^|x)Failed login from <HOST>$`:           expression.Unanchored,
		`.*Failed login from <HOST>$`:                expression.Unanchored,
		`(?:^ )?Failed login from <HOST>$`:           expression.Unanchored,
		`^.* from <HOST>`:                            expression.CatchAll,
		`^for (?:.*) from <HOST>\s`:                  expression.CatchAll,
		`^for <F-USER>[^:]+</F-USER> from <HOST>.*$`: expression.CatchAll,
		`^for .* from <HOST>$`:                       "",
		`^for "[^"]+" from "<HOST>"`:                 "",
		`^(?:a|b) <HOST> .*$`:                        "",
		`^(?:\[\] )?\s*\S{1,200} from <HOST>`:        "",
		`^\A(?:^x|^y) from <HOST>`:                   "",
	}
	fails := slices.Sorted(maps.Keys(wants))
	got := flagged(t, fails)
	for i, fail := range fails {
		if want := wants[fail]; want == "" && got[i] != nil || want != "" && !slices.Contains(got[i], want) {
			t.Errorf("%s is flagged %v, not %q", fail, got[i], want)
		}
	}
}
