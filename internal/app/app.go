// Package app puts the parts together: it starts them as named stages, each with
// what it needs, serves page and API, and stops everything in reverse.
//
// A stage that can't start stops the ones before it and says in one sentence what
// is wrong and how to mend it. A fail2ban that is away is a state, not a failed start.
package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"bangui/internal/audit"
	"bangui/internal/auth"
	"bangui/internal/certificate"
	"bangui/internal/config"
	"bangui/internal/demo"
	"bangui/internal/event"
	"bangui/internal/geo"
	"bangui/internal/health"
	"bangui/internal/history"
	"bangui/internal/host"
	"bangui/internal/lease"
	"bangui/internal/metrics"
	"bangui/internal/store"
	"bangui/internal/versions"
)

// Options are what one process is started with.
type Options struct {
	Config  config.Config
	Version string
	Log     io.Writer // log lines; never nil
	Command string    // how this was started, for "run it as root": "bangui serve"
	// HelperConf is the file in which the machine's owner says what is allowed here; it
	// counts where no helper reads it. "" = none.
	HelperConf string
	// Ready is told the address of the page once it is served, and the link that makes
	// the first admin while there is none; may be nil.
	Ready func(url, setupLink string)
	// ReadyInLog says that what Ready does with the link stands where the log goes too: the
	// log does not tell it again.
	ReadyInLog bool
	// Hangup gets a value for each SIGHUP: certificates are read anew; may be nil.
	Hangup <-chan os.Signal
	// Exit ends the process at once, when work outlives its lease; nil = it is only logged.
	Exit func(status int)
}

// App is one console. Build it with New; Run does everything else.
type App struct {
	Options
	stages *sequence
	parts  *components
	logger *slog.Logger

	// stopping is closed when the http stage begins to stop: event streams end then,
	// which would otherwise be waited for.
	stopping chan struct{}

	fail2ban paths // of the fail2ban that is served
	demo     *demo.Server
	demoTask *task
	store    *store.DB
	bus      *event.Bus
	archive  *history.Archive

	trail     *audit.Trail
	auditTask *task

	geo     *geo.DB
	geoTask *task

	registry     *host.Registry
	versions     *versions.History
	versionsTask *task
	host         host.Host // the one that we serve ourselves

	accounts     *auth.Accounts
	accountsTask *task
	setupToken   string // while there is no user

	hostTask *task
	hintTask *task // looks for the reason why fail2ban is away
	handler  http.Handler

	writable             func(ctx context.Context) error // whether the database takes a write
	findings             *health.Registry                // of the console itself
	elector              atomic.Pointer[lease.Elector]   // nil until its stage has begun
	leaseTask, phaseTask *task

	// Jobs may run once jobsMay is closed, until endJobs; whoever runs them holds jobsRun.
	jobsMay     chan struct{}
	jobsEnd     context.Context //nolint:containedctx // the end of a stage, for work that begins elsewhere
	endJobs     context.CancelFunc
	jobsRun     sync.Mutex
	errandsTask *task

	certificate     *certificate.Keeper // nil without TLS
	certificateTask *task

	metrics       *metrics.Metrics
	metricsServer *http.Server

	listeners    []*net.TCPListener
	presenceTask *task // keeps the listen file
	crowd        *crowd
	server       *http.Server
	failed       chan error // why the console can't go on

	followTask, listenTask *task // tell what other consoles record
}

// paths say where a fail2ban keeps its things; see config.Config.
type paths struct {
	socket, configDir, database, log string
	seenAt                           host.PathMap
}

// New builds a console that has done nothing yet.
func New(o Options) *App {
	a := &App{
		Options:  o,
		logger:   slog.New(slog.NewTextHandler(o.Log, nil)), // until the stage logging
		parts:    newComponents(time.Now),
		fail2ban: pathsOf(o.Config),
		registry: host.NewRegistry(),
		bus:      event.NewBus(),
		findings: health.New(time.Now),
		stopping: make(chan struct{}),
		jobsMay:  make(chan struct{}),
		failed:   make(chan error, 1),
	}
	a.jobsEnd, a.endJobs = context.WithCancel(context.Background())
	a.writable = a.writeNothing
	return a
}

