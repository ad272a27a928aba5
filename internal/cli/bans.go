package cli

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/fault"
	"bangui/internal/terminal"
)

// Bounds of the list, and how often --watch looks.
const (
	defaultLimit = 100
	maxLimit     = 100_000
	watchEvery   = time.Second
)

func (c *command) bans() *cobra.Command {
	q := banQuery{limit: defaultLimit}
	var watch bool
	var find banFlags
	cmd := &cobra.Command{
		Use: "bans [TEXT]", Short: "List bans, newest first",
		Long: "List the active bans, or with --state all of them, newest first. With TEXT only those whose address contains it. Elsewhere than on a\n" +
			"terminal: fields separated by tabs (address, jail, banned at, ends, times banned, failures, origin)." + exits(Done, Usage, Unreachable, NoPermit),
		Example: "  bangui bans --state all --country NL --since 24h\n  bangui bans --state all --ip 203.0.113.0/24 --line root --json\n" +
			"  bangui bans --state all --since 24h --not-jail sshd --not-country NL\n  bangui bans --saved \"by hand\"",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return fault.New(fault.Invalid, "give at most one text to look for")
			}
			if q.limit < 1 || q.limit > maxLimit {
				return fault.New(fault.Invalid, "--limit %d is not between 1 and %d", q.limit, maxLimit)
			}
			return nil
		},
		RunE: c.with(func(ctx context.Context, b backend, args []string) error {
			if len(args) == 1 {
				q.text = args[0]
			}
			if err := find.read(&q); err != nil {
				return err
			}
			if err := q.resolve(ctx, b); err != nil {
				return err
			}
			if watch {
				ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
				defer stop()
				return c.watch(ctx, b, q)
			}
			bans, err := b.Bans(ctx, q)
			if err != nil {
				return err
			}
			return c.showBans(bans)
		}),
	}
	find.add(cmd, &q, "active")
	cmd.Flags().IntVar(&q.limit, "limit", defaultLimit, "at most so many")
	cmd.Flags().BoolVar(&watch, "watch", false, "show bans and unbans as they come, until Ctrl-C")
	c.addBackend(cmd)
	return cmd
}

// banFlags are those filters whose text is more than itself.
type banFlags struct {
	since, until string
	not          without
	state        string // where none is given
}

// add gives a command the filters of bans.
func (f *banFlags) add(cmd *cobra.Command, q *banQuery, state string) {
	f.state = state
	cmd.Flags().StringVar(&q.saved, "saved", "", "those of this saved filter of yours, without the filters below; `bangui saved-filter list` shows them")
	cmd.Flags().StringVar(&q.jail, "jail", "", "only in this jail")
	cmd.Flags().StringVar(&q.ip, "ip", "", "only this address, or all inside this network")
	cmd.Flags().StringVar(&q.state, "state", state, "active, ended or all; ended ones need a console, as the filters below do")
	cmd.Flags().StringVar(&q.host, "host", "", "only on this host")
	cmd.Flags().StringVar(&q.country, "country", "", "only from this country: two letters")
	cmd.Flags().Int64Var(&q.asn, "asn", 0, "only from this autonomous system: its number")
	cmd.Flags().StringVar(&q.origin, "origin", "", "only fail2ban's own (fail2ban), or those by hand (manual)")
	cmd.Flags().StringVar(&q.line, "line", "", "only those with this text in a log line behind them")
	cmd.Flags().StringArrayVar(&f.not.jails, "not-jail", nil, "without this jail; as often as you like, as the next two")
	cmd.Flags().StringArrayVar(&f.not.countries, "not-country", nil, "without this country")
	cmd.Flags().StringArrayVar(&f.not.asns, "not-asn", nil, "without this autonomous system")
	cmd.Flags().StringVar(&f.not.origin, "not-origin", "", "without fail2ban's own (fail2ban), or those by hand (manual)")
	cmd.Flags().StringVar(&f.since, "since", "", "not before: a moment such as 2026-11-24T13:00:00Z, or how long ago, such as 24h")
	cmd.Flags().StringVar(&f.until, "until", "", "before: the same")
}

func (f *banFlags) read(q *banQuery) (err error) {
	if n := f.not; len(n.jails)+len(n.countries)+len(n.asns) > 0 || n.origin != "" {
		q.not = &n
	}
	if q.since, err = pastMoment("--since", f.since); err != nil {
		return err
	}
	if q.until, err = pastMoment("--until", f.until); err != nil {
		return err
	}
	if plain := (banQuery{state: f.state, limit: q.limit, saved: q.saved}); q.saved != "" && *q != plain {
		return fault.New(fault.Invalid, "--saved is a whole filter and takes no other beside it")
	}
	return nil
}

func (c *command) showBans(bans []banRow) error {
	if c.asJSON {
		return c.writeJSON(map[string]any{"items": bans})
	}
	style := c.style()
	rows := make([][]terminal.Cell, len(bans))
	for i, b := range bans {
		rows[i] = []terminal.Cell{
			{Text: b.Address, Paint: style.Bold},
			terminal.Text(b.Jail), terminal.Text(moment(b.BannedAt)), terminal.Text(ends(b)),
			known(b.BanCount), known(b.Failures),
			{Text: b.Origin, Paint: style.Dim},
		}
	}
	return terminal.Table(c.Stdout, style, []string{"ADDRESS", "JAIL", "BANNED", "ENDS", "TIMES", "FAILURES", "BY"}, rows)
}

func known(n int) terminal.Cell {
	if n == 0 {
		return terminal.Text("-")
	}
	return terminal.Text(strconv.Itoa(n))
}

// change is one line of --watch.
type change struct {
	At     time.Time `json:"at"`
	Change string    `json:"change"` // "ban" or "unban"
	Ban    banRow    `json:"ban"`
}

// watch compares the list with the one before, each second, until ctx ends. The
// bans that are there at first are shown too.
func (c *command) watch(ctx context.Context, b backend, q banQuery) error {
	q.limit = maxLimit
	before := map[string]banRow{}
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		bans, err := b.Bans(ctx, q)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // asked to end
		}
		if err != nil {
			return err
		}
		now := make(map[string]banRow, len(bans))
		for _, ban := range bans {
			now[ban.Jail+"\x00"+ban.Address+"\x00"+ban.BannedAt.String()] = ban
		}
		if err := c.showChanges(before, now); err != nil {
			return err
		}
		before = now
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (c *command) showChanges(before, now map[string]banRow) error {
	for key, ban := range now {
		if _, was := before[key]; !was {
			if err := c.showChange(change{ban.BannedAt, "ban", ban}); err != nil {
				return err
			}
		}
	}
	for key, ban := range before {
		if _, is := now[key]; !is {
			if err := c.showChange(change{time.Now(), "unban", ban}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *command) showChange(ch change) error {
	if c.asJSON {
		return c.writeJSONLine(ch)
	}
	style := c.style()
	word := style.Bad("ban  ")
	if ch.Change == "unban" {
		word = style.Good("unban")
	}
	c.print("%s  %s  %s  %s", moment(ch.At), word, terminal.Printable(ch.Ban.Jail), style.Bold(terminal.Printable(ch.Ban.Address)))
	return nil
}
