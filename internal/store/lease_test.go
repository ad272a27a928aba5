package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/lease"
	"bangui/internal/store/postgrestest"

	"github.com/google/go-cmp/cmp"
)

const ttl = time.Minute

func look(t *testing.T, db *DB) lease.Row {
	t.Helper()
	row, err := db.LookLease(t.Context(), lease.Scheduler)
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func claim(seen lease.Row, who string) lease.Claim {
	return lease.Claim{
		Seen: seen, Holder: who, Nonce: who + "-0", Timeout: ttl, Reason: lease.Free,
		Info: lease.Info{PID: 7, Hostname: "host of " + who, Version: "1", BootID: "boot"},
	}
}

// take gives the lease to somebody, whoever had it.
func take(t *testing.T, db *DB, who string) lease.Term {
	t.Helper()
	epoch, ok, err := db.TakeLease(t.Context(), claim(look(t, db), who))
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return lease.Term{Name: lease.Scheduler, Holder: who, Epoch: epoch}
}

// onBothShared is onBoth with two consoles on one database.
func onBothShared(t *testing.T, test func(t *testing.T, one, two *DB)) {
	t.Helper()
	onBoth(t, func(t *testing.T, fresh func() string) {
		where := fresh()
		test(t, opened(t, where), opened(t, where))
	})
}

func TestLease_AcquireSucceeds(t *testing.T) {
	onBothShared(t, func(t *testing.T, one, two *DB) {
		free := look(t, one)
		if free.Holder != "" || free.Epoch != 1 || free.Age < time.Hour {
			t.Errorf("a new database has %+v", free)
		}
		before := time.Now()
		term := take(t, one, "a")
		if term.Epoch < before.UnixMilli()-1000 {
			t.Errorf("epoch %d is before the clock", term.Epoch)
		}
		got := look(t, two)
		want := lease.Row{
			Name: "scheduler", Epoch: term.Epoch, Holder: "a", Nonce: "a-0", Timeout: ttl,
			Info: lease.Info{PID: 7, Hostname: "host of a", Version: "1", BootID: "boot"},
		}
		if got.Age < 0 || got.Age > 10*time.Second || got.CreatedAt.Sub(before).Abs() > 10*time.Second || got.HeartbeatAt.Sub(got.CreatedAt).Abs() > time.Millisecond {
			t.Errorf("times: %+v", got)
		}
		got.Age, got.CreatedAt, got.HeartbeatAt = 0, time.Time{}, time.Time{}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLease_AcquireFails(t *testing.T) {
	onBothShared(t, func(t *testing.T, one, two *DB) {
		seen := look(t, two)
		term := take(t, one, "a")
		expectRefused := func(c lease.Claim) {
			t.Helper()
			if epoch, ok, err := two.TakeLease(t.Context(), c); ok || err != nil || epoch != 0 {
				t.Errorf("taken as it was not: %d, %v, %v", epoch, ok, err)
			}
		}
		expectRefused(claim(seen, "b"))
		now := look(t, two)
		for _, change := range []func(*lease.Row){
			func(r *lease.Row) { r.Epoch-- }, func(r *lease.Row) { r.Holder = "x" }, func(r *lease.Row) { r.Nonce = "x" },
		} {
			c := claim(now, "b")
			change(&c.Seen)
			expectRefused(c)
		}
		if got := look(t, two); got.Holder != "a" || got.Epoch != term.Epoch {
			t.Errorf("%+v", got)
		}
		if _, err := two.LookLease(t.Context(), "nosuch"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		if _, _, err := two.TakeLease(t.Context(), lease.Claim{Seen: lease.Row{Name: "nosuch"}}); err == nil {
			t.Error("a lease that is not there was taken")
		}
	})
}

func TestLease_HeartbeatAndRelease(t *testing.T) {
	onBothShared(t, func(t *testing.T, one, two *DB) {
		ctx := t.Context()
		term := take(t, one, "a")
		renew := func(db *DB, term lease.Term, from, to string) bool {
			t.Helper()
			ok, err := db.RenewLease(ctx, term, from, to)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		before := look(t, two)
		if !renew(one, term, "a-0", "a-1") {
			t.Error("it can't renew")
		}
		after := look(t, two)
		if after.Beat != 1 || after.Nonce != "a-1" || !after.HeartbeatAt.After(before.HeartbeatAt) || after.Epoch != before.Epoch || after.CreatedAt != before.CreatedAt {
			t.Errorf("%+v became %+v", before, after)
		}
		other, older := term, term
		other.Holder, older.Epoch = "b", term.Epoch-1
		for what, ok := range map[string]bool{
			"an old nonce": renew(one, term, "a-0", "a-2"), "another's identity": renew(two, other, "a-1", "x"), "another epoch": renew(two, older, "a-1", "x"),
			"release by another": second2(two.ReleaseLease(ctx, other, "a-1", "x")), "release of another epoch": second2(two.ReleaseLease(ctx, older, "a-1", "x")),
			"release with an old nonce": second2(one.ReleaseLease(ctx, term, "a-0", "x")),
		} {
			if ok {
				t.Errorf("%s is good enough", what)
			}
		}
		if ok, err := one.ReleaseLease(ctx, term, "a-1", "shutdown"); !ok || err != nil {
			t.Errorf("release: %v, %v", ok, err)
		}
		if got := look(t, two); got.Holder != "" || got.Nonce != "" || got.Epoch != term.Epoch || got.Info.BootID != "" {
			t.Errorf("released: %+v", got)
		}
		if renew(one, term, "a-1", "a-2") || renew(one, term, "", "a-2") {
			t.Error("it renews after its release")
		}
	})
}

func second2(ok bool, err error) bool { return ok || err != nil }

// From free to free through all that can happen, with what is kept of it.
func TestLease_LifeCycle(t *testing.T) {
	onBothShared(t, func(t *testing.T, one, two *DB) {
		ctx := t.Context()
		var epochs []int64
		a := take(t, one, "a")
		b := take(t, two, "b")
		after, err := one.StealLease(ctx, lease.Scheduler, "ada wanted it")
		if err != nil || after.Holder != "" || after.Epoch <= b.Epoch {
			t.Errorf("%+v, %v", after, err)
		}
		if ok, err := two.RenewLease(ctx, b, "b-0", "b-1"); ok || err != nil {
			t.Errorf("what was stolen is renewed: %v, %v", ok, err)
		}
		c := take(t, two, "c")
		if ok, err := two.ReleaseLease(ctx, c, "c-0", "shutdown"); !ok || err != nil {
			t.Error(ok, err)
		}
		if err := one.NoteLease(ctx, lease.Event{Name: lease.Scheduler, Epoch: a.Epoch, Holder: "a", Kind: lease.StoodDown, Reason: "late"}); err != nil {
			t.Error(err)
		}
		for _, e := range []int64{a.Epoch, b.Epoch, after.Epoch, c.Epoch} {
			if len(epochs) > 0 && e <= epochs[len(epochs)-1] {
				t.Errorf("epoch %d after %v", e, epochs)
			}
			epochs = append(epochs, e)
		}
		events, err := two.LeaseEvents(ctx, lease.Scheduler, 100)
		var got []string
		for _, e := range events {
			got = append(got, fmt.Sprintf("%s %s %s|%s", e.Holder, e.Kind, e.Reason, e.Detail))
			if e.At.Before(time.Now().Add(-time.Minute)) || e.Epoch < a.Epoch {
				t.Errorf("%+v", e)
			}
		}
		want := []string{
			"a stood-down late|", "c released shutdown|", "c acquired free|",
			"b stolen ada wanted it|before: process 7 on host of b", "b acquired free|before: process 7 on host of a", "a acquired free|",
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Error(err, diff)
		}
		if last, err := two.LeaseEvents(ctx, lease.Scheduler, 1); err != nil || len(last) != 1 || last[0].Kind != lease.StoodDown {
			t.Errorf("%+v, %v", last, err)
		}
	})
}

// A clock that was set back, or a restored copy, can't bring an epoch back.
func TestLease_EpochsOnlyGrow(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		const future = 9_000_000_000_000
		if _, err := db.write.ExecContext(t.Context(), "UPDATE lease SET epoch = $1", int64(future)); err != nil {
			t.Fatal(err)
		}
		if term := take(t, db, "a"); term.Epoch != future+1 {
			t.Errorf("epoch %d after %d", term.Epoch, int64(future))
		}
	})
}

// Nobody breaks the rules of the row, by whatever statement.
func TestLease_GuardsItsRow(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		term := take(t, db, "a")
		statements := map[string]string{
			"Delete":          "DELETE FROM lease",
			"LowerEpoch":      "UPDATE lease SET epoch = epoch - 1",
			"LowerAndFree":    "UPDATE lease SET epoch = epoch - 1, holder = ''",
			"HolderSameEpoch": "UPDATE lease SET holder = 'b'",
			"Rename":          "UPDATE lease SET name = 'other'",
			"Short":           "UPDATE lease SET heartbeat_timeout = 99",
			"Long":            "UPDATE lease SET heartbeat_timeout = 3600001",
			"NoEpoch":         "INSERT INTO lease SELECT 'other', 0, holder, nonce, beat, pid, hostname, version, boot_id, created_at, heartbeat_at, heartbeat_timeout FROM lease",
			"Twice":           "INSERT INTO lease SELECT * FROM lease",
			"View":            "UPDATE scheduler_lock SET pid = 1",
		}
		if db.dialect.name == sqliteEngine {
			statements["Replace"] = "REPLACE INTO lease SELECT name, 1, holder, nonce, beat, pid, hostname, version, boot_id, created_at, heartbeat_at, heartbeat_timeout FROM lease"
		} else {
			statements["Truncate"] = "TRUNCATE lease"
		}
		for name, statement := range statements {
			if _, err := db.write.ExecContext(t.Context(), statement); err == nil {
				t.Errorf("%s is possible: %s", name, statement)
			}
		}
		if got := look(t, db); got.Holder != "a" || got.Epoch != term.Epoch {
			t.Errorf("%+v", got)
		}
		names, err := collect(t.Context(), db.read, scanOne[string], "SELECT hostname || ' ' || id || ' ' || pid FROM scheduler_lock")
		if diff := cmp.Diff([]string{"host of a 1 7"}, names); diff != "" || err != nil {
			t.Error(err, diff)
		}
	})
}

// Whoever works in a term that is over writes nothing, by whatever method of the store.
func TestFenced(t *testing.T) {
	onBothShared(t, func(t *testing.T, one, two *DB) {
		ctx := t.Context()
		refused := 0
		fenced := one.Fenced(take(t, one, "a"), func() { refused++ })
		if err := fenced.EnsureHost(ctx, "mine", "mine"); err != nil || refused != 0 {
			t.Errorf("in its term: %v", err)
		}
		b := take(t, two, "b")
		for what, err := range map[string]error{
			"a method":      fenced.EnsureHost(ctx, "late", "late"),
			"a transaction": fenced.Tx(ctx, func(tx *Tx) error { return insertHost(t, tx, "later") }),
			"nothing":       fenced.Tx(ctx, func(*Tx) error { return nil }),
		} {
			if !errors.Is(err, lease.ErrFenced) || !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: %v", what, err)
			}
		}
		const tries = 3
		if refused != tries {
			t.Errorf("%d refusals", refused)
		}
		if err := two.Fenced(b, func() { t.Error("refused") }).EnsureHost(ctx, "theirs", "theirs"); err != nil {
			t.Error(err)
		}
		if err := one.EnsureHost(ctx, "everybody", "everybody"); err != nil {
			t.Errorf("outside of the fence: %v", err)
		}
		if err := fenced.Close(); err != nil {
			t.Error(err)
		}
		expectHosts(t, one, "everybody", "mine", "theirs")
	})
}

// held is one side of an interleaving that stands still at a point.
type held struct {
	goOn chan struct{}
	done chan error
}

// hold runs one side up to the point where it calls pause.
func hold(t *testing.T, run func(pause func()) error) *held {
	t.Helper()
	h := &held{make(chan struct{}), make(chan error, 1)}
	t.Cleanup(func() { h.release() })
	reached := make(chan struct{})
	go func() {
		h.done <- run(func() {
			close(reached)
			<-h.goOn
		})
	}()
	select {
	case <-reached:
	case err := <-h.done:
		t.Fatalf("it ended before it should stand still: %v", err)
	case <-time.After(20 * time.Second):
		t.Fatal("it does not get as far as it should")
	}
	return h
}

func (h *held) release() {
	select {
	case <-h.goOn:
	default:
		close(h.goOn)
	}
}

// end lets it go on, to its end.
func (h *held) end(t *testing.T) error {
	t.Helper()
	h.release()
	return await(t, h.done)
}

func await[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
		panic("not reached")
	}
}

