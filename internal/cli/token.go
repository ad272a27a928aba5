package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/terminal"
)

func (c *command) tokens() *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Manage API tokens"}
	for _, sub := range []*cobra.Command{c.tokenCreate(), c.tokenList(), c.tokenRevoke()} {
		c.addSettings(sub.Flags(), "data-dir", "database", "database-password-file")
		cmd.AddCommand(sub)
	}
	return cmd
}

func (c *command) tokenCreate() *cobra.Command {
	var user, scope string
	var days int
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Make an API token",
		Long: "Make an API token and print it, this once: nobody can show it again. It does what its user may do, with --scope read what a viewer may." + onThisMachine +
			exits(Done, Failed, Usage, NoDatabase, NoPermit),
		Example: "  export BANGUI_TOKEN=$(sudo bangui token create scripts --scope write --days 30)",
		Args:    exactly(1, "a name for the token, such as what uses it"),
		RunE: c.accounts(func(ctx context.Context, accounts *app.Offline, args []string) error {
			owner, err := ownerOf(ctx, accounts, user)
			if err != nil {
				return err
			}
			t, text, err := accounts.IssueToken(ctx, owner, auth.NewToken{Name: args[0], Scope: auth.Scope(scope), Life: time.Duration(days) * 24 * time.Hour})
			if err != nil {
				return err
			}
			if c.asJSON {
				row := tokenRowOf(t)
				row.Token = text
				return c.writeJSON(row)
			}
			fmt.Fprintf(c.Stderr, "A token of %s, scope %s, until %s. Keep it: it can't be shown again.\n", owner.Name, t.Scope, moment(t.ExpiresAt))
			c.print("%s", text)
			return nil
		}),
	}
	cmd.Flags().StringVar(&user, "user", "", "whose it is (default the admin, where there is one)")
	cmd.Flags().StringVar(&scope, "scope", string(auth.Read), "read or write")
	cmd.Flags().IntVar(&days, "days", 90, "how long it lasts: 1 to 366")
	return cmd
}

// ownerOf is the user who was named, or the only enabled admin.
func ownerOf(ctx context.Context, accounts *app.Offline, name string) (auth.User, error) {
	users, err := accounts.Users(ctx)
	if err != nil {
		return auth.User{}, err
	}
	var owners []auth.User
	for _, u := range users {
		if (name != "" && u.Name == name) || (name == "" && u.Role == auth.Admin && !u.Disabled()) {
			owners = append(owners, u)
		}
	}
	if len(owners) != 1 {
		return auth.User{}, fault.New(fault.Invalid, "whose token is it?").WithMend("Name a user with --user; `bangui user list` shows them, `bangui user add` makes one.")
	}
	return owners[0], nil
}

func (c *command) tokenList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the API tokens",
		Long: "List the API tokens, newest first. Elsewhere than on a terminal: fields separated by tabs (id, name, user, scope, ends, last used)." + onThisMachine +
			exits(Done, Usage, NoDatabase, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.accounts(func(ctx context.Context, accounts *app.Offline, _ []string) error {
			tokens, err := accounts.Tokens(ctx, "")
			if err != nil {
				return err
			}
			rows, cells, style := []tokenRow{}, [][]terminal.Cell{}, c.style()
			for _, t := range tokens {
				row := tokenRowOf(t)
				rows = append(rows, row)
				cells = append(cells, []terminal.Cell{
					{Text: row.ID}, {Text: row.Name, Paint: style.Bold}, {Text: row.Username}, {Text: row.Scope}, {Text: moment(row.ExpiresAt)}, {Text: momentOr(row.LastUsedAt, "never")},
				})
			}
			if c.asJSON {
				return c.writeJSON(map[string]any{"items": rows})
			}
			return terminal.Table(c.Stdout, style, []string{"ID", "NAME", "USER", "SCOPE", "ENDS", "LAST USED"}, cells)
		}),
	}
}

func (c *command) tokenRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID", Short: "Revoke an API token",
		Long: "Revoke an API token: it opens nothing from now on." + onThisMachine + exits(Done, Failed, Usage, NoDatabase, NoPermit),
		Args: exactly(1, "the id of a token, as `bangui token list` shows it"),
		RunE: c.accounts(func(ctx context.Context, accounts *app.Offline, args []string) error {
			if err := accounts.RevokeToken(ctx, auth.Principal{Role: auth.Admin}, args[0]); err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(map[string]string{"id": args[0]})
			}
			c.print("%s: revoked", terminal.Printable(args[0]))
			return nil
		}),
	}
}
