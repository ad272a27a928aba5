package host

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/event"
	"bangui/internal/expression"
	"bangui/internal/fail2ban"
	"bangui/internal/health"
	"bangui/internal/jailconf"
)

// LocalOptions say which fail2ban Local serves, and as which host.
type LocalOptions struct {
	ID   string // random, kept on this machine; never empty
	Name string // label
	Demo bool   // our own demo server: it protects nothing
	// InProcess says that the console itself holds fail2ban's socket; it is told as a finding.
	InProcess bool

	Client    *fail2ban.Client
	Socket    string // its path, which tells when the server started; Client has its own
	ConfigDir string // fail2ban's configuration folder
	LogPath   string // where fail2ban's log is; "" = ask the server
	Database  string // where fail2ban's database is; "" = ask the server
	// Paths say where we see what the server names; its own answers only. nil = everything
	// is where it says.
	Paths PathMap
	// ClientProgram is fail2ban-client, used to resolve the configuration only;
	// "" = look in the usual folders.
	ClientProgram string
	// JournalProgram is journalctl; "" = look in the usual folders.
	JournalProgram string

	// LogFolders are where logs may be read, as fail2ban names them; nil = /var/log.
	LogFolders []string
	// Limits bound expressions that are tried; nil = the standard ones.
	Limits *expression.Limits
	// SystemctlProgram is systemctl; "" = look in the usual folders, where systemd runs.
	SystemctlProgram string

	System allowlist.System
	// Protected gives more entries that are never banned; nil = none.
	Protected func() []allowlist.Entry

	Logger *slog.Logger
	Now    func() time.Time
}

// Local is the fail2ban server of this machine. Its socket is the truth: counters
// each second, ban lists when the counters say that we missed something, and now and then. The
// log makes it quick and tells why bans end, fail2ban's database confirms each log
// line and holds the evidence.
//
// A log line alone is never believed (an attacker's user name can forge one).
type Local struct {
	LocalOptions
	findings *health.Registry
	poke     chan struct{}               // asks for a poll now
	proofs   chan []fail2ban.DatabaseBan // rows that confirmed bans, for who copies them
	resolve  chan struct{}               // asks for the configuration to be resolved now
	ghosts   ghosts
	late     late

	mu       sync.Mutex
	reach    reach
	server   server
	jails    map[string]*watched
	idle     map[string]bool
	enabled  []string // jails that the configuration enables
	database *fail2ban.Database
	recorder Recorder
	polled   bool // counters have come at least once

	begun         time.Time // when a run began after others
	orphansSought time.Time // when jails were looked for that have open bans and don't exist

	// own is a place for one: whoever adds or removes our own jail is in it.
	own chan struct{}

	// dropping is held to read while bans of jails are recorded, and to write while a jail
	// is dropped: what was seen before its end must not be recorded after it.
	dropping sync.RWMutex

	changing sync.Mutex    // held while a change of the configuration is made or taken back
	waiting  *waiting      // under mu; nil = none
	held     chan struct{} // a change waits since now

	lastConfig  resolution                 // under mu
	lastRecipes map[jailconf.Place]listing // under mu
	tester      *expression.Tester
	replayer    *expression.Tester // with the limits of whole logs
	backtests   *backtests

	process    process // under mu: of the server, as first met
	restarting bool    // under mu: it is away because we restart it
	recent     *recent // under mu; nil = no change that fail2ban could fall over
}

// server is what one run of fail2ban says of itself.
type server struct {
	pid       int
	version   fail2ban.Version
	seen      time.Time // when we first met this pid
	young     bool      // it was started less than settleTime before
	asked     time.Time // when the rest was asked for
	logTarget string
	logLevel  string
	database  string
	purgeAge  time.Duration
}

