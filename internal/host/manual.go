package host

import (
	"context"
	"path/filepath"
	"slices"

	"bangui/internal/fail2ban"
	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// The jail that we offer for bans by hand. It has no filter and no log; whatever
// banaction_allports the machine is configured with closes every port.
const (
	manualName = "manual"
	manualFile = "jail.d/zz-bangui-manual.local"
	manualText = jailconf.Mark + `
# A jail for bans by hand: no filter and no log, every port is closed.
[manual]
enabled   = true
filter    =
backend   = polling
banaction = %(banaction_allports)s
action    = %(action_)s
bantime   = 1d
`
)

// ManualJail tells about our own jail; see Host.
func (l *Local) ManualJail(ctx context.Context) (OwnJail, error) {
	return l.manual(ctx, l.runs(manualName))
}

func (l *Local) manual(ctx context.Context, running bool) (OwnJail, error) {
	own := OwnJail{Name: manualName, Path: filepath.Join(l.ConfigDir, manualFile), Content: manualText, Running: running}
	there, err := jailconf.ReadOwn(l.ConfigDir, manualFile)
	if fault.Is(err, fault.Conflict) {
		own.Foreign = true
		return own, nil
	}
	if err != nil {
		return OwnJail{}, err
	}
	own.Installed = there != ""
	if !own.Installed {
		own.Foreign = own.Running || l.configures(ctx, manualName)
	}
	if there != manualText && !own.Foreign {
		own.Diff = diff(manualFile, there, manualText)
	}
	return own, nil
}

// installed reports whether our file is there.
func (l *Local) installed() bool {
	there, err := jailconf.ReadOwn(l.ConfigDir, manualFile)
	return err == nil && there != ""
}

// configures reports whether the configuration enables a jail of that name.
func (l *Local) configures(ctx context.Context, name string) bool {
	s, err := l.stream(ctx)
	return err == nil && slices.Contains(s.jails(), name)
}

// alone waits until nobody else adds or removes our jail; leave lets the next one.
func (l *Local) alone(ctx context.Context) (leave func(), err error) {
	select {
	case l.own <- struct{}{}:
		return func() { <-l.own }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(ctx.Err(), fault.TooMany, "the jail %s is being changed by somebody else", manualName).WithMend("Try again in a moment.")
	}
}

// runsNow asks fail2ban itself whether our jail runs: what was seen last may be from
// before another change.
func (l *Local) runsNow(ctx context.Context) (bool, error) {
	jails, err := l.Client.Jails(ctx)
	return slices.Contains(jails, fail2ban.JailName(manualName)), err
}

// AddManualJail writes our jail, starts it and verifies it; see Host.
func (l *Local) AddManualJail(ctx context.Context) error {
	leave, err := l.alone(ctx)
	if err != nil {
		return err
	}
	defer leave()
	running, err := l.runsNow(ctx)
	if err != nil {
		return err
	}
	own, err := l.manual(ctx, running)
	if err != nil {
		return err
	}
	if own.Foreign {
		return fault.New(fault.Conflict, "there is already a jail %s that BanGUI did not make; it stays as it is", manualName).
			WithMend("Ban in that jail.")
	}
	if own.Running {
		return nil
	}
	if err := jailconf.WriteOwn(l.ConfigDir, manualFile, manualText); err != nil {
		return err
	}
	if err := l.startOwn(ctx); err != nil {
		return l.undoManual(ctx, err)
	}
	return l.after(ctx, nil)
}

// startOwn rehearses our jail, starts it, and checks that it came up with an action.
func (l *Local) startOwn(ctx context.Context) error {
	s, err := l.stream(ctx)
	if err != nil {
		return err
	}
	part := s.jail(manualName)
	if len(part) == 0 {
		return fault.New(fault.Fail2banRefused, "fail2ban's configuration does not take up the new jail")
	}
	if err := l.rehearse(ctx, part); err != nil {
		return err
	}
	if err := l.Client.ServerStream(ctx, part); err != nil {
		return err
	}
	o, err := l.Client.JailOptions(ctx, manualName)
	if err != nil {
		return err
	}
	if len(o.Actions) == 0 {
		return fault.New(fault.Fail2banRefused, "the new jail runs without an action, so it would block nobody")
	}
	return nil
}

// undoManual takes back what AddManualJail did and returns why.
func (l *Local) undoManual(ctx context.Context, why error) error {
	ctx = context.WithoutCancel(ctx)
	if err := l.Client.StopJail(ctx, fail2ban.JailName(manualName)); err != nil && !fault.Is(err, fault.JailNotFound) {
		l.Logger.ErrorContext(ctx, "the new jail was not stopped", "jail", manualName, "error", err)
	}
	if err := jailconf.RemoveOwn(l.ConfigDir, manualFile); err != nil {
		l.Logger.ErrorContext(ctx, "the file of the new jail was not removed", "file", manualFile, "error", err)
	}
	l.Poke()
	return why
}

// RemoveManualJail stops our jail and removes its file; see Host.
func (l *Local) RemoveManualJail(ctx context.Context) error {
	leave, err := l.alone(ctx)
	if err != nil {
		return err
	}
	defer leave()
	running, err := l.runsNow(ctx)
	if err != nil { // the file goes all the same
		running = l.runs(manualName)
	}
	own, err := l.manual(ctx, running)
	if err != nil {
		return err
	}
	if own.Foreign {
		return fault.New(fault.Conflict, "jail %s was not made by BanGUI; it stays as it is", manualName)
	}
	if own.Installed {
		if err := jailconf.RemoveOwn(l.ConfigDir, manualFile); err != nil {
			return err
		}
	}
	if own.Running {
		return l.stop(ctx, manualName)
	}
	return l.after(ctx, nil)
}
