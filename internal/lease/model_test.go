package lease_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bangui/internal/lease"

	"pgregory.net/rapid"
)

// TestModel drives real electors through random steps, on clocks and a database that can
// do anything, and checks after each step what package lease promises. Failures are
// shrunk. More steps than the few of a usual run:
//
//	go test ./internal/lease -run TestModel -rapid.checks=2000 -rapid.steps=100
func TestModel(t *testing.T) {
	t.Run("ClocksWithinTheBound", func(t *testing.T) { modelWith(t, 0.96, 1.04) })
	t.Run("ClocksOutsideTheBound", func(t *testing.T) { modelWith(t, 0.5, 2) })
}

func modelWith(t *testing.T, slowest, fastest float64) {
	steps, epochs, commits := 0, 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		inBubble(t, func(t *testing.T) {
			w := &world{t: t, table: newTable(), slowest: slowest, fastest: fastest, machine: &machine{}}
			defer w.end()
			w.table.oneWriter = rapid.Bool().Draw(rt, "sqlite")
			w.start(rt)
			w.start(rt)
			rt.Repeat(w.steps(&steps))
			w.calm(rt)
			epochs, commits = epochs+len(w.table.holders), commits+len(w.table.commits)
		})
	})
	t.Logf("%d steps, %d epochs, %d fenced commits", steps, epochs, commits)
}

// inBubble runs what may end by a panic of rapid's, which has to leave the bubble alive.
func inBubble(t *testing.T, test func(t *testing.T)) {
	var failed any
	synctest.Test(t, func(t *testing.T) {
		defer func() { failed = recover() }()
		test(t)
	})
	if failed != nil {
		panic(failed)
	}
}

// world is everything that a step can change.
type world struct {
	t                *testing.T
	table            *table
	slowest, fastest float64
	started          int
	all              []*process // that live
	gone             []*process
	machine          *machine
	clones           []*clone
	copied           *backup
	highest          int64 // of the epochs that were ever given
}

// clone is a copy of a machine that knows what the original knew.
type clone struct {
	term  lease.Term
	nonce string
}

// backup is a copy of the database.
type backup struct {
	row     lease.Row
	commits []int64
}

// machine has a kernel that knows who holds its lock.
type machine struct {
	mu     sync.Mutex
	holder *process
	lies   bool // everybody gets the lock
}

type kernelLock struct {
	machine *machine
	process *process
}

func (l kernelLock) Try() bool {
	l.machine.mu.Lock()
	defer l.machine.mu.Unlock()
	if l.machine.holder == nil || l.machine.lies {
		l.machine.holder = l.process
	}
	return l.machine.holder == l.process
}

func (l kernelLock) Drop() {
	l.machine.mu.Lock()
	defer l.machine.mu.Unlock()
	if l.machine.holder == l.process {
		l.machine.holder = nil
	}
}

// exact is whether trust may not overlap, and time-outs hold.
func (w *world) exact() bool { return w.fastest/w.slowest < 60.0/55 }

func (w *world) start(rt *rapid.T) {
	rate := rapid.Float64Range(w.slowest, w.fastest).Draw(rt, "rate")
	locks := rapid.Bool().Draw(rt, "has a kernel lock")
	w.started++
	w.all = append(w.all, run(w.t, w.table, w.started, func(o *lease.Options, p *process) {
		p.rate = rate
		o.Work = p.transact
		o.Die = func(string) { p.dies() }
		if locks {
			o.Lock = kernelLock{w.machine, p}
		} else {
			o.Info.BootID = fmt.Sprint("another kernel, ", w.started)
		}
	}))
}

// dies is the end of a process by itself.
func (p *process) dies() {
	p.mu.Lock()
	p.died = append(p.died, "")
	p.mu.Unlock()
	go p.kill()
}

// transact works in transactions of different lengths while it may.
func (p *process) transact(ctx context.Context, l *lease.Leadership) {
	p.mu.Lock()
	p.works, p.current = true, l
	p.terms++
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.works = false
	}()
	lengths := []time.Duration{0, 300 * time.Millisecond, 0, 3 * time.Second}
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(1500 * time.Millisecond):
		}
		p.stand()
		if tx := p.session.work(l); tx != nil {
			if !p.isBrief() {
				time.Sleep(lengths[n%len(lengths)])
			}
			p.session.end(tx)
		}
	}
}

