package cli

import (
	"context"
	"net/url"
	"time"

	"bangui/internal/host"
	"bangui/internal/jailconf"
)

// backtestBackend begins back-tests, asks how far they are, and stops them.
type backtestBackend interface {
	StartBacktest(ctx context.Context, o backtestOrder) (backtest, error)
	Backtest(ctx context.Context, id string) (backtest, error)
	StopBacktest(ctx context.Context, id string) error
}

const localBacktests = localConfig + "/backtests"

func (r *remote) StartBacktest(ctx context.Context, o backtestOrder) (begun backtest, err error) {
	err = r.client.Post(ctx, localBacktests, o, &begun)
	return begun, err
}

func (r *remote) Backtest(ctx context.Context, id string) (seen backtest, err error) {
	err = r.client.Get(ctx, localBacktests+"/"+url.PathEscape(id), nil, &seen)
	return seen, err
}

func (r *remote) StopBacktest(ctx context.Context, id string) error {
	return r.client.Delete(ctx, localBacktests+"/"+url.PathEscape(id))
}

func (l *local) StartBacktest(ctx context.Context, o backtestOrder) (backtest, error) {
	order := host.BacktestOrder{
		Jail: o.Jail, Span: time.Duration(o.SpanSeconds) * time.Second,
		Sweep: host.BacktestSweep{MaxRetry: o.Sweep.MaxRetry, FindTime: o.Sweep.FindSeconds, BanTime: o.Sweep.BanSeconds},
	}
	if len(o.Edits)+len(o.Files) > 0 {
		order.Change = &host.ChangeOrder{ETag: o.ETag}
	}
	for _, e := range o.Edits {
		order.Change.Edits = append(order.Change.Edits, host.Edit{Place: jailconf.Place(e.Place), Name: e.Name, Option: e.Option, Value: e.Value})
	}
	for _, f := range o.Files {
		order.Change.Files = append(order.Change.Files, host.FileEdit(f))
	}
	id, err := l.direct.StartBacktest(ctx, order)
	if err != nil {
		return backtest{}, err
	}
	return l.Backtest(ctx, id)
}

func (l *local) StopBacktest(ctx context.Context, id string) error {
	return l.direct.StopBacktest(ctx, id)
}

func (l *local) Backtest(ctx context.Context, id string) (backtest, error) {
	b, err := l.direct.Backtest(ctx, id)
	if err != nil {
		return backtest{}, err
	}
	seen := backtest{ID: b.ID, Jail: b.Jail, State: string(b.State), Share: b.Share, Lines: b.Lines, Failures: b.Failures, Why: b.Why, Mend: b.Mend}
	if r := b.Result; r != nil {
		seen.Result = resultOfBacktest(*r, b.Rows)
	}
	return seen, nil
}

func resultOfBacktest(r host.BacktestResult, addresses []host.BacktestRow) *backtestResult {
	out := &backtestResult{
		Version: r.Version, Since: r.Since, Logs: r.Logs, Lines: r.Lines, Now: sideOfBacktest(r.Now), More: r.More, SignedIn: r.SignedIn,
		Sweep: []backtestPoint{}, Addresses: []backtestAddress{}, Notes: []backtestNote{},
	}
	if !r.From.IsZero() {
		out.From, out.To = &r.From, &r.To
	}
	if r.After != nil {
		side := sideOfBacktest(*r.After)
		out.After = &side
	}
	for _, p := range r.Sweep {
		out.Sweep = append(out.Sweep, backtestPoint{p.MaxRetry, p.FindTime, p.BanTime, p.Bans, p.Addresses, p.Protected, p.SignedIn})
	}
	for _, n := range r.Notes {
		out.Notes = append(out.Notes, backtestNote(n))
	}
	for _, row := range addresses {
		a := backtestAddress{ID: row.ID, Now: bansOfBacktest(row.Now), Protected: row.Protected, SignIns: row.SignIns, Users: row.Users}
		if r.After != nil {
			after := bansOfBacktest(row.After)
			a.After = &after
		}
		out.Addresses = append(out.Addresses, a)
	}
	return out
}

func sideOfBacktest(s host.BacktestSide) backtestSide {
	return backtestSide{s.MaxRetry, s.FindTime, s.BanTime, s.Failures, s.Ignored, s.Stopped, s.Bans, s.Addresses, s.AtOnce, s.Protected, s.SignedIn}
}

func bansOfBacktest(b host.BacktestBans) backtestBans {
	out := backtestBans{Failures: b.Failures, Ignored: b.Ignored, Stopped: b.Stopped, Bans: b.Bans, Times: []backtestBan{}}
	for _, t := range b.Times {
		out.Times = append(out.Times, backtestBan{t.At, t.Seconds})
	}
	return out
}
