// Package api is the HTTP API: one operation for each thing that can be asked or
// done, described by an OpenAPI document that comes from the code.
//
// It knows the packages of the domain and never the store. Every operation stands in
// the route table with who may call it, how often, and what the audit calls it; there
// is no other way to add one.
package api

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/auth"
	"bangui/internal/event"
	"bangui/internal/health"
	"bangui/internal/history"
	"bangui/internal/host"
	"bangui/internal/proxy"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Hosts are the hosts that can be asked; *host.Registry is one.
type Hosts interface {
	Get(name string) (host.Host, error)
	All() []host.Host
	Alias(id string) string
}

// Archive is what the API asks of the archive; *history.Archive is one.
type Archive interface {
	Bans(ctx context.Context, q history.Query) ([]history.Ban, history.Place, error)
	Count(ctx context.Context, q history.Query) (int, bool, error)
	Each(ctx context.Context, q history.Query, do func(history.Ban) error) error
	Ban(ctx context.Context, id int64) (history.Ban, error)
	Lines(ctx context.Context, b history.Ban) ([]string, error)
	Timeline(ctx context.Context, identifier string) (history.Timeline, bool, error)
	Overview(ctx context.Context, s history.Scope) (history.Overview, error)
	Trend(ctx context.Context, s history.Scope) (history.Trend, error)
	TrendBy(ctx context.Context, s history.Scope, by history.By, limit int) (history.Trend, error)
	Split(ctx context.Context, s history.Scope, by history.By, limit int) (history.Split, error)
	Gaps(ctx context.Context, hostID string, limit int) ([]history.Gap, error)
	Intend(ctx context.Context, intents []history.Intent) error
	Forget(ctx context.Context, intents []history.Intent) error
	EventsAfter(ctx context.Context, after int64, limit int) ([]event.Event, error)
	LastEvents(ctx context.Context, n int) ([]event.Event, error)
	EventRange(ctx context.Context) (oldest, newest int64, err error)
}

// Component is one part of this process in the full health answer.
type Component struct {
	Name string
	// Status is a word for it. "failed" and "stopping" say that users can't be served,
	// "stuck" that only a restart helps; "ok", "off", "standby" and any other that they can.
	Status string
	Since  time.Time
	Detail string
}

// Options are what the API is built from.
type Options struct {
	Hosts    Hosts
	Archive  Archive
	Versions Versions
	Bus      *event.Bus
	Audit    Audit
	Geo      Geo
	// Lease and Jobs are the background work of all consoles on this database.
	Lease LeaseDesk
	Jobs  JobDesk
	// Metrics answers with the numbers of this console.
	Metrics http.Handler
	// Accounts know who asks.
	Accounts *auth.Accounts
	// Components are the parts of this process. Database asks the database whether it can
	// be read, Writable whether it can be written; nil = it can.
	Components func() []Component
	Database   func(ctx context.Context) error
	Writable   func(ctx context.Context) error

	Version, Commit, GoVersion string
	Demo                       bool
	InProcess                  bool // fail2ban's socket is held by this very process
	TimeZone                   string
	BasePath                   string // "" or "/bangui"
	// Proxies are believed when they say where a request came from.
	Proxies proxy.Trust
	// PublicOrigin is the origin of the page in browsers where a proxy may hide it from us,
	// "https://bans.example.org"; "" = none.
	PublicOrigin string
	Protected    func() []allowlist.Entry
	// Findings are what somebody should know of this console, shown with the host that it
	// serves itself; nil = none.
	Findings func() []health.Condition
	// Rate is how many requests one client may send within a minute; 0 = 200.
	Rate int
	// Rates count the requests of the bounded classes for all consoles; nil = this process
	// counts for itself.
	Rates Rates

	Logger *slog.Logger
	Now    func() time.Time
}

