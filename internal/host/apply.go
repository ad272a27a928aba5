package host

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fault"
	"bangui/internal/health"
	"bangui/internal/jailconf"
)

// How long a change may take once files are written, and how long jails and bans may take
// to come back after it.
const (
	applyFor  = 5 * time.Minute
	settleFor = 60 * time.Second
)

// tryOut validates a plan on a copy of the folder: fail2ban's own test, then every
// command on a scratch server, where nothing starts, then what that server looks at later.
func (l *Local) tryOut(ctx context.Context, p *plan) error {
	dir, remove, err := scratchFolder()
	if err != nil {
		return err
	}
	defer remove()
	if err := p.after.With(p.idle(l.version())).CopyTo(dir); err != nil {
		return err
	}
	if _, _, err := l.client(ctx, "-c", dir, "-t"); err != nil {
		return err
	}
	s, err := l.streamOf(ctx, dir)
	if err != nil {
		return err
	}
	if err := l.rehearse(ctx, s.commands); err != nil {
		return err
	}
	return l.tryDates(ctx, p, s)
}

// ApplyChange makes a change: files, then fail2ban, then a look whether all that should
// run does. What goes wrong on the way is put back; see Host.
func (l *Local) ApplyChange(ctx context.Context, o ChangeOrder) (Change, error) {
	if !l.changing.TryLock() {
		return Change{}, fault.New(fault.Conflict, "another change is being made").WithRetry(5 * time.Second)
	}
	defer l.changing.Unlock()
	if w := l.waitingChange(); w != nil {
		return Change{}, fault.New(fault.Conflict, "a change waits to be confirmed until %s", w.Until.UTC().Format(time.RFC3339)).
			WithMend("Confirm it or take it back first.")
	}
	if err := l.putBackLeft(ctx); err != nil {
		return Change{}, err
	}
	p, err := l.plan(o)
	if err != nil {
		return Change{}, err
	}
	if err := l.tryOut(ctx, p); err != nil {
		return Change{}, err
	}
	before, err := l.standing(ctx)
	if err != nil {
		return Change{}, err
	}
	p.ID = rand.Text()
	tx, err := jailconf.Begin(l.ConfigDir, jailconf.Writes{ID: p.ID, ETag: o.ETag, After: p.files, Theirs: p.theirs()}, l.Now())
	if err != nil {
		return Change{}, err
	}
	return l.make(ctx, p, o, tx, before)
}

// make writes the files and takes them up. From here on who asked may go away: the change
// is finished, or put back.
func (l *Local) make(ctx context.Context, p *plan, o ChangeOrder, tx *jailconf.Transaction, before standing) (Change, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyFor)
	defer cancel()
	defer l.after(ctx, nil) //nolint:errcheck // gives its argument back
	if err := l.takeUp(ctx, p, tx, before); err != nil {
		return Change{}, l.putBack(ctx, tx, before, err)
	}
	tree, err := jailconf.ReadTree(l.ConfigDir)
	if err != nil {
		return Change{}, l.putBack(ctx, tx, before, err)
	}
	p.Applied, p.ETag = true, tree.ETag()
	l.remember(p, o, before)
	for _, past := range []string{"change_not_undone", "change_taken_back", "change_put_back", "change_undone"} {
		l.condition(past, false, health.Info, "", "")
	}
	if o.ConfirmWithin == 0 {
		return p.Change, tx.Keep()
	}
	p.Until = l.Now().Add(o.ConfirmWithin)
	l.hold(&waiting{WaitingChange: WaitingChange{ID: p.ID, Until: p.Until, Actor: o.Actor}, tx: tx, before: before})
	return p.Change, nil
}

func (l *Local) takeUp(ctx context.Context, p *plan, tx *jailconf.Transaction, before standing) error {
	if err := tx.Write(); err != nil {
		return err
	}
	s, err := l.stream(ctx)
	if err != nil {
		return err
	}
	said := l.complaintsFromNow()
	for _, step := range p.Steps {
		if err := l.step(ctx, step, s, before); err != nil {
			return err
		}
	}
	missing, err := l.settled(ctx, s, before, p.Steps)
	if err != nil {
		return err
	}
	if err := l.probe(ctx, s, before, p.Steps, said); err != nil {
		return err
	}
	if len(missing) == 0 {
		return nil
	}
	if !endsBans(p.Effects) {
		return fault.New(fault.Fail2banRefused, "%d bans did not come back, %s among them", len(missing), missing[0])
	}
	p.Notes = append(p.Notes, "Bans that the new values end or don't allow are lifted.")
	return nil
}

