package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bangui/internal/health"
	"bangui/internal/schedule"
	"bangui/internal/store"
	"bangui/internal/store/storetest"
)

// desk is a scheduler on a real store, in a bubble of fake time.
type desk struct {
	t      *testing.T
	db     *store.DB
	health *health.Registry
	mu     sync.Mutex
	ran    []string // "job at"
}

// at begins each bubble at a moment that is easy to read.
func at(t *testing.T, test func(d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)))
		db, err := store.Open(t.Context(), store.Options{Path: t.TempDir() + "/bangui.db", Logger: slog.New(slog.DiscardHandler), Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		test(&desk{t: t, db: db, health: health.New(time.Now)})
	})
}

func (d *desk) note(job string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ran = append(d.ran, job+" "+time.Now().UTC().Format("15:04:05"))
}

// job notes each of its runs.
func (d *desk) job(name string, when schedule.Timetable) schedule.Job {
	return schedule.Job{Name: name, When: when, Timeout: time.Minute, Run: func(context.Context) (string, error) {
		d.note(name)
		return "it was done", nil
	}}
}

// errFenced stands for a store that refuses, because the lease is lost.
var errFenced = errors.New("the term is over")

// lead runs a scheduler for a while, as one term does.
func (d *desk) lead(term time.Duration, jobs ...schedule.Job) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.t.Context(), term)
	defer cancel()
	s := schedule.New(schedule.Options{Jobs: jobs, Store: d.db.Jobs(), Health: d.health, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Fenced: func(err error) bool { return errors.Is(err, errFenced) }})
	if err := s.Run(ctx); !errors.Is(err, context.DeadlineExceeded) {
		d.t.Errorf("Run = %v", err)
	}
}

// runs are the runs of a job, oldest first: slot, cause, outcome, and missed slots.
func (d *desk) runs(job string) []string {
	d.t.Helper()
	all, err := d.db.Jobs().Runs(d.t.Context(), job, 0, 1000)
	if err != nil {
		d.t.Fatal(err)
	}
	var texts []string
	for _, r := range slices.Backward(all) {
		text := fmt.Sprintf("%s %s %s", r.Slot.Format("15:04:05"), r.Cause, r.Outcome)
		if r.Missed > 0 {
			text += fmt.Sprintf(" missed %d", r.Missed)
		}
		texts = append(texts, text)
	}
	return texts
}

