package cli

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bangui/internal/fault"
	"bangui/internal/terminal"
)

// savedFilterRow is a saved filter as the API tells it.
type savedFilterRow struct {
	ID     string         `json:"id"`
	Name   string         `json:"name"`
	Filter map[string]any `json:"filter"` // parameters of the list of bans
}

const savedFilterPath = "api/v1/saved-filters"

func (c *command) savedFilter() *cobra.Command {
	cmd := &cobra.Command{Use: "saved-filter", Short: "See and delete the filters of bans that you saved"}
	for _, sub := range []*cobra.Command{c.savedFilterList(), c.savedFilterDelete()} {
		c.addConsole(sub)
		c.addSettings(sub.Flags(), "data-dir")
		cmd.AddCommand(sub)
	}
	return cmd
}

func (c *command) savedFilterList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List your saved filters",
		Long: "List the filters that the token's user saved on the page History, by name; `bangui bans --saved NAME` and `bangui export --saved NAME` use them.\n" +
			"Elsewhere than on a terminal: fields separated by tabs (name, filter). It needs a console and a token for it." + exits(Done, Usage, Unreachable, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.onConsole(func(ctx context.Context, r *remote, _ []string) error {
			all, err := r.savedFilters(ctx)
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(map[string]any{"items": all})
			}
			style := c.style()
			rows := make([][]terminal.Cell, len(all))
			for i, f := range all {
				rows[i] = []terminal.Cell{{Text: f.Name, Paint: style.Bold}, {Text: f.words()}}
			}
			return terminal.Table(c.Stdout, style, []string{"NAME", "FILTER"}, rows)
		}),
	}
}

func (c *command) savedFilterDelete() *cobra.Command {
	return &cobra.Command{
		Use: "delete NAME", Short: "Delete one of your saved filters",
		Long: "Delete a filter that the token's user saved; no ban goes with it. It needs a console and a token of scope write for it." +
			exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: exactly(1, "the name of one saved filter, as `bangui saved-filter list` shows it"),
		RunE: c.onConsole(func(ctx context.Context, r *remote, args []string) error {
			f, err := r.savedFilter(ctx, args[0])
			if err != nil {
				return err
			}
			if err := r.client.Delete(ctx, savedFilterPath+"/"+url.PathEscape(f.ID)); err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(map[string]string{"id": f.ID, "name": f.Name})
			}
			c.print("%s: deleted", terminal.Printable(f.Name))
			return nil
		}),
	}
}

func (r *remote) savedFilters(ctx context.Context) ([]savedFilterRow, error) {
	var list struct {
		Items []savedFilterRow `json:"items"`
	}
	err := r.client.Get(ctx, savedFilterPath, nil, &list)
	return list.Items, err
}

func (r *remote) savedFilter(ctx context.Context, name string) (savedFilterRow, error) {
	all, err := r.savedFilters(ctx)
	if err != nil {
		return savedFilterRow{}, err
	}
	i := slices.IndexFunc(all, func(f savedFilterRow) bool { return f.Name == name })
	if i < 0 {
		return savedFilterRow{}, fault.New(fault.NotFound, "you have no saved filter %s", terminal.Printable(name)).WithMend("`bangui saved-filter list` shows those that you have.")
	}
	return all[i], nil
}

// Saved are the parameters of a filter that the token's user saved.
func (r *remote) Saved(ctx context.Context, name string) (url.Values, error) {
	f, err := r.savedFilter(ctx, name)
	return f.values(), err
}

// values are the filter as parameters of the list.
func (f savedFilterRow) values() url.Values {
	values := url.Values{}
	for name, value := range f.Filter {
		several, ok := value.([]any)
		if !ok {
			several = []any{value}
		}
		for _, one := range several {
			text := fmt.Sprint(one)
			if number, ok := one.(float64); ok {
				text = strconv.FormatFloat(number, 'f', -1, 64)
			}
			values.Add(name, text)
		}
	}
	return values
}

// words are the filter for people, always in the same order.
func (f savedFilterRow) words() string {
	values := f.values()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		for _, value := range values[name] {
			parts = append(parts, name+"="+value)
		}
	}
	return strings.Join(parts, " ")
}
