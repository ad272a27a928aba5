package host

import (
	"context"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
)

// RestartPlan says what a restart would do.
type RestartPlan struct {
	Way       RestartWay // "" = it can't be done
	Refused   string     // why it can't be done
	Mend      string
	Bans      int  // that are lifted for a moment
	LosesBans bool // there is no database that brings them back
}

// RestartOrder asks for a restart.
type RestartOrder struct {
	LoseBans bool // go on although no database brings the bans back
	// Supervised says that something starts fail2ban again when it ends. The machine's owner
	// says so: Guard sets it.
	Supervised bool
}

// Restarted is what became of a restart.
type Restarted struct {
	Way     RestartWay
	Took    time.Duration // until jails and bans were back
	Jails   int
	Bans    int
	Missing []string // bans ("jail address") that were there and did not come back, at most maxMissing
}

const (
	// comeUpFor is how long fail2ban may take until it answers after it was started.
	comeUpFor = 10 * time.Second
	// endFor is how long it may take to end: each jail takes seconds (seen on 1.0.2).
	endFor = 30 * time.Second
	// supervisedFor is how long it is looked whether somebody else starts a server that was
	// somebody's child.
	supervisedFor = 3 * time.Second
	maxMissing    = 20
)

// restartPlan works out what a restart would do.
func (l *Local) restartPlan(ctx context.Context) RestartPlan {
	state := l.State()
	plan := RestartPlan{Bans: state.CurrentlyBanned, LosesBans: state.Database == "" && state.CurrentlyBanned > 0 && state.PID != 0}
	way, err := l.wayToRestart(ctx)
	if err != nil {
		plan.Refused, plan.Mend = fault.MessageOf(err), fault.MendOf(err)
	}
	plan.Way = way
	return plan
}

// Restart stops fail2ban and starts it again; see Host.
func (l *Local) Restart(ctx context.Context, o RestartOrder) (Restarted, error) {
	if !l.changing.TryLock() {
		return Restarted{}, fault.New(fault.Conflict, "a change of the configuration is being made").WithRetry(5 * time.Second)
	}
	defer l.changing.Unlock()
	way, err := l.wayFor(ctx, o.Supervised)
	if err != nil {
		return Restarted{}, err
	}
	s, err := l.mayRestart(ctx, o)
	if err != nil {
		return Restarted{}, err
	}
	before, err := l.standing(ctx)
	if fault.Is(err, fault.Fail2banUnreachable) {
		before.unsure = true // it is down: every jail of the files should run then
	} else if err != nil {
		return Restarted{}, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyFor) // from here on it is finished, whoever goes away
	defer cancel()
	defer l.after(ctx, nil) //nolint:errcheck // gives its argument back
	return l.again(ctx, way, s, before)
}

func (l *Local) wayFor(ctx context.Context, supervised bool) (RestartWay, error) {
	if supervised {
		return RestartSupervisor, nil
	}
	return l.wayToRestart(ctx)
}

// mayRestart refuses where fail2ban would not come up again, or not with its bans.
func (l *Local) mayRestart(ctx context.Context, o RestartOrder) (stream, error) {
	s, err := l.stream(ctx)
	if err == nil {
		err = l.rehearse(ctx, s.commands)
	}
	if err != nil {
		return s, fault.Wrap(err, fault.CodeOf(err), "fail2ban was not restarted, because it would not come up: %s", fault.MessageOf(err)).WithMend("%s", fault.MendOf(err))
	}
	if plan := l.State(); plan.Database == "" && plan.PID != 0 && plan.CurrentlyBanned > 0 && !o.LoseBans {
		return s, fault.New(fault.NeedsConfirm, "fail2ban keeps no database, so its %d bans are gone after a restart", plan.CurrentlyBanned).
			WithMend("Say that they may be lost, or set dbfile first.")
	}
	return s, nil
}

// again restarts and looks whether all is back.
func (l *Local) again(ctx context.Context, way RestartWay, s stream, before standing) (Restarted, error) {
	began := time.Now()
	done := Restarted{Way: way}
	if l.State().Database == "" { // nobody need wait for what can't come back
		done.Missing = before.all()
		before.bans = nil
	}
	l.setRestarting(true)
	defer l.setRestarting(false)
	l.Logger.WarnContext(ctx, "fail2ban is restarted", "reason", string(way))
	l.tell(ctx, nil, event.Event{HostID: l.ID, Kind: event.Host, At: l.Now(), State: string(Starting), Detail: "fail2ban is being restarted."})
	if err := l.bringUp(ctx, way); err != nil {
		return done, err
	}
	missing, err := l.settled(ctx, s, before, nil)
	if err != nil {
		return done, l.withLastErrors(ctx, began, fault.Wrap(err, fault.CodeOf(err), "fail2ban runs again, but not as before: %s", fault.MessageOf(err)))
	}
	done.Took, done.Missing = time.Since(began), append(done.Missing, missing...)
	done.Missing = done.Missing[:min(len(done.Missing), maxMissing)]
	now, err := l.standing(ctx)
	if err != nil {
		return done, err
	}
	done.Jails = len(now.actions)
	for _, bans := range now.bans {
		done.Bans += len(bans)
	}
	l.Logger.InfoContext(ctx, "fail2ban was restarted", "duration", done.Took.String())
	return done, nil
}

