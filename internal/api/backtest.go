package api

import (
	"context"
	"net/http"
	"time"

	"bangui/internal/auth"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

// Backtest is a back-test that was begun: whom a jail would have banned by the logs it reads.
type Backtest struct {
	ID        string          `json:"id"`
	Jail      string          `json:"jail"`
	State     string          `json:"state" enum:"running,done,failed,stopped" doc:"One that nobody looks at for a minute is stopped; a result that nobody looks at for 15 minutes is forgotten."`
	Actor     *string         `json:"actor" doc:"Who began it."`
	StartedAt string          `json:"started_at" format:"date-time"`
	Share     float64         `json:"share" minimum:"0" maximum:"1" doc:"Of what is to be read."`
	Bytes     int64           `json:"bytes" doc:"Read so far."`
	Lines     int             `json:"lines"`
	Failures  int             `json:"failures"`
	Why       *string         `json:"why" doc:"Why it failed or was stopped; null = it wasn't."`
	Mend      *string         `json:"mend" doc:"What to do about that."`
	Result    *BacktestResult `json:"result" doc:"null until it is done."`
}

// BacktestResult is whom a jail would have banned. Times are those of the log.
type BacktestResult struct {
	Version   string            `json:"version" doc:"Of fail2ban, whose engine read the log."`
	Since     string            `json:"since" format:"date-time"`
	From      *string           `json:"from" format:"date-time" doc:"The first time in the log that counts; null = there is none."`
	To        *string           `json:"to" format:"date-time"`
	Logs      []string          `json:"logs" doc:"What was read."`
	Lines     int               `json:"lines"`
	Bytes     int64             `json:"bytes"`
	OldLines  int               `json:"old_lines" doc:"Before since."`
	Now       BacktestSide      `json:"now" doc:"With what is now."`
	After     *BacktestSide     `json:"after" doc:"With the change; null = none was given."`
	Sweep     []BacktestPoint   `json:"sweep"`
	Addresses []BacktestAddress `json:"addresses" doc:"Those that would be banned, at most 300: first those that are protected, signed in well, or banned on one side only."`
	More      int               `json:"more" doc:"Addresses that are left out."`
	SignedIn  int               `json:"signed_in" doc:"Addresses that signed in well in the same logs."`
	Notes     []BacktestNote    `json:"notes" doc:"What a person should know of the result."`
}

// BacktestSide is what became of all failures with one configuration.
type BacktestSide struct {
	MaxRetry    int   `json:"max_retry"`
	FindSeconds int64 `json:"find_seconds"`
	BanSeconds  int64 `json:"ban_seconds" doc:"-1 = for ever."`
	Increment   bool  `json:"increment" doc:"Ban times grow."`
	Failures    int   `json:"failures" doc:"Those that count."`
	Ignored     int   `json:"ignored" doc:"Failures of addresses on the jail's ignore list."`
	Stopped     int   `json:"stopped" doc:"Failures during a ban: a firewall would have kept them away."`
	Bans        int   `json:"bans"`
	Addresses   int   `json:"addresses" doc:"That were banned."`
	AtOnce      int   `json:"at_once" doc:"Banned at the same time, at most."`
	Protected   int   `json:"protected" doc:"Of the addresses: never to be banned."`
	SignedIn    int   `json:"signed_in" doc:"Of the addresses: they signed in well too."`
}

// BacktestPoint is what became of all failures with other values.
type BacktestPoint struct {
	MaxRetry    int   `json:"max_retry"`
	FindSeconds int64 `json:"find_seconds"`
	BanSeconds  int64 `json:"ban_seconds"`
	Bans        int   `json:"bans"`
	Addresses   int   `json:"addresses"`
	Protected   int   `json:"protected"`
	SignedIn    int   `json:"signed_in"`
}

// BacktestAddress is one address (or other id) that would be banned.
type BacktestAddress struct {
	ID        string        `json:"id" doc:"Hostile text where it is no address."`
	Now       BacktestBans  `json:"now"`
	After     *BacktestBans `json:"after" doc:"null = no change was given."`
	Protected *string       `json:"protected" doc:"Why it is never to be banned; null = nothing is known."`
	SignIns   int           `json:"sign_ins" doc:"That went well in the same logs: it may be a good visitor."`
	Users     []string      `json:"users" doc:"Who signed in, at most three. Hostile text."`
}

// BacktestBans are the bans of one address with one configuration.
type BacktestBans struct {
	Failures int           `json:"failures"`
	Ignored  int           `json:"ignored"`
	Stopped  int           `json:"stopped"`
	Bans     int           `json:"bans"`
	Times    []BacktestBan `json:"times" doc:"The first ten."`
}

// BacktestBan is one ban.
type BacktestBan struct {
	At         string `json:"at" format:"date-time"`
	BanSeconds int64  `json:"ban_seconds" doc:"-1 = for ever. Failures during a ban make it longer."`
}

// BacktestNote is something that a person should know of a result.
type BacktestNote struct {
	Code string `json:"code" doc:"Stable."`
	Text string `json:"text" doc:"A sentence."`
}

type backtestInput struct {
	HostPath
	Body struct {
		Jail        string           `json:"jail" minLength:"1" maxLength:"200" example:"sshd"`
		SpanSeconds int64            `json:"span_seconds" minimum:"60" maximum:"2678400" doc:"How far back from now." example:"86400"`
		ETag        string           `json:"etag,omitempty" maxLength:"100" doc:"Of the configuration that the change was made from; left out = what is now."`
		Edits       []ConfigEdit     `json:"edits,omitempty" maxItems:"500" doc:"A change, which is compared with what is now and not made."`
		Files       []ConfigFileEdit `json:"files,omitempty" maxItems:"100"`
		Sweep       BacktestSweep    `json:"sweep,omitzero"`
	}
}

// BacktestSweep are values to compare, each of one option with each of the others: 150 in all. An
// option without values keeps the one of the change, else of what is now.
type BacktestSweep struct {
	MaxRetry    []int   `json:"max_retry,omitempty" maxItems:"12"`
	FindSeconds []int64 `json:"find_seconds,omitempty" maxItems:"12"`
	BanSeconds  []int64 `json:"ban_seconds,omitempty" maxItems:"12" doc:"-1 = for ever."`
}

func (in backtestInput) target() string { return in.Host + " " + in.Body.Jail }

type backtestPath struct {
	HostPath
	ID string `path:"backtest" maxLength:"64"`
}

func (in backtestPath) target() string { return in.Host + " " + in.ID }

func (a *API) registerBacktests() {
	const base = "/api/v1/hosts/{host}/config/backtests"
	register(a, route{
		method: http.MethodPost, path: base, id: "startBacktest", summary: "Find out whom a jail, as it is or changed, would have banned by its logs", tag: "config",
		role: auth.Operator, tier: own, class: classTest, audit: "backtest.start", status: http.StatusAccepted,
	}, a.startBacktest)
	register(a, route{
		method: http.MethodGet, path: base + "/{backtest}", id: "getBacktest", summary: "How far a back-test is, and its result", tag: "config",
		role: auth.Operator, tier: looks, class: classRead,
	}, func(ctx context.Context, in *backtestPath) (*answer[Backtest], error) {
		return a.backtest(ctx, in.Host, in.ID)
	})
	register(a, route{
		method: http.MethodDelete, path: base + "/{backtest}", id: "stopBacktest", summary: "Stop a back-test, or forget its result", tag: "config",
		role: auth.Operator, tier: own, class: classTest, audit: "backtest.stop", status: http.StatusNoContent,
	}, func(ctx context.Context, in *backtestPath) (*empty, error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		return &empty{}, h.StopBacktest(ctx, in.ID)
	})
}

func (a *API) startBacktest(ctx context.Context, in *backtestInput) (*answer[Backtest], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	b := in.Body
	order := host.BacktestOrder{
		Jail: b.Jail, Span: time.Duration(b.SpanSeconds) * time.Second, Actor: noteOf(ctx).Actor.Name, Protected: callerEntry(ctx),
		Sweep: host.BacktestSweep{MaxRetry: b.Sweep.MaxRetry, FindTime: b.Sweep.FindSeconds, BanTime: b.Sweep.BanSeconds},
	}
	if len(b.Edits)+len(b.Files) > 0 {
		order.Change = &host.ChangeOrder{ETag: b.ETag}
		for _, e := range b.Edits {
			order.Change.Edits = append(order.Change.Edits, host.Edit{Place: jailconf.Place(e.Place), Name: e.Name, Option: e.Option, Value: e.Value})
		}
		for _, f := range b.Files {
			order.Change.Files = append(order.Change.Files, host.FileEdit(f))
		}
	}
	id, err := h.StartBacktest(ctx, order)
	if err != nil {
		return nil, err
	}
	return a.backtest(ctx, in.Host, id)
}

func (a *API) backtest(ctx context.Context, name, id string) (*answer[Backtest], error) {
	h, err := a.Hosts.Get(name)
	if err != nil {
		return nil, err
	}
	seen, err := h.Backtest(ctx, id)
	if err != nil {
		return nil, err
	}
	return answerWith(backtestOf(seen)), nil
}

func backtestOf(b host.Backtest) Backtest {
	out := Backtest{
		ID: b.ID, Jail: b.Jail, State: string(b.State), Actor: orNull(b.Actor), StartedAt: stamp(b.Started), Share: b.Share, Bytes: b.Bytes,
		Lines: b.Lines, Failures: b.Failures, Why: orNull(b.Why), Mend: orNull(b.Mend),
	}
	if b.Result == nil {
		return out
	}
	r := b.Result
	out.Result = &BacktestResult{
		Version: r.Version, Since: stamp(r.Since), From: stampOrNull(r.From), To: stampOrNull(r.To), Logs: orEmpty(r.Logs), Lines: r.Lines, Bytes: r.Bytes,
		OldLines: r.Old, Now: backtestSideOf(r.Now), More: r.More, SignedIn: r.SignedIn,
		Sweep: orEmpty(mapAll(r.Sweep, func(p host.BacktestPoint) BacktestPoint {
			return BacktestPoint{p.MaxRetry, p.FindTime, p.BanTime, p.Bans, p.Addresses, p.Protected, p.SignedIn}
		})),
		Addresses: orEmpty(mapAll(b.Rows, func(row host.BacktestRow) BacktestAddress { return backtestAddressOf(row, r.After != nil) })),
		Notes:     orEmpty(mapAll(r.Notes, func(n host.BacktestNote) BacktestNote { return BacktestNote(n) })),
	}
	if r.After != nil {
		side := backtestSideOf(*r.After)
		out.Result.After = &side
	}
	return out
}

func backtestSideOf(s host.BacktestSide) BacktestSide {
	return BacktestSide{
		MaxRetry: s.MaxRetry, FindSeconds: s.FindTime, BanSeconds: s.BanTime, Increment: s.Increment, Failures: s.Failures, Ignored: s.Ignored,
		Stopped: s.Stopped, Bans: s.Bans, Addresses: s.Addresses, AtOnce: s.AtOnce, Protected: s.Protected, SignedIn: s.SignedIn,
	}
}

func backtestAddressOf(row host.BacktestRow, both bool) BacktestAddress {
	out := BacktestAddress{ID: row.ID, Now: backtestBansOf(row.Now), Protected: orNull(row.Protected), SignIns: row.SignIns, Users: orEmpty(row.Users)}
	if both {
		after := backtestBansOf(row.After)
		out.After = &after
	}
	return out
}

func backtestBansOf(b host.BacktestBans) BacktestBans {
	return BacktestBans{
		Failures: b.Failures, Ignored: b.Ignored, Stopped: b.Stopped, Bans: b.Bans,
		Times: orEmpty(mapAll(b.Times, func(t host.BacktestBan) BacktestBan { return BacktestBan{At: stamp(t.At), BanSeconds: t.Seconds} })),
	}
}
