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
	l.expectGhosts(jail, gone)
	for _, id := range ids {
		switch {
		case was[id] && gone[id]:
			outcomes = append(outcomes, Outcome{Target: id, Jail: jail, Result: Lifted})
		case was[id]:
			outcomes = append(outcomes, Outcome{Target: id, Jail: jail, Result: Failed, Detail: failure})
		case named:
			outcomes = append(outcomes, Outcome{Target: id, Jail: jail, Result: NotBanned})
		}
	}
	return outcomes
}

// fewIDs is how many ids fail2ban is asked about one by one: it searches its list from
// end to end for each.
const fewIDs = 20

// bannedOf keeps the ids that are banned in a jail. fail2ban is asked only about a few;
// for many, what we hold counts.
func (l *Local) bannedOf(ctx context.Context, jail string, ids []string) ([]string, error) {
	var banned []string
	if len(ids) > fewIDs {
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

// ghosts are bans lifted right after they were made. fail2ban writes its rows late and
// from another thread, so such a ban can leave a row behind and come back at the next
// restart: 340 of 1300 did (fail2ban.md 0.11). In a burst of 50,000 bans a row came
// 2.3 s late, so each ghost is looked for several times.
type ghosts struct {
	mu  sync.Mutex
	due map[ref]ghost
}

// ghost is one lifted ban: when it is looked for, and how often it was.
type ghost struct {
	at    time.Time
	looks int
}

const (
	ghostDelay = 2 * time.Second // doubled at each look: after 2, 6 and 14 s
	ghostLooks = 3
	maxGhosts  = 10_000
	// ghostAge: the row of a ban that is older has been written, and goes with the ban.
	ghostAge = 30 * time.Second
)

// expectGhosts notes the ids of a jail that fail2ban has lifted.
func (l *Local) expectGhosts(jail string, gone map[string]bool) {
	now := l.Now()
	var lifted []string
	for id, is := range gone {
		if is {
			lifted = append(lifted, id)
		}
	}
	for _, id := range l.young(jail, lifted, now) {
		l.ghosts.expect(ref{jail, id}, ghost{at: now.Add(ghostDelay)})
	}
	l.lifted(jail, lifted)
}

// young keeps the ids whose ban began lately, or nobody knows when.
func (l *Local) young(jail string, ids []string, now time.Time) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.jails[jail]
	if w == nil {
		return ids
	}
	var found []string
	for _, id := range ids {
		if h, ok := w.bans[id]; !ok || now.Sub(time.Unix(h.start, 0)) < ghostAge {
			found = append(found, id)
		}
	}
	return found
}

func (g *ghosts) expect(r ref, one ghost) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.due == nil {
		g.due = map[ref]ghost{}
	}
	if len(g.due) < maxGhosts {
		g.due[r] = one
	}
}

// take removes and returns what is due.
func (g *ghosts) take(now time.Time) map[ref]ghost {
	g.mu.Lock()
	defer g.mu.Unlock()
	due := map[ref]ghost{}
	for r, one := range g.due {
		if !now.Before(one.at) {
			due[r] = one
			delete(g.due, r)
		}
	}
	return due
}

// unseen reports whether there are ghosts that were not looked for even once.
func (g *ghosts) unseen() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, one := range g.due {
		if one.looks == 0 {
			return true
		}
	}
	return false
}

// layGhosts looks for rows that outlived their ban, and unbans those ids once more. When
// ctx ends it still looks once for each: a command that lifts a ban ends right after.
func (l *Local) layGhosts(ctx context.Context) {
	tick := time.NewTicker(250 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-tick.C:
			l.layDue(ctx)
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), ghostDelay+time.Second)
	defer cancel()
	for l.ghosts.unseen() && last.Err() == nil {
		select {
		case <-last.Done():
		case <-tick.C:
			l.layDue(last)
		}
	}
}

// layDue looks for the ghosts that are due, and notes when to look again.
func (l *Local) layDue(ctx context.Context) {
	now := l.Now()
	due := l.ghosts.take(now)
	jails := map[string][]string{}
	for r, one := range due {
		jails[r.jail] = append(jails[r.jail], r.id)
		if one.looks++; one.looks < ghostLooks {
			l.ghosts.expect(r, ghost{at: now.Add(ghostDelay << one.looks), looks: one.looks})
		}
	}
	for jail, ids := range jails {
		l.layGhostsIn(ctx, jail, ids)
	}
}

func (l *Local) layGhostsIn(ctx context.Context, jail string, ids []string) {
	for id, row := range l.rowsOf(ctx, jail, ids) {
		if row.BanSeconds >= 0 && row.BannedAt.Unix()+row.BanSeconds <= l.Now().Unix() {
			continue // over: nothing would be restored
		}
		is, err := l.Client.IsBanned(ctx, fail2ban.JailName(jail), id)
		if err == nil && len(is) == 1 && is[0] {
			continue // banned again since, and rightly so
		}
		if err == nil {
			_, err = l.Client.Unban(ctx, fail2ban.JailName(jail), id)
		}
		if err != nil {
			l.Logger.WarnContext(ctx, "a lifted ban may come back when fail2ban restarts", "jail", jail, "id", id, "error", err)
		}
	}
}
