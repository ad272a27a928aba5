package host

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fault"
	"bangui/internal/health"
	"bangui/internal/jailconf"
)

// fallFor is how long after a change its maker is told that fail2ban fell over it.
const fallFor = 60 * time.Second

// lostFor is how long jails may be missing: a reload of somebody else's takes seconds.
const lostFor = 3 * time.Second

// Fallen says that fail2ban ended, or lost jails, soon after a change of its configuration
// that BanGUI made: that may be why. It goes when fail2ban has all its jails again.
type Fallen struct {
	Change string // what PutBackChange takes
	Actor  string
	MadeAt time.Time
	FellAt time.Time
	Lost   []string // jails that are missing; none = fail2ban itself is gone
	Errors []string // the last errors in its log, at most 5; hostile text
	Files  []string // that the change wrote or removed
}

// recent is the change that was made last, kept while fail2ban may fall over it.
type recent struct {
	Fallen
	before   map[string]*string
	after    map[string]*string
	theirs   []string // of the files those that people wrote
	stood    standing
	expected []string  // jails that ran when it was done
	lostAt   time.Time // since when some are missing; zero = they aren't
	fell     bool
}

// remember keeps what is needed to put a change back that was fine when it was made.
func (l *Local) remember(p *plan, o ChangeOrder, before standing) {
	old := map[string]*string{}
	for name := range p.files {
		if content, there := p.tree.File(name); there {
			old[name] = &content
		} else {
			old[name] = nil
		}
	}
	r := &recent{
		Fallen: Fallen{Change: p.ID, Actor: o.Actor, MadeAt: l.Now(), Files: sortedNames(p.files)},
		before: old, after: p.files, theirs: p.theirs(), stood: before, expected: l.expectedAfter(p, before),
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recent = r
}

// expectedAfter are the jails that run after a change.
func (l *Local) expectedAfter(p *plan, before standing) []string {
	jails := map[string]bool{}
	for name := range before.actions {
		jails[name] = true
	}
	for _, step := range p.Steps {
		switch step.Do {
		case StepStop:
			delete(jails, step.Jail)
		case StepStart:
			jails[step.Jail] = true
		case StepSet, StepReload, StepRestart:
		}
	}
	return slices.Sorted(maps.Keys(jails))
}

// fallen is what State tells; the caller holds the lock.
func (l *Local) fallen() *Fallen {
	if l.recent == nil || !l.recent.fell {
		return nil
	}
	f := l.recent.Fallen
	return &f
}

// noteAway looks whether a server that is gone fell over a change of ours.
func (l *Local) noteAway(ctx context.Context, err error) {
	if fault.Is(err, fault.Fail2banUnreachable) {
		l.fall(ctx, nil)
	}
}

// noteJails looks whether jails are missing since a change of ours. When all are there,
// what fell is up again.
func (l *Local) noteJails(ctx context.Context, counters []fail2ban.JailCounters) {
	l.mu.Lock()
	r, now := l.recent, l.Now()
	if r == nil || l.restarting {
		l.mu.Unlock()
		return
	}
	missing := slices.DeleteFunc(slices.Clone(r.expected), func(name string) bool {
		return slices.ContainsFunc(counters, func(c fail2ban.JailCounters) bool { return string(c.Name) == name })
	})
	switch {
	case len(missing) == 0:
		r.lostAt, r.fell = time.Time{}, false
		if now.Sub(r.MadeAt) > fallFor+lostFor {
			l.recent = nil
		}
	case r.lostAt.IsZero():
		r.lostAt = now
	}
	lost := len(missing) > 0 && now.Sub(r.lostAt) >= lostFor
	l.mu.Unlock()
	if lost {
		l.fall(ctx, missing)
	}
}

// fall notes that fail2ban fell, within the time after a change in which that is told.
func (l *Local) fall(ctx context.Context, missing []string) {
	l.mu.Lock()
	r, now := l.recent, l.Now()
	late := r == nil || l.restarting || r.fell || now.Sub(r.MadeAt) > fallFor+lostFor
	l.mu.Unlock()
	if late {
		return
	}
	errors := l.lastErrors(ctx, r.MadeAt)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.recent != r {
		return
	}
	r.fell, r.FellAt, r.Lost, r.Errors = true, now, missing, errors
	l.Logger.ErrorContext(ctx, "fail2ban fell after a change of its configuration", "detail", r.inWords(), "error", strings.Join(errors, " / "))
}

func (f Fallen) inWords() string {
	after := f.FellAt.Sub(f.MadeAt).Round(time.Second)
	if len(f.Lost) == 0 {
		return fmt.Sprintf("fail2ban ended %s after its configuration was changed", after)
	}
	return fmt.Sprintf("fail2ban lost jails %s after its configuration was changed: %s", after, strings.Join(f.Lost, ", "))
}

// stopsMeaningly says that a jail is stopped by intent, so that nobody misses it.
func (l *Local) stopsMeaningly(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.recent != nil {
		l.recent.expected = slices.DeleteFunc(l.recent.expected, func(one string) bool { return one == name })
	}
}

// PutBackChange undoes a change that fail2ban fell over, and starts it; see Host.
func (l *Local) PutBackChange(ctx context.Context, o PutBackOrder) error {
	l.changing.Lock()
	defer l.changing.Unlock()
	l.mu.Lock()
	r := l.recent
	l.mu.Unlock()
	if r == nil || !r.fell || r.Change != o.Change {
		return fault.New(fault.NotFound, "no change of that name is known that fail2ban fell over; it may be up again, or BanGUI was restarted since").
			WithMend("Change what is wrong in a new change.")
	}
	way, cannot := l.wayFor(ctx, o.Supervised)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyFor) // from here on it is finished, whoever goes away
	defer cancel()
	defer l.after(ctx, nil) //nolint:errcheck // gives its argument back
	if err := l.oldFiles(r); err != nil {
		return err
	}
	return l.standAgain(ctx, r, way, cannot)
}

