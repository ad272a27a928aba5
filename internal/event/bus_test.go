package event_test

import (
	"testing"

	"bangui/internal/event"
	"bangui/internal/fault"
)

func TestBus_ASlowReaderIsDroppedAndTheOthersGoOn(t *testing.T) {
	bus := event.NewBus()
	slow, err := bus.Subscribe(2)
	if err != nil {
		t.Fatal(err)
	}
	quick, err := bus.Subscribe(10)
	if err != nil {
		t.Fatal(err)
	}
	for id := range int64(5) {
		bus.Publish(event.Event{ID: id + 1})
	}
	var got []int64
	for e := range slow.C {
		got = append(got, e.ID)
	}
	if len(got) != 2 || got[0] != 1 || got[1] != 2 {
		t.Errorf("the slow reader got %v, want the two that fit, then the end", got)
	}
	for id := range int64(5) {
		if e := <-quick.C; e.ID != id+1 {
			t.Errorf("the quick reader got %d, want %d", e.ID, id+1)
		}
	}
	quick.Close()
	quick.Close()
	bus.Publish(event.Event{ID: 6})
	if _, open := <-quick.C; open {
		t.Error("a closed subscription still gets events")
	}
}

func TestBus_IsBounded(t *testing.T) {
	bus := event.NewBus()
	for range 1000 {
		if _, err := bus.Subscribe(0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := bus.Subscribe(0); !fault.Is(err, fault.TooMany) {
		t.Errorf("the 1001st reader: %v", err)
	}
}
