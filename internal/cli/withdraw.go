package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/audit"
	"bangui/internal/config"
	"bangui/internal/fault"
	"bangui/internal/terminal"
)

func (c *command) withdraw() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "withdraw",
		Short: "Take out of fail2ban what BanGUI added to it",
		Long: "Take out of fail2ban what BanGUI added to it, before BanGUI is removed: the jail `manual` and its file, if and only if BanGUI made them.\n" +
			"Bans in that jail end with it. Works with fail2ban running or not, on this machine only, and never asks a console." +
			exits(Done, Failed, Usage, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, _, err := c.settings(cmd.Flags(), nil)
			if err != nil {
				return err
			}
			withdrawn, err := app.Withdraw(cmd.Context(), conf, slog.New(slog.DiscardHandler))
			if err := c.recordWithdrawal(cmd.Context(), conf, withdrawn, err); err != nil {
				// It goes on: BanGUI is being removed, and its record with it.
				fmt.Fprintln(c.Stderr, "bangui: it is not in the audit: "+terminal.Printable(fault.MessageOf(err)))
			}
			if err != nil {
				return err
			}
			return c.showWithdrawn(withdrawn)
		},
	}
	c.addSettings(cmd.Flags(), "data-dir", "database", "database-password-file", "fail2ban-socket", "fail2ban-config")
	return cmd
}

func (c *command) showWithdrawn(file string) error {
	switch {
	case c.asJSON:
		return c.writeJSON(map[string]string{"removed": file})
	case file == "":
		c.print("fail2ban holds nothing of BanGUI's.")
	default:
		c.print("removed %s", terminal.Printable(file))
	}
	return nil
}

// recordWithdrawal records what was done, where there is a database to do it in.
func (c *command) recordWithdrawal(ctx context.Context, conf config.Config, file string, failed error) error {
	if file == "" && failed == nil {
		return nil
	}
	records, err := app.OpenRecords(ctx, conf, c.typed())
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	e := audit.Entry{Actor: c.actor(), Action: "manual_jail.remove", Target: "local", Outcome: audit.OK, Before: file}
	if failed != nil {
		e.Outcome, e.Code, e.Detail = audit.Failed, fault.CodeOf(failed), fault.MessageOf(failed)
	}
	return errors.Join(records.Record(ctx, e), records.Close())
}
