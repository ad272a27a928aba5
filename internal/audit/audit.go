// Package audit is the record of who did what, when and from where. It only grows:
// each entry carries a hash of itself and of the entry before it, so that one that was
// changed, or is missing, is found.
//
// A change of our own database is recorded in its transaction (Pending). A change
// elsewhere, such as a ban, is recorded as begun before it is made, and again with how it
// ended: what a crash leaves without an end is seen as that. What can't be recorded is
// not done. Refusals are summed up, so that whoever is refused can't fill the disk.
//
// The chain shows what was altered by somebody who can't make it anew. Who may write to
// the database as a whole could; a copy of the newest hash, kept elsewhere, shows that
// too (Verify tells it, and each start logs it).
package audit

import (
	"context"
	"net/netip"
	"time"

	"bangui/internal/fault"
)

// Kind says what an actor is.
type Kind string

// The kinds of actors.
const (
	User      Kind = "user"      // signed in
	Token     Kind = "token"     // an API token; the name is its user's
	CLI       Kind = "cli"       // the command line on this machine; the name is the system's user
	System    Kind = "system"    // BanGUI itself
	Anonymous Kind = "anonymous" // nobody that we know
)

// Actor is who did something.
type Actor struct {
	Kind Kind
	Name string
}

// Bangui is the actor of what BanGUI does by itself.
func Bangui() Actor { return Actor{System, "bangui"} }

// Outcome says how something ended.
type Outcome string

// The outcomes.
const (
	Begun   Outcome = "begun" // it was tried; without a later entry nobody knows how it ended
	OK      Outcome = "ok"
	Refused Outcome = "refused" // we, or fail2ban, said no; nothing was done
	Failed  Outcome = "failed"  // it was tried and did not work, or not all of it
)

// Entry is one entry. All text may be hostile: it is stored as it came, but for bytes
// that no engine stores, and cut at its bound. Whoever shows it escapes it.
type Entry struct {
	ID        int64     // 1, 2, 3…, without gaps; 0 = not recorded yet
	At        time.Time // UTC, microseconds; zero = when it is recorded
	Actor     Actor
	Address   netip.Addr // where the request came from; invalid = not by network
	Action    string     // "ban.create"
	Target    string     // what it was done to
	Outcome   Outcome
	Code      fault.Code // of a refusal or failure
	Detail    string     // a sentence for people
	Before    string     // what was
	After     string     // what then is, or what was asked for
	Count     int        // how many alike this entry stands for; at least 1
	BeganID   int64      // the entry that this one ends; 0 = none
	RequestID string
}

// Log takes entries.
type Log interface {
	// Record stores an entry. When it fails, what it tells of must not be done.
	Record(ctx context.Context, e Entry) error
}

// Query asks for entries, newest first. Empty fields do not filter. An entry that began
// something is left out once its end is recorded.
type Query struct {
	Actor   string // exactly this name
	Action  string // exactly this, or all below it: "ban" finds "ban.create"
	Outcome Outcome
	Since   time.Time // at this moment or later
	Until   time.Time // before this moment
	Before  int64     // entries older than this one; 0 = from the newest
	Limit   int       // 1 to MaxLimit
}

// MaxLimit is the most entries that one page holds.
const MaxLimit = 500
