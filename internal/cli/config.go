package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"bangui/internal/fault"
	"bangui/internal/terminal"
)

const localConfig = "api/v1/hosts/local/config"

// configView is fail2ban's configuration as the API tells it.
type configView struct {
	ETag   string         `json:"etag"`
	Dir    string         `json:"dir"`
	Broken string         `json:"broken,omitempty"`
	Server []configOption `json:"server"`
	Jails  []struct {
		Name    string `json:"name"`
		Enabled bool   `json:"enabled"`
		Fault   string `json:"fault,omitempty"`
	} `json:"jails"`
	Files []struct {
		Name string `json:"name"`
		Size int    `json:"size"`
		Own  bool   `json:"own"`
	} `json:"files"`
	Waiting *struct {
		ID    string    `json:"id"`
		Until time.Time `json:"until"`
	} `json:"waiting"`
}

type configOption struct {
	Name   string       `json:"name"`
	Value  string       `json:"value"`
	Raw    string       `json:"raw"`
	Origin optionOrigin `json:"origin"`
}

type configJail struct {
	Name    string         `json:"name"`
	Enabled bool           `json:"enabled"`
	Fault   string         `json:"fault,omitempty"`
	Options []configOption `json:"options"`
}

// configOrder is a change as people write it in a file, and as the API takes it.
type configOrder struct {
	ETag    string       `json:"etag"               yaml:"etag"`
	Edits   []configEdit `json:"edits,omitempty"    yaml:"edits"`
	Files   []configFile `json:"files,omitempty"    yaml:"files"`
	Reason  string       `json:"reason,omitempty"   yaml:"reason"`
	Confirm int          `json:"confirm_seconds"    yaml:"confirm_seconds"`
	DryRun  bool         `json:"dry_run"            yaml:"-"`
}

type configEdit struct {
	Place  string  `json:"place"  yaml:"place"`
	Name   string  `json:"name"   yaml:"name"`
	Option string  `json:"option" yaml:"option"`
	Value  *string `json:"value"  yaml:"value"`
}

type configFile struct {
	Name    string  `json:"name"    yaml:"name"`
	Content *string `json:"content" yaml:"content"`
}

// configChange is what a change does, or did.
type configChange struct {
	ID      string         `json:"id,omitempty"`
	ETag    string         `json:"etag"`
	Applied bool           `json:"applied"`
	Until   *time.Time     `json:"until"`
	Files   []fileDiff     `json:"files"`
	Effects []configEffect `json:"effects"`
	Steps   []struct {
		Jail string `json:"jail,omitempty"`
		Do   string `json:"do"`
	} `json:"steps"`
	Left []struct {
		Name string `json:"name"`
		Why  string `json:"why"`
	} `json:"left"`
	Notes []string `json:"notes"`
}

type configEffect struct {
	Jail   string  `json:"jail,omitempty"`
	Part   string  `json:"part,omitempty"`
	Option string  `json:"option"`
	Before *string `json:"before"`
	After  *string `json:"after"`
}

// byConsole says in a command's help what it needs.
const byConsole = "\nIt needs a console and a token of an admin for it."

func (c *command) config() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "See and change fail2ban's configuration, and bring earlier versions back"}
	for _, sub := range []*cobra.Command{
		c.configShow(), c.configTry("diff FILE", "Show what a change would do", c.showConfigChange),
		c.configTry("validate FILE", "Try a change on a copy and a scratch server", c.sayValid), c.configApply(),
		c.configEnd("confirm CHANGE", "Make a change hold that waits to be confirmed"), c.configEnd("undo CHANGE", "Take a change back that waits to be confirmed"),
		c.configVersions(), c.configRestore(), c.configDrift(),
	} {
		c.addConsole(sub)
		c.addSettings(sub.Flags(), "data-dir")
		cmd.AddCommand(sub)
	}
	return cmd
}

