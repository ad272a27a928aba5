package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/history"
	"bangui/internal/terminal"
)

func (c *command) selfCheck() *cobra.Command {
	var rebuild bool
	cmd := &cobra.Command{
		Use: "selfcheck", Short: "Check that the statistics are what the recorded bans say",
		Long: "Check that each counter behind the statistics is what the recorded bans say; with --rebuild count anew first. A console may run meanwhile.\n" +
			"Of bans that retention has removed the counters stay as they are." + onThisMachine + exits(Done, Failed, Usage, NoDatabase, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
	}
	// Not before the flags are read.
	cmd.RunE = c.records(func(ctx context.Context, records *app.Records) error {
		found, err := records.SelfCheck(ctx, rebuild)
		if err != nil {
			return err
		}
		return c.showChecked(found)
	})
	cmd.Flags().BoolVar(&rebuild, "rebuild", false, "count all bans anew first")
	c.addSettings(cmd.Flags(), "data-dir", "database", "database-password-file")
	return cmd
}

// difference is a counter that is wrong.
type difference struct {
	Counter string `json:"counter"`
	Key     string `json:"key"`
	Counted int64  `json:"counted"`
	There   int64  `json:"there"`
}

func (c *command) showChecked(found history.Checked) error {
	rows := make([]difference, len(found.Differences))
	for i, d := range found.Differences {
		rows[i] = difference(d)
	}
	var err error
	switch {
	case c.asJSON:
		err = c.writeJSON(map[string]any{"ok": len(rows) == 0, "days": found.Days, "differences": rows})
	case len(rows) == 0:
		c.print("All counters are what the bans say, of %d days.", found.Days)
	default:
		for _, d := range rows {
			c.print("%s %s: counted %d, there are %d", d.Counter, terminal.Printable(d.Key), d.Counted, d.There)
		}
		c.print("Count anew: bangui selfcheck --rebuild")
	}
	if err == nil && len(rows) > 0 {
		err = &outcomeError{Failed}
	}
	return err
}
