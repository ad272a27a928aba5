package api

import (
	"context"
	"net/http"

	"bangui/internal/fault"
	"bangui/internal/host"
)

// Health is the full health answer.
type Health struct {
	Status     string                     `json:"status" enum:"ok,degraded,unavailable" doc:"unavailable = it can't serve users; degraded = it can, and something needs a look."`
	Components map[string]HealthComponent `json:"components"`
}

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
		method: http.MethodGet, path: "/api/health", id: "getHealth", summary: "State of every part; 200 while it can serve users", tag: "health",
		role: public, tier: looks, class: classNone,
	}, func(ctx context.Context, _ *struct{}) (*healthAnswer, error) {
		h := a.health(ctx)
		status := http.StatusOK
		if h.Status == "unavailable" {
			status = http.StatusServiceUnavailable
		}
		return &healthAnswer{Status: status, Body: h}, nil
	})
	register(a, route{
		method: http.MethodGet, path: "/api/health/live", id: "getLive", summary: "This process makes progress", tag: "health",
		role: public, tier: looks, class: classNone,
	}, func(context.Context, *struct{}) (*answer[Alive], error) { return answerWith(Alive{"ok"}), nil })
	register(a, route{
		method: http.MethodGet, path: "/api/health/ready", id: "getReady", summary: "It can serve users; fail2ban may be down", tag: "health",
		role: public, tier: looks, class: classNone,
	}, func(ctx context.Context, _ *struct{}) (*answer[Alive], error) {
		if a.health(ctx).Status == "unavailable" {
			return nil, fault.New(fault.Unavailable, "BanGUI can't serve users now").WithMend("See /api/health for the part that failed.")
		}
		return answerWith(Alive{"ok"}), nil
	})
}

// health puts the parts together. fail2ban being away degrades, it does not make
// BanGUI itself unavailable: restarting the console would not help.
func (a *API) health(ctx context.Context) Health {
	h := Health{Status: "ok", Components: map[string]HealthComponent{}}
	for _, c := range a.Components() {
		h.Components[c.Name] = HealthComponent{Status: c.Status, Since: stampOrNull(c.Since), Detail: orNull(c.Detail)}
		if c.Status == "failed" {
			h.Status = "unavailable"
		}
	}
	h.Components["database"] = HealthComponent{Status: "ok"}
	if err := a.Database(ctx); err != nil {
		detail := sentence(fault.MessageOf(err))
		h.Components["database"] = HealthComponent{Status: string(fault.CodeOf(err)), Detail: &detail}
		h.Status = "unavailable"
	}
	for _, one := range a.Hosts.All() {
		s := one.State()
		if a.Hosts.Alias(s.ID) != host.LocalAlias {
			continue
		}
		status := string(s.Reach)
		if s.Reach == host.Online {
			status = "ok"
		}
		h.Components["fail2ban"] = HealthComponent{Status: status, Since: stampOrNull(s.Since), Detail: orNull(s.Detail)}
		if s.Reach != host.Online && h.Status == "ok" {
			h.Status = "degraded"
		}
	}
	return h
}