// blocks reports whether what runs is still waiting after a while; await gives its
// result then as before.
func blocks[T any](from chan T) bool {
	select {
	case v := <-from:
		from <- v
		return false
	case <-time.After(100 * time.Millisecond):
		return true
	}
}

// expectWaiting checks that what runs waits for what is held, or that it does not.
func expectWaiting[T any](t *testing.T, from chan T, waits bool) {
	t.Helper()
	if !waits {
		from <- await(t, from) // however slow it is
	} else if !blocks(from) {
		t.Error("it did not wait")
	}
}

type taken struct {
	epoch int64
	ok    bool
	err   error
}

// A transaction of a term is held open at each of its points while another session takes
// over, renews, releases or steals: the take-over waits for the commit, and no commit of
// the old term comes after it.
func TestInterleaving_WorkIsUnderWay(t *testing.T) {
	onBothShared(t, func(t *testing.T, one, two *DB) {
		ctx := t.Context()
		for _, point := range []string{"guarded", "written"} {
			work := func(t *testing.T, term lease.Term, host string) *held {
				fenced := one.Fenced(term, func() {})
				h := hold(t, func(pause func()) error {
					return fenced.Tx(ctx, func(tx *Tx) error {
						if point == "guarded" {
							pause()
						}
						err := insertHost(t, tx, host)
						if point == "written" {
							pause()
						}
						return err
					})
				})
				return h
			}
			t.Run(point+"/TakeOver", func(t *testing.T) {
				term := take(t, one, "a"+point)
				seen := look(t, two)
				h := work(t, term, "1"+point)
				takeOver := make(chan taken, 1)
				go func() {
					epoch, ok, err := two.TakeLease(ctx, claim(seen, "b"))
					takeOver <- taken{epoch, ok, err}
				}()
				if !blocks(takeOver) {
					t.Error("the take-over did not wait for the work")
				}
				if err := h.end(t); err != nil {
					t.Errorf("the work that came first: %v", err)
				}
				if got := await(t, takeOver); !got.ok || got.err != nil || got.epoch <= term.Epoch {
					t.Errorf("%+v", got)
				}
				if err := one.Fenced(term, func() {}).EnsureHost(ctx, "zombie", "zombie"); !errors.Is(err, lease.ErrFenced) {
					t.Errorf("after the take-over: %v", err)
				}
			})
			t.Run(point+"/Steal", func(t *testing.T) {
				term := take(t, one, "a")
				h := work(t, term, "2"+point)
				steal := make(chan error, 1)
				go func() {
					_, err := two.StealLease(ctx, lease.Scheduler, "test")
					steal <- err
				}()
				if !blocks(steal) {
					t.Error("it was stolen from under the work")
				}
				if err := errors.Join(h.end(t), await(t, steal)); err != nil {
					t.Error(err)
				}
			})
			t.Run(point+"/Renew", func(t *testing.T) {
				term := take(t, one, "a")
				h := work(t, term, "3"+point)
				renewal := make(chan taken, 1)
				go func() {
					ok, err := one.RenewLease(ctx, term, "a-0", "a-1")
					renewal <- taken{0, ok, err}
				}()
				expectWaiting(t, renewal, one.dialect.name == sqliteEngine)
				if err := h.end(t); err != nil {
					t.Error(err)
				}
				if got := await(t, renewal); !got.ok || got.err != nil {
					t.Errorf("%+v", got)
				}
			})
			t.Run(point+"/Work", func(t *testing.T) {
				term := take(t, one, "a")
				h := work(t, term, "5"+point)
				second := make(chan error, 1)
				go func() { second <- two.Fenced(term, func() {}).EnsureHost(ctx, "6"+point, "x") }()
				if !blocks(second) {
					t.Error("two wrote at once")
				}
				if err := errors.Join(h.end(t), await(t, second)); err != nil {
					t.Error(err)
				}
			})
			t.Run(point+"/Release", func(t *testing.T) {
				term := take(t, one, "a")
				h := work(t, term, "7"+point)
				released := make(chan error, 1)
				go func() { released <- was(two.ReleaseLease(ctx, term, "a-0", "too early")) }()
				expectWaiting(t, released, one.dialect.name == sqliteEngine)
				if err := errors.Join(h.end(t), await(t, released)); err != nil {
					t.Error(err)
				}
			})
			t.Run(point+"/ReleaseAndTakeOver", func(t *testing.T) {
				term := take(t, one, "a")
				h := work(t, term, "4"+point)
				order := make(chan taken, 1)
				go func() {
					ok, err := one.ReleaseLease(ctx, term, "a-0", "too early")
					if err != nil || !ok {
						order <- taken{0, ok, err}
						return
					}
					seen, err := two.LookLease(ctx, lease.Scheduler)
					if err != nil {
						order <- taken{0, false, err}
						return
					}
					epoch, ok, err := two.TakeLease(ctx, claim(seen, "b"))
					order <- taken{epoch, ok, err}
				}()
				if !blocks(order) {
					t.Error("a release let a take-over pass the work")
				}
				if err := h.end(t); err != nil {
					t.Error(err)
				}
				if got := await(t, order); !got.ok || got.err != nil {
					t.Errorf("%+v", got)
				}
			})
		}
	})
}

