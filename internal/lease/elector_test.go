package lease_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/lease"
)

const soon = 3 * time.Second

func TestElector_LeadsAndKeepsLeading(t *testing.T) {
	bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
		a := start()
		until(t, "it leads", soon, a.Leading)
		b := start()
		for range 60 * 60 {
			time.Sleep(time.Second)
			if !a.Leading() || b.Leading() {
				t.Fatalf("a %+v, b %+v", a.State(), b.State())
			}
		}
		if a.terms != 1 || b.terms != 0 || a.State().Left < 40*time.Second || b.State().Phase != lease.Standby || b.State().Row.Info.PID != 1 {
			t.Errorf("a %+v, b %+v", a.State(), b.State())
		}
		if got := s.told(lease.Acquired); !slices.Equal(got, []string{"free"}) {
			t.Errorf("reasons %v", got)
		}
	})
}

func TestElector_HandsOverWhenItStops(t *testing.T) {
	bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
		a := start()
		until(t, "it leads", soon, a.Leading)
		b := start()
		time.Sleep(time.Minute)
		a.end()
		took := until(t, "the other leads", 7*time.Second, b.Leading)
		if err := <-a.done; err != nil || a.working() {
			t.Errorf("%v, works %v", err, a.working())
		}
		t.Logf("handed over in %s", took)
		if got := s.told(lease.Released); !slices.Equal(got, []string{"shutdown"}) {
			t.Errorf("%v", got)
		}
	})
}

// The notification of a database is quicker than the next look.
func TestElector_Hint(t *testing.T) {
	bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
		a := start()
		until(t, "it leads", soon, a.Leading)
		b := start()
		time.Sleep(time.Minute)
		a.end()
		<-a.done
		b.Hint()
		until(t, "the other leads", 100*time.Millisecond, b.Leading)
	})
}

func TestElector_TakesOverAfterACrash(t *testing.T) {
	t.Run("Watched", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
			a := start()
			until(t, "it leads", soon, a.Leading)
			b := start()
			time.Sleep(10 * time.Minute)
			a.kill()
			took := until(t, "the other leads", 70*time.Second, b.Leading)
			t.Logf("taken over in %s: %v", took, s.told(lease.Acquired))
			if took < 40*time.Second {
				t.Errorf("taken over after %s: too early", took)
			}
		})
	})
	t.Run("LongAgo", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
			a := start()
			until(t, "it leads", soon, a.Leading)
			a.kill()
			<-a.done
			time.Sleep(time.Hour)
			b := start()
			until(t, "the other leads", 32*time.Second, b.Leading)
			if got := s.told(lease.Acquired); !slices.Equal(got, []string{"free", "db-stale"}) {
				t.Errorf("%v", got)
			}
		})
	})
	t.Run("TheKernelKnows", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "lock")
		bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
			locks := []*lease.KernelLock{lease.NewKernelLock(path), lease.NewKernelLock(path)}
			locked := func(n int) setting { return func(o *lease.Options, _ *process) { o.Lock = locks[n] } }
			a := start(locked(0))
			until(t, "it leads", soon, a.Leading)
			b := start(locked(1))
			time.Sleep(30 * time.Second)
			if b.Leading() {
				t.Fatal("it took what is held")
			}
			a.kill()
			<-a.done
			locks[0].Drop() // the kernel does it
			b.Hint()
			until(t, "the other leads", soon, b.Leading)
			if got := s.told(lease.Acquired); !slices.Equal(got, []string{"free", "crashed"}) {
				t.Errorf("%v", got)
			}
		})
	})
}

// Whatever a clock is set to, a holder that beats keeps its lease.
func TestElector_SteppedClocksStealNothing(t *testing.T) {
	bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
		a := start()
		until(t, "it leads", soon, a.Leading)
		b := start()
		time.Sleep(time.Minute)
		for _, step := range []time.Duration{time.Hour, -2 * time.Hour, 30 * 24 * time.Hour, -60 * 24 * time.Hour} {
			s.mu.Lock()
			s.shift += step
			s.mu.Unlock()
			for range 300 {
				time.Sleep(time.Second)
				if !a.Leading() || b.Leading() {
					t.Fatalf("after a step of %s: %+v", step, b.State())
				}
			}
		}
	})
}

