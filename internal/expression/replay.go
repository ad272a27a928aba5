package expression

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"io"
	"math"
	"time"

	"bangui/internal/fault"
)

//go:embed replay.py
var replay string

// ReplayLimits bound reading a whole log: fail2ban's engine takes about 20,000 lines in a
// second, and nobody waits for longer than some minutes.
func ReplayLimits() Limits {
	l := StandardLimits()
	l.CPU, l.Wall = 2*time.Minute, 15*time.Minute
	return l
}

// Replay is a filter and a whole log to find failures in, as the server would have while
// the log was written.
type Replay struct {
	Filter   Filter
	UseDNS   string    // usedns: yes, warn, no or raw. Names are taken as the server takes them, and not looked up
	Encoding string    // logencoding; "" = auto
	TimeZone string    // logtimezone; "" = the machine's
	Since    time.Time // older lines find nothing
	Log      io.Reader // hostile bytes
	Journal  bool      // each line is the microseconds since 1970 of an entry, a tab, and its text
}

// Failure is one that was found. ID and User are hostile text.
type Failure struct {
	At    time.Time // as the line says; one without a date has that of the line before
	Clock time.Time // the latest time in the log so far
	ID    string    // what would be banned, at most 200 characters
	User  string    // at most 64 characters; "" = none
}

// Replayed says how a log was read.
type Replayed struct {
	Version     string // of fail2ban
	Lines       int
	Old         int       // before Since
	Undated     int       // before any date, so that they count for nothing
	Stopped     int       // an expression took too long on them
	Names       int       // hosts by their names
	Failures    int       // those that were told
	First, Last time.Time // what the log spans; zero = there is no date
	Enough      bool      // who took the failures wanted no more
}

// Replay reads a log and tells each failure, in the order of their lines, until found
// answers false or ctx ends. Errors are those of Try; Invalid where an expression can't be used.
func (t *Tester) Replay(ctx context.Context, program string, r Replay, found func(Failure) bool) (Replayed, error) {
	if err := check(Trial{Filter: r.Filter}); err != nil {
		return Replayed{}, err
	}
	python, err := interpreter(program)
	if err != nil {
		return Replayed{}, err
	}
	order, err := json.Marshal(replayOrderOf(r))
	if err != nil {
		return Replayed{}, fault.Wrap(err, fault.Internal, "the log could not be read")
	}
	release, err := t.place(ctx)
	if err != nil {
		return Replayed{}, err
	}
	defer release()
	ctx, enough := context.WithCancel(ctx)
	defer enough()
	out := &told{found: found, enough: enough}
	err = t.limits.stream(ctx, python, engine+replay, io.MultiReader(bytes.NewReader(append(order, '\n')), r.Log), out)
	switch {
	case out.said.Enough:
		return out.said, nil
	case out.err != nil:
		return Replayed{}, fault.Wrap(out.err, fault.Internal, "what was found in the log can't be read")
	case err != nil:
		return Replayed{}, err
	case out.fault != "":
		return Replayed{}, fault.New(fault.Invalid, "%s", out.fault).WithMend("Try the filter in the expression tester.")
	case !out.ended:
		return Replayed{}, fault.New(fault.Internal, "the log was not read to its end")
	}
	return out.said, nil
}

// stream runs a script in the cage that reads in as it comes, and writes to out.
func (l Limits) stream(ctx context.Context, python, script string, in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithTimeout(ctx, l.Wall)
	defer cancel()
	cmd, _, said := l.command(ctx, python, script, 0, nil)
	cmd.Stdin, cmd.Stdout = in, out
	ended := make(chan error, 1)
	go inCage(ended, python, cmd.Run)
	if err := <-ended; err != nil {
		return l.failed(ctx, err, said.String())
	}
	return nil
}

// replayOrder is a Replay as replay.py reads it.
type replayOrder struct {
	order
	UseDNS   string  `json:"use_dns"`
	Encoding string  `json:"encoding"`
	TimeZone string  `json:"time_zone"`
	Since    float64 `json:"since"`
	Journal  bool    `json:"journal"`
}

func replayOrderOf(r Replay) replayOrder {
	o := replayOrder{order: orderOf(Trial{Filter: r.Filter}), UseDNS: r.UseDNS, Encoding: r.Encoding, TimeZone: r.TimeZone, Journal: r.Journal}
	if o.Encoding == "" {
		o.Encoding = "auto"
	}
	if o.UseDNS == "" {
		o.UseDNS = "warn"
	}
	if !r.Since.IsZero() {
		o.Since = float64(r.Since.UnixMicro()) / 1e6
	}
	return o
}

// told takes what replay.py writes, line by line.
type told struct {
	found  func(Failure) bool
	enough context.CancelFunc
	rest   []byte
	said   Replayed
	fault  string
	ended  bool
	err    error
}

// Write takes whole lines and keeps the rest.
func (o *told) Write(b []byte) (int, error) {
	const longest = 64 << 10
	o.rest = append(o.rest, b...)
	for {
		line, rest, whole := bytes.Cut(o.rest, []byte("\n"))
		if !whole {
			break
		}
		o.rest = rest
		if o.err = o.take(line); o.err != nil {
			return 0, o.err
		}
	}
	if len(o.rest) > longest {
		o.err = errors.New("a line is too long")
		return 0, o.err
	}
	o.rest = bytes.Clone(o.rest)
	return len(b), nil
}

func (o *told) take(line []byte) error {
	switch {
	case o.said.Enough:
		return nil
	case bytes.HasPrefix(line, []byte("{")):
		return o.end(line)
	}
	var f struct {
		at, clock float64
		id, user  string
	}
	if err := json.Unmarshal(line, &[]any{&f.at, &f.clock, &f.id, &f.user}); err != nil {
		return err
	}
	o.said.Failures++
	if !o.found(Failure{At: moment(f.at), Clock: moment(f.clock), ID: f.id, User: f.user}) {
		o.said.Enough = true
		o.enough()
	}
	return nil
}

// end takes the last line.
func (o *told) end(line []byte) error {
	var e struct {
		Version  string  `json:"version"`
		Fault    string  `json:"fault"`
		Lines    int     `json:"lines"`
		Old      int     `json:"old"`
		Undated  int     `json:"undated"`
		Stopped  int     `json:"stopped"`
		Names    int     `json:"names"`
		Failures int     `json:"failures"`
		First    float64 `json:"first"`
		Last     float64 `json:"last"`
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	o.ended, o.fault = true, e.Fault
	o.said = Replayed{
		Version: e.Version, Lines: e.Lines, Old: e.Old, Undated: e.Undated, Stopped: e.Stopped, Names: e.Names, Failures: e.Failures,
		First: moment(e.First), Last: moment(e.Last),
	}
	return nil
}

// moment is a time as Python has it; zero for none, and for one beyond all calendars.
func moment(seconds float64) time.Time {
	if seconds <= 0 || seconds > 1e11 {
		return time.Time{}
	}
	return time.UnixMicro(int64(math.Round(seconds * 1e6))).UTC()
}