// all are the bans that were there, as missing names them.
func (s standing) all() []string {
	var all []string
	for jail, ids := range s.bans {
		for _, id := range ids {
			all = append(all, jail+" "+id)
		}
	}
	slices.Sort(all)
	return all
}

func (l *Local) setRestarting(is bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.restarting = is
}

// bringUp ends the server where it runs, and starts it.
func (l *Local) bringUp(ctx context.Context, way RestartWay) error {
	began := time.Now()
	if way == RestartUnit {
		if _, err := l.systemctl(ctx, restartUnit, "restart", unit); err != nil {
			return l.withLastErrors(ctx, began, err)
		}
		return l.awaitUp(ctx, began, comeUpFor)
	}
	if err := l.bringDown(ctx); err != nil {
		return err
	}
	if way == RestartSupervisor {
		return l.awaitUp(ctx, began, comeUpFor)
	}
	if l.wasChild() && l.comesUp(ctx, supervisedFor) {
		return nil // somebody else had an eye on it
	}
	l.mu.Lock()
	environ := l.process.environ
	l.mu.Unlock()
	program, err := l.program("fail2ban-client")
	if err != nil {
		return err
	}
	_, err = runProgram(ctx, restartUnit, environ, program, "-c", l.ConfigDir, "-s", l.Socket, "-x", "start")
	if err != nil && !l.comesUp(ctx, time.Second) {
		return l.withLastErrors(ctx, began, err)
	}
	return l.awaitUp(ctx, began, comeUpFor)
}

func (l *Local) wasChild() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.process.child
}

// bringDown ends a server over its socket and waits until its process is gone.
func (l *Local) bringDown(ctx context.Context) error {
	err := l.Client.Ping(ctx)
	if fault.Is(err, fault.Fail2banUnreachable) {
		return nil
	}
	if err != nil {
		return err
	}
	pid := l.Client.Peer().PID
	if err := l.Client.Shutdown(ctx); err != nil {
		return err
	}
	for deadline := time.Now().Add(endFor); time.Now().Before(deadline) && ctx.Err() == nil; sleep(ctx, 50*time.Millisecond) {
		if err := l.Client.Ping(ctx); l.Client.Peer().PID != pid && err == nil {
			return nil // and another one is there already
		} else if fault.Is(err, fault.Fail2banUnreachable) && !lives(pid) {
			return nil
		}
	}
	return fault.New(fault.Fail2banTimeout, "fail2ban was told to end and is still there after %s", endFor).
		WithMend("See what it is at in its log; its process is %s.", strconv.Itoa(pid))
}

// lives reports whether a process that can be seen from here still is. One that has ended
// and that its parent has not asked for yet does not.
func lives(pid int) bool {
	if pid == 0 || syscall.Kill(pid, 0) == syscall.ESRCH {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return os.IsPermission(err)
	}
	return !zombie(stat)
}

// zombie reads the state that stands behind the name in brackets.
func zombie(stat []byte) bool {
	for i := len(stat) - 1; i > 0; i-- {
		if stat[i] == ')' {
			return i+2 < len(stat) && stat[i+2] == 'Z'
		}
	}
	return false
}

// comesUp waits until the server answers.
func (l *Local) comesUp(ctx context.Context, limit time.Duration) bool {
	for deadline := time.Now().Add(limit); ; sleep(ctx, 50*time.Millisecond) {
		if l.Client.Ping(ctx) == nil {
			return true
		}
		if time.Now().After(deadline) || ctx.Err() != nil {
			return false
		}
	}
}

// awaitUp waits until the server answers; else the error holds what it said at last.
func (l *Local) awaitUp(ctx context.Context, began time.Time, limit time.Duration) error {
	if l.comesUp(ctx, limit) {
		return nil
	}
	err := fault.New(fault.Fail2banUnreachable, "fail2ban was started and does not answer after %s", limit).
		WithMend("Look at its log and its unit: systemctl status fail2ban. This machine bans nobody until it runs.")
	return l.withLastErrors(ctx, began, err)
}

// withLastErrors adds to an error what fail2ban's log says of errors since a moment.
func (l *Local) withLastErrors(ctx context.Context, since time.Time, err error) error {
	last := l.lastErrors(ctx, since)
	if len(last) == 0 {
		return err
	}
	return fault.Wrap(err, fault.CodeOf(err), "%s. fail2ban says: %s", fault.MessageOf(err), cut(last[len(last)-1], maxEffectText)).
		WithMend("%s", fault.MendOf(err))
}

// lastErrors are the last errors in fail2ban's log since a moment, the oldest first.
func (l *Local) lastErrors(ctx context.Context, since time.Time) []string {
	const most = 5
	page, err := l.ServerLog(ctx, LogQuery{Level: "ERROR", Limit: most})
	if err != nil {
		return nil
	}
	var texts []string
	for _, e := range page.Entries {
		if e.At.IsZero() || !e.At.Before(since.Add(-time.Second)) {
			texts = append(texts, cut(e.Text, maxEffectText))
		}
	}
	return slices.Clip(texts)
}
