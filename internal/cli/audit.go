package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/audit"
	"bangui/internal/fault"
	"bangui/internal/terminal"
)

func (c *command) audit() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "See and check the record of who did what"}
	for _, sub := range []*cobra.Command{c.auditList(), c.auditVerify()} {
		c.addSettings(sub.Flags(), "data-dir", "database", "database-password-file")
		cmd.AddCommand(sub)
	}
	return cmd
}

// records runs a command on the audit of this machine.
func (c *command) records(run func(ctx context.Context, records *app.Records) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) (err error) {
		conf, _, err := c.settings(cmd.Flags(), nil)
		if err != nil {
			return err
		}
		records, err := app.OpenRecords(cmd.Context(), conf, c.typed())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, records.Close()) }()
		return run(cmd.Context(), records)
	}
}

func (c *command) auditList() *cobra.Command {
	q := audit.Query{}
	var outcome, since, until string
	limit := defaultLimit
	cmd := &cobra.Command{
		Use: "list", Short: "List who did what, newest first",
		Long: "List who did what, newest first. Elsewhere than on a terminal: fields separated by tabs (id, time, who, from where, action, target, outcome, code, detail)." +
			onThisMachine + exits(Done, Failed, Usage, NoDatabase, NoPermit),
		Example: "  bangui audit list --action ban --since 24h\n  bangui audit list --outcome refused --json",
		Args:    exactly(0, "no arguments, only flags"),
		RunE: c.records(func(ctx context.Context, records *app.Records) (err error) {
			if limit < 1 || limit > maxLimit {
				return fault.New(fault.Invalid, "--limit %d is not between 1 and %d", limit, maxLimit)
			}
			if q.Since, err = pastMoment("--since", since); err != nil {
				return err
			}
			if q.Until, err = pastMoment("--until", until); err != nil {
				return err
			}
			q.Outcome = audit.Outcome(outcome)
			entries, err := records.Newest(ctx, q, limit)
			if err != nil {
				return err
			}
			return c.showEntries(entries)
		}),
	}
	cmd.Flags().StringVar(&q.Actor, "actor", "", "only what this one did")
	cmd.Flags().StringVar(&q.Action, "action", "", "only this, or all below it: ban finds ban.create")
	cmd.Flags().StringVar(&outcome, "outcome", "", "only ok, refused, failed, or begun (and nobody knows how it ended)")
	cmd.Flags().StringVar(&since, "since", "", "not before: a moment such as 2026-11-24T13:00:00Z, or how long ago, such as 24h")
	cmd.Flags().StringVar(&until, "until", "", "before: the same")
	cmd.Flags().IntVar(&limit, "limit", defaultLimit, "at most so many")
	return cmd
}

// pastMoment reads a moment, or how long ago it was; "" is none.
func pastMoment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil && ago >= 0 {
		return time.Now().Add(-ago), nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fault.New(fault.Invalid, "%s %s is neither a moment nor a length of time", flag, strconv.Quote(text)).
			WithMend("Write it as 2026-11-24T13:00:00Z, or how long ago it was: 24h")
	}
	return at, nil
}

// auditRow is an entry as the API has it.
type auditRow struct {
	ID        string    `json:"id"`
	At        time.Time `json:"at"`
	Actor     string    `json:"actor"`
	ActorKind string    `json:"actor_kind"`
	Address   string    `json:"address,omitempty"`
	Action    string    `json:"action"`
	Target    string    `json:"target,omitempty"`
	Outcome   string    `json:"outcome"`
	Code      string    `json:"code,omitempty"`
	Detail    string    `json:"detail,omitempty"`
	Before    string    `json:"before,omitempty"`
	After     string    `json:"after,omitempty"`
	Count     int       `json:"count"`
	RequestID string    `json:"request_id,omitempty"`
}

func auditRowOf(e audit.Entry) auditRow {
	return auditRow{
		ID: strconv.FormatInt(e.ID, 10), At: e.At, Actor: e.Actor.Name, ActorKind: string(e.Actor.Kind), Address: audit.AddressText(e), Action: e.Action,
		Target: e.Target, Outcome: string(e.Outcome), Code: string(e.Code), Detail: e.Detail, Before: e.Before, After: e.After, Count: e.Count, RequestID: e.RequestID,
	}
}

