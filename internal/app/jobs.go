package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bangui/internal/audit"
	"bangui/internal/auth"
	"bangui/internal/event"
	"bangui/internal/health"
	"bangui/internal/history"
	"bangui/internal/lease"
	"bangui/internal/schedule"
	"bangui/internal/store"
)

// term is what jobs work with while this process leads: a store that refuses once the
// lease is lost, and word of whether it lasts. The zero value is for who only reads what
// jobs there are.
type term struct {
	store      store.Fenced
	leadership *lease.Leadership
}

// startJobs lets jobs run, here if this process leads, and carries out what the scheduler
// orders for the host that is served here.
func (a *App) startJobs(ctx context.Context) error {
	close(a.jobsMay)
	a.errandsTask = startTask(ctx, newErrands(a).run)
	return nil
}

// stopJobs ends the jobs. The lease is still held then.
func (a *App) stopJobs(ctx context.Context) error {
	a.endJobs()
	err := a.errandsTask.end(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.jobsRun.Lock()
		a.jobsRun.Unlock() //nolint:staticcheck // who gets it knows that nobody runs jobs
	}()
	select {
	case <-ended:
		return err
	case <-ctx.Done():
		return fmt.Errorf("a job does not end: %w", ctx.Err())
	}
}

// runJobs runs the jobs for one term.
func (a *App) runJobs(ctx context.Context, t term) {
	a.jobsRun.Lock()
	defer a.jobsRun.Unlock()
	d := leaseDesk{a}.Durations()
	_ = schedule.New(schedule.Options{
		Jobs: a.jobs(t), Store: t.store.Jobs(), Health: a.findings, Logger: a.logger.With("part", "jobs"), Now: time.Now, Ended: a.tellJob,
		Fenced:  func(err error) bool { return errors.Is(err, lease.ErrFenced) },
		Closing: (d.Hard() - d.Soft) / 2,
	}).Run(ctx) // it ends with ctx
}

// tellJob tells readers that a run has ended.
func (a *App) tellJob(run schedule.Run) {
	a.bus.Publish(event.Event{HostID: a.host.State().ID, Kind: event.Job, At: run.EndedAt, State: string(run.Outcome), Detail: run.Job})
}

// jobs are all background jobs. docs/jobs.md is made from them.
func (a *App) jobs(t term) []schedule.Job {
	zone := a.Config.Zone()
	return []schedule.Job{
		{
			Name: "end-bans", When: schedule.Every(time.Second), Timeout: 30 * time.Second, Quiet: true,
			Does:   "Ends bans that were given an end of their own, and has bans made again that fail2ban ended before it. The order is written here; the console that serves the host carries it out within a second.",
			Repeat: "An order that was carried out finds nothing left to do.",
			Lost:   "Orders that were not written are written by the next leader; those of an older epoch are refused by the host once it has seen a newer one.",
			Run:    func(ctx context.Context) (string, error) { return orderEnds(ctx, t.store, t.leadership) },
		},
		{
			Name: "tidy-accounts", When: schedule.Every(10 * time.Minute), Timeout: time.Minute, Jitter: 30 * time.Second,
			Does:   "Removes sessions that have ended, and failed attempts to sign in that no longer count.",
			Repeat: "What is removed is gone; a second run finds nothing.",
			Lost:   "Each step is one transaction; the rest is removed by the next run. What has ended counts as ended, whether it was removed or not.",
			Run: func(ctx context.Context) (string, error) {
				return counted(auth.Tidy(ctx, t.store, a.Config.SessionIdle, time.Now()))("%d old sessions, tokens and failed attempts removed")
			},
		},
		{
			Name: "trim-audit", When: schedule.DailyAt(3, 20, zone), Timeout: 10 * time.Minute, Jitter: 5 * time.Minute,
			Does:   "Removes entries of the audit that are older than the setting audit-days, and keeps the place where the chain begins.",
			Repeat: "Removing is one transaction with its own entry; a second run finds nothing.",
			Lost:   "The transaction that was under way is undone; the next run goes on.",
			Run: func(ctx context.Context) (string, error) {
				n, err := a.trailOn(t.store).Trim(ctx)
				return counted(int64(n), err)("%d entries of the audit removed")
			},
		},
		{
			Name: "trim-archive", When: schedule.Every(time.Hour), Timeout: 30 * time.Minute, Jitter: 5 * time.Minute,
			Does:   "Removes ended bans with their log lines that are older than the setting archive-retention, or beyond archive-max-bytes, the oldest first. Counters stay.",
			Repeat: "What is removed is gone; a second run finds nothing.",
			Lost:   "Each step of 5000 bans is one transaction; the rest is removed by the next run.",
			Run: func(ctx context.Context) (string, error) {
				return a.archiveOn(t.store).Retain(ctx, history.Limits{Age: a.Config.ArchiveRetention, Bytes: a.Config.ArchiveMaxBytes})
			},
		},
		{
			Name: "prepare-archive", When: schedule.Every(6 * time.Hour), Timeout: 5 * time.Minute, Jitter: 5 * time.Minute,
			Does:   "On PostgreSQL: makes the partitions of the archive for this month and the two after it, and for bans of other times. On SQLite there is nothing to do.",
			Repeat: "A partition that is there is left as it is.",
			Lost:   "It is one transaction, and undone as a whole; the next leader makes them. Until then bans go to the default partition, and nothing is lost.",
			Run:    func(ctx context.Context) (string, error) { return a.prepareArchive(ctx, a.archiveOn(t.store)) },
		},
		{
			Name: "locate-bans", When: weekly("10 5 * * 0", zone), Timeout: 2 * time.Hour, Jitter: 30 * time.Minute,
			Does:   "Asks the geo databases again where banned addresses are, since those change. Without databases it changes nothing.",
			Repeat: "A ban whose place is as it was stays as it is.",
			Lost:   "Each step of 500 bans is one transaction; the next run begins anew.",
			Run:    func(ctx context.Context) (string, error) { return a.locateBans(ctx, t.store) },
		},
		{
			Name: "optimise-database", When: schedule.DailyAt(4, 10, zone), Timeout: 10 * time.Minute, Jitter: 10 * time.Minute,
			Does:   "Lets the database learn anew what is in its tables, so that queries stay quick, and shortens SQLite's log of changes.",
			Repeat: "It changes no data.",
			Lost:   "Nothing is lost: it is done again the next day.",
			Run: func(ctx context.Context) (string, error) {
				return "the database knows its tables again", t.store.Optimise(ctx)
			},
		},
		{
			Name: "check-database", When: weekly("40 4 * * 0", zone), Timeout: store.ExamineTime, Jitter: 30 * time.Minute,
			Does:   "Reads the database for damage.",
			Repeat: "It only reads.",
			Lost:   "Nothing is lost: the next leader begins it again.",
			Run: func(ctx context.Context) (string, error) {
				return "no damage was found", t.store.Examine(ctx)
			},
		},
	}
}

