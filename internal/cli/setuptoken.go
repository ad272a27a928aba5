package cli

import (
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/auth"
	"bangui/internal/fault"
)

func (c *command) setupToken() *cobra.Command {
	cmd := &cobra.Command{
		Use: "setup-token", Short: "Show the token that makes the first admin",
		Long: "Show the token that makes the first admin, and the link that carries it. It is made when the console starts and there is no user yet, and is gone\n" +
			"once there is one." + exits(Done, Failed, Usage, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, _, err := c.settings(cmd.Flags(), nil)
			if err != nil {
				return err
			}
			token, err := auth.ReadSetupToken(app.SetupFile(conf.DataDir))
			switch {
			case errors.Is(err, fs.ErrPermission):
				return fault.Wrap(err, fault.PermissionDenied, "this user may not read the token").WithMend("Run it as root: sudo %s", c.typed())
			case err != nil:
				return fault.Wrap(err, fault.Unavailable, "the token can't be read from %s", conf.DataDir).WithMend("Name the console's folder with --data-dir.")
			case token == "":
				return fault.New(fault.NotFound, "no set-up is open in %s", conf.DataDir).
					WithMend("Where there is a user the set-up is done: sign in, or `bangui user passwd NAME`. Else start the console: bangui serve.")
			}
			link := app.SetupLink(localURL(conf), token)
			if c.asJSON {
				return c.writeJSON(map[string]string{"token": token, "url": link})
			}
			c.print("%s\n%s", token, link)
			return nil
		},
	}
	c.addSettings(cmd.Flags(), "data-dir")
	return cmd
}
