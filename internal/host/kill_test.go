package host_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/history"
	"bangui/internal/host"
	"bangui/internal/store"
	"bangui/internal/store/storetest"
)

// kills is how often the console is killed; a release is held with 200.
var kills = flag.Int("kills", 8, "how often TestLocal_AKilledConsoleLosesNothing kills the console")

// childMark tells this binary that it is the console that will be killed.
const childMark = "as-console"

// child follows a server into a database until it is killed.
func child(dir, database string) error {
	ctx := context.Background()
	db, err := store.Open(ctx, storetest.At(database))
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.EnsureHost(ctx, storetest.HostID, "test"); err != nil {
		return err
	}
	socket := dir + "/s.sock"
	local := host.NewLocal(host.LocalOptions{
		ID: storetest.HostID, Name: "test", Socket: socket, ConfigDir: dir + "/etc", Client: fail2ban.New(fail2ban.Options{Socket: socket}),
		System: allowlist.System{Root: dir, Addresses: func() ([]net.Addr, error) { return nil, nil }}, Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	archive := history.New(db, event.NewBus(), slog.New(slog.DiscardHandler), time.Now)
	return local.Run(ctx, recorder{archive})
}

// generator has fail2ban ban one address after the other, half of them for two seconds
// only, and keeps the list.
type generator struct {
	server *fail2bantest.Server
	client *fail2ban.Client
	mu     sync.Mutex
	busy   sync.Mutex // held while the server must not be asked
	done   []string
}

func (g *generator) run(ctx context.Context, t *testing.T) {
	for n := 0; ctx.Err() == nil; n++ {
		jail := "manual"
		if n%2 == 0 {
			jail = "short"
		}
		address := fmt.Sprintf("10.9.%d.%d", n/200, n%200+1)
		g.busy.Lock()
		results, err := g.client.Ban(context.Background(), fail2ban.JailName(jail), address)
		g.busy.Unlock()
		if err != nil || len(results) != 1 || !results[0].Banned {
			t.Errorf("%s was not banned: %v, %v", address, results, err)
			return
		}
		g.mu.Lock()
		g.done = append(g.done, jail+" "+address)
		g.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(30 * time.Millisecond): // the steady rate
		}
	}
}

// The console is killed again and again at random moments while fail2ban bans at a steady
// rate, its log is rotated and it is restarted. In the end the archive has what fail2ban
// banned: nothing is missing, nothing is there twice.
func TestLocal_AKilledConsoleLosesNothing(t *testing.T) {
	server := fail2bantest.Start(t, fail2bantest.Options{Jails: "[short]\nenabled = true\nfilter =\nbantime = 2s", Action: "none"})
	database := storetest.Place(t)
	g := &generator{server: server, client: fail2ban.New(fail2ban.Options{Socket: server.Socket()})}
	ctx, stop := context.WithCancel(t.Context())
	var working sync.WaitGroup
	working.Go(func() { g.run(ctx, t) })
	defer working.Wait()
	defer stop()
	for n := range *kills {
		console := startConsole(t, server, database)
		time.Sleep(time.Duration(rand.Int64N(int64(1500 * time.Millisecond)))) // the random moment
		switch n % 8 {
		case 3:
			server.Rotate()
		case 6:
			g.busy.Lock()
			server.Restart()
			g.busy.Unlock()
		}
		console()
	}
	stop()
	working.Wait()
	defer startConsole(t, server, database)()
	db, err := store.Open(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	archive := history.New(db, event.NewBus(), slog.New(slog.DiscardHandler), time.Now)
	var missing, twice []string
	compare := func() bool {
		there := map[string]int{}
		err := archive.Each(t.Context(), history.Query{State: history.All}, func(b history.Ban) error {
			there[b.Jail+" "+b.Address]++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		missing, twice = nil, nil
		for _, ban := range g.done {
			if there[ban] == 0 {
				missing = append(missing, ban)
			}
		}
		for ban, n := range there {
			if n > 1 {
				twice = append(twice, ban)
			}
		}
		return len(missing) == 0
	}
	for deadline := time.Now().Add(30 * time.Second); !compare() && time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
	}
	t.Logf("%d bans, %d kills", len(g.done), *kills)
	if len(missing) > 0 || len(twice) > 0 {
		t.Errorf("of %d bans %d are missing: %s; there twice: %s", len(g.done), len(missing), strings.Join(missing, ", "), strings.Join(twice, ", "))
	}
	if c, err := archive.CheckCounters(t.Context()); err != nil || len(c.Differences) > 0 {
		t.Errorf("counters: %+v, %v", c.Differences, err)
	}
}

// startConsole starts a console as a process of its own; what it gives kills it.
func startConsole(t *testing.T, server *fail2bantest.Server, database store.Options) (kill func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], childMark, server.Dir(), cmp.Or(database.Postgres, database.Path))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = cmd.Process.Kill()
		var ended *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &ended) || ended.ExitCode() >= 0 {
			t.Errorf("the console ended by itself: %v", err)
		}
	}
}
