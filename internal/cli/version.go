package cli

import (
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bangui/internal/app"
)

type versionView struct {
	Version     string `json:"version"`
	Go          string `json:"go"`
	Platform    string `json:"platform"`
	Certificate string `json:"certificate,omitempty"` // SHA-256 of the one that we made
}

// ownFingerprint is "" where there is none, or where settings can't be read: the version
// is shown all the same.
func (c *command) ownFingerprint(flags *pflag.FlagSet) string {
	conf, _, err := c.settings(flags, nil)
	if err != nil {
		return ""
	}
	return app.OwnFingerprint(conf)
}

func (c *command) version() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version of this program",
		Long: "Show the version of this program and of the Go that built it, and the SHA-256 fingerprint of the certificate\n" +
			"that the console of this machine has made for itself, if it has." + exits(Done),
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			fingerprint := c.ownFingerprint(cmd.Flags())
			if c.asJSON {
				return c.writeJSON(versionView{c.Version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, fingerprint})
			}
			c.print("bangui %s (%s, %s/%s)", c.Version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			if fingerprint != "" {
				c.print("certificate SHA-256 %s", fingerprint)
			}
			return nil
		},
	}
	c.addSettings(cmd.Flags(), "data-dir")
	return cmd
}
