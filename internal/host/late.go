package host

import (
	"context"
	"slices"
	"sync"
	"time"

	"bangui/internal/fail2ban"
)

// Claims of bans that fail2ban's database did not confirm while their lines were heeded
// are looked up again. One thread of fail2ban writes all rows: in a burst of 20,000 bans
// nine of ten came too late, and the list that would have told of the last 4,000 was not
// due for minutes, since the server was busy when it was asked for the one before (seen
// on 1.0.2).
const (
	lateEvery = 100 * time.Millisecond
	lateFor   = 30 * time.Second // since the line; then lists tell
	lateLook  = 1000             // claims a look
	maxLate   = 50_000
)

// late are those claims, the next to be looked up first; and the ends of such bans, which
// are told after them.
type late struct {
	mu      sync.Mutex // held while claims are judged and told, so that no end comes before its ban
	waiting []fail2ban.LogLine
}

// add keeps the claims of bans, and of their ends; any other end needs no waiting, since
// the database has it before the log. The caller holds the lock.
func (a *late) add(lines []fail2ban.LogLine) {
	open := a.openFor(lines)
	for _, line := range lines {
		open.note(line)
		if len(a.waiting) < maxLate && (isBan(line) || open.before(line)) {
			a.waiting = append(a.waiting, line)
		}
	}
}

// openBans are bans that are claimed and not decided yet, by the first moment.
type openBans map[ref]time.Time

// openFor are the bans that wait, for lines with ends among them: else nobody asks. The
// caller holds the lock.
func (a *late) openFor(lines []fail2ban.LogLine) openBans {
	open := openBans{}
	if slices.ContainsFunc(lines, func(line fail2ban.LogLine) bool { return !isBan(line) }) {
		for _, line := range a.waiting {
			open.note(line)
		}
	}
	return open
}

func (o openBans) note(line fail2ban.LogLine) {
	r := ref{line.Jail, line.ID}
	if at, ok := o[r]; isBan(line) && (!ok || line.At.Before(at)) {
		o[r] = line.At
	}
}

// before reports whether a line claims the end of such a ban.
func (o openBans) before(line fail2ban.LogLine) bool {
	at, ok := o[ref{line.Jail, line.ID}]
	return ok && !isBan(line) && !line.At.Before(at)
}

// take removes and returns the claims of the next look; the caller holds the lock.
func (a *late) take() []fail2ban.LogLine {
	n := min(lateLook, len(a.waiting))
	part := slices.Clone(a.waiting[:n])
	a.waiting = slices.Delete(a.waiting, 0, n)
	return part
}

// drop forgets the claims of a jail, or all where it is "".
func (a *late) drop(jail string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = slices.DeleteFunc(a.waiting, func(line fail2ban.LogLine) bool { return jail == "" || line.Jail == jail })
}

// confirmLate looks late claims up again for as long as ctx lives.
func (l *Local) confirmLate(ctx context.Context) {
	tick := time.NewTicker(lateEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.lookLate(ctx)
		}
	}
}

// lookLate is one look. Claims that stay open go to the end of the row, so that forged
// ones don't keep it from the others. Without a database nothing is late: each look
// would be a list.
func (l *Local) lookLate(ctx context.Context) {
	l.dropping.RLock()
	defer l.dropping.RUnlock()
	l.late.mu.Lock()
	defer l.late.mu.Unlock()
	part := l.late.take()
	if len(part) == 0 || l.openDatabase() == nil {
		return
	}
	l.late.add(younger(l.settle(ctx, part), l.Now(), lateFor))
}

// keepLate keeps claims for confirmLate.
func (l *Local) keepLate(lines []fail2ban.LogLine) {
	l.late.mu.Lock()
	defer l.late.mu.Unlock()
	l.late.add(lines)
}
