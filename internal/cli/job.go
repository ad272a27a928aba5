package cli

import (
	"context"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/app"
	"bangui/internal/audit"
	"bangui/internal/fault"
	"bangui/internal/schedule"
	"bangui/internal/terminal"
)

func (c *command) job() *cobra.Command {
	cmd := &cobra.Command{Use: "job", Short: "See and run the background jobs"}
	for _, sub := range []*cobra.Command{c.jobList(), c.jobRun()} {
		c.addSettings(sub.Flags(), "data-dir", "database", "database-password-file")
		cmd.AddCommand(sub)
	}
	return cmd
}

// jobRow is a job for people and programs.
type jobRow struct {
	Name      string     `json:"name"`
	Does      string     `json:"does"`
	Timetable string     `json:"timetable"`
	Paused    bool       `json:"paused"`
	Next      *time.Time `json:"next"`
	LastStart *time.Time `json:"last_started_at"`
	Outcome   string     `json:"outcome,omitempty"` // of the last run
	Did       string     `json:"did,omitempty"`
	Error     string     `json:"error,omitempty"`
}

// jobRows are all jobs, and before them the heartbeat under the name that people look for.
func jobRows(ctx context.Context, b *app.Background) ([]jobRow, error) {
	lease, err := b.Row(ctx)
	if err != nil {
		return nil, err
	}
	stored, err := b.States(ctx)
	if err != nil {
		return nil, err
	}
	last, err := b.LastRuns(ctx)
	if err != nil {
		return nil, err
	}
	beat := jobRow{Name: "scheduler_lock_heartbeat", Does: "Says that the console which does the background jobs lives.", Timetable: "by itself"}
	if lease.Holder != "" {
		beat.LastStart = timeOrNull(lease.HeartbeatAt)
	}
	rows := []jobRow{beat}
	for _, job := range b.All() {
		row := jobRow{Name: job.Name, Does: job.Does, Timetable: job.When.String()}
		if i := slices.IndexFunc(stored, func(s schedule.State) bool { return s.Job == job.Name }); i >= 0 {
			row.Paused, row.Next = stored[i].Paused, timeOrNull(stored[i].Next)
		}
		if run, ran := last[job.Name]; ran {
			row.LastStart, row.Outcome, row.Did, row.Error = timeOrNull(run.StartedAt), string(run.Outcome), run.Did, run.Error
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func (c *command) jobList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the background jobs",
		Long: "List the background jobs with their timetables and last runs. Elsewhere than on a terminal: fields separated by tabs (name, timetable, next, last start, outcome, what it did or why it failed)." +
			onThisMachine + exits(Done, Usage, NoDatabase, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.background(func(ctx context.Context, b *app.Background, _ []string) error {
			jobs, err := jobRows(ctx, b)
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(map[string]any{"items": jobs})
			}
			style := c.style()
			rows := make([][]terminal.Cell, len(jobs))
			for i, j := range jobs {
				paint, next, said := style.Good, momentOr(j.Next, ""), j.Did
				if j.Outcome != string(schedule.OK) {
					paint = style.Warn
				}
				if j.Paused {
					next = "paused"
				}
				if j.Error != "" {
					said = j.Error
				}
				rows[i] = []terminal.Cell{{Text: j.Name, Paint: style.Bold}, {Text: j.Timetable}, {Text: next}, {Text: momentOr(j.LastStart, "never")}, {Text: j.Outcome, Paint: paint}, {Text: said}}
			}
			return terminal.Table(c.Stdout, style, []string{"JOB", "WHEN", "NEXT", "LAST", "OUTCOME", "DID"}, rows)
		}),
	}
}

func (c *command) jobRun() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use: "run JOB", Short: "Run a background job now",
		Long: "Run a background job now. The console that does the background jobs picks it up within two seconds, wherever it runs; with --wait this command waits\n" +
			"until it has ended and fails where it failed." + onThisMachine + exits(Done, Failed, Usage, NoDatabase, NoPermit),
		Example: "  sudo bangui job run optimise-database --wait",
		Args:    exactly(1, "the name of one job"),
		RunE: c.background(func(ctx context.Context, b *app.Background, args []string) error {
			name := args[0]
			if !slices.ContainsFunc(b.All(), func(j schedule.Job) bool { return j.Name == name }) {
				return fault.New(fault.NotFound, "there is no job %s", terminal.Printable(name)).WithMend("`bangui job list` shows what there is.")
			}
			asked := time.Now()
			e := audit.Entry{Actor: c.actor(), Action: "job.run", Target: name}
			if err := recorded(ctx, b, e, func() error { return b.Ask(ctx, name, e.Actor.Name, asked) }); err != nil {
				return err
			}
			if wait {
				return c.awaitRun(ctx, b, name, asked)
			}
			c.print("%s was asked for.", name)
			return nil
		}),
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until it has ended")
	return cmd
}

// awaitRun waits for the run that answers a request of that moment or later.
func (c *command) awaitRun(ctx context.Context, b *app.Background, name string, asked time.Time) error {
	const every = 500 * time.Millisecond
	ctx, _, release := app.WithSignals(ctx)
	defer release()
	for {
		last, err := b.LastRuns(ctx)
		if err != nil {
			return err
		}
		run := last[name]
		if run.Cause == schedule.Asked && !run.StartedAt.Before(asked.Truncate(time.Second)) && !run.EndedAt.IsZero() {
			return c.tellRun(run)
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.Unavailable, "it has not ended yet; it goes on by itself").WithMend("`bangui job list` shows how it went; `bangui lease show` whether a console does the background jobs.")
		case <-time.After(every):
		}
	}
}

func (c *command) tellRun(run schedule.Run) error {
	said := run.Did
	if run.Error != "" {
		said = run.Error
	}
	if c.asJSON {
		if err := c.writeJSON(map[string]any{"job": run.Job, "outcome": string(run.Outcome), "did": run.Did, "error": run.Error}); err != nil {
			return err
		}
	} else {
		c.print("%s: %s. %s", run.Job, run.Outcome, terminal.Printable(said))
	}
	if run.Outcome != schedule.OK {
		return &outcomeError{Failed}
	}
	return nil
}

// recorded makes a change of lease or jobs and records it: as begun before, and with its
// end.
func recorded(ctx context.Context, b *app.Background, e audit.Entry, do func() error) (err error) {
	if e.BeganID, err = b.Records.Begin(ctx, e); err != nil {
		return err
	}
	err = do()
	e.Outcome = audit.OK
	if err != nil {
		e.Outcome, e.Code, e.Detail = audit.Failed, fault.CodeOf(err), fault.MessageOf(err)
	}
	if recordErr := b.Records.Record(context.WithoutCancel(ctx), e); err == nil {
		err = recordErr
	}
	return err
}