// A take-over is held open at each of its points while the old holder works, renews and
// releases: all of it waits, and is then refused. When the take-over is undone instead,
// all of it goes on.
func TestInterleaving_TakeOverIsUnderWay(t *testing.T) {
	undone := errors.New("the taker died")
	onBothShared(t, func(t *testing.T, one, two *DB) {
		ctx := t.Context()
		for _, point := range []string{"locked", "written"} {
			for _, end := range []error{nil, undone} {
				name := map[error]string{nil: "Committed", undone: "Undone"}[end]
				takeOver := func(t *testing.T, term lease.Term) *held {
					seen := look(t, two)
					h := hold(t, func(pause func()) error {
						return two.beating(ctx, func(tx *Tx) error {
							if err := tx.holdLease(ctx, lease.Scheduler); err != nil {
								return err
							}
							if point == "locked" {
								pause()
							}
							_, ok, err := tx.takeLease(ctx, claim(seen, "b"))
							if err != nil || !ok {
								return fmt.Errorf("not taken from %v: %v, %w", term, ok, err)
							}
							if point == "written" {
								pause()
							}
							return end
						})
					})
					return h
				}
				for what, do := range map[string]func(term lease.Term) (bool, error){
					"Work": func(term lease.Term) (bool, error) {
						err := one.Fenced(term, func() {}).EnsureHost(ctx, "h", "h")
						if errors.Is(err, lease.ErrFenced) {
							return false, nil
						}
						return err == nil, err
					},
					"Renew":   func(term lease.Term) (bool, error) { return one.RenewLease(ctx, term, "a-0", "a-1") },
					"Release": func(term lease.Term) (bool, error) { return one.ReleaseLease(ctx, term, "a-0", "late") },
					"TakeOver": func(lease.Term) (bool, error) {
						seen, err := one.LookLease(ctx, lease.Scheduler)
						if err != nil {
							return false, err
						}
						_, ok, err := one.TakeLease(ctx, claim(seen, "c"))
						return ok, err
					},
				} {
					t.Run(strings.Join([]string{point, name, what}, "/"), func(t *testing.T) {
						term := take(t, one, "a")
						h := takeOver(t, term)
						result := make(chan taken, 1)
						go func() {
							ok, err := do(term)
							result <- taken{0, ok, err}
						}()
						if !blocks(result) {
							t.Error("it did not wait")
						}
						if err := h.end(t); !errors.Is(err, end) {
							t.Errorf("the take-over: %v", err)
						}
						if got := await(t, result); got.err != nil || got.ok != (end != nil) {
							t.Errorf("%+v after the take-over was %s", got, name)
						}
					})
				}
			}
		}
	})
}

