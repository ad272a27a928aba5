package lease

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Leadership is a term while it lasts, for those who work in it.
type Leadership struct {
	Term
	clock func() time.Duration
	hard  time.Duration
	tell  func(*Leadership)

	mu      sync.Mutex
	renewed time.Duration // start of the last attempt to renew that succeeded
	over    bool          // the term was lost
}

// Trusted reports whether something outside the database may be begun now.
func (l *Leadership) Trusted() bool { return l.trusted(l.clock()) }

func (l *Leadership) trusted(now time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.over && now < l.renewed+l.hard
}

// Left is for how long trust lasts without another renewal; 0 when it has ended.
func (l *Leadership) Left() time.Duration {
	now := l.clock()
	if !l.trusted(now) {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.renewed + l.hard - now
}

// Refused is told by the store when its fence refused a transaction of this term: the
// term is over.
func (l *Leadership) Refused() {
	l.end()
	l.tell(l)
}

func (l *Leadership) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.over = true
}

func (l *Leadership) anchor() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.renewed
}

// reign is what the elector knows of its own term.
type reign struct {
	*Leadership
	nonce   string
	tried   map[string]time.Duration // nonces of attempts whose outcome is not known, and when they began
	next    time.Duration            // when to renew next
	cancel  context.CancelFunc       // ends the work
	done    chan struct{}            // closed when work has ended
	ended   bool                     // done was seen
	reason  string                   // why it stops; "" = it does not
	stopped time.Duration            // when it was asked to stop
	lost    bool                     // somebody else has, or may have, the lease
	dying   bool
}

// begin begins a term, and its work. A claim that took too long begins nothing.
func (e *Elector) begin(ctx context.Context, t Term, c Claim, began time.Duration) {
	l := &Leadership{Term: t, clock: e.o.Clock, hard: e.d.Hard(), tell: e.tellFenced, renewed: began}
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r := &reign{Leadership: l, nonce: c.Nonce, tried: map[string]time.Duration{}, cancel: cancel, done: make(chan struct{})}
	r.next = began + e.jitter(e.d.Heartbeat, 0.1)
	e.reign = r
	now := e.o.Clock()
	if e.leaving || now >= began+e.d.Soft {
		cancel()
		close(r.done)
		r.reason, r.stopped = "it took too long to begin", now
		return
	}
	e.o.Logger.InfoContext(ctx, "this console leads", "lease", t.Name, "epoch", t.Epoch, "reason", string(c.Reason))
	go func() {
		defer close(r.done)
		e.o.Work(work, l)
	}()
}

// renew beats once. What it wrote is remembered until its outcome is known. The next try
// counts from the start of this one, so that four that hang fit before the soft stop.
func (e *Elector) renew(ctx context.Context, r *reign, began time.Duration) {
	from, to := r.nonce, e.newNonces()
	r.tried[to] = began
	r.next = began + e.d.Retry
	e.attempt(ctx, func(ctx context.Context) func() {
		ok, err := e.o.Store.RenewLease(ctx, r.Term, from, to)
		if err == nil && ok {
			return func() { e.kept(r, to) }
		}
		row, lookErr := e.again(ctx)
		return func() {
			e.blocked = err
			if lookErr != nil {
				e.blocked = lookErr
				return
			}
			e.judge(r, row)
		}
	})
}

// kept: the term goes on. Trust counts from the start of the attempt, and never returns
// once it has ended.
func (e *Elector) kept(r *reign, nonce string) {
	began := r.tried[nonce]
	r.nonce, e.blocked = nonce, nil
	clear(r.tried)
	if !r.trusted(e.o.Clock()) {
		return
	}
	r.mu.Lock()
	r.renewed = began
	r.mu.Unlock()
	r.next = began + e.jitter(e.d.Heartbeat, 0.1)
}

// judge says what became of a renewal that was refused or not answered, by the row as it
// is now.
func (e *Elector) judge(r *reign, row Row) {
	_, ours := r.tried[row.Nonce]
	mine := row.Holder == r.Holder && row.Epoch == r.Epoch
	switch {
	case mine && ours:
		e.kept(r, row.Nonce)
	case mine && row.Nonce == r.nonce: // not done, or not yet; the next try is due
	case mine:
		e.lose(r, "somebody else renews with our identity: was this machine cloned?")
	case row.Holder == "":
		e.lose(r, fmt.Sprintf("the lease was taken away (epoch %d)", row.Epoch))
	default:
		e.lose(r, fmt.Sprintf("%s holds the lease (epoch %d)", row.Info.Whom(), row.Epoch))
	}
}

