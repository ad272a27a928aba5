package app

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"bangui/internal/config"
	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/health"
	"bangui/internal/history"
	"bangui/internal/host"
	"bangui/internal/store"
)

// startDatabase opens the database, brings it up to date, and begins to tell what other
// consoles record there.
func (a *App) startDatabase(ctx context.Context) error {
	db, err := openStore(ctx, a.Config, a.logger.With("part", "store"))
	if err != nil {
		return mendable(err, "See that this user may write there and that the disk has room, or set another place with --data-dir or --database.")
	}
	a.store = db
	a.warnRemote(ctx)
	a.archive = history.New(db, a.bus, a.logger.With("part", "history"), time.Now)
	a.followTask = startTask(ctx, a.archive.Follow)
	a.listenTask = startTask(ctx, func(ctx context.Context) { db.Listen(ctx, store.Heard{Events: a.archive.Heard, Lease: a.hinted}) })
	return nil
}

// warnRemote says of a file on a file system that several processes can't share what that
// means.
func (a *App) warnRemote(ctx context.Context) {
	kind := a.store.Remote()
	if kind == "" {
		return
	}
	text := "The database is a file on a file system of the kind " + kind + ": one process alone can have it, and it is slower and less safe there."
	const mend = "Put the data folder on a disk of this machine, or use PostgreSQL."
	a.findings.Set("database_remote", health.Warning, text, mend)
	a.logger.WarnContext(ctx, "the database is on a network's file system", "kind", kind, "mend", mend)
}

// openStore opens the database that the settings name.
func openStore(ctx context.Context, c config.Config, logger *slog.Logger) (*store.DB, error) {
	return store.Open(ctx, store.Options{Path: c.Database, Postgres: c.Postgres, PasswordFile: c.DatabasePasswordFile, Logger: logger, Now: time.Now})
}

func (a *App) stopDatabase(ctx context.Context) error {
	return errors.Join(a.listenTask.end(ctx), a.followTask.end(ctx), a.store.Close())
}

// recorder carries what a host observed to the archive, which knows no hosts.
type recorder struct{ archive *history.Archive }

var _ host.Recorder = recorder{}

// Record stores events together with their mark.
func (r recorder) Record(ctx context.Context, events []event.Event, mark *host.Mark) error {
	return r.archive.Record(ctx, events, (*history.Mark)(mark))
}

// Reconcile makes the open bans of a jail equal to a list.
func (r recorder) Reconcile(ctx context.Context, list host.BanList) error {
	bans := make([]history.Ban, len(list.Bans))
	for i, b := range list.Bans {
		origin := event.ByFail2ban
		if b.ByHand {
			origin = event.ByHand
		}
		bans[i] = history.Ban{
			HostID: list.HostID, Jail: list.Jail, Address: b.ID, BannedAt: b.BannedAt, BanSeconds: b.BanSeconds,
			BanCount: b.BanCount, Failures: b.Failures, Origin: origin,
		}
	}
	return r.archive.Reconcile(ctx, history.List{
		HostID: list.HostID, Jail: list.Jail, TakenAt: list.TakenAt, Complete: list.Complete, Gone: list.Gone, Bans: bans,
	})
}

// MarkOf is how far a source was read.
func (r recorder) MarkOf(ctx context.Context, hostID, source string) (string, error) {
	return r.archive.MarkOf(ctx, hostID, source)
}

// OpenJails are the jails with bans that have not ended.
func (r recorder) OpenJails(ctx context.Context, hostID string) ([]string, error) {
	return r.archive.OpenJails(ctx, hostID)
}

// Copy stores what fail2ban's database tells.
func (r recorder) Copy(ctx context.Context, c host.Copied) error {
	out := history.Copied{HostID: c.HostID, SeenAt: c.SeenAt, Mark: (*history.Mark)(c.Mark), Bans: make([]history.PastBan, len(c.Bans))}
	if c.Gap != nil {
		out.Gap = &history.Gap{From: c.Gap.From, To: c.Gap.To, Why: c.Gap.Why}
	}
	for i, b := range c.Bans {
		origin := event.ByFail2ban
		if b.ByHand {
			origin = event.ByHand
		}
		out.Bans[i] = history.PastBan{Standing: b.Standing, Lines: b.Lines, Ban: history.Ban{
			Jail: b.Jail, Address: b.ID, BannedAt: b.BannedAt, BanSeconds: b.BanSeconds, BanCount: b.BanCount, Failures: b.Failures, Origin: origin,
		}}
	}
	return r.archive.Copy(ctx, out)
}

// mendable adds what to do about an error to one that doesn't say it.
func mendable(err error, mend string) error {
	if fault.MendOf(err) != "" {
		return err
	}
	return fault.Wrap(err, fault.CodeOf(err), "%s", fault.MessageOf(err)).WithMend("%s", mend)
}
