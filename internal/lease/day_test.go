package lease_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bangui/internal/lease"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// day is a day of three consoles to which something happens each hour.
type day struct {
	t     *testing.T
	table *table
	start func(...setting) *process
	all   []*process // three that live
	log   strings.Builder
	told  int // events that are in the log
}

// scene is what happens in an hour. It begins with a leader and two standbys that are
// well, and leaves it to the rest of the hour that it is so again.
type scene struct {
	title string
	play  func(d *day, leader *process)
}

func scenes() []scene {
	return []scene{
		{"kill -9 of the holder", func(d *day, leader *process) {
			leader.kill()
			d.another(leader, 70*time.Second)
		}},
		{"all are killed, one starts again an hour later", func(d *day, _ *process) {
			for _, p := range d.all {
				p.kill()
				<-p.done
			}
			time.Sleep(30 * time.Minute)
			d.all = []*process{d.start()}
			until(d.t, "it leads", 32*time.Second, d.all[0].Leading)
			d.all = append(d.all, d.start(), d.start())
		}},
		{"SIGTERM", func(d *day, leader *process) {
			leader.end()
			d.another(leader, 7*time.Second)
		}},
		{"SIGSTOP for 30 s", func(d *day, leader *process) {
			leader.pause()
			time.Sleep(30 * time.Second)
			leader.resume()
			d.remains(leader, time.Minute)
		}},
		{"SIGSTOP for 120 s", func(d *day, leader *process) {
			leader.pause()
			d.another(leader, 70*time.Second)
			time.Sleep(50 * time.Second)
			leader.resume()
		}},
		{"SIGSTOP in a transaction on SQLite, killed after 90 s", func(d *day, leader *process) {
			d.setOneWriter(true)
			tx := leader.session.begin(leader.leadership().Term)
			leader.pause()
			time.Sleep(90 * time.Second)
			if tx == nil || d.leading() != nil {
				d.t.Error("somebody passed a transaction that is open")
			}
			leader.kill()
			d.another(leader, 20*time.Second)
			d.setOneWriter(false)
		}},
		{"SIGSTOP in a transaction on PostgreSQL", func(d *day, leader *process) {
			tx := leader.session.begin(leader.leadership().Term)
			leader.pause()
			d.another(leader, 70*time.Second+idleInTx)
			leader.resume()
			if tx == nil || leader.session.end(tx) {
				d.t.Error("a transaction was committed that the server had ended")
			}
		}},
		{"the machine sleeps for ten minutes", func(d *day, _ *process) {
			for _, p := range d.all {
				p.pause()
			}
			time.Sleep(10 * time.Minute)
			for _, p := range d.all {
				p.resume()
			}
			d.another(nil, 90*time.Second)
		}},
		{"the hypervisor stops the holder, and its boot clock", func(d *day, leader *process) {
			old := leader.leadership()
			leader.pause()
			d.another(leader, 70*time.Second)
			leader.lag()
			if !old.Trusted() || leader.session.commit(old.Term) {
				d.t.Error("only the fence can refuse it, and it did not")
			}
			time.Sleep(15 * time.Second)
			if old.Trusted() {
				d.t.Error("it does not find out")
			}
		}},
		{"the machine is cloned", func(d *day, leader *process) {
			d.table.mu.Lock()
			d.table.row.Nonce = "the clone's"
			d.table.mu.Unlock()
			until(d.t, "one copy stops", 15*time.Second, func() bool { return !leader.Leading() })
		}},
		{"the wall clock is an hour ahead, and back", func(d *day, leader *process) {
			d.shift(time.Hour)
			d.remains(leader, 10*time.Minute)
			d.shift(-time.Hour)
			d.remains(leader, 10*time.Minute)
		}},
		{"the database is down for 20 s", func(d *day, leader *process) {
			leader.session.set(down)
			time.Sleep(20 * time.Second)
			leader.session.set(nil)
			d.remains(leader, time.Minute)
		}},
		{"the database is down for 120 s", func(d *day, leader *process) {
			d.setAll(down)
			time.Sleep(47 * time.Second)
			if leader.Leading() || leader.working() {
				d.t.Errorf("after the soft stop: %+v", leader.State())
			}
			time.Sleep(73 * time.Second)
			d.setAll(nil)
			d.another(nil, 30*time.Second)
		}},
		{"a renewal takes 8 s", func(d *day, leader *process) {
			leader.session.setLate(3 * time.Second)
			time.Sleep(5 * time.Second)
			leader.session.set(nil)
			d.remains(leader, time.Minute)
		}},
		{"replies are lost for ten minutes", func(d *day, leader *process) {
			leader.session.set(func(what string) (before, after error) {
				if what == "renew" {
					return nil, errDown
				}
				return nil, nil
			})
			d.remains(leader, 10*time.Minute)
			leader.session.set(nil)
		}},
		{"the disk is full for five minutes", func(d *day, leader *process) {
			d.setAll(func(what string) (before, after error) {
				if what == "look" {
					return nil, nil
				}
				return errDown, nil
			})
			time.Sleep(5 * time.Minute)
			if leader.Leading() || d.leading() != nil {
				d.t.Error("somebody leads who can't write")
			}
			d.setAll(nil)
			d.another(nil, 70*time.Second)
		}},
		{"a failover loses the last second", func(d *day, _ *process) {
			d.table.mu.Lock()
			before := d.table.row
			d.table.mu.Unlock()
			until(d.t, "it beats", 15*time.Second, func() bool { return d.row().Beat > before.Beat })
			d.table.mu.Lock()
			d.table.row = before
			d.table.mu.Unlock()
			d.another(nil, 40*time.Second)
		}},
		{"the database is restored from a backup of the hour before", func(d *day, leader *process) {
			d.table.mu.Lock()
			d.table.row.Epoch, d.table.row.Holder, d.table.row.Nonce = d.table.now().UnixMilli(), "", ""
			d.table.mu.Unlock()
			until(d.t, "it stands down", 15*time.Second, func() bool { return !leader.Leading() })
			d.another(leader, 15*time.Second)
		}},
		{"two containers with the same host name and process id", func(d *day, leader *process) {
			for _, p := range d.all {
				if p != leader {
					p.end()
					<-p.done
				}
			}
			same := func(o *lease.Options, _ *process) { o.Info.PID = 1 }
			d.all = []*process{leader, d.start(same), d.start(same)}
			leader.kill()
			next := d.another(leader, 70*time.Second)
			time.Sleep(10 * time.Minute)
			if d.leading() != next {
				d.t.Error("they took each other for the same")
			}
		}},
		{"work ignores that it should end", func(d *day, leader *process) {
			leader.be(true)
			leader.session.set(down)
			until(d.t, "it dies", 60*time.Second, func() bool { return len(leader.deaths()) > 0 })
			leader.kill()
			d.another(leader, 30*time.Second)
		}},
		{"an operator steals the lease", func(d *day, leader *process) {
			d.table.mu.Lock()
			d.table.row.Epoch++
			d.table.row.Holder, d.table.row.Nonce = "", ""
			d.table.mu.Unlock()
			until(d.t, "it stands down", 15*time.Second, func() bool { return !leader.Leading() })
		}},
		{"it is handed over on demand", func(d *day, leader *process) {
			if err := leader.HandOver("ada wants it"); err != nil {
				d.t.Error(err)
			}
			d.another(leader, 7*time.Second)
		}},
		{"a standby starts and ends each minute", func(d *day, leader *process) {
			for range 20 {
				p := d.start()
				time.Sleep(time.Minute)
				p.end()
				<-p.done
			}
			d.remains(leader, time.Minute)
		}},
		{"nothing", func(d *day, leader *process) { d.remains(leader, 50*time.Minute) }},
	}
}

