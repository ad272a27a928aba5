package schedule

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"bangui/internal/fault"
	"bangui/internal/health"
)

// Options are what a scheduler is made of.
type Options struct {
	Jobs   []Job
	Store  Store
	Health *health.Registry // a job that fails raises a condition here
	Logger *slog.Logger
	Now    func() time.Time // wall clock
	Ended  func(Run)        // is told of each recorded run that has ended; nil = nobody
	// Fenced reports whether an error says that the lease was lost; nil = none does. Such a
	// run is lost, and no failure of its job.
	Fenced func(error) bool
	// Closing bounds how long the ends of runs are recorded once the context of Run has
	// ended: less than trust in a term lasts then. 0 = 5 s.
	Closing time.Duration
}

// Scheduler runs jobs for as long as its process leads. Make one for each term.
type Scheduler struct {
	Options
	runs sync.WaitGroup

	mu      sync.Mutex
	running map[string]bool      // by job
	quiet   map[string]time.Time // by quiet job: not before
	failed  map[string]int       // by quiet job: failures in a row
	again   map[string]bool      // jobs whose last run was lost or cut off
}

// The rhythm of the scheduler, and the bounds of its own waiting.
const (
	// look is how often the store is asked what to do: what is asked for or paused on
	// another instance is seen within it.
	look = time.Second
	// storeTime bounds one question to the store.
	storeTime = 5 * time.Second
	// maxRest is the longest rest of a quiet job that fails again and again.
	maxRest = time.Minute
	// maxMissed bounds the counting of slots that passed.
	maxMissed = 10_000
)

// New returns a scheduler that has done nothing yet. Two jobs of one name are a defect
// of the program.
func New(o Options) *Scheduler {
	names := map[string]bool{}
	for _, job := range o.Jobs {
		if names[job.Name] {
			panic("schedule: two jobs " + job.Name)
		}
		names[job.Name] = true
	}
	if o.Closing == 0 {
		o.Closing = storeTime
	}
	return &Scheduler{Options: o, running: map[string]bool{}, quiet: map[string]time.Time{}, failed: map[string]int{}, again: map[string]bool{}}
}

// Run runs jobs until ctx ends, and returns ctx.Err() once none of them runs any more.
// A store that fails is tried again each second.
func (s *Scheduler) Run(ctx context.Context) error {
	defer s.runs.Wait()
	tookOver := false
	for ctx.Err() == nil {
		err := error(nil)
		if !tookOver {
			err = s.takeOver(ctx)
			tookOver = err == nil
		}
		if err == nil {
			err = s.step(ctx)
		}
		if err != nil && ctx.Err() == nil {
			s.Logger.WarnContext(ctx, "the jobs can't be looked at", "error", err)
		}
		sleep(ctx, look)
	}
	return ctx.Err()
}

// takeOver ends what schedulers before this one left, and remembers what to repeat.
func (s *Scheduler) takeOver(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	if err := s.Store.LoseUnended(ctx, s.Now()); err != nil {
		return err
	}
	last, err := s.Store.LastRuns(ctx)
	if err != nil {
		return err
	}
	for _, job := range s.Jobs {
		run, ran := last[job.Name]
		cut := run.Outcome == Lost || run.Outcome == Cancelled
		if ran && cut && run.Cause != Again && !job.Quiet { // once: it may be what kills the process
			s.again[job.Name] = true
		}
	}
	return nil
}

// step starts what is due.
func (s *Scheduler) step(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	stored, err := s.Store.States(asking)
	if err != nil {
		return err
	}
	states := map[string]State{}
	for _, state := range stored {
		states[state.Job] = state
	}
	var failures []error
	for _, job := range s.Jobs {
		if err := s.consider(ctx, job, states[job.Name]); err != nil {
			failures = append(failures, fmt.Errorf("job %s: %w", job.Name, err))
		}
	}
	return errors.Join(failures...)
}

