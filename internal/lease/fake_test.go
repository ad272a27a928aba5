package lease_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bangui/internal/lease"
)

// table is a database with one lease: what the store does on both engines, with faults
// that no engine has on demand. Its clock can be set.
type table struct {
	mu        sync.Mutex
	row       lease.Row
	shift     time.Duration // of its clock
	events    []lease.Event
	commits   []int64 // epochs of fenced transactions, in their order
	holders   map[int64]string
	open      map[*transaction]bool
	renewed   time.Time // when it was taken or kept, whatever its clock says
	restored  bool      // from a backup, and not taken since
	oneWriter bool      // who writes waits for all that is open, as on SQLite; else only a take-over does
	// excused are terms below this epoch: their trust may overlap with that of later ones,
	// for a reason that is no fault of theirs.
	excused int64
	wrong   []string // what must never be, as it was seen
}

func newTable() *table {
	return &table{
		row: lease.Row{Name: lease.Scheduler, Epoch: 1, Timeout: time.Minute}, holders: map[int64]string{}, open: map[*transaction]bool{},
	}
}

func (s *table) now() time.Time { return time.Now().Add(s.shift) }

// transaction is a fenced one that holds the row.
type transaction struct {
	term  lease.Term
	owner *session
	begun time.Time
}

// idleInTx is when a server ends a transaction that does nothing.
const idleInTx = 15 * time.Second

