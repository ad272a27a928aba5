package api

import (
	"context"
	"net/http"

	"bangui/internal/auth"
	"bangui/internal/health"
	"bangui/internal/host"
)

// Host is one machine with fail2ban, as last seen.
type Host struct {
	ID         string    `json:"id"`
	Alias      *string   `json:"alias" doc:"local for the host that this console serves itself."`
	Name       string    `json:"name"`
	State      string    `json:"state" enum:"starting,online,degraded,unreachable"`
	StateSince string    `json:"state_since" format:"date-time"`
	AsOf       *string   `json:"as_of" format:"date-time" doc:"When fail2ban last answered; all figures are of then."`
	Detail     *string   `json:"detail" doc:"Why it is not online."`
	Mend       *string   `json:"mend" doc:"What to do about it."`
	Demo       bool      `json:"demo"`
	Fail2ban   Fail2ban  `json:"fail2ban"`
	Totals     Totals    `json:"totals"`
	Findings   []Finding `json:"findings"`
	// Waiting holds up nothing else: who is signed in sees that something is tried out.
	Waiting *ConfigWaiting `json:"config_waiting" doc:"A change of fail2ban's configuration that is taken back unless it is confirmed; null when there is none."`
	Fallen  *Fallen        `json:"fallen" doc:"It ended or lost jails soon after a change that BanGUI made; null when it did not, or is up again."`
}

// Fail2ban is what a host's fail2ban says of itself.
type Fail2ban struct {
	Version      *string `json:"version"`
	PID          *int    `json:"pid"`
	Socket       string  `json:"socket"`
	ConfigDir    string  `json:"config_dir"`
	LogTarget    *string `json:"log_target"`
	LogLevel     *string `json:"log_level"`
	Database     *string `json:"database"`
	PurgeSeconds *int64  `json:"database_purge_seconds" doc:"How long fail2ban itself remembers a ban."`
}

// Totals are the counters of all jails together.
type Totals struct {
	Jails           int `json:"jails"`
	CurrentlyBanned int `json:"currently_banned"`
	TotalBanned     int `json:"total_banned" doc:"Since each jail was started."`
	CurrentlyFailed int `json:"currently_failed" doc:"Addresses with failures inside the find time."`
	TotalFailed     int `json:"total_failed"`
}

// Finding is something that an operator should know.
type Finding struct {
	Code     string `json:"code"`
	Severity string `json:"severity" enum:"info,warning,error"`
	Text     string `json:"text"`
	Mend     string `json:"mend"`
	Since    string `json:"since" format:"date-time"`
}

// HostPath names the host of an operation.
type HostPath struct {
	Host string `path:"host" maxLength:"64" doc:"Id or alias." example:"local"`
}

func (a *API) registerHosts() {
	register(a, route{
		method: http.MethodGet, path: "/api/v1/hosts", id: "listHosts", summary: "All hosts", tag: "hosts",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(context.Context, *struct{}) (*answer[page[Host]], error) {
		return answerWith(pageOf(mapAll(a.Hosts.All(), func(h host.Host) Host { return a.hostOf(h.State()) }))), nil
	})
	register(a, route{
		method: http.MethodGet, path: "/api/v1/hosts/{host}", id: "getHost", summary: "One host", tag: "hosts",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(_ context.Context, in *HostPath) (*answer[Host], error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		return answerWith(a.hostOf(h.State())), nil
	})
	register(a, route{
		method: http.MethodPost, path: "/api/v1/hosts/{host}/reload", id: "reloadHost", summary: "Read fail2ban's whole configuration again", tag: "hosts",
		role: auth.Operator, tier: steers, class: classSteer, audit: "host.reload", status: http.StatusNoContent,
	}, func(ctx context.Context, in *HostPath) (*empty, error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		return &empty{}, h.Reload(ctx)
	})
}

func (a *API) hostOf(s host.State) Host {
	h := Host{
		ID: s.ID, Name: s.Name, State: string(s.Reach), StateSince: stamp(s.Since), AsOf: stampOrNull(s.AsOf),
		Detail: orNull(s.Detail), Mend: orNull(s.Mend), Demo: s.Demo, Totals: totalsOf(s), Findings: mapAll(s.Findings, findingOf), Fallen: fallenOf(s.Fallen),
		Fail2ban: Fail2ban{
			Version: orNull(s.Version), PID: orNull(s.PID), Socket: s.Socket, ConfigDir: s.ConfigDir, LogTarget: orNull(s.LogTarget),
			LogLevel: orNull(s.LogLevel), Database: orNull(s.Database), PurgeSeconds: orNull(int64(s.PurgeAge.Seconds())),
		},
	}
	h.Waiting = waitingOf(s.Waiting)
	if alias := a.Hosts.Alias(s.ID); alias != s.ID {
		h.Alias = &alias
	}
	if h.Alias != nil && a.Findings != nil {
		h.Findings = append(h.Findings, mapAll(a.Findings(), findingOf)...)
	}
	return h
}

func totalsOf(s host.State) Totals {
	return Totals{Jails: s.Jails, CurrentlyBanned: s.CurrentlyBanned, TotalBanned: s.TotalBanned, CurrentlyFailed: s.CurrentlyFailed, TotalFailed: s.TotalFailures}
}

func findingOf(c health.Condition) Finding {
	return Finding{Code: c.Code, Severity: string(c.Severity), Text: c.Text, Mend: c.Mend, Since: stamp(c.Since)}
}
