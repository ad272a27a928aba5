package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/audit"
	"bangui/internal/config"
	"bangui/internal/fault"
	"bangui/internal/lease"
	"bangui/internal/terminal"
)

func (c *command) lease() *cobra.Command {
	cmd := &cobra.Command{Use: "lease", Short: "See and steer which console does the background jobs"}
	for _, sub := range []*cobra.Command{c.leaseShow(), c.leaseWatch(), c.leaseSteal()} {
		c.addSettings(sub.Flags(), "data-dir", "database", "database-password-file")
		cmd.AddCommand(sub)
	}
	cmd.AddCommand(c.leaseRelease())
	return cmd
}

// background runs a command on lease and jobs of this machine's console.
func (c *command) background(run func(ctx context.Context, b *app.Background, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) (err error) {
		conf, _, err := c.settings(cmd.Flags(), nil)
		if err != nil {
			return err
		}
		b, err := app.OpenBackground(cmd.Context(), conf, c.typed())
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.Close()) }()
		return run(cmd.Context(), b, args)
	}
}

// leaseRow is the lease for people and programs.
type leaseRow struct {
	Name           string       `json:"name"`
	Epoch          int64        `json:"epoch"`
	State          string       `json:"state"` // held, silent or none
	Holder         *holderRow   `json:"holder"`
	BeatAgeSeconds *float64     `json:"beat_age_seconds"`
	TTLSeconds     float64      `json:"ttl_seconds"`
	Recent         []leaseEvent `json:"recent,omitempty"`
}

type holderRow struct {
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Version string    `json:"version"`
	Since   time.Time `json:"since"`
}

type leaseEvent struct {
	At     time.Time `json:"at"`
	Kind   string    `json:"kind"`
	Epoch  int64     `json:"epoch"`
	Host   string    `json:"host"`
	PID    int       `json:"pid"`
	Reason string    `json:"reason"`
	Detail string    `json:"detail,omitempty"`
}

func leaseRowOf(row lease.Row) leaseRow {
	r := leaseRow{Name: row.Name, Epoch: row.Epoch, State: "none", TTLSeconds: row.Timeout.Seconds()}
	if row.Holder == "" {
		return r
	}
	age := row.Age.Seconds()
	r.BeatAgeSeconds = &age
	r.Holder = &holderRow{Host: row.Info.Hostname, PID: row.Info.PID, Version: row.Info.Version, Since: row.CreatedAt}
	r.State = "held"
	if row.Age >= row.Timeout {
		r.State = "silent" // whoever watches takes it over
	}
	return r
}