// Half a minute without a database does not even cancel what runs, whenever it begins.
func TestElector_SurvivesAShortOutage(t *testing.T) {
	bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
		a := start()
		until(t, "it leads", soon, a.Leading)
		start()
		for i := range 30 {
			time.Sleep(time.Minute + time.Duration(i)*400*time.Millisecond)
			a.session.set(down)
			time.Sleep(30 * time.Second)
			a.session.set(nil)
		}
		time.Sleep(time.Minute)
		if a.terms != 1 || !a.Leading() {
			t.Errorf("%d terms, %+v", a.terms, a.State())
		}
	})
}

func TestElector_ALongOutageEndsTheTerm(t *testing.T) {
	bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
		a := start()
		until(t, "it leads", soon, a.Leading)
		time.Sleep(time.Minute)
		a.session.set(down)
		soft := until(t, "its work ends", 46*time.Second, func() bool { return !a.working() })
		if soft < 30*time.Second || a.Leading() {
			t.Errorf("after %s, %+v", soft, a.State())
		}
		until(t, "trust ends", 12*time.Second, func() bool { return !a.current.Trusted() })
		if state := a.State(); state.Phase != lease.Blocked && state.Phase != lease.Stepping {
			t.Errorf("%+v", state)
		}
		time.Sleep(2 * time.Minute)
		if len(a.died) > 0 {
			t.Errorf("it died: %v", a.died)
		}
		a.session.set(nil)
		until(t, "it leads again", 20*time.Second, a.Leading)
		if got := s.told(lease.Acquired); !slices.Equal(got, []string{"free", "self"}) {
			t.Errorf("%v", got)
		}
	})
}

// Replies that are lost, and only they, cost no term.
func TestElector_LostReplies(t *testing.T) {
	bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
		a := start()
		until(t, "it leads", soon, a.Leading)
		a.session.set(func(what string) (before, after error) {
			if what == "renew" {
				return replyLost(what)
			}
			return nil, nil
		})
		time.Sleep(10 * time.Minute)
		if a.terms != 1 || !a.Leading() {
			t.Errorf("%d terms, %+v", a.terms, a.State())
		}
	})
}

// A renewal whose outcome could not be asked may have come through: the next one finds
// its nonce, and goes on from it, trusting from when that attempt began.
func TestElector_ARenewalComesThroughUnseen(t *testing.T) {
	bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
		a := start()
		until(t, "it leads", soon, a.Leading)
		for range 20 {
			renewed := false
			a.session.set(func(what string) (before, after error) {
				switch {
				case what == "renew" && !renewed:
					renewed = true
					return nil, errDown
				default:
					return errDown, nil
				}
			})
			time.Sleep(20 * time.Second)
			a.session.set(nil)
			time.Sleep(20 * time.Second)
		}
		if a.terms != 1 || !a.Leading() {
			t.Errorf("%d terms, %+v", a.terms, a.State())
		}
	})
}

// slow lets a database answer late.
func slow(what string) (before, after error) {
	if what == "renew" {
		time.Sleep(4 * time.Second)
	}
	return nil, nil
}

// Trust counts from when an attempt began, however late its answer comes.
func TestElector_TrustCountsFromTheStart(t *testing.T) {
	bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
		a := start()
		until(t, "it leads", soon, a.Leading)
		a.session.set(slow)
		time.Sleep(20 * time.Second)
		for range 600 {
			time.Sleep(100 * time.Millisecond)
			if left := a.State().Left; left > 51*time.Second+100*time.Millisecond || left < 30*time.Second {
				t.Fatalf("%s are left", left)
			}
		}
		if a.terms != 1 {
			t.Errorf("%d terms", a.terms)
		}
	})
}