// expire looks whether trust has ended. Work that was asked to end gets as long as lies
// between soft and hard stop, even when the process was paused past both.
func (e *Elector) expire(now time.Duration) {
	r := e.reign
	if r == nil {
		return
	}
	if since := now - r.anchor(); since >= e.d.Soft && r.reason == "" {
		e.stop(fmt.Sprintf("it was not renewed for %s", since.Round(time.Millisecond)), false)
	}
	late := now >= max(r.anchor()+e.d.Hard(), r.stopped+e.d.Hard()-e.d.Soft)
	if r.reason != "" && !r.finished() && late && !r.dying && (r.lost || !r.trusted(now)) {
		r.dying = true
		e.o.Die("work that was asked to end has outlived its term: " + r.reason)
	}
}

func (r *reign) finished() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// stop asks the work to end. The row is released after it, unless it is lost.
func (e *Elector) stop(reason string, lost bool) {
	r := e.reign
	if r == nil {
		return
	}
	if lost {
		r.lost = true
		r.end()
	}
	if r.reason == "" {
		r.reason, r.stopped = reason, e.o.Clock()
	}
	r.cancel()
}

func (e *Elector) lose(r *reign, reason string) {
	e.o.Logger.Warn("this console leads no more", "lease", r.Name, "epoch", r.Epoch, "reason", reason)
	e.stop(reason, true)
}

func (e *Elector) tellFenced(l *Leadership) {
	select {
	case e.fenced <- l:
	default: // one is enough
	}
}

func (e *Elector) wasFenced(l *Leadership) {
	e.refused++
	if r := e.reign; r != nil && r.Leadership == l && !r.lost {
		e.lose(r, "a transaction was refused: the term is over")
	}
}

// workEnds is closed when the work of a term has ended; nil while there is none.
func (e *Elector) workEnds() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.reign == nil || e.reign.ended {
		return nil
	}
	return e.reign.done
}

// workEnded: work that ends by itself ends the term.
func (e *Elector) workEnded() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.stop("its work has ended", false)
	e.reign.end() // nothing of it may begin anything any more, even if trust would last
	e.reign.ended = true
}

// release frees the row after the work has ended, and then the kernel lock.
func (e *Elector) release(ctx context.Context, r *reign) {
	e.attempt(ctx, func(ctx context.Context) func() {
		ok, err := e.o.Store.ReleaseLease(ctx, r.Term, r.nonce, r.reason)
		if err == nil && !ok { // a renewal may have come through late
			row, lookErr := e.again(ctx)
			if _, ours := r.tried[row.Nonce]; lookErr == nil && ours {
				ok, err = e.o.Store.ReleaseLease(ctx, r.Term, row.Nonce, r.reason)
			}
		}
		return func() {
			if err == nil && !ok {
				r.lost = true // the next step notes it
				return
			}
			e.blocked = err
			e.finish(ctx, r)
		}
	})
}

// note keeps how a term was lost; if that fails, the log has it.
func (e *Elector) note(ctx context.Context, r *reign) {
	e.attempt(ctx, func(ctx context.Context) func() {
		err := e.o.Store.NoteLease(ctx, Event{
			Name: r.Name, Epoch: r.Epoch, Holder: r.Holder, Info: e.o.Info, Kind: StoodDown, Reason: r.reason,
		})
		return func() {
			e.blocked = err
			e.finish(ctx, r)
		}
	})
}

// finish ends a term. Others get the time of two looks before we are a candidate again.
func (e *Elector) finish(ctx context.Context, r *reign) {
	e.o.Logger.InfoContext(ctx, "the term has ended", "lease", r.Name, "epoch", r.Epoch, "reason", r.reason)
	e.reign = nil
	e.drop()
	e.next = e.o.Clock() + e.jitter(2*e.d.Poll, 0.2)
}