// endsBans reports whether a change may end bans by what it means.
func endsBans(effects []Effect) bool {
	return slices.ContainsFunc(effects, func(e Effect) bool {
		return slices.Contains([]string{"bantime", "bantime.maxtime", "bantime.increment", "ignoreip", "ignoreself", "enabled"}, e.Option)
	})
}

// step takes up a change for one jail. A stream for one jail only: what else is in the
// configuration can't be lost by it.
func (l *Local) step(ctx context.Context, step Step, s stream, before standing) error {
	part, name := s.jail(step.Jail), step.Jail
	_, runs := before.actions[name]
	switch {
	case step.Do == StepSet:
		return l.Client.ServerStream(ctx, s.own())
	case step.Do == StepStop && !runs:
		return nil
	case step.Do == StepStop:
		return l.Client.StopJail(ctx, fail2ban.JailName(name))
	case len(part) == 0:
		return fault.New(fault.Fail2banRefused, "fail2ban's configuration does not take up the jail %s", name)
	case !runs:
		return l.Client.ServerStream(ctx, part)
	case step.Do == StepRestart:
		return l.Client.Reload(ctx, name, []string{"--restart"}, part)
	}
	return l.Client.Reload(ctx, name, nil, part)
}

// standing is what the server does: what must still be so after a change.
type standing struct {
	actions map[string][]string // of each jail that runs, sorted
	bans    map[string][]string // ids
	until   map[string]time.Time
	// unsure says that this was looked at after a change had begun: every jail of the
	// files should run then.
	unsure bool
}

func (s standing) ran(jail string) bool {
	_, ran := s.actions[jail]
	return ran || s.unsure
}

func (l *Local) standing(ctx context.Context) (standing, error) {
	s := standing{actions: map[string][]string{}, bans: map[string][]string{}, until: map[string]time.Time{}}
	jails, err := l.Client.Jails(ctx)
	if err != nil {
		return s, err
	}
	for _, jail := range jails {
		o, err := l.Client.JailOptions(ctx, jail)
		if err != nil {
			return s, err
		}
		slices.Sort(o.Actions)
		s.actions[string(jail)] = o.Actions
		bans, err := l.Client.BannedWithTimes(ctx, jail)
		if err != nil {
			return s, err
		}
		for _, b := range bans {
			s.bans[string(jail)] = append(s.bans[string(jail)], b.ID)
			s.until[string(jail)+" "+b.ID] = endOf(b)
		}
	}
	return s, nil
}

// endOf is when a ban ends by itself; zero = never.
func endOf(b fail2ban.Ban) time.Time {
	if b.Permanent {
		return time.Time{}
	}
	return b.BannedAt.Add(b.Duration)
}

// settled waits until the jails run that should, each with its actions, and the bans are
// back. missing are those that don't come; an error says which jail does not.
func (l *Local) settled(ctx context.Context, s stream, before standing, steps []Step) (missing []string, err error) {
	for deadline := time.Now().Add(settleFor); ; sleep(ctx, 100*time.Millisecond) {
		if err = l.checkJails(ctx, s, before, steps); err == nil {
			missing, err = l.missing(ctx, s, before)
		}
		if err == nil && len(missing) == 0 || time.Now().After(deadline) || ctx.Err() != nil {
			return missing, err
		}
		if err == nil && time.Now().After(deadline.Add(-settleFor/2)) {
			return missing, nil // jails are there; bans that are not back by now won't be
		}
	}
}

// checkJails looks for jails that ran or were to start and don't, or lack an action.
func (l *Local) checkJails(ctx context.Context, s stream, before standing, steps []Step) error {
	running, err := l.Client.Jails(ctx)
	if err != nil {
		return err
	}
	touched := map[string]bool{}
	for _, step := range steps {
		touched[step.Jail] = true
	}
	for _, name := range s.jails() {
		if !before.ran(name) && !touched[name] {
			continue
		}
		if !slices.Contains(running, fail2ban.JailName(name)) {
			return fault.New(fault.Fail2banRefused, "the jail %s does not run", name)
		}
		if !touched[name] {
			continue
		}
		o, err := l.Client.JailOptions(ctx, fail2ban.JailName(name))
		if err != nil {
			return err
		}
		slices.Sort(o.Actions)
		if !slices.Equal(o.Actions, s.actions(name)) {
			return fault.New(fault.Fail2banRefused, "the jail %s runs with the actions %q, not %q", name, o.Actions, s.actions(name))
		}
	}
	return nil
}

