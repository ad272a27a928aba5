package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/terminal"
)

// trialOrder asks what expressions make of lines.
type trialOrder struct {
	filter    string
	options   map[string]string // that are not saved
	kind      string
	text      string
	path      string
	match     string
	lines     int
	hostNames bool
}

// trial is what came of it, as the API answers.
type trial struct {
	Version string `json:"version"`
	Counts  struct {
		Tested  int `json:"tested"`
		Matched int `json:"matched"`
		Missed  int `json:"missed"`
		Ignored int `json:"ignored"`
	} `json:"counts"`
	Stopped     string            `json:"stopped,omitempty"`
	Expressions []trialExpression `json:"expressions"`
	Flags       []trialFlag       `json:"flags"`
	Lines       []trialLine       `json:"lines"`
}

type trialExpression struct {
	Kind         string `json:"kind"`
	Index        int    `json:"index"`
	Text         string `json:"text"`
	Hits         int    `json:"hits"`
	Microseconds int64  `json:"microseconds"`
	StoppedAt    int    `json:"stopped_at,omitempty"`
	Fault        string `json:"fault,omitempty"`
}

type trialFlag struct {
	Kind       string `json:"kind"`
	Of         string `json:"of"`
	Expression int    `json:"expression"`
	Text       string `json:"text"`
	Example    string `json:"example,omitempty"`
}

type trialLine struct {
	Number int        `json:"number"`
	Text   string     `json:"text"`
	State  string     `json:"state"`
	At     *time.Time `json:"at,omitempty"`
	Hits   []trialHit `json:"hits"`
}

type trialHit struct {
	Expression int    `json:"expression"`
	ID         string `json:"id,omitempty"`
	User       string `json:"user,omitempty"`
	Host       string `json:"host,omitempty"`
}

// trialFlags are the flags of the command.
type trialFlags struct {
	filter, prefix, date, log, journal string
	fail, ignore                       []string
	maxLines, lines                    int
	hostNames, all                     bool
}

func (c *command) testFilter() *cobra.Command {
	var f trialFlags
	cmd := &cobra.Command{
		Use: "test-filter [-]", Short: "Try a filter, or expressions, on lines of a log",
		Long: "Try a filter of this machine, or expressions that are in no file yet, on the last lines of one of its logs, of the journal, or\n" +
			"on lines from standard input (-). fail2ban's own engine tries them, locked in: nothing is banned, run or looked up. It tells which\n" +
			"lines match and what would be banned, how long each expression takes, and whether strangers could choose the address.\n" +
			"It succeeds when a line matches and every expression can be used." + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Example: "  bangui test-filter --filter sshd --log /var/log/auth.log\n  bangui test-filter --filter 'sshd[mode=aggressive]' --journal _SYSTEMD_UNIT=ssh.service\n" +
			"  journalctl -u app -n 100 | bangui test-filter --failregex '^\\s*\\S+ app: login failed for <F-USER>\\S+</F-USER> from <HOST>$' -",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 || len(args) == 1 && args[0] != "-" {
				return fault.New(fault.Invalid, "give --log, --journal or - for standard input")
			}
			return nil
		},
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		order, err := f.order(cmd, len(args) == 1, c.Stdin)
		if err != nil {
			return err
		}
		return c.with(func(ctx context.Context, b backend, _ []string) error {
			t, err := b.TestFilter(ctx, order)
			if err != nil {
				return err
			}
			return c.showTrial(t, f.all)
		})(cmd, args)
	}
	flags := cmd.Flags()
	flags.StringVar(&f.filter, "filter", "", "a filter of this machine: NAME, or NAME[option=value]")
	flags.StringArrayVar(&f.fail, "failregex", nil, "an expression (several: repeat it); with --filter in place of the filter's")
	flags.StringArrayVar(&f.ignore, "ignoreregex", nil, "an expression for lines that don't count")
	flags.StringVar(&f.prefix, "prefregex", "", "an expression that lines must match first, with <F-CONTENT>")
	flags.StringVar(&f.date, "datepattern", "", "how dates are written")
	flags.IntVar(&f.maxLines, "maxlines", 0, "how many lines an expression may span")
	flags.StringVar(&f.log, "log", "", "a log of this machine, in a folder for logs")
	flags.StringVar(&f.journal, "journal", "", "entries of the journal: FIELD=value, with + between alternatives; \"\" for those that the filter names")
	flags.IntVar(&f.lines, "lines", 1000, "how many of the last lines, at most 2000")
	flags.BoolVar(&f.hostNames, "host-names", false, "<HOST> also takes names of hosts; they are not looked up")
	flags.BoolVar(&f.all, "all", false, "list missed and ignored lines too")
	c.addBackend(cmd)
	return cmd
}

