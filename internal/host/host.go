// Package host is what can be done to one machine that runs fail2ban: see its
// state, ban and unban, steer jails, follow what happens.
//
// Host is the one contract. Local carries it out on this machine, over the
// fail2ban socket, log and database. Guard stands before it and refuses what no caller
// may do. Package helper carries the same contract to another process, and callers
// can't tell.
package host

import (
	"context"
	"net/netip"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/event"
	"bangui/internal/expression"
	"bangui/internal/health"
	"bangui/internal/jailconf"
)

// Host is one machine with fail2ban. Reads answer from what was last seen and say
// how old that is; they never wait for a fail2ban that hangs. Changes go to
// fail2ban and answer what it took; what then is comes back as events.
//
// Errors are fault errors: JailNotFound, Fail2banUnreachable, Fail2banForbidden,
// Fail2banTimeout, Fail2banRefused, Protected, NeedsConfirm, Invalid, TooMany.
type Host interface {
	// State is the host as last seen. It never fails: an unreachable fail2ban is a state.
	State() State
	// Jails are all jails, running ones and those the configuration enables but
	// the server lacks, by name, with counters as of State().AsOf.
	Jails() []Jail
	// Bans are the open bans of one jail as last seen, in no order. Unavailable until
	// its first list has come.
	Bans(ctx context.Context, jail string) ([]Ban, error)
	// Jail is one jail with all its options, asked of fail2ban now.
	Jail(ctx context.Context, name string) (JailDetail, error)

	// StartJail starts a jail that the configuration enables and that doesn't run.
	StartJail(ctx context.Context, name string) error
	// StopJail removes a jail from the server; its bans are lifted in the firewall
	// and come back when it starts again.
	StopJail(ctx context.Context, name string) error
	// IdleJail switches a jail's watching off or on. While idle, nothing expires either.
	IdleJail(ctx context.Context, name string, idle bool) error
	// ReloadJail reads the jail's configuration again; with restart it also applies
	// changed actions, at the price of lifting and restoring its bans.
	ReloadJail(ctx context.Context, name string, restart bool) error
	// Reload reads the whole configuration again.
	Reload(ctx context.Context) error

	// Check says what Ban would do with an order, without doing it.
	Check(ctx context.Context, order BanOrder) ([]Outcome, error)
	// Ban bans each target in each jail, one Outcome per pair in that order. Protected
	// targets are refused whatever the caller asks. An error means that nothing was tried.
	Ban(ctx context.Context, order BanOrder) ([]Outcome, error)
	// Lift ends bans. Without jails it lifts them in every jail.
	Lift(ctx context.Context, order LiftOrder) ([]Outcome, error)

	// Evidence is what fail2ban's database holds about an id, newest first, at most 100.
	Evidence(ctx context.Context, id string) ([]Evidence, error)

	// ManualJail tells about our own jail for bans by hand: the file that would be
	// written, its diff, and whether it is there.
	ManualJail(ctx context.Context) (OwnJail, error)
	// AddManualJail writes the file, starts the jail and verifies it; on failure
	// everything is as before.
	AddManualJail(ctx context.Context) error
	// RemoveManualJail stops the jail and removes the file, if and only if it is ours.
	RemoveManualJail(ctx context.Context) error

	// Config is fail2ban's configuration as its files say it, read now. One that fail2ban
	// would not take is Broken, and no error.
	Config(ctx context.Context) (ConfigView, error)
	// ConfigFile is the content of one of its files, at most 512 KiB.
	ConfigFile(ctx context.Context, name string) (string, error)
	// Choices are the filters and actions on disk that a jail can name, with what they take
	// in brackets.
	Choices(ctx context.Context) (Choices, error)
	// LogFiles says of each path of a jail's log what is there now; at most MaxLogPaths, in
	// their order.
	LogFiles(ctx context.Context, paths []string) ([]WatchedLog, error)
	// ConfigFiles are all files of the configuration as they are at one moment.
	ConfigFiles(ctx context.Context) (ConfigSnapshot, error)
	// Recipes are all filters (jailconf.InFilter) or actions (jailconf.InAction) of its files,
	// by name, with the jails that use them, also while fail2ban would not take the files.
	Recipes(ctx context.Context, place jailconf.Place) ([]jailconf.Recipe, error)
	// Recipe is one of them with its options. NotFound: no file defines it.
	Recipe(ctx context.Context, place jailconf.Place, name string) (RecipeView, error)
	// CheckChange says what a change would do and tries it on a copy and a scratch server:
	// an error says which value fail2ban would not take. Nothing is changed.
	CheckChange(ctx context.Context, order ChangeOrder) (Change, error)
	// ApplyChange makes it: all of it, or nothing. Jails that ran and bans that were there
	// are there afterwards, and a jail that it starts or restarts runs without an error for
	// some seconds, or everything is put back and the error says why. Conflict: the
	// files are not those of the order's ETag any more, or another change is under way.
	ApplyChange(ctx context.Context, order ChangeOrder) (Change, error)
	// ConfirmChange makes a change hold that waits; RevertChange takes it back. NotFound
	// when none of that id waits.
	ConfirmChange(ctx context.Context, id string) error
	RevertChange(ctx context.Context, id string) error

	// TestExpression says what a filter, or expressions that are not saved yet, make of
	// lines: fail2ban's own engine tries them, in a cage (see package expression). Nothing is
	// changed, no action or ignorecommand runs, no name is looked up. Unsupported where
	// fail2ban's Python is not beside this part of BanGUI.
	TestExpression(ctx context.Context, order ExpressionOrder) (expression.Result, error)
	// Logs are the logs that jails read, and what else can be read.
	Logs(ctx context.Context) (Logs, error)
	// LogLines are the last lines of one log or of the journal. Forbidden outside of the
	// folders for logs, also where a link leads there.
	LogLines(ctx context.Context, source LogSource) (LogLines, error)
	// StartBacktest begins to find out whom a jail, as it is or changed, would have banned by
	// the logs that it reads; id is what Backtest knows it by. Nothing is changed. It goes on
	// while somebody looks at it; its result is kept for some minutes. TooMany where others
	// run, NotFound where no such jail is, Forbidden for logs outside of their folders.
	StartBacktest(ctx context.Context, order BacktestOrder) (id string, err error)
	// Backtest is one as it is now. NotFound: it was stopped or forgotten.
	Backtest(ctx context.Context, id string) (Backtest, error)
	// StopBacktest ends one, and forgets it.
	StopBacktest(ctx context.Context, id string) error
	// Server is fail2ban's server as a whole: its own options as they are live and as the
	// files say, and whether it can be restarted from here.
	Server(ctx context.Context) (ServerView, error)
	// FlushLogs makes fail2ban open its log file anew, as after a rotation.
	FlushLogs(ctx context.Context) error
	// Restart ends fail2ban and starts it again, after a look whether it would come up. Jails
	// and bans that were there are back when it returns, or Missing names them; an error holds
	// what fail2ban says of it. Unsupported: it can't be started from here. NeedsConfirm: bans
	// would be lost.
	Restart(ctx context.Context, order RestartOrder) (Restarted, error)
	// ServerLog is a part of fail2ban's own log, from its file or the journal.
	ServerLog(ctx context.Context, query LogQuery) (LogPage, error)
	// PutBackChange puts back the files from before the change that State().Fallen names, and
	// starts or reloads fail2ban. NotFound when that is no such change.
	PutBackChange(ctx context.Context, order PutBackOrder) error

	// Run follows fail2ban until ctx ends and hands everything to the recorder. It
	// returns ctx.Err(); an unreachable fail2ban is a state, not an error.
	Run(ctx context.Context, to Recorder) error
}