// onConsole runs a command on a console.
func (c *command) onConsole(run func(ctx context.Context, r *remote, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		console, err := c.openConsole(cmd)
		if err != nil {
			return err
		}
		defer console.Close()
		return run(cmd.Context(), console, args)
	}
}

func (c *command) configShow() *cobra.Command {
	return &cobra.Command{
		Use: "show [JAIL]", Short: "Show the configuration, or every option of one jail and where it comes from",
		Long: "Show the configuration: its jails, active or not, and files; with a jail every option that counts there, and where it stands.\n" +
			"Elsewhere than on a terminal: fields separated by tabs (option, value, file, line)." + byConsole + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: cobra.MaximumNArgs(1),
		RunE: c.onConsole(func(ctx context.Context, r *remote, args []string) error {
			if len(args) == 1 {
				return c.showConfigJail(ctx, r, args[0])
			}
			var view configView
			if err := r.client.Get(ctx, localConfig, nil, &view); err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(view)
			}
			return c.showConfig(view)
		}),
	}
}

func (c *command) showConfig(view configView) error {
	if view.Broken != "" {
		c.print("fail2ban would take nothing of it: %s", terminal.Printable(view.Broken))
	}
	if view.Waiting != nil {
		c.print("The change %s waits to be confirmed until %s.", terminal.Printable(view.Waiting.ID), view.Waiting.Until.Format(time.RFC3339))
	}
	var rows [][]terminal.Cell
	for _, j := range view.Jails {
		state := "inactive"
		if j.Enabled {
			state = "active"
		}
		rows = append(rows, []terminal.Cell{{Text: j.Name}, {Text: state}, {Text: j.Fault}})
	}
	return terminal.Table(c.Stdout, c.style(), []string{"JAIL", "STATE", "FAULT"}, rows)
}

func (c *command) showConfigJail(ctx context.Context, r *remote, name string) error {
	var jail configJail
	if err := r.client.Get(ctx, localConfig+"/jails/"+url.PathEscape(name), nil, &jail); err != nil {
		return err
	}
	if c.asJSON {
		return c.writeJSON(jail)
	}
	var rows [][]terminal.Cell
	for _, o := range jail.Options {
		at := o.Origin.Source
		if o.Origin.File != "" {
			at = fmt.Sprintf("%s, line %d", o.Origin.File, o.Origin.Line)
		}
		rows = append(rows, []terminal.Cell{{Text: o.Name}, {Text: strings.ReplaceAll(o.Value, "\n", " ⏎ ")}, {Text: at}})
	}
	return terminal.Table(c.Stdout, c.style(), []string{"OPTION", "VALUE", "FROM"}, rows)
}

const changeFile = "FILE holds the change as YAML or JSON, - is the standard input:\n\n" +
	"  reason: slower attackers\n" +
	"  edits:                       # an option each; without a value, back to what it inherits\n" +
	"    - {place: jail, name: sshd, option: maxretry, value: \"7\"}\n" +
	"  files:                       # whole files; without content, removed\n" +
	"    - name: filter.d/mine.local\n" +
	"      content: |\n" +
	"        [Definition]\n" +
	"        failregex = ^mine <HOST>$\n\n" +
	"Places are jail (name: DEFAULT for all), filter, action and server. With an etag, the change is refused when the configuration is another by now."

// maxChangeFile bounds what is read: what the API takes.
const maxChangeFile = 1 << 20

// readChange reads a change that people wrote; what nobody knows in it is an error.
func (c *command) readChange(name string) (o configOrder, err error) {
	in := c.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return o, fault.Wrap(err, fault.NotFound, "the file %s can't be read", terminal.Printable(name))
		}
		defer f.Close()
		in = f
	}
	content, err := io.ReadAll(io.LimitReader(in, maxChangeFile+1))
	if err != nil {
		return o, fault.Wrap(err, fault.Invalid, "the change can't be read")
	}
	if len(content) > maxChangeFile {
		return o, fault.New(fault.TooLarge, "a change has at most %d bytes", maxChangeFile)
	}
	if err := yaml.UnmarshalWithOptions(content, &o, yaml.Strict()); err != nil {
		return o, fault.New(fault.Invalid, "the change can't be read: %s", terminal.Printable(yaml.FormatError(err, false, false))).WithMend("`bangui config apply --help` shows how it is written.")
	}
	return o, nil
}

