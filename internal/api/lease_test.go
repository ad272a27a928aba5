package api_test

import (
	"net/http"
	"testing"
	"time"

	"bangui/internal/api"
	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/lease"
)

// openLed is a desk whose console leads.
func openLed(t *testing.T) (*desk, *background) {
	t.Helper()
	var b *background
	d := openDesk(t, func(o *api.Options) {
		b = o.Lease.(*background)
	})
	b.take(t)
	return d, b
}

func TestLease_Show(t *testing.T) {
	d, b := openLed(t)
	var l api.Lease
	d.get("/api/v1/lease", as(d.people.session(auth.Viewer, nil)), &l)
	if l.State != "leader" || l.Holder == nil || l.Holder.Host != "leader.example" || l.Holder.PID != 4711 || !l.Holder.Me || l.Epoch != b.state.Row.Epoch {
		t.Errorf("%+v, holder %+v", l, l.Holder)
	}
	if l.TTLSeconds != 60 || l.HeartbeatSeconds != 10 || l.TrustLeftSeconds != 55 || l.BeatAgeSeconds == nil || l.ClockSkewSeconds == nil {
		t.Errorf("%+v", l)
	}
	if len(l.Recent) != 1 || l.Recent[0].Kind != "acquired" || l.Recent[0].Reason != "free" {
		t.Errorf("%+v", l.Recent)
	}
}

func TestLease_Steal(t *testing.T) {
	d, b := openLed(t)
	const path, order = "/api/v1/lease/steal", `{"reason":"it is stuck"}`
	stale := as(d.people.session(auth.Admin, func(s *auth.Session) { s.FreshUntil = time.Now().Add(-time.Hour) }))
	d.run(scenario{name: "without a fresh sign-in", method: "POST", path: path, body: order, header: stale, status: 403, has: []string{"step_up_needed"}})
	d.run(scenario{name: "without a reason", method: "POST", path: path, body: `{}`, status: 422})
	var before api.Lease
	d.get("/api/v1/lease", nil, &before)
	d.run(scenario{name: "steal", method: "POST", path: path, body: order, status: 200, has: []string{`"holder":null`, `"kind":"stolen"`, `"reason":"it is stuck"`}})
	row, err := b.Row(t.Context())
	if err != nil || row.Holder != "" || row.Epoch <= before.Epoch {
		t.Errorf("%+v, %v", row, err)
	}
	if entries := d.audited("action=lease.steal&outcome=ok"); len(entries) != 1 || *entries[0].Detail != "it is stuck" {
		t.Errorf("%+v", entries)
	}
}

func TestLease_Release(t *testing.T) {
	d, b := openLed(t)
	const path, order = "/api/v1/lease/release", `{"reason":"maintenance"}`
	d.run(scenario{name: "release", method: "POST", path: path, body: order, status: 204})
	if len(b.asked) != 1 || b.asked[0] != "maintenance" {
		t.Errorf("%q", b.asked)
	}
	b.err = fault.New(fault.Unavailable, "this console does not lead")
	d.run(scenario{name: "on a standby", method: "POST", path: path, body: order, status: http.StatusServiceUnavailable, has: []string{"does not lead"}})
}

func TestJobs_Journey(t *testing.T) {
	d, b := openLed(t)
	operator := as(d.people.session(auth.Operator, nil))
	for _, c := range []scenario{
		{name: "list", method: "GET", path: "/api/v1/jobs", status: 200, has: []string{`"scheduler_lock_heartbeat"`, `"kind":"system"`, `"tidy"`, `"timetable":"every 10 minutes"`, `"does":"It tidies."`}},
		{name: "one", method: "GET", path: "/api/v1/jobs/tidy", status: 200, has: []string{`"runs":[]`}},
		{name: "none", method: "GET", path: "/api/v1/jobs/nosuch", status: 404},
		{name: "a viewer runs nothing", method: "POST", path: "/api/v1/jobs/tidy/run", header: as(d.people.session(auth.Viewer, nil)), status: 403},
		{name: "run", method: "POST", path: "/api/v1/jobs/tidy/run", header: operator, status: 204},
		{name: "asked", method: "GET", path: "/api/v1/jobs/tidy", status: 200, has: []string{`"asked_by":"the-operator"`}},
		{name: "run none", method: "POST", path: "/api/v1/jobs/nosuch/run", status: 404},
		{name: "run the heartbeat", method: "POST", path: "/api/v1/jobs/scheduler_lock_heartbeat/run", status: 409, has: []string{"lease/release"}},
		{name: "an operator pauses nothing", method: "POST", path: "/api/v1/jobs/tidy/pause", header: operator, body: `{"paused":true}`, status: 403},
		{name: "pause", method: "POST", path: "/api/v1/jobs/tidy/pause", body: `{"paused":true}`, status: 200, has: []string{`"paused":true`, `"next":null`}},
		{name: "go on", method: "POST", path: "/api/v1/jobs/tidy/pause", body: `{"paused":false}`, status: 200, has: []string{`"paused":false`}},
		{name: "pause none", method: "POST", path: "/api/v1/jobs/nosuch/pause", body: `{"paused":true}`, status: 404},
	} {
		d.run(c)
	}
	if entries := d.audited("action=job.run&outcome=ok"); len(entries) != 1 || *entries[0].Target != "tidy" {
		t.Errorf("%+v", entries)
	}
	b.state.Phase, b.state.Why = lease.Blocked, "the database does not answer"
	d.run(scenario{name: "a heart that stumbles", method: "GET", path: "/api/v1/jobs", status: 200, has: []string{`"outcome":"failed"`, "does not answer"}})
}

func TestBans_OwnDuration(t *testing.T) {
	d := openDesk(t)
	before := time.Now()
	d.run(scenario{name: "ban", method: "POST", path: "/api/v1/bans", body: `{"jails":["sshd"],"addresses":["203.0.113.7"],"duration_seconds":3600}`, status: 200, has: []string{`"outcome":"banned"`}})
	if len(d.noting.intents) != 1 {
		t.Fatalf("%+v", d.noting.intents)
	}
	if lasts := d.noting.intents[0].LiftAt.Sub(before); lasts < time.Hour || lasts > time.Hour+time.Minute {
		t.Errorf("it would last %s", lasts)
	}
	for _, bad := range []string{"0.5", "9", "-1", "315360001", `"1h"`} {
		d.run(scenario{name: "for " + bad, method: "POST", path: "/api/v1/bans", body: `{"jails":["sshd"],"addresses":["203.0.113.8"],"duration_seconds":` + bad + `}`, status: 422, has: []string{"duration_seconds"}})
	}
}
