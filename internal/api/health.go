package api

import (
	"context"
	"net/http"
	"slices"

	"bangui/internal/fault"
	"bangui/internal/host"
)

// Health is the full health answer.
type Health struct {
	Status     string                     `json:"status" enum:"ok,degraded,unavailable" doc:"unavailable = it can't serve users; degraded = it can, and something needs a look."`
	Components map[string]HealthComponent `json:"components" doc:"The parts; none for a caller who is neither signed in nor on the console's own machine."`
}

// Words of Component.Status that decide about the whole. Others say nothing bad.
const (
	partFailed   = "failed"
	partStopping = "stopping" // takes no new work
	partStuck    = "stuck"    // won't go on by itself: only a restart helps
)

// The words for the whole.
const (
	healthOK          = "ok"
	healthDegraded    = "degraded"
	healthUnavailable = "unavailable"
)

// HealthComponent is the state of one part.
type HealthComponent struct {
	Status string  `json:"status"`
	Since  *string `json:"since,omitempty" format:"date-time"`
	Detail *string `json:"detail,omitempty"`
}

// Alive is the answer of a probe that passed.
type Alive struct {
	Status string `json:"status" enum:"ok"`
}

type healthAnswer struct {
	Status int
	Body   Health
}

func (a *API) registerHealth() {
	register(a, route{
		method: http.MethodGet, path: "/api/health", id: "getHealth", summary: "How it is; 200 while it can serve users", tag: "health",
		role: public, tellsMore: true, tier: looks, class: classNone,
	}, func(ctx context.Context, _ *struct{}) (*healthAnswer, error) {
		h := a.health(ctx)
		if !onThisMachine(ctx) && actorOf(ctx) == "" {
			h.Components = map[string]HealthComponent{}
		}
		status := http.StatusOK
		if h.Status == healthUnavailable {
			status = http.StatusServiceUnavailable
		}
		return &healthAnswer{Status: status, Body: h}, nil
	})
	register(a, route{
		method: http.MethodGet, path: "/api/health/live", id: "getLive", summary: "This process makes progress; a restart helps where it does not", tag: "health",
		role: public, tier: looks, class: classNone,
	}, func(context.Context, *struct{}) (*answer[Alive], error) {
		if slices.ContainsFunc(a.Components(), func(c Component) bool { return c.Status == partStuck }) {
			return nil, fault.New(fault.Unavailable, "a part of BanGUI is stuck").WithMend("Restart it; the log has the part.")
		}
		return answerWith(Alive{healthOK}), nil
	})
	register(a, route{
		method: http.MethodGet, path: "/api/health/ready", id: "getReady", summary: "It can serve users; fail2ban may be down", tag: "health",
		role: public, tier: looks, class: classNone,
	}, func(ctx context.Context, _ *struct{}) (*answer[Alive], error) {
		if a.health(ctx).Status == healthUnavailable {
			return nil, fault.New(fault.Unavailable, "BanGUI can't serve users now").WithMend("`bangui healthcheck` on its machine names the part that failed.")
		}
		return answerWith(Alive{healthOK}), nil
	})
}

// health puts the parts together. What keeps users from being served makes it
// unavailable. A fail2ban that is away and a database that takes no writes only degrade:
// users still see what there is, and a restart would not help.
func (a *API) health(ctx context.Context) Health {
	h := Health{Status: healthOK, Components: map[string]HealthComponent{}}
	for _, c := range a.Components() {
		h.Components[c.Name] = HealthComponent{Status: c.Status, Since: stampOrNull(c.Since), Detail: orNull(c.Detail)}
		if c.Status == partFailed || c.Status == partStopping || c.Status == partStuck {
			h.Status = healthUnavailable
		}
	}
	h.Components["database"] = HealthComponent{Status: healthOK}
	if err := a.readable.ask(ctx); err != nil {
		h.lower(healthUnavailable, "database", err)
	} else if err := a.writable.ask(ctx); err != nil {
		h.lower(healthDegraded, "database", err)
	}
	for _, one := range a.Hosts.All() {
		if s := one.State(); a.Hosts.Alias(s.ID) == host.LocalAlias {
			h.fail2ban(s)
		}
	}
	return h
}

// lower sets a part's error, and the whole to a word if that is worse than the one it has.
func (h *Health) lower(status, part string, err error) {
	detail := sentence(fault.MessageOf(err))
	h.Components[part] = HealthComponent{Status: string(fault.CodeOf(err)), Detail: &detail}
	if h.Status != healthUnavailable {
		h.Status = status
	}
}

func (h *Health) fail2ban(s host.State) {
	status := string(s.Reach)
	if s.Reach == host.Online {
		status = healthOK
	}
	h.Components["fail2ban"] = HealthComponent{Status: status, Since: stampOrNull(s.Since), Detail: orNull(s.Detail)}
	if s.Reach != host.Online && h.Status == healthOK {
		h.Status = healthDegraded
	}
}
