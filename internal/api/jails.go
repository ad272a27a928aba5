package api

import (
	"context"
	"net/http"
	"time"

	"bangui/internal/auth"
	"bangui/internal/host"
)

// Jail is one jail with its counters as last seen.
type Jail struct {
	Name            string    `json:"name"`
	State           string    `json:"state" enum:"running,idle,stopped" doc:"idle = it watches nothing and lifts nothing; stopped = enabled in the configuration and not running."`
	CurrentlyBanned int       `json:"currently_banned"`
	TotalBanned     int       `json:"total_banned"`
	CurrentlyFailed int       `json:"currently_failed"`
	TotalFailed     int       `json:"total_failed"`
	BanSeconds      int64     `json:"ban_seconds" doc:"-1 = for ever."`
	FindSeconds     int64     `json:"find_seconds"`
	MaxRetry        int       `json:"max_retry"`
	Backend         *string   `json:"backend" doc:"null where fail2ban does not tell."`
	LogPaths        []string  `json:"log_paths"`
	JournalMatches  []string  `json:"journal_matches"`
	Closes          []Closure `json:"closes" doc:"What each action shuts for a banned address."`
	Ours            bool      `json:"ours" doc:"The jail that BanGUI made."`
}

// Closure is what one action shuts.
type Closure struct {
	Action   string  `json:"action"`
	Ports    *string `json:"ports" example:"ssh"`
	Protocol *string `json:"protocol" example:"tcp"`
	AllPorts bool    `json:"all_ports"`
	Known    bool    `json:"known" doc:"false: an action whose effect can't be told, such as a mail."`
}

// JailDetail is a jail with every option that fail2ban tells.
type JailDetail struct {
	Jail
	IgnoreSelf    bool       `json:"ignore_self"`
	Ignored       []string   `json:"ignored" doc:"fail2ban's ignoreip: never banned by this jail's filter."`
	IgnoreCommand *string    `json:"ignore_command"`
	UseDNS        string     `json:"use_dns"`
	LogEncoding   string     `json:"log_encoding"`
	MaxLines      int        `json:"max_lines"`
	MaxMatches    int        `json:"max_matches"`
	DatePattern   *string    `json:"date_pattern"`
	PrefixRegex   *string    `json:"prefix_regex"`
	FailRegexes   []string   `json:"fail_regexes"`
	IgnoreRegexes []string   `json:"ignore_regexes"`
	Actions       []string   `json:"actions"`
	Increment     *Increment `json:"increment" doc:"How ban times grow; null when they don't."`
}

// Increment is a jail's escalation of ban times.
type Increment struct {
	Factor        *string `json:"factor"`
	Formula       *string `json:"formula"`
	Multipliers   *string `json:"multipliers"`
	MaxSeconds    *int64  `json:"max_seconds"`
	RandomSeconds *int64  `json:"random_seconds"`
	OverAllJails  bool    `json:"over_all_jails"`
}

// JailPath names the host and the jail of an operation.
type JailPath struct {
	HostPath
	Jail string `path:"jail" maxLength:"200" example:"sshd"`
}

type reloadInput struct {
	JailPath
	Body *struct {
		Restart bool `json:"restart" required:"false" doc:"Also apply changed actions, at the price of lifting and restoring the jail's bans."`
	}
}

type idleInput struct {
	JailPath
	Body struct {
		Idle bool `json:"idle"`
	}
}

