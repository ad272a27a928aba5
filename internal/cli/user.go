package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/terminal"
)

// onThisMachine ends the help of commands that work on the database themselves.
const onThisMachine = " It works on the database of this machine, whether the console runs or not: run it as root, or as the user that runs the console."

func (c *command) user() *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Manage who may sign in"}
	for _, sub := range []*cobra.Command{c.userAdd(), c.userPasswd(), c.userList(), c.userSwitch("disable", true), c.userSwitch("enable", false)} {
		c.addSettings(sub.Flags(), "data-dir", "database", "database-password-file")
		cmd.AddCommand(sub)
	}
	return cmd
}

func (c *command) userAdd() *cobra.Command {
	var role string
	var from passwordSource
	cmd := &cobra.Command{
		Use: "add NAME", Short: "Make a user",
		Long: "Make a user. The password is asked for at the terminal; elsewhere it is the first line of standard input." + onThisMachine +
			exits(Done, Failed, Usage, NoDatabase, NoPermit),
		Example: "  bangui user add anna --role operator\n  bangui user add admin --role admin --password-file /run/secrets/bangui",
		Args:    exactly(1, "the name of the new user"),
		RunE: c.accounts(func(ctx context.Context, accounts *app.Offline, args []string) error {
			password, err := c.password(ctx, from)
			if err != nil {
				return err
			}
			u, err := accounts.AddUser(ctx, auth.NewUser{Name: args[0], Role: auth.Role(role), Password: password})
			if err != nil {
				return err
			}
			return c.tellUser(u, "added")
		}),
	}
	cmd.Flags().StringVar(&role, "role", string(auth.Viewer), "viewer, operator or admin; the first user is an admin")
	from.addTo(cmd)
	return cmd
}

func (c *command) userPasswd() *cobra.Command {
	var from passwordSource
	cmd := &cobra.Command{
		Use: "passwd NAME", Short: "Give a user another password",
		Long: "Give a user another password, for who has forgotten his. All his sessions end, and so do the delays after wrong passwords." + onThisMachine +
			exits(Done, Failed, Usage, NoDatabase, NoPermit),
		Args: exactly(1, "the name of a user"),
		RunE: c.accounts(func(ctx context.Context, accounts *app.Offline, args []string) error {
			u, err := accounts.UserNamed(ctx, args[0])
			if err != nil {
				return err
			}
			password, err := c.password(ctx, from)
			if err != nil {
				return err
			}
			if u, err = accounts.ChangeUser(ctx, u.ID, auth.UserChange{Password: &password}); err != nil {
				return err
			}
			return c.tellUser(u, "password changed; all sessions of this user have ended")
		}),
	}
	from.addTo(cmd)
	return cmd
}

func (c *command) userSwitch(verb string, disabled bool) *cobra.Command {
	short, done := "Let a user sign in again", "enabled"
	if disabled {
		short, done = "Keep a user from signing in, and end his sessions and tokens until he is enabled again", "disabled"
	}
	return &cobra.Command{
		Use: verb + " NAME", Short: short, Long: short + "." + onThisMachine + exits(Done, Failed, Usage, NoDatabase, NoPermit),
		Args: exactly(1, "the name of a user"),
		RunE: c.accounts(func(ctx context.Context, accounts *app.Offline, args []string) error {
			u, err := accounts.UserNamed(ctx, args[0])
			if err != nil {
				return err
			}
			if u, err = accounts.ChangeUser(ctx, u.ID, auth.UserChange{Disabled: &disabled}); err != nil {
				return err
			}
			return c.tellUser(u, done)
		}),
	}
}

func (c *command) userList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the users",
		Long: "List the users. Elsewhere than on a terminal: fields separated by tabs (name, role, state, last sign-in)." + onThisMachine + exits(Done, Usage, NoDatabase, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.accounts(func(ctx context.Context, accounts *app.Offline, _ []string) error {
			users, err := accounts.Users(ctx)
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(map[string]any{"items": userRows(users)})
			}
			style := c.style()
			rows := make([][]terminal.Cell, len(users))
			for i, u := range userRows(users) {
				rows[i] = []terminal.Cell{{Text: u.Username, Paint: style.Bold}, {Text: u.Role}, {Text: u.state()}, {Text: momentOr(u.LastSignInAt, "never")}}
			}
			return terminal.Table(c.Stdout, style, []string{"USER", "ROLE", "STATE", "LAST SIGN-IN"}, rows)
		}),
	}
}

func (c *command) tellUser(u auth.User, what string) error {
	if c.asJSON {
		return c.writeJSON(userRowOf(u))
	}
	c.print("%s (%s): %s", u.Name, u.Role, what)
	return nil
}

// accounts runs a command on the accounts of this machine.
func (c *command) accounts(run func(ctx context.Context, accounts *app.Offline, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		conf, _, err := c.settings(cmd.Flags(), nil)
		if err != nil {
			return err
		}
		accounts, err := app.OpenAccounts(cmd.Context(), conf, c.typed())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, accounts.Close()) }()
		err = c.auditedAccounts(cmd, accounts.Records, args, func(ctx context.Context) error { return run(ctx, accounts, args) })
		if fault.Is(err, fault.NotFound) && len(args) > 0 {
			return fault.New(fault.NotFound, "there is no %s", terminal.Printable(args[0])).WithMend("`bangui %s list` shows what there is.", cmd.Parent().Name())
		}
		return err
	}
}
