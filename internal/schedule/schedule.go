// Package schedule runs background jobs: by a timetable, and when somebody asks.
//
// A Scheduler runs in the one process that holds the scheduler lease, under a context
// that ends with the lease, on a store whose writes are refused once the lease is lost.
// The store is the truth: which slots were taken, what is paused, what was asked for;
// so any instance may ask and pause, and whoever leads next goes on where the last one
// stopped.
//
// A slot is one planned moment of a job. It is taken in one transaction before the job
// runs, and once only. Slots that passed while nobody led are made up for by one run
// that says how many it stands for. A run whose process died is recorded as lost, and
// run again once. No job overlaps itself.
package schedule

import (
	"context"
	"time"
)

// Job is one piece of background work, with what people should know about it.
type Job struct {
	Name string // lower-case letters, digits and dashes
	// Does, Repeat and Lost are sentences for docs and page: what it does, why it is safe
	// to repeat, and what happens when the lease is lost while it runs.
	Does, Repeat, Lost string

	When    Timetable
	Timeout time.Duration // of one run; the context of Run ends then
	// Jitter is the most by which a planned start is delayed, so that what hangs on the
	// clock of many machines does not come all at once.
	Jitter time.Duration
	// Quiet jobs look often and seldom have anything to do: only runs that did something
	// or failed are recorded.
	Quiet bool
	// Run does the work. It returns what it did, in one sentence; "" means that there was
	// nothing to do. It must heed ctx, which ends with the lease, and be safe to repeat.
	Run func(ctx context.Context) (did string, err error)
}

// State is what the store keeps about a job beside its runs.
type State struct {
	Job     string
	Next    time.Time // the slot to come; zero = none was planned yet
	Paused  bool
	AskedAt time.Time // somebody wants it run now; zero = nobody
	AskedBy string
}

// Cause says why a run was.
type Cause string

// The causes.
const (
	ByTimetable Cause = "timetable"
	CatchUp     Cause = "catch_up" // for slots that passed while no scheduler ran
	Asked       Cause = "asked"
	Again       Cause = "again" // the run before it was lost or cut off
)

// Outcome says how a run ended.
type Outcome string

// The outcomes.
const (
	Running   Outcome = "running"
	OK        Outcome = "ok"
	Failed    Outcome = "failed"
	TimedOut  Outcome = "timed_out"
	Cancelled Outcome = "cancelled" // the lease was handed over, or the process stopped
	Lost      Outcome = "lost"      // its process died, or lost the lease
)

// Run is one run of a job.
type Run struct {
	ID        int64
	Job       string
	Slot      time.Time // the moment that it was planned for or asked at
	Cause     Cause
	AskedBy   string // "" unless asked for
	Missed    int    // earlier slots that passed unused, which this run stands for
	StartedAt time.Time
	EndedAt   time.Time // zero while it runs
	Outcome   Outcome
	Did       string // what it did, in a sentence; "" = nothing to do
	Error     string // why it failed
}

// Bounds of what is kept.
const (
	// KeptRuns is how many runs of each job are kept, the newest.
	KeptRuns = 200
	// MaxText is the most bytes kept of Did and of Error.
	MaxText = 1000
)

// Store keeps states and runs for the scheduler. Its writes are fenced: they fail, and
// change nothing, once the lease is lost. Each method is one transaction.
type Store interface {
	// States are the states of all jobs that the store knows.
	States(ctx context.Context) ([]State, error)
	// Plan sets a job's next slot where none was planned yet.
	Plan(ctx context.Context, job string, next time.Time) error
	// Take records the start of a run and the job's next slot, and clears what was asked
	// for when the run is the answer to it. false: the slot was taken already, or the job
	// was paused meanwhile.
	Take(ctx context.Context, run Run, next time.Time) (id int64, taken bool, err error)
	// End records how a run ended, and forgets all but the newest KeptRuns of its job.
	End(ctx context.Context, run Run) error
	// LoseUnended ends runs that have not ended, as Lost: of schedulers before this one.
	LoseUnended(ctx context.Context, at time.Time) error
	// LastRuns is the newest run of each job.
	LastRuns(ctx context.Context) (map[string]Run, error)
}
