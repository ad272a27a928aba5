package store

import (
	"fmt"
	"sync"
	"testing"
	"time"
)

// takes asks for one more at a place, with a span that a test does not outlive.
func takes(t *testing.T, db *DB, place string, most int) (ages []time.Duration, ok bool) {
	t.Helper()
	ages, ok, err := db.TakeRate(t.Context(), place, most, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return ages, ok
}

// Two consoles take from one share, however they take turns and whatever comes at once.
func TestTakeRate_IsShared(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		where := fresh()
		consoles := []*DB{opened(t, where), opened(t, where)}
		const most, tries = 7, 10
		for n := range most {
			ages, ok := takes(t, consoles[n%2], "ban 192.0.2.1/32", most)
			if !ok || len(ages) != n+1 {
				t.Fatalf("request %d: %v, %v", n+1, ages, ok)
			}
			for i := 1; i < len(ages); i++ {
				if ages[i] < 0 || ages[i] > ages[i-1] {
					t.Errorf("the oldest is not first: %v", ages)
				}
			}
		}
		for _, db := range consoles {
			if ages, ok := takes(t, db, "ban 192.0.2.1/32", most); ok || len(ages) != most {
				t.Errorf("one more: %v, %v", ages, ok)
			}
			if _, ok := takes(t, db, "ban 192.0.2.2/32", most); !ok {
				t.Error("another client is refused as well")
			}
			if _, ok := takes(t, db, "unban 192.0.2.1/32", most); !ok {
				t.Error("another class is refused as well")
			}
		}
		var all sync.WaitGroup
		taken := make(chan bool, len(consoles)*tries)
		for _, db := range consoles {
			for range tries {
				all.Go(func() {
					_, ok, err := db.TakeRate(t.Context(), "login 192.0.2.3/32", most, time.Hour)
					if err != nil {
						t.Error(err)
					}
					taken <- ok
				})
			}
		}
		all.Wait()
		close(taken)
		n := 0
		for ok := range taken {
			if ok {
				n++
			}
		}
		if n != most {
			t.Errorf("at once %d were taken, want %d", n, most)
		}
	})
}

// What is older than the span counts no more, and neither does what a clock that was set
// back left in the future.
func TestTakeRate_Forgets(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		put := func(place, at string) {
			inTx(t, db, func(tx *Tx) error {
				return tx.exec(t.Context(), tx.clocked("INSERT INTO rate (place, taken, last_at) VALUES ($1, CAST("+at+" AS TEXT), NOW)"), place)
			})
		}
		for name, at := range map[string]string{"old": "NOW - 3600000000", "ahead": "NOW + 60000000"} {
			put(name, at)
			if ages, ok := takes(t, db, name, 1); !ok || len(ages) != 1 {
				t.Errorf("%s: %v, %v", name, ages, ok)
			}
		}
		put("recent", "NOW - 3540000000")
		if ages, ok := takes(t, db, "recent", 1); ok || len(ages) != 1 || ages[0] < 59*time.Minute {
			t.Errorf("recent: %v, %v", ages, ok)
		}
	})
}

// However many clients there are, the table is bounded: new ones share counters, those who
// were there keep theirs, and the quiet ones go as others come.
func TestTakeRate_IsBounded(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		const most = 2
		takes(t, db, "ban known", most)
		inTx(t, db, func(tx *Tx) error {
			return tx.exec(t.Context(), tx.clocked(`INSERT INTO rate (place, taken, last_at)
				WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
				SELECT 'ban ' || CAST(i AS TEXT), CAST(NOW AS TEXT), NOW FROM n`), maxRates-1)
		})
		refused := 0
		const strangers = 64 // of which some meet in one of the crowds
		for n := range strangers {
			if _, ok := takes(t, db, fmt.Sprint("ban stranger ", n), 1); !ok {
				refused++
			}
		}
		crowds := countOf(t, db, "rate") - maxRates
		if crowds < 1 || crowds > rateCrowds || crowds+refused != strangers || refused == 0 {
			t.Errorf("%d strangers made %d rows, and %d were refused", strangers, crowds, refused)
		}
		if _, ok := takes(t, db, "ban known", most); !ok {
			t.Error("who was there before is refused because of the crowd")
		}
		if _, ok := takes(t, db, "ban known", most); ok {
			t.Error("who was there before has got rid of his count")
		}
		inTx(t, db, func(tx *Tx) error { return tx.exec(t.Context(), "UPDATE rate SET last_at = 0") })
		before := countOf(t, db, "rate")
		for n := range 10 {
			takes(t, db, fmt.Sprint("ban later ", n), most)
		}
		if rows := countOf(t, db, "rate"); rows >= before {
			t.Errorf("of %d quiet rows and 10 new ones, %d are left", before, rows)
		}
	})
}
