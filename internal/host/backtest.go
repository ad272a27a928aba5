package host

import (
	"context"
	"time"

	"bangui/internal/allowlist"
)

// Bounds of a back-test.
const (
	MinBacktest      = time.Minute
	MaxBacktest      = 31 * 24 * time.Hour
	MaxSweep         = 12        // values of one option
	MaxSweepPoints   = 150       // values of one times values of the others
	maxBacktests     = 2         // that run at once
	keptBacktests    = 20        // that are remembered
	maxFailures      = 1_000_000 // that are counted
	maxBacktestIDs   = 200_000
	maxBacktestRows  = 300 // addresses that are told
	maxBacktestTimes = 10  // bans of one address that are told, for each side
	maxBacktestLogs  = 20  // logs of a jail
	maxRotations     = 20  // older files of one log
	maxBacktestBytes = 1 << 30
	backtestPatience = time.Minute      // a back-test that nobody looks at is stopped
	backtestKept     = 15 * time.Minute // a result that nobody looks at is forgotten
)

// BacktestOrder asks whom a jail would have banned, by the logs that it reads.
type BacktestOrder struct {
	Jail string
	// Change is compared with what is now; it is not made. nil = what is now alone. Its
	// ETag may be empty: then it is a change of what is now.
	Change *ChangeOrder
	Span   time.Duration // how far back from now: MinBacktest to MaxBacktest
	Sweep  BacktestSweep
	// Protected are addresses that the caller knows to be needed; they are marked.
	Protected []allowlist.Entry
	Actor     string
}

// BacktestSweep are values to compare, each of one option with each of the others; an option
// without values keeps the one of the change, else of what is now.
type BacktestSweep struct {
	MaxRetry          []int
	FindTime, BanTime []int64 // seconds; -1 = for ever
}

// BacktestState is how far a back-test is.
type BacktestState string

// The states.
const (
	BacktestRuns    BacktestState = "running"
	BacktestDone    BacktestState = "done"
	BacktestFailed  BacktestState = "failed"
	BacktestStopped BacktestState = "stopped"
)

// Backtest is one that was begun.
type Backtest struct {
	ID      string
	Jail    string
	State   BacktestState
	Actor   string // who began it
	Started time.Time
	// How far it is. Of the journal only the share is known.
	Share    float64 // of what is to be read, 0 to 1
	Bytes    int64   // read so far
	Lines    int
	Failures int
	Why      string          // it failed; "" = it didn't
	Mend     string          // what to do about that
	Result   *BacktestResult // nil until it is done
	Rows     []BacktestRow   // of Result, at most maxBacktestRows
}

// BacktestResult is whom the jail would have banned. Times are those of the log.
type BacktestResult struct {
	Version  string // of fail2ban, whose engine read the log
	Since    time.Time
	From, To time.Time // what the lines that count span; zero = there is none
	Logs     []string  // what was read; "journal" and its match for the journal
	Lines    int
	Bytes    int64
	Old      int // lines before Since
	Now      BacktestSide
	After    *BacktestSide // nil = no change was given
	Sweep    []BacktestPoint
	SignedIn int // addresses that signed in well in the same log
	More     int // addresses that would be banned and are not told
	Notes    []BacktestNote
}

// BacktestSide is what became of all failures with one configuration.
type BacktestSide struct {
	BacktestValues
	Increment bool
	Failures  int // that count
	Ignored   int // of addresses on the jail's ignore list
	Stopped   int // failures during a ban: a firewall would have kept them away
	Bans      int
	Addresses int // that were banned
	AtOnce    int // that were banned at the same time, at most
	Protected int // of Addresses: never to be banned
	SignedIn  int // of Addresses: they signed in well too
}

// BacktestValues are the options that a sweep changes. Times are in seconds; -1 = for ever.
type BacktestValues struct {
	MaxRetry          int
	FindTime, BanTime int64
}

// BacktestPoint is what became of all failures with one choice of values.
type BacktestPoint struct {
	BacktestValues
	Bans, Addresses, Protected, SignedIn int
}

// BacktestRow is one address that would be banned. ID and Users are hostile text.
type BacktestRow struct {
	ID         string
	Now, After BacktestBans
	Protected  string   // why it is never to be banned; "" = nothing known
	SignIns    int      // that went well, in the same log
	Users      []string // who signed in, at most three
}

// BacktestBans are the bans of one address with one configuration.
type BacktestBans struct {
	Failures, Ignored, Stopped int
	Bans                       int
	Times                      []BacktestBan // the first ones, at most maxBacktestTimes
}

// BacktestBan is one ban.
type BacktestBan struct {
	At      time.Time
	Seconds int64 // -1 = for ever
}

// BacktestNote is something that a person should know of a result.
type BacktestNote struct {
	Code string // stable
	Text string // a sentence
}

// StartBacktest begins one; see Host.
func (l *Local) StartBacktest(_ context.Context, o BacktestOrder) (string, error) {
	work, err := l.backtestOf(o)
	if err != nil {
		return "", err
	}
	return l.backtests.start(o, work)
}

// Backtest says how far one is; see Host.
func (l *Local) Backtest(_ context.Context, id string) (Backtest, error) { return l.backtests.look(id) }

// StopBacktest ends one; see Host.
func (l *Local) StopBacktest(_ context.Context, id string) error { return l.backtests.stop(id) }
