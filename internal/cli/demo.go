package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"bangui/internal/fault"
)

func (c *command) demo() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Serve a demo: a real fail2ban server of our own, on sample logs",
		Long: "Serve a demo: a real fail2ban server in a folder of its own (socket, database, log), on sample logs that BanGUI keeps writing to.\n" +
			"It touches no firewall and nothing of this machine, and protects nothing. Without --data-dir everything is in a temporary\n" +
			"folder that is removed at the end." + exits(Done, Failed, Usage, Unreachable),
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			assumed := map[string]string{"demo": "true"}
			if !cmd.Flags().Changed("data-dir") && c.getenv("BANGUI_DATA_DIR") == "" {
				dir := filepath.Join(c.TempDir, "bangui-demo-"+strconv.Itoa(os.Getpid()))
				if err := os.Mkdir(dir, 0o700); err != nil {
					return fault.Wrap(err, fault.PermissionDenied, "no folder %s can be made for the demo", dir).WithMend("Set one with --data-dir.")
				}
				defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
				assumed["data-dir"] = dir
			}
			conf, _, err := c.settings(cmd.Flags(), assumed)
			if err != nil {
				return err
			}
			return c.runConsole(cmd.Context(), conf)
		},
	}
	c.addSettings(cmd.Flags(), "listen", "data-dir", "fail2ban-config", "base-path", "allowed-hosts", "log-level", "log-format")
	return cmd
}
