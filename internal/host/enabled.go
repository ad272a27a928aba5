package host

import (
	"context"
	"strings"
	"time"

	"bangui/internal/fault"
	"bangui/internal/health"
)

// enabledEvery is how often the configuration is resolved unasked; each time costs
// about 100 ms of processor time for starting Python.
const enabledEvery = 5 * time.Minute

// keepEnabled keeps the list of jails that the configuration enables, and says when
// the configuration is broken: the next reload or restart would then fail.
func (l *Local) keepEnabled(ctx context.Context) {
	tick := time.NewTicker(enabledEvery)
	defer tick.Stop()
	for {
		l.resolveEnabled(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.resolve:
		}
	}
}

func (l *Local) resolveEnabled(ctx context.Context) {
	s, err := l.stream(ctx)
	if ctx.Err() != nil {
		return
	}
	l.condition("configuration_broken", fault.Is(err, fault.Fail2banRefused), health.Error,
		"A reload or restart of fail2ban would fail now: "+fault.MessageOf(err), fault.MendOf(err))
	if err != nil {
		l.Logger.DebugContext(ctx, "the configuration was not resolved", "error", err)
		return
	}
	l.mu.Lock()
	l.enabled = s.jails()
	l.mu.Unlock()
	l.judgeJails()
}

// askEnabled asks for the configuration to be resolved again.
func (l *Local) askEnabled() {
	select {
	case l.resolve <- struct{}{}:
	default:
	}
}

// judgeJails raises a finding about jails that should run and don't.
func (l *Local) judgeJails() {
	var down []string
	l.mu.Lock()
	for _, name := range l.enabled {
		if w := l.jails[name]; w == nil || w.absent {
			down = append(down, name)
		}
	}
	settled := l.polled && !l.server.young && l.reach.state != Unreachable
	l.mu.Unlock()
	l.condition("jail_down", settled && len(down) > 0, health.Error,
		"Enabled in the configuration but not running: "+strings.Join(down, ", ")+".",
		"Start it on the Jails page; if it does not stay up, fail2ban's log has the reason.")
}