// Recorder takes what a host observed. All of it is safe to repeat with the same
// content: recording twice changes nothing.
type Recorder interface {
	// Record stores events and tells them to readers, in one transaction with the
	// mark that says how far their source was read; nil leaves the mark as it is.
	// Found events are told and not stored.
	Record(ctx context.Context, events []event.Event, mark *Mark) error
	// Reconcile makes the open bans of one jail equal to the list that fail2ban gave.
	Reconcile(ctx context.Context, list BanList) error
	// MarkOf is the value stored last for a source; "" when there is none.
	MarkOf(ctx context.Context, hostID, source string) (string, error)
	// OpenJails are the jails of a host with bans that have not ended.
	OpenJails(ctx context.Context, hostID string) ([]string, error)
	// Copy stores what fail2ban's own database tells, with the mark that says how far that
	// was read.
	Copy(ctx context.Context, c Copied) error
}

// Copied is what fail2ban's database told: rows in the order of their bans, at most 250.
type Copied struct {
	HostID string
	SeenAt time.Time
	Bans   []PastBan
	Gap    *Gap // nil = nothing was missed
	Mark   *Mark
}

// PastBan is a row of fail2ban's database. It says that there was a ban, not that it lasts.
type PastBan struct {
	Evidence
	Standing bool // fail2ban bans it now, as last seen
	ByHand   bool // there is no log line for it
}

