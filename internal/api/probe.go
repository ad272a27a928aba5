package api

import (
	"context"
	"errors"
	"sync"
	"time"

	"bangui/internal/fault"
)

// probe asks a part how it is, at most once in a while however many want to know:
// anybody may ask for health, and each question costs the database something.
type probe struct {
	question func(ctx context.Context) error // nil = always well
	every    time.Duration
	now      func() time.Time

	mu     sync.Mutex
	asked  time.Time // zero = never
	answer error
}

// patience bounds one question. A part that is not heard of by then is busy.
const patience = 2 * time.Second

// ask gives the answer to the question of now, or of a moment ago.
func (p *probe) ask(ctx context.Context) error {
	if p.question == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.asked.IsZero() && p.now().Sub(p.asked).Abs() < p.every {
		return p.answer
	}
	// Its answer is for others too: it doesn't end when this one leaves.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	p.answer = p.question(ctx)
	if p.answer != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		p.answer = fault.Wrap(p.answer, fault.DatabaseBusy, "the database did not answer within %s", patience)
	}
	p.asked = p.now()
	return p.answer
}