func (d *desk) expect(got []string, want ...string) {
	d.t.Helper()
	if !slices.Equal(got, want) {
		d.t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func TestScheduler_KeepsTheTimetable(t *testing.T) {
	at(t, func(d *desk) {
		d.lead(31*time.Minute, d.job("tidy", schedule.Every(10*time.Minute)))
		d.expect(d.runs("tidy"), "12:10:00 timetable ok", "12:20:00 timetable ok", "12:30:00 timetable ok")
	})
}

// stuck is a store that does not answer when the end of a run is recorded.
type stuck struct{ schedule.Store }

func (stuck) End(ctx context.Context, _ schedule.Run) error {
	<-ctx.Done()
	return ctx.Err()
}

// A database that does not answer holds a scheduler no longer than its term is trusted:
// past that the process would end itself.
func TestScheduler_EndsWithinTheTermThoughNothingCanBeRecorded(t *testing.T) {
	at(t, func(d *desk) {
		for _, quiet := range []bool{false, true} {
			job := d.job(fmt.Sprint("tidy-", quiet), schedule.Every(time.Second))
			job.Quiet = quiet
			job.Run = func(ctx context.Context) (string, error) {
				<-ctx.Done()
				return "", errors.New("it was cut off")
			}
			ctx, cancel := context.WithTimeout(d.t.Context(), 10*time.Second)
			const closing = 800 * time.Millisecond
			began := time.Now()
			err := schedule.New(schedule.Options{Jobs: []schedule.Job{job}, Store: stuck{d.db.Jobs()}, Health: d.health, Logger: slog.New(slog.DiscardHandler), Now: time.Now, Closing: closing}).Run(ctx)
			cancel()
			if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took > 10*time.Second+closing {
				t.Errorf("quiet %t: it ended after %s: %v", quiet, took, err)
			}
		}
	})
}

// Slots that passed while nobody led are made up for by one run, which counts them; a
// successor goes on where the one before it stopped, and takes no slot twice.
func TestScheduler_CatchesUpOnce(t *testing.T) {
	at(t, func(d *desk) {
		job := d.job("tidy", schedule.Every(10*time.Minute))
		d.lead(11*time.Minute, job)
		d.lead(5*time.Minute, job) // the next term: nothing is due
		time.Sleep(time.Hour + 4*time.Minute)
		d.lead(time.Minute, job)
		d.expect(d.runs("tidy"), "12:10:00 timetable ok", "13:20:00 catch_up ok missed 6")
	})
}

func TestScheduler_RunsNowWhenAsked(t *testing.T) {
	at(t, func(d *desk) {
		job := d.job("tidy", schedule.DailyAt(3, 0, time.UTC))
		go func() {
			time.Sleep(90*time.Second + time.Millisecond)
			for _, by := range []string{"ada", "bob"} { // the second finds the first waiting
				if err := d.db.Jobs().Ask(context.Background(), "tidy", by, time.Now()); err != nil {
					d.t.Error(err)
				}
			}
		}()
		d.lead(3*time.Minute, job)
		d.expect(d.runs("tidy"), "12:01:30 asked ok")
		if len(d.ran) != 1 || d.ran[0] > "tidy 12:01:32" {
			d.t.Errorf("ran %v, want it within 2 s", d.ran)
		}
	})
}

func TestScheduler_PausedJobsRunOnlyWhenAsked(t *testing.T) {
	at(t, func(d *desk) {
		ctx, jobs, job := d.t.Context(), d.db.Jobs(), d.job("tidy", schedule.Every(10*time.Minute))
		d.lead(time.Minute, job)
		if err := jobs.Pause(ctx, "tidy", true); err != nil {
			d.t.Fatal(err)
		}
		d.lead(25*time.Minute, job)
		if err := jobs.Ask(ctx, "tidy", "ada", time.Now()); err != nil {
			d.t.Fatal(err)
		}
		d.lead(time.Minute, job)
		if err := jobs.Pause(ctx, "tidy", false); err != nil {
			d.t.Fatal(err)
		}
		d.lead(6*time.Minute, job)
		d.expect(d.runs("tidy"), "12:26:00 asked ok", "12:30:00 timetable ok")
	})
}

// What one job does is no matter of another: a panic, a failure, a run that takes too
// long, and one that is still at it when its next slot comes.
func TestScheduler_TroubleStaysWithItsJob(t *testing.T) {
	at(t, func(d *desk) {
		minute := schedule.Every(time.Minute)
		failing, panics, slow, long := d.job("failing", minute), d.job("panics", minute), d.job("slow", minute), d.job("long", minute)
		failing.Run = func(context.Context) (string, error) {
			d.note("failing")
			if len(d.ran) > 8 {
				return "", nil
			}
			return "", errors.New("the disk is full of bees")
		}
		panics.Run = func(context.Context) (string, error) { panic("at the disco") }
		slow.Timeout = 10 * time.Second
		slow.Run = func(ctx context.Context) (string, error) { <-ctx.Done(); return "", ctx.Err() }
		long.Timeout = time.Hour
		long.Run = func(ctx context.Context) (string, error) {
			d.note("long")
			time.Sleep(90*time.Second + 500*time.Millisecond) // between two looks
			return "", ctx.Err()
		}
		d.lead(3*time.Minute+30*time.Second, failing, panics, slow, long, d.job("well", minute))
		d.expect(d.runs("well"), "12:01:00 timetable ok", "12:02:00 timetable ok", "12:03:00 timetable ok")
		d.expect(d.runs("panics"), "12:01:00 timetable failed", "12:02:00 timetable failed", "12:03:00 timetable failed")
		d.expect(d.runs("slow"), "12:01:00 timetable timed_out", "12:02:00 timetable timed_out", "12:03:00 timetable timed_out")
		d.expect(d.runs("long")[:1], "12:01:00 timetable ok")
		var codes []string
		for _, c := range d.health.All() {
			codes = append(codes, c.Code)
		}
		slices.Sort(codes)
		d.expect(codes, "job_failing_failing", "job_failing_panics", "job_failing_slow")
		overlaps := slices.DeleteFunc(slices.Clone(d.ran), func(r string) bool { return !strings.HasPrefix(r, "long") })
		d.expect(overlaps, "long 12:01:00", "long 12:02:31")
	})
}

// A run that was cut off is run again by the next term, once.
func TestScheduler_WhatWasCutOffRunsAgainOnce(t *testing.T) {
	at(t, func(d *desk) {
		job := d.job("tidy", schedule.Every(time.Hour))
		job.Run = func(ctx context.Context) (string, error) {
			d.note("tidy")
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case <-time.After(30 * time.Second):
				return "done", nil
			}
		}
		d.lead(time.Hour+5*time.Second, job) // ends 5 s into the run
		d.lead(5*time.Second, job)           // ends within the second try
		d.lead(time.Minute, job)
		d.expect(d.runs("tidy"), "13:00:00 timetable cancelled", "13:00:05 again cancelled")

		// A process that died leaves a run that nobody ended.
		if _, taken, err := d.db.Jobs().Take(d.t.Context(), schedule.Run{Job: "tidy", Slot: time.Now(), Cause: schedule.Asked, StartedAt: time.Now()}, time.Time{}); err != nil || !taken {
			d.t.Fatal(taken, err)
		}
		d.lead(time.Minute, job)
		d.expect(d.runs("tidy")[2:], "13:01:10 asked lost", "13:01:10 again ok")
	})
}

// A quiet job that looks each second is recorded only when it did something or failed,
// and looks less often while it fails.
func TestScheduler_QuietJobs(t *testing.T) {
	at(t, func(d *desk) {
		looks, failures := 0, 0
		job := d.job("lift", schedule.Every(time.Second))
		job.Quiet = true
		job.Run = func(context.Context) (string, error) {
			looks++
			switch {
			case looks == 30:
				return "2 bans were lifted", nil
			case looks > 60:
				failures++
				return "", errors.New("fail2ban is away")
			}
			return "", nil
		}
		d.lead(5*time.Minute, job)
		runs := d.runs("lift")
		if len(runs) != 1+failures || !strings.HasSuffix(runs[0], "timetable ok") || !strings.HasSuffix(runs[1], "failed") {
			d.t.Errorf("%d looks, %d failures, recorded: %v", looks, failures, runs)
		}
		if failures < 5 || failures > 12 {
			d.t.Errorf("%d looks failed within 4 minutes", failures)
		}
	})
}

// The store's side on both engines: a slot is taken once, whoever tries at once.
func TestJobs_ASlotIsTakenOnce(t *testing.T) {
	storetest.BothShared(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		ctx := t.Context()
		one, two := open(t).Jobs(), open(t).Jobs()
		slot := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		if err := one.Plan(ctx, "tidy", slot); err != nil {
			t.Fatal(err)
		}
		var tries sync.WaitGroup
		var mu sync.Mutex
		var ids []int64
		for i := range 20 {
			from := []*store.Jobs{one, two}[i%2]
			tries.Go(func() {
				id, taken, err := from.Take(ctx, schedule.Run{Job: "tidy", Slot: slot, Cause: schedule.ByTimetable, StartedAt: slot}, slot.Add(time.Hour))
				if err != nil {
					t.Error(err)
				}
				if taken {
					mu.Lock()
					defer mu.Unlock()
					ids = append(ids, id)
				}
			})
		}
		tries.Wait()
		if len(ids) != 1 {
			t.Fatalf("taken %d times", len(ids))
		}
		run := schedule.Run{ID: ids[0], EndedAt: slot.Add(time.Second), Outcome: schedule.OK, Did: "it was done"}
		if err := one.End(ctx, run); err != nil {
			t.Fatal(err)
		}
		last, err := two.LastRuns(ctx)
		if err != nil || last["tidy"].Outcome != schedule.OK || last["tidy"].Did != "it was done" || !last["tidy"].Slot.Equal(slot) {
			t.Errorf("%+v, %v", last, err)
		}
		states, err := two.States(ctx)
		if err != nil || len(states) != 1 || !states[0].Next.Equal(slot.Add(time.Hour)) {
			t.Errorf("%+v, %v", states, err)
		}
	})
}