// Gap is a time whose bans may be missing: fail2ban forgot them before they were copied.
type Gap struct {
	From, To time.Time
	Why      string // a sentence for people
}

// Mark says how far a source of events was read: a place in the log.
type Mark struct {
	HostID string
	Source string // "log"
	Value  string // opaque to the recorder, at most 4 KiB
}

// BanList is what fail2ban says is banned in one jail at one moment.
type BanList struct {
	HostID  string
	Jail    string
	TakenAt time.Time
	// Complete lists end the open bans that they lack. An incomplete one (the server
	// has just started and still restores bans) only adds.
	Complete bool
	// Gone means that the jail itself is away for good: its open bans end as JailStopped.
	Gone bool
	Bans []Ban
}

// Ban is one ban as fail2ban holds it now.
type Ban struct {
	ID         string    // as fail2ban shows it; hostile text is possible
	BannedAt   time.Time // whole seconds, UTC
	BanSeconds int64     // event.Permanent for ever
	BanCount   int       // 0 = not known
	Failures   int       // 0 = not known
	ByHand     bool      // fail2ban's database has no log line for it
}

// Reach says how well fail2ban can be talked to.
type Reach string

// The states of a host.
const (
	Starting    Reach = "starting"    // nothing is known yet, or the server has not loaded its jails
	Online      Reach = "online"      // it answers
	Degraded    Reach = "degraded"    // it answers, but something needs a look, or it is slow to answer
	Unreachable Reach = "unreachable" // it doesn't answer; what we show is from AsOf
)

// State is a host as last seen.
type State struct {
	ID       string    // random, kept on the host itself
	Name     string    // a label; the machine's host name unless changed
	Reach    Reach     //
	Since    time.Time // when Reach became what it is
	AsOf     time.Time // when fail2ban last answered; zero = never
	Detail   string    // one sentence on why it is not online; "" when it is
	Mend     string    // what to do about it
	Demo     bool      // our own demo server: it protects nothing
	Findings []health.Condition

	Version   string // of fail2ban; "" = not known
	PID       int    // of the server; 0 = not known
	Socket    string
	ConfigDir string
	LogTarget string        // a path, or SYSLOG, SYSTEMD-JOURNAL, …
	LogLevel  string        //
	Database  string        // path; "" = none
	PurgeAge  time.Duration // how long fail2ban itself remembers a ban
	Fallen    *Fallen       // it fell over a change of ours; nil = no

	// Waiting is a change of the configuration that is taken back unless it is confirmed; nil = none.
	Waiting *WaitingChange

	Jails                          int
	CurrentlyBanned, TotalBanned   int
	CurrentlyFailed, TotalFailures int
}

// JailState is what a jail does.
type JailState string

// The states of a jail.
const (
	JailRunning JailState = "running"
	JailIdle    JailState = "idle"    // set idle by us; fail2ban itself does not tell
	JailDown    JailState = "stopped" // enabled in the configuration, not in the server
)