// missing are bans that were there, have not ended by themselves, and are not there in a
// jail that should run.
func (l *Local) missing(ctx context.Context, s stream, before standing) ([]string, error) {
	now, err := l.Client.Banned(ctx)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, jail := range s.jails() {
		there := map[string]bool{}
		for _, id := range now[fail2ban.JailName(jail)] {
			there[id] = true
		}
		for _, id := range before.bans[jail] {
			until := before.until[jail+" "+id]
			if !there[id] && (until.IsZero() || until.After(l.Now().Add(time.Second))) {
				missing = append(missing, jail+" "+id)
			}
		}
	}
	return missing, nil
}

// putBack undoes a change and returns why, with what became of it.
func (l *Local) putBack(ctx context.Context, tx *jailconf.Transaction, before standing, why error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyFor) // whatever the change itself has used up
	defer cancel()
	if err := tx.Restore(); err != nil {
		l.notUndone(ctx, err)
		return fault.Wrap(why, fault.CodeOf(why), "%s; and the files could not be put back: %s", fault.MessageOf(why), fault.MessageOf(err))
	}
	err := l.reloadOld(ctx, before)
	if kept := tx.Keep(); kept != nil && err == nil {
		err = kept
	}
	if err != nil {
		l.notUndone(ctx, err)
		return fault.Wrap(why, fault.CodeOf(why), "%s; the files were put back, but fail2ban did not take them up again: %s", fault.MessageOf(why), fault.MessageOf(err)).
			WithMend("Look at fail2ban's log, then restart it.")
	}
	return fault.Wrap(why, fault.CodeOf(why), "%s; everything was put back as it was", fault.MessageOf(why)).WithMend("%s", fault.MendOf(why))
}

// reloadOld brings the server back to the files as they are now: all of it, since a jail
// that is gone can't be reloaded by its name.
func (l *Local) reloadOld(ctx context.Context, before standing) error {
	s, err := l.stream(ctx)
	if err != nil {
		return err
	}
	err = l.Client.Reload(ctx, "--all", nil, s.commands)
	if fault.Is(err, fault.Fail2banUnreachable) {
		return err
	}
	if err != nil {
		l.Logger.WarnContext(ctx, "a full reload failed; jails are brought back one by one", "error", err)
	}
	if err := l.repair(ctx, s, before); err != nil {
		return err
	}
	missing, err := l.settled(ctx, s, before, nil)
	if err == nil && len(missing) > 0 {
		return fault.New(fault.Fail2banRefused, "%d bans did not come back", len(missing))
	}
	return err
}

// repair starts each jail that ran and was lost, and restarts each that lacks an action.
// A full reload does neither: it leaves an action out that the running jail doesn't have,
// and drops a jail that an earlier reload had made and not started (seen in 1.0.2). One that
// doesn't come back keeps no other from it.
func (l *Local) repair(ctx context.Context, s stream, before standing) error {
	running, err := l.Client.Jails(ctx)
	if err != nil {
		return err
	}
	var failed error
	for _, name := range s.jails() {
		err := l.repairJail(ctx, name, s, slices.Contains(running, fail2ban.JailName(name)), before)
		if fault.Is(err, fault.Fail2banUnreachable) {
			return err
		}
		if failed == nil {
			failed = err
		}
	}
	return failed
}

func (l *Local) repairJail(ctx context.Context, name string, s stream, runs bool, before standing) error {
	switch should := before.ran(name); {
	case !should && runs:
		return l.Client.StopJail(ctx, fail2ban.JailName(name)) // somebody had stopped it
	case !should:
		return nil
	case !runs:
		return l.Client.ServerStream(ctx, s.jail(name))
	}
	o, err := l.Client.JailOptions(ctx, fail2ban.JailName(name))
	if err != nil {
		return err
	}
	slices.Sort(o.Actions)
	if slices.Equal(o.Actions, s.actions(name)) {
		return nil
	}
	return l.Client.Reload(ctx, name, []string{"--restart"}, s.jail(name))
}

// notUndone raises the alarm: what runs is not what was there before.
func (l *Local) notUndone(ctx context.Context, err error) {
	l.Logger.ErrorContext(ctx, "a change of the configuration was not put back", "error", err)
	l.condition("change_not_undone", true, health.Error,
		"A change of fail2ban's configuration failed, and putting it back failed too: "+fault.MessageOf(err),
		"This machine may stand open. Look at fail2ban's log, mend its configuration, and restart it.")
}
