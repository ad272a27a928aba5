package host

import (
	"errors"
	"testing"
	"time"
)

// A list costs the server a hundredth of its time at most, one that failed is not asked
// for again at once, and none is old for a quarter of an hour because fail2ban hung once.
func TestLocal_AJailRestsFromItsList(t *testing.T) {
	silent := errors.New("no answer")
	for _, c := range []struct {
		took, rest time.Duration
		err        error
	}{
		{took: 450 * time.Millisecond, rest: 45 * time.Second},
		{took: time.Millisecond, rest: 100 * time.Millisecond},
		{took: time.Millisecond, err: silent, rest: 5 * time.Second},
		{took: 10 * time.Second, err: silent, rest: 2 * time.Minute},
		{took: 10 * time.Second, rest: 2 * time.Minute},
	} {
		if got := restAfter(c.took, c.err); got != c.rest {
			t.Errorf("after a list of %s (%v) a jail rests %s, not %s", c.took, c.err, got, c.rest)
		}
	}
}