// A day with all that can happen, an hour each: what is kept of it is always the same,
// and never do two lead.
func TestElector_ADay(t *testing.T) {
	var log string
	bubble(t, func(t *testing.T, s *table, start func(...setting) *process) {
		// Nothing of one happens at the instant of something of another: the order would be
		// any, and so the log.
		d := &day{t: t, table: s, start: func(more ...setting) *process {
			const before, after = 37 * time.Millisecond, 14 * time.Millisecond
			time.Sleep(before)
			p := start(append(more, seldom)...)
			time.Sleep(after)
			return p
		}}
		d.all = []*process{d.start(), d.start(), d.start()}
		began := time.Now()
		for hour, scene := range scenes() {
			leader := d.well()
			d.write()
			fmt.Fprintf(&d.log, "%02d:00 %s\n", hour, scene.title)
			scene.play(d, leader)
			for time.Since(began) < time.Duration(hour+1)*time.Hour {
				time.Sleep(5 * time.Second)
				d.leading()
			}
		}
		d.write()
		log = d.log.String()
	})
	path := filepath.Join("testdata", "day.golden")
	if *update {
		if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if diff := cmp.Diff(string(want), log); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// seldom works each ten seconds: a day is long.
func seldom(_ *lease.Options, p *process) { p.every = 9500300 * time.Microsecond }

// well waits until all live and one of them leads.
func (d *day) well() *process {
	d.t.Helper()
	for i, p := range d.all {
		if ended(p) {
			d.all[i] = d.start()
		}
	}
	until(d.t, "somebody leads", 75*time.Second, func() bool { return d.leading() != nil })
	time.Sleep(30 * time.Second)
	return d.leading()
}

// leading is who leads; nil when nobody does.
func (d *day) leading() (leader *process) {
	for _, p := range d.all {
		if p.paused() || !p.Leading() {
			continue
		}
		if leader != nil {
			d.t.Fatalf("two lead: %+v and %+v", leader.State(), p.State())
		}
		leader = p
	}
	return leader
}

// another waits until a process leads that is not this one.
func (d *day) another(than *process, within time.Duration) *process {
	d.t.Helper()
	until(d.t, "another one leads", within, func() bool { p := d.leading(); return p != nil && p != than })
	return d.leading()
}

// remains checks that one process leads all the while, in one term.
func (d *day) remains(leader *process, during time.Duration) {
	d.t.Helper()
	terms := leader.terms
	for began := time.Now(); time.Since(began) < during; time.Sleep(5 * time.Second) {
		if d.leading() != leader {
			d.t.Fatalf("it leads no more: %+v", leader.State())
		}
	}
	if leader.terms != terms {
		d.t.Error("it leads in another term")
	}
}

func (d *day) setAll(fault func(string) (before, after error)) {
	for _, p := range d.all {
		p.session.set(fault)
	}
}

func (d *day) shift(by time.Duration) {
	d.table.mu.Lock()
	defer d.table.mu.Unlock()
	d.table.shift += by
}

func (d *day) setOneWriter(is bool) {
	d.table.mu.Lock()
	defer d.table.mu.Unlock()
	d.table.oneWriter = is
}

func (d *day) row() lease.Row {
	d.table.mu.Lock()
	defer d.table.mu.Unlock()
	return d.table.row
}

// write adds the events since the last time to the log, by the order of their holders.
func (d *day) write() {
	d.table.mu.Lock()
	defer d.table.mu.Unlock()
	for _, e := range d.table.events[d.told:] {
		fmt.Fprintf(&d.log, "      process %d %s: %s\n", e.Info.PID, e.Kind, withoutNumbers(e.Reason))
	}
	d.told = len(d.table.events)
}

// withoutNumbers leaves out the epoch of a reason, which is a time.
func withoutNumbers(reason string) string {
	text, _, _ := strings.Cut(reason, " (epoch")
	return text
}
