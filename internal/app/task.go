package app

import (
	"context"
	"fmt"
)

// task is one goroutine that runs until it is ended.
type task struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// startTask runs run until its task is ended. The values of ctx are kept, its end is
// not: a task outlives the start that made it.
func startTask(ctx context.Context, run func(ctx context.Context)) *task {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	t := &task{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		run(ctx)
	}()
	return t
}

// end asks the task to end and waits for it until ctx ends. A nil task has ended.
func (t *task) end(ctx context.Context) error {
	if t == nil {
		return nil
	}
	t.cancel()
	select {
	case <-t.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("it does not end: %w", ctx.Err())
	}
}
