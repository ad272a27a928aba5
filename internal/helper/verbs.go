package helper

import (
	"context"
	"encoding/json"

	"bangui/internal/host"
	"bangui/internal/jailconf"
)

// request is one thing that a client asks.
type request struct {
	ID     string          `json:"id,omitempty"` // of the request that caused it, for both logs
	Verb   string          `json:"verb"`
	Params json.RawMessage `json:"params,omitempty"`
}

// answer is what became of it. A list comes in pieces; More says that another follows.
type answer struct {
	Flaw  *flaw             `json:"flaw,omitempty"`
	Value json.RawMessage   `json:"value,omitempty"`
	Items []json.RawMessage `json:"items,omitempty"`
	More  bool              `json:"more,omitempty"`
}

// The verbs.
const (
	verbLook             = "look"
	verbBans             = "bans"
	verbJail             = "jail"
	verbStartJail        = "start_jail"
	verbStopJail         = "stop_jail"
	verbIdleJail         = "idle_jail"
	verbReloadJail       = "reload_jail"
	verbReload           = "reload"
	verbCheck            = "check"
	verbBan              = "ban"
	verbLift             = "lift"
	verbEvidence         = "evidence"
	verbManualJail       = "manual_jail"
	verbAddManualJail    = "add_manual_jail"
	verbRemoveManualJail = "remove_manual_jail"
	verbConfig           = "config"
	verbConfigFile       = "config_file"
	verbChoices          = "choices"
	verbLogFiles         = "log_files"
	verbConfigFiles      = "config_files"
	verbRecipes          = "recipes"
	verbRecipe           = "recipe"
	verbCheckChange      = "check_change"
	verbApplyChange      = "apply_change"
	verbConfirmChange    = "confirm_change"
	verbRevertChange     = "revert_change"
	verbTestExpression   = "test_expression"
	verbLogs             = "logs"
	verbLogLines         = "log_lines"
	verbStartBacktest    = "start_backtest"
	verbBacktest         = "backtest"
	verbStopBacktest     = "stop_backtest"
	verbServer           = "server"
	verbFlushLogs        = "flush_logs"
	verbRestart          = "restart"
	verbServerLog        = "server_log"
	verbPutBackChange    = "put_back_change"
	verbFollow           = "follow" // what is behind it is in follow.go
)

// Parameters of the verbs that don't take an order.
type (
	nothing struct{}
	named   struct{ Jail string }
	idling  struct {
		Jail string
		Idle bool
	}
	reloading struct {
		Jail    string
		Restart bool
	}
	identified struct{ ID string }
	fileNamed  struct{ Name string }
	logPaths   struct{ Paths []string }
	placing    struct{ Place jailconf.Place }
	recipe     struct {
		Place jailconf.Place
		Name  string
	}
)

// verb is one row of the closed list: whether it changes something, and how a host
// answers it.
type verb struct {
	changes bool
	instant bool // it waits for nothing, so it needs no slot
	ask     func(ctx context.Context, h host.Host, params json.RawMessage) (result, error)
}

// result is a verb's answer before it is packed into frames.
type result struct {
	value any
	items []json.RawMessage
}

