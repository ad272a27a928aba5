package app

import (
	"context"

	"bangui/internal/config"
	"bangui/internal/lease"
	"bangui/internal/schedule"
	"bangui/internal/store"
)

// Background are lease and jobs in the database of this machine's console, for one
// command, whether the console runs or not. Close it.
type Background struct {
	*store.Jobs
	Records *Records
}

// OpenBackground opens them where a console has made its database already. command is how
// this one was typed.
func OpenBackground(ctx context.Context, c config.Config, command string) (*Background, error) {
	records, err := OpenRecords(ctx, c, command)
	if err != nil {
		return nil, err
	}
	return &Background{Jobs: records.store.Jobs(), Records: records}, nil
}

// Row is the scheduler's lease as it is now.
func (b *Background) Row(ctx context.Context) (lease.Row, error) {
	return b.Records.store.LookLease(ctx, lease.Scheduler)
}

// Events are the newest changes of the lease, newest first.
func (b *Background) Events(ctx context.Context, limit int) ([]lease.Event, error) {
	return b.Records.store.LeaseEvents(ctx, lease.Scheduler, limit)
}

// Steal ends the term of whoever holds the lease.
func (b *Background) Steal(ctx context.Context, reason string) (lease.Row, error) {
	return b.Records.store.StealLease(ctx, lease.Scheduler, reason)
}

// All are the jobs that this BanGUI knows.
func (b *Background) All() []schedule.Job { return JobList() }

// Close closes the database.
func (b *Background) Close() error { return b.Records.Close() }

// JobList are all background jobs, to be read and not to be run.
func JobList() []schedule.Job { return (&App{}).jobs(term{}) }
