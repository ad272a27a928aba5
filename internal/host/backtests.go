package host

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"bangui/internal/fault"
)

// backtests are the back-tests of a host: they go on while their callers look at them.
type backtests struct {
	now  func() time.Time
	mu   sync.Mutex
	all  map[string]*backtesting
	work sync.WaitGroup
}

// backtesting is one back-test. Its fields are under the lock of backtests.
type backtesting struct {
	Backtest
	cancel context.CancelFunc
	idle   *time.Timer // stops it, or forgets it, when nobody looks
	ended  chan struct{}
}

// backtestWork reads and counts; told is called now and then with how far it is.
type backtestWork func(ctx context.Context, told func(Backtest)) (BacktestResult, []BacktestRow, error)

func newBacktests(now func() time.Time) *backtests {
	return &backtests{now: now, all: map[string]*backtesting{}}
}

// start begins one. TooMany where others run already.
func (b *backtests) start(o BacktestOrder, work backtestWork) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	runs := 0
	for _, t := range b.all {
		if t.State == BacktestRuns {
			runs++
		}
	}
	if runs >= maxBacktests {
		return "", fault.New(fault.TooMany, "%d back-tests run already", runs).WithMend("Wait for one to end, or stop it.")
	}
	b.forgetOldest()
	ctx, cancel := context.WithCancel(context.Background())
	t := &backtesting{
		Backtest: Backtest{ID: rand.Text(), Jail: o.Jail, Actor: o.Actor, State: BacktestRuns, Started: b.now().UTC()},
		cancel:   cancel, ended: make(chan struct{}),
	}
	t.idle = time.AfterFunc(backtestPatience, func() { b.unseen(t) })
	b.all[t.ID] = t
	b.work.Go(func() {
		defer close(t.ended)
		defer cancel()
		result, rows, err := work(ctx, func(s Backtest) { b.told(t, s) })
		b.end(t, result, rows, err)
	})
	return t.ID, nil
}

// forgetOldest makes room for one more.
func (b *backtests) forgetOldest() {
	if len(b.all) < keptBacktests {
		return
	}
	var oldest *backtesting
	for _, t := range b.all {
		if t.State != BacktestRuns && (oldest == nil || t.Started.Before(oldest.Started)) {
			oldest = t
		}
	}
	if oldest != nil {
		oldest.idle.Stop()
		delete(b.all, oldest.ID)
	}
}

func (b *backtests) told(t *backtesting, s Backtest) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t.Share, t.Bytes, t.Lines, t.Failures = s.Share, s.Bytes, s.Lines, s.Failures
}

func (b *backtests) end(t *backtesting, result BacktestResult, rows []BacktestRow, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case t.State == BacktestStopped:
	case err != nil:
		t.State, t.Why, t.Mend = BacktestFailed, fault.MessageOf(err), fault.MendOf(err)
	default:
		t.State, t.Share, t.Result, t.Rows = BacktestDone, 1, &result, rows
		t.Lines, t.Bytes, t.Failures = result.Lines, result.Bytes, result.Now.Failures
	}
	if b.all[t.ID] == t {
		t.idle.Reset(backtestKept)
	}
}

// unseen is called when nobody looked for a while.
func (b *backtests) unseen(t *backtesting) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if t.State == BacktestRuns {
		t.State, t.Why = BacktestStopped, "nobody looked at it any more"
		t.cancel()
		return
	}
	delete(b.all, t.ID)
}

// look says how far one is, which keeps it going.
func (b *backtests) look(id string) (Backtest, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	t, err := b.of(id)
	if err != nil {
		return Backtest{}, err
	}
	if t.State == BacktestRuns {
		t.idle.Reset(backtestPatience)
	} else {
		t.idle.Reset(backtestKept)
	}
	return t.Backtest, nil
}

// stop ends one and forgets it.
func (b *backtests) stop(id string) error {
	b.mu.Lock()
	t, err := b.of(id)
	if err == nil {
		t.State = BacktestStopped
		t.idle.Stop()
		t.cancel()
		delete(b.all, id)
	}
	b.mu.Unlock()
	if err != nil {
		return err
	}
	<-t.ended
	return nil
}

func (b *backtests) of(id string) (*backtesting, error) {
	if t := b.all[id]; t != nil {
		return t, nil
	}
	return nil, fault.New(fault.NotFound, "there is no such back-test, or it was forgotten").WithMend("Begin it again.")
}

// stopAll ends all of them, and waits for that.
func (b *backtests) stopAll() {
	b.mu.Lock()
	for id, t := range b.all {
		t.State = BacktestStopped
		t.idle.Stop()
		t.cancel()
		delete(b.all, id)
	}
	b.mu.Unlock()
	b.work.Wait()
}
