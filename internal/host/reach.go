package host

import (
	"fmt"
	"time"

	"bangui/internal/fault"
)

// A fail2ban that is busy (a reload, a slow firewall command) answers nobody for
// seconds: that is Degraded after slowAfter, and Unreachable after goneAfter. A
// socket that is gone, refuses us or isn't fail2ban's is Unreachable at once.
const (
	slowAfter = 3 * time.Second
	goneAfter = 8 * time.Second
)

// reach is the state machine behind State.Reach. Its owner holds the lock.
type reach struct {
	state  Reach
	since  time.Time
	asOf   time.Time // last good answer
	silent time.Time // start of the present run of failures; zero = none
	detail string
	mend   string
}

// answered notes a good answer; jails says whether the server has any.
func (r *reach) answered(now time.Time, jails int, starting bool) {
	r.asOf, r.silent = now, time.Time{}
	switch {
	case jails == 0 && starting:
		r.become(Starting, now, "fail2ban has just started and has no jails yet.", "")
	case jails == 0:
		r.become(Degraded, now, "fail2ban runs without any jail: nothing is watched and nothing is banned.",
			"Look at fail2ban's log for the reason, mend its configuration, then reload it.")
	default:
		r.become(Online, now, "", "")
	}
}

// failed notes that fail2ban did not answer what it was asked at began.
func (r *reach) failed(began, now time.Time, err error) {
	if r.silent.IsZero() {
		r.silent = began
	}
	silent := now.Sub(r.silent)
	busy := fault.Is(err, fault.Fail2banTimeout) || fault.Is(err, fault.TooMany)
	switch {
	case busy && silent < slowAfter:
		return
	case busy && silent < goneAfter && r.state != Unreachable:
		r.become(Degraded, now, fmt.Sprintf("fail2ban has not answered for %d seconds; it may be busy.", int(silent.Seconds())), "")
	case busy:
		r.become(Unreachable, now, "fail2ban holds its socket open and does not answer.",
			"See whether the process hangs or is stopped: systemctl status fail2ban")
	default:
		r.become(Unreachable, now, fault.MessageOf(err), fault.MendOf(err))
	}
}

func (r *reach) become(state Reach, now time.Time, detail, mend string) {
	if r.state != state {
		r.state, r.since = state, now
	}
	r.detail, r.mend = detail, mend
}