// weekly is a quiet hour, as cron writes it.
func weekly(expression string, zone *time.Location) schedule.Timetable {
	when, err := schedule.Cron(expression, zone)
	if err != nil {
		panic(err) // a defect of the program: the expressions stand above
	}
	return when
}

// counted is what a job says that removed something; nothing where there was nothing.
func counted(n int64, err error) func(format string) (string, error) {
	return func(format string) (string, error) {
		if n == 0 {
			return "", err
		}
		return fmt.Sprintf(format, n), err
	}
}

// orderLead is how long before its time the end of a ban is ordered, so that it comes on
// the second.
const orderLead = 3 * time.Second

func orderEnds(ctx context.Context, s store.Fenced, l *lease.Leadership) (string, error) {
	ends, again, err := s.OrderEnds(ctx, time.Now(), time.Now().Add(orderLead), l.Epoch)
	switch {
	case err != nil || ends+again == 0:
		return "", err
	case again == 0:
		return fmt.Sprintf("%d bans are to end", ends), nil
	default:
		return fmt.Sprintf("%d bans are to end, %d to be made again", ends, again), nil
	}
}

// trailOn is the audit on another store than our own.
func (a *App) trailOn(s audit.Store) *audit.Trail {
	return audit.New(audit.Options{Store: s, Logger: a.logger.With("part", "audit"), Now: time.Now, Keep: time.Duration(a.Config.AuditDays) * 24 * time.Hour})
}

// archiveOn is the archive on another store than our own.
func (a *App) archiveOn(s history.Store) *history.Archive {
	return history.New(s, a.bus, a.logger.With("part", "history"), time.Now)
}

// prepareArchive makes room for the months to come, and tells when bans have none.
func (a *App) prepareArchive(ctx context.Context, archive *history.Archive) (string, error) {
	const code = "archive_stray"
	did, stray, err := archive.Upkeep(ctx)
	switch {
	case err != nil:
	case stray > 0:
		a.findings.Set(code, health.Warning, fmt.Sprintf("%d bans or more have no partition of their own in the database, so that queries are slow.", stray),
			"See the log of the job prepare-archive, and whether BanGUI's role may make tables.")
	default:
		a.findings.Clear(code)
	}
	return did, err
}

// jobDesk is what the API shows and asks of the jobs, on any console.
type jobDesk struct {
	*store.Jobs
	app *App
}

// All are the jobs, in their order.
func (d jobDesk) All() []schedule.Job { return d.app.jobs(term{}) }
