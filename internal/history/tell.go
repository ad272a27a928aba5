package history

import (
	"context"
	"sync"
	"time"

	"bangui/internal/event"
)

const (
	// lookEvery is how often Follow looks for events that others recorded.
	lookEvery = time.Second
	// perLook bounds what is read at once.
	perLook = 200
	// unplaced: it is not known yet what need not be told.
	unplaced = -1
)

// teller tells recorded events to the bus in the order of their ids, each once, whoever
// recorded them. Ids grow in the order of commits, since the store lets one transaction
// write at a time; so what was told last says what is left to tell.
type teller struct {
	mu     sync.Mutex
	told   int64         // id of the last event that was told, or need not be
	heard  chan struct{} // others recorded something, perhaps
	failed bool          // the last look failed, and was logged
	every  time.Duration // lookEvery, but for a test
}

func newTeller() *teller {
	return &teller{told: unplaced, heard: make(chan struct{}, 1), every: lookEvery}
}

// place finds, before anything is recorded, where telling begins.
func (a *Archive) place(ctx context.Context) error {
	t := a.teller
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.told != unplaced {
		return nil
	}
	_, newest, err := a.store.EventRange(ctx)
	if err == nil {
		t.told = newest
	}
	return err
}

// tell tells what was just recorded here, after what others recorded before it.
func (a *Archive) tell(ctx context.Context, recorded []event.Event) {
	if len(recorded) == 0 {
		return
	}
	t := a.teller
	t.mu.Lock()
	defer t.mu.Unlock()
	first, last := recorded[0].ID, recorded[len(recorded)-1].ID
	switch {
	case last <= t.told: // somebody who came later has read it from the store
	case first == t.told+1 && last == t.told+int64(len(recorded)):
		a.bus.Publish(recorded...)
		t.told = last
	default:
		a.catchUp(ctx)
	}
}

// catchUp tells what the store has and was not told. What fails is told at the next look.
func (a *Archive) catchUp(ctx context.Context) {
	t := a.teller
	for {
		events, err := a.store.EventsAfter(ctx, t.told, perLook)
		if err != nil {
			if !t.failed && ctx.Err() == nil {
				a.logger.WarnContext(ctx, "events can't be read, and wait to be told", "error", err)
			}
			t.failed = true
			return
		}
		t.failed = false
		a.bus.Publish(events...)
		if len(events) > 0 {
			t.told = events[len(events)-1].ID
		}
		if len(events) < perLook {
			return
		}
	}
}

// Follow tells the events that other consoles record in the same database, in order
// with our own and each once, until ctx ends. It looks each second, and when Heard says so.
func (a *Archive) Follow(ctx context.Context) {
	look := time.NewTicker(a.teller.every)
	defer look.Stop()
	for {
		a.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		case <-a.teller.heard:
		}
	}
}

// Heard says that others may have recorded something. It never waits.
func (a *Archive) Heard() {
	select {
	case a.teller.heard <- struct{}{}:
	default: // it will look anyway
	}
}

func (a *Archive) look(ctx context.Context) {
	if err := a.place(ctx); err != nil {
		return // the next look tries again, and says it when it goes on
	}
	t := a.teller
	t.mu.Lock()
	defer t.mu.Unlock()
	a.catchUp(ctx)
}
