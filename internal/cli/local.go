package cli

import (
	"context"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/app"
	"bangui/internal/audit"
	"bangui/internal/config"
	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// local works straight on the fail2ban of this machine.
type local struct {
	direct *app.Direct
	conf   config.Config
	actor  audit.Actor
}

// actor is who bans and unbans from the command line without a console.
const actor = "command line"

func (l *local) Close() { l.direct.Close() }

func (l *local) Jails(context.Context) ([]jailRow, error) {
	rows := []jailRow{}
	for _, j := range l.direct.Jails() {
		rows = append(rows, rowOf(j))
	}
	return rows, nil
}

func rowOf(j host.Jail) jailRow {
	row := jailRow{
		Name: j.Name, State: string(j.State), MaxRetry: j.MaxRetry,
		CurrentlyBanned: j.CurrentlyBanned, TotalBanned: j.TotalBanned, CurrentlyFailed: j.CurrentlyFailed, TotalFailed: j.TotalFailed,
		BanSeconds: int64(j.BanTime / time.Second), FindSeconds: int64(j.FindTime / time.Second), Closes: []closure{},
	}
	if j.BanTime < 0 {
		row.BanSeconds = event.Permanent
	}
	for _, c := range j.Closes {
		row.Closes = append(row.Closes, closure{c.Action, c.Ports, c.AllPorts, c.Known})
	}
	return row
}

func (l *local) Jail(ctx context.Context, name string) (jailDetail, error) {
	d, err := l.direct.Jail(ctx, name)
	if err != nil {
		return jailDetail{}, err
	}
	return jailDetail{
		jailRow: rowOf(d.Jail), LogPaths: d.LogPaths, Ignored: d.Ignored, IgnoreSelf: d.IgnoreSelf,
		FailRegexes: d.FailRegex, IgnoreRegexs: d.IgnoreRegex, Actions: d.Actions,
	}, nil
}

func onlyConsole() error {
	return fault.New(fault.Unsupported, "only a console knows that: fail2ban itself keeps active bans").
		WithMend("Start the console (bangui serve), make a token (bangui token create NAME), and set BANGUI_TOKEN to it.")
}

// Saved is nothing that fail2ban knows.
func (l *local) Saved(context.Context, string) (url.Values, error) { return nil, onlyConsole() }

func (l *local) Bans(ctx context.Context, q banQuery) ([]banRow, error) {
	if q.archived() {
		return nil, onlyConsole()
	}
	match, err := q.matcher()
	if err != nil {
		return nil, err
	}
	bans, err := l.direct.Bans(ctx)
	if err != nil {
		return nil, err
	}
	rows := []banRow{}
	for _, b := range bans {
		if len(rows) < q.limit && (q.jail == "" || q.jail == b.Jail) && match(b.ID) {
			rows = append(rows, rowOfBan(b))
		}
	}
	return rows, nil
}

// matcher judges an id by the query's address and text.
func (q banQuery) matcher() (func(id string) bool, error) {
	inside := func(string) bool { return true }
	if q.ip != "" {
		prefix, err := allowlist.ParseTarget(q.ip)
		if err != nil {
			return nil, fault.New(fault.Invalid, "--ip: %v", err)
		}
		inside = func(id string) bool {
			target, err := allowlist.ParseTarget(id)
			return err == nil && prefix.Bits() <= target.Bits() && prefix.Contains(target.Addr())
		}
	}
	return func(id string) bool { return inside(id) && strings.Contains(id, q.text) }, nil
}

func rowOfBan(b app.JailBan) banRow {
	row := banRow{
		Host: host.LocalAlias, Jail: b.Jail, Address: b.ID, BannedAt: b.BannedAt, BanSeconds: b.BanSeconds,
		BanCount: b.BanCount, Failures: b.Failures, Origin: string(event.ByFail2ban),
	}
	if b.ByHand {
		row.Origin = string(event.ByHand)
	}
	if b.BanSeconds >= 0 {
		end := b.BannedAt.Add(time.Duration(b.BanSeconds) * time.Second)
		row.ExpiresAt = &end
	}
	return row
}

func (l *local) Ban(ctx context.Context, o banOrder) ([]outcome, error) {
	if o.duration != 0 {
		return nil, fault.New(fault.Unavailable, "only a console can end a ban at a time of its own, and none was asked").
			WithMend("Start one (bangui serve) and give its API token in BANGUI_TOKEN, or leave out --for: the ban then lasts as long as the jail bans.")
	}
	targets, err := targetsOf(o.addresses)
	if err != nil {
		return nil, err
	}
	order := host.BanOrder{Targets: targets, Jails: o.jails, Actor: actor, Reason: o.reason, AllowWide: o.wide}
	if o.dryRun {
		results, err := l.direct.Check(ctx, order)
		return outcomes(results), err
	}
	e := audit.Entry{Action: "ban.create", Target: audit.Targets(o.addresses, o.jails), Detail: o.reason, After: strings.Join(o.addresses, ", ")}
	results, err := l.recorded(ctx, e, func() ([]host.Outcome, error) { return l.direct.Ban(ctx, order) })
	return outcomes(results), err
}

func (l *local) Lift(ctx context.Context, o liftOrder) ([]outcome, error) {
	order := host.LiftOrder{IDs: o.addresses, Jails: o.jails, Actor: actor, Reason: o.reason}
	e := audit.Entry{Action: "ban.lift", Target: audit.Targets(o.addresses, o.jails), Detail: o.reason, After: strings.Join(o.addresses, ", ")}
	results, err := l.recorded(ctx, e, func() ([]host.Outcome, error) { return l.direct.Lift(ctx, order) })
	return outcomes(results), err
}

func targetsOf(addresses []string) ([]netip.Prefix, error) {
	targets := make([]netip.Prefix, len(addresses))
	for i, a := range addresses {
		target, err := allowlist.ParseTarget(a)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%v", err)
		}
		targets[i] = target
	}
	return targets, nil
}