func (a *API) registerJails() {
	register(a, route{
		method: http.MethodGet, path: "/api/v1/hosts/{host}/jails", id: "listJails", summary: "All jails of a host", tag: "jails",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(_ context.Context, in *HostPath) (*answer[page[Jail]], error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		return answerWith(pageOf(mapAll(h.Jails(), jailOf))), nil
	})
	register(a, route{
		method: http.MethodGet, path: "/api/v1/hosts/{host}/jails/{jail}", id: "getJail", summary: "One jail with all its options, asked of fail2ban now", tag: "jails",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, in *JailPath) (*answer[JailDetail], error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		d, err := h.Jail(ctx, in.Jail)
		if err != nil {
			return nil, err
		}
		return answerWith(jailDetailOf(d)), nil
	})
	a.registerJailChanges()
}

func (a *API) registerJailChanges() {
	change := func(verb, id, summary string) route {
		return route{
			method: http.MethodPost, path: "/api/v1/hosts/{host}/jails/{jail}/" + verb, id: id, summary: summary, tag: "jails",
			role: auth.Operator, tier: steers, class: classSteer, audit: "jail." + verb, status: http.StatusNoContent,
		}
	}
	register(a, change("start", "startJail", "Start a jail that the configuration enables"),
		func(ctx context.Context, in *JailPath) (*empty, error) {
			return a.steer(ctx, in, "started", func(h host.Host) error { return h.StartJail(ctx, in.Jail) })
		})
	register(a, change("stop", "stopJail", "Stop a jail; its bans are lifted and come back when it starts again"),
		func(ctx context.Context, in *JailPath) (*empty, error) {
			return a.steer(ctx, in, "stopped", func(h host.Host) error { return h.StopJail(ctx, in.Jail) })
		})
	register(a, change("reload", "reloadJail", "Read a jail's configuration again"),
		func(ctx context.Context, in *reloadInput) (*empty, error) {
			restart := in.Body != nil && in.Body.Restart
			became := "reloaded"
			if restart {
				became = "restarted"
			}
			return a.steer(ctx, &in.JailPath, became, func(h host.Host) error { return h.ReloadJail(ctx, in.Jail, restart) })
		})
	register(a, change("idle", "idleJail", "Switch a jail's watching off or on"),
		func(ctx context.Context, in *idleInput) (*empty, error) {
			became := "watching"
			if in.Body.Idle {
				became = "idle"
			}
			return a.steer(ctx, &in.JailPath, became, func(h host.Host) error { return h.IdleJail(ctx, in.Jail, in.Body.Idle) })
		})
}

// steer does one thing to one jail, and notes what the jail was and what became of it.
func (a *API) steer(ctx context.Context, in *JailPath, became string, do func(host.Host) error) (*empty, error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	n := noteOf(ctx)
	for _, j := range h.Jails() {
		if j.Name == in.Jail {
			n.Before = string(j.State)
		}
	}
	if err := do(h); err != nil {
		return nil, err
	}
	n.After = became
	return &empty{}, nil
}

func jailOf(j host.Jail) Jail {
	return Jail{
		Name: j.Name, State: string(j.State),
		CurrentlyBanned: j.CurrentlyBanned, TotalBanned: j.TotalBanned, CurrentlyFailed: j.CurrentlyFailed, TotalFailed: j.TotalFailed,
		BanSeconds: secondsOf(j.BanTime), FindSeconds: secondsOf(j.FindTime), MaxRetry: j.MaxRetry, Backend: orNull(j.Backend),
		LogPaths: orEmpty(j.LogPaths), JournalMatches: orEmpty(j.JournalMatches), Ours: j.Ours,
		Closes: mapAll(j.Closes, func(c host.Closure) Closure {
			return Closure{Action: c.Action, Ports: orNull(c.Ports), Protocol: orNull(c.Protocol), AllPorts: c.AllPorts, Known: c.Known}
		}),
	}
}

// secondsOf are whole seconds; -1 for ever.
func secondsOf(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return int64(d / time.Second)
}

func jailDetailOf(d host.JailDetail) JailDetail {
	return JailDetail{
		Jail: jailOf(d.Jail), IgnoreSelf: d.IgnoreSelf, Ignored: orEmpty(d.Ignored), IgnoreCommand: orNull(d.IgnoreCommand),
		UseDNS: d.UseDNS, LogEncoding: d.LogEncoding, MaxLines: d.MaxLines, MaxMatches: d.MaxMatches,
		DatePattern: orNull(d.DatePattern), PrefixRegex: orNull(d.PrefRegex), FailRegexes: orEmpty(d.FailRegex),
		IgnoreRegexes: orEmpty(d.IgnoreRegex), Actions: orEmpty(d.Actions), Increment: incrementOf(d.Increment),
	}
}

func incrementOf(i host.Increment) *Increment {
	if !i.On {
		return nil
	}
	return &Increment{
		Factor: orNull(i.Factor), Formula: orNull(i.Formula), Multipliers: orNull(i.Multipliers),
		MaxSeconds: orNull(secondsOf(i.MaxTime)), RandomSeconds: orNull(secondsOf(i.RandomTime)), OverAllJails: i.OverAll,
	}
}
