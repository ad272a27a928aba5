package lease_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bangui/internal/lease"
	"bangui/internal/store"

	"github.com/jackc/pgx/v5"
)

var (
	chaosFor    = flag.Duration("chaos", 8*time.Second, "how long processes are killed, paused and stopped on each engine, at least")
	chaosEpochs = flag.Int("chaos.epochs", 2, "how many terms write, at least")
	crashes     = flag.Int("crashes", 1, "how often a leader is killed while another process stands by")
	chaosTTL    = flag.Duration("chaos.ttl", quickTTL, "after which others may take over")
)

// chaos is four processes to which something happens all the time.
type chaos struct {
	t      *testing.T
	where  string
	db     *store.DB
	all    []*worker
	resume []time.Time // when a process that is paused goes on; zero = it is not
	since  []time.Time // when a process went on the last time; zero = it is paused
	spans  []pause     // in which a process stood by or led without a break
	gone   []*worker
	done   map[string]int
	after  int64          // the id of the last event that was counted
	wrote  map[string]int // how much each term wrote, by its epoch
	total  int
}

// Processes are killed, paused, stopped and started again at random, those that lead
// most of all; on PostgreSQL their sessions are ended too. Nothing is written out of
// order. `make chaos` does it for hundreds of terms.
func TestProcesses_Chaos(t *testing.T) {
	onBoth(t, func(t *testing.T, where string) {
		const processes = 4
		c := &chaos{t: t, where: where, db: prepared(t, where), resume: make([]time.Time, processes), since: make([]time.Time, processes), done: map[string]int{}, wrote: map[string]int{}}
		for i := range processes {
			c.all = append(c.all, c.start())
			c.since[i] = time.Now()
		}
		limit := *chaosFor + time.Duration(*chaosEpochs)*time.Minute
		for began := time.Now(); time.Since(began) < *chaosFor || !c.enough(); time.Sleep(rand.N(*chaosTTL / 4)) {
			if time.Since(began) > limit {
				t.Fatalf("after %s %d terms have written %d times", limit, len(c.wrote), c.total)
			}
			c.wake(time.Now())
			c.trouble()
		}
		c.end()
		c.report(expectOrder(t, c.db))
	})
}

func (c *chaos) start() *worker { return work(c.t, c.where, "chaos "+chaosTTL.String()) }

// enough is whether so many terms have written, and not too little.
func (c *chaos) enough() bool {
	const least, most = 50, 10_000
	events, err := c.db.EventsAfter(c.t.Context(), c.after, most)
	if err != nil {
		return false // its session was ended; the next look will do
	}
	for _, e := range events {
		c.after = e.ID
		c.wrote[e.State]++
		c.total++
	}
	return len(c.wrote) >= *chaosEpochs && c.total >= least
}

// wake lets those go on whose pause is over.
func (c *chaos) wake(now time.Time) {
	for i, at := range c.resume {
		if !at.IsZero() && now.After(at) {
			c.all[i].signal(c.t, syscall.SIGCONT)
			c.resume[i], c.since[i] = time.Time{}, time.Now()
		}
	}
}

func (c *chaos) trouble() {
	i := c.victim()
	if !c.resume[i].IsZero() {
		return
	}
	switch n := rand.IntN(10); {
	case n < 3:
		c.replace(i, "kill -9", syscall.SIGKILL)
	case n < 8:
		c.done["SIGSTOP"]++
		c.broke(i)
		c.all[i].signal(c.t, syscall.SIGSTOP)
		c.resume[i] = time.Now().Add(rand.N(2 * *chaosTTL))
	case n < 9:
		c.replace(i, "SIGTERM", syscall.SIGTERM)
	case strings.HasPrefix(c.where, "postgres:"):
		c.endSessions()
	}
}

// victim is mostly the process that leads.
func (c *chaos) victim() int {
	row, err := c.db.LookLease(c.t.Context(), lease.Scheduler)
	if err == nil && rand.IntN(10) < 7 {
		for i, w := range c.all {
			if w.cmd.Process.Pid == row.Info.PID {
				return i
			}
		}
	}
	return rand.IntN(len(c.all))
}

func (c *chaos) replace(i int, what string, signal syscall.Signal) {
	c.done[what]++
	c.broke(i)
	c.all[i].signal(c.t, signal)
	c.all[i].status(c.t, time.Minute)
	c.gone = append(c.gone, c.all[i])
	c.all[i], c.since[i] = c.start(), time.Now()
}

