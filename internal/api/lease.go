package api

import (
	"context"
	"net/http"
	"time"

	"bangui/internal/auth"
	"bangui/internal/lease"
)

// LeaseDesk is what the API asks of the scheduler's lease.
type LeaseDesk interface {
	State() lease.State
	Durations() lease.Durations
	Row(ctx context.Context) (lease.Row, error)
	Events(ctx context.Context, limit int) ([]lease.Event, error)
	HandOver(reason string) error
	Steal(ctx context.Context, reason string) (lease.Row, error)
}

// Lease is who does the background jobs.
type Lease struct {
	Name  string  `json:"name" example:"scheduler"`
	Epoch int64   `json:"epoch" doc:"Number of the term; it only grows."`
	State string  `json:"state" enum:"leader,standby,none,stepping_down,blocked" doc:"What the answering console is to it."`
	Why   *string `json:"why" doc:"Why it steps down or is blocked."`
	// Holder is null while nobody has it.
	Holder           *LeaseHolder `json:"holder"`
	BeatAgeSeconds   *float64     `json:"beat_age_seconds" doc:"Since the last heartbeat, by the database's clock."`
	SeenAgeSeconds   float64      `json:"seen_age_seconds" doc:"Since the answering console last saw it change, or renewed it."`
	TrustLeftSeconds float64      `json:"trust_left_seconds" doc:"For how long the answering console may go on without another heartbeat; 0 when it does not lead."`
	TTLSeconds       float64      `json:"ttl_seconds"`
	HeartbeatSeconds float64      `json:"heartbeat_seconds"`
	RoundTripSeconds LeaseTrips   `json:"round_trip_seconds"`
	ClockSkewSeconds *float64     `json:"clock_skew_seconds" doc:"By how much this console's clock is ahead of the database's."`
	RefusedWrites    int64        `json:"refused_writes" doc:"Transactions of a term that was over, refused since this console's start."`
	Recent           []LeaseEvent `json:"recent" doc:"The last changes, newest first."`
}

// LeaseHolder is the console that has the lease. It wrote this itself.
type LeaseHolder struct {
	Host    string `json:"host"`
	PID     int    `json:"pid"`
	Version string `json:"version"`
	Since   string `json:"since" format:"date-time"`
	Me      bool   `json:"me" doc:"It is the console that answers."`
}

// LeaseTrips are times of exchanges with the database.
type LeaseTrips struct {
	Typical float64 `json:"typical"`
	Slowest float64 `json:"slowest"`
}

// LeaseEvent is one change.
type LeaseEvent struct {
	At     string  `json:"at" format:"date-time"`
	Kind   string  `json:"kind" enum:"acquired,released,lost,stood-down,stolen"`
	Epoch  int64   `json:"epoch"`
	Host   string  `json:"host"`
	PID    int     `json:"pid"`
	Reason string  `json:"reason"`
	Detail *string `json:"detail"`
}

// LeaseOrder asks for a change.
type LeaseOrder struct {
	Reason string `json:"reason" minLength:"1" maxLength:"200" doc:"Kept with the change."`
}

type leaseInput struct{ Body LeaseOrder }

func (leaseInput) target() string { return lease.Scheduler }

func (in leaseInput) order() (list any, reason string) { return in.Body, in.Body.Reason }

// recentChanges is how many changes are told.
const recentChanges = 20

func (a *API) registerLease() {
	register(a, route{
		method: http.MethodGet, path: "/api/v1/lease", id: "getLease", summary: "Which console does the background jobs", tag: "jobs", role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, _ *struct{}) (*answer[Lease], error) {
		l, err := a.leaseNow(ctx)
		return answerWith(l), err
	})
	register(a, route{
		method: http.MethodPost, path: "/api/v1/lease/release", id: "releaseLease", summary: "Let another console do the background jobs", tag: "jobs",
		role: auth.Admin, tier: steers, class: classSteer, audit: "lease.release", status: http.StatusNoContent,
	}, func(_ context.Context, in *leaseInput) (*empty, error) {
		return &empty{}, a.Lease.HandOver(in.Body.Reason)
	})
	register(a, route{
		method: http.MethodPost, path: "/api/v1/lease/steal", id: "stealLease", summary: "Take the lease away from whoever holds it", tag: "jobs",
		role: auth.Admin, fresh: true, tier: steers, class: classSteer, audit: "lease.steal",
	}, func(ctx context.Context, in *leaseInput) (*answer[Lease], error) {
		if _, err := a.Lease.Steal(ctx, in.Body.Reason); err != nil {
			return nil, err
		}
		l, err := a.leaseNow(ctx)
		return answerWith(l), err
	})
}

// leaseNow is the lease as the database has it, with what this console makes of it.
func (a *API) leaseNow(ctx context.Context) (Lease, error) {
	row, err := a.Lease.Row(ctx)
	if err != nil {
		return Lease{}, err
	}
	now := a.Now()
	events, err := a.Lease.Events(ctx, recentChanges)
	if err != nil {
		return Lease{}, err
	}
	state, d := a.Lease.State(), a.Lease.Durations()
	l := Lease{
		Name: row.Name, Epoch: row.Epoch, State: string(state.Phase), Why: orNull(state.Why),
		SeenAgeSeconds: inSeconds(state.SeenAgo), TrustLeftSeconds: inSeconds(state.Left), TTLSeconds: inSeconds(d.TTL), HeartbeatSeconds: inSeconds(d.Heartbeat),
		RoundTripSeconds: LeaseTrips{Typical: inSeconds(state.Typical), Slowest: inSeconds(state.Slowest)}, RefusedWrites: state.Refused,
		Recent: orEmpty(mapAll(events, leaseEventOf)),
	}
	if !row.HeartbeatAt.Equal(time.UnixMicro(0)) { // somebody has held it
		skew := inSeconds(now.Sub(row.HeartbeatAt.Add(row.Age)))
		l.ClockSkewSeconds = &skew
	}
	if row.Holder != "" {
		age := inSeconds(row.Age)
		l.BeatAgeSeconds = &age
		l.Holder = &LeaseHolder{Host: row.Info.Hostname, PID: row.Info.PID, Version: row.Info.Version, Since: stamp(row.CreatedAt), Me: row.Holder == state.Identity}
	}
	return l, nil
}

func leaseEventOf(e lease.Event) LeaseEvent {
	return LeaseEvent{At: stamp(e.At), Kind: string(e.Kind), Epoch: e.Epoch, Host: e.Info.Hostname, PID: e.Info.PID, Reason: e.Reason, Detail: orNull(e.Detail)}
}

// inSeconds is a length of time in JSON, to the millisecond.
func inSeconds(d time.Duration) float64 { return d.Round(time.Millisecond).Seconds() }
