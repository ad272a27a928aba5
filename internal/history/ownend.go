package history

import (
	"context"
	"time"
)

// Overdue are open bans whose own end has come at that moment, those longest ago first,
// at most limit (1 to MaxLimit).
func (a *Archive) Overdue(ctx context.Context, at time.Time, limit int) ([]Ban, error) {
	return a.store.OverdueBans(ctx, at, limit)
}

// CutShort are bans that fail2ban has ended by its own time before their own end: to be
// made again. At most limit (1 to MaxLimit), in no order.
func (a *Archive) CutShort(ctx context.Context, at time.Time, limit int) ([]Ban, error) {
	return a.store.CutShortBans(ctx, at, limit)
}
