package cli

import (
	"net/url"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/fault"
	"bangui/internal/terminal"
)

// stats asks a console for its statistics, which come from counters.
func (c *command) stats() *cobra.Command {
	cmd := &cobra.Command{
		Use: "stats", Short: "Count bans: in all, over time, by jail, country, network, origin or host",
		Long: "Count the bans of a time, of the last day unless a time is given. Figures come from counters, by whole hours up to 14 days and by whole days\n" +
			"beyond; they stay when retention removes the bans. It needs a console and a token for it.",
	}
	cmd.AddCommand(c.statsOverview(), c.statsTrend(), c.statsBy())
	return cmd
}

// statsFlags narrow what is counted.
type statsFlags struct{ host, jail, country, origin, asn, since, until string }

func (f *statsFlags) add(c *command, cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.host, "host", "", "only of this host")
	cmd.Flags().StringVar(&f.jail, "jail", "", "only of this jail")
	cmd.Flags().StringVar(&f.country, "country", "", "only from this country; not together with --origin")
	cmd.Flags().StringVar(&f.origin, "origin", "", "only fail2ban's own (fail2ban), or those by hand (manual)")
	cmd.Flags().StringVar(&f.asn, "asn", "", "only of this autonomous system; not together with --jail, --country and --origin")
	cmd.Flags().StringVar(&f.since, "since", "24h", "from: a moment such as 2026-11-24T13:00:00Z, how long ago, such as 720h, or all")
	cmd.Flags().StringVar(&f.until, "until", "", "to before: the same")
	c.addConsole(cmd)
	c.addSettings(cmd.Flags(), "data-dir")
}

// values are the flags as the API takes them.
func (f *statsFlags) values() (url.Values, error) {
	values := url.Values{}
	for name, value := range map[string]string{"host": f.host, "jail": f.jail, "country": f.country, "origin": f.origin, "asn": f.asn} {
		if value != "" {
			values.Set(name, value)
		}
	}
	since := f.since
	if since == "all" {
		since = ""
	}
	for name, text := range map[string]string{"since": since, "until": f.until} {
		at, err := pastMoment("--"+name, text)
		if err != nil {
			return nil, err
		}
		if !at.IsZero() {
			values.Set(name, at.UTC().Format(time.RFC3339))
		}
	}
	return values, nil
}

// askStats gets one of the statistics from the console.
func (c *command) askStats(cmd *cobra.Command, f *statsFlags, what string, more map[string]string, out any) error {
	values, err := f.values()
	if err != nil {
		return err
	}
	for name, value := range more {
		values.Set(name, value)
	}
	console, err := c.openConsole(cmd)
	if err != nil {
		return err
	}
	defer console.Close()
	return console.client.Get(cmd.Context(), "api/v1/stats/"+what, values, out)
}

type statsSpan struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

type statsSum struct {
	Span       statsSpan `json:"span"`
	Before     statsSpan `json:"before"`
	Bans       int64     `json:"bans"`
	BansBefore int64     `json:"bans_before"`
	Active     int       `json:"active"`
	New        *int64    `json:"new_addresses"`
	NewBefore  *int64    `json:"new_addresses_before"`
}

func (c *command) statsOverview() *cobra.Command {
	var f statsFlags
	cmd := &cobra.Command{
		Use: "overview", Short: "How many bans there were, and in the time of the same length before",
		Long: "Say how many bans there were in a time and in that of the same length before, how many addresses were banned that never were before, and how\n" +
			"many bans there are now. Elsewhere than on a terminal: fields separated by tabs (what, in the time, before)." + exits(Done, Usage, Unreachable, NoPermit),
		Example: "  bangui stats overview --since 168h\n  bangui stats overview --since all --jail sshd --json",
		Args:    exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var sum statsSum
			if err := c.askStats(cmd, &f, "overview", nil, &sum); err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(sum)
			}
			rows := [][]terminal.Cell{
				{terminal.Text("bans"), whole(sum.Bans), whole(sum.BansBefore)},
				{terminal.Text("new addresses"), perhaps(sum.New), perhaps(sum.NewBefore)},
				{terminal.Text("active now"), whole(int64(sum.Active)), terminal.Text("-")},
			}
			return terminal.Table(c.Stdout, c.style(), []string{"WHAT", "IN THIS TIME", "BEFORE"}, rows)
		},
	}
	f.add(c, cmd)
	return cmd
}