// consider starts a job if it should run now.
func (s *Scheduler) consider(ctx context.Context, job Job, state State) error {
	now := s.Now()
	switch {
	case s.isRunning(job.Name):
		return nil
	case !state.AskedAt.IsZero():
		return s.begin(ctx, job, Run{Slot: state.AskedAt, Cause: Asked, AskedBy: state.AskedBy}, state.Next)
	case state.Paused:
		return nil
	case job.Quiet:
		s.lookQuietly(ctx, job, now)
		return nil
	case s.again[job.Name]:
		return s.begin(ctx, job, Run{Slot: now, Cause: Again}, state.Next)
	case state.Next.IsZero():
		return s.plan(ctx, job, now)
	case now.Before(state.Next.Add(delay(job, state.Next))):
		return nil
	}
	slot, missed := latest(job.When, state.Next, now)
	run := Run{Slot: slot, Cause: ByTimetable, Missed: missed}
	if missed > 0 || now.Sub(slot) > late(job) {
		run.Cause = CatchUp
	}
	return s.begin(ctx, job, run, job.When.Next(slot))
}

func (s *Scheduler) plan(ctx context.Context, job Job, now time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	return s.Store.Plan(ctx, job.Name, job.When.Next(now))
}

// latest is the newest slot that has come, and how many came before it unused. A
// timetable that was made denser since counts by its new slots.
func latest(when Timetable, planned, now time.Time) (slot time.Time, missed int) {
	slot = planned
	for missed < maxMissed {
		next := when.Next(slot)
		if next.IsZero() || next.After(now) {
			return slot, missed
		}
		slot, missed = next, missed+1
	}
	return when.Next(now.Add(-time.Second)), missed
}

// late is by how much a run may be behind its slot and still count as in time.
func late(job Job) time.Duration { return job.Jitter + 5*look }

// delay is the jitter of one slot: the same for everyone who asks.
func delay(job Job, slot time.Time) time.Duration {
	if job.Jitter <= 0 {
		return 0
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%s %d", job.Name, slot.Unix())
	return time.Duration(h.Sum64() % uint64(job.Jitter))
}

// begin takes the slot and starts the run.
func (s *Scheduler) begin(ctx context.Context, job Job, run Run, next time.Time) error {
	taking, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	run.Job, run.StartedAt, run.Outcome = job.Name, s.Now(), Running
	if next.IsZero() {
		next = job.When.Next(run.StartedAt)
	}
	id, taken, err := s.Store.Take(taking, run, next)
	if err != nil {
		return err
	}
	delete(s.again, job.Name)
	if !taken {
		return nil
	}
	run.ID = id
	s.start(job, func() {
		run := s.carryOut(ctx, job, run)
		if run.Outcome != Lost { // the next leader records it
			s.record(ctx, run)
		}
		s.judge(job, run)
		s.tell(run)
	})
	return nil
}

// lookQuietly runs a quiet job when it is due, and records what it did.
func (s *Scheduler) lookQuietly(ctx context.Context, job Job, now time.Time) {
	s.mu.Lock()
	due := !now.Before(s.quiet[job.Name])
	s.mu.Unlock()
	if !due {
		return
	}
	s.start(job, func() {
		run := s.carryOut(ctx, job, Run{Job: job.Name, Slot: now, Cause: ByTimetable, StartedAt: now, Outcome: Running})
		s.rest(job, run)
		if run.Outcome != Lost && (run.Did != "" || run.Outcome != OK) { // what was lost can't be written
			s.recordQuiet(ctx, run)
			s.tell(run)
		}
		s.judge(job, run)
	})
}

// rest says when a quiet job looks next: after failures less and less often, so that
// recording them stays cheap.
func (s *Scheduler) rest(job Job, run Run) {
	const doublings = 6 // to maxRest
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	if run.Outcome == OK {
		s.failed[job.Name], s.quiet[job.Name] = 0, job.When.Next(now)
		return
	}
	s.failed[job.Name]++
	s.quiet[job.Name] = now.Add(min(maxRest, look<<min(s.failed[job.Name], doublings)))
}

// recordQuiet takes a slot after the fact.
func (s *Scheduler) recordQuiet(ctx context.Context, run Run) {
	recording, cancel := s.recording(ctx)
	defer cancel()
	id, taken, err := s.Store.Take(recording, run, time.Time{})
	if err == nil && taken {
		run.ID = id
		err = s.Store.End(recording, run)
	}
	if err != nil {
		s.Logger.WarnContext(ctx, "the run of a job was not recorded", "job", run.Job, "error", err)
	}
}

func (s *Scheduler) isRunning(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running[name]
}

// start runs a job's work on a goroutine that Run waits for.
func (s *Scheduler) start(job Job, work func()) {
	s.mu.Lock()
	s.running[job.Name] = true
	s.mu.Unlock()
	s.runs.Go(func() {
		defer func() {
			s.mu.Lock()
			delete(s.running, job.Name)
			s.mu.Unlock()
		}()
		work()
	})
}

// carryOut runs a job and says how it went.
func (s *Scheduler) carryOut(ctx context.Context, job Job, run Run) Run {
	working, cancel := context.WithTimeout(ctx, job.Timeout)
	defer cancel()
	did, err := s.guarded(working, job)
	run.EndedAt, run.Did = s.Now(), cut(did)
	switch {
	case err == nil:
		run.Outcome = OK
	case ctx.Err() != nil:
		run.Outcome, run.Error = Cancelled, "the scheduler stopped"
	case s.Fenced != nil && s.Fenced(err):
		run.Outcome, run.Error = Lost, "another console does the background jobs"
		return run
	case working.Err() != nil:
		run.Outcome, run.Error = TimedOut, fmt.Sprintf("it was not done within %s", job.Timeout)
	default:
		run.Outcome, run.Error = Failed, cut(fault.MessageOf(err))
	}
	if err != nil && ctx.Err() == nil {
		s.Logger.ErrorContext(ctx, "a job failed", "job", job.Name, "error", err)
	}
	return run
}

// guarded is a job's work; a panic is its failure and nobody else's.
func (s *Scheduler) guarded(ctx context.Context, job Job) (did string, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Logger.ErrorContext(ctx, "a job panicked", "job", job.Name, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "the job panicked; the log has the details")
		}
	}()
	return job.Run(ctx)
}

