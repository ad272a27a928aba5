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
		c := &chaos{t: t, where: where, db: prepared(t, where), resume: make([]time.Time, processes), done: map[string]int{}, wrote: map[string]int{}}
		for range processes {
			c.all = append(c.all, c.start())
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
			c.resume[i] = time.Time{}
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
	c.all[i].signal(c.t, signal)
	c.all[i].status(c.t, time.Minute)
	c.all[i] = c.start()
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
	for _, w := range c.all {
		w.signal(c.t, syscall.SIGKILL)
		w.status(c.t, time.Minute)
	}
}

func (c *chaos) report(pauses []time.Duration, commits int) {
	c.t.Helper()
	c.t.Logf("%d terms wrote %d times; %v", len(pauses)+1, commits, c.done)
	slices.Sort(pauses)
	bound := *chaosTTL + *chaosTTL/6
	c.t.Logf("nobody wrote for %s (median), %s (99 of 100), %s (longest); a crash may take %s",
		pauses[len(pauses)/2], pauses[len(pauses)*99/100], pauses[len(pauses)-1], bound)
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