func (p *process) isBrief() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.brief
}

// beBrief lets its transactions take no time.
func (p *process) beBrief(brief bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.brief = brief
}

// any draws one of the processes that live.
func (w *world) any(rt *rapid.T) *process {
	if len(w.all) == 0 {
		rt.Skip("nobody is there")
	}
	return w.all[rapid.IntRange(0, len(w.all)-1).Draw(rt, "process")]
}

// mostly the one that leads.
func (w *world) victim(rt *rapid.T) *process {
	for _, p := range w.all {
		if p.Leading() && rapid.IntRange(0, 9).Draw(rt, "whom") < 7 {
			return p
		}
	}
	return w.any(rt)
}

func (w *world) remove(p *process) {
	for i, other := range w.all {
		if other == p {
			w.all = append(w.all[:i:i], w.all[i+1:]...)
			w.gone = append(w.gone, p)
			kernelLock{w.machine, p}.Drop()
		}
	}
}

// steps are what can happen, each with what has to hold after it.
func (w *world) steps(count *int) map[string]func(*rapid.T) {
	steps := map[string]func(*rapid.T){
		"ATick":       func(rt *rapid.T) { w.pass(rt, time.Duration(rapid.IntRange(1, 3000).Draw(rt, "ms"))*time.Millisecond) },
		"AWhile":      func(rt *rapid.T) { w.pass(rt, time.Duration(rapid.IntRange(1, 30).Draw(rt, "s"))*time.Second) },
		"Crash":       w.crash,
		"Stop":        w.stop,
		"Start":       w.another,
		"Pause":       func(rt *rapid.T) { w.victim(rt).pause() },
		"Resume":      func(rt *rapid.T) { w.any(rt).resume() },
		"ClockStep":   w.clockStep,
		"HandOver":    func(rt *rapid.T) { _ = w.any(rt).HandOver("asked") },
		"Hint":        func(rt *rapid.T) { w.any(rt).Hint() },
		"Steal":       w.steal,
		"Clone":       w.clone,
		"CloneRenews": w.cloneRenews,
		"CloneWrites": w.cloneWrites,
		"Backup":      w.backup,
		"Restore":     w.restore,
		"Calm":        w.calm,
		"FourFail":    w.fourFail,
		"DBError":     func(rt *rapid.T) { w.victim(rt).session.set(down) },
		"ReplyLost":   func(rt *rapid.T) { w.victim(rt).session.set(replyLost) },
		"SlowDB":      func(rt *rapid.T) { w.victim(rt).session.set(late(rapid.IntRange(1, 8).Draw(rt, "s"))) },
		"UnknownDB": func(rt *rapid.T) {
			w.victim(rt).session.setLate(time.Duration(rapid.IntRange(1, 20).Draw(rt, "s")) * time.Second)
		},
		"DBWell": func(rt *rapid.T) { w.any(rt).session.set(nil) },
		"": func(rt *rapid.T) {
			*count++
			w.check(rt)
		},
	}
	if !w.exact() {
		steps["LockLies"] = func(*rapid.T) { w.machine.lies = !w.machine.lies }
	}
	return steps
}

// late lets every exchange take seconds.
func late(seconds int) func(string) (before, after error) {
	return func(string) (before, after error) { return delay(time.Duration(seconds) * time.Second), nil }
}

// pass lets time pass, and looks all the while.
func (w *world) pass(rt *rapid.T, d time.Duration) {
	const look = 500 * time.Millisecond
	for ; d > 0; d -= look {
		time.Sleep(min(d, look))
		w.check(rt)
	}
}

func (w *world) crash(rt *rapid.T) {
	p := w.victim(rt)
	p.kill()
	w.remove(p)
}

// stop is asked of a process that runs; it is gone when it has ended.
func (w *world) stop(rt *rapid.T) { w.victim(rt).end() }