// watched is one jail that runs in the server.
type watched struct {
	jail     Jail
	detailed time.Time // when its options were asked for; zero = never
	bans     map[string]held
	total    int // the TotalBanned that bans accounts for
	over     ranOut

	last    fail2ban.JailCounters
	settled time.Time // lists are incomplete until then
	listed  time.Time // zero = never
	lists   int       // how many, since the server was met
	doubted time.Time // since when lists lack bans that may return; zero = they don't
	rested  time.Time // no list before that
	absent  bool      // the last poll lacked it
	missing int       // polls in a row that lacked it and showed others
	lost    time.Time
}

// held is one open ban as the recorder knows it.
type held struct {
	start int64     // Unix seconds
	until int64     // Unix seconds; 0 = permanent
	seen  time.Time // when we came to know

	lifted bool // fail2ban said so; its log or a list have not yet

	count, failures int  // as in Ban
	byHand          bool // as in Ban
}

// NewLocal returns a Local that has not looked yet: its state is Starting.
func NewLocal(o LocalOptions) *Local {
	findings := health.New(o.Now)
	if o.InProcess {
		findings.Set("in_process", health.Warning,
			"The console holds fail2ban's socket itself: whoever takes over the console rules this machine.",
			"Let a helper hold it: run `bangui helper` as root, and the console as another user with --helper /run/bangui/helper.sock. The Debian package does both.")
	}
	limits := expression.StandardLimits()
	if o.Limits != nil {
		limits = *o.Limits
	}
	replays := expression.ReplayLimits()
	replays.Queue = max(replays.Queue, limits.Queue)
	return &Local{
		LocalOptions: o,
		tester:       expression.New(limits),
		replayer:     expression.New(replays),
		backtests:    newBacktests(o.Now),
		findings:     findings,
		poke:         make(chan struct{}, 1),
		proofs:       make(chan []fail2ban.DatabaseBan, maxProofs),
		own:          make(chan struct{}, 1),
		resolve:      make(chan struct{}, 1),
		held:         make(chan struct{}, 1),
		reach:        reach{state: Starting, since: o.Now(), detail: "BanGUI has not talked to fail2ban yet."},
		jails:        map[string]*watched{},
		idle:         map[string]bool{},
		lastRecipes:  map[jailconf.Place]listing{},
	}
}

// Run follows fail2ban until ctx ends; see Host.
func (l *Local) Run(ctx context.Context, to Recorder) error {
	l.begin(to)
	defer l.finish()
	defer l.backtests.stopAll()

	var tasks sync.WaitGroup
	tasks.Go(func() { l.watch(ctx) })
	tasks.Go(func() { l.follow(ctx) })
	tasks.Go(func() { l.confirmLate(ctx) })
	tasks.Go(func() { l.layGhosts(ctx) })
	tasks.Go(func() { l.keepEnabled(ctx) })
	tasks.Go(func() { l.keepCopying(ctx) })
	tasks.Go(func() { l.tendChanges(ctx) })
	tasks.Wait()
	return ctx.Err()
}

// begin takes a recorder, and forgets what an earlier one was told: how far that one
// got is for this one's marks and lists to say. Recorders that come and go don't get a
// list each time.
func (l *Local) begin(to Recorder) {
	const again = 10 * time.Second
	l.late.drop("")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recorder, l.orphansSought = to, time.Time{}
	now := l.Now()
	soon := len(l.jails) > 0 && now.Sub(l.begun) > again
	if soon {
		l.begun = now
	}
	for _, w := range l.jails {
		w.bans, w.total = map[string]held{}, -1
		w.listed, w.doubted, w.lists = time.Time{}, time.Time{}, 0
		if soon {
			w.rested = time.Time{}
		}
	}
}

// finish lets go of the recorder: what commands bring about from now on is found by
// the lists of the next run.
func (l *Local) finish() {
	l.mu.Lock()
	l.recorder = nil
	l.mu.Unlock()
	l.closeDatabase()
}