// An answer that comes after trust has ended brings nothing back.
func TestElector_ADeadTermStaysDead(t *testing.T) {
	for _, back := range []time.Duration{49 * time.Second, 50 * time.Second, 51 * time.Second, 52 * time.Second, 53 * time.Second} {
		bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
			a := start(stubborn)
			until(t, "it leads", soon, a.Leading)
			a.session.set(down)
			anchor := a.State().SeenAgo
			time.Sleep(back - anchor)
			a.session.set(slow)
			ended := false
			for range 300 {
				time.Sleep(100 * time.Millisecond)
				trusted := a.current.Trusted()
				if ended && trusted {
					t.Fatalf("with a database that is back after %s, trust came back", back)
				}
				ended = ended || !trusted
			}
		})
	}
}

func TestElector_FindsAClone(t *testing.T) {
	bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
		a := start()
		until(t, "it leads", soon, a.Leading)
		s.mu.Lock()
		s.row.Nonce = "the clone's"
		s.mu.Unlock()
		until(t, "it stands down", 15*time.Second, func() bool { return !a.Leading() })
		if a.current.Trusted() || a.current.Left() != 0 {
			t.Error("it still trusts its term")
		}
		until(t, "it is noted", 5*time.Second, func() bool { return len(s.told(lease.StoodDown)) == 1 })
		if got := s.told(lease.StoodDown); !strings.Contains(got[0], "cloned") {
			t.Errorf("%v", got)
		}
	})
}

func TestElector_Paused(t *testing.T) {
	t.Run("Shortly", func(t *testing.T) {
		bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
			a := start()
			until(t, "it leads", soon, a.Leading)
			b := start()
			time.Sleep(time.Minute)
			for range 5 {
				a.pause()
				time.Sleep(30 * time.Second)
				a.resume()
				time.Sleep(time.Minute)
			}
			if a.terms != 1 || !a.Leading() || b.terms != 0 {
				t.Errorf("%d terms, %+v", a.terms, a.State())
			}
		})
	})
	t.Run("PastItsTerm", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
			a := start()
			until(t, "it leads", soon, a.Leading)
			b := start()
			time.Sleep(time.Minute)
			a.pause()
			until(t, "the other leads", 70*time.Second, b.Leading)
			time.Sleep(30 * time.Second)
			old := a.current
			a.resume()
			if a.Leading() || old.Trusted() || old.Left() != 0 || a.session.commit(old.Term) {
				t.Error("the old leader may still do something")
			}
			until(t, "the old one stands by", 20*time.Second, func() bool { return a.State().Phase == lease.Standby })
			if len(s.told(lease.StoodDown)) != 1 || len(a.died) > 0 {
				t.Errorf("%v, died %v", s.told(lease.StoodDown), a.died)
			}
		})
	})
}

// Work that ignores that it should end must not outlive its term.
func TestElector_StubbornWork(t *testing.T) {
	bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
		a := start(stubborn)
		until(t, "it leads", soon, a.Leading)
		time.Sleep(25 * time.Second)
		a.session.set(down)
		until(t, "it dies", 56*time.Second, func() bool {
			a.mu.Lock()
			defer a.mu.Unlock()
			return len(a.died) > 0
		})
		if a.current.Trusted() || !a.working() {
			t.Error("it died while all was well")
		}
		time.Sleep(2 * time.Hour)
		if len(a.died) != 1 {
			t.Errorf("it died %d times", len(a.died))
		}
	})
}

// The row is held until nothing of the work runs any more, however long that takes.
func TestElector_ReleasesAfterItsWork(t *testing.T) {
	bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
		ended := false
		a := start(func(o *lease.Options, p *process) {
			o.Work = func(ctx context.Context, l *lease.Leadership) {
				p.mu.Lock()
				p.current = l
				p.mu.Unlock()
				<-ctx.Done()
				time.Sleep(20 * time.Second)
				ended = true
			}
		})
		until(t, "it leads", soon, a.Leading)
		b := start()
		time.Sleep(time.Minute)
		if err := a.HandOver("test"); err != nil {
			t.Fatal(err)
		}
		until(t, "the other leads", 30*time.Second, b.Leading)
		if !ended || a.leadership().Trusted() {
			t.Error("the lease was given away while work ran")
		}
	})
}

