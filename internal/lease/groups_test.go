package lease_test

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"bangui/internal/lease"
	"bangui/internal/store"
)

// A holder that is gone without a trace is replaced by whoever starts next, once its own
// time-out is over; what it had open is refused.
func TestProcesses_StaleCleanUpAtStart(t *testing.T) {
	t.Parallel() // it waits most of the time
	onBoth(t, func(t *testing.T, where string) {
		db := prepared(t, where)
		seen, err := db.LookLease(t.Context(), lease.Scheduler)
		if err != nil {
			t.Fatal(err)
		}
		ghost := lease.Claim{
			Seen: seen, Holder: "ghost", Nonce: "n", Timeout: time.Second, Reason: lease.Free,
			Info: lease.Info{PID: 4711, Hostname: "elsewhere", BootID: "another"},
		}
		epoch, ok, err := db.TakeLease(t.Context(), ghost)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		work(t, where, "refuse").says(t, "leads", patience)
		changes, err := db.LeaseEvents(t.Context(), lease.Scheduler, 1)
		if err != nil || len(changes) != 1 || !strings.Contains(changes[0].Detail, "process 4711 on elsewhere") ||
			changes[0].Reason != string(lease.Silent) && changes[0].Reason != string(lease.DBStale) {
			t.Errorf("it was told as %+v, %v", changes, err)
		}
		refused := false
		term := lease.Term{Name: lease.Scheduler, Holder: "ghost", Epoch: epoch}
		err = db.Fenced(term, func() { refused = true }).EnsureHost(t.Context(), "ghost", "x")
		if err == nil || !refused {
			t.Errorf("the ghost writes: %v", err)
		}
	})
}

// The clock counts the time that a machine sleeps. No test can let it sleep, but a time
// namespace can have slept for a day.
func TestBootClock_CountsSuspends(t *testing.T) {
	const day = 24 * time.Hour
	args := []string{"--time", "--boottime", "86400", os.Args[0], childMark, "", "clock"}
	if os.Geteuid() != 0 {
		args = append([]string{"--user", "--map-root-user"}, args...)
	}
	before := lease.BootClock()
	out, err := exec.CommandContext(t.Context(), "unshare", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	told, err := strconv.ParseInt(strings.TrimSpace(string(out)), 10, 64)
	if there := time.Duration(told); err != nil || there < before+day || there > before+day+time.Hour {
		t.Errorf("here it is %s, after a sleep of a day %s, %v", before, there, err)
	}
}

// ownNamespaces gives a process its own process ids and host name, as a container has.
func ownNamespaces() *syscall.SysProcAttr {
	own := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS}
	if os.Geteuid() != 0 {
		own.Cloneflags |= syscall.CLONE_NEWUSER
		own.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}}
		own.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}}
	}
	return own
}

// Two containers with one volume have the same process id and host name, and are told
// from each other all the same.
func TestProcesses_Containers(t *testing.T) {
	t.Parallel() // it waits most of the time
	onBoth(t, func(t *testing.T, where string) {
		db := prepared(t, where)
		one := workIn(t, ownNamespaces(), where, "contained")
		before := one.says(t, "leads", patience)
		first := expectHolder(t, db, before)
		two := workIn(t, ownNamespaces(), where, "contained")
		two.says(t, "up", patience)
		waitForBeats(t, db, first, 4)
		one.signal(t, syscall.SIGKILL)
		after := two.says(t, "leads", patience)
		if second := expectHolder(t, db, after); second.Holder == first.Holder || second.Epoch <= first.Epoch {
			t.Errorf("%+v after %+v", second, first)
		}
		two.signal(t, syscall.SIGTERM)
		if status := two.status(t, patience); status != 0 {
			t.Errorf("it ended with %d", status)
		}
		expectOrder(t, db)
	})
}

func expectHolder(t *testing.T, db *store.DB, epoch string) lease.Row {
	t.Helper()
	row, err := db.LookLease(t.Context(), lease.Scheduler)
	if err != nil || row.Info.PID != 1 || row.Info.Hostname != "console" {
		t.Errorf("epoch %s is that of %+v, %v", epoch, row, err)
	}
	return row
}

// waitForBeats waits until a holder has beaten so often since a look. A slow disk may cost
// a term meanwhile; then the next one's count.
func waitForBeats(t *testing.T, db *store.DB, since lease.Row, beats int64) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		row, err := db.LookLease(t.Context(), lease.Scheduler)
		if err == nil && row.Epoch != since.Epoch {
			since = row
		}
		if err == nil && row.Beat >= since.Beat+beats {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("it does not beat: %+v, %v", row, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// The load spike's times are half of the real ones; so is what its disk takes for a sync.
const (
	spikeTTL  = 30 * time.Second
	spikeBeat = 5 * time.Second
	slowSync  = time.Second
)

// slowDisk is a store on a disk whose syncs take long.
type slowDisk struct{ *store.DB }

func (s slowDisk) sync(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(slowSync):
	}
}

func (s slowDisk) RenewLease(ctx context.Context, t lease.Term, from, to string) (bool, error) {
	s.sync(ctx)
	return s.DB.RenewLease(ctx, t, from, to)
}

// A leader that has the processor for a twentieth of the time, on a disk that syncs
// slowly, keeps its term.
func TestProcesses_LoadSpike(t *testing.T) {
	t.Parallel() // it waits most of the time
	onBoth(t, func(t *testing.T, where string) {
		t.Parallel()
		db := prepared(t, where)
		leader := work(t, where, "slow")
		epoch := leader.says(t, "leads", patience)
		standby := work(t, where, "allow")
		standby.says(t, "up", patience)
		began, err := db.LookLease(t.Context(), lease.Scheduler)
		if err != nil {
			t.Fatal(err)
		}
		starve(t, leader, *spikeFor)
		waitForBeats(t, db, began, max(2, int64(*spikeFor/spikeBeat)-1))
		row, err := db.LookLease(t.Context(), lease.Scheduler)
		if err != nil || row.Epoch != began.Epoch {
			t.Errorf("epoch %s was lost to %+v, %v", epoch, row, err)
		}
		t.Logf("%d beats in %s", row.Beat-began.Beat, *spikeFor)
		expectOrder(t, db)
	})
}

// starve lets a process run 5 ms of each 100, as a processor quota of 5 % does.
func starve(t *testing.T, w *worker, during time.Duration) {
	t.Helper()
	const runs, stands = 5 * time.Millisecond, 95 * time.Millisecond
	for began := time.Now(); time.Since(began) < during; {
		w.signal(t, syscall.SIGSTOP)
		time.Sleep(stands)
		w.signal(t, syscall.SIGCONT)
		time.Sleep(runs)
	}
}
