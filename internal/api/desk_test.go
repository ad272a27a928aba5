package api_test

import (
	"context"
	"testing"
	"time"

	"bangui/internal/api"
	"bangui/internal/lease"
	"bangui/internal/schedule"
	"bangui/internal/store"
)

// background is the lease and the jobs of a test: both on its real store, led by nobody
// unless it says so.
type background struct {
	*store.Jobs
	db    *store.DB
	state lease.State
	asked []string // reasons of hand-overs
	err   error    // of a hand-over
}

func backgroundOf(db *store.DB) *background {
	return &background{Jobs: db.Jobs(), db: db, state: lease.State{Phase: lease.Nobody}}
}

// in puts it into the options of an API.
func (b *background) in(o *api.Options) { o.Lease, o.Jobs = b, b }

func (b *background) State() lease.State         { return b.state }
func (b *background) Durations() lease.Durations { return lease.Derive(time.Minute, 10*time.Second) }

func (b *background) Row(ctx context.Context) (lease.Row, error) {
	return b.db.LookLease(ctx, lease.Scheduler)
}

func (b *background) Events(ctx context.Context, limit int) ([]lease.Event, error) {
	return b.db.LeaseEvents(ctx, lease.Scheduler, limit)
}

func (b *background) HandOver(reason string) error {
	b.asked = append(b.asked, reason)
	return b.err
}

func (b *background) Steal(ctx context.Context, reason string) (lease.Row, error) {
	return b.db.StealLease(ctx, lease.Scheduler, reason)
}

func (b *background) All() []schedule.Job {
	return []schedule.Job{{Name: "tidy", Does: "It tidies.", Repeat: "It may.", Lost: "Nothing.", When: schedule.Every(10 * time.Minute), Timeout: time.Minute}}
}

// take makes the lease that of a process.
func (b *background) take(t *testing.T) lease.Term {
	t.Helper()
	row, err := b.Row(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	info := lease.Info{PID: 4711, Hostname: "leader.example", Version: "v1"}
	epoch, ok, err := b.db.TakeLease(t.Context(), lease.Claim{Seen: row, Holder: "me", Nonce: "n1", Info: info, Timeout: time.Minute, Reason: lease.Free})
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	b.state = lease.State{Phase: lease.Leader, Row: lease.Row{Epoch: epoch, Holder: "me", Info: info}, Left: 55 * time.Second, Identity: "me"}
	return lease.Term{Name: lease.Scheduler, Holder: "me", Epoch: epoch}
}
