package lease

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"sync"
	"time"

	"bangui/internal/fault"
)

// Options are what an elector needs. All but Lock and Took are needed.
type Options struct {
	Name      string
	Store     Store
	Durations Durations
	Info      Info
	// Refuse ends Run with a HeldError once another holder was seen to beat.
	Refuse bool
	// Lock is the kernel lock beside a SQLite file; nil = there is none.
	Lock interface {
		Try() bool
		Drop()
	}
	// Work works while this process leads. It returns soon after its context has ended,
	// when nothing of it runs any more.
	Work func(ctx context.Context, l *Leadership)
	// Die ends the process with exit status 75, since work outlives its term.
	Die func(cause string)
	// Clock is the time since the machine started, suspends included.
	Clock  func() time.Duration
	Random func() float64 // 0 to 1
	// Took is told how long an exchange with the database took; nil = nobody is.
	Took   func(time.Duration)
	Logger *slog.Logger
}

// Elector leads when it may and stands by when it may not. Build it with New.
type Elector struct {
	o  Options
	d  Durations
	me string // 128 random bits, for this process start

	results   chan func()   // what an attempt found, to be settled by Run
	hints     chan struct{} // somebody changed the lease, perhaps
	requests  chan string   // to hand over, with the reason
	fenced    chan *Leadership
	newNonces func() string

	// What follows belongs to Run; mu guards it against State.
	mu      sync.Mutex
	watch   watch
	reign   *reign        // nil = not leading
	busy    bool          // an attempt is under way
	leaving bool          // Run was asked to end
	next    time.Duration // when to look next, on the boot clock
	err     error         // why Run ends by itself
	blocked error         // why the last attempt failed; nil = it did not
	refused int64         // transactions that the fence refused
	trips   trips
}

// New returns an elector that has done nothing. The error is a fault Invalid when the
// durations do not fit together.
func New(o Options) (*Elector, error) {
	if err := o.Durations.Check(); err != nil {
		return nil, err
	}
	return &Elector{
		o: o, d: o.Durations, me: randomID(), newNonces: randomID,
		results: make(chan func(), 1), hints: make(chan struct{}, 1), requests: make(chan string, 1), fenced: make(chan *Leadership, 1),
	}, nil
}

func randomID() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails, by its documentation
	return hex.EncodeToString(random)
}

// Run leads and stands by until ctx ends; then work ends, and the lease is released.
// Its error is a *HeldError, or nil.
func (e *Elector) Run(ctx context.Context) error {
	tick := time.NewTicker(e.d.Tick)
	defer tick.Stop()
	asked := ctx.Done()
	for {
		if over := e.step(ctx); over {
			return e.err
		}
		select {
		case <-asked:
			asked = nil
			e.leave()
		case <-tick.C:
		case settle := <-e.results:
			e.settle(settle)
		case <-e.hints:
			e.soon()
		case <-e.workEnds():
			e.workEnded()
		case reason := <-e.requests:
			e.locked(func() { e.stop(reason, false) })
		case l := <-e.fenced:
			e.locked(func() { e.wasFenced(l) })
		}
	}
}

func (e *Elector) locked(do func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	do()
}

// step does what the time asks for; true when there is nothing left to do for ever.
func (e *Elector) step(ctx context.Context) (over bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.o.Clock()
	e.expire(now)
	switch r := e.reign; {
	case e.busy:
	case r == nil && (e.leaving || e.err != nil):
		return true
	case r == nil && now >= e.next:
		e.look(ctx, now)
	case r == nil:
	case r.ended && !r.lost:
		e.release(ctx, r)
	case r.ended:
		e.note(ctx, r)
	case !r.lost && r.trusted(now) && now >= r.next:
		e.renew(ctx, r, now)
	}
	return false
}

func (e *Elector) leave() {
	e.locked(func() {
		e.leaving = true
		e.stop("shutdown", false)
	})
}

func (e *Elector) soon() {
	e.locked(func() { e.next = 0 })
}

