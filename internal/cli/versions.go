package cli

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/client"
	"bangui/internal/fault"
	"bangui/internal/terminal"
)

// versionRow is a version of the configuration as the API tells it.
type versionRow struct {
	ID      string     `json:"id"`
	At      time.Time  `json:"at"`
	Kind    string     `json:"kind"`
	Actor   string     `json:"actor,omitempty"`
	Reason  string     `json:"reason,omitempty"`
	Until   *time.Time `json:"until"`
	Changed []string   `json:"changed"`
}

type versionDetail struct {
	versionRow
	Oldest  bool           `json:"oldest"`
	Files   []fileDiff     `json:"files"`
	Effects []configEffect `json:"effects"`
	Broken  string         `json:"broken,omitempty"`
}

type driftView struct {
	ETag      string         `json:"etag"`
	Known     *versionRow    `json:"known"`
	Drifted   bool           `json:"drifted"`
	Unsettled bool           `json:"unsettled"`
	Files     []fileDiff     `json:"files"`
	Effects   []configEffect `json:"effects"`
	Broken    string         `json:"broken,omitempty"`
}

// bringOrder asks to bring a version back, or to put drift back.
type bringOrder struct {
	ETag    string `json:"etag"`
	Reason  string `json:"reason,omitempty"`
	Confirm int    `json:"confirm_seconds"`
	DryRun  bool   `json:"dry_run"`
}

func (c *command) configVersions() *cobra.Command {
	return &cobra.Command{
		Use: "versions [VERSION]", Short: "List the versions of the configuration, or show what one changed",
		Long: "List the versions of the configuration, newest first, or show what one changed. Elsewhere than on a terminal: fields separated by tabs (version, time, kind, who, files, why)." +
			byConsole + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: cobra.MaximumNArgs(1),
		RunE: c.onConsole(func(ctx context.Context, r *remote, args []string) error {
			if len(args) == 1 {
				return c.showVersion(ctx, r, args[0])
			}
			list := []versionRow{}
			err := client.List(ctx, r.client, localConfig+"/versions", nil, func(v versionRow) bool { list = append(list, v); return true })
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(map[string]any{"items": list})
			}
			rows := make([][]terminal.Cell, len(list))
			for i, v := range list {
				rows[i] = []terminal.Cell{{Text: v.ID}, {Text: v.At.Format(time.RFC3339)}, {Text: v.Kind}, {Text: v.Actor}, {Text: strings.Join(v.Changed, " ")}, {Text: v.Reason}}
			}
			return terminal.Table(c.Stdout, c.style(), []string{"VERSION", "AT", "KIND", "WHO", "FILES", "WHY"}, rows)
		}),
	}
}

func (c *command) showVersion(ctx context.Context, r *remote, id string) error {
	var v versionDetail
	if err := r.client.Get(ctx, localConfig+"/versions/"+url.PathEscape(id), nil, &v); err != nil {
		return err
	}
	if c.asJSON {
		return c.writeJSON(v)
	}
	c.print("version %s, %s, %s by %s", terminal.Printable(v.ID), v.At.Format(time.RFC3339), v.Kind, terminal.Printable(v.Actor))
	if v.Reason != "" {
		c.print("%s", terminal.Printable(v.Reason))
	}
	if v.Oldest {
		c.print("Nothing is kept of what was before.")
	}
	c.showConfigChange(configChange{Files: v.Files, Effects: v.Effects})
	return nil
}

// bring sends an order to bring files back, made from the configuration as it is now.
func (c *command) bring(ctx context.Context, r *remote, path string, o bringOrder) error {
	etag, err := etagNow(ctx, r)
	if err != nil {
		return err
	}
	o.ETag = etag
	var change configChange
	err = r.client.Post(ctx, localConfig+path, o, &change)
	return c.tellChange(change, err, c.showConfigChange)
}

func (c *command) configRestore() *cobra.Command {
	var within time.Duration
	var o bringOrder
	cmd := &cobra.Command{
		Use: "restore VERSION", Short: "Bring the files of a version back",
		Long: "Bring the files of a version back: all .local files, those of people too. What can't be brought back, such as a package's file, stays as it is and is told." +
			byConsole + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: exactly(1, "the number of one version"),
		RunE: c.onConsole(func(ctx context.Context, r *remote, args []string) error {
			o.Confirm = int(within / time.Second)
			return c.bring(ctx, r, "/versions/"+url.PathEscape(args[0])+"/restore", o)
		}),
	}
	confirmFlag(cmd, &within, &o.Reason)
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "say what it would do, and try it; change nothing")
	return cmd
}

func (c *command) configDrift() *cobra.Command {
	var adopt, revert bool
	var within time.Duration
	var o bringOrder
	cmd := &cobra.Command{
		Use: "drift", Short: "Show what was changed by hand; adopt it, or put it back",
		Long: "Show what was changed by hand since the newest version. --adopt takes it over as a version; --revert puts .local files back.\n" +
			"Exit status 1 says that there is drift." + byConsole + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.onConsole(func(ctx context.Context, r *remote, _ []string) error {
			o.Confirm = int(within / time.Second)
			switch {
			case adopt && revert:
				return fault.New(fault.Invalid, "--adopt and --revert exclude each other")
			case revert:
				return c.bring(ctx, r, "/drift/revert", o)
			}
			var d driftView
			if err := r.client.Get(ctx, localConfig+"/drift", nil, &d); err != nil {
				return err
			}
			if adopt {
				return c.adopt(ctx, r, d.ETag, o.Reason)
			}
			return c.showDrift(d)
		}),
	}
	confirmFlag(cmd, &within, &o.Reason)
	cmd.Flags().BoolVar(&adopt, "adopt", false, "take it over as a version")
	cmd.Flags().BoolVar(&revert, "revert", false, "put it back")
	cmd.Flags().BoolVar(&o.DryRun, "dry-run", false, "with --revert: say what it would do, and try it; change nothing")
	return cmd
}

func (c *command) adopt(ctx context.Context, r *remote, etag, reason string) error {
	var v versionRow
	if err := r.client.Post(ctx, localConfig+"/drift/adopt", map[string]string{"etag": etag, "reason": reason}, &v); err != nil {
		return err
	}
	if c.asJSON {
		return c.writeJSON(v)
	}
	c.print("It is version %s.", terminal.Printable(v.ID))
	return nil
}

func (c *command) showDrift(d driftView) error {
	switch {
	case c.asJSON:
		if err := c.writeJSON(d); err != nil {
			return err
		}
	case d.Unsettled:
		c.print("A change is under way; ask again in a moment.")
	case !d.Drifted:
		c.print("Nothing was changed by hand.")
	default:
		c.showConfigChange(configChange{Files: d.Files, Effects: d.Effects})
	}
	if d.Drifted {
		return &outcomeError{Failed}
	}
	return nil
}
