package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bangui/internal/terminal"
)

func (c *command) why() *cobra.Command {
	cmd := &cobra.Command{
		Use: "why ADDRESS", Short: "Say whether and why an address is banned",
		Long: "Say whether an address is banned, in which jails and until when, where it is, with the log lines that fail2ban kept." + exits(Done, Usage, Unreachable, NoPermit),
		Args: exactly(1, "one address"),
		RunE: c.with(func(ctx context.Context, b backend, args []string) error {
			view, err := b.Why(ctx, args[0])
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(view)
			}
			c.showWhy(view)
			return nil
		}),
	}
	c.addBackend(cmd, geoSettings()...)
	return cmd
}

func (c *command) showWhy(v whyView) {
	style := c.style()
	address := style.Bold(terminal.Printable(v.Address))
	if len(v.Bans)+len(v.CoveredBy) == 0 {
		c.print("%s is %s.", address, style.Good("not banned"))
	}
	for _, b := range v.Bans {
		c.print("%s is %s in %s since %s, until %s.", address, style.Bad("banned"), terminal.Printable(b.Jail), moment(b.BannedAt), ends(b))
		if b.Reason != "" {
			c.print("  reason: %s", terminal.Printable(b.Reason))
		}
	}
	for _, b := range v.CoveredBy {
		c.print("%s is %s with the network %s in %s, until %s.", address, style.Bad("banned"), terminal.Printable(b.Address), terminal.Printable(b.Jail), ends(b))
	}
	if where := v.words(); where != "" {
		c.print("It is in %s.", terminal.Printable(where))
	}
	if v.Protected != "" {
		c.print("%s", terminal.Printable(v.Protected))
	}
	if v.EvidenceError != "" {
		c.print("%s", style.Warn(terminal.Printable(v.EvidenceError)))
	}
	for _, e := range v.Evidence {
		c.print("")
		c.print("%s, %s: %d failures, ban number %d, for %s", terminal.Printable(e.Jail), moment(e.BannedAt), e.Failures, e.BanCount, evidenceSpan(e.BanSeconds))
		for _, line := range e.Lines {
			c.print("  %s", style.Dim(terminal.Printable(line)))
		}
	}
}

func evidenceSpan(seconds int64) string {
	if seconds == -2 {
		return "a time that is not known"
	}
	return span(seconds)
}