// Bounds of each stage's stop. Requests get the longest: 25 s to end by themselves.
const (
	drainTime    = 25 * time.Second
	hostTime     = 10 * time.Second
	demoTime     = 25 * time.Second
	databaseTime = 10 * time.Second
	auditTime    = 10 * time.Second
	accountsTime = 5 * time.Second
	geoTime      = 5 * time.Second
	tlsTime      = 5 * time.Second
	jobsTime     = 10 * time.Second
	leaseTime    = 5 * time.Second
)

// graph are the stages in the order of their start.
func (a *App) graph() []stage {
	return []stage{
		{name: "config", start: a.startConfig},
		{name: "logging", needs: []string{"config"}, start: a.startLogging},
		{name: "database", needs: []string{"config", "logging"}, start: a.startDatabase, stop: a.stopDatabase, grace: databaseTime},
		{name: "audit", needs: []string{"config", "logging", "database"}, start: a.startAudit, stop: a.stopAudit, grace: auditTime},
		{name: "accounts", needs: []string{"config", "logging", "database", "audit"}, start: a.startAccounts, stop: a.stopAccounts, grace: accountsTime},
		{name: "lease", needs: []string{"config", "logging", "database"}, start: a.startLease, stop: a.stopLease, grace: leaseTime},
		{name: "demo", off: !a.Config.Demo, needs: []string{"config", "logging"}, start: a.startDemo, stop: a.stopDemo, grace: demoTime},
		{name: "geo", needs: []string{"config", "logging", "database"}, start: a.startGeo, stop: a.stopGeo, grace: geoTime},
		{name: "host", needs: []string{"database", "accounts", "demo", "geo"}, start: a.startHost, stop: a.stopHost, grace: hostTime},
		{name: "metrics", off: len(a.Config.MetricsListen) == 0, needs: []string{"lease", "host"}, start: a.startMetrics, stop: a.stopMetrics, grace: metricsTime},
		{name: "jobs", needs: []string{"audit", "accounts", "lease", "host"}, start: a.startJobs, stop: a.stopJobs, grace: jobsTime},
		{name: "api", needs: []string{"database", "audit", "accounts", "geo", "host"}, start: a.startAPI},
		{name: "tls", needs: []string{"config", "logging"}, start: a.startTLS, stop: a.stopTLS, grace: tlsTime},
		{name: "http", needs: []string{"api", "tls"}, start: a.startHTTP, stop: a.stopHTTP, grace: drainTime},
	}
}

// Run starts the stages, serves until ctx ends, and stops them. It returns nil
// after an orderly stop, a *StageError when a stage failed to start.
func (a *App) Run(ctx context.Context) error {
	return a.run(ctx, a.graph())
}

// fail ends a console that can't go on; the first reason counts.
func (a *App) fail(cause error) {
	select {
	case a.failed <- cause:
	default:
	}
}

func (a *App) run(ctx context.Context, stages []stage) error {
	var err error
	a.stages, err = newSequence(stages, func() *slog.Logger { return a.logger }, a.parts.report)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := a.stages.up(ctx); err != nil {
		return err
	}
	a.logger.InfoContext(ctx, "console is up", "duration", since(began), "version", a.Version, "pid", os.Getpid())
	a.tellSetup(ctx)
	if a.Ready != nil {
		a.Ready(a.url(), a.setupLink())
	}

	var cause error
	select {
	case <-ctx.Done():
		a.logger.InfoContext(ctx, "stopping: asked to")
	case cause = <-a.failed:
		a.logger.ErrorContext(ctx, "stopping: this console can't go on", "error", cause)
	}
	began = time.Now()
	err = errors.Join(cause, a.stages.down(context.WithoutCancel(ctx)))
	a.logger.InfoContext(context.WithoutCancel(ctx), "console stopped", "duration", since(began))
	return err
}
