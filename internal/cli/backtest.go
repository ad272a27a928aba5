package cli

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
	"bangui/internal/terminal"
)

// backtestOrder asks whom a jail would have banned, as the API takes it.
type backtestOrder struct {
	Jail        string        `json:"jail"`
	SpanSeconds int64         `json:"span_seconds"`
	ETag        string        `json:"etag,omitempty"`
	Edits       []configEdit  `json:"edits,omitempty"`
	Files       []configFile  `json:"files,omitempty"`
	Sweep       backtestSweep `json:"sweep,omitzero"`
}

type backtestSweep struct {
	MaxRetry    []int   `json:"max_retry,omitempty"`
	FindSeconds []int64 `json:"find_seconds,omitempty"`
	BanSeconds  []int64 `json:"ban_seconds,omitempty"`
}

// backtest is one that was begun, as the API answers.
type backtest struct {
	ID       string          `json:"id"`
	Jail     string          `json:"jail"`
	State    string          `json:"state"`
	Share    float64         `json:"share"`
	Lines    int             `json:"lines"`
	Failures int             `json:"failures"`
	Why      string          `json:"why,omitempty"`
	Mend     string          `json:"mend,omitempty"`
	Result   *backtestResult `json:"result"`
}

type backtestResult struct {
	Version   string            `json:"version"`
	Since     time.Time         `json:"since"`
	From      *time.Time        `json:"from"`
	To        *time.Time        `json:"to"`
	Logs      []string          `json:"logs"`
	Lines     int               `json:"lines"`
	Now       backtestSide      `json:"now"`
	After     *backtestSide     `json:"after"`
	Sweep     []backtestPoint   `json:"sweep"`
	Addresses []backtestAddress `json:"addresses"`
	More      int               `json:"more"`
	SignedIn  int               `json:"signed_in"`
	Notes     []backtestNote    `json:"notes"`
}

type backtestSide struct {
	MaxRetry    int   `json:"max_retry"`
	FindSeconds int64 `json:"find_seconds"`
	BanSeconds  int64 `json:"ban_seconds"`
	Failures    int   `json:"failures"`
	Ignored     int   `json:"ignored"`
	Stopped     int   `json:"stopped"`
	Bans        int   `json:"bans"`
	Addresses   int   `json:"addresses"`
	AtOnce      int   `json:"at_once"`
	Protected   int   `json:"protected"`
	SignedIn    int   `json:"signed_in"`
}

type backtestPoint struct {
	MaxRetry    int   `json:"max_retry"`
	FindSeconds int64 `json:"find_seconds"`
	BanSeconds  int64 `json:"ban_seconds"`
	Bans        int   `json:"bans"`
	Addresses   int   `json:"addresses"`
	Protected   int   `json:"protected"`
	SignedIn    int   `json:"signed_in"`
}

type backtestAddress struct {
	ID        string        `json:"id"`
	Now       backtestBans  `json:"now"`
	After     *backtestBans `json:"after"`
	Protected string        `json:"protected,omitempty"`
	SignIns   int           `json:"sign_ins"`
	Users     []string      `json:"users"`
}

type backtestBans struct {
	Failures int           `json:"failures"`
	Ignored  int           `json:"ignored"`
	Stopped  int           `json:"stopped"`
	Bans     int           `json:"bans"`
	Times    []backtestBan `json:"times"`
}

type backtestBan struct {
	At         time.Time `json:"at"`
	BanSeconds int64     `json:"ban_seconds"`
}

type backtestNote struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// backtestFlags are the flags of the command.
type backtestFlags struct {
	since, change string
	set, sweep    []string
}

