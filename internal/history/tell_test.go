package history_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
	"bangui/internal/store"
	"bangui/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

// console is an archive with its own bus on a database that others use too.
type console struct {
	*history.Archive
	sub *event.Subscription
}

func follow(t *testing.T, db *store.DB, listen bool) console {
	t.Helper()
	return followEvery(t, db, listen, 0)
}

// followEvery is follow with another time between two looks, if it is not 0.
func followEvery(t *testing.T, db *store.DB, listen bool, every time.Duration) console {
	t.Helper()
	const queue = 10_000
	bus := event.NewBus()
	sub, err := bus.Subscribe(queue)
	if err != nil {
		t.Fatal(err)
	}
	a := history.New(db, bus, slog.New(slog.DiscardHandler), func() time.Time { return noon })
	if every > 0 {
		a.LookEvery(every)
	}
	// From here on all is told.
	if err := a.Record(t.Context(), nil, &history.Mark{HostID: hostID, Source: "begun"}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { a.Follow(ctx) })
	if listen {
		all.Go(func() { db.Listen(ctx, store.Heard{Events: a.Heard, Lease: func() {}}) })
	}
	t.Cleanup(func() {
		cancel()
		all.Wait()
		sub.Close()
	})
	return console{a, sub}
}

// next is the next event that a console tells.
func (c console) next(t *testing.T, within time.Duration) event.Event {
	t.Helper()
	select {
	case e := <-c.sub.C:
		return e
	case <-time.After(within):
		t.Fatalf("nothing was told within %s", within)
		return event.Event{}
	}
}

// Consoles that share a database tell the same events in the same order, each once,
// whoever recorded them.
func TestFollow_ConsolesTellTheSame(t *testing.T) {
	storetest.BothShared(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		consoles := []console{follow(t, open(t), true), follow(t, open(t), false), follow(t, open(t), true)}
		const each, patience = 60, time.Minute
		var all sync.WaitGroup
		for n, c := range consoles {
			for part := range 2 { // what one console records at once comes in any order
				all.Go(func() {
					for i := range each {
						e := banned(fmt.Sprintf("10.%d.%d.%d", n, part, i), at(i), 600)
						again := banned("192.0.2.7", at(0), 600) // known to all, new to one
						if err := c.Record(t.Context(), []event.Event{e, again}, nil); err != nil {
							t.Error(err)
						}
					}
				})
			}
		}
		all.Wait()
		total := len(consoles)*2*each + 1
		var want []int64
		for n, c := range consoles {
			var got []int64
			for range total {
				got = append(got, c.next(t, patience).ID)
			}
			for i := 1; i < len(got); i++ {
				if got[i] <= got[i-1] {
					t.Fatalf("console %d told %d after %d", n, got[i], got[i-1])
				}
			}
			if n == 0 {
				want = got
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("console %d told others than the first: %s", n, diff)
			}
			select {
			case e := <-c.sub.C:
				t.Errorf("console %d told %+v too", n, e)
			default:
			}
		}
	})
}

// A console begins with what comes: it does not tell the past again.
func TestFollow_BeginsNow(t *testing.T) {
	storetest.BothShared(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		first := follow(t, open(t), true)
		record(t, first.Archive, banned("192.0.2.1", at(0), 600))
		second := follow(t, open(t), true)
		record(t, second.Archive, banned("192.0.2.2", at(0), 600))
		if e := second.next(t, time.Minute); e.Address != "192.0.2.2" {
			t.Errorf("%+v", e)
		}
	})
}

// On PostgreSQL what another console recorded is heard of: a console that does not look for
// it by itself tells it all the same.
func TestFollow_Hears(t *testing.T) {
	open := storetest.Shared(t, storetest.Postgres)
	one, two := follow(t, open(t), false), followEvery(t, open(t), true, time.Hour)
	told, n := false, 0
	for deadline := time.Now().Add(time.Minute); !told; { // until it listens
		n++
		record(t, one.Archive, banned(fmt.Sprintf("198.51.100.%d", n), at(0), 600))
		select {
		case <-two.sub.C:
			told = true
		case <-time.After(20 * time.Millisecond):
			if time.Now().After(deadline) {
				t.Fatal("nothing was heard")
			}
		}
	}
	for i := range 20 {
		address := fmt.Sprintf("192.0.2.%d", i)
		record(t, one.Archive, banned(address, at(0), 600))
		for two.next(t, time.Minute).Address != address {
		}
	}
}
