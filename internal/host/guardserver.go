package host

import (
	"context"
	"slices"

	"bangui/internal/fault"
)

// maxPlace bounds a place in the log.
const maxPlace = 500

// Server is what the host says, with what the machine's owner says of restarts; see Host.
func (g *Guard) Server(ctx context.Context) (ServerView, error) {
	view, err := g.host.Server(ctx)
	if err != nil {
		return view, err
	}
	if err := g.mayRestart(); err != nil {
		view.Restart.Way, view.Restart.Refused, view.Restart.Mend = "", fault.MessageOf(err), fault.MendOf(err)
	} else if g.Restarts == RestartSupervised {
		view.Restart.Way, view.Restart.Refused, view.Restart.Mend = RestartSupervisor, "", ""
	}
	return view, nil
}

// FlushLogs is the host's; see Host.
func (g *Guard) FlushLogs(ctx context.Context) error { return g.host.FlushLogs(ctx) }

// Restart is allowed unless the machine's owner says otherwise; how it is done is not for
// the caller to say; see Host.
func (g *Guard) Restart(ctx context.Context, order RestartOrder) (Restarted, error) {
	if err := g.mayRestart(); err != nil {
		return Restarted{}, err
	}
	order.Supervised = g.Restarts == RestartSupervised
	return g.host.Restart(ctx, order)
}

func (g *Guard) mayRestart() error {
	if g.Restarts != RestartNever {
		return nil
	}
	return fault.New(fault.Forbidden, "this machine does not let BanGUI restart fail2ban").
		WithMend("Who is root there can allow it: %s. Or restart it there.", g.RestartSwitch)
}

// ServerLog passes a question within its bounds; see Host.
func (g *Guard) ServerLog(ctx context.Context, q LogQuery) (LogPage, error) {
	const mostLines = 500
	switch {
	case q.Limit < 0 || q.Limit > mostLines:
		return LogPage{}, fault.New(fault.Invalid, "at most %d messages are given at once", mostLines)
	case q.Level != "" && !slices.Contains(LogLevels(), q.Level):
		return LogPage{}, fault.New(fault.Invalid, "%q is no level of fail2ban's log", clip(q.Level))
	case q.Before != "" && q.After != "":
		return LogPage{}, fault.New(fault.Invalid, "what is before one place or after another can be asked for, not both")
	case len(q.Text) > maxName || !harmlessText(q.Text) || len(q.Jail) > maxName || !harmlessText(q.Jail):
		return LogPage{}, fault.New(fault.Invalid, "a text to look for has at most %d bytes and no control characters", maxName)
	case len(q.Before) > maxPlace || len(q.After) > maxPlace || !harmlessText(q.Before+q.After):
		return LogPage{}, fault.New(fault.Invalid, "that is no place in fail2ban's log")
	}
	return g.host.ServerLog(ctx, q)
}

// PutBackChange is allowed to who may change something; see Host.
func (g *Guard) PutBackChange(ctx context.Context, order PutBackOrder) error {
	if err := g.mayConfigure(false, order.Change); err != nil {
		return err
	}
	if err := checkText("the id of a change", order.Change, maxName); err != nil {
		return err
	}
	// Whether fail2ban may be started is the owner's word as well.
	if err := g.mayRestart(); err != nil {
		return err
	}
	order.Supervised = g.Restarts == RestartSupervised
	return g.host.PutBackChange(ctx, order)
}
