package host

import (
	"context"
	"time"

	"bangui/internal/fault"
	"bangui/internal/health"
	"bangui/internal/jailconf"
)

// waiting is a change that is made and not confirmed. Its note is on disk: were we killed
// now, the next start would put it back.
type waiting struct {
	WaitingChange
	tx     *jailconf.Transaction
	before standing
	ending bool // somebody claimed it, and is at it
}

func (l *Local) hold(w *waiting) {
	l.mu.Lock()
	l.waiting = w
	l.mu.Unlock()
	select {
	case l.held <- struct{}{}:
	default:
	}
}

func (l *Local) waitingChange() *WaitingChange {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil {
		return nil
	}
	w := l.waiting.WaitingChange
	return &w
}

// claim takes the waiting change away from whoever else may want to end it. It is told as
// waiting until release: before that the files are not yet what they will be.
func (l *Local) claim(id string) (*waiting, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.waiting == nil || id != l.waiting.ID || l.waiting.ending {
		return nil, fault.New(fault.NotFound, "no change of that name waits to be confirmed; it may have been taken back already")
	}
	l.waiting.ending = true
	return l.waiting, nil
}

// release forgets a change that was claimed and is ended.
func (l *Local) release() {
	l.mu.Lock()
	l.waiting = nil
	l.mu.Unlock()
}

// ConfirmChange makes a waiting change hold; see Host.
func (l *Local) ConfirmChange(_ context.Context, id string) error {
	w, err := l.claim(id)
	if err != nil {
		return err
	}
	defer l.release()
	return w.tx.Keep()
}

// RevertChange takes a waiting change back; see Host.
func (l *Local) RevertChange(ctx context.Context, id string) error {
	l.changing.Lock()
	defer l.changing.Unlock()
	w, err := l.claim(id)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), applyFor)
	defer cancel()
	defer l.after(ctx, nil) //nolint:errcheck // gives its argument back
	defer l.release()
	return l.undo(ctx, w)
}

// undo takes a change back whose files and jails were fine.
func (l *Local) undo(ctx context.Context, w *waiting) error {
	if err := w.tx.Restore(); err != nil {
		l.notUndone(ctx, err)
		return err
	}
	err := l.reloadOld(ctx, w.before)
	if kept := w.tx.Keep(); err == nil {
		err = kept
	}
	if err != nil {
		l.notUndone(ctx, err)
	}
	return err
}

// tendChanges puts back what a killed process left, and takes back each change that is
// not confirmed in time. When the run ends while one waits, the next run puts it back.
func (l *Local) tendChanges(ctx context.Context) {
	l.sweepScratch()
	l.tendLeft(ctx)
	defer l.leaveWaiting()
	for {
		w := l.waitingChange()
		due := time.NewTimer(untilDue(w, l.Now()))
		select {
		case <-ctx.Done():
		case <-l.held:
		case <-due.C:
			if w != nil {
				l.expire(ctx, w.ID)
			}
		}
		due.Stop()
		if ctx.Err() != nil {
			return
		}
	}
}

// tendLeft puts back what a killed process left, and tries again while fail2ban is too busy
// for it: that process may have left it with a reload that takes long.
func (l *Local) tendLeft(ctx context.Context) {
	const most = time.Minute
	for wait := time.Second; ; wait = min(2*wait, most) {
		l.changing.Lock()
		var err error
		if l.waitingChange() == nil { // else somebody has put it back, and the note is of his change
			err = l.putBackLeft(ctx)
		}
		l.changing.Unlock()
		if err == nil || ctx.Err() != nil {
			return
		}
		l.Logger.ErrorContext(ctx, "a change that was left was not put back; it is tried again", "error", err)
		again := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-l.held:
		case <-again.C:
		}
		again.Stop()
	}
}

// untilDue is how long a change may still wait; an hour where none does.
func untilDue(w *WaitingChange, now time.Time) time.Duration {
	if w == nil {
		return time.Hour
	}
	return w.Until.Sub(now)
}

func (l *Local) expire(ctx context.Context, id string) {
	if err := l.RevertChange(ctx, id); err != nil {
		if !fault.Is(err, fault.NotFound) {
			l.Logger.ErrorContext(ctx, "a change that nobody confirmed was not taken back", "error", err)
		}
		return
	}
	l.condition("change_taken_back", true, health.Warning,
		"A change of fail2ban's configuration was taken back, because nobody confirmed it in time.", "Make it again, and confirm it.")
}

func (l *Local) leaveWaiting() {
	w := l.waitingChange()
	if w == nil {
		return
	}
	if left, err := l.claim(w.ID); err == nil {
		defer l.release()
		_ = left.tx.Leave()
	}
}

// putBackLeft puts back a change that a process began and did not end: it was killed. A
// server that doesn't run will read the files as they then are.
func (l *Local) putBackLeft(ctx context.Context) error {
	tx, err := jailconf.Pending(l.ConfigDir)
	if err != nil || tx == nil {
		if fault.Is(err, fault.NotFound) {
			return nil // there is no configuration here
		}
		return err
	}
	l.Logger.WarnContext(ctx, "a change of the configuration was left half done; it is put back")
	if err := tx.Restore(); err != nil {
		return err
	}
	before, err := l.standing(ctx)
	before.unsure = true
	if err == nil {
		err = l.reloadOld(ctx, before)
	}
	if fault.Is(err, fault.Fail2banUnreachable) {
		err = nil
	}
	if err != nil {
		_ = tx.Leave() // it is tried again
		return err
	}
	l.condition("change_put_back", true, health.Warning,
		"BanGUI was ended while it changed fail2ban's configuration; what it had begun was put back.", "Look whether it is as you want it, then make the change again.")
	return tx.Keep()
}