func (c *command) showEntries(entries []audit.Entry) error {
	if c.asJSON {
		rows := make([]auditRow, len(entries))
		for i, e := range entries {
			rows[i] = auditRowOf(e)
		}
		return c.writeJSON(map[string]any{"items": rows})
	}
	style := c.style()
	rows := make([][]terminal.Cell, len(entries))
	for i, e := range entries {
		paint := style.Good
		if e.Outcome != audit.OK {
			paint = style.Bad
		}
		rows[i] = []terminal.Cell{
			terminal.Text(strconv.FormatInt(e.ID, 10)), terminal.Text(moment(e.At)),
			{Text: who(e.Actor), Paint: style.Bold},
			terminal.Text(audit.AddressText(e)),
			terminal.Text(e.Action), terminal.Text(e.Target),
			{Text: string(e.Outcome), Paint: paint},
			terminal.Text(string(e.Code)), terminal.Text(e.Detail),
		}
	}
	return terminal.Table(c.Stdout, style, []string{"ID", "TIME", "WHO", "FROM", "ACTION", "TARGET", "OUTCOME", "CODE", "DETAIL"}, rows)
}

// who is an actor in a word: users by name, others with what they are.
func who(a audit.Actor) string {
	switch {
	case a.Name == "":
		return string(a.Kind)
	case a.Kind == audit.User:
		return a.Name
	default:
		return string(a.Kind) + ":" + a.Name
	}
}

func (c *command) auditVerify() *cobra.Command {
	var expect string
	cmd := &cobra.Command{
		Use: "verify", Short: "Check that nothing in the record was changed or taken out",
		Long: "Check that nothing in the record of who did what was changed or taken out. Keep the place that it prints elsewhere: with --expect\n" +
			"it also finds that somebody made the whole record anew." + onThisMachine + exits(Done, Failed, Usage, NoDatabase, NoPermit),
		Example: "  bangui audit verify --expect 1203:9f86d081884c7d65…",
		Args:    exactly(0, "no arguments, only flags"),
		RunE: c.records(func(ctx context.Context, records *app.Records) error {
			if expect != "" {
				place, err := placeOf(expect)
				if err == nil {
					err = records.Expect(ctx, place)
				}
				if err != nil {
					return err
				}
			}
			v, err := records.VerifyAll(ctx)
			if err != nil {
				return err
			}
			return c.showVerdict(v)
		}),
	}
	cmd.Flags().StringVar(&expect, "expect", "", "a place that an earlier check printed: ID:HASH")
	return cmd
}

func placeOf(text string) (p audit.Place, err error) {
	id, hash, _ := strings.Cut(text, ":")
	p.ID, err = strconv.ParseInt(id, 10, 64)
	raw, hexErr := hex.DecodeString(hash)
	if err != nil || hexErr != nil || len(raw) != len(p.Hash) || p.ID < 1 {
		return p, fault.New(fault.Invalid, "--expect %s is not a place in the record", strconv.Quote(text)).WithMend("Give what `bangui audit verify` printed: ID:HASH, 64 hexadecimal digits.")
	}
	copy(p.Hash[:], raw)
	return p, nil
}

func (c *command) showVerdict(v audit.Verdict) error {
	newest := strconv.FormatInt(v.Ends.Head.ID, 10) + ":" + v.Ends.Head.Hash.String()
	var err error
	switch {
	case c.asJSON:
		err = c.writeJSON(map[string]any{"ok": v.OK(), "checked": v.Checked, "first_bad": v.FirstBad, "why": v.Why, "newest": newest})
	case v.OK():
		c.print("%d entries are as they were recorded.", v.Checked)
		c.print("newest %s", newest)
	default:
		c.print("%s", terminal.Printable(v.Why))
	}
	if err == nil && !v.OK() {
		err = &outcomeError{Failed}
	}
	return err
}
