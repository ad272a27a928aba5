package cli

import (
	"log/slog"

	"github.com/spf13/cobra"

	"bangui/internal/app"
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
			if err != nil {
				return err
			}
			return c.showWithdrawn(withdrawn)
		},
	}
	c.addSettings(cmd.Flags(), "fail2ban-socket", "fail2ban-config")
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