// API is the built API; it is an http.Handler.
type API struct {
	Options
	huma     huma.API
	table    *table
	handler  http.Handler
	replays  *replays
	streams  *streams
	doubts   doubts
	limiter  *limiter
	counting chan struct{} // who counts in the database now
	glances  *limiter      // of who shows something where nobody needs to

	readable, writable probe
}

// Bounds of requests. An operation that bans a thousand addresses one by one with a
// real firewall action takes half a minute. The http server gives every answer 60 s: a
// change ends before that, so that its answer still arrives.
const (
	maxBody   = 1 << 20
	readTime  = 10 * time.Second
	writeTime = 55 * time.Second
)

// writableEvery bounds how often health writes into the database to see that it can.
const writableEvery = 10 * time.Second

// New builds the API with all its operations.
func New(o Options) *API {
	a := &API{Options: o, replays: newReplays(o.Now), streams: newStreams(), counting: make(chan struct{}, rateSlots), limiter: newLimiter(o.Now, o.Rate), glances: newLimiter(o.Now, maxGlances)}
	a.table = &table{guard: a.guard}
	a.readable = probe{question: o.Database, every: time.Second, now: o.Now}
	a.writable = probe{question: o.Writable, every: writableEvery, now: o.Now}
	config := huma.DefaultConfig("BanGUI", "1")
	config.Info.Description = "See and steer fail2ban."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil // no $schema member
	config.Transformers = append(config.Transformers, a.asProblem)
	a.huma = humago.New(a.table, config)
	a.huma.UseMiddleware(a.refuseUnknownQueries)

	a.registerHealth()
	a.registerAbout()
	a.registerHosts()
	a.registerJails()
	a.registerManualJail()
	a.registerConfig()
	a.registerServer()
	a.registerExpressions()
	a.registerBacktests()
	a.registerVersions()
	a.registerRecipes()
	a.registerBans()
	a.registerAddresses()
	a.registerTimeline()
	a.registerStats()
	a.registerGeo()
	a.registerEvents()
	a.registerSetup()
	a.registerAuth()
	a.registerUsers()
	a.registerTokens()
	a.registerSavedFilters()
	a.registerAudit()
	a.registerLease()
	a.registerJobs()
	a.registerMetrics()
	a.describe()
	a.registerDocs()
	a.handler = a.wrap(a.table)
	return a
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// register adds an operation to the route table and the mux. A handler's error
// becomes a problem; its time is bounded.
func register[I, O any](a *API, r route, handle func(ctx context.Context, in *I) (*O, error)) {
	a.table.row(r)
	if r.limit == 0 {
		r.limit = readTime
		if r.changes() {
			r.limit = writeTime
		}
	}
	huma.Register(a.huma, huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Tags: []string{r.tag},
		DefaultStatus: r.status, MaxBodyBytes: maxBody,
	}, func(ctx context.Context, in *I) (*O, error) {
		ctx, cancel := context.WithTimeout(ctx, r.limit)
		defer cancel()
		var out *O
		err := a.recorded(ctx, in, func() (err error) {
			out, err = handle(ctx, in)
			return err
		})
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// answer is a JSON body with success.
type answer[T any] struct{ Body T }

func answerWith[T any](v T) *answer[T] { return &answer[T]{Body: v} }

// empty is success without a body.
type empty struct{}

// page is one page of a list.
type page[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"Cursor of the next page; null on the last."`
}

func pageOf[T any](items []T) page[T] { return page[T]{Items: orEmpty(items)} }

// orEmpty makes nil an empty list, which is what JSON readers expect.
func orEmpty[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

// orNull makes the zero value null.
func orNull[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// stamp is a moment in JSON: RFC 3339, UTC, milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// stampOrNull is null for the zero time.
func stampOrNull(t time.Time) *string {
	if t.IsZero() {
		return nil
	}
	s := stamp(t)
	return &s
}

func mapAll[A, B any](items []A, f func(A) B) []B {
	out := make([]B, len(items))
	for i, item := range items {
		out[i] = f(item)
	}
	return out
}
