package lease_test

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/lease"
	"bangui/internal/store"
	"bangui/internal/store/postgrestest"
)

var (
	starts   = flag.Int("starts", 1, "how often many processes start at once")
	spikeFor = flag.Duration("spike", 12*time.Second, "how long a leader has hardly any processor")
)

const (
	childMark = "as-child"
	hostID    = "h"
	// quickTTL and quickBeat let a take-over take seconds.
	quickTTL  = 3 * time.Second
	quickBeat = 500 * time.Millisecond
	// startTTL lets a leader live though twenty processes start beside it.
	startTTL  = 15 * time.Second
	startBeat = time.Second
)

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == childMark {
		os.Exit(child(os.Args[2], os.Args[3]))
	}
	_ = flag.Set("rapid.checks", "20") // unless the command line says more: see TestModel
	os.Exit(m.Run())
}

// child is a console as far as the lease goes: it stands by or leads until SIGTERM, and
// while it leads it writes in fenced transactions as fast as it may.
func child(where, way string) int {
	if way == "clock" {
		fmt.Fprintln(os.Stdout, int64(lease.BootClock()))
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	db, err := openPatiently(ctx, where)
	if err != nil {
		fmt.Fprintln(os.Stdout, "error", err)
		return 1
	}
	defer db.Close()
	if way == "contained" {
		if err := syscall.Sethostname([]byte("console")); err != nil {
			fmt.Fprintln(os.Stdout, "error", err)
			return 1
		}
	}
	hostname, _ := os.Hostname()
	o := lease.Options{
		Name: lease.Scheduler, Store: db, Durations: lease.Derive(quickTTL, quickBeat), Refuse: strings.HasSuffix(way, "refuse"),
		Info:  lease.Info{PID: os.Getpid(), Hostname: hostname, Version: "test", BootID: lease.BootID()},
		Clock: lease.BootClock, Random: rand.Float64, Logger: slog.New(slog.DiscardHandler),
		Work: func(ctx context.Context, l *lease.Leadership) {
			fmt.Fprintln(os.Stdout, "leads", l.Epoch)
			writeOn(ctx, db.Fenced(l.Term, l.Refused), l)
		},
		Took: func(took time.Duration) {
			if took > quickBeat/10 {
				fmt.Fprintln(os.Stdout, "slow", took)
			}
		},
		Die: func(cause string) {
			fmt.Fprintln(os.Stdout, "died", cause)
			os.Exit(75)
		},
	}
	if ttl, ok := strings.CutPrefix(way, "chaos "); ok {
		d, err := time.ParseDuration(ttl)
		if err != nil {
			fmt.Fprintln(os.Stdout, "error", err)
			return 1
		}
		o.Durations = lease.Derive(d, d*quickBeat/quickTTL)
	}
	if strings.HasPrefix(way, "start ") {
		o.Durations = lease.Derive(startTTL, startBeat)
	}
	if way == "slow" {
		o.Store, o.Durations = slowDisk{db}, lease.Derive(spikeTTL, spikeBeat)
	}
	if !strings.HasPrefix(where, "postgres:") {
		o.Lock = lease.NewKernelLock(where + ".lock")
	}
	elector, err := lease.New(o)
	if err != nil {
		fmt.Fprintln(os.Stdout, "error", err)
		return 1
	}
	fmt.Fprintln(os.Stdout, "up")
	var heard sync.WaitGroup
	heard.Go(func() { db.Listen(ctx, store.Heard{Events: func() {}, Lease: elector.Hint}) })
	err = elector.Run(ctx)
	stop()
	heard.Wait()
	if err != nil {
		fmt.Fprintln(os.Stdout, "held", err)
		return 3
	}
	return 0
}

// openPatiently opens a store, again where twenty processes that start at once keep a
// server from answering in time: a console's supervisor starts it again then.
func openPatiently(ctx context.Context, where string) (*store.DB, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		db, err := store.Open(ctx, options(where))
		if !fault.Is(err, fault.Unavailable) || ctx.Err() != nil {
			return db, err
		}
	}
}

