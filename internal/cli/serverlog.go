package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/terminal"
)

// followEvery is how often a log is asked for what is new.
const followEvery = time.Second

func (c *command) serverLog() *cobra.Command {
	var q host.LogQuery
	var follow bool
	cmd := &cobra.Command{
		Use: "log", Short: "Show fail2ban's own log",
		Long: "Show the last messages of fail2ban's own log, and with --follow what comes. Elsewhere than on a terminal: fields separated by tabs (time, level, part of fail2ban, message); with --json one object a line." +
			exits(Done, Failed, Usage, Unreachable, NoPermit),
		Example: "  bangui server log --level ERROR\n  bangui server log --follow --grep 203.0.113.7",
		Args:    exactly(0, "no arguments, only flags"),
		RunE: c.with(func(ctx context.Context, b backend, _ []string) error {
			if q.Limit < 1 || q.Limit > maxLimit {
				return fault.New(fault.Invalid, "--limit %d is not between 1 and %d", q.Limit, maxLimit)
			}
			q.Level = strings.ToUpper(q.Level)
			page, err := b.ServerLog(ctx, q)
			if err != nil {
				return err
			}
			if err := c.showLog(page); err != nil || !follow {
				return err
			}
			return c.followLog(ctx, b, q, page)
		}),
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what comes, until Ctrl+C")
	cmd.Flags().StringVar(&q.Level, "level", "", "only this level and what is more urgent: CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG")
	cmd.Flags().StringVar(&q.Text, "grep", "", "only messages that hold this text, in any case")
	cmd.Flags().StringVar(&q.Jail, "jail", "", "only messages about this jail")
	cmd.Flags().IntVar(&q.Limit, "limit", defaultLimit, "at most so many to begin with")
	return cmd
}

// followLog shows what comes until somebody ends it.
func (c *command) followLog(ctx context.Context, b backend, q host.LogQuery, page logView) error {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		q.After = page.Newer
		next, err := b.ServerLog(ctx, q)
		if err != nil && ctx.Err() != nil {
			return nil //nolint:nilerr // that is how it ends
		}
		if err != nil {
			return err
		}
		if err := c.showLog(next); err != nil {
			return err
		}
		if next.Newer != "" {
			page.Newer = next.Newer
		}
	}
}

// showLog shows messages as they come: a log is no table, its lines are long.
func (c *command) showLog(page logView) error {
	style := c.style()
	if page.Missed && !c.asJSON {
		c.print("%s", style.Warn("… the log was rotated; messages before this may be missing"))
	}
	for _, line := range page.Items {
		if c.asJSON {
			if err := c.writeJSONLine(line); err != nil {
				return err
			}
			continue
		}
		at := ""
		if line.At != nil {
			at = line.At.Local().Format(time.DateTime)
		}
		paint := func(text string) string { return text }
		switch line.Level {
		case "CRITICAL", "ERROR":
			paint = style.Bad
		case "WARNING":
			paint = style.Warn
		}
		c.print("%s\t%s\t%s\t%s", at, paint(line.Level), terminal.Printable(line.Part), terminal.Printable(strings.ReplaceAll(line.Text, "\n", "\n  ")))
	}
	return nil
}
