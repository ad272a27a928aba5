package event_test

import (
	"sync"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"

	"github.com/google/go-cmp/cmp"
)

func subscribe(t *testing.T, bus *event.Bus, buffer int) *event.Subscription {
	t.Helper()
	s, err := bus.Subscribe(buffer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func numbered(from, to int64) []event.Event {
	var all []event.Event
	for id := from; id <= to; id++ {
		all = append(all, event.Event{ID: id})
	}
	return all
}

// drain reads what a closed or idle subscription still holds.
func drain(s *event.Subscription) (ids []int64, closed bool) {
	for {
		select {
		case e, ok := <-s.C:
			if !ok {
				return ids, true
			}
			ids = append(ids, e.ID)
		default:
			return ids, false
		}
	}
}

func TestBus_EachReaderGetsAllInOrder(t *testing.T) {
	bus := event.NewBus()
	readers := []*event.Subscription{subscribe(t, bus, 10), subscribe(t, bus, 3)}
	bus.Publish(numbered(1, 2)...)
	bus.Publish(numbered(3, 3)...)
	for i, s := range readers {
		ids, closed := drain(s)
		if diff := cmp.Diff([]int64{1, 2, 3}, ids); diff != "" || closed || s.Lagged() {
			t.Errorf("reader %d (closed %v, lagged %v): %s", i, closed, s.Lagged(), diff)
		}
	}
}

func TestBus_ASlowReaderIsDroppedAndTheOthersGoOn(t *testing.T) {
	bus := event.NewBus()
	slow, quick := subscribe(t, bus, 2), subscribe(t, bus, 10)
	bus.Publish(numbered(1, 5)...)
	ids, closed := drain(slow)
	if diff := cmp.Diff([]int64{1, 2}, ids); diff != "" || !closed || !slow.Lagged() {
		t.Errorf("the slow reader (closed %v, lagged %v): %s", closed, slow.Lagged(), diff)
	}
	if ids, closed := drain(quick); len(ids) != 5 || closed || quick.Lagged() {
		t.Errorf("the quick reader got %v, closed %v, lagged %v", ids, closed, quick.Lagged())
	}
	slow.Close() // harmless
}

func TestSubscription_Close(t *testing.T) {
	bus := event.NewBus()
	s := subscribe(t, bus, 1)
	s.Close()
	s.Close()
	bus.Publish(numbered(1, 3)...)
	if ids, closed := drain(s); len(ids) != 0 || !closed || s.Lagged() {
		t.Errorf("after Close: %v, closed %v, lagged %v", ids, closed, s.Lagged())
	}
}

func TestBus_IsBounded(t *testing.T) {
	const most = 1000
	bus := event.NewBus()
	var last *event.Subscription
	for range most {
		last = subscribe(t, bus, 0) // a buffer of none would drop its reader at once
	}
	if _, err := bus.Subscribe(1); !fault.Is(err, fault.TooMany) {
		t.Errorf("reader %d: %v", most+1, err)
	}
	bus.Publish(event.Event{ID: 7})
	if ids, _ := drain(last); len(ids) != 1 {
		t.Errorf("a reader without a buffer got %v", ids)
	}
	last.Close()
	subscribe(t, bus, 1)
}

// Publishers, readers and those who come and go at once: nobody waits for anybody, and
// what a reader gets of one publisher is in order.
func TestBus_Concurrent(t *testing.T) {
	const publishers, each = 4, 500
	bus := event.NewBus()
	reader := subscribe(t, bus, publishers*each)
	var all sync.WaitGroup
	for p := range publishers {
		all.Go(func() {
			for i := range each {
				bus.Publish(event.Event{Count: p, ID: int64(i + 1)})
			}
		})
		all.Go(func() {
			for range each {
				s, err := bus.Subscribe(1)
				if err != nil {
					t.Error(err)
					return
				}
				s.Close()
			}
		})
	}
	all.Wait()
	var last [publishers]int64
	for range publishers * each {
		select {
		case e := <-reader.C:
			if e.ID != last[e.Count]+1 {
				t.Fatalf("publisher %d: %d after %d", e.Count, e.ID, last[e.Count])
			}
			last[e.Count] = e.ID
		case <-time.After(time.Minute):
			t.Fatal("an event is missing")
		}
	}
}
