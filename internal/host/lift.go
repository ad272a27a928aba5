package host

import (
	"context"
	"sync"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fault"
)

// liftIn lifts ids in one jail. Only what is banned is sent: fail2ban's `unbanip`
// deletes the history of an id even when it isn't banned (fail2ban.md 0.6).
func (l *Local) liftIn(ctx context.Context, jail string, ids []string, named bool) []Outcome {
	banned, err := l.bannedOf(ctx, jail, ids)
	var outcomes []Outcome
	if err != nil {
		for _, id := range ids {
			outcomes = append(outcomes, Outcome{Target: id, Jail: jail, Result: Failed, Detail: fault.MessageOf(err)})
		}
		return outcomes
	}
	gone := map[string]bool{}
	var failure string
	if len(banned) > 0 {
		results, err := l.Client.Unban(ctx, fail2ban.JailName(jail), banned...)
		if err != nil {
			failure = fault.MessageOf(err)
		}
		for _, r := range results {
			gone[r.ID] = !r.Banned
		}
	}
	was := map[string]bool{}
	for _, id := range banned {
		was[id] = true
	}
	for _, id := range ids {
		switch {
		case was[id] && gone[id]:
			outcomes = append(outcomes, Outcome{Target: id, Jail: jail, Result: Lifted})
			l.ghosts.expect(jail, id, l.Now())
		case was[id]:
			outcomes = append(outcomes, Outcome{Target: id, Jail: jail, Result: Failed, Detail: failure})
		case named:
			outcomes = append(outcomes, Outcome{Target: id, Jail: jail, Result: NotBanned})
		}
	}
	return outcomes
}

// bannedOf keeps the ids that are banned in a jail. fail2ban searches its list from
// end to end for each id, so it is asked only about a few; for many, what we hold counts.
func (l *Local) bannedOf(ctx context.Context, jail string, ids []string) ([]string, error) {
	const few = 20
	var banned []string
	if len(ids) > few {
		for _, id := range ids {
			if l.holds(jail, id) {
				banned = append(banned, id)
			}
		}
		return banned, nil
	}
	is, err := l.Client.IsBanned(ctx, fail2ban.JailName(jail), ids...)
	if err != nil {
		return nil, err
	}
	for i, id := range ids {
		if is[i] {
			banned = append(banned, id)
		}
	}
	return banned, nil
}

// fillNotBanned adds one outcome for each id that no jail had.
func fillNotBanned(outcomes []Outcome, ids []string) []Outcome {
	named := map[string]bool{}
	for _, o := range outcomes {
		named[o.Target] = true
	}
	for _, id := range ids {
		if !named[id] {
			outcomes = append(outcomes, Outcome{Target: id, Result: NotBanned})
		}
	}
	return outcomes
}

// ghosts are bans lifted within the last seconds. fail2ban writes its rows late and
// from another thread, so a ban that is lifted right after it was made can leave a
// row behind and come back at the next restart: 340 of 1300 did (fail2ban.md 0.11).
type ghosts struct {
	mu  sync.Mutex
	due map[ref]time.Time
}

const (
	ghostDelay = 2 * time.Second
	maxGhosts  = 10_000
)

func (g *ghosts) expect(jail, id string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.due == nil {
		g.due = map[ref]time.Time{}
	}
	if len(g.due) < maxGhosts {
		g.due[ref{jail, id}] = now.Add(ghostDelay)
	}
}

// take removes and returns what is due, by jail.
func (g *ghosts) take(now time.Time) map[string][]string {
	g.mu.Lock()
	defer g.mu.Unlock()
	due := map[string][]string{}
	for r, at := range g.due {
		if now.After(at) {
			due[r.jail] = append(due[r.jail], r.id)
			delete(g.due, r)
		}
	}
	return due
}

// layGhosts looks for rows that outlived their ban, and unbans those ids once more.
func (l *Local) layGhosts(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for jail, ids := range l.ghosts.take(l.Now()) {
			l.layGhostsIn(ctx, jail, ids)
		}
	}
}

func (l *Local) layGhostsIn(ctx context.Context, jail string, ids []string) {
	for id, row := range l.rowsOf(ctx, jail, ids) {
		if row.BanSeconds >= 0 && row.BannedAt.Unix()+row.BanSeconds <= l.Now().Unix() {
			continue // over: nothing would be restored
		}
		is, err := l.Client.IsBanned(ctx, fail2ban.JailName(jail), id)
		if err != nil || len(is) != 1 || is[0] {
			continue // banned again since, and rightly so
		}
		if _, err := l.Client.Unban(ctx, fail2ban.JailName(jail), id); err != nil {
			l.Logger.WarnContext(ctx, "a lifted ban may come back when fail2ban restarts", "jail", jail, "id", id, "error", err)
		}
	}
}