// writeOn stores an event with its epoch, again and again. What is refused ends it.
func writeOn(ctx context.Context, db store.Fenced, l *lease.Leadership) {
	for n := 0; ctx.Err() == nil; n++ {
		err := db.Tx(ctx, func(tx *store.Tx) error {
			_, _, err := tx.InsertEvent(ctx, event.Event{HostID: hostID, Kind: event.Notice, At: time.Now(), State: strconv.FormatInt(l.Epoch, 10), Detail: strconv.Itoa(n)})
			return err
		})
		if errors.Is(err, lease.ErrFenced) {
			<-ctx.Done()
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func options(where string) store.Options {
	o := store.Options{Path: where, Logger: slog.New(slog.DiscardHandler), Now: time.Now}
	if strings.HasPrefix(where, "postgres:") {
		o.Path, o.Postgres = "", where
	}
	return o
}

// worker is one child.
type worker struct {
	cmd   *exec.Cmd
	lines chan string // closed when it has ended

	mu   sync.Mutex
	up   time.Time // when it became a candidate; zero = not yet
	slow []exchange
}

// exchange is one with the database that took long.
type exchange struct {
	until time.Time
	took  time.Duration
}

func work(t *testing.T, where, way string) *worker {
	t.Helper()
	return workIn(t, nil, where, way)
}

// workIn is work with what the process gets of the kernel.
func workIn(t *testing.T, kernel *syscall.SysProcAttr, where, way string) *worker {
	t.Helper()
	w := &worker{cmd: exec.Command(os.Args[0], childMark, where, way), lines: make(chan string, 100)}
	w.cmd.Stderr, w.cmd.SysProcAttr = os.Stderr, kernel
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.lines)
		w.read(out)
	}()
	t.Cleanup(func() {
		_ = w.cmd.Process.Kill()
		for range w.lines {
			continue
		}
		_ = w.cmd.Wait()
	})
	return w
}

func (w *worker) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		w.note(lines.Text())
		select {
		case w.lines <- lines.Text():
		default: // nobody looks
		}
	}
}

// note keeps when a worker came up, and what took it long.
func (w *worker) note(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if line == "up" {
		w.up = time.Now()
	}
	if text, ok := strings.CutPrefix(line, "slow "); ok {
		took, _ := time.ParseDuration(text)
		w.slow = append(w.slow, exchange{time.Now(), took})
	}
}

// says waits until a worker has printed a word, and gives the rest of the line.
func (w *worker) says(t *testing.T, word string, within time.Duration) string {
	t.Helper()
	deadline := time.After(within)
	for {
		select {
		case line, ok := <-w.lines:
			if rest, found := strings.CutPrefix(line, word); found {
				return strings.TrimSpace(rest)
			}
			if !ok {
				t.Fatalf("it ended, and did not say %s", word)
			}
		case <-deadline:
			t.Fatalf("it did not say %s within %s", word, within)
		}
	}
}

// died reports whether a worker has said that its work outlived its term. What it said
// before that is not heard any more.
func (w *worker) died() bool {
	for {
		select {
		case line, open := <-w.lines:
			if !open {
				return false
			}
			if strings.HasPrefix(line, "died") {
				return true
			}
		default:
			return false
		}
	}
}

func (w *worker) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := w.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
}

// status waits for the end of a worker.
func (w *worker) status(t *testing.T, within time.Duration) int {
	t.Helper()
	deadline := time.After(within)
	for {
		select {
		case _, ok := <-w.lines:
			if !ok {
				_ = w.cmd.Wait()
				return w.cmd.ProcessState.ExitCode()
			}
		case <-deadline:
			t.Fatalf("it does not end within %s", within)
		}
	}
}

// onBoth runs a test on each engine, with the place of an empty database.
func onBoth(t *testing.T, test func(t *testing.T, where string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, filepath.Join(t.TempDir(), "bangui.db")) })
	t.Run("postgres", func(t *testing.T) { test(t, postgrestest.Database(t)) })
}

