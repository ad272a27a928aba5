package auth

import (
	"context"
	"sync/atomic"
	"time"

	"bangui/internal/fault"
)

// gate lets a few in at once and a few more wait.
type gate struct {
	slots   chan struct{}
	waiting atomic.Int64
	most    int64 // who may wait
}

func newGate(slots, waiting int) *gate {
	return &gate{slots: make(chan struct{}, slots), most: int64(waiting)}
}

// enter waits for a turn until ctx ends. AttemptsThrottled says that too many wait.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	if g.waiting.Add(1) > g.most {
		g.waiting.Add(-1)
		return nil, throttled(time.Second)
	}
	defer g.waiting.Add(-1)
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots }, nil
	case <-ctx.Done():
		return nil, throttled(time.Second)
	}
}

func throttled(wait time.Duration) error {
	return fault.New(fault.AttemptsThrottled, "too many attempts to sign in; the next one is taken in %s", wait.Round(time.Second)).
		WithMend("Wait so long and try again. Who has forgotten his password gets a new one from an admin, or on the machine itself: bangui user passwd NAME").
		WithRetry(wait)
}
