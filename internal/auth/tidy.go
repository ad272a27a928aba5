package auth

import (
	"context"
	"time"
)

// sighted is a session or a token that was used.
type sighted struct {
	at      time.Time
	address string
	token   bool
}

// flushEvery is how often it is stored what was used; a GET itself writes nothing.
const flushEvery = time.Minute

// Bounds of the tidying: what is remembered between two, and what one removes of a kind.
const (
	maxSighted = 10_000
	maxTidied  = 1000
)

func (a *Accounts) see(id string, token bool, from Origin) {
	s := sighted{at: a.Now(), token: token}
	if from.Address.IsValid() {
		s.address = from.Address.String()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, known := a.seen[id]; known || len(a.seen) < maxSighted {
		a.seen[id] = s
	}
}

func (a *Accounts) lastSeen(id string) time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.seen[id].at
}

// Run stores each minute what was used, until ctx ends; then once more.
func (a *Accounts) Run(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			const last = 3 * time.Second
			flush, cancel := context.WithTimeout(context.WithoutCancel(ctx), last)
			defer cancel()
			a.flush(flush)
			return ctx.Err()
		case <-tick.C:
			a.flush(ctx)
		}
	}
}

// flush is one round. What could not be stored is tried again with the next.
func (a *Accounts) flush(ctx context.Context) {
	a.mu.Lock()
	seen := a.seen
	a.seen = map[string]sighted{}
	a.mu.Unlock()
	if len(seen) == 0 {
		return
	}
	err := a.Store.Change(ctx, func(tx Tx) error {
		for id, s := range seen {
			if err := s.store(ctx, tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return
	}
	a.Logger.WarnContext(ctx, "who was here last could not be stored; trying again", "error", err)
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, s := range seen {
		if newer, ok := a.seen[id]; !ok || newer.at.Before(s.at) {
			a.seen[id] = s
		}
	}
}

// Tidy removes sessions that have ended or were not used for as long as idle, and what is
// remembered of failed attempts, of familiar places and of tokens that ended longer ago
// than anybody needs it. It gives how many rows went.
func Tidy(ctx context.Context, store Store, idle time.Duration, now time.Time) (removed int64, err error) {
	old := Old{
		Now: now, Idle: now.Add(-idle - 2*flushEvery), Attempts: now.Add(-forgetAfter), Familiar: now.Add(-familiarFor), Tokens: now.Add(-30 * 24 * time.Hour),
	}
	for {
		var n int64
		err := store.Change(ctx, func(tx Tx) (err error) {
			n, err = tx.Tidy(ctx, old, maxTidied)
			return err
		})
		removed += n
		if err != nil || n < maxTidied {
			return removed, err
		}
	}
}

func (s sighted) store(ctx context.Context, tx Tx, id string) error {
	if s.token {
		return tx.UseToken(ctx, id, s.at)
	}
	return tx.SeeSession(ctx, id, s.at, s.address)
}
