package api

import (
	"context"
	"net/http"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/lease"
	"bangui/internal/schedule"
)

// JobDesk is what the API asks of the background jobs.
type JobDesk interface {
	All() []schedule.Job
	States(ctx context.Context) ([]schedule.State, error)
	LastRuns(ctx context.Context) (map[string]schedule.Run, error)
	Runs(ctx context.Context, job string, before int64, limit int) ([]schedule.Run, error)
	Ask(ctx context.Context, job, by string, at time.Time) error
	Pause(ctx context.Context, job string, paused bool) error
}

// Job is one background job.
type Job struct {
	Name           string  `json:"name"`
	Kind           string  `json:"kind" enum:"job,system" doc:"A system job is run by every console itself: it can't be asked for or paused."`
	Does           string  `json:"does"`
	Repeat         string  `json:"repeat" doc:"Why it is safe to repeat."`
	Lost           string  `json:"lost" doc:"What happens when the lease is lost while it runs."`
	Timetable      string  `json:"timetable"`
	TimeoutSeconds float64 `json:"timeout_seconds"`
	Quiet          bool    `json:"quiet" doc:"It looks often, and only runs that did something are recorded."`
	Paused         bool    `json:"paused"`
	Next           *string `json:"next" format:"date-time" doc:"Null while it is paused, or nobody has planned it yet."`
	AskedAt        *string `json:"asked_at" format:"date-time" doc:"Somebody wants it run now."`
	AskedBy        *string `json:"asked_by"`
	Last           *JobRun `json:"last"`
}

// JobRun is one run of a job.
type JobRun struct {
	ID              int64    `json:"id"`
	Slot            string   `json:"slot" format:"date-time" doc:"The moment it was planned for or asked at."`
	Cause           string   `json:"cause" enum:"timetable,catch_up,asked,again"`
	AskedBy         *string  `json:"asked_by"`
	Missed          int      `json:"missed" doc:"Earlier slots that passed unused, which this run stands for."`
	StartedAt       string   `json:"started_at" format:"date-time"`
	EndedAt         *string  `json:"ended_at" format:"date-time"`
	DurationSeconds *float64 `json:"duration_seconds"`
	Outcome         string   `json:"outcome" enum:"running,ok,failed,timed_out,cancelled,lost"`
	Did             *string  `json:"did"`
	Error           *string  `json:"error"`
}

// JobDetail is a job with its newest runs.
type JobDetail struct {
	Job
	Runs []JobRun `json:"runs" doc:"Newest first."`
}

// heartbeatJob is the elector's heartbeat among the jobs, under the name that people look
// for.
const heartbeatJob = "scheduler_lock_heartbeat"

type jobName struct {
	Name string `path:"name" maxLength:"64" pattern:"^[a-z0-9_-]+$" patternDescription:"name of a job"`
}

func (in jobName) target() string { return in.Name }

type pauseInput struct {
	Name string `path:"name" maxLength:"64" pattern:"^[a-z0-9_-]+$" patternDescription:"name of a job"`
	Body struct {
		Paused bool `json:"paused"`
	}
}

func (in pauseInput) target() string { return in.Name }

func (in pauseInput) order() (list any, reason string) { return in.Body, "" }

func (a *API) registerJobs() {
	register(a, route{
		method: http.MethodGet, path: "/api/v1/jobs", id: "listJobs", summary: "Background jobs: what, when, how the last run went", tag: "jobs", role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, _ *struct{}) (*answer[page[Job]], error) {
		jobs, err := a.allJobs(ctx)
		return answerWith(pageOf(jobs)), err
	})
	register(a, route{
		method: http.MethodGet, path: "/api/v1/jobs/{name}", id: "getJob", summary: "One job with its newest runs", tag: "jobs", role: auth.Viewer, tier: looks, class: classRead,
	}, a.getJob)
	register(a, route{
		method: http.MethodPost, path: "/api/v1/jobs/{name}/run", id: "runJob", summary: "Run a job now; the leading console picks it up within two seconds", tag: "jobs",
		role: auth.Operator, tier: steers, class: classSteer, audit: "job.run", status: http.StatusNoContent,
	}, func(ctx context.Context, in *jobName) (*empty, error) {
		if err := a.knownJob(in.Name); err != nil {
			return nil, err
		}
		return &empty{}, a.Jobs.Ask(ctx, in.Name, actorOf(ctx), a.Now())
	})
	register(a, route{
		method: http.MethodPost, path: "/api/v1/jobs/{name}/pause", id: "pauseJob", summary: "Pause a job, or let it run again", tag: "jobs",
		role: auth.Admin, tier: steers, class: classSteer, audit: "job.pause",
	}, func(ctx context.Context, in *pauseInput) (*answer[Job], error) {
		if err := a.knownJob(in.Name); err != nil {
			return nil, err
		}
		if err := a.Jobs.Pause(ctx, in.Name, in.Body.Paused); err != nil {
			return nil, err
		}
		job, err := a.oneJob(ctx, in.Name)
		return answerWith(job), err
	})
}

