package api_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/api"
	"bangui/internal/audit"
	"bangui/internal/auth"
	"bangui/internal/event"
	"bangui/internal/expression"
	"bangui/internal/geo"
	"bangui/internal/history"
	"bangui/internal/host"
	"bangui/internal/jailconf"
	"bangui/internal/store"
	"bangui/internal/store/storetest"
	"bangui/internal/versions"
)

// double is a host that answers as a test says and notes what it was asked to change.
// It stands for fail2ban where a real one can't be made to fail in that way.
type double struct {
	mu     sync.Mutex
	state  host.State
	jails  []host.Jail
	err    error
	panics bool
	refuse map[string]bool // targets that Check refuses
	broken map[string]error
	lifted map[string]bool // jails that lift what is lifted everywhere
	wrote  []string
	jail   string // what jail.local holds

	backtests  []host.BacktestOrder
	backtested *host.Backtest // nil = one that runs
}

var _ host.Host = (*double)(nil)

func (d *double) write(what string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wrote = append(d.wrote, what)
	return d.err
}

func (d *double) writes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.wrote)
}

func (d *double) change(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func (d *double) State() host.State {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.state
	s.ID, s.Name, s.Since = storetest.HostID, "double", time.Unix(1_790_000_000, 0)
	return s
}

func (d *double) Jails() []host.Jail {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.jails
}

func (d *double) Bans(context.Context, string) ([]host.Ban, error) { return nil, d.err }

func (d *double) Jail(context.Context, string) (host.JailDetail, error) {
	if d.panics {
		panic("the secret of the panic")
	}
	return host.JailDetail{}, d.err
}

func (d *double) StartJail(context.Context, string) error {
	err := d.write("start")
	if d.panics {
		panic("the secret of the panic")
	}
	return err
}
func (d *double) StopJail(context.Context, string) error         { return d.write("stop") }
func (d *double) IdleJail(context.Context, string, bool) error   { return d.write("idle") }
func (d *double) ReloadJail(context.Context, string, bool) error { return d.write("reload jail") }
func (d *double) Reload(context.Context) error                   { return d.write("reload") }

func (d *double) Check(_ context.Context, order host.BanOrder) ([]host.Outcome, error) {
	return d.outcomes(order, host.WouldBan), d.err
}

func (d *double) Ban(_ context.Context, order host.BanOrder) ([]host.Outcome, error) {
	return d.outcomes(order, host.Banned), d.write("ban")
}

func (d *double) outcomes(order host.BanOrder, result host.Result) []host.Outcome {
	var all []host.Outcome
	for _, jail := range order.Jails {
		for _, target := range order.Targets {
			o := host.Outcome{Target: allowlist.Text(target), Jail: jail, Result: result}
			if d.refuse[o.Target] {
				o.Result, o.Detail = host.Refused, "It is protected."
			}
			all = append(all, o)
		}
	}
	return all
}

func (d *double) Lift(_ context.Context, order host.LiftOrder) ([]host.Outcome, error) {
	var all []host.Outcome
	for jail := range d.lifted { // nobody named one
		if len(order.Jails) == 0 {
			all = append(all, host.Outcome{Target: order.IDs[0], Jail: jail, Result: host.Lifted})
		}
	}
	for _, jail := range order.Jails {
		if err := d.broken[jail]; err != nil {
			return nil, err
		}
		for _, id := range order.IDs {
			all = append(all, host.Outcome{Target: id, Jail: jail, Result: host.Lifted})
		}
	}
	return all, d.write("lift")
}

func (d *double) Evidence(context.Context, string) ([]host.Evidence, error) { return nil, d.err }
func (d *double) ManualJail(context.Context) (host.OwnJail, error)          { return host.OwnJail{}, d.err }

func (d *double) AddManualJail(context.Context) error { return d.write("add manual") }

func (d *double) RemoveManualJail(context.Context) error { return d.write("remove manual") }

func (d *double) Config(context.Context) (host.ConfigView, error) {
	return host.ConfigView{ETag: "x", Jails: []jailconf.Jail{{Name: "sshd"}}}, d.err
}

func (d *double) Choices(context.Context) (host.Choices, error) { return host.Choices{}, d.err }

func (d *double) LogFiles(context.Context, []string) ([]host.WatchedLog, error) { return nil, d.err }
func (d *double) ConfigFile(context.Context, string) (string, error)            { return "", d.err }
func (d *double) ConfigFiles(context.Context) (host.ConfigSnapshot, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return host.ConfigSnapshot{ETag: "x", Files: []host.ConfigContent{{Name: "jail.local", Content: []byte(d.jail)}}}, d.err
}

func (d *double) Recipes(context.Context, jailconf.Place) ([]jailconf.Recipe, error) {
	return nil, d.err
}

func (d *double) Recipe(context.Context, jailconf.Place, string) (host.RecipeView, error) {
	return host.RecipeView{}, d.err
}

func (d *double) CheckChange(context.Context, host.ChangeOrder) (host.Change, error) {
	return host.Change{}, d.err
}

func (d *double) ApplyChange(context.Context, host.ChangeOrder) (host.Change, error) {
	return host.Change{Applied: true}, d.write("apply")
}
func (d *double) ConfirmChange(context.Context, string) error { return d.write("confirm") }
func (d *double) RevertChange(context.Context, string) error  { return d.write("revert") }

func (d *double) StartBacktest(_ context.Context, o host.BacktestOrder) (string, error) {
	d.backtests = append(d.backtests, o)
	return "one", d.err
}

func (d *double) Backtest(_ context.Context, id string) (host.Backtest, error) {
	if d.backtested != nil {
		return *d.backtested, d.err
	}
	return host.Backtest{ID: id, State: host.BacktestRuns}, d.err
}

func (d *double) StopBacktest(context.Context, string) error { return d.err }

func (d *double) TestExpression(context.Context, host.ExpressionOrder) (expression.Result, error) {
	return expression.Result{}, d.err
}
func (d *double) Logs(context.Context) (host.Logs, error) { return host.Logs{}, d.err }
func (d *double) LogLines(context.Context, host.LogSource) (host.LogLines, error) {
	return host.LogLines{}, d.err
}

func (d *double) Server(context.Context) (host.ServerView, error) {
	return host.ServerView{ETag: "x"}, d.err
}
func (d *double) FlushLogs(context.Context) error { return d.write("flush logs") }
func (d *double) Restart(context.Context, host.RestartOrder) (host.Restarted, error) {
	return host.Restarted{}, d.write("restart")
}

func (d *double) ServerLog(context.Context, host.LogQuery) (host.LogPage, error) {
	return host.LogPage{}, d.err
}

func (d *double) PutBackChange(context.Context, host.PutBackOrder) error { return d.write("put back") }

func (d *double) Run(ctx context.Context, _ host.Recorder) error { <-ctx.Done(); return ctx.Err() }

// noting is an archive that notes intents, and that can be made to fail.
type noting struct {
	*history.Archive
	mu      sync.Mutex
	intents []history.Intent
	// forgotten are those that were taken back.
	forgotten []history.Intent
	err       error
	still     bool // nothing is read: events are none, and counting never ends
}

func (n *noting) Intend(ctx context.Context, intents []history.Intent) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.intents = append(n.intents, intents...)
	return n.Archive.Intend(ctx, intents)
}

