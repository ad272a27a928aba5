package cli

import (
	"cmp"

	"github.com/spf13/cobra"

	"bangui/internal/fault"
)

// export writes all bans of a query, however many: it needs a console.
func (c *command) export() *cobra.Command {
	var q banQuery
	var find banFlags
	var form string
	cmd := &cobra.Command{
		Use: "export", Short: "Write all bans that match, as CSV or lines of JSON",
		Long: "Write all bans that match, newest first, as CSV or as one JSON object a line, as the console has them. It needs a console and a token for it.\n" +
			"What would begin a formula in a spreadsheet gets an apostrophe before it." + exits(Done, Usage, Unreachable, NoPermit),
		Example: "  bangui export --since 720h > bans.csv\n  bangui export --format ndjson --country NL | jq .address",
		Args:    exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			accept := map[string]string{"csv": "text/csv", "ndjson": "application/x-ndjson"}[form]
			if accept == "" {
				return fault.New(fault.Invalid, "--format %q is neither csv nor ndjson", form)
			}
			if err := find.read(&q); err != nil {
				return err
			}
			console, err := c.openConsole(cmd)
			if err != nil {
				return err
			}
			defer console.Close()
			if err := q.resolve(cmd.Context(), console); err != nil {
				return err
			}
			return console.client.Download(cmd.Context(), "api/v1/bans", q.values(), accept, c.Stdout)
		},
	}
	find.add(cmd, &q, "all")
	cmd.Flags().StringVar(&form, "format", "csv", "csv or ndjson")
	c.addConsole(cmd)
	c.addSettings(cmd.Flags(), "data-dir")
	return cmd
}

// openConsole is the console that was named, or that of this machine. It needs a token.
func (c *command) openConsole(cmd *cobra.Command) (*remote, error) {
	conf, _, err := c.settings(cmd.Flags(), nil)
	if err != nil {
		return nil, err
	}
	address := cmp.Or(c.url, c.getenv("BANGUI_URL"), localURL(conf))
	if c.apiToken() == "" {
		return nil, c.needsToken(address, "")
	}
	return c.openRemote(cmd.Context(), address)
}