func (c *command) leaseShow() *cobra.Command {
	const changes = 10
	return &cobra.Command{
		Use: "show", Short: "Show which console does the background jobs",
		Long: "Show which console does the background jobs, since when, its last heartbeat, and the last changes with their reasons." + onThisMachine + exits(Done, Usage, NoDatabase, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.background(func(ctx context.Context, b *app.Background, _ []string) error {
			row, err := b.Row(ctx)
			if err != nil {
				return err
			}
			events, err := b.Events(ctx, changes)
			if err != nil {
				return err
			}
			shown := leaseRowOf(row)
			for _, e := range events {
				shown.Recent = append(shown.Recent, leaseEvent{At: e.At, Kind: string(e.Kind), Epoch: e.Epoch, Host: e.Info.Hostname, PID: e.Info.PID, Reason: e.Reason, Detail: e.Detail})
			}
			if c.asJSON {
				return c.writeJSON(shown)
			}
			c.print("%s", inWords(shown))
			return c.showLeaseChanges(shown.Recent)
		}),
	}
}

// inWords is a lease in a sentence or two.
func inWords(l leaseRow) string {
	if l.Holder == nil {
		return fmt.Sprintf("Nobody does the background jobs (epoch %d). A console that runs takes them over within seconds.", l.Epoch)
	}
	text := fmt.Sprintf("Process %d on %s does the background jobs: version %s, since %s, epoch %d.\nIts last heartbeat was %s ago; it is taken over after %s of silence.",
		l.Holder.PID, terminal.Printable(l.Holder.Host), terminal.Printable(l.Holder.Version), moment(l.Holder.Since), l.Epoch, span(int64(*l.BeatAgeSeconds)), span(int64(l.TTLSeconds)))
	if l.State == "silent" {
		text += "\nIt is silent: the next console that looks takes the jobs over."
	}
	return text
}

func (c *command) showLeaseChanges(events []leaseEvent) error {
	style := c.style()
	rows := make([][]terminal.Cell, len(events))
	for i, e := range events {
		rows[i] = []terminal.Cell{
			terminal.Text(moment(e.At)),
			{Text: e.Kind, Paint: style.Bold},
			terminal.Text(fmt.Sprint(e.Epoch)),
			terminal.Text(fmt.Sprintf("process %d on %s", e.PID, e.Host)), terminal.Text(e.Reason), terminal.Text(e.Detail),
		}
	}
	return terminal.Table(c.Stdout, style, []string{"TIME", "CHANGE", "EPOCH", "WHO", "WHY", "DETAIL"}, rows)
}

func (c *command) leaseWatch() *cobra.Command {
	const every = 2 * time.Second
	return &cobra.Command{
		Use: "watch", Short: "Follow which console does the background jobs",
		Long: "Print a line for each change of which console does the background jobs, and of its heartbeat, until SIGINT or SIGTERM. With --json a line of JSON each." +
			onThisMachine + exits(Done, Usage, NoDatabase, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.background(func(ctx context.Context, b *app.Background, _ []string) error {
			ctx, _, release := app.WithSignals(ctx)
			defer release()
			var last lease.Row
			for {
				row, err := b.Row(ctx)
				if ctx.Err() != nil {
					return nil //nolint:nilerr // somebody asked it to end
				}
				if err != nil {
					return err
				}
				if row.Epoch != last.Epoch || row.Holder != last.Holder || row.Nonce != last.Nonce {
					if err := c.tellLease(row); err != nil {
						return err
					}
					last = row
				}
				select {
				case <-ctx.Done():
					return nil
				case <-time.After(every):
				}
			}
		}),
	}
}

func (c *command) tellLease(row lease.Row) error {
	l := leaseRowOf(row)
	if c.asJSON {
		return c.writeJSONLine(l)
	}
	if l.Holder == nil {
		c.print("%s  epoch %d  nobody", moment(time.Now()), l.Epoch)
		return nil
	}
	c.print("%s  epoch %d  process %d on %s  beat %d, %s ago", moment(time.Now()), l.Epoch, l.Holder.PID, terminal.Printable(l.Holder.Host), row.Beat, span(int64(*l.BeatAgeSeconds)))
	return nil
}

func (c *command) leaseSteal() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "steal", Short: "Take the background jobs away from the console that does them",
		Long: "Take the background jobs away from the console that does them, when it is stuck and can't be ended: what it still writes is refused from then on, and\n" +
			"the next console that looks takes over. To move them in order, use `bangui lease release`." + onThisMachine + exits(Done, Failed, Usage, NoDatabase, NoPermit),
		Example: "  sudo bangui lease steal --reason 'web1 hangs in its disk'",
		Args:    exactly(0, "no arguments, only flags"),
		RunE: c.background(func(ctx context.Context, b *app.Background, _ []string) error {
			e := audit.Entry{Actor: c.actor(), Action: "lease.steal", Target: lease.Scheduler, Detail: reason}
			var row lease.Row
			err := recorded(ctx, b, e, func() (err error) {
				row, err = b.Steal(ctx, reason)
				return err
			})
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(leaseRowOf(row))
			}
			c.print("%s", inWords(leaseRowOf(row)))
			return nil
		}),
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, in your words; kept with the change")
	must(cmd.MarkFlagRequired("reason"))
	return cmd
}

func (c *command) leaseRelease() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use: "release", Short: "Let another console do the background jobs",
		Long: "Let another console do the background jobs: the one that is asked ends its jobs in order and gives the lease back. It must be the one that leads\n" +
			"(`bangui lease show` names it). Needs an admin's API token with the scope write." + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, _, err := c.settings(cmd.Flags(), nil)
			if err != nil {
				return err
			}
			return c.release(cmd.Context(), conf, reason)
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, in your words; kept with the change")
	must(cmd.MarkFlagRequired("reason"))
	c.addConsole(cmd)
	c.addSettings(cmd.Flags(), "data-dir", "listen", "base-path", "tls", "tls-cert", "tls-key")
	return cmd
}

func (c *command) release(ctx context.Context, conf config.Config, reason string) error {
	console, err := c.console(ctx, conf)
	if err != nil {
		return err
	}
	defer console.Close()
	if err := console.client.Post(ctx, "api/v1/lease/release", map[string]string{"reason": reason}, nil); err != nil {
		return err
	}
	if c.asJSON {
		return c.writeJSON(map[string]bool{"asked": true})
	}
	c.print("It ends its jobs and gives the lease back.")
	return nil
}

// console is the console that was named, else the one of this machine; a token is needed.
func (c *command) console(ctx context.Context, conf config.Config) (*remote, error) {
	address := cmp.Or(c.url, c.getenv("BANGUI_URL"), localURL(conf))
	if c.apiToken() == "" {
		return nil, c.needsToken(address, "")
	}
	remote, err := c.openRemote(ctx, address)
	if err != nil {
		return nil, fault.Wrap(err, fault.CodeOf(err), "%s", fault.MessageOf(err)).WithMend("Start it, or name another one with --url.")
	}
	return remote, nil
}