// lock gives the table to who asks once what is open lets it; the caller unlocks.
func (s *table) lock(ctx context.Context, what string) error {
	for {
		s.mu.Lock()
		waits := false
		for tx := range s.open {
			if !s.oneWriter && time.Since(tx.begun) >= idleInTx {
				delete(s.open, tx)
			}
			waits = waits || what == "take" || s.oneWriter && what != "look" && what != "commit"
		}
		if !waits {
			return nil
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// session is the way of one process to the table.
type session struct {
	*table
	clock  func() time.Duration // of its process
	stand  func()               // returns once its process is not paused
	anchor time.Duration        // when the last exchange began that took or kept the lease, on clock

	mu    sync.Mutex
	fault func(what string) (before, after error) // nil = all is well
	late  time.Duration                           // an exchange is done this long after nobody waits for it; 0 = at once
}

var errDown = errors.New("the database is down")

func (s *session) set(fault func(what string) (before, after error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.late = fault, 0
}

func (s *session) setLate(late time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault, s.late = nil, late
}

func (s *session) faulty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fault != nil || s.late != 0
}

func down(string) (before, after error)      { return errDown, nil }
func replyLost(string) (before, after error) { return nil, errDown }

// delay is the time that an exchange takes, or whoever waits for it: no error.
type delay time.Duration

func (delay) Error() string { return "it takes long" }

// do is one exchange. After an error nobody may look at what work has written: it may
// still be going on.
func (s *session) do(ctx context.Context, what string, work func()) error {
	began := s.clock()
	s.stand()
	s.mu.Lock()
	fault, late := s.fault, s.late
	s.mu.Unlock()
	var before, after error
	if fault != nil {
		before, after = fault(what)
	}
	if d, delays := errors.AsType[delay](before); delays {
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(d)):
		}
	} else if before != nil {
		return before
	}
	if late > 0 {
		go func() {
			if what == "begin" { // nobody is there to end it
				return
			}
			<-ctx.Done()
			time.Sleep(late)
			_ = s.apply(context.Background(), what, began, work)
		}()
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	err := s.apply(ctx, what, began, work)
	s.stand()
	return errors.Join(err, after)
}

func (s *session) apply(ctx context.Context, what string, began time.Duration, work func()) error {
	if err := s.lock(ctx, what); err != nil {
		return err
	}
	defer s.table.mu.Unlock()
	nonce := s.row.Nonce
	work()
	if s.row.Nonce != nonce && what != "release" {
		s.anchor = max(s.anchor, began)
	}
	return nil
}

func (s *session) LookLease(ctx context.Context, _ string) (lease.Row, error) {
	var row lease.Row
	err := s.do(ctx, "look", func() {
		row = s.row
		row.Age = s.now().Sub(row.HeartbeatAt)
	})
	if err != nil {
		return lease.Row{}, err
	}
	return row, nil
}

func (s *session) TakeLease(ctx context.Context, c lease.Claim) (int64, bool, error) {
	var epoch int64
	err := s.do(ctx, "take", func() {
		r := &s.row
		if r.Epoch != c.Seen.Epoch || r.Holder != c.Seen.Holder || r.Nonce != c.Seen.Nonce {
			return
		}
		epoch = max(r.Epoch+1, s.now().UnixMilli())
		*r = lease.Row{
			Name: r.Name, Epoch: epoch, Holder: c.Holder, Nonce: c.Nonce, Info: c.Info, Timeout: c.Timeout,
			CreatedAt: s.now(), HeartbeatAt: s.now(),
		}
		if c.Reason == lease.DBStale && time.Since(s.renewed) < c.Seen.Timeout { // its clock was set
			s.excused = max(s.excused, epoch)
		}
		s.renewed, s.restored = time.Now(), false
		if s.holders[epoch] != "" {
			s.wrong = append(s.wrong, "an epoch was given twice")
		}
		s.holders[epoch] = c.Holder
		s.events = append(s.events, lease.Event{Epoch: epoch, Holder: c.Holder, Info: c.Info, Kind: lease.Acquired, Reason: string(c.Reason)})
	})
	if err != nil {
		return 0, false, err
	}
	return epoch, epoch != 0, nil
}

func (s *session) holds(t lease.Term, nonce string) bool {
	return s.row.Holder == t.Holder && s.row.Epoch == t.Epoch && s.row.Nonce == nonce
}

func (s *session) RenewLease(ctx context.Context, t lease.Term, from, to string) (bool, error) {
	var ok bool
	err := s.do(ctx, "renew", func() {
		if ok = s.holds(t, from); ok {
			s.row.Nonce, s.row.HeartbeatAt = to, s.now()
			s.row.Beat++
			s.renewed = time.Now()
		}
	})
	return err == nil && ok, err
}

func (s *session) ReleaseLease(ctx context.Context, t lease.Term, nonce, reason string) (bool, error) {
	var ok bool
	err := s.do(ctx, "release", func() {
		if ok = s.holds(t, nonce); ok {
			s.row.Holder, s.row.Nonce, s.row.Info.BootID = "", "", ""
			s.events = append(s.events, lease.Event{Epoch: t.Epoch, Holder: t.Holder, Info: s.row.Info, Kind: lease.Released, Reason: reason})
		}
	})
	return err == nil && ok, err
}

func (s *session) NoteLease(ctx context.Context, e lease.Event) error {
	return s.do(ctx, "note", func() { s.events = append(s.events, e) })
}

// begin opens a fenced transaction; nil when its term is over, or it can't be had.
func (s *session) begin(t lease.Term) *transaction {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	var tx *transaction
	err := s.do(ctx, "begin", func() {
		if s.row.Holder == t.Holder && s.row.Epoch == t.Epoch {
			tx = &transaction{t, s, time.Now()}
			s.open[tx] = true
		}
	})
	if err != nil { // its session is gone
		s.table.mu.Lock()
		defer s.table.mu.Unlock()
		delete(s.open, tx)
		return nil
	}
	return tx
}

// work is begin, and tells the term when it was refused.
func (s *session) work(l *lease.Leadership) *transaction {
	tx := s.begin(l.Term)
	s.table.mu.Lock()
	over := tx == nil && (s.row.Holder != l.Holder || s.row.Epoch != l.Epoch)
	s.table.mu.Unlock()
	if over && !s.faulty() {
		l.Refused()
	}
	return tx
}

// end commits a transaction, unless its server has ended it.
func (s *session) end(tx *transaction) (ok bool) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	err := s.do(ctx, "commit", func() {
		if ok = s.open[tx]; !ok {
			return
		}
		delete(s.open, tx)
		if n := len(s.commits); n > 0 && s.commits[n-1] > tx.term.Epoch {
			s.wrong = append(s.wrong, "an older term committed after a newer one")
		}
		s.commits = append(s.commits, tx.term.Epoch)
	})
	if err != nil { // unless it was committed after all, its session is gone
		s.table.mu.Lock()
		defer s.table.mu.Unlock()
		delete(s.open, tx)
		return false
	}
	return ok
}

// commit is one fenced transaction.
func (s *session) commit(t lease.Term) bool {
	tx := s.begin(t)
	return tx != nil && s.end(tx)
}

// vanish ends what is open, as the server does when a process has died.
func (s *session) vanish() {
	s.set(down)
	s.table.mu.Lock()
	defer s.table.mu.Unlock()
	for tx := range s.open {
		if tx.owner == s {
			delete(s.open, tx)
		}
	}
}

// process is one elector with its own way to the table and its own boot clock.
type process struct {
	t *testing.T
	*lease.Elector
	session *session
	end     func()     // asks it to end
	done    chan error // what Run returned

	mu       sync.Mutex
	frozen   time.Duration // the clock while the process is paused; 0 = it runs
	began    time.Time
	rate     float64 // of the clock
	works    bool
	current  *lease.Leadership
	every    time.Duration // how often it works
	brief    bool          // its transactions take no time
	stubborn bool          // its work ignores that it should end
	died     []string
	terms    int
}

func (p *process) clock() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.frozen != 0 {
		return p.frozen
	}
	return time.Duration(p.rate * float64(time.Since(p.began)))
}