// verbs is the closed list. Nothing else is understood.
func verbs() map[string]verb {
	return map[string]verb{
		verbLook: {instant: true, ask: look},
		verbBans: lists(func(ctx context.Context, h host.Host, p named) ([]host.Ban, error) { return h.Bans(ctx, p.Jail) }),
		verbJail: gives(func(ctx context.Context, h host.Host, p named) (host.JailDetail, error) { return h.Jail(ctx, p.Jail) }),
		verbStartJail: does(func(ctx context.Context, h host.Host, p named) error {
			return h.StartJail(ctx, p.Jail)
		}),
		verbStopJail: does(func(ctx context.Context, h host.Host, p named) error { return h.StopJail(ctx, p.Jail) }),
		verbIdleJail: does(func(ctx context.Context, h host.Host, p idling) error { return h.IdleJail(ctx, p.Jail, p.Idle) }),
		verbReloadJail: does(func(ctx context.Context, h host.Host, p reloading) error {
			return h.ReloadJail(ctx, p.Jail, p.Restart)
		}),
		verbReload: does(func(ctx context.Context, h host.Host, _ nothing) error { return h.Reload(ctx) }),
		verbCheck: lists(func(ctx context.Context, h host.Host, p host.BanOrder) ([]host.Outcome, error) {
			return h.Check(ctx, p)
		}),
		verbBan: changing(lists(func(ctx context.Context, h host.Host, p host.BanOrder) ([]host.Outcome, error) {
			return h.Ban(ctx, p)
		})),
		verbLift: changing(lists(func(ctx context.Context, h host.Host, p host.LiftOrder) ([]host.Outcome, error) {
			return h.Lift(ctx, p)
		})),
		verbEvidence: lists(func(ctx context.Context, h host.Host, p identified) ([]host.Evidence, error) {
			return h.Evidence(ctx, p.ID)
		}),
		verbManualJail:       gives(func(ctx context.Context, h host.Host, _ nothing) (host.OwnJail, error) { return h.ManualJail(ctx) }),
		verbAddManualJail:    does(func(ctx context.Context, h host.Host, _ nothing) error { return h.AddManualJail(ctx) }),
		verbRemoveManualJail: does(func(ctx context.Context, h host.Host, _ nothing) error { return h.RemoveManualJail(ctx) }),
		verbConfig:           {ask: config},
		verbConfigFile:       gives(func(ctx context.Context, h host.Host, p fileNamed) (string, error) { return h.ConfigFile(ctx, p.Name) }),
		verbChoices:          gives(func(ctx context.Context, h host.Host, _ nothing) (host.Choices, error) { return h.Choices(ctx) }),
		verbLogFiles: lists(func(ctx context.Context, h host.Host, p logPaths) ([]host.WatchedLog, error) {
			return h.LogFiles(ctx, p.Paths)
		}),
		verbConfigFiles: {ask: configFiles},
		verbRecipes: lists(func(ctx context.Context, h host.Host, p placing) ([]jailconf.Recipe, error) {
			return h.Recipes(ctx, p.Place)
		}),
		verbRecipe: gives(func(ctx context.Context, h host.Host, p recipe) (host.RecipeView, error) {
			return h.Recipe(ctx, p.Place, p.Name)
		}),
		verbCheckChange: gives(func(ctx context.Context, h host.Host, p host.ChangeOrder) (host.Change, error) {
			return h.CheckChange(ctx, p)
		}),
		verbApplyChange: changing(gives(func(ctx context.Context, h host.Host, p host.ChangeOrder) (host.Change, error) {
			return h.ApplyChange(ctx, p)
		})),
		verbConfirmChange:  does(func(ctx context.Context, h host.Host, p identified) error { return h.ConfirmChange(ctx, p.ID) }),
		verbTestExpression: {ask: testExpression},
		verbLogs:           gives(func(ctx context.Context, h host.Host, _ nothing) (host.Logs, error) { return h.Logs(ctx) }),
		verbLogLines:       {ask: logLines},
		verbStartBacktest: gives(func(ctx context.Context, h host.Host, p host.BacktestOrder) (string, error) {
			return h.StartBacktest(ctx, p)
		}),
		verbBacktest: {ask: backtest},
		verbStopBacktest: gives(func(ctx context.Context, h host.Host, p identified) (nothing, error) {
			return nothing{}, h.StopBacktest(ctx, p.ID)
		}),
		verbRevertChange: does(func(ctx context.Context, h host.Host, p identified) error { return h.RevertChange(ctx, p.ID) }),
		verbServer:       gives(func(ctx context.Context, h host.Host, _ nothing) (host.ServerView, error) { return h.Server(ctx) }),
		verbFlushLogs:    does(func(ctx context.Context, h host.Host, _ nothing) error { return h.FlushLogs(ctx) }),
		verbRestart: changing(gives(func(ctx context.Context, h host.Host, p host.RestartOrder) (host.Restarted, error) {
			return h.Restart(ctx, p)
		})),
		verbServerLog:     {ask: serverLog},
		verbPutBackChange: does(func(ctx context.Context, h host.Host, p host.PutBackOrder) error { return h.PutBackChange(ctx, p) }),
	}
}

// look answers state and jails at once: the one question that is asked each moment.
func look(_ context.Context, h host.Host, raw json.RawMessage) (result, error) {
	if _, err := parameters[nothing](raw); err != nil {
		return result{}, err
	}
	jails, err := rawAll(h.Jails())
	return result{value: h.State(), items: jails}, err
}