type statsTrend struct {
	Span   statsSpan `json:"span"`
	Bucket string    `json:"bucket"`
	Points []struct {
		At   time.Time `json:"at"`
		Bans int64     `json:"bans"`
	} `json:"points"`
}

func (c *command) statsTrend() *cobra.Command {
	var f statsFlags
	cmd := &cobra.Command{
		Use: "trend", Short: "How the number of bans went",
		Long: "Say how many bans began in each hour, six hours, day, week or month of a time, whichever fits its length. Elsewhere than on a terminal: fields\n" +
			"separated by tabs (begin, bans)." + exits(Done, Usage, Unreachable, NoPermit),
		Example: "  bangui stats trend\n  bangui stats trend --since 8760h --country NL --json",
		Args:    exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var trend statsTrend
			if err := c.askStats(cmd, &f, "trend", nil, &trend); err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(trend)
			}
			rows := make([][]terminal.Cell, len(trend.Points))
			for i, p := range trend.Points {
				rows[i] = []terminal.Cell{terminal.Text(moment(p.At)), whole(p.Bans)}
			}
			return terminal.Table(c.Stdout, c.style(), []string{"FROM (ONE " + trend.Bucket + ")", "BANS"}, rows)
		},
	}
	f.add(c, cmd)
	return cmd
}

type statsSplit struct {
	Span  statsSpan `json:"span"`
	Items []struct {
		Key        string  `json:"key"`
		Name       *string `json:"name"`
		Bans       int64   `json:"bans"`
		BansBefore int64   `json:"bans_before"`
	} `json:"items"`
	Others int64 `json:"others"`
	Total  int64 `json:"total"`
}

// Bounds of the parts that are named.
const (
	defaultParts = 20
	maxParts     = 200
)

func (c *command) statsBy() *cobra.Command {
	var f statsFlags
	var limit int
	cmd := &cobra.Command{
		Use: "by PROPERTY", Short: "Bans by jail, country, network, origin or host",
		Long: "Say which jails, countries, networks, origins or hosts had the most bans in a time. Networks are counted for hosts only, countries not together\n" +
			"with origins. Elsewhere than on a terminal: fields separated by tabs (key, name, bans, before)." + exits(Done, Usage, Unreachable, NoPermit),
		Example: "  bangui stats by country --since 168h\n  bangui stats by network --limit 5 --json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fault.New(fault.Invalid, "say by what: jail, country, network, origin or host")
			}
			if limit < 1 || limit > maxParts {
				return fault.New(fault.Invalid, "--limit %d is not between 1 and %d", limit, maxParts)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			var split statsSplit
			if err := c.askStats(cmd, &f, "by/"+url.PathEscape(args[0]), map[string]string{"limit": strconv.Itoa(limit)}, &split); err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(split)
			}
			return c.showSplit(split)
		},
	}
	f.add(c, cmd)
	cmd.Flags().IntVar(&limit, "limit", defaultParts, "name at most so many")
	return cmd
}

func (c *command) showSplit(split statsSplit) error {
	rows := make([][]terminal.Cell, 0, len(split.Items)+1)
	for _, g := range split.Items {
		key, name := g.Key, "-"
		if key == "" || key == "0" {
			key = "not known"
		}
		if g.Name != nil {
			name = *g.Name
		}
		rows = append(rows, []terminal.Cell{terminal.Text(key), terminal.Text(name), whole(g.Bans), whole(g.BansBefore)})
	}
	if split.Others > 0 {
		rows = append(rows, []terminal.Cell{terminal.Text("all others"), terminal.Text("-"), whole(split.Others), terminal.Text("-")})
	}
	return terminal.Table(c.Stdout, c.style(), []string{"KEY", "NAME", "BANS", "BEFORE"}, rows)
}

func whole(n int64) terminal.Cell { return terminal.Text(strconv.FormatInt(n, 10)) }

// perhaps is a number that may not be known.
func perhaps(n *int64) terminal.Cell {
	if n == nil {
		return terminal.Text("-")
	}
	return whole(*n)
}