// PutBackOrder names a change that is to be undone.
type PutBackOrder struct {
	Change     string
	Supervised bool // as in RestartOrder
}

// oldFiles puts the files back as they were before a change: one that waits to be
// confirmed by its own note, else by a note of this.
func (l *Local) oldFiles(r *recent) error {
	if w, err := l.claim(r.Change); err == nil {
		defer l.release()
		if err := w.tx.Restore(); err != nil {
			return err
		}
		return w.tx.Keep()
	}
	tree, err := jailconf.ReadTree(l.ConfigDir)
	if err != nil {
		return err
	}
	for name, content := range r.after {
		now, there := tree.File(name)
		if there != (content != nil) || there && now != *content {
			return fault.New(fault.Conflict, "%s was changed since, so it is not put back", name).
				WithMend("Look at it, and change what is wrong in a new change.")
		}
	}
	tx, err := jailconf.Begin(l.ConfigDir, jailconf.Writes{ID: rand.Text(), ETag: tree.ETag(), After: r.before, Theirs: r.theirs}, l.Now())
	if err != nil {
		return err
	}
	if err := tx.Write(); err != nil {
		_ = tx.Leave() // the next start puts back what this one was to undo
		return err
	}
	return tx.Keep()
}

// standAgain brings fail2ban to the old files, whether it runs or not.
func (l *Local) standAgain(ctx context.Context, r *recent, way RestartWay, cannot error) error {
	if l.Client.Ping(ctx) != nil {
		if cannot != nil {
			return fault.Wrap(cannot, fault.CodeOf(cannot), "the files are as they were before the change, but fail2ban has to be started by hand: %s", fault.MessageOf(cannot)).
				WithMend("%s", fault.MendOf(cannot))
		}
		l.tell(ctx, nil, event.Event{HostID: l.ID, Kind: event.Host, At: l.Now(), State: string(Starting), Detail: "fail2ban is being started with the files from before the change."})
		if err := l.bringUp(ctx, way); err != nil {
			return err
		}
		return l.settledAgain(ctx, r)
	}
	if err := l.reloadOld(ctx, r.stood); err != nil {
		return err
	}
	return l.settledAgain(ctx, r)
}

func (l *Local) settledAgain(ctx context.Context, r *recent) error {
	s, err := l.stream(ctx)
	if err != nil {
		return err
	}
	missing, err := l.settled(ctx, s, r.stood, nil)
	if err != nil {
		return err
	}
	l.mu.Lock()
	if l.recent == r {
		l.recent = nil
	}
	l.mu.Unlock()
	l.condition("change_undone", true, health.Warning,
		"A change of fail2ban's configuration was put back, because fail2ban fell after it.", "See in its log why, then make the change again.")
	if len(missing) > 0 {
		l.Logger.WarnContext(ctx, "bans did not come back", "events", len(missing))
	}
	return nil
}