func TestJobs_KeepsTheNewestRuns(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		ctx, jobs := t.Context(), open(t).Jobs()
		slot := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
		for i := range schedule.KeptRuns + 5 {
			at := slot.Add(time.Duration(i) * time.Minute)
			id, taken, err := jobs.Take(ctx, schedule.Run{Job: "tidy", Slot: at, Cause: schedule.ByTimetable, StartedAt: at}, time.Time{})
			if err != nil || !taken {
				t.Fatal(taken, err)
			}
			if err := jobs.End(ctx, schedule.Run{ID: id, Job: "tidy", EndedAt: at, Outcome: schedule.OK}); err != nil {
				t.Fatal(err)
			}
		}
		runs, err := jobs.Runs(ctx, "tidy", 0, 1000)
		if err != nil || len(runs) != schedule.KeptRuns || !runs[0].Slot.Equal(slot.Add(time.Duration(schedule.KeptRuns+4)*time.Minute)) {
			t.Errorf("%d runs, %v", len(runs), err)
		}
		page, err := jobs.Runs(ctx, "tidy", runs[9].ID, 10)
		if err != nil || len(page) != 10 || page[0].ID != runs[10].ID {
			t.Errorf("the second page: %d runs, %v", len(page), err)
		}
	})
}

// A job whose writes are refused because the lease is lost has not failed: nobody is told so,
// and the next leader records the run as lost and runs it again.
func TestScheduler_ALostLeaseIsNoFailure(t *testing.T) {
	at(t, func(d *desk) {
		for _, quiet := range []bool{false, true} {
			job := d.job(fmt.Sprintf("fenced-%t", quiet), schedule.Every(time.Minute))
			job.Quiet = quiet
			job.Run = func(context.Context) (string, error) { return "", fmt.Errorf("write: %w", errFenced) }
			d.lead(90*time.Second, job)
			if all := d.health.All(); len(all) > 0 {
				d.t.Errorf("health says %+v", all)
			}
			want := []string{}
			if !quiet {
				d.lead(time.Second, job) // the next leader
				want = append(want, "lost")
			}
			var outcomes []string
			runs, err := d.db.Jobs().Runs(d.t.Context(), job.Name, 0, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range runs[len(runs)-len(want):] {
				outcomes = append(outcomes, string(run.Outcome))
			}
			d.expect(outcomes, want...)
		}
	})
}