func prepared(t *testing.T, where string) *store.DB {
	t.Helper()
	db, err := openPatiently(t.Context(), where)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.EnsureHost(t.Context(), hostID, hostID); err != nil {
		t.Fatal(err)
	}
	return db
}

// patience is for things that take long on a busy machine only.
const patience = 30 * time.Second

// Many processes start at once on an empty database: the schema is made once, one leads,
// the others stand by, or end once they have seen it live. With -starts=50 they do it
// that often.
func TestProcesses_StartAtOnce(t *testing.T) {
	for range *starts {
		for _, way := range []string{"refuse", "allow"} {
			t.Run(way, func(t *testing.T) { startAtOnce(t, way) })
		}
	}
}

func startAtOnce(t *testing.T, way string) {
	const processes = 20
	onBoth(t, func(t *testing.T, where string) {
		if way == "refuse" && strings.HasPrefix(where, "postgres:") {
			return // there the second process stays, whatever it was told
		}
		var all []*worker
		for range processes {
			all = append(all, work(t, where, "start "+way))
		}
		for _, w := range all {
			w.says(t, "up", time.Minute)
		}
		db := prepared(t, where)
		leader := leaderOf(t, db, all)
		leader.says(t, "leads", patience)
		expectEnd(t, slices.DeleteFunc(all, func(w *worker) bool { return w == leader }), way)
		leader.signal(t, syscall.SIGTERM)
		if status := leader.status(t, patience); status != 0 {
			t.Errorf("the leader ended with %d", status)
		}
		expectOrder(t, db)
	})
}

// expectEnd waits for the end of processes that do not lead: by themselves where they are
// not wanted, else when they are asked.
func expectEnd(t *testing.T, all []*worker, way string) {
	t.Helper()
	want := 3
	if way != "refuse" {
		want = 0
		for _, w := range all {
			w.signal(t, syscall.SIGTERM)
		}
	}
	for _, w := range all {
		if status := w.status(t, patience); status != want {
			t.Errorf("a second process ended with %d", status)
		}
	}
}

// leaderOf waits until one of the workers holds the lease.
func leaderOf(t *testing.T, db *store.DB, all []*worker) *worker {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	deadline := time.After(patience)
	for {
		row, err := db.LookLease(t.Context(), lease.Scheduler)
		for _, w := range all {
			if err == nil && row.Holder != "" && w.cmd.Process.Pid == row.Info.PID {
				return w
			}
		}
		select {
		case <-look.C:
		case <-deadline:
			t.Fatalf("nobody leads: %+v, %v", row, err)
		}
	}
}

// After kill -9, a console alone on its SQLite file leads again at once: the kernel knows
// that the holder is dead. On PostgreSQL it waits until it knows itself.
func TestProcesses_KilledAndStartedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, where string) {
		prepared(t, where)
		first := work(t, where, "refuse")
		before := first.says(t, "leads", patience)
		first.signal(t, syscall.SIGKILL)
		first.status(t, patience)
		second := work(t, where, "refuse")
		second.says(t, "up", patience)
		began := time.Now()
		after := second.says(t, "leads", patience)
		took := time.Since(began)
		t.Logf("leads again %s after it was up", took)
		if !strings.HasPrefix(where, "postgres:") && took > quickTTL/2 {
			t.Error("the kernel lock was not asked")
		}
		if after <= before {
			t.Errorf("epoch %s after %s", after, before)
		}
	})
}

// SIGTERM hands over, to a standby that hears it at once on PostgreSQL.
func TestProcesses_HandOver(t *testing.T) {
	onBoth(t, func(t *testing.T, where string) {
		prepared(t, where)
		first := work(t, where, "allow")
		first.says(t, "leads", patience)
		second := work(t, where, "allow")
		second.says(t, "up", patience)
		began := time.Now()
		first.signal(t, syscall.SIGTERM)
		second.says(t, "leads", patience)
		t.Logf("handed over in %s", time.Since(began))
		if status := first.status(t, patience); status != 0 {
			t.Errorf("it ended with %d", status)
		}
	})
}

