package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/fault"
	"bangui/internal/terminal"
)

func (c *command) ban() *cobra.Command {
	var o banOrder
	cmd := &cobra.Command{
		Use: "ban ADDRESS...", Short: "Ban addresses or networks in a jail",
		Long: "Ban addresses or networks in a jail, for as long as the jail bans, or with --for as long as you say: a console ends them then.\n" +
			"Loopback, this machine's own addresses, gateways, name servers, the addresses of running SSH sessions and what fail2ban ignores\n" +
			"are never banned; networks wider than /24 (IPv4) or /48 (IPv6) need --wide." + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Example: "  bangui ban 203.0.113.7 --jail sshd --reason 'scans for weeks'\n  bangui ban 203.0.113.7 --jail manual --for 36h\n  bangui ban 2001:db8::/64 --jail manual --dry-run",
		Args:    atLeastOne,
		RunE: c.with(func(ctx context.Context, b backend, args []string) error {
			o.addresses = args
			if err := checkDuration(o.duration); err != nil {
				return err
			}
			results, err := b.Ban(ctx, o)
			if err != nil {
				return err
			}
			return c.showOutcomes(results, "banned", "already_banned", "would_ban")
		}),
	}
	cmd.Flags().StringSliceVar(&o.jails, "jail", nil, "jail to ban in (several: repeat it, or separate by commas)")
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, in your words; kept with the ban")
	cmd.Flags().DurationVar(&o.duration, "for", 0, "how long, such as 90m or 720h: 10s to 87600h (default: as long as the jail bans)")
	cmd.Flags().BoolVar(&o.wide, "wide", false, "I mean all of a wide network")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what would happen, and do nothing")
	must(cmd.MarkFlagRequired("jail"))
	c.addBackend(cmd)
	return cmd
}

// checkDuration refuses what the API would refuse.
func checkDuration(d time.Duration) error {
	const least, most = 10 * time.Second, 87600 * time.Hour
	if d != 0 && (d < least || d > most || d%time.Second != 0) {
		return fault.New(fault.Invalid, "--for %s is not between 10s and 87600h in whole seconds", d)
	}
	return nil
}

func (c *command) unban() *cobra.Command {
	var o liftOrder
	cmd := &cobra.Command{
		Use: "unban ADDRESS...", Short: "End bans",
		Long:    "End the bans of addresses or networks, in the jails given or everywhere." + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Example: "  bangui unban 203.0.113.7\n  bangui unban 203.0.113.7 --jail sshd",
		Args:    atLeastOne,
		RunE: c.with(func(ctx context.Context, b backend, args []string) error {
			o.addresses = args
			results, err := b.Lift(ctx, o)
			if err != nil {
				return err
			}
			return c.showOutcomes(results, "lifted", "not_banned")
		}),
	}
	cmd.Flags().StringSliceVar(&o.jails, "jail", nil, "only in this jail (several: repeat it, or separate by commas)")
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, in your words")
	c.addBackend(cmd)
	return cmd
}

func atLeastOne(_ *cobra.Command, args []string) error {
	if len(args) == 0 || len(args) > 1000 {
		return fault.New(fault.Invalid, "give one address or network or more, at most 1000")
	}
	return nil
}

// showOutcomes writes what became of each pair; anything but the good words makes
// the command fail.
func (c *command) showOutcomes(results []outcome, good ...string) error {
	style := c.style()
	status := Done
	rows := make([][]terminal.Cell, len(results))
	for i, r := range results {
		paint := style.Good
		if !slices.Contains(good, r.Outcome) {
			paint, status = style.Bad, Failed
		}
		detail := r.Detail
		if r.Outcome == "needs_confirmation" {
			detail += " Give --wide if you do."
		}
		rows[i] = []terminal.Cell{terminal.Text(r.Address), terminal.Text(r.Jail), {Text: strings.ReplaceAll(r.Outcome, "_", " "), Paint: paint}, terminal.Text(detail)}
	}
	var err error
	if c.asJSON {
		err = c.writeJSON(map[string]any{"results": results})
	} else {
		err = terminal.Table(c.Stdout, style, []string{"ADDRESS", "JAIL", "RESULT", ""}, rows)
	}
	if err == nil && status != Done {
		err = &outcomeError{status}
	}
	return err
}

// must is for mistakes in this program that its first run shows.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
