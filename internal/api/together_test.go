package api_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bangui/internal/api"
	"bangui/internal/store"
	"bangui/internal/store/storetest"
)

// beside is another console on the same database.
func (d *desk) beside() *desk {
	d.t.Helper()
	other := openDesk(d.t, d.changes...)
	other.db, other.cookie = d.db, d.cookie
	other.people = peopleOf(d.t, d.db)
	other.build()
	return other
}

func shared(rates api.Rates) func(*api.Options) {
	return func(o *api.Options) { o.Rates = rates }
}

// Two consoles on one database take from one share of a class. Reading has none, and what
// was refused counts nowhere.
func TestRate_ConsolesShareTheClasses(t *testing.T) {
	a := openDesk(t)
	a.changes = append(a.changes, shared(a.db))
	a.build()
	b := a.beside()
	lift := scenario{name: "lift", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, status: 200}
	for n := range 60 {
		console := []*desk{a, b}[n%2]
		answer, body := console.send(lift)
		if answer.StatusCode != 200 {
			t.Fatalf("change %d: %d %s", n+1, answer.StatusCode, body)
		}
		if want := `"unban";r=` + itoa(59-n) + ";"; !strings.Contains(answer.Header.Get("RateLimit"), want) {
			t.Fatalf("change %d: %s lacks %s", n+1, answer.Header.Get("RateLimit"), want)
		}
	}
	lift.status, lift.has = 429, []string{`"code":"rate_limited"`, "More than 60 requests of the class unban"}
	for range 200 { // were they counted, b would refuse to read
		b.run(lift)
	}
	a.run(lift)
	if got := a.host.writes() + b.host.writes(); got != 60 {
		t.Errorf("%d changes were made, want 60", got)
	}
	b.run(scenario{name: "read", method: "GET", path: "/api/v1/hosts", status: 200})
	b.run(scenario{name: "another class", method: "POST", path: "/api/v1/bans", body: `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, status: 200})
}

// What nobody was admitted for, and what only reads, costs the database nothing.
func TestRate_StrangersAndReadersAreNotWritten(t *testing.T) {
	d := openDesk(t)
	counting := &countedRates{Rates: d.db}
	d.changes = append(d.changes, shared(counting))
	d.build()
	d.run(scenario{name: "read", method: "GET", path: "/api/v1/hosts", status: 200})
	d.run(scenario{name: "stranger", method: "POST", path: "/api/v1/bans/lift", body: `{}`, header: as(""), status: 401})
	if counting.asked != 0 {
		t.Errorf("the database was asked %d times", counting.asked)
	}
	d.run(scenario{name: "change", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, status: 200})
	if counting.asked != 1 {
		t.Errorf("the database was asked %d times for a change", counting.asked)
	}
}

// countedRates counts how often the store is asked.
type countedRates struct {
	api.Rates
	asked int
}

func (c *countedRates) TakeRate(ctx context.Context, place string, most int, span time.Duration) ([]time.Duration, bool, error) {
	c.asked++
	return c.Rates.TakeRate(ctx, place, most, span)
}

// Where the count of all is away, each console's own holds: the door is neither open nor
// closed.
func TestRate_WithoutTheDatabaseEachCountsForItself(t *testing.T) {
	away, err := store.Open(t.Context(), storetest.Place(t))
	if err == nil {
		err = away.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	d := openDesk(t, shared(away))
	lift := scenario{name: "lift", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, status: 200}
	for range 60 {
		d.run(lift)
	}
	lift.status, lift.has = 429, []string{`"code":"rate_limited"`}
	d.run(lift)
}

// However many sign in or change something at once, few of them are at the database to be
// counted: it has other things to record.
func TestRate_FewCountAtOnce(t *testing.T) {
	d := openDesk(t)
	slow := &slowRates{Rates: d.db, entered: make(chan struct{}, 100), goOn: make(chan struct{})}
	d.changes = append(d.changes, shared(slow))
	d.build()
	const many = 12
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			d.run(scenario{name: "change", method: "POST", path: "/api/v1/bans/lift", body: `{"addresses":["203.0.113.1"],"jails":["sshd"]}`, status: 200})
		})
	}
	for range 4 {
		<-slow.entered
	}
	close(slow.goOn)
	all.Wait()
	if most := slow.most.Load(); most != 4 {
		t.Errorf("%d were counted at once", most)
	}
}

// slowRates lets nobody go on until the test says so.
type slowRates struct {
	api.Rates
	now, most atomic.Int64
	entered   chan struct{}
	goOn      chan struct{}
}

func (s *slowRates) TakeRate(ctx context.Context, place string, most int, span time.Duration) ([]time.Duration, bool, error) {
	now := s.now.Add(1)
	defer s.now.Add(-1)
	for before := s.most.Load(); now > before && !s.most.CompareAndSwap(before, now); before = s.most.Load() {
	}
	s.entered <- struct{}{}
	<-s.goOn
	return s.Rates.TakeRate(ctx, place, most, span)
}
