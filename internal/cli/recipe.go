package cli

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bangui/internal/terminal"
)

// recipeRow is a filter or an action.
type recipeRow struct {
	Name       string       `json:"name"`
	About      string       `json:"about,omitempty"`
	State      string       `json:"state"`
	Degree     string       `json:"degree"`
	Files      []recipeFile `json:"files"`
	Includes   []string     `json:"includes"`
	IncludedBy []string     `json:"included_by"`
	UsedBy     []recipeUse  `json:"used_by"`
	Python     bool         `json:"python"`
	Shared     bool         `json:"shared"`
	Fault      string       `json:"fault,omitempty"`
}

type recipeFile struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	Own  bool   `json:"own"`
}

type recipeUse struct {
	Jail    string `json:"jail"`
	Enabled bool   `json:"enabled"`
}

type recipeDetail struct {
	recipeRow
	ETag     string          `json:"etag"`
	Sections []recipeSection `json:"sections"`
	Partly   bool            `json:"partly"`
}

type recipeSection struct {
	Name    string         `json:"name"`
	Options []recipeOption `json:"options"`
}

type recipeOption struct {
	Name     string       `json:"name"`
	Raw      string       `json:"raw"`
	Value    string       `json:"value"`
	Fault    string       `json:"fault,omitempty"`
	Packaged *string      `json:"packaged"`
	Local    *string      `json:"local"`
	Origin   recipeOrigin `json:"origin"`
	Known    bool         `json:"known"`
	Code     bool         `json:"code"`
	Cut      bool         `json:"cut"`
}

type recipeOrigin struct {
	Source  string `json:"source"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Section string `json:"section,omitempty"`
}

func (c *command) filter() *cobra.Command { return c.recipes("filter") }
func (c *command) action() *cobra.Command { return c.recipes("action") }

// recipes are the commands for filters, or for actions.
func (c *command) recipes(kind string) *cobra.Command {
	cmd := &cobra.Command{Use: kind, Short: "See " + kind + "s"}
	list := &cobra.Command{
		Use: "list", Short: "List the " + kind + "s, and the jails that use them",
		Long: "List the " + kind + "s of fail2ban's configuration: whose they are (packaged, changed = a .local stands over the package's file, own), the active\n" +
			"jails that use them, and how many others could. Elsewhere than on a terminal: fields separated by tabs (name, state, active jails, other jails,\n" +
			"problem)." + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.with(func(ctx context.Context, b backend, _ []string) error {
			all, err := b.Recipes(ctx, kind)
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(map[string]any{"items": all})
			}
			return c.showRecipes(kind, all)
		}),
	}
	show := &cobra.Command{
		Use: "show NAME", Short: "Show one " + kind + ": what its files say, and where",
		Long: "Show one " + kind + ": its files, the jails that use it, and each option with the value that counts and the file and line where it stands.\n" +
			"References and tags are replaced, as for a jail that says nothing but its name." + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: exactly(1, "the name of one "+kind),
		RunE: c.with(func(ctx context.Context, b backend, args []string) error {
			one, err := b.Recipe(ctx, kind, args[0])
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(one)
			}
			c.showRecipe(kind, one)
			return nil
		}),
	}
	for _, sub := range []*cobra.Command{list, show} {
		c.addBackend(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}

func (c *command) showRecipes(kind string, all []recipeRow) error {
	style := c.style()
	rows := make([][]terminal.Cell, len(all))
	for i, r := range all {
		var active []string
		for _, u := range r.UsedBy {
			if u.Enabled {
				active = append(active, u.Jail)
			}
		}
		state := terminal.Cell{Text: r.State}
		if r.State != "packaged" {
			state.Paint = style.Good
		}
		rows[i] = []terminal.Cell{
			{Text: r.Name, Paint: style.Bold},
			state, terminal.Text(strings.Join(active, " ")), number(len(r.UsedBy) - len(active)),
			{Text: r.Fault, Paint: style.Warn},
		}
	}
	return terminal.Table(c.Stdout, style, []string{strings.ToUpper(kind), "STATE", "ACTIVE JAILS", "OTHERS", "PROBLEM"}, rows)
}

func (c *command) showRecipe(kind string, r recipeDetail) {
	field := func(name, format string, args ...any) {
		c.print("%-14s %s", name, terminal.Printable(fmt.Sprintf(format, args...)))
	}
	var files, jails []string
	for _, f := range r.Files {
		files = append(files, f.Name)
	}
	for _, u := range r.UsedBy {
		if u.Enabled {
			jails = append(jails, u.Jail)
		}
	}
	field(kind, "%s (%s)", r.Name, r.State)
	field("about", "%s", r.About)
	field("files", "%s", strings.Join(files, ", "))
	field("includes", "%s", strings.Join(r.Includes, ", "))
	field("used by", "%s (of %d jails that could)", strings.Join(jails, ", "), len(r.UsedBy))
	if r.Fault != "" {
		field("problem", "%s", r.Fault)
	}
	for _, s := range r.Sections {
		c.print("\n[%s]", terminal.Printable(s.Name))
		for _, o := range s.Options {
			c.showRecipeOption(o)
		}
	}
}

func (c *command) showRecipeOption(o recipeOption) {
	from := o.Origin.Source
	if o.Origin.File != "" {
		from = o.Origin.File + ":" + strconv.Itoa(o.Origin.Line)
	}
	value := o.Value
	if o.Fault != "" {
		value = "? " + o.Fault
	}
	first, more, _ := strings.Cut(value, "\n")
	c.print("%s = %s   # %s", terminal.Printable(o.Name), terminal.Printable(first), terminal.Printable(from))
	if more == "" {
		return
	}
	for line := range strings.SplitSeq(more, "\n") {
		c.print("    %s", terminal.Printable(line))
	}
}