// order is what the flags ask for.
func (f trialFlags) order(cmd *cobra.Command, stdin bool, in io.Reader) (trialOrder, error) {
	o := trialOrder{filter: f.filter, lines: f.lines, hostNames: f.hostNames, options: map[string]string{}}
	given := map[bool]int{}
	for _, is := range []bool{stdin, cmd.Flags().Changed("log"), cmd.Flags().Changed("journal")} {
		given[is]++
	}
	switch {
	case given[true] != 1:
		return o, fault.New(fault.Invalid, "give one of --log, --journal or - for standard input")
	case f.filter == "" && len(f.fail) == 0:
		return o, fault.New(fault.Invalid, "give --filter or --failregex")
	case f.lines < 1 || f.lines > 2000:
		return o, fault.New(fault.Invalid, "--lines is 1 to 2000")
	}
	for name, text := range map[string]string{
		"failregex": strings.Join(f.fail, "\n"), "ignoreregex": strings.Join(f.ignore, "\n"), "prefregex": f.prefix, "datepattern": f.date,
	} {
		if text != "" {
			o.options[name] = text
		}
	}
	if f.maxLines != 0 {
		o.options["maxlines"] = strconv.Itoa(f.maxLines)
	}
	o.kind, o.path, o.match = string(host.FromLog), f.log, f.journal
	if f.log == "" {
		o.kind = string(host.FromJournal)
	}
	if stdin {
		o.kind = string(host.FromText)
		text, err := io.ReadAll(io.LimitReader(in, host.MaxTrialText+1))
		if err != nil || len(text) > host.MaxTrialText {
			return o, fault.Wrap(err, fault.TooLarge, "standard input can't be read, or has more than %d bytes", host.MaxTrialText)
		}
		o.text = string(text)
	}
	return o, nil
}

// showTrial writes what came of a trial. Lines are written by attackers.
func (c *command) showTrial(t trial, all bool) error {
	bad := t.Counts.Matched == 0 || t.Stopped != "" ||
		slices.ContainsFunc(t.Expressions, func(e trialExpression) bool { return e.Fault != "" || e.StoppedAt != 0 })
	var err error
	if c.asJSON {
		err = c.writeJSON(t)
	} else {
		err = c.printTrial(t, all)
	}
	if err == nil && bad {
		err = &outcomeError{Failed}
	}
	return err
}

func (c *command) printTrial(t trial, all bool) error {
	style := c.style()
	for _, l := range t.Lines {
		switch {
		case l.State == "matched":
			c.print("%s %4d  %s", style.Good("matched"), l.Number, terminal.Printable(l.Text))
			for _, h := range l.Hits {
				c.print("              %s", terminal.Printable(hitInWords(h)))
			}
		case all && l.State != "skipped":
			c.print("%-7s %4d  %s", l.State, l.Number, terminal.Printable(l.Text))
		}
	}
	c.print("%d lines: %d matched, %d missed, %d ignored (fail2ban %s)", t.Counts.Tested, t.Counts.Matched, t.Counts.Missed, t.Counts.Ignored, terminal.Printable(t.Version))
	if t.Stopped != "" {
		c.print("%s", style.Bad("not all lines were tried: "+terminal.Printable(t.Stopped)))
	}
	var rows [][]terminal.Cell
	for _, e := range t.Expressions {
		note := ""
		switch {
		case e.Fault != "":
			note = "can't be used: " + e.Fault
		case e.StoppedAt != 0:
			note = fmt.Sprintf("stopped on line %d: it took too long", e.StoppedAt)
		}
		if e.Kind == "date" && e.Text == "" {
			e.Text = "fail2ban's own patterns"
		}
		rows = append(rows, []terminal.Cell{
			terminal.Text(e.Kind + " " + strconv.Itoa(e.Index+1)), number(e.Hits), terminal.Text((time.Duration(e.Microseconds) * time.Microsecond).String()),
			{Text: note, Paint: style.Bad},
			terminal.Text(e.Text),
		})
	}
	if err := terminal.Table(c.Stdout, style, []string{"EXPRESSION", "HITS", "TIME", "", ""}, rows); err != nil {
		return err
	}
	for _, f := range t.Flags {
		c.print("%s", style.Warn(fmt.Sprintf("%s %d: %s", f.Of, f.Expression+1, f.Text)))
		if f.Example != "" {
			c.print("  %s", terminal.Printable(f.Example))
		}
	}
	return nil
}

// hitInWords says what an expression found.
func hitInWords(h trialHit) string {
	id := h.ID
	if id == "" {
		id = "nothing yet, a later line tells"
	}
	text := fmt.Sprintf("expression %d: %s", h.Expression+1, id)
	if h.User != "" {
		text += ", user " + strconv.Quote(h.User)
	}
	return text
}
