package cli

import (
	"context"
	"errors"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/audit"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// actor is who types: the system's user, and who he was before sudo.
func (c *command) actor() audit.Actor {
	id := strconv.Itoa(os.Geteuid())
	name := "user " + id
	if u, err := user.LookupId(id); err == nil {
		name = u.Username
	}
	if before := c.getenv("SUDO_USER"); before != "" && before != name {
		name += " (sudo by " + before + ")"
	}
	return audit.Actor{Kind: audit.CLI, Name: name}
}

// accountChange is the change of accounts that a command makes; "" = none.
func accountChange(cmd *cobra.Command) (action, after string) {
	switch cmd.Parent().Name() + " " + cmd.Name() {
	case "user add":
		return "user.add", "role " + cmd.Flag("role").Value.String()
	case "user passwd":
		return "user.change", "another password"
	case "user disable":
		return "user.change", "disabled"
	case "user enable":
		return "user.change", "enabled"
	case "token create":
		return "token.create", "scope " + cmd.Flag("scope").Value.String()
	case "token revoke":
		return "token.revoke", ""
	default:
		return "", ""
	}
}

// auditedAccounts runs a command on accounts; the transaction that makes its change
// records it.
func (c *command) auditedAccounts(cmd *cobra.Command, records *app.Records, args []string, run func(context.Context) error) error {
	action, after := accountChange(cmd)
	if action == "" {
		return run(cmd.Context())
	}
	p := &audit.Pending{Entry: audit.Entry{Actor: c.actor(), Action: action, After: after}}
	if len(args) > 0 {
		p.Target = args[0]
	}
	err := run(audit.With(cmd.Context(), p))
	if err == nil || p.Written() {
		return err
	}
	e := p.Entry
	e.Outcome, e.Code, e.Detail = audit.Refused, fault.CodeOf(err), fault.MessageOf(err)
	return errors.Join(err, records.Record(cmd.Context(), e))
}

// recorded bans or unbans in fail2ban, on record.
func (l *local) recorded(ctx context.Context, e audit.Entry, do func() ([]host.Outcome, error)) (results []host.Outcome, err error) {
	err = l.onRecord(ctx, e, func(e *audit.Entry) (err error) {
		results, err = do()
		all := make([]audit.Result, len(results))
		for i, r := range results {
			all[i] = audit.Result{Word: string(r.Result), Object: r.Target + " in " + r.Jail}
		}
		e.Outcome, e.Code, e.After = audit.Results(all)
		return err
	})
	return results, err
}

// onRecord makes a change in fail2ban and records it: as begun before, and with its end,
// of which do may say more. What can't be recorded is not done.
func (l *local) onRecord(ctx context.Context, e audit.Entry, do func(e *audit.Entry) error) (err error) {
	records, err := app.MakeRecords(ctx, l.conf)
	if err != nil {
		return unrecordable(err)
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	e.Actor = l.actor
	if e.BeganID, err = records.Begin(ctx, e); err != nil {
		return unrecordable(err)
	}
	e.Outcome = audit.OK
	if err = do(&e); err != nil {
		e.Outcome, e.Code, e.Detail = audit.Failed, fault.CodeOf(err), strings.TrimPrefix(e.Detail+"; "+fault.MessageOf(err), "; ")
	}
	return errors.Join(err, records.Record(context.WithoutCancel(ctx), e))
}

// unrecordable says that nothing was done, and how to go on in need.
func unrecordable(err error) error {
	return fault.Wrap(err, fault.CodeOf(err), "nothing was done, because it can't be recorded: %s", fault.MessageOf(err)).
		WithMend("%s", strings.TrimSpace(fault.MendOf(err)+" In need, fail2ban-client bans and unbans without a record."))
}