func (n *noting) Forget(ctx context.Context, intents []history.Intent) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forgotten = append(n.forgotten, intents...)
	return n.Archive.Forget(ctx, intents)
}

func (n *noting) EventRange(ctx context.Context) (oldest, newest int64, err error) {
	if n.err != nil || n.still {
		return 0, 0, n.err
	}
	return n.Archive.EventRange(ctx)
}

func (n *noting) Count(ctx context.Context, q history.Query) (int, bool, error) {
	if n.still {
		<-ctx.Done()
		return 0, false, ctx.Err()
	}
	return n.Archive.Count(ctx, q)
}

func (n *noting) EventsAfter(ctx context.Context, after int64, limit int) ([]event.Event, error) {
	if n.still {
		return nil, nil
	}
	return n.Archive.EventsAfter(ctx, after, limit)
}

// desk is the real API on a real store over a double.
type desk struct {
	*site
	host     *double
	bus      *event.Bus
	noting   *noting
	log      *logText
	handler  http.Handler       // the API itself
	stop     context.CancelFunc // ends the context of all requests, as the stopping server does
	changes  []func(*api.Options)
	trail    *audit.Trail
	geo      *geo.DB
	basePath string
}

// logText is what was logged, one JSON object a line.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func openDesk(t *testing.T, changes ...func(*api.Options)) *desk {
	t.Helper()
	d := &desk{
		site: &site{t: t, db: storetest.Open(t)}, bus: event.NewBus(), log: &logText{}, changes: changes, geo: geoOf(t),
		host: &double{state: host.State{Reach: host.Online, AsOf: time.Unix(1_790_000_000, 0)}, jails: []host.Jail{{Name: "sshd", State: host.JailRunning}}},
	}
	logger := slog.New(slog.NewJSONHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d.archive = history.New(d.db, d.bus, logger, time.Now)
	d.noting = &noting{Archive: d.archive}
	d.people = peopleOf(t, d.db)
	d.cookie = d.people.session(auth.Admin, nil)
	d.build()
	ctx, cancel := context.WithCancel(context.Background())
	d.stop = cancel
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		own, end := context.WithCancel(r.Context())
		defer end()
		defer context.AfterFunc(ctx, end)()
		d.handler.ServeHTTP(w, r.WithContext(own))
	}))
	d.url = server.URL
	t.Cleanup(func() {
		cancel()
		server.CloseClientConnections()
		server.Close()
	})
	return d
}

