package cli

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/client"
	"bangui/internal/fault"
	"bangui/internal/terminal"
)

// healthView is the full health answer.
type healthView struct {
	Status     string `json:"status"`
	Components map[string]struct {
		Status string     `json:"status"`
		Since  *time.Time `json:"since,omitempty"`
		Detail string     `json:"detail,omitempty"`
	} `json:"components"`
}

func (c *command) healthcheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "healthcheck",
		Short: "Ask a running console how it is",
		Long: "Ask a running console how it is. It is healthy while it can serve users: a fail2ban that is away makes it degraded, which restarting\n" +
			"the console would not mend." + exits(Done, Failed, Usage, Unreachable),
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, _, err := c.settings(cmd.Flags(), nil)
			if err != nil {
				return err
			}
			console, err := client.New(cmp.Or(c.url, c.getenv("BANGUI_URL"), localURL(conf)), c.Version)
			if err != nil {
				return err
			}
			defer console.Close()
			var health healthView
			if err := console.Get(cmd.Context(), "api/health", nil, &health); err != nil {
				return err
			}
			if health.Status == "" {
				return fault.New(fault.Unavailable, "what answers is not a console")
			}
			return c.showHealth(health)
		},
	}
	cmd.Flags().StringVar(&c.url, "url", "", "address of the console (default BANGUI_URL, else the one of this machine)")
	c.addSettings(cmd.Flags(), "data-dir")
	return cmd
}

func (c *command) showHealth(h healthView) error {
	if c.asJSON {
		if err := c.writeJSON(h); err != nil {
			return err
		}
	} else {
		c.print("%s", terminal.Printable(h.Status))
		for _, name := range slices.Sorted(maps.Keys(h.Components)) {
			part := h.Components[name]
			c.print("  %-10s %-12s %s", terminal.Printable(name), terminal.Printable(part.Status), terminal.Printable(part.Detail))
		}
	}
	if h.Status == "unavailable" {
		return &outcomeError{Failed}
	}
	return nil
}
