package auth

import (
	"context"
	"net/netip"
	"time"
)

// Attempt counts the wrong passwords of one place: an account, a source, or an account
// at a source from which it was signed in to before.
type Attempt struct {
	Place    string
	Failures int
	LastAt   time.Time
	FreeAt   time.Time // no further attempt is taken before
}

// Delays. Three wrong passwords cost nothing; then each doubles the wait. The longest is
// short enough that nobody is locked out for good, and long enough that an account is
// tried less than forty times an hour from however many sources.
const (
	freeAttempts = 3
	firstWait    = time.Second
	longestWait  = 2 * time.Minute
	forgetAfter  = 24 * time.Hour
	familiarFor  = 90 * 24 * time.Hour
)

// sourceOf is the network that counts as one source: a single IPv4 address, or the /64
// that an IPv6 subscriber has to himself.
func sourceOf(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	bits := 32
	if address.Is6() {
		bits = 64
	}
	prefix, err := address.Prefix(bits)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}

func placeOfAccount(name string) string { return "account " + name }

func placeOfFamiliar(userID, source string) string { return "user " + userID + " at " + source }

// places are where an attempt counts. From a source that the user has signed in from
// before it counts there alone, so the failures of strangers keep him from nothing.
func places(name string, userID string, familiar bool, source string) []string {
	if familiar {
		return []string{placeOfFamiliar(userID, source)}
	}
	return []string{placeOfAccount(name), "source " + source}
}

// taken reports whether an attempt is taken now; AttemptsThrottled says when the next one is.
func (a *Accounts) taken(ctx context.Context, r Reader, places []string) error {
	attempts, err := r.Attempts(ctx, places)
	if err != nil {
		return err
	}
	return a.waits(attempts)
}

func (a *Accounts) waits(attempts []Attempt) error {
	now := a.Now()
	for _, at := range attempts {
		if wait := at.FreeAt.Sub(now); wait > 0 {
			return throttled(wait)
		}
	}
	return nil
}

// reserve counts an attempt as failed before the password is looked at: whoever tries
// many at once gets no more than who tries one after the other. Success takes it back.
func (a *Accounts) reserve(ctx context.Context, places []string) error {
	return a.Store.Change(ctx, func(tx Tx) error {
		attempts, err := tx.Attempts(ctx, places)
		if err != nil {
			return err
		}
		if err := a.waits(attempts); err != nil {
			return err
		}
		for _, place := range places {
			if err := tx.PutAttempt(ctx, failedAt(place, attempts, a.Now())); err != nil {
				return err
			}
		}
		return nil
	})
}

// failedAt is the counter of a place after one more failure.
func failedAt(place string, before []Attempt, now time.Time) Attempt {
	next := Attempt{Place: place, LastAt: now, FreeAt: now}
	for _, at := range before {
		if at.Place == place && now.Sub(at.LastAt) < forgetAfter {
			next.Failures = at.Failures
		}
	}
	next.Failures++
	if over := next.Failures - freeAttempts; over >= 0 {
		next.FreeAt = now.Add(min(longestWait, firstWait<<min(over, 16)))
	}
	return next
}
