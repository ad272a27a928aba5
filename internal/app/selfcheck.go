package app

import (
	"context"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
)

// SelfCheck proves that the counters of the archive are what its bans say, or finds where
// not; with rebuild it counts them anew first. It runs beside a console that uses the
// same database.
func (r *Records) SelfCheck(ctx context.Context, rebuild bool) (history.Checked, error) {
	archive := history.New(r.store, event.NewBus(), r.logger, time.Now)
	if rebuild {
		if err := archive.RebuildCounters(ctx); err != nil {
			return history.Checked{}, err
		}
	}
	return archive.CheckCounters(ctx)
}
