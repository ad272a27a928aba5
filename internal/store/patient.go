package store

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"
)

// patient is a connector for few and short questions. A connection may take longer than
// the question that it was begun for: it goes on then, and is that of the next one. Each
// would begin anew otherwise, and a lease of short times could not be held on a busy server
// or a far one.
type patient struct {
	driver.Connector
	within time.Duration

	mu      sync.Mutex
	pending *attempt // nil = none is begun
}

// attempt is one connection that was begun. Whoever finds it pending once done is closed
// takes it; nobody else does.
type attempt struct {
	done chan struct{}
	conn driver.Conn
	err  error
}

// Connect gives the connection that is under way, or begins one. A failure is of the
// question that it was begun for.
func (p *patient) Connect(ctx context.Context) (driver.Conn, error) {
	for {
		a, ours := p.begun(ctx)
		select {
		case <-a.done:
			taken := p.take(a)
			switch {
			case taken && a.err == nil:
				return a.conn, nil
			case ours && a.err != nil:
				return nil, a.err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begun is the connection that is under way, and whether it was begun now.
func (p *patient) begun(ctx context.Context) (a *attempt, ours bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pending != nil {
		return p.pending, false
	}
	a = &attempt{done: make(chan struct{})}
	p.pending = a
	go func() {
		defer close(a.done)
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.within)
		defer cancel()
		a.conn, a.err = p.Connector.Connect(own)
	}()
	return a, true
}

// take reports whether the attempt was still there to be taken.
func (p *patient) take(a *attempt) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pending != a {
		return false
	}
	p.pending = nil
	return true
}

// Close ends the connection that nobody took. The pool calls it when it closes.
func (p *patient) Close() error {
	p.mu.Lock()
	a := p.pending
	p.pending = nil
	p.mu.Unlock()
	if a == nil {
		return nil
	}
	<-a.done
	if a.conn == nil {
		return nil
	}
	return a.conn.Close()
}
