package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/config"
	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fault"
	"bangui/internal/geo"
	"bangui/internal/health"
	"bangui/internal/helper"
	"bangui/internal/host"
)

// directTime bounds the wait for the first full look at fail2ban.
const directTime = 15 * time.Second

// Direct is fail2ban without a console: the same host.Host with the same rules,
// for one command. Close it.
type Direct struct {
	host.Host
	helper *helper.Client // nil = in this process
	task   *task
}

// OpenDirect looks at the fail2ban of this machine: through its helper where there is
// one that lets us in, else by fail2ban's socket. The error is a fault:
// Fail2banUnreachable, Fail2banForbidden, Fail2banTimeout, of a helper that was named, or
// of the machine's owner's file (owner, "" = none), which counts where no helper does it.
func OpenDirect(ctx context.Context, c config.Config, owner string, logger *slog.Logger) (*Direct, error) {
	client, err := throughHelper(ctx, c, logger)
	if err != nil {
		return nil, err
	}
	if client == nil {
		return openHere(ctx, c, owner, logger)
	}
	d := &Direct{Host: client, helper: client}
	return d, d.settle(ctx)
}

// OpenGeo opens the databases that tell where an address is, for one command. It never
// fails: what can't be opened tells nothing.
func OpenGeo(ctx context.Context, c config.Config, logger *slog.Logger) *geo.DB {
	return openGeo(ctx, c, health.New(time.Now), logger)
}

// throughHelper is the helper that was named, or the one of this machine, which must be
// there, let us in, and serve the fail2ban that is meant; nil when it doesn't.
func throughHelper(ctx context.Context, c config.Config, logger *slog.Logger) (*helper.Client, error) {
	const direct, version = "direct", "of this command"
	if c.Helper != "" {
		client := newClient(c.Helper, direct, version, allowlist.System{}.Entries, logger)
		return client, client.Look(ctx)
	}
	_, err := os.Stat(helper.StandardSocket)
	if errors.Is(err, fs.ErrNotExist) || c.Fail2banSocket != config.StandardFail2banSocket {
		return nil, nil //nolint:nilnil // there is none
	}
	client := newClient(helper.StandardSocket, direct, version, allowlist.System{}.Entries, logger)
	if err := client.Look(ctx); err != nil {
		return nil, nil //nolint:nilnil,nilerr // it is of no use: fail2ban's socket may be
	}
	return client, nil
}

// openHere looks at fail2ban in this process.
func openHere(ctx context.Context, c config.Config, owner string, logger *slog.Logger) (*Direct, error) {
	client := fail2ban.New(fail2ban.Options{Socket: c.Fail2banSocket, Logger: logger})
	if err := client.Ping(ctx); err != nil {
		return nil, err
	}
	local, err := guarded(host.NewLocal(localOptions(pathsOf(c), client, "direct", logger)), owner, "then try again", &host.Epochs{})
	if err != nil {
		return nil, err
	}
	d := &Direct{Host: local}
	d.task = startTask(ctx, func(ctx context.Context) { _ = local.Run(ctx, forgetful{}) }) // it ends with ctx
	if err := d.settle(ctx); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// settle waits until the counters of all jails and their lists have come.
func (d *Direct) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, directTime)
	defer cancel()
	for {
		if reach := d.State().Reach; reach == host.Online || reach == host.Degraded {
			if _, err := d.Bans(ctx); err == nil {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return d.late(ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
		if d.helper != nil {
			_ = d.helper.Look(ctx) // tried again, until it is late
		}
	}
}

// late says why nothing came: fail2ban itself, where the helper says so.
func (d *Direct) late(err error) error {
	if s := d.State(); s.Reach == host.Unreachable {
		return fault.Wrap(err, fault.Fail2banUnreachable, "%s", strings.TrimSuffix(s.Detail, ".")).WithMend("%s", s.Mend)
	}
	return fault.Wrap(err, fault.Fail2banTimeout, "fail2ban did not list its jails and bans within %s", directTime)
}

// Bans are the bans of now, newest first.
func (d *Direct) Bans(ctx context.Context) ([]JailBan, error) {
	if d.helper != nil {
		if err := d.helper.Look(ctx); err != nil {
			return nil, err
		}
	}
	var all []JailBan
	for _, j := range d.Jails() {
		if j.State == host.JailDown || j.CurrentlyBanned == 0 {
			continue
		}
		bans, err := d.Host.Bans(ctx, j.Name)
		if fault.Is(err, fault.JailNotFound) {
			continue // it was stopped meanwhile
		}
		if err != nil {
			return nil, err
		}
		for _, b := range bans {
			all = append(all, JailBan{j.Name, b})
		}
	}
	slices.SortFunc(all, func(a, b JailBan) int {
		if c := b.BannedAt.Compare(a.BannedAt); c != 0 {
			return c
		}
		return strings.Compare(a.Jail+a.ID, b.Jail+b.ID)
	})
	return all, nil
}

// Close ends the following of fail2ban.
func (d *Direct) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), hostTime)
	defer cancel()
	_ = d.task.end(ctx) // nothing is left to do about it
}

// JailBan is one ban and the jail it is in.
type JailBan struct {
	Jail string
	host.Ban
}

// forgetful is the recorder of a Direct: the host holds all that one command needs.
type forgetful struct{}

// Record forgets events.
func (forgetful) Record(context.Context, []event.Event, *host.Mark) error { return nil }

// Reconcile forgets the list.
func (forgetful) Reconcile(context.Context, host.BanList) error { return nil }

// MarkOf knows no mark: nothing is read twice within one command.
func (forgetful) MarkOf(context.Context, string, string) (string, error) { return "", nil }

// OpenJails are none: there is no past.
func (forgetful) OpenJails(context.Context, string) ([]string, error) { return nil, nil }

// Copy refuses, so that fail2ban's database is not read for nothing.
func (forgetful) Copy(context.Context, host.Copied) error {
	return fault.New(fault.Unavailable, "one command keeps nothing")
}
