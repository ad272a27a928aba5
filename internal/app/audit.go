package app

import (
	"context"
	"time"

	"bangui/internal/audit"
)

// startAudit opens the record of who did what, and keeps it tidy.
func (a *App) startAudit(ctx context.Context) error {
	a.trail = audit.New(audit.Options{
		Store: a.store, Logger: a.logger.With("part", "audit"), Now: time.Now, Keep: time.Duration(a.Config.AuditDays) * 24 * time.Hour,
	})
	a.auditTask = startTask(ctx, a.trail.Run)
	return nil
}

func (a *App) stopAudit(ctx context.Context) error { return a.auditTask.end(ctx) }

// byItself is the context of a change that the console makes without being asked.
func byItself(ctx context.Context, action, target string) context.Context {
	return audit.With(ctx, &audit.Pending{Entry: audit.Entry{Actor: audit.Bangui(), Action: action, Target: target}})
}