func (c *command) backtest() *cobra.Command {
	var f backtestFlags
	cmd := &cobra.Command{
		Use: "backtest JAIL", Short: "Whom a jail, as it is or changed, would have banned by its logs",
		Long: "Read the logs of a jail with fail2ban's own engine and tell whom it would have banned, and when: with what is now, and beside it\n" +
			"with a change that is not made. Addresses that are protected, or that signed in well in the same logs, are marked. A sweep\n" +
			"compares values of maxretry, findtime and bantime. Nothing is banned, changed or run. Ctrl-C stops it." +
			exits(Done, Failed, Usage, Unreachable, NoPermit),
		Example: "  bangui backtest sshd\n  bangui backtest sshd --set maxretry=3 --since 7d\n  bangui backtest sshd --sweep maxretry=2,3,5,10 --sweep findtime=10m,1h",
		Args:    exactly(1, "the name of one jail"),
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		order, err := c.backtestOrder(args[0], f)
		if err != nil {
			return err
		}
		return c.with(func(ctx context.Context, b backend, _ []string) error {
			ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
			defer stop()
			done, err := c.runBacktest(ctx, b, order)
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(done)
			}
			return c.showBacktest(*done.Result)
		})(cmd, args)
	}
	flags := cmd.Flags()
	flags.StringVar(&f.since, "since", "24h", "how far back, such as 6h or 7d; at most 31d")
	flags.StringArrayVar(&f.set, "set", nil, "OPTION=VALUE of the jail, to compare with what is now (several: repeat it)")
	flags.StringVar(&f.change, "change", "", "a file with a change to compare, as `bangui config apply` takes it; - for standard input")
	flags.StringArrayVar(&f.sweep, "sweep", nil, "maxretry, findtime or bantime with values to compare: maxretry=2,3,5 (several: repeat it)")
	c.addBackend(cmd)
	return cmd
}

func (c *command) backtestOrder(jail string, f backtestFlags) (o backtestOrder, err error) {
	o.Jail = jail
	seconds, ok := jailconf.Seconds(f.since)
	if !ok || seconds < 60 {
		return o, fault.New(fault.Invalid, "--since is how far back, such as 6h or 7d, not %s", strconv.Quote(f.since))
	}
	o.SpanSeconds = seconds
	if f.change != "" {
		change, err := c.readChange(f.change)
		if err != nil {
			return o, err
		}
		o.ETag, o.Edits, o.Files = change.ETag, change.Edits, change.Files
	}
	for _, word := range f.set {
		option, value, ok := strings.Cut(word, "=")
		if !ok {
			return o, fault.New(fault.Invalid, "--set takes OPTION=VALUE, not %s", strconv.Quote(word))
		}
		o.Edits = append(o.Edits, configEdit{Place: "jail", Name: jail, Option: option, Value: &value})
	}
	for _, word := range f.sweep {
		if err := o.Sweep.add(word); err != nil {
			return o, err
		}
	}
	return o, nil
}

// add reads one --sweep.
func (s *backtestSweep) add(word string) error {
	option, values, _ := strings.Cut(word, "=")
	for text := range strings.SplitSeq(values, ",") {
		seconds, ok := jailconf.Seconds(text)
		if strings.TrimSpace(text) == "-1" {
			seconds, ok = -1, option == "bantime"
		}
		retries, err := strconv.Atoi(strings.TrimSpace(text))
		switch {
		case option == "maxretry" && err == nil:
			s.MaxRetry = append(s.MaxRetry, retries)
		case option == "findtime" && ok:
			s.FindSeconds = append(s.FindSeconds, seconds)
		case option == "bantime" && ok:
			s.BanSeconds = append(s.BanSeconds, seconds)
		default:
			return fault.New(fault.Invalid, "--sweep takes maxretry, findtime or bantime with values, such as findtime=10m,1h, not %s", strconv.Quote(word))
		}
	}
	return nil
}

// runBacktest waits for a back-test, and stops it when ctx ends.
func (c *command) runBacktest(ctx context.Context, b backend, o backtestOrder) (done backtest, err error) {
	if done, err = b.StartBacktest(ctx, o); err != nil {
		return done, err
	}
	id := done.ID
	defer func() {
		if err != nil || ctx.Err() != nil {
			end, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTime)
			defer cancel()
			_ = b.StopBacktest(end, id) // it also stops by itself
		}
	}()
	shows := terminal.Is(c.Stderr) && !c.asJSON
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for done.State == "running" {
		if shows {
			fmt.Fprintf(c.Stderr, "\r%3.0f %%, %d lines, %d failures ", 100*done.Share, done.Lines, done.Failures)
		}
		select {
		case <-ctx.Done():
			return done, fault.Wrap(ctx.Err(), fault.Unavailable, "the back-test was stopped")
		case <-tick.C:
		}
		if done, err = b.Backtest(ctx, id); err != nil {
			return done, err
		}
	}
	if shows {
		fmt.Fprint(c.Stderr, "\r\x1b[K")
	}
	if done.State != "done" || done.Result == nil {
		return done, fault.New(fault.Fail2banRefused, "%s", done.Why).WithMend("%s", done.Mend)
	}
	return done, nil
}