// A second process ends where it is not wanted, but only once it has seen the first one
// live: a crash locks nobody out.
func TestElector_Refuse(t *testing.T) {
	t.Run("TheOtherLives", func(t *testing.T) {
		bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
			a := start(refuse)
			until(t, "it leads", soon, a.Leading)
			b := start(refuse)
			began := time.Now()
			err := <-b.done
			var held *lease.HeldError
			if !errors.As(err, &held) || held.Row.Info.PID != 1 || time.Since(began) > 20*time.Second {
				t.Fatalf("%v after %s", err, time.Since(began))
			}
			told := fault.MessageOf(held.Fault()) + fault.MendOf(held.Fault())
			for _, want := range []string{"process 1 on test", "version 1", "since 2000", "last beat", "--standby=allow", "--data-dir"} {
				if !strings.Contains(told, want) {
					t.Errorf("%q lacks %q", told, want)
				}
			}
			if !a.Leading() {
				t.Error("the first one stopped")
			}
		})
	})
	t.Run("TheOtherIsDead", func(t *testing.T) {
		bubble(t, func(t *testing.T, _ *table, start func(...setting) *process) {
			a := start(refuse)
			until(t, "it leads", soon, a.Leading)
			a.kill()
			<-a.done
			b := start(refuse)
			until(t, "it leads", 70*time.Second, b.Leading)
		})
	})
}

func TestElector_HandOver(t *testing.T) {
	bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
		a := start()
		if err := a.HandOver("too early"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("%v", err)
		}
		until(t, "it leads", soon, a.Leading)
		b := start()
		time.Sleep(time.Minute)
		if err := a.HandOver("ada wants it"); err != nil {
			t.Fatal(err)
		}
		until(t, "the other leads", 7*time.Second, b.Leading)
		b.end()
		<-b.done
		until(t, "it leads again", 20*time.Second, a.Leading)
		if err := a.HandOver("nobody else is there"); err != nil {
			t.Fatal(err)
		}
		until(t, "it gives it up", soon, func() bool { return !a.Leading() })
		until(t, "it takes it again", 20*time.Second, a.Leading)
		if got := s.told(lease.Released); !slices.Equal(got, []string{"ada wants it", "shutdown", "nobody else is there"}) {
			t.Errorf("%v", got)
		}
	})
}

func ended(p *process) bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func TestDurations(t *testing.T) {
	const second = time.Second
	if err := lease.Derive(60*second, 10*second).Check(); err != nil {
		t.Error(err)
	}
	if got := lease.Derive(60*second, 10*second); got.Attempt != 5*second || got.Retry != 2*second || got.Soft != 45*second ||
		got.Hard() != 55*second || got.Poll != 5*second || got.Quick != 25*second || got.Tick != second {
		t.Errorf("%+v", got)
	}
	for name, change := range map[string]func(*lease.Durations){
		"Nothing":       func(d *lease.Durations) { *d = lease.Durations{} },
		"TooLong":       func(d *lease.Durations) { *d = lease.Derive(2*time.Hour, time.Minute) },
		"FewBeats":      func(d *lease.Durations) { *d = lease.Derive(60*second, 13*second) },
		"SlowAttempt":   func(d *lease.Durations) { d.Attempt = d.Heartbeat },
		"ThinMargin":    func(d *lease.Durations) { d.Margin-- },
		"LateSoft":      func(d *lease.Durations) { d.Soft = 50 * second },
		"Impatient":     func(d *lease.Durations) { d.Quick = 20 * second },
		"NoPoll":        func(d *lease.Durations) { d.Poll = 0 },
		"SleepyStandby": func(d *lease.Durations) { d.Poll = 11 * second },
	} {
		d := lease.Derive(60*second, 10*second)
		change(&d)
		if err := d.Check(); !fault.Is(err, fault.Invalid) || fault.MendOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := lease.New(lease.Options{Durations: d}); err == nil {
			t.Errorf("%s: an elector takes it", name)
		}
	}
}
