package fail2ban

import (
	"context"
	"sync"

	"bangui/internal/fault"
)

// maxConnections is how many connections we hold at most, maxWaiting how many
// commands wait for one.
const (
	maxConnections = 2
	maxWaiting     = 64
)

// queue lends connections: reads first, and never more than one to bulk work, so
// that a read finds a place while thousands of addresses are banned.
type queue struct {
	mu      sync.Mutex
	busy    int
	bulks   int
	waiting [2][]chan struct{} // by class, first come first served
}

// enter waits for a place. The caller leaves when enter returned nil, and only then.
func (q *queue) enter(ctx context.Context, cl class) error {
	q.mu.Lock()
	if q.free(cl) && len(q.waiting[cl]) == 0 {
		q.occupy(cl)
		q.mu.Unlock()
		return nil
	}
	if len(q.waiting[read])+len(q.waiting[bulk]) >= maxWaiting {
		q.mu.Unlock()
		return fault.New(fault.TooMany, "%d commands wait for fail2ban already", maxWaiting).WithMend("Try again in a moment.")
	}
	turn := make(chan struct{})
	q.waiting[cl] = append(q.waiting[cl], turn)
	q.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		if !q.withdraw(cl, turn) {
			q.leave(cl) // the turn came at the same moment
		}
		return fault.Wrap(ctx.Err(), fault.Fail2banTimeout, "fail2ban was busy with other commands for too long")
	}
}

// leave gives the place to who waits.
func (q *queue) leave(cl class) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.busy--
	if cl == bulk {
		q.bulks--
	}
	for _, next := range []class{read, bulk} {
		for len(q.waiting[next]) > 0 && q.free(next) {
			turn := q.waiting[next][0]
			q.waiting[next] = q.waiting[next][1:]
			q.occupy(next)
			close(turn)
		}
	}
}

func (q *queue) free(cl class) bool {
	return q.busy < maxConnections && (cl == read || q.bulks == 0)
}

func (q *queue) occupy(cl class) {
	q.busy++
	if cl == bulk {
		q.bulks++
	}
}

// withdraw takes a waiter out; false when its turn has come.
func (q *queue) withdraw(cl class, turn chan struct{}) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, w := range q.waiting[cl] {
		if w == turn {
			q.waiting[cl] = append(q.waiting[cl][:i], q.waiting[cl][i+1:]...)
			return true
		}
	}
	return false
}
