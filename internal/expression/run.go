package expression

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"math"
	"time"

	"bangui/internal/fault"
)

//go:embed engine.py
var engine string

//go:embed flags.py
var flags string

// Limits bound one trial in its cage.
type Limits struct {
	CPU    time.Duration // of all expressions on all lines; the process may use twice as much
	Once   time.Duration // of one expression on one line, in the process' own time
	Judge  time.Duration // of the lines that are made up to judge
	Memory int64         // bytes
	Wall   time.Duration // until it is killed: longer than CPU, since the machine may be busy
	Queue  time.Duration // for a place, of which there are two
}

// StandardLimits are those of security.md 9.
func StandardLimits() Limits {
	return Limits{
		CPU: 2 * time.Second, Once: 250 * time.Millisecond, Judge: 500 * time.Millisecond, Memory: 256 << 20,
		Wall: 20 * time.Second, Queue: 10 * time.Second,
	}
}

// Tester tries expressions, two trials at a time. It is safe for concurrent use.
type Tester struct {
	limits Limits
	places chan struct{}
}

// New returns a Tester with these limits.
func New(l Limits) *Tester {
	const atOnce = 2
	return &Tester{limits: l, places: make(chan struct{}, atOnce)}
}

// Try runs a trial with the Python that a program of fail2ban names. The error is Invalid
// for what can't be a trial, Unsupported without Python and fail2ban, TooMany where others
// take all places, Fail2banTimeout for what had to be killed.
func (t *Tester) Try(ctx context.Context, program string, trial Trial) (Result, error) {
	if err := check(trial); err != nil {
		return Result{}, err
	}
	python, err := interpreter(program)
	if err != nil {
		return Result{}, err
	}
	order, err := json.Marshal(orderOf(trial))
	if err != nil {
		return Result{}, fault.Wrap(err, fault.Internal, "the trial could not be written")
	}
	release, err := t.place(ctx)
	if err != nil {
		return Result{}, err
	}
	defer release()
	judge := t.limits.Judge
	if !trial.Judge {
		judge = 0
	}
	out, err := t.limits.run(ctx, python, engine+flags, judge, order)
	if err != nil {
		return Result{}, err
	}
	var said report
	if err := json.Unmarshal(out, &said); err != nil {
		return Result{}, fault.Wrap(err, fault.Internal, "what came of the trial can't be read")
	}
	return said.result(), nil
}

func (t *Tester) place(ctx context.Context) (release func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, t.limits.Queue)
	defer cancel()
	select {
	case t.places <- struct{}{}:
		return func() { <-t.places }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.TooMany, "%d expressions are being tried already", cap(t.places)).WithMend("Try again in a moment.")
	}
}

func check(t Trial) error {
	f := t.Filter
	all := append(append([]string{f.Prefix, f.DatePattern}, f.Fail...), f.Ignore...)
	size := 0
	for _, l := range t.Lines {
		size += len(l.Text)
	}
	switch {
	case len(f.Fail) == 0:
		return fault.New(fault.Invalid, "no expression was given").WithMend("Give a filter, or at least one failregex.")
	case len(all) > MaxExpressions:
		return fault.New(fault.TooLarge, "%d expressions were given; %d is the most at once", len(all), MaxExpressions)
	case len(t.Lines) > MaxLines || size > MaxBytes:
		return fault.New(fault.TooLarge, "%d lines of %d bytes were given; %d lines of %d bytes are the most at once", len(t.Lines), size, MaxLines, MaxBytes)
	case f.MaxLines < 0 || f.MaxLines > MaxBuffer:
		return fault.New(fault.Invalid, "an expression spans 1 to %d lines", MaxBuffer)
	}
	for _, text := range all {
		if len(text) > MaxExpression {
			return fault.New(fault.TooLarge, "an expression of %d bytes was given; %d is the most", len(text), MaxExpression)
		}
	}
	return nil
}

// order is a trial as engine.py reads it.
type order struct {
	Lines       []orderLine `json:"lines"`
	Prefix      string      `json:"prefix"`
	Fail        []string    `json:"fail"`
	Ignore      []string    `json:"ignore"`
	DatePattern string      `json:"date_pattern"`
	MaxLines    int         `json:"max_lines"`
	HostNames   bool        `json:"host_names"`
}

type orderLine struct {
	Text []byte   `json:"text"`
	At   *float64 `json:"at"`
}

func orderOf(t Trial) order {
	f := t.Filter
	o := order{Prefix: f.Prefix, Fail: f.Fail, Ignore: f.Ignore, DatePattern: f.DatePattern, MaxLines: f.MaxLines, HostNames: t.HostNames}
	if o.Ignore == nil {
		o.Ignore = []string{}
	}
	for _, l := range t.Lines {
		line := orderLine{Text: l.Text}
		if l.At != nil {
			at := float64(l.At.UnixMicro()) / 1e6
			line.At = &at
		}
		o.Lines = append(o.Lines, line)
	}
	return o
}

// report is what engine.py says.
type report struct {
	Version     string       `json:"version"`
	Python      string       `json:"python"`
	Counts      Counts       `json:"counts"`
	Stopped     string       `json:"stopped"`
	Lines       []reportRow  `json:"lines"`
	Flags       []Flag       `json:"flags"`
	Expressions []reportExpr `json:"expressions"`
}

type reportRow struct {
	Number    int     `json:"number"`
	Text      string  `json:"text"`
	Cut       bool    `json:"cut"`
	State     State   `json:"state"`
	Hits      []Hit   `json:"hits"`
	At        float64 `json:"at"`
	DateStart int     `json:"date_start"`
	DateEnd   int     `json:"date_end"`
}

type reportExpr struct {
	Kind         Kind   `json:"kind"`
	Index        int    `json:"index"`
	Text         string `json:"text"`
	Hits         int    `json:"hits"`
	Microseconds int64  `json:"microseconds"`
	Slowest      int64  `json:"slowest"`
	SlowestLine  int    `json:"slowest_line"`
	Stopped      int    `json:"stopped"`
	Fault        string `json:"fault"`
}

func (r report) result() Result {
	out := Result{Version: r.Version, Python: r.Python, Counts: r.Counts, Stopped: r.Stopped, Flags: r.Flags}
	for _, e := range r.Expressions {
		out.Expressions = append(out.Expressions, Expression{
			Kind: e.Kind, Index: e.Index, Text: e.Text, Hits: e.Hits, Time: time.Duration(e.Microseconds) * time.Microsecond,
			Slowest: time.Duration(e.Slowest) * time.Microsecond, SlowestLine: e.SlowestLine, Stopped: e.Stopped, Fault: e.Fault,
		})
	}
	for _, l := range r.Lines {
		row := Row{Number: l.Number, Text: l.Text, Cut: l.Cut, State: cmp.Or(l.State, Skipped), Hits: l.Hits, DateStart: l.DateStart, DateEnd: l.DateEnd}
		if l.At != 0 && math.Abs(l.At) < 1e11 {
			at := time.UnixMicro(int64(l.At * 1e6)).UTC()
			row.At = &at
		}
		out.Lines = append(out.Lines, row)
	}
	return out
}