// order sends a change, made from the configuration as it is now unless it names another.
func (c *command) order(ctx context.Context, r *remote, o configOrder) (change configChange, err error) {
	if o.ETag == "" {
		if o.ETag, err = etagNow(ctx, r); err != nil {
			return change, err
		}
	}
	err = r.client.Post(ctx, localConfig+"/changes", o, &change)
	return change, err
}

func etagNow(ctx context.Context, r *remote) (string, error) {
	var view configView
	err := r.client.Get(ctx, localConfig, nil, &view)
	return view.ETag, err
}

func (c *command) configTry(use, short string, show func(configChange)) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short,
		Long: short + "; nothing is changed: files and values that differ, tried by fail2ban's own test and by each command on a scratch server.\n\n" + changeFile + byConsole + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: exactly(1, "a file, or -"),
		RunE: c.onConsole(func(ctx context.Context, r *remote, args []string) error {
			o, err := c.readChange(args[0])
			if err != nil {
				return err
			}
			o.DryRun = true
			change, err := c.order(ctx, r, o)
			return c.tellChange(change, err, show)
		}),
	}
}

func (c *command) tellChange(change configChange, err error, show func(configChange)) error {
	switch {
	case err != nil:
		return err
	case c.asJSON:
		return c.writeJSON(change)
	}
	show(change)
	return nil
}

func (c *command) sayValid(change configChange) {
	c.print("fail2ban would take it: %d files, %d values that count.", len(change.Files), len(change.Effects))
}

func (c *command) showConfigChange(change configChange) {
	for _, f := range change.Files {
		c.print("%s", strings.TrimRight(printableLines(f.Diff), "\n"))
	}
	c.showEffects(change.Effects)
	for _, s := range change.Steps {
		c.print("%s %s", s.Do, terminal.Printable(s.Jail))
	}
	for _, l := range change.Left {
		c.print("%s stays as it is: %s", terminal.Printable(l.Name), terminal.Printable(l.Why))
	}
	for _, n := range change.Notes {
		c.print("%s", terminal.Printable(n))
	}
	if change.Until != nil {
		c.print("It is taken back at %s unless you say: bangui config confirm %s", change.Until.Format(time.RFC3339), terminal.Printable(change.ID))
	}
}

func (c *command) showEffects(effects []configEffect) {
	value := func(v *string) string {
		if v == nil {
			return "nothing"
		}
		return fmt.Sprintf("%q", *v)
	}
	for _, e := range effects {
		where := strings.TrimSpace(e.Jail + " " + e.Part)
		if where == "" {
			where = "server"
		}
		c.print("%s: %s is %s, was %s", terminal.Printable(where), terminal.Printable(e.Option), value(e.After), value(e.Before))
	}
}

// printableLines keeps line breaks, and makes the rest harmless.
func printableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = terminal.Printable(l)
	}
	return strings.Join(lines, "\n")
}

// confirmFlag adds the flag for changes that hold only for a time.
func confirmFlag(cmd *cobra.Command, within *time.Duration, reason *string) {
	cmd.Flags().DurationVar(within, "confirm-within", 0, "take it back unless it is confirmed within this time, 10s to 10m")
	cmd.Flags().StringVar(reason, "reason", "", "why, for the versions and the audit")
}