// attempt runs one exchange with the database beside the loop, which goes on to look at
// the clock. There is one at a time; what it found is settled by the loop.
func (e *Elector) attempt(ctx context.Context, do func(ctx context.Context) (settle func())) {
	e.busy = true
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.d.Attempt)
	began := e.o.Clock()
	go func() {
		defer cancel()
		settle := do(ctx)
		took := e.o.Clock() - began
		e.results <- func() {
			e.trips.add(took)
			if e.o.Took != nil {
				e.o.Took(took)
			}
			settle()
		}
	}()
}

func (e *Elector) settle(settle func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.busy = false
	settle()
}

// look reads the row, and takes it if it may be taken.
func (e *Elector) look(ctx context.Context, began time.Duration) {
	e.attempt(ctx, func(bounded context.Context) func() {
		row, err := e.o.Store.LookLease(bounded, e.o.Name)
		return func() { e.looked(ctx, row, err, began) }
	})
}

func (e *Elector) looked(ctx context.Context, row Row, err error, began time.Duration) {
	now := e.o.Clock()
	e.next = now + e.jitter(e.d.Poll, 0.2)
	e.blocked = err
	if err != nil || e.leaving {
		return
	}
	beat := e.watch.look(row, began, now)
	if beat && row.Holder != e.me && e.o.Refuse {
		e.err = &HeldError{Row: row}
		return
	}
	if reason := e.watch.reason(e.me, e.d, e.dead); reason != "" {
		e.take(ctx, reason, now)
	}
}

// dead reports whether the kernel knows that a holder is gone.
func (e *Elector) dead(row Row) bool {
	sameKernel := row.Info.BootID != "" && row.Info.BootID == e.o.Info.BootID
	return sameKernel && e.o.Lock != nil && e.o.Lock.Try()
}

// take claims the lease as it was seen. Who has the kernel lock says so in the row.
func (e *Elector) take(ctx context.Context, reason Reason, began time.Duration) {
	claim := Claim{Seen: e.watch.row, Holder: e.me, Nonce: e.newNonces(), Info: e.o.Info, Timeout: e.d.TTL, Reason: reason}
	if e.o.Lock != nil && !e.o.Lock.Try() {
		claim.Info.BootID = ""
	}
	e.attempt(ctx, func(bounded context.Context) func() {
		epoch, ok, err := e.o.Store.TakeLease(bounded, claim)
		if err != nil { // the reply may be lost, and not the change
			row, lookErr := e.again(bounded)
			ok = lookErr == nil && row.Holder == e.me && row.Nonce == claim.Nonce
			epoch = row.Epoch
		}
		return func() {
			e.blocked = err
			if ok {
				e.begin(ctx, Term{Name: e.o.Name, Holder: e.me, Epoch: epoch}, claim, began)
			} else {
				e.drop()
			}
		}
	})
}

// again looks at the row after an attempt whose outcome is not known; it has half the
// time of one.
func (e *Elector) again(ctx context.Context) (Row, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), e.d.Attempt/2)
	defer cancel()
	return e.o.Store.LookLease(ctx, e.o.Name)
}

func (e *Elector) drop() {
	if e.o.Lock != nil {
		e.o.Lock.Drop()
	}
}

// jitter is d give or take a part of it.
func (e *Elector) jitter(d time.Duration, part float64) time.Duration {
	return d + time.Duration((2*e.o.Random()-1)*part*float64(d))
}

// Hint says that the lease may have changed: a standby looks at once. It never waits.
func (e *Elector) Hint() {
	select {
	case e.hints <- struct{}{}:
	default:
	}
}

// HandOver asks to give the lease to another process, and not to take it again before
// others had their turn. Unavailable when this process does not lead.
func (e *Elector) HandOver(reason string) error {
	if !e.Leading() {
		return fault.New(fault.Unavailable, "this console does not lead").WithMend("Ask the console that does.")
	}
	select {
	case e.requests <- reason:
	default: // it was asked already
	}
	return nil
}