// Jail is one jail with its counters. Times and retries are zero while stopped.
type Jail struct {
	Name                         string
	State                        JailState
	CurrentlyBanned, TotalBanned int
	CurrentlyFailed, TotalFailed int
	BanTime                      time.Duration // negative = for ever
	FindTime                     time.Duration
	MaxRetry                     int
	Backend                      string // "polling", "pyinotify", "systemd", or "" where fail2ban does not tell
	LogPaths                     []string
	JournalMatches               []string
	Closes                       []Closure
	Ours                         bool // the jail that BanGUI made
}

// Closure is what one action of a jail shuts for a banned address.
type Closure struct {
	Action   string
	Ports    string // as configured: "ssh", "0:65535", "http,https"; "" where AllPorts or not Known
	Protocol string
	AllPorts bool
	Known    bool // false: an action whose effect we can't tell (mail, a script)
}

// JailDetail is a jail with every option that fail2ban tells.
type JailDetail struct {
	Jail
	IgnoreSelf    bool
	Ignored       []string // ignoreip: never banned by this jail's filter
	IgnoreCommand string
	UseDNS        string
	LogEncoding   string
	MaxLines      int
	MaxMatches    int
	DatePattern   string
	PrefRegex     string
	FailRegex     []string
	IgnoreRegex   []string
	Actions       []string
	Increment     Increment
}

// Increment is the jail's escalation of ban times. Zero when off.
type Increment struct {
	On          bool
	Factor      string
	Formula     string
	Multipliers string
	MaxTime     time.Duration
	RandomTime  time.Duration
	OverAll     bool
}

// BanOrder asks for bans.
type BanOrder struct {
	Targets []netip.Prefix // a single address is a /32 or /128; at most 1000
	Jails   []string       // at least one
	Caller  netip.Addr     // who asks, as we see him; invalid = local command line
	Actor   string
	Reason  string // at most 500 characters, no control characters
	// Protected are prefixes that whoever asks knows to be needed (people who are
	// signed in, proxies): they are refused as the caller's own address is. At most 1000.
	Protected []allowlist.Entry
	// AllowWide confirms networks wider than /24 (IPv4) or /48 (IPv6).
	AllowWide bool
	Epoch     int64 // of the scheduler that asks; 0 = a person asks
}

// LiftOrder asks for the end of bans. IDs are as fail2ban shows them.
type LiftOrder struct {
	IDs    []string // at most 1000
	Jails  []string // empty = everywhere
	Actor  string
	Reason string
	Epoch  int64 // of the scheduler that asks; 0 = a person asks
}

// Result says what became of one target in one jail.
type Result string

// The results.
const (
	Banned        Result = "banned"
	AlreadyBanned Result = "already_banned"
	WouldBan      Result = "would_ban" // Check only
	Lifted        Result = "lifted"
	NotBanned     Result = "not_banned" // nothing to lift
	Refused       Result = "refused"    // protected or not allowed; Detail says why
	NeedsConfirm  Result = "needs_confirmation"
	Failed        Result = "failed" // fail2ban did not take it; Detail says why
)

// Outcome is the result of one target in one jail.
type Outcome struct {
	Target string
	Jail   string
	Result Result
	Detail string // a sentence for people, or ""
}

// Evidence is one ban in fail2ban's own database, with the lines that caused it.
type Evidence struct {
	Jail       string
	ID         string
	BannedAt   time.Time
	BanSeconds int64 // event.Permanent for ever; -2 = not known
	BanCount   int
	Failures   int
	User       string   // the user name that was tried, where the filter captures it; hostile text
	Lines      []string // hostile text, at most 50 lines of at most 4 KiB
}

// OwnJail is a jail that BanGUI offers to add in a file of its own.
type OwnJail struct {
	Name      string
	Path      string // the file, as fail2ban sees it
	Content   string // what we would write
	Diff      string // unified diff from what is there to Content; "" = nothing to do
	Installed bool   // our file is there
	Running   bool
	// Foreign says that a jail of this name exists which isn't ours; we leave it alone.
	Foreign bool
}
