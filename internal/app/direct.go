package app

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"bangui/internal/config"
	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// directTime bounds the wait for the first full look at fail2ban.
const directTime = 15 * time.Second

// Direct is fail2ban without a console: the same host.Host with the same rules,
// for one command. Close it.
type Direct struct {
	host.Host
	task *task
	seen *memory
}

// OpenDirect looks at the fail2ban of this machine. The error is a fault:
// Fail2banUnreachable, Fail2banForbidden, Fail2banTimeout.
func OpenDirect(ctx context.Context, c config.Config, logger *slog.Logger) (*Direct, error) {
	client := fail2ban.New(fail2ban.Options{Socket: c.Fail2banSocket, Logger: logger})
	if err := client.Ping(ctx); err != nil {
		return nil, err
	}
	local := guarded(host.NewLocal(localOptions(pathsOf(c), client, "direct", logger)))
	d := &Direct{Host: local, seen: newMemory()}
	d.task = startTask(ctx, func(ctx context.Context) { _ = local.Run(ctx, d.seen) }) // it ends with ctx
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
		if reach := d.State().Reach; (reach == host.Online || reach == host.Degraded) && d.seen.has(d.Jails()) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fault.Wrap(ctx.Err(), fault.Fail2banTimeout, "fail2ban did not list its jails and bans within %s", directTime)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Bans are the bans of now, newest first.
func (d *Direct) Bans() []JailBan { return d.seen.bans() }

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

// memory is the recorder of a Direct: it keeps the last list of each jail.
type memory struct {
	mu    sync.Mutex
	lists map[string][]host.Ban
}

func newMemory() *memory { return &memory{lists: map[string][]host.Ban{}} }

// Record forgets events: lists say the same.
func (m *memory) Record(context.Context, []event.Event, *host.Mark) error { return nil }

// Reconcile keeps the list.
func (m *memory) Reconcile(_ context.Context, list host.BanList) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if list.Gone {
		delete(m.lists, list.Jail)
		return nil
	}
	m.lists[list.Jail] = list.Bans
	return nil
}

// MarkOf knows no mark: nothing is read twice within one command.
func (m *memory) MarkOf(context.Context, string, string) (string, error) { return "", nil }

// OpenJails are none: there is no past.
func (m *memory) OpenJails(context.Context, string) ([]string, error) { return nil, nil }

func (m *memory) has(jails []host.Jail) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, j := range jails {
		if _, ok := m.lists[j.Name]; !ok && j.State != host.JailDown && j.CurrentlyBanned > 0 {
			return false
		}
	}
	return true
}

func (m *memory) bans() []JailBan {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []JailBan
	for jail, list := range m.lists {
		for _, b := range list {
			all = append(all, JailBan{jail, b})
		}
	}
	slices.SortFunc(all, func(a, b JailBan) int {
		if c := b.BannedAt.Compare(a.BannedAt); c != 0 {
			return c
		}
		return strings.Compare(a.Jail+a.ID, b.Jail+b.ID)
	})
	return all
}
