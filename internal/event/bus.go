package event

import (
	"sync"

	"bangui/internal/fault"
)

// maxSubscribers bounds the readers of one bus.
const maxSubscribers = 1000

// Bus tells events to readers in this process. A reader that is too slow is dropped,
// never waited for: it reads again from the store.
type Bus struct {
	mu   sync.Mutex
	subs map[*Subscription]struct{}
}

// Subscription is one reader of a bus.
type Subscription struct {
	// C gives the events in their order. It is closed when the reader was too slow or
	// has closed the subscription.
	C      <-chan Event
	c      chan Event
	bus    *Bus
	lagged bool // guarded by the bus
}

// NewBus returns a bus without readers.
func NewBus() *Bus { return &Bus{subs: map[*Subscription]struct{}{}} }

// Subscribe adds a reader that may be buffer events behind, at least one. TooMany when
// the bus has 1000 readers.
func (b *Bus) Subscribe(buffer int) (*Subscription, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.subs) >= maxSubscribers {
		return nil, fault.New(fault.TooMany, "%d readers follow the events already", maxSubscribers)
	}
	c := make(chan Event, max(1, buffer))
	s := &Subscription{C: c, c: c, bus: b}
	b.subs[s] = struct{}{}
	return s, nil
}

// Publish tells events to all readers, all in the same order, and drops those that are
// too far behind. It never waits for a reader.
func (b *Bus) Publish(events ...Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range events {
		for s := range b.subs {
			select {
			case s.c <- e:
			default:
				s.lagged = true
				b.drop(s)
			}
		}
	}
}

// Close ends the subscription. Closing twice is harmless.
func (s *Subscription) Close() {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	s.bus.drop(s)
}

// Lagged reports whether C was closed because the reader was too slow. What it missed
// is in the store, as far as it was recorded.
func (s *Subscription) Lagged() bool {
	s.bus.mu.Lock()
	defer s.bus.mu.Unlock()
	return s.lagged
}

func (b *Bus) drop(s *Subscription) {
	if _, there := b.subs[s]; there {
		delete(b.subs, s)
		close(s.c)
	}
}
