package host

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"bangui/internal/fault"
)

// until runs until somebody stops it.
func until(ctx context.Context, told func(Backtest)) (BacktestResult, []BacktestRow, error) {
	told(Backtest{Share: 0.5, Lines: 7})
	<-ctx.Done()
	return BacktestResult{}, nil, ctx.Err()
}

func atOnce(context.Context, func(Backtest)) (BacktestResult, []BacktestRow, error) {
	return BacktestResult{Lines: 9}, nil, nil
}

// A back-test goes on while somebody looks at it, is stopped when nobody does, and its
// result is forgotten in time; no more than two run at once.
func TestBacktests_EndWhenNobodyLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBacktests(time.Now)
		start := func(work backtestWork) string {
			t.Helper()
			id, err := b.start(BacktestOrder{Jail: "sshd"}, work)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			return id
		}
		state := func(id string) BacktestState {
			seen, err := b.look(id)
			if fault.Is(err, fault.NotFound) {
				return ""
			}
			return seen.State
		}
		one, two := start(until), start(until)
		if _, err := b.start(BacktestOrder{}, until); !fault.Is(err, fault.TooMany) {
			t.Error(err)
		}
		if seen, err := b.look(one); err != nil || seen.Lines != 7 || seen.Share != 0.5 {
			t.Errorf("%+v, %v", seen, err)
		}
		for range 5 {
			time.Sleep(backtestPatience - time.Second)
			if got := state(one); got != BacktestRuns {
				t.Errorf("one that is looked at: %q", got)
			}
		}
		synctest.Wait()
		if got := state(two); got != BacktestStopped {
			t.Errorf("one that nobody looks at: %q", got)
		}
		three := start(atOnce)
		if seen, err := b.look(three); err != nil || seen.State != BacktestDone || seen.Lines != 9 || seen.Share != 1 {
			t.Errorf("%+v, %v", seen, err)
		}
		time.Sleep(backtestKept + time.Second)
		if got := state(three); got != "" {
			t.Errorf("a result that nobody looks at: %q", got)
		}
		for range keptBacktests + 5 {
			start(atOnce)
		}
		if len(b.all) > keptBacktests {
			t.Errorf("%d are remembered", len(b.all))
		}
		b.stopAll()
		if len(b.all) != 0 {
			t.Errorf("%d are left", len(b.all))
		}
	})
}