// config answers the configuration, its jails as items: there may be hundreds.
func config(ctx context.Context, h host.Host, raw json.RawMessage) (result, error) {
	if _, err := parameters[nothing](raw); err != nil {
		return result{}, err
	}
	view, err := h.Config(ctx)
	if err != nil {
		return result{}, err
	}
	jails, err := rawAll(view.Jails)
	view.Jails = nil
	return result{value: view, items: jails}, err
}

// testExpression answers what came of a trial, its lines as items.
func testExpression(ctx context.Context, h host.Host, raw json.RawMessage) (result, error) {
	order, err := parameters[host.ExpressionOrder](raw)
	if err != nil {
		return result{}, err
	}
	tried, err := h.TestExpression(ctx, order)
	if err != nil {
		return result{}, err
	}
	rows, err := rawAll(tried.Lines)
	tried.Lines = nil
	return result{value: tried, items: rows}, err
}

// backtest answers how far a back-test is, its addresses as items.
func backtest(ctx context.Context, h host.Host, raw json.RawMessage) (result, error) {
	p, err := parameters[identified](raw)
	if err != nil {
		return result{}, err
	}
	seen, err := h.Backtest(ctx, p.ID)
	if err != nil {
		return result{}, err
	}
	rows, err := rawAll(seen.Rows)
	seen.Rows = nil
	return result{value: seen, items: rows}, err
}

// logLines answers lines of a log, as items.
func logLines(ctx context.Context, h host.Host, raw json.RawMessage) (result, error) {
	source, err := parameters[host.LogSource](raw)
	if err != nil {
		return result{}, err
	}
	read, err := h.LogLines(ctx, source)
	if err != nil {
		return result{}, err
	}
	lines, err := rawAll(read.Lines)
	read.Lines = nil
	return result{value: read, items: lines}, err
}

// serverLog answers a part of the log, its messages as items: they may be long.
func serverLog(ctx context.Context, h host.Host, raw json.RawMessage) (result, error) {
	q, err := parameters[host.LogQuery](raw)
	if err != nil {
		return result{}, err
	}
	page, err := h.ServerLog(ctx, q)
	if err != nil {
		return result{}, err
	}
	entries, err := rawAll(page.Entries)
	page.Entries = nil
	return result{value: page, items: entries}, err
}

// configFiles answers the files of the configuration as items: together they may be long.
func configFiles(ctx context.Context, h host.Host, raw json.RawMessage) (result, error) {
	if _, err := parameters[nothing](raw); err != nil {
		return result{}, err
	}
	s, err := h.ConfigFiles(ctx)
	if err != nil {
		return result{}, err
	}
	files, err := rawAll(s.Files)
	s.Files = nil
	return result{value: s, items: files}, err
}

// gives is a verb that answers one value.
func gives[P, R any](ask func(context.Context, host.Host, P) (R, error)) verb {
	return verb{ask: func(ctx context.Context, h host.Host, raw json.RawMessage) (result, error) {
		p, err := parameters[P](raw)
		if err != nil {
			return result{}, err
		}
		value, err := ask(ctx, h, p)
		return result{value: value}, err
	}}
}

// lists is a verb that answers a list.
func lists[P, T any](ask func(context.Context, host.Host, P) ([]T, error)) verb {
	return verb{ask: func(ctx context.Context, h host.Host, raw json.RawMessage) (result, error) {
		p, err := parameters[P](raw)
		if err != nil {
			return result{}, err
		}
		list, err := ask(ctx, h, p)
		if err != nil {
			return result{}, err
		}
		items, err := rawAll(list)
		return result{items: items}, err
	}}
}

// does is a verb that changes something and answers only whether it went.
func does[P any](do func(context.Context, host.Host, P) error) verb {
	return changing(gives(func(ctx context.Context, h host.Host, p P) (nothing, error) { return nothing{}, do(ctx, h, p) }))
}

func changing(v verb) verb {
	v.changes = true
	return v
}

func parameters[P any](raw json.RawMessage) (p P, err error) {
	if len(raw) == 0 {
		raw = json.RawMessage("{}")
	}
	return p, decode(raw, &p)
}
