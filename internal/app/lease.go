package app

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"bangui/internal/config"
	"bangui/internal/event"
	"bangui/internal/health"
	"bangui/internal/host"
	"bangui/internal/lease"
)

// startLease becomes a candidate for the background jobs. It waits for nothing: whoever
// leads, page and API are served.
func (a *App) startLease(ctx context.Context) error {
	a.metrics = a.newMetrics()
	o := lease.Options{
		Name: lease.Scheduler, Store: a.store,
		Durations: lease.Derive(a.Config.LeaseTTL, a.Config.LeaseHeartbeat),
		Info:      lease.Info{PID: os.Getpid(), Hostname: machineName(), Version: a.Version, BootID: lease.BootID()},
		Refuse:    a.Config.Postgres == "" && a.Config.Standby == config.StandbyRefuse,
		Work:      a.work,
		Die:       a.die,
		Clock:     lease.BootClock,
		Random:    rand.Float64,
		Took:      a.metrics.Renewed,
		Logger:    a.logger.With("part", "lease"),
	}
	if a.Config.Postgres == "" {
		// It lies beside the file that it is about, whoever named that with which data folder.
		o.Lock = lease.NewKernelLock(a.Config.Database + ".leader")
	}
	elector, err := lease.New(o)
	if err != nil {
		return err
	}
	if a.Config.Workers > 1 {
		a.logger.InfoContext(ctx, "the setting workers has no effect: one of the consoles does the background jobs, the others stand by", "workers", a.Config.Workers)
	}
	a.elector.Store(elector)
	a.leaseTask = startTask(ctx, func(ctx context.Context) { a.elect(ctx, elector) })
	a.phaseTask = startTask(ctx, a.watchLease)
	return nil
}

// elect is a candidate until ctx ends, or until another console on the same file was
// seen to live: then this one ends.
func (a *App) elect(ctx context.Context, elector *lease.Elector) {
	var held *lease.HeldError
	if err := elector.Run(ctx); errors.As(err, &held) {
		a.fail(held.Fault())
	}
}

// stopLease gives the lease to the next candidate. The jobs have ended before.
func (a *App) stopLease(ctx context.Context) error {
	return errors.Join(a.phaseTask.end(ctx), a.leaseTask.end(ctx))
}

// die ends the process: work that does not end must not outlive its lease.
func (a *App) die(cause string) {
	a.logger.Error("ending at once", "error", cause, "mend", "A supervisor starts it again; the log has the job that did not end.")
	if a.Exit != nil {
		a.Exit(ExitOutlived)
	}
}

// ExitOutlived is the exit status of a process whose work outlived its lease.
const ExitOutlived = 75

// hinted passes on that the lease may have changed.
func (a *App) hinted() {
	if e := a.elector.Load(); e != nil {
		e.Hint()
	}
}

// leaseDesk is what the API shows and asks of the scheduler's lease.
type leaseDesk struct{ app *App }

// State is what this process knows of the lease now.
func (d leaseDesk) State() lease.State {
	if e := d.app.elector.Load(); e != nil {
		return e.State()
	}
	return lease.State{Phase: lease.Nobody}
}

// Durations are the times that this process was started with.
func (d leaseDesk) Durations() lease.Durations {
	return lease.Derive(d.app.Config.LeaseTTL, d.app.Config.LeaseHeartbeat)
}

// Row asks the database.
func (d leaseDesk) Row(ctx context.Context) (lease.Row, error) {
	return d.app.store.LookLease(ctx, lease.Scheduler)
}

// Events are the newest changes, newest first.
func (d leaseDesk) Events(ctx context.Context, limit int) ([]lease.Event, error) {
	return d.app.store.LeaseEvents(ctx, lease.Scheduler, limit)
}

// HandOver gives the lease to another console; see lease.Elector.
func (d leaseDesk) HandOver(reason string) error {
	if e := d.app.elector.Load(); e != nil {
		return e.HandOver(reason)
	}
	return nil
}

// Steal ends the term of whoever holds the lease.
func (d leaseDesk) Steal(ctx context.Context, reason string) (lease.Row, error) {
	row, err := d.app.store.StealLease(ctx, lease.Scheduler, reason)
	if err == nil {
		d.app.hinted()
	}
	return row, err
}

// How often the state of the lease is looked at, and from when on nobody leading is worth
// a word.
const (
	phaseEvery  = time.Second
	nobodySince = 90 * time.Second
)

// watchLease tells readers of changes, and says in health what an operator should know.
func (a *App) watchLease(ctx context.Context) {
	tick := time.NewTicker(phaseEvery)
	defer tick.Stop()
	var told lease.State
	since := time.Now()
	for {
		state := leaseDesk{a}.State()
		if state.Phase != told.Phase || state.Row.Epoch != told.Row.Epoch || state.Row.Holder != told.Row.Holder {
			if state.Phase != told.Phase {
				since = time.Now()
			}
			told = state
			a.tellLease(state)
			a.countChange(ctx)
		}
		if state.Phase == lease.Nobody {
			a.metrics.Leadless(phaseEvery)
		}
		a.judgeLease(state, time.Since(since))
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// countChange counts the newest change of the lease by its reason.
func (a *App) countChange(ctx context.Context) {
	events, err := leaseDesk{a}.Events(ctx, 1)
	if err == nil && len(events) == 1 && events[0].Kind == lease.Acquired {
		a.metrics.Changed(events[0].Reason)
	}
}

func (a *App) tellLease(state lease.State) {
	local, err := a.registry.Get(host.LocalAlias)
	if err != nil { // its stage has not begun, so nobody reads yet
		return
	}
	a.bus.Publish(event.Event{
		HostID: local.State().ID, Kind: event.Lease, At: time.Now(), State: string(state.Phase), Detail: holderOf(state),
	})
}

func holderOf(state lease.State) string {
	if state.Row.Holder == "" {
		return ""
	}
	return state.Row.Info.Whom()
}

// judgeLease raises and clears what health says about the lease.
func (a *App) judgeLease(state lease.State, lasted time.Duration) {
	blocked := state.Phase == lease.Blocked || state.Phase == lease.Stepping
	if blocked && lasted > state.Row.Timeout/2 {
		a.findings.Set("scheduler_blocked", health.Warning, fmt.Sprintf("The background jobs are paused: %s.", state.Why),
			"They go on by themselves when the database answers; the log has the cause.")
	} else {
		a.findings.Clear("scheduler_blocked")
	}
	if state.Phase == lease.Nobody && lasted > nobodySince {
		a.findings.Set("scheduler_nobody", health.Warning, fmt.Sprintf("No console has done the background jobs for %s.", lasted.Round(time.Second)),
			"See the Jobs page for the last holder; `bangui lease show` on its machine tells more.")
	} else {
		a.findings.Clear("scheduler_nobody")
	}
}

// work is what this process does while it leads. It begins once there is something to
// work with, and ends when the jobs' stage or the term does.
func (a *App) work(ctx context.Context, l *lease.Leadership) {
	select {
	case <-a.jobsMay:
	case <-ctx.Done():
		return
	}
	working, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.jobsEnd, cancel)()
	a.runJobs(working, term{store: a.store.Fenced(l.Term, l.Refused), leadership: l})
	<-ctx.Done() // the lease is given back with the stage lease, not before
}

// leaseComponent is the scheduler in the full health answer.
func (a *App) leaseComponent() Component {
	state := leaseDesk{a}.State()
	return Component{Name: "scheduler", Status: string(state.Phase), Detail: state.Why}
}
