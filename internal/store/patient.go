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
	pending chan connected // nil = none is begun; has room for one
}

type connected struct {
	conn driver.Conn
	err  error
}

// Connect gives the connection that is under way, or begins one. A failure is of the
// question that it was begun for.
func (p *patient) Connect(ctx context.Context) (driver.Conn, error) {
	for {
		pending, ours := p.begun(ctx)
		select {
		case done := <-pending:
			p.forget(pending)
			if done.err == nil || ours {
				return done.conn, done.err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begun is the connection that is under way, and whether it was begun now.
func (p *patient) begun(ctx context.Context) (pending chan connected, ours bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ours = p.pending == nil; ours {
		pending := make(chan connected, 1)
		p.pending = pending
		go func() {
			own, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.within)
			defer cancel()
			conn, err := p.Connector.Connect(own)
			pending <- connected{conn, err}
		}()
	}
	return p.pending, ours
}

func (p *patient) forget(pending chan connected) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pending == pending {
		p.pending = nil
	}
}

// Close ends the connection that nobody took. The pool calls it when it closes.
func (p *patient) Close() error {
	p.mu.Lock()
	pending := p.pending
	p.pending = nil
	p.mu.Unlock()
	if pending == nil {
		return nil
	}
	done := <-pending
	if done.conn == nil {
		return nil
	}
	return done.conn.Close()
}