// pause stops a process as SIGSTOP does, until resume.
func (p *process) pause() {
	now := p.clock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = now
}

func (p *process) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.frozen = 0
}

// lag resumes a process whose clock did not count that it was paused.
func (p *process) lag() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.began = time.Now().Add(-p.frozen)
	p.frozen = 0
}

// stand returns once the process is not paused.
func (p *process) stand() {
	for p.paused() {
		time.Sleep(50 * time.Millisecond)
	}
}

func (p *process) paused() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.frozen != 0
}

// work commits each second while it may.
func (p *process) work(ctx context.Context, l *lease.Leadership) {
	p.mu.Lock()
	p.works, p.current = true, l
	p.terms++
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.works = false
	}()
	for {
		select {
		case <-ctx.Done():
			if p.isStubborn() {
				time.Sleep(time.Hour)
			}
			return
		case <-time.After(p.every):
			if p.paused() {
				continue
			}
			if tx := p.session.work(l); tx != nil {
				p.session.end(tx)
			}
		}
	}
}

func (p *process) isStubborn() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stubborn
}

// be makes its work ignore that it should end.
func (p *process) be(stubborn bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stubborn = stubborn
}

func (p *process) working() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.works
}

type setting func(*lease.Options, *process)

func refuse(o *lease.Options, _ *process) { o.Refuse = true }

func stubborn(_ *lease.Options, p *process) { p.stubborn = true }

// run starts a process. Each has its own random numbers, the same in each run.
func run(t *testing.T, s *table, number int, settings ...setting) *process {
	t.Helper()
	p := &process{t: t, began: time.Now().Add(-time.Hour), rate: 1, every: time.Second, done: make(chan error, 1)}
	p.session = &session{table: s, clock: p.clock, stand: p.stand}
	seed := uint64(number)*2654435761 + 1
	o := lease.Options{
		Name: lease.Scheduler, Store: p.session, Durations: lease.Derive(time.Minute, 10*time.Second),
		Info: lease.Info{PID: number, Hostname: "test", Version: "1", BootID: "this boot"},
		Work: p.work, Clock: p.clock, Logger: slog.New(slog.DiscardHandler),
		Die: func(cause string) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.died = append(p.died, cause)
		},
		Random: func() float64 {
			seed = seed*6364136223846793005 + 1442695040888963407
			return float64(seed>>11) / (1 << 53)
		},
	}
	for _, set := range settings {
		set(&o, p)
	}
	var err error
	if p.Elector, err = lease.New(o); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	p.end = cancel
	go func() {
		defer close(p.done)
		p.done <- p.Run(ctx)
	}()
	return p
}

// kill ends a process as kill -9 does: nothing of it reaches the table any more.
func (p *process) kill() {
	p.session.vanish()
	p.resume()
	p.end()
}

// until waits for something, and fails after a time.
func until(t *testing.T, what string, within time.Duration, holds func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !holds() {
		if time.Since(began) > within {
			t.Fatalf("%s: not within %s", what, within)
		}
		time.Sleep(100 * time.Millisecond)
	}
	return time.Since(began)
}

// bubble runs a test in simulated time, and checks at its end what holds for ever.
func bubble(t *testing.T, test func(t *testing.T, s *table, start func(settings ...setting) *process)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newTable()
		var all []*process
		test(t, s, func(settings ...setting) *process {
			p := run(t, s, len(all)+1, settings...)
			all = append(all, p)
			return p
		})
		for _, p := range all {
			p.resume()
			p.end()
		}
		for _, p := range all {
			<-p.done
		}
		s.check(t)
	})
}

// check: commits are in the order of epochs, and an epoch is one process's.
func (s *table) check(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.IsSorted(s.commits) || len(s.wrong) > 0 {
		t.Errorf("an older term committed after a newer one: %v; wrong: %v", s.commits, s.wrong)
	}
	var last int64
	for _, e := range s.events {
		if e.Kind == lease.Acquired {
			if e.Epoch <= last {
				t.Errorf("epoch %d was given after %d", e.Epoch, last)
			}
			last = e.Epoch
		}
	}
}

func (s *table) told(kind lease.Kind) (reasons []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		if e.Kind == kind {
			reasons = append(reasons, e.Reason)
		}
	}
	return reasons
}