// showBacktest writes a result. Ids and users are written by attackers.
func (c *command) showBacktest(r backtestResult) error {
	from := "no line with a date"
	if r.From != nil && r.To != nil {
		from = moment(*r.From) + " to " + moment(*r.To)
	}
	c.print("%d lines of %s: %s (fail2ban %s)", r.Lines, terminal.Printable(strings.Join(r.Logs, ", ")), from, terminal.Printable(r.Version))
	if err := c.showBacktestSides(r); err != nil {
		return err
	}
	if err := c.showBacktestAddresses(r); err != nil {
		return err
	}
	if r.More > 0 {
		c.print("and %d more addresses", r.More)
	}
	if err := c.showBacktestSweep(r.Sweep); err != nil {
		return err
	}
	for _, n := range r.Notes {
		c.print("%s", c.style().Warn(terminal.Printable(n.Text)))
	}
	return nil
}

func (c *command) showBacktestSides(r backtestResult) error {
	row := func(name string, s backtestSide) []terminal.Cell {
		return []terminal.Cell{
			terminal.Text(name), number(s.MaxRetry), terminal.Text(span(s.FindSeconds)), terminal.Text(span(s.BanSeconds)), number(s.Failures), number(s.Bans),
			number(s.Addresses), number(s.AtOnce), number(s.Stopped), c.warned(s.Protected), c.warned(s.SignedIn),
		}
	}
	rows := [][]terminal.Cell{row("now", r.Now)}
	if r.After != nil {
		rows = append(rows, row("changed", *r.After))
	}
	return terminal.Table(c.Stdout, c.style(), []string{"", "MAXRETRY", "FINDTIME", "BANTIME", "FAILURES", "BANS", "ADDRESSES", "AT ONCE", "STOPPED", "PROTECTED", "SIGNED IN"}, rows)
}

func (c *command) warned(n int) terminal.Cell {
	cell := number(n)
	if n > 0 {
		cell.Paint = c.style().Warn
	}
	return cell
}

func (c *command) showBacktestAddresses(r backtestResult) error {
	if len(r.Addresses) == 0 {
		c.print("Nobody would have been banned.")
		return nil
	}
	heading := []string{"ADDRESS", "BANS NOW", "FIRST"}
	if r.After != nil {
		heading = append(heading, "CHANGED", "FIRST")
	}
	var rows [][]terminal.Cell
	for _, a := range r.Addresses {
		row := append([]terminal.Cell{terminal.Text(a.ID)}, backtestCells(a.Now)...)
		if a.After != nil {
			row = append(row, backtestCells(*a.After)...)
		}
		note := a.Protected
		if a.SignIns > 0 {
			note = strings.TrimSpace(note + fmt.Sprintf(" signed in %d times: %s", a.SignIns, strings.Join(a.Users, ", ")))
		}
		rows = append(rows, append(row, terminal.Cell{Text: note, Paint: c.style().Warn}))
	}
	return terminal.Table(c.Stdout, c.style(), append(heading, ""), rows)
}

func backtestCells(b backtestBans) []terminal.Cell {
	first := "-"
	if len(b.Times) > 0 {
		first = moment(b.Times[0].At)
	}
	return []terminal.Cell{number(b.Bans), terminal.Text(first)}
}

func (c *command) showBacktestSweep(points []backtestPoint) error {
	if len(points) == 0 {
		return nil
	}
	var rows [][]terminal.Cell
	for _, p := range points {
		rows = append(rows, []terminal.Cell{
			number(p.MaxRetry), terminal.Text(span(p.FindSeconds)), terminal.Text(span(p.BanSeconds)), number(p.Bans), number(p.Addresses), c.warned(p.Protected), c.warned(p.SignedIn),
		})
	}
	return terminal.Table(c.Stdout, c.style(), []string{"MAXRETRY", "FINDTIME", "BANTIME", "BANS", "ADDRESSES", "PROTECTED", "SIGNED IN"}, rows)
}
