package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bangui/internal/terminal"
)

func (c *command) jail() *cobra.Command {
	cmd := &cobra.Command{Use: "jail", Short: "See jails, and change their options"}
	list := &cobra.Command{
		Use: "list", Short: "List the jails with their counters",
		Long: "List the jails with their counters. Elsewhere than on a terminal: fields separated by tabs (jail, state, banned now, banned in all, failures now, failures in all)." +
			exits(Done, Usage, Unreachable, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.with(func(ctx context.Context, b backend, _ []string) error {
			jails, err := b.Jails(ctx)
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(map[string]any{"items": jails})
			}
			return c.showJails(jails)
		}),
	}
	show := &cobra.Command{
		Use: "show JAIL", Short: "Show one jail with its options",
		Long: "Show one jail with its options, asked of fail2ban now." + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: exactly(1, "the name of one jail"),
		RunE: c.with(func(ctx context.Context, b backend, args []string) error {
			jail, err := b.Jail(ctx, args[0])
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(jail)
			}
			c.showJail(jail)
			return nil
		}),
	}
	for _, sub := range []*cobra.Command{list, show} {
		c.addBackend(sub)
		cmd.AddCommand(sub)
	}
	for _, sub := range []*cobra.Command{c.jailSet(), c.jailSwitch(true), c.jailSwitch(false)} {
		c.addConsole(sub)
		c.addSettings(sub.Flags(), "data-dir")
		cmd.AddCommand(sub)
	}
	return cmd
}

func (c *command) showJails(jails []jailRow) error {
	style := c.style()
	rows := make([][]terminal.Cell, len(jails))
	for i, j := range jails {
		paint := style.Good
		if j.State != "running" {
			paint = style.Warn
		}
		rows[i] = []terminal.Cell{
			{Text: j.Name, Paint: style.Bold},
			{Text: j.State, Paint: paint},
			number(j.CurrentlyBanned), number(j.TotalBanned), number(j.CurrentlyFailed), number(j.TotalFailed),
		}
	}
	return terminal.Table(c.Stdout, style, []string{"JAIL", "STATE", "BANNED", "IN ALL", "FAILED", "IN ALL"}, rows)
}

func (c *command) showJail(j jailDetail) {
	field := func(name, format string, args ...any) {
		c.print("%-14s %s", name, terminal.Printable(fmt.Sprintf(format, args...)))
	}
	field("jail", "%s (%s)", j.Name, j.State)
	field("banned", "%d now, %d in all", j.CurrentlyBanned, j.TotalBanned)
	field("failures", "%d now, %d in all", j.CurrentlyFailed, j.TotalFailed)
	field("bans", "%s after %d failures within %s", span(j.BanSeconds), j.MaxRetry, span(j.FindSeconds))
	field("closes", "%s", closes(j.Closes))
	field("actions", "%s", strings.Join(j.Actions, ", "))
	field("reads", "%s", strings.Join(j.LogPaths, ", "))
	field("ignores", "%s", strings.Join(j.Ignored, ", "))
	for i, expression := range j.FailRegexes {
		field("filter "+strconv.Itoa(i+1), "%s", expression)
	}
}

// closes says which ports a ban in this jail shuts.
func closes(all []closure) string {
	var parts []string
	for _, c := range all {
		switch {
		case !c.Known:
			parts = append(parts, "unknown (action "+c.Action+")")
		case c.AllPorts:
			parts = append(parts, "all ports")
		default:
			parts = append(parts, "ports "+c.Ports)
		}
	}
	if len(parts) == 0 {
		return "nothing: it has no action"
	}
	return strings.Join(parts, ", ")
}

func number(n int) terminal.Cell { return terminal.Text(strconv.Itoa(n)) }