func (w *world) another(rt *rapid.T) {
	if len(w.all) >= 5 {
		rt.Skip("enough are there")
	}
	w.start(rt)
}

func (w *world) clockStep(rt *rapid.T) {
	w.table.mu.Lock()
	defer w.table.mu.Unlock()
	if w.table.restored {
		rt.Skip("its clock is good while the epoch after a backup's is made of it")
	}
	w.table.shift += time.Duration(rapid.IntRange(-30*24*3600, 30*24*3600).Draw(rt, "s")) * time.Second
}

func (w *world) steal(*rapid.T) {
	s := w.table
	ctx, cancel := context.WithTimeout(w.t.Context(), 5*time.Second)
	defer cancel()
	if s.lock(ctx, "take") != nil {
		return
	}
	defer s.mu.Unlock()
	s.row.Epoch = max(s.row.Epoch+1, s.now().UnixMilli())
	s.row.Holder, s.row.Nonce, s.row.Info.BootID = "", "", ""
	s.excused = max(s.excused, s.row.Epoch)
}

func (w *world) clone(rt *rapid.T) {
	w.table.mu.Lock()
	defer w.table.mu.Unlock()
	r := w.table.row
	if r.Holder == "" {
		rt.Skip("nobody leads")
	}
	w.clones = append(w.clones, &clone{lease.Term{Name: r.Name, Holder: r.Holder, Epoch: r.Epoch}, r.Nonce})
}

func (w *world) aClone(rt *rapid.T) *clone {
	if len(w.clones) == 0 {
		rt.Skip("there is no clone")
	}
	return w.clones[rapid.IntRange(0, len(w.clones)-1).Draw(rt, "clone")]
}

func (w *world) cloneRenews(rt *rapid.T) {
	c, s := w.aClone(rt), w.table
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := &s.row; r.Holder == c.term.Holder && r.Epoch == c.term.Epoch && r.Nonce == c.nonce {
		c.nonce = fmt.Sprint("clone's ", rand.Uint64())
		r.Nonce, r.HeartbeatAt, s.renewed = c.nonce, s.now(), time.Now()
	}
}

func (w *world) cloneWrites(rt *rapid.T) {
	c := w.aClone(rt)
	s := &session{table: w.table, clock: func() time.Duration { return 0 }, stand: func() {}}
	s.commit(c.term)
}

func (w *world) backup(*rapid.T) {
	w.table.mu.Lock()
	defer w.table.mu.Unlock()
	w.copied = &backup{w.table.row, append([]int64(nil), w.table.commits...)}
}

// untilCalm excuses everybody.
const untilCalm = 1 << 62

// restore brings an old state back, with a clock that is not behind it.
func (w *world) restore(rt *rapid.T) {
	s := w.table
	if w.copied == nil {
		rt.Skip("there is no backup")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.open)
	s.row, s.commits = w.copied.row, append([]int64(nil), w.copied.commits...)
	for epoch := range s.holders {
		if behind := time.UnixMilli(epoch + 1).Sub(s.now()); behind > 0 {
			s.shift += behind
		}
	}
	if rapid.Bool().Draw(rt, "by the command") {
		s.row.Epoch = s.now().UnixMilli()
		s.row.Holder, s.row.Nonce, s.row.Info.BootID = "", "", ""
	}
	w.highest, s.excused, s.restored = 0, untilCalm, true
}

// check is what holds always.
func (w *world) check(rt *rapid.T) {
	synctest.Wait()
	for _, p := range append([]*process(nil), w.all...) {
		if ended(p) || len(p.deaths()) > 0 {
			w.remove(p)
		}
	}
	w.table.mu.Lock()
	wrong, row, excused := w.table.wrong, w.table.row, w.table.excused
	w.table.mu.Unlock()
	if len(wrong) > 0 {
		rt.Fatal(wrong)
	}
	if row.Epoch < w.highest {
		rt.Fatalf("epoch %d after %d", row.Epoch, w.highest)
	}
	w.highest = row.Epoch
	var trusting []*process
	for _, p := range w.all {
		if l := p.leadership(); l != nil && !p.paused() && w.trusts(rt, p, l) && l.Epoch >= excused {
			trusting = append(trusting, p)
		}
	}
	if len(trusting) > 1 && w.exact() {
		rt.Fatalf("two trust their terms: %+v and %+v", trusting[0].State(), trusting[1].State())
	}
}

