package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"bangui/internal/schedule"
)

// Jobs keeps the states and runs of background jobs.
type Jobs struct {
	db *DB
	// tx runs one transaction; the scheduler's are fenced.
	tx func(ctx context.Context, work func(*Tx) error) error
}

// Jobs is for whoever asks for jobs, pauses them or looks at them, on any instance; that of
// a Fenced store is the scheduler's.
func (db *DB) Jobs() *Jobs { return &Jobs{db, db.Tx} }

// States are the states of all jobs that the store knows.
func (j *Jobs) States(ctx context.Context) ([]schedule.State, error) {
	return collect(ctx, j.db.read, func(r *sql.Rows) (s schedule.State, err error) {
		var next, asked sql.NullInt64
		err = r.Scan(&s.Job, &next, &s.Paused, &asked, &s.AskedBy)
		s.Next, s.AskedAt = orZero(next), orZero(asked)
		return s, err
	}, "SELECT name, next_at, paused <> 0, asked_at, asked_by FROM job ORDER BY name LIMIT 1000")
}

// Plan sets a job's next slot where none was planned yet.
func (j *Jobs) Plan(ctx context.Context, job string, next time.Time) error {
	return j.tx(ctx, func(tx *Tx) error {
		return tx.exec(ctx, `INSERT INTO job (name, next_at) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET next_at = excluded.next_at WHERE job.next_at IS NULL`, job, orNull(next))
	})
}

// Take records the start of a run, in a slot that nobody took before.
func (j *Jobs) Take(ctx context.Context, run schedule.Run, next time.Time) (id int64, taken bool, err error) {
	err = j.tx(ctx, func(tx *Tx) error {
		id, taken = 0, false
		if may, err := tx.mayRun(ctx, run); err != nil || !may {
			return err
		}
		err := tx.get(ctx, []any{&id}, `INSERT INTO job_run (job, slot, cause, asked_by, missed, started_at, outcome, did, error)
			VALUES ($1, $2, $3, $4, $5, $6, $7, '', '') ON CONFLICT (job, slot, cause) DO NOTHING RETURNING id`,
			run.Job, micros(run.Slot), string(run.Cause), run.AskedBy, run.Missed, micros(run.StartedAt), string(schedule.Running))
		taken = err == nil
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		return tx.moveOn(ctx, run, next)
	})
	return id, taken && err == nil, err
}

// mayRun reports whether a job may run: a paused one only when somebody asks for it.
func (tx *Tx) mayRun(ctx context.Context, run schedule.Run) (bool, error) {
	if run.Cause == schedule.Asked {
		return true, nil
	}
	var paused bool
	err := tx.get(ctx, []any{&paused}, "SELECT paused <> 0 FROM job WHERE name = $1", run.Job)
	if errors.Is(err, sql.ErrNoRows) {
		return true, nil
	}
	return !paused, err
}

// moveOn sets the next slot, and clears the request that the run answers.
func (tx *Tx) moveOn(ctx context.Context, run schedule.Run, next time.Time) error {
	if !next.IsZero() {
		if err := tx.exec(ctx, "UPDATE job SET next_at = $2 WHERE name = $1", run.Job, micros(next)); err != nil {
			return err
		}
	}
	if run.Cause != schedule.Asked {
		return nil
	}
	return tx.exec(ctx, "UPDATE job SET asked_at = NULL, asked_by = '' WHERE name = $1 AND asked_at = $2", run.Job, micros(run.Slot))
}

// End records how a run ended, and forgets all but the newest runs of its job.
func (j *Jobs) End(ctx context.Context, run schedule.Run) error {
	return j.tx(ctx, func(tx *Tx) error {
		err := tx.exec(ctx, "UPDATE job_run SET ended_at = $2, outcome = $3, did = $4, error = $5 WHERE id = $1 AND ended_at IS NULL",
			run.ID, micros(run.EndedAt), string(run.Outcome), run.Did, run.Error)
		if err != nil {
			return err
		}
		return tx.exec(ctx, `DELETE FROM job_run WHERE job = $1 AND id <=
			(SELECT id FROM job_run WHERE job = $1 ORDER BY id DESC LIMIT 1 OFFSET $2)`, run.Job, schedule.KeptRuns)
	})
}

// LoseUnended ends runs that have not ended, as lost.
func (j *Jobs) LoseUnended(ctx context.Context, at time.Time) error {
	return j.tx(ctx, func(tx *Tx) error {
		return tx.exec(ctx, "UPDATE job_run SET ended_at = $1, outcome = $2, error = $3 WHERE ended_at IS NULL",
			micros(at), string(schedule.Lost), "its process ended, or lost the scheduler lease")
	})
}

const runColumns = "id, job, slot, cause, asked_by, missed, started_at, ended_at, outcome, did, error"

func scanRun(r *sql.Rows) (run schedule.Run, err error) {
	var slot, started int64
	var ended sql.NullInt64
	err = r.Scan(&run.ID, &run.Job, &slot, &run.Cause, &run.AskedBy, &run.Missed, &started, &ended, &run.Outcome, &run.Did, &run.Error)
	run.Slot, run.StartedAt, run.EndedAt = moment(slot), moment(started), orZero(ended)
	return run, err
}

// LastRuns is the newest run of each job.
func (j *Jobs) LastRuns(ctx context.Context) (map[string]schedule.Run, error) {
	runs, err := collect(ctx, j.db.read, scanRun, "SELECT "+runColumns+" FROM job_run WHERE id IN (SELECT max(id) FROM job_run GROUP BY job) LIMIT 1000")
	last := map[string]schedule.Run{}
	for _, run := range runs {
		last[run.Job] = run
	}
	return last, err
}

// Runs are the runs of a job, newest first, before a run of that id (0 = the newest).
func (j *Jobs) Runs(ctx context.Context, job string, before int64, limit int) ([]schedule.Run, error) {
	return collect(ctx, j.db.read, scanRun, "SELECT "+runColumns+` FROM job_run
		WHERE job = $1 AND ($2 = 0 OR id < $2) ORDER BY id DESC LIMIT $3`, job, before, limit)
}

// Ask wants a job run now. A request that waits already stays as it is.
func (j *Jobs) Ask(ctx context.Context, job, by string, at time.Time) error {
	return j.tx(ctx, func(tx *Tx) error {
		return tx.exec(ctx, `INSERT INTO job (name, asked_at, asked_by) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO UPDATE SET asked_at = excluded.asked_at, asked_by = excluded.asked_by WHERE job.asked_at IS NULL`, job, micros(at), by)
	})
}

// Pause pauses a job, or lets it run again. Slots that pass meanwhile are left out: the
// next one is planned anew.
func (j *Jobs) Pause(ctx context.Context, job string, paused bool) error {
	return j.tx(ctx, func(tx *Tx) error {
		return tx.exec(ctx, `INSERT INTO job (name, paused) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET paused = excluded.paused, next_at = NULL`, job, number(paused))
	})
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

var _ schedule.Store = (*Jobs)(nil)