// trailOf is the audit of a test.
func trailOf(db *store.DB) *audit.Trail {
	return audit.New(audit.Options{Store: db, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
}

// build makes the API and its accounts anew. In a bubble of synctest that is done inside:
// whoever waits for a channel from outside does not count as waiting there.
func (d *desk) build() {
	d.trail = trailOf(d.db)
	hosts := host.NewRegistry()
	past := pastOf(d.db)
	hosts.AddLocal(past.Of(d.host))
	d.people.Accounts = auth.New(d.people.Options)
	options := api.Options{
		Accounts: d.people.Accounts, Hosts: hosts, Versions: past, Archive: d.noting, Bus: d.bus, Audit: d.trail, Geo: d.geo, Components: func() []api.Component { return nil }, Database: d.db.Check,
		Version: "test", TimeZone: "UTC", BasePath: d.basePath, Protected: func() []allowlist.Entry { return nil }, Logger: slog.New(slog.NewJSONHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})), Now: time.Now,
	}
	options.Metrics = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	backgroundOf(d.db).in(&options)
	for _, change := range d.changes {
		change(&options)
	}
	d.handler = api.New(options)
}

// pastOf are the versions of the configuration.
func pastOf(db *store.DB) *versions.History {
	return versions.New(versions.Options{Store: db, Logger: slog.New(slog.DiscardHandler), Now: time.Now})
}

// asking is a request of the admin for the handler itself.
func (d *desk) asking(ctx context.Context, path string) *http.Request {
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, path, nil)
	request.Header.Set("Cookie", d.cookie)
	return request
}

// bans records n bans of a jail in one transaction.
func (d *desk) bans(jail string, from, n int) {
	d.t.Helper()
	var events []event.Event
	for i := from; i < from+n; i++ {
		at := time.Now()
		events = append(events, event.Event{
			HostID: storetest.HostID, Kind: event.Ban, At: at, Jail: jail, Address: address(i), BannedAt: at.Truncate(time.Second), BanSeconds: 600,
		})
	}
	if err := d.archive.Record(context.Background(), events, nil); err != nil {
		d.t.Error(err)
	}
}

func address(i int) string {
	return strings.Join([]string{"10", itoa(i >> 16 & 255), itoa(i >> 8 & 255), itoa(i & 255)}, ".")
}

// with is the same desk whose archive tells another bus.
func (d *desk) with(bus *event.Bus) *desk {
	other := *d
	s := *d.site
	other.site = &s
	other.archive = history.New(d.db, bus, slog.New(slog.DiscardHandler), time.Now)
	return &other
}