// trusts checks the trust of one process: it ends before anybody may take over.
func (w *world) trusts(rt *rapid.T, p *process, l *lease.Leadership) bool {
	w.table.mu.Lock()
	anchor := p.session.anchor
	w.table.mu.Unlock()
	trusted, state := l.Trusted(), p.State()
	if hard := lease.Derive(time.Minute, 10*time.Second).Hard(); trusted && p.clock() >= anchor+hard {
		rt.Fatalf("trust at %s, but the last renewal began at %s", p.clock(), anchor)
	}
	if leads := state.Phase == lease.Leader; leads && (!trusted || state.Left <= 0) || leads != p.Leading() {
		rt.Fatalf("it does not trust its term (%v), and says %+v", trusted, state)
	}
	return trusted
}

func (p *process) leadership() *lease.Leadership {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.current
}

func (p *process) deaths() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.died
}

// calm ends all trouble; then somebody leads within the bound, and keeps leading.
func (w *world) calm(rt *rapid.T) {
	w.machine.lies = false
	for _, p := range w.all {
		p.resume()
		p.session.set(nil)
	}
	w.pass(rt, 30*time.Second) // who was asked to stop stops, what is on its way arrives
	if len(w.all) == 0 {
		w.start(rt)
	}
	w.clones = nil
	bound := time.Duration(float64(75*time.Second) / w.slowest)
	for waited := time.Duration(0); w.leader() == nil; waited += time.Second {
		if waited > bound {
			rt.Fatalf("nobody leads after %s: %+v", waited, w.table.row)
		}
		w.pass(rt, time.Second)
	}
	if !w.exact() {
		return
	}
	p := w.leader()
	terms := p.terms
	w.table.mu.Lock()
	w.table.excused = w.table.row.Epoch
	w.table.mu.Unlock()
	w.pass(rt, 70*time.Second)
	if w.leader() != p && !ended(p) || p.terms != terms {
		rt.Fatalf("a leader that nothing happened to leads no more: %+v", p.State())
	}
}

// leader is the only one that leads; nil when there is none.
func (w *world) leader() *process {
	for _, p := range w.all {
		if p.Leading() && p.leadership().Epoch == w.table.row.Epoch {
			return p
		}
	}
	return nil
}

// fourFail lets four renewals in a row fail, quickly or as late as can be: no term is lost.
func (w *world) fourFail(rt *rapid.T) {
	if !w.exact() {
		rt.Skip("clocks run apart too far")
	}
	w.calm(rt)
	p := w.leader()
	p.beBrief(true) // on SQLite a renewal that succeeds would wait for them too
	defer p.beBrief(false)
	trouble := errDown
	if rapid.Bool().Draw(rt, "hangs") {
		trouble = delay(time.Hour)
	}
	terms := p.terms
	var renewals atomic.Int32
	p.session.set(func(what string) (before, after error) {
		const failing = 4
		if what == "renew" {
			renewals.Add(1)
		}
		if n := renewals.Load(); n == 0 || n > failing || what != "renew" && what != "look" {
			return nil, nil
		}
		return trouble, nil
	})
	for waited := 0; renewals.Load() <= 4 && p.Leading(); waited++ {
		if w.pass(rt, time.Second); waited > 120 {
			rt.Fatalf("only %d renewals in two minutes", renewals.Load())
		}
	}
	p.session.set(nil)
	w.pass(rt, 5*time.Second)
	if !ended(p) && (p.terms != terms || !p.Leading()) {
		rt.Fatalf("four renewals that failed cost a term: %+v", p.State())
	}
}

// end ends all that runs, so that the bubble can end.
func (w *world) end() {
	for _, p := range append(w.all, w.gone...) {
		p.kill()
	}
	for _, p := range append(w.all, w.gone...) {
		<-p.done
	}
}
