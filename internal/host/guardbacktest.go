package host

import (
	"context"
	"time"

	"bangui/internal/fault"
)

// StartBacktest passes an order whose change could be applied where the owner allows data:
// nothing is written, so a machine whose configuration may not be changed lets it be
// tried all the same. What root runs may not be changed even to be tried.
func (g *Guard) StartBacktest(ctx context.Context, o BacktestOrder) (string, error) {
	if err := checkName(o.Jail); err != nil {
		return "", err
	}
	if err := checkWords(nil, o.Actor, ""); err != nil {
		return "", err
	}
	if o.Span < MinBacktest || o.Span > MaxBacktest {
		return "", fault.New(fault.Invalid, "a back-test goes back %s to %d days", MinBacktest, MaxBacktest/(24*time.Hour))
	}
	if err := checkSweep(o.Sweep); err != nil {
		return "", err
	}
	if len(o.Protected) > MaxProtected {
		return "", fault.New(fault.TooLarge, "%d protected addresses came with the order; %d is the most", len(o.Protected), MaxProtected)
	}
	for _, e := range o.Protected {
		if err := checkText("the reason of a protected address", e.Reason, MaxReason); err != nil {
			return "", err
		}
	}
	if o.Change != nil {
		if err := g.checkTried(o.Change); err != nil {
			return "", err
		}
	}
	o.Protected = g.entries(BanOrder{Protected: o.Protected})
	return g.host.StartBacktest(ctx, o)
}

// checkTried judges a change that is never made.
func (g *Guard) checkTried(o *ChangeOrder) error {
	judge := *g
	if judge.Configure == ConfigureNothing {
		judge.Configure = ConfigureData
	}
	asked := *o
	if asked.ETag == "" {
		asked.ETag = "now"
	}
	if asked.Restore || asked.ConfirmWithin != 0 {
		return fault.New(fault.Invalid, "a change that is tried on a log is neither a restoration nor confirmed")
	}
	if err := judge.checkChange(asked); err != nil {
		return err
	}
	o.limits = judge.limits()
	return nil
}

func checkSweep(s BacktestSweep) error {
	points := 1
	for _, n := range []int{len(s.MaxRetry), len(s.FindTime), len(s.BanTime)} {
		if n > MaxSweep {
			return fault.New(fault.TooLarge, "%d values of one option were given; %d is the most", n, MaxSweep)
		}
		points *= max(n, 1)
	}
	if points > MaxSweepPoints {
		return fault.New(fault.TooLarge, "these values are %d together; %d is the most", points, MaxSweepPoints)
	}
	for _, n := range s.MaxRetry {
		if n < 1 || n > 100_000 {
			return fault.New(fault.Invalid, "maxretry is 1 to 100000, not %d", n)
		}
	}
	const century = 100 * 366 * 24 * 3600
	for _, n := range s.FindTime {
		if n < 1 || n > century {
			return fault.New(fault.Invalid, "findtime is at least a second, not %d", n)
		}
	}
	for _, n := range s.BanTime {
		if n != -1 && (n < 1 || n > century) {
			return fault.New(fault.Invalid, "bantime is at least a second, or -1, not %d", n)
		}
	}
	return nil
}

// Backtest passes an id that is one; see Host.
func (g *Guard) Backtest(ctx context.Context, id string) (Backtest, error) {
	if err := checkText("the id of a back-test", id, maxName); err != nil {
		return Backtest{}, err
	}
	return g.host.Backtest(ctx, id)
}

// StopBacktest passes an id that is one; see Host.
func (g *Guard) StopBacktest(ctx context.Context, id string) error {
	if err := checkText("the id of a back-test", id, maxName); err != nil {
		return err
	}
	return g.host.StopBacktest(ctx, id)
}