// State is the host as last seen; see Host.
func (l *Local) State() State {
	waiting := l.waitingChange()
	l.mu.Lock()
	defer l.mu.Unlock()
	s := State{
		ID: l.ID, Name: l.Name, Demo: l.Demo, Socket: l.Socket, ConfigDir: l.ConfigDir,
		Reach: l.reach.state, Since: l.reach.since, AsOf: l.reach.asOf, Detail: l.reach.detail, Mend: l.reach.mend,
		Findings: l.findings.All(),
		Version:  l.server.version.String(), PID: l.server.pid, LogTarget: l.server.logTarget, LogLevel: l.server.logLevel,
		Database: l.databasePath(), PurgeAge: l.server.purgeAge, Waiting: waiting, Fallen: l.fallen(),
	}
	for _, w := range l.jails {
		if w.absent {
			continue
		}
		s.Jails++
		s.CurrentlyBanned += w.jail.CurrentlyBanned
		s.TotalBanned += w.jail.TotalBanned
		s.CurrentlyFailed += w.jail.CurrentlyFailed
		s.TotalFailures += w.jail.TotalFailed
	}
	return s
}

// Jails are all jails with their counters as last seen; see Host.
func (l *Local) Jails() []Jail {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []Jail
	for name, w := range l.jails {
		jail := w.jail
		switch {
		case w.absent:
			jail = Jail{Name: name, State: JailDown}
		case l.idle[name]:
			jail.State = JailIdle
		default:
			jail.State = JailRunning
		}
		all = append(all, jail)
	}
	for _, name := range l.enabled {
		if l.jails[name] == nil {
			all = append(all, Jail{Name: name, State: JailDown})
		}
	}
	slices.SortFunc(all, func(a, b Jail) int { return compareNames(a.Name, b.Name) })
	return all
}

// Poke asks for a look at fail2ban now instead of at the next second.
func (l *Local) Poke() {
	select {
	case l.poke <- struct{}{}:
	default:
	}
}

// runs reports whether the server has that jail, as last seen.
func (l *Local) runs(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.jails[name]
	return w != nil && !w.absent
}

// knows reports whether the jail runs, or did until just now.
func (l *Local) knows(name string) bool { return l.jail(name) != nil }

// jail is the one of that name that runs, or did until just now; nil when there is none.
func (l *Local) jail(name string) *watched {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.jails[name]
}

// jailNames are the jails that run, as last seen.
func (l *Local) jailNames() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var names []string
	for name, w := range l.jails {
		if !w.absent {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (l *Local) recorderNow() Recorder {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recorder
}

// tell hands events to the recorder. A recorder that fails is retried by what
// comes later: lists converge, whatever single events were lost.
func (l *Local) tell(ctx context.Context, mark *Mark, events ...event.Event) {
	to := l.recorderNow()
	if to == nil || (len(events) == 0 && mark == nil) {
		return
	}
	if err := to.Record(ctx, events, mark); err != nil {
		if ctx.Err() == nil {
			l.Logger.ErrorContext(ctx, "events were not recorded", "events", len(events), "error", err)
		}
		l.forget(events)
	}
}

// forget drops what a failed Record should have stored, so that the next list
// brings it again.
func (l *Local) forget(events []event.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		w := l.jails[e.Jail]
		if w == nil || (e.Kind != event.Ban && e.Kind != event.Unban) {
			continue
		}
		delete(w.bans, e.Address)
		w.total = -1
	}
}

// openDatabase is fail2ban's database, opened when first needed and again when
// the server names another one; nil when there is none.
func (l *Local) openDatabase() *fail2ban.Database {
	l.mu.Lock()
	defer l.mu.Unlock()
	path := l.databasePath()
	if l.database != nil && l.database.Path() == path {
		return l.database
	}
	if l.database != nil {
		_ = l.database.Close()
		l.database = nil
	}
	if path == "" {
		return nil
	}
	l.database = fail2ban.OpenDatabase(path)
	return l.database
}

// databasePath is where fail2ban's database is; the caller holds the lock.
func (l *Local) databasePath() string {
	if l.Database != "" {
		return l.Database
	}
	return l.Paths.here(l.server.database)
}

func (l *Local) closeDatabase() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.database != nil {
		_ = l.database.Close()
		l.database = nil
	}
}