func outcomes(results []host.Outcome) []outcome {
	all := make([]outcome, len(results))
	for i, r := range results {
		all[i] = outcome{host.LocalAlias, r.Jail, r.Target, string(r.Result), r.Detail}
	}
	return all
}

func (l *local) Why(ctx context.Context, address string) (whyView, error) {
	view := whyView{Address: address, Bans: []banRow{}, CoveredBy: []banRow{}, Evidence: []evidence{}}
	target, err := allowlist.ParseTarget(address)
	known := err == nil
	if known {
		view.Address, view.placeRow = allowlist.Text(target), placeIn(openGeo(ctx, l.conf), target)
		if v := allowlist.Judge(target, allowlist.System{}.Entries()); v.Answer == allowlist.Never {
			view.Protected = v.Reason
		}
	}
	bans, err := l.direct.Bans(ctx)
	if err != nil {
		return whyView{}, err
	}
	for _, b := range bans {
		wider, err := allowlist.ParseTarget(b.ID)
		switch {
		case b.ID == view.Address:
			view.Bans = append(view.Bans, rowOfBan(b))
		case known && err == nil && wider.Bits() < target.Bits() && wider.Contains(target.Addr()):
			view.CoveredBy = append(view.CoveredBy, rowOfBan(b))
		}
	}
	found, err := l.direct.Evidence(ctx, view.Address)
	if err != nil {
		view.EvidenceError = fault.MessageOf(err)
	}
	for _, e := range found {
		view.Evidence = append(view.Evidence, evidence{e.Jail, e.BannedAt, e.BanSeconds, e.BanCount, e.Failures, e.User, e.Lines})
	}
	return view, nil
}

func (l *local) TestFilter(ctx context.Context, o trialOrder) (trial, error) {
	r, err := l.direct.TestExpression(ctx, host.ExpressionOrder{
		Source: host.LogSource{Kind: host.SourceKind(o.kind), Text: []byte(o.text), Path: o.path, Match: o.match, Lines: o.lines},
		Filter: o.filter, Edits: o.options, HostNames: o.hostNames,
	})
	if err != nil {
		return trial{}, err
	}
	t := trial{Version: r.Version, Stopped: r.Stopped, Expressions: []trialExpression{}, Flags: []trialFlag{}, Lines: []trialLine{}}
	t.Counts.Tested, t.Counts.Matched, t.Counts.Missed, t.Counts.Ignored = r.Counts.Tested, r.Counts.Matched, r.Counts.Missed, r.Counts.Ignored
	for _, e := range r.Expressions {
		t.Expressions = append(t.Expressions, trialExpression{string(e.Kind), e.Index, e.Text, e.Hits, e.Time.Microseconds(), e.Stopped, e.Fault})
	}
	for _, f := range r.Flags {
		t.Flags = append(t.Flags, trialFlag{string(f.Kind), string(f.Of), f.Expression, f.Text, f.Example})
	}
	for _, row := range r.Lines {
		line := trialLine{Number: row.Number, Text: row.Text, State: string(row.State), At: row.At, Hits: []trialHit{}}
		for _, h := range row.Hits {
			line.Hits = append(line.Hits, trialHit{h.Expression, h.ID, h.User, h.Host})
		}
		t.Lines = append(t.Lines, line)
	}
	return t, nil
}