// broke ends the time in which a process could stand by or lead, which begins when it is
// up.
func (c *chaos) broke(i int) {
	w := c.all[i]
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.up.IsZero() || c.since[i].IsZero() {
		return
	}
	from := c.since[i]
	if w.up.After(from) {
		from = w.up
	}
	c.spans = append(c.spans, pause{from, time.Now()})
	c.since[i] = time.Time{}
}

// endSessions ends all sessions of the database, ours too.
func (c *chaos) endSessions() {
	ctx, cancel := context.WithTimeout(c.t.Context(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, c.where)
	if err != nil {
		return // the next one will do
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
	if err == nil {
		c.done["sessions ended"]++
	}
}

func (c *chaos) end() {
	for i, w := range c.all {
		c.broke(i)
		w.signal(c.t, syscall.SIGKILL)
		w.status(c.t, time.Minute)
	}
}

// report tells how long nobody wrote, and of the pauses that were longer than a crash may
// take, why: for as long as nobody stood by without a break for that long, the bound has
// not begun.
func (c *chaos) report(pauses []pause, commits int) {
	c.t.Helper()
	c.t.Logf("%d terms wrote %d times; %v", len(pauses)+1, commits, c.done)
	bound := *chaosTTL + *chaosTTL/6
	var all, late []time.Duration
	within, alone := 0, 0
	for _, p := range pauses {
		all = append(all, p.lasted())
		switch due := c.due(p, bound); {
		case p.lasted() <= bound:
			within++
		case due.IsZero() || !p.to.After(due):
			alone++
		default:
			late = append(late, p.to.Sub(due))
			c.t.Logf("after %s, %s later than due; slow statements of all took %s of it", p.lasted(), p.to.Sub(due), c.slowIn(p))
		}
	}
	slices.Sort(all)
	slices.Sort(late)
	c.t.Logf("nobody wrote for %s (median), %s (99 of 100), %s (longest); a crash may take %s", all[len(all)/2], all[len(all)*99/100], all[len(all)-1], bound)
	c.t.Logf("%d pauses were within it; in %d longer ones nobody had stood by for so long without being killed or paused; %d were late: %v", within, alone, len(late), late)
}

// due is when somebody had stood by or led for that long of a pause without a break; zero
// = nobody had.
func (c *chaos) due(p pause, bound time.Duration) (first time.Time) {
	for _, s := range c.spans {
		from := s.from
		if p.from.After(from) {
			from = p.from
		}
		at := from.Add(bound)
		if s.to.Before(at) || p.to.Before(from) {
			continue
		}
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first
}

// slowIn is how long exchanges with the database took that took long, of all processes
// within a pause.
func (c *chaos) slowIn(p pause) (sum time.Duration) {
	for _, w := range slices.Concat(c.all, c.gone) {
		w.mu.Lock()
		for _, s := range w.slow {
			if s.until.After(p.from) && s.until.Before(p.to.Add(time.Second)) {
				sum += s.took
			}
		}
		w.mu.Unlock()
	}
	return sum
}

// A leader is killed while another process stands by: that one leads next. How long it
// took is told beside what it may take; nothing here fails by being slow.
func TestProcesses_Crash(t *testing.T) {
	t.Parallel() // it waits most of the time
	onBoth(t, func(t *testing.T, where string) {
		db := prepared(t, where)
		leader := work(t, where, "allow")
		before := leader.says(t, "leads", patience)
		var took []time.Duration
		for range *crashes {
			standby := work(t, where, "allow")
			standby.says(t, "up", patience)
			row, err := db.LookLease(t.Context(), lease.Scheduler)
			if err != nil {
				t.Fatal(err)
			}
			waitForBeats(t, db, row, 2) // the standby has seen it live
			leader.signal(t, syscall.SIGKILL)
			killed := time.Now()
			after := standby.says(t, "leads", patience)
			took = append(took, time.Since(killed))
			if after <= before {
				t.Errorf("epoch %s after %s", after, before)
			}
			leader, before = standby, after
		}
		slices.Sort(took)
		t.Logf("%d crashes; another led after %s (median), %s (longest); it may take %s",
			len(took), took[len(took)/2], took[len(took)-1], quickTTL+quickTTL/6)
		expectOrder(t, db)
	})
}