// A leader that was paused past its term finds another one, and writes nothing more. The
// process goes on, as a standby; or, where what it had open does not end in the half second
// that such a short term leaves for it on a busy machine, it ends itself.
func TestProcesses_PausedPastItsTerm(t *testing.T) {
	onBoth(t, func(t *testing.T, where string) {
		db := prepared(t, where)
		first := work(t, where, "allow")
		first.says(t, "leads", patience)
		second := work(t, where, "allow")
		second.says(t, "up", patience)
		for first.signal(t, syscall.SIGSTOP); !writable(t, db); first.signal(t, syscall.SIGSTOP) {
			first.signal(t, syscall.SIGCONT) // it was paused while it wrote, and nobody else could
			untilBeat(t, db)
		}
		epoch := second.says(t, "leads", patience)
		first.signal(t, syscall.SIGCONT)
		deadline := time.Now().Add(patience)
		for {
			events, err := db.LeaseEvents(t.Context(), lease.Scheduler, 10)
			if err == nil && len(events) > 0 && events[0].Kind == lease.StoodDown {
				break
			}
			if first.died() {
				t.Log("its work outlived its term, so it ended itself")
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("it does not stand down: %v, %v", events, err)
			}
			time.Sleep(50 * time.Millisecond)
		}
		row, err := db.LookLease(t.Context(), lease.Scheduler)
		if err != nil || strconv.FormatInt(row.Epoch, 10) != epoch {
			t.Errorf("%+v, %v; the second one leads with %s", row, err, epoch)
		}
		expectOrder(t, db)
	})
}

// writable reports whether somebody can write at once.
func writable(t *testing.T, db *store.DB) bool {
	t.Helper()
	const soon = 300 * time.Millisecond // much less than the lease lasts
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	return db.EnsureHost(ctx, "free", "free") == nil
}

// untilBeat waits until the holder of the lease has renewed it.
func untilBeat(t *testing.T, db *store.DB) {
	t.Helper()
	var before lease.Row
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		row, err := db.LookLease(t.Context(), lease.Scheduler)
		if err == nil && before.Nonce != "" && row.Nonce != before.Nonce {
			return
		}
		if err == nil && before.Nonce == "" {
			before = row
		}
		if time.Now().After(deadline) {
			t.Fatalf("the lease is not renewed: %+v, %v", row, err)
		}
	}
}

// pause is a time in which nobody wrote, between the terms that did.
type pause struct{ from, to time.Time }

func (p pause) lasted() time.Duration { return p.to.Sub(p.from) }

// expectOrder checks that no transaction of a term came after one of a later term, and
// that an epoch was one process's. It gives the pauses between the terms that wrote, and
// the number of what they wrote.
func expectOrder(t *testing.T, db *store.DB) (pauses []pause, commits int) {
	t.Helper()
	const everything = 10_000_000
	events, err := db.EventsAfter(t.Context(), 0, everything)
	if err != nil {
		t.Fatal(err)
	}
	var last int64
	var at time.Time
	for _, e := range events {
		epoch, err := strconv.ParseInt(e.State, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if epoch < last {
			t.Errorf("event %d of epoch %d came after epoch %d", e.ID, epoch, last)
		}
		if epoch > last && last > 0 {
			pauses = append(pauses, pause{at, e.At})
		}
		last, at = epoch, e.At
	}
	changes, err := db.LeaseEvents(t.Context(), lease.Scheduler, everything)
	if err != nil {
		t.Fatal(err)
	}
	holders := map[int64]string{}
	for _, c := range changes {
		if c.Kind == lease.Acquired && holders[c.Epoch] != "" {
			t.Errorf("epoch %d is that of two", c.Epoch)
		}
		if c.Kind == lease.Acquired {
			holders[c.Epoch] = c.Holder
		}
	}
	return pauses, len(events)
}
