package history

import (
	"context"
	"time"
)

// Errand is what the scheduler ordered for a ban that was given an end of its own.
type Errand struct {
	Ban   Ban   // open: to be lifted; ended: to be made again, since fail2ban ended it too early
	Epoch int64 // of the scheduler
}

// MaxErrands is the most that are ordered and fetched at once.
const MaxErrands = 500

// Errands are those of a host that are due at a moment: bans whose own end has come, and
// bans that fail2ban has ended before theirs. Each stays until the ban is as it should be.
func (a *Archive) Errands(ctx context.Context, hostID string, at time.Time) ([]Errand, error) {
	return a.store.Errands(ctx, hostID, at, MaxErrands)
}