// record stores the end of a run. It is tried for a while even after ctx has ended, for
// the lease is released only after it; a store that refuses has lost the lease, and
// whoever leads then records the run as lost.
func (s *Scheduler) record(ctx context.Context, run Run) {
	recording, cancel := s.recording(ctx)
	defer cancel()
	if err := s.Store.End(recording, run); err != nil {
		s.Logger.WarnContext(ctx, "the end of a job's run was not recorded", "job", run.Job, "outcome", string(run.Outcome), "error", err)
	}
}

// recording is for what is written down though the scheduler is to end. A database that
// does not answer must not hold it past its term.
func (s *Scheduler) recording(ctx context.Context) (context.Context, context.CancelFunc) {
	recording, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTime)
	unhurried := context.AfterFunc(ctx, func() { time.AfterFunc(min(s.Closing, storeTime), cancel) })
	return recording, func() { unhurried(); cancel() }
}

func (s *Scheduler) tell(run Run) {
	if s.Ended != nil {
		s.Ended(run)
	}
}

// judge raises a condition about a job that fails, and clears it when it works again.
func (s *Scheduler) judge(job Job, run Run) {
	code := "job_failing_" + strings.ReplaceAll(job.Name, "-", "_")
	switch run.Outcome {
	case OK:
		s.Health.Clear(code)
	case Failed, TimedOut:
		s.Health.Set(code, health.Warning, fmt.Sprintf("The background job %s failed: %s", job.Name, run.Error),
			"See its runs on the Jobs page; run it again there once the cause is mended.")
	case Running, Cancelled, Lost:
	}
}

// cut bounds a text that is kept.
func cut(text string) string {
	if len(text) <= MaxText {
		return text
	}
	return strings.ToValidUTF8(text[:MaxText-len("…")], "") + "…"
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
