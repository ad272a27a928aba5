package api

import (
	"context"
	"net/http"

	"bangui/internal/allowlist"
	"bangui/internal/auth"
)

// About is what the page needs to know of this console and of who looks at it.
type About struct {
	Version     string             `json:"version"`
	Commit      string             `json:"commit"`
	GoVersion   string             `json:"go_version"`
	Demo        bool               `json:"demo" doc:"A demo server is served: it protects nothing."`
	InProcess   bool               `json:"in_process" doc:"The process that serves the page holds fail2ban's socket itself."`
	YourAddress string             `json:"your_address" doc:"The address you are connected from; it is never banned."`
	TimeZone    string             `json:"time_zone" example:"Europe/Berlin"`
	Protected   []ProtectedAddress `json:"protected" doc:"What is never banned on this machine."`
}

// ProtectedAddress is a prefix that is never banned, and why.
type ProtectedAddress struct {
	Prefix string `json:"prefix"`
	Reason string `json:"reason"`
}

func (a *API) registerAbout() {
	register(a, route{
		method: http.MethodGet, path: "/api/v1/about", id: "getAbout", summary: "This console", tag: "about",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, _ *struct{}) (*answer[About], error) {
		return answerWith(About{
			Version: a.Version, Commit: a.Commit, GoVersion: a.GoVersion, Demo: a.Demo, InProcess: a.InProcess,
			YourAddress: callerOf(ctx).String(), TimeZone: a.TimeZone,
			Protected: mapAll(a.Protected(), func(e allowlist.Entry) ProtectedAddress {
				return ProtectedAddress{Prefix: allowlist.Text(e.Prefix), Reason: e.Reason}
			}),
		}), nil
	})
}