// knownJob refuses names that no job has: NotFound, and Conflict for the heartbeat.
func (a *API) knownJob(name string) error {
	for _, job := range a.Jobs.All() {
		if job.Name == name {
			return nil
		}
	}
	if name == heartbeatJob {
		return fault.New(fault.Conflict, "the heartbeat runs by itself on the console that leads").
			WithMend("To let another console lead: POST /api/v1/lease/release.")
	}
	return fault.New(fault.NotFound, "there is no job %s", name).WithMend("GET /api/v1/jobs lists them.")
}

func (a *API) getJob(ctx context.Context, in *jobName) (*answer[JobDetail], error) {
	const newest = 50
	job, err := a.oneJob(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	runs, err := a.Jobs.Runs(ctx, in.Name, 0, newest)
	if err != nil {
		return nil, err
	}
	return answerWith(JobDetail{Job: job, Runs: orEmpty(mapAll(runs, jobRunOf))}), nil
}

func (a *API) oneJob(ctx context.Context, name string) (Job, error) {
	all, err := a.allJobs(ctx)
	if err != nil {
		return Job{}, err
	}
	for _, job := range all {
		if job.Name == name {
			return job, nil
		}
	}
	return Job{}, a.knownJob(name)
}

func (a *API) allJobs(ctx context.Context) ([]Job, error) {
	stored, err := a.Jobs.States(ctx)
	if err != nil {
		return nil, err
	}
	last, err := a.Jobs.LastRuns(ctx)
	if err != nil {
		return nil, err
	}
	states := map[string]schedule.State{}
	for _, s := range stored {
		states[s.Job] = s
	}
	jobs := []Job{a.heartbeat(ctx)}
	for _, job := range a.Jobs.All() {
		jobs = append(jobs, jobOf(job, states[job.Name], last))
	}
	return jobs, nil
}

func jobOf(job schedule.Job, state schedule.State, last map[string]schedule.Run) Job {
	j := Job{
		Name: job.Name, Kind: "job", Does: job.Does, Repeat: job.Repeat, Lost: job.Lost, Timetable: job.When.String(), TimeoutSeconds: inSeconds(job.Timeout),
		Quiet: job.Quiet, Paused: state.Paused, AskedAt: stampOrNull(state.AskedAt), AskedBy: orNull(state.AskedBy),
	}
	if !state.Paused {
		j.Next = stampOrNull(state.Next)
	}
	if run, ran := last[job.Name]; ran {
		shown := jobRunOf(run)
		j.Last = &shown
	}
	return j
}

// heartbeat shows the elector's work as a job, though every console's elector runs it.
func (a *API) heartbeat(ctx context.Context) Job {
	d := a.Lease.Durations()
	job := Job{
		Name: heartbeatJob, Kind: "system", Timetable: schedule.Every(max(time.Second, d.Heartbeat.Truncate(time.Second))).String(), TimeoutSeconds: inSeconds(d.Attempt), Quiet: true,
		Does:   "Says in the database that the console which does the background jobs lives; another one takes over when it falls silent.",
		Repeat: "Each beat replaces the one before.",
		Lost:   "The jobs of the old leader end, and what they still wanted to write is refused.",
	}
	row, err := a.Lease.Row(ctx)
	if err != nil || row.Holder == "" {
		return job
	}
	job.Last = &JobRun{Slot: stamp(row.HeartbeatAt), Cause: string(schedule.ByTimetable), StartedAt: stamp(row.HeartbeatAt), EndedAt: stampOrNull(row.HeartbeatAt), Outcome: string(schedule.OK)}
	if state := a.Lease.State(); state.Phase == lease.Blocked || state.Phase == lease.Stepping {
		job.Last.Outcome, job.Last.Error = string(schedule.Failed), orNull(state.Why)
	}
	next := stamp(row.HeartbeatAt.Add(d.Heartbeat))
	job.Next = &next
	return job
}

func jobRunOf(r schedule.Run) JobRun {
	out := JobRun{
		ID: r.ID, Slot: stamp(r.Slot), Cause: string(r.Cause), AskedBy: orNull(r.AskedBy), Missed: r.Missed, StartedAt: stamp(r.StartedAt),
		EndedAt: stampOrNull(r.EndedAt), Outcome: string(r.Outcome), Did: orNull(r.Did), Error: orNull(r.Error),
	}
	if !r.EndedAt.IsZero() {
		took := inSeconds(r.EndedAt.Sub(r.StartedAt))
		out.DurationSeconds = &took
	}
	return out
}
