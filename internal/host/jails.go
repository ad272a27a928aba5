package host

import (
	"context"
	"time"

	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fault"
)

// Jail asks fail2ban for one jail; see Host.
func (l *Local) Jail(ctx context.Context, name string) (JailDetail, error) {
	if state := l.stateOf(name); state == JailDown {
		return JailDetail{Jail: Jail{Name: name, State: JailDown}}, nil
	}
	detail, err := l.askJail(ctx, name)
	if err != nil {
		return JailDetail{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	detail.State = JailRunning
	if l.idle[name] {
		detail.State = JailIdle
	}
	if w := l.jails[name]; w != nil {
		detail.Jail = withCounters(detail.Jail, w.jail)
	}
	return detail, nil
}

// stateOf is the state of a jail as last seen; "" when nobody knows it.
func (l *Local) stateOf(name string) JailState {
	for _, jail := range l.Jails() {
		if jail.Name == name {
			return jail.State
		}
	}
	return ""
}

// askJail asks fail2ban for every option of a jail that runs.
func (l *Local) askJail(ctx context.Context, name string) (JailDetail, error) {
	jail := fail2ban.JailName(name)
	o, err := l.Client.JailOptions(ctx, jail)
	if err != nil {
		return JailDetail{}, err
	}
	status, err := l.Client.JailStatus(ctx, jail)
	if err != nil {
		return JailDetail{}, err
	}
	closed, err := l.Client.ClosedPorts(ctx, jail)
	if err != nil {
		return JailDetail{}, err
	}
	d := JailDetail{
		Jail: Jail{
			Name: name, State: JailRunning,
			CurrentlyBanned: status.CurrentlyBanned, TotalBanned: status.TotalBanned,
			CurrentlyFailed: status.CurrentlyFailed, TotalFailed: status.TotalFailed,
			BanTime: o.BanTime, FindTime: o.FindTime, MaxRetry: o.MaxRetry, Backend: status.Backend,
			LogPaths: o.LogPaths, JournalMatches: status.JournalMatches,
		},
		IgnoreSelf: o.IgnoreSelf, Ignored: o.IgnoreIP, IgnoreCommand: o.IgnoreCommand, UseDNS: o.UseDNS,
		LogEncoding: o.LogEncoding, MaxLines: o.MaxLines, MaxMatches: o.MaxMatches, DatePattern: o.DatePattern,
		PrefRegex: o.PrefRegex, FailRegex: o.FailRegex, IgnoreRegex: o.IgnoreRegex, Actions: o.Actions,
		Increment: Increment{
			On: o.Increment.On, Factor: o.Increment.Factor, Formula: o.Increment.Formula, Multipliers: o.Increment.Multipliers,
			MaxTime: o.Increment.MaxTime, RandomTime: o.Increment.RandomTime, OverAll: o.Increment.OverAllJails,
		},
	}
	d.Ours = name == manualName && l.installed()
	for _, c := range closed {
		d.Closes = append(d.Closes, Closure(c))
	}
	return d, nil
}

// StartJail adds a jail from the configuration to the server; see Host.
func (l *Local) StartJail(ctx context.Context, name string) error {
	if l.runs(name) {
		return fault.New(fault.Conflict, "jail %s runs already", name)
	}
	stream, err := l.stream(ctx)
	if err != nil {
		return err
	}
	part := stream.jail(name)
	if len(part) == 0 {
		return noSuchJail(name)
	}
	if err := l.Client.ServerStream(ctx, part); err != nil {
		return err
	}
	return l.after(ctx, nil)
}

// StopJail removes a jail from the server; see Host.
func (l *Local) StopJail(ctx context.Context, name string) error {
	if !l.runs(name) {
		return noSuchJail(name) // "--all" would stop them all
	}
	return l.stop(ctx, name)
}

// stop stops a jail that runs.
func (l *Local) stop(ctx context.Context, name string) error {
	l.stopsMeaningly(name)
	if err := l.Client.StopJail(ctx, fail2ban.JailName(name)); err != nil {
		return err
	}
	if err := l.dropJail(ctx, name); err != nil {
		l.Logger.WarnContext(ctx, "the end of a jail was not recorded; it is tried again", "jail", name, "error", err)
	}
	return l.after(ctx, nil)
}

// IdleJail switches a jail's watching off or on; see Host.
func (l *Local) IdleJail(ctx context.Context, name string, idle bool) error {
	// fail2ban's `set` takes a jail's name and those of its own settings in one place:
	// "logtarget" or "dbfile" would set these.
	if !l.runs(name) {
		return noSuchJail(name)
	}
	if err := l.Client.SetIdle(ctx, fail2ban.JailName(name), idle); err != nil {
		return err
	}
	l.mu.Lock()
	changed := l.idle[name] != idle
	l.idle[name] = idle
	l.mu.Unlock()
	state := JailRunning
	if idle {
		state = JailIdle
	}
	if changed {
		l.tell(ctx, nil, event.Event{HostID: l.ID, Kind: event.Jail, At: l.Now(), Jail: name, State: string(state)})
	}
	return nil
}

// ReloadJail reads a jail's configuration again; see Host.
func (l *Local) ReloadJail(ctx context.Context, name string, restart bool) error {
	if !l.runs(name) {
		return noSuchJail(name)
	}
	stream, err := l.stream(ctx)
	if err != nil {
		return err
	}
	part := stream.jail(name)
	if len(part) == 0 {
		return fault.New(fault.Conflict, "the configuration no longer enables jail %s, so a reload would remove it", name).
			WithMend("Stop the jail if that is what you mean.")
	}
	if err := l.rehearse(ctx, part); err != nil {
		return err
	}
	var options []string
	if restart {
		options = append(options, "--restart")
	}
	return l.after(ctx, l.Client.Reload(ctx, name, options, part))
}

// Reload reads the whole configuration again; see Host.
func (l *Local) Reload(ctx context.Context) error {
	stream, err := l.stream(ctx)
	if err != nil {
		return err
	}
	if err := l.rehearse(ctx, stream.commands); err != nil {
		return err
	}
	return l.after(ctx, l.Client.Reload(ctx, "--all", nil, stream.commands))
}

// after asks for a fresh look once a change went through, so that the page sees
// what became of it at once.
func (l *Local) after(_ context.Context, err error) error {
	l.mu.Lock()
	for _, w := range l.jails {
		w.detailed = time.Time{}
	}
	l.server.asked = time.Time{}
	l.mu.Unlock()
	l.askEnabled()
	l.Poke()
	return err
}

func noSuchJail(name string) error {
	return fault.New(fault.JailNotFound, "there is no jail %q", name).
		WithMend("See which jails there are: bangui jail list")
}