// A renewal, a release and a theft are each held open before their commit while another
// session works, renews, releases, takes over and steals; then they are committed, or
// undone. What may pass without waiting is what the fence allows: on PostgreSQL work of
// the term beside a renewal or a release.
func TestInterleaving_ChangeIsUnderWay(t *testing.T) {
	ended := errors.New("its process died")
	changes := map[string]func(context.Context, *Tx, lease.Term) error{
		"Renew": func(ctx context.Context, tx *Tx, term lease.Term) error {
			return was(tx.renewLease(ctx, term, "a-0", "a-1"))
		},
		"Release": func(ctx context.Context, tx *Tx, term lease.Term) error {
			return was(tx.releaseLease(ctx, term, "a-0", "test"))
		},
		"Steal": func(ctx context.Context, tx *Tx, _ lease.Term) error {
			_, err := tx.stealLease(ctx, lease.Scheduler, "test")
			return err
		},
	}
	onBothShared(t, func(t *testing.T, one, two *DB) {
		sqlite := one.dialect.name == sqliteEngine
		for change, begin := range changes {
			for _, end := range []error{nil, ended} {
				for what, do := range others(t, two) {
					t.Run(fmt.Sprintf("%s/%v/%s", change, end == nil, what), func(t *testing.T) {
						ctx := t.Context()
						term := take(t, one, "a")
						seen := look(t, two)
						h := hold(t, func(pause func()) error {
							return one.beating(ctx, func(tx *Tx) error {
								if err := begin(ctx, tx, term); err != nil {
									return err
								}
								pause()
								return end
							})
						})
						result := make(chan taken, 1)
						go func() {
							ok, err := do(term, seen)
							result <- taken{0, ok, err}
						}()
						passes := !sqlite && what == "Work" && change != "Steal"
						expectWaiting(t, result, !passes)
						if err := h.end(t); !errors.Is(err, end) {
							t.Error(err)
						}
						stays := what == "Steal" || what == "Work" && (passes || change == "Renew")
						if got := await(t, result); got.err != nil || got.ok != (end != nil || stays) {
							t.Errorf("%+v", got)
						}
					})
				}
			}
		}
	})
}

