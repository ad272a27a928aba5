package expression_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"bangui/internal/expression"
	"bangui/internal/fault"
)

func replayLimits() expression.Limits {
	l := expression.ReplayLimits()
	l.Queue = 2 * time.Minute
	return l
}

// found replays a log and gives what it says as texts.
func found(t *testing.T, r expression.Replay, log string) (string, expression.Replayed) {
	t.Helper()
	r.Log = strings.NewReader(log)
	var all []string
	said, err := expression.New(replayLimits()).Replay(t.Context(), program, r, func(f expression.Failure) bool {
		all = append(all, fmt.Sprintf("%d %d %s %s", f.At.Unix(), f.Clock.Unix(), f.ID, f.User))
		return true
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "|"), said
}

// A line counts at its own time, one without a date at that of the line before; what is too
// old, or has no date before it, does not count. Names are not looked up.
func TestReplay_TellsFailuresByTheLogsTime(t *testing.T) {
	r := expression.Replay{
		Filter: expression.Filter{Fail: []string{`^\s*bad <F-USER>\S+</F-USER> <HOST>$`}, Ignore: []string{`good`}, DatePattern: "{EPOCH}"},
		Since:  time.Unix(1_700_000_000, 0),
	}
	got, said := found(t, r, "bad early 192.0.2.1\n1600000000 bad old 192.0.2.1\n1700000100 bad bob 192.0.2.1\n1700000090 bad late 2001:DB8::1\nbad \x1b[31mcarol 192.0.2.2\n"+
		"1700000100 bad good 192.0.2.1\n1700000200 bad dave localhost.invalid\n1700000201 \xff\xfe\x00\n")
	if want := "1700000100 1700000100 192.0.2.1 bob|1700000090 1700000100 2001:db8::1 late|1700000090 1700000100 192.0.2.2 \x1b[31mcarol"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if said.Lines != 8 || said.Old != 1 || said.Undated != 1 || said.Names != 1 || said.Failures != 3 || said.First.Unix() != 1_600_000_000 || said.Last.Unix() != 1_700_000_201 {
		t.Errorf("%+v", said)
	}
}

// Lines of one connection are joined by the log's time: what a filter remembers of it is
// forgotten after five minutes, as in a server that read along.
func TestReplay_ForgetsConnectionsByTheLogsTime(t *testing.T) {
	r := expression.Replay{Filter: expression.Filter{
		Fail:        []string{`^\s*<F-MLFID>\d+</F-MLFID> from <HOST>$`, `^\s*<F-MLFID>\d+</F-MLFID> refused$`},
		DatePattern: "{EPOCH}",
	}}
	got, _ := found(t, r, "1700000000 1 from 192.0.2.1\n1700000010 1 refused\n1700000400 1 refused\n")
	if want := "1700000000 1700000000 192.0.2.1 |1700000010 1700000010 192.0.2.1 "; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestReplay_EntriesOfTheJournalHaveTheirOwnTime(t *testing.T) {
	r := expression.Replay{Filter: expression.Filter{Fail: []string{`^bad <HOST>$`}}, Journal: true}
	if got, _ := found(t, r, "1700000000123456\tbad 192.0.2.1\n"); got != "1700000000 1700000000 192.0.2.1 " {
		t.Errorf("%q", got)
	}
}

func TestReplay_EndsWhatTakesForEver(t *testing.T) {
	long := strings.Repeat("1700000000 "+strings.Repeat("a", 40)+"!\n", 30)
	for name, c := range map[string]struct {
		code   fault.Code
		filter expression.Filter
		log    string
	}{
		"slow":     {fault.Invalid, expression.Filter{Fail: []string{`^\s*(a+)+$ <HOST>`}, DatePattern: "{EPOCH}"}, long},
		"broken":   {fault.Invalid, expression.Filter{Fail: []string{`( <HOST>`}}, ""},
		"no group": {fault.Invalid, expression.Filter{Fail: []string{`nobody`}}, ""},
		"nothing":  {fault.Invalid, expression.Filter{}, ""},
	} {
		_, err := expression.New(replayLimits()).Replay(t.Context(), program, expression.Replay{Filter: c.filter, Log: strings.NewReader(c.log)}, func(expression.Failure) bool { return true })
		if !fault.Is(err, c.code) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// endless is a log that never ends.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	e.n++
	return copy(p, fmt.Sprintf("%d bad 192.0.2.1\n", 1_700_000_000+e.n)), nil
}

func TestReplay_EndsWhenNobodyWantsMore(t *testing.T) {
	r := expression.Replay{Filter: expression.Filter{Fail: []string{`bad <HOST>$`}, DatePattern: "{EPOCH}"}, Log: &endless{}}
	n := 0
	said, err := expression.New(replayLimits()).Replay(t.Context(), program, r, func(expression.Failure) bool { n++; return n < 5 })
	if err != nil || n != 5 || !said.Enough || said.Failures != 5 {
		t.Errorf("%d, %+v, %v", n, said, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r.Log = &endless{}
	if _, err = expression.New(replayLimits()).Replay(ctx, program, r, func(expression.Failure) bool { cancel(); return true }); !fault.Is(err, fault.Unavailable) {
		t.Error(err)
	}
}
