package cli

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/helper"
)

func (c *command) helper() *cobra.Command {
	var socket, conf, state string
	var users, groups []string
	cmd := &cobra.Command{
		Use:   "helper",
		Short: "Hold fail2ban's socket for a console that runs as another user",
		Long: "Hold fail2ban's socket for a console that runs as another user (bangui serve --helper PATH), until SIGINT or SIGTERM. Run it as root.\n" +
			"It listens on a Unix socket only, takes nothing but a short list of requests, and refuses bans that would lock somebody out, whatever the\n" +
			"console asks. What else it allows stands in " + helper.StandardConf + "; docs/helper.md tells all of it. It tells systemd when it is\n" +
			"ready, and takes a socket that systemd made." + exits(Done, Failed, Usage, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, _, err := c.settings(cmd.Flags(), nil)
			if err != nil {
				return err
			}
			ctx, _, release := app.WithSignals(cmd.Context())
			defer release()
			return app.RunHelper(ctx, app.HelperOptions{
				Config: settings, Version: c.Version, Log: c.Stderr, Command: c.typed(), Getenv: c.getenv,
				Socket: c.absolute(socket), Conf: c.absolute(conf), Users: users, Groups: groups, StateDir: c.stateDir(state),
			})
		},
	}
	cmd.Flags().StringVar(&socket, "socket", helper.StandardSocket, "Unix socket to listen at, for root and the group of the users who are allowed")
	cmd.Flags().StringSliceVar(&users, "allow-user", nil, "user who may connect, by name or number, beside root; may be given again")
	cmd.Flags().StringSliceVar(&groups, "allow-group", nil, "group whose members may connect, by name or number; may be given again")
	cmd.Flags().StringVar(&conf, "helper-conf", helper.StandardConf, "file of the machine's owner: what a console may do")
	cmd.Flags().StringVar(&state, "state-dir", "", "folder in which the helper keeps the epoch of the newest scheduler (default: what systemd's StateDirectory= says; none = in memory)")
	c.addSettings(cmd.Flags(), "fail2ban-socket", "fail2ban-config", "fail2ban-db", "fail2ban-log", "path-map", "log-level", "log-format")
	return cmd
}

// stateDir is the folder that was named, else the one that systemd made for us.
func (c *command) stateDir(named string) string {
	if named != "" {
		return c.absolute(named)
	}
	first, _, _ := strings.Cut(c.getenv("STATE_DIRECTORY"), ":")
	return first
}

// absolute is a path from where we were called.
func (c *command) absolute(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(c.WorkDir, path)
}