// was is an error when a change that should be possible was not.
func was(ok bool, err error) error {
	if err == nil && !ok {
		err = errors.New("it was refused")
	}
	return err
}

// others are what another session may do meanwhile, to a term and a row as it was before.
func others(t *testing.T, two *DB) map[string]func(lease.Term, lease.Row) (bool, error) {
	t.Helper()
	ctx := t.Context()
	return map[string]func(lease.Term, lease.Row) (bool, error){
		"Work": func(term lease.Term, _ lease.Row) (bool, error) {
			err := two.Fenced(term, func() {}).EnsureHost(ctx, "h", "h")
			if errors.Is(err, lease.ErrFenced) {
				return false, nil
			}
			return err == nil, err
		},
		"Renew":   func(term lease.Term, _ lease.Row) (bool, error) { return two.RenewLease(ctx, term, "a-0", "clone") },
		"Release": func(term lease.Term, _ lease.Row) (bool, error) { return two.ReleaseLease(ctx, term, "a-0", "clone") },
		"TakeOver": func(_ lease.Term, seen lease.Row) (bool, error) {
			_, ok, err := two.TakeLease(ctx, claim(seen, "b"))
			return ok, err
		},
		"Steal": func(lease.Term, lease.Row) (bool, error) {
			_, err := two.StealLease(ctx, lease.Scheduler, "again")
			return err == nil, err
		},
	}
}

// A leader that is paused in the middle of a transaction holds nobody up for ever: the
// server ends its session, and what it had begun is not kept.
func TestPostgres_APausedTransactionEnds(t *testing.T) {
	address := postgrestest.Database(t)
	one, two := opened(t, address), opened(t, address)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	term := take(t, one, "a")
	seen := look(t, two)
	calls := 0
	paused := hold(t, func(pause func()) error {
		return one.Fenced(term, func() {}).Tx(ctx, func(tx *Tx) error {
			if calls++; calls > 1 {
				return nil
			}
			err := errors.Join(tx.exec(ctx, "SET LOCAL idle_in_transaction_session_timeout = '500ms'"), insertHost(t, tx, "zombie"))
			pause()
			return err
		})
	})
	if _, ok, err := two.TakeLease(ctx, claim(seen, "b")); !ok || err != nil {
		t.Errorf("the take-over: %v, %v", ok, err)
	}
	if err := two.EnsureHost(ctx, "alive", "alive"); err != nil {
		t.Errorf("other writers: %v", err)
	}
	if err := paused.end(t); err == nil {
		t.Error("the zombie committed")
	}
	expectHosts(t, two, "alive")
}
