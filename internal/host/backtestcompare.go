package host

import (
	"cmp"
	"context"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strings"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/backtest"
)

// sideOf is a jail with the failures that its filter found; jail is nil where there is none.
type sideOf struct {
	jail     *tried
	failures []backtest.Failure
}

// outcome counts the failures of a side with its own values, or others.
func (r *replaying) outcome(s sideOf, v BacktestValues) backtest.Outcome {
	if s.jail == nil {
		return backtest.Outcome{Addresses: make([]backtest.Address, len(r.names))}
	}
	settings := s.jail.settings
	settings.MaxRetry, settings.FindTime, settings.BanTime = v.MaxRetry, float64(v.FindTime), float64(v.BanTime)
	covered := make([]bool, len(r.names))
	for i, name := range r.names {
		covered[i] = s.jail.ignoring.Covers(name, r.addrs[i])
	}
	settings.Ignored = func(id int) bool { return covered[id] }
	return backtest.Run(s.failures, len(r.names), settings)
}

func (s sideOf) values() BacktestValues {
	if s.jail == nil {
		return BacktestValues{}
	}
	t := s.jail.settings
	return BacktestValues{MaxRetry: t.MaxRetry, FindTime: int64(t.FindTime), BanTime: int64(t.BanTime)}
}

// compare fills the result and gives its rows.
func (r *replaying) compare(ctx context.Context, now, after sideOf) []BacktestRow {
	r.result.Since = r.since
	r.result.SignedIn = len(r.signIns)
	protected := r.protected()
	nows, afters := r.outcome(now, now.values()), r.outcome(after, after.values())
	r.result.Now = r.side(now, nows, protected)
	if after.jail != nil {
		side := r.side(after, afters, protected)
		r.result.After = &side
	}
	r.sweep(ctx, now, after, protected)
	for _, code := range slices.Sorted(maps.Keys(r.notes)) {
		r.result.Notes = append(r.result.Notes, BacktestNote{Code: code, Text: r.notes[code]})
	}
	return r.rows(nows, afters, protected)
}

// protected says of each id why it is never to be banned; "" = nothing known.
func (r *replaying) protected() []string {
	why := make([]string, len(r.names))
	for i, addr := range r.addrs {
		if !addr.IsValid() {
			continue
		}
		if v := allowlist.Judge(netip.PrefixFrom(addr.WithZone(""), addr.BitLen()), r.order.Protected); v.Answer == allowlist.Never {
			why[i] = v.Reason
		}
	}
	return why
}

func (r *replaying) side(s sideOf, o backtest.Outcome, protected []string) BacktestSide {
	side := BacktestSide{BacktestValues: s.values(), Failures: o.Failures, Bans: o.Bans, Addresses: o.Banned, AtOnce: o.Most}
	side.Increment = s.jail != nil && s.jail.settings.Increment != nil
	for i, a := range o.Addresses {
		side.Ignored += a.Ignored
		side.Stopped += a.During
		if len(a.Bans) == 0 {
			continue
		}
		if protected[i] != "" {
			side.Protected++
		}
		if r.signIns[r.addrs[i]] != nil {
			side.SignedIn++
		}
	}
	return side
}

// sweep counts the same failures with other values: of the change, else of what is now.
func (r *replaying) sweep(ctx context.Context, now, after sideOf, protected []string) {
	s := after
	if s.jail == nil {
		s = now
	}
	own, sweep := s.values(), r.order.Sweep
	if len(sweep.MaxRetry)+len(sweep.FindTime)+len(sweep.BanTime) == 0 {
		return
	}
	for _, retry := range orOwn(sweep.MaxRetry, own.MaxRetry) {
		for _, find := range orOwn(sweep.FindTime, own.FindTime) {
			for _, ban := range orOwn(sweep.BanTime, own.BanTime) {
				if ctx.Err() != nil {
					return
				}
				v := BacktestValues{MaxRetry: retry, FindTime: find, BanTime: ban}
				side := r.side(s, r.outcome(s, v), protected)
				r.result.Sweep = append(r.result.Sweep, BacktestPoint{v, side.Bans, side.Addresses, side.Protected, side.SignedIn})
			}
		}
	}
}

func orOwn[T any](values []T, own T) []T {
	if len(values) == 0 {
		return []T{own}
	}
	return values
}

// rows are the addresses that would be banned, those first that a person should look at.
func (r *replaying) rows(now, after backtest.Outcome, protected []string) []BacktestRow {
	var order []int
	for i := range r.names {
		if len(now.Addresses[i].Bans)+len(after.Addresses[i].Bans) > 0 {
			order = append(order, i)
		}
	}
	both := r.result.After != nil
	weight := func(i int) int {
		n := 0
		if protected[i] != "" {
			n += 4
		}
		if r.signIns[r.addrs[i]] != nil {
			n += 2
		}
		if both && (len(now.Addresses[i].Bans) == 0) != (len(after.Addresses[i].Bans) == 0) {
			n++
		}
		return n
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(weight(b)-weight(a), bansOf(now, after, b)-bansOf(now, after, a), strings.Compare(r.names[a], r.names[b]))
	})
	r.result.More = max(0, len(order)-maxBacktestRows)
	var rows []BacktestRow
	for _, i := range order[:min(len(order), maxBacktestRows)] {
		row := BacktestRow{ID: strings.ToValidUTF8(r.names[i], "\ufffd"), Now: toldBans(now.Addresses[i]), Protected: protected[i]}
		if both {
			row.After = toldBans(after.Addresses[i])
		}
		if s := r.signIns[r.addrs[i]]; s != nil {
			row.SignIns, row.Users = s.count, s.users
		}
		rows = append(rows, row)
	}
	return rows
}

func bansOf(now, after backtest.Outcome, i int) int {
	return max(len(now.Addresses[i].Bans), len(after.Addresses[i].Bans))
}

func toldBans(a backtest.Address) BacktestBans {
	told := BacktestBans{Failures: a.Failures, Ignored: a.Ignored, Stopped: a.During, Bans: len(a.Bans)}
	for _, b := range a.Bans[:min(len(a.Bans), maxBacktestTimes)] {
		told.Times = append(told.Times, BacktestBan{
			At: time.UnixMicro(int64(math.Round(b.At * 1e6))).UTC(), Seconds: int64(math.Round(b.Seconds)),
		})
	}
	return told
}