func (c *command) configApply() *cobra.Command {
	var within time.Duration
	var reason string
	cmd := &cobra.Command{
		Use: "apply FILE", Short: "Change the configuration: all of it, or nothing",
		Long: "Change the configuration: all of it, or nothing. What goes wrong is put back.\n\n" + changeFile + byConsole + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Example: "  bangui config apply change.yaml --confirm-within 60s\n" +
			"  echo '{\"edits\":[{\"place\":\"jail\",\"name\":\"sshd\",\"option\":\"maxretry\",\"value\":\"7\"}]}' | bangui config apply -",
		Args: exactly(1, "a file, or -"),
		RunE: c.onConsole(func(ctx context.Context, r *remote, args []string) error {
			o, err := c.readChange(args[0])
			if err != nil {
				return err
			}
			if within != 0 {
				o.Confirm = int(within / time.Second)
			}
			if reason != "" {
				o.Reason = reason
			}
			change, err := c.order(ctx, r, o)
			return c.tellChange(change, err, c.showConfigChange)
		}),
	}
	confirmFlag(cmd, &within, &reason)
	return cmd
}

func (c *command) configEnd(use, short string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Long: short + "." + byConsole + exits(Done, Failed, Usage, Unreachable, NoPermit), Args: exactly(1, "the id of one change"),
		RunE: c.onConsole(func(ctx context.Context, r *remote, args []string) error {
			path := localConfig + "/changes/" + url.PathEscape(args[0])
			if strings.HasPrefix(use, "undo") {
				return r.client.Delete(ctx, path)
			}
			return r.client.Post(ctx, path+"/confirm", nil, nil)
		}),
	}
}

func (c *command) jailSet() *cobra.Command {
	var within time.Duration
	var reason string
	var reset []string
	cmd := &cobra.Command{
		Use: "set JAIL [OPTION=VALUE]...", Short: "Change options of a jail",
		Long:    "Change options of a jail, in a file of BanGUI's own; DEFAULT stands for all jails. All of them, or nothing." + byConsole + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Example: "  bangui jail set sshd maxretry=4 bantime=1d --reason 'slow attackers'\n  bangui jail set sshd --reset bantime",
		Args:    cobra.MinimumNArgs(1),
		RunE: c.onConsole(func(ctx context.Context, r *remote, args []string) error {
			o := configOrder{Reason: reason, Confirm: int(within / time.Second)}
			for _, word := range args[1:] {
				option, value, ok := strings.Cut(word, "=")
				if !ok {
					return fault.New(fault.Invalid, "%q is no OPTION=VALUE", terminal.Printable(word))
				}
				o.Edits = append(o.Edits, configEdit{Place: "jail", Name: args[0], Option: option, Value: &value})
			}
			for _, option := range reset {
				o.Edits = append(o.Edits, configEdit{Place: "jail", Name: args[0], Option: option})
			}
			change, err := c.order(ctx, r, o)
			return c.tellChange(change, err, c.showConfigChange)
		}),
	}
	confirmFlag(cmd, &within, &reason)
	cmd.Flags().StringSliceVar(&reset, "reset", nil, "options to put back to what they inherit")
	return cmd
}

// jailSwitch activates a jail or deactivates it.
func (c *command) jailSwitch(on bool) *cobra.Command {
	use, short, long := "deactivate JAIL", "Deactivate a jail", "Deactivate a jail, now and for the next starts; its bans are lifted in the firewall."
	if on {
		use, short = "activate JAIL", "Activate a jail"
		long = "Activate a jail, now and for the next starts: tried before, looked at for some seconds after it has started, and put back where it does not run."
	}
	var reason string
	cmd := &cobra.Command{
		Use: use, Short: short, Long: long + byConsole + exits(Done, Failed, Usage, Unreachable, NoPermit), Args: exactly(1, "the name of one jail"),
		RunE: c.onConsole(func(ctx context.Context, r *remote, args []string) error {
			value := fmt.Sprint(on)
			change, err := c.order(ctx, r, configOrder{Reason: reason, Edits: []configEdit{{Place: "jail", Name: args[0], Option: "enabled", Value: &value}}})
			return c.tellChange(change, err, c.showConfigChange)
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the versions and the audit")
	return cmd
}
