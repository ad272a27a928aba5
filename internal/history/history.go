// Package history is the archive: every ban with its whole life, from its first sight
// to its end, and why it ended.
//
// It is fed by lists and by single events, in any order and as often as one likes, and
// converges: a ban is known by host, jail, identifier and its start, and what was seen
// later wins over what was seen earlier, so that recording twice changes nothing. At
// most one ban of an identifier is open in a jail.
package history

import (
	"net/netip"
	"time"

	"bangui/internal/event"
)

// Ban is one ban with its life. Address, Jail, Reason may hold attackers' text.
type Ban struct {
	ID         int64
	HostID     string
	Jail       string
	Address    string // an address, a network, or any identifier that fail2ban bans
	BannedAt   time.Time
	BanSeconds int64     // event.Permanent (-1) for ever
	SeenAt     time.Time // when fail2ban was seen in the state that this tells
	EndedAt    time.Time // zero while it is open
	EndReason  event.EndReason
	BanCount   int // 0 = not known
	Failures   int // 0 = not known
	Origin     event.Origin
	Actor      string // who asked for it; "" = not known
	Reason     string
	LiftAt     time.Time // its own end, which BanGUI brings about; zero = it has none
	Whereabouts
}

// ExpiresAt is when fail2ban ends a ban by itself; the zero time for a permanent one.
func (b Ban) ExpiresAt() time.Time {
	if b.BanSeconds < 0 {
		return time.Time{}
	}
	return b.BannedAt.Add(time.Duration(b.BanSeconds) * time.Second)
}

// EndsAt is when a ban is to end: at its own end where it was given one, else when
// fail2ban ends it; the zero time for a permanent one.
func (b Ban) EndsAt() time.Time {
	if !b.LiftAt.IsZero() {
		return b.LiftAt
	}
	return b.ExpiresAt()
}

// open reports whether the ban has not ended.
func (b Ban) open() bool { return b.EndedAt.IsZero() }

// Subject is who is banned where.
type Subject struct{ HostID, Jail, Address string }

// List is what fail2ban says is banned in one jail; see host.BanList, whose meaning it has.
type List struct {
	HostID   string
	Jail     string
	TakenAt  time.Time
	Complete bool
	Gone     bool
	Bans     []Ban
}

// Mark says how far a source of events was read.
type Mark struct{ HostID, Source, Value string }

// Intent is that somebody asked BanGUI for a ban or its end. It waits until fail2ban
// reports what was asked for.
type Intent struct {
	HostID, Jail, Address string
	Kind                  event.Kind // event.Ban or event.Unban
	Actor, Reason         string
	AskedAt               time.Time
	LiftAt                time.Time // the end that was asked for; zero = fail2ban's own
}

// State chooses bans by whether they have ended.
type State string

// The states of a query.
const (
	Active State = "active"
	Ended  State = "ended"
	All    State = "all"
)

// Query asks for bans, newest first. Empty fields do not filter.
type Query struct {
	State      State
	HostID     string
	Jail       string
	Identifier string       // exactly this
	Inside     netip.Prefix // addresses and networks inside it
	Covering   netip.Addr   // networks that contain it
	Text       string       // found somewhere in the identifier
	Line       string       // found somewhere in a log line behind it, whatever the case of its letters
	Country    string       // two capital letters; see Whereabouts
	ASN        int64        // number of an autonomous system
	Origin     event.Origin
	Since      time.Time // banned then or later
	Until      time.Time // banned before
	Without    *Without  // nil = leaves out none
	Limit      int       // 1 to MaxLimit
	After      Place     // the page after this place; zero = the first
}

// Without says which bans a query leaves out; empty fields leave out none.
type Without struct {
	Jails     []string
	Countries []string // "" = of no known country
	ASNs      []int64  // 0 = of no known network
	Origin    event.Origin
}

// MaxLimit is the most that one page holds.
const MaxLimit = 500

// Place is a place in the order of bans.
type Place struct {
	BannedAt time.Time
	ID       int64
}
