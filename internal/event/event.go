// Package event holds what happens on a host, as values, and the bus that tells
// it to readers in this process.
//
// Recorded events (bans, their ends, changes of jails and hosts) get a growing
// id in the store, in the transaction that records their cause; a reader resumes
// after the last id it saw. Passing events (failures found) are told to whoever
// listens now and are never stored: their id is 0.
package event

import "time"

// Kind says what happened.
type Kind string

// The kinds. They are the event names of the API's server-sent events.
const (
	Ban    Kind = "ban"    // an address was banned (or a ban was first seen)
	Unban  Kind = "unban"  // a ban ended
	Found  Kind = "found"  // fail2ban counted a failure; passing, never stored
	Jail   Kind = "jail"   // a jail appeared, went, or changed its state
	Host   Kind = "host"   // a host became reachable, degraded or unreachable
	Notice Kind = "notice" // something an operator should read
	Lease  Kind = "lease"  // the scheduler's lease changed; passing, never stored
	Job    Kind = "job"    // a background job has run; passing, never stored
)

// Origin says why a ban exists.
type Origin string

// The origins that exist now; blocklist and fleet come with their features.
const (
	ByFail2ban Origin = "fail2ban" // a filter matched
	ByHand     Origin = "manual"   // somebody asked for it, here or with fail2ban-client
)

// EndReason says why a ban ended.
type EndReason string

// The reasons. Unknown is honest: it went while nobody of us looked.
const (
	Expired     EndReason = "expired"          // its time was over
	Unbanned    EndReason = "unbanned"         // somebody lifted it
	JailStopped EndReason = "fail2ban-stopped" // its jail went away; fail2ban may restore it
	Replaced    EndReason = "replaced"         // a newer ban of the same address took its place
	Unknown     EndReason = "unknown"          // it was gone when we looked again
)

// Permanent is the BanSeconds of a ban without an end, as fail2ban has it.
const Permanent int64 = -1

// Event is one thing that happened. Text in Address, Detail and Reason may come
// from attackers and holds any character.
type Event struct {
	ID     int64     // growing per store; 0 while not recorded, and for passing events
	HostID string    // which host; never empty
	Kind   Kind      //
	At     time.Time // when it happened, UTC; microseconds count

	Jail    string // "" for Host and most Notice events
	Address string // the id as fail2ban shows it: an address, a network, or any text; "" where none

	// For Ban and Unban.
	BannedAt   time.Time // start of the ban, whole seconds as fail2ban keeps it
	BanSeconds int64     // effective duration; Permanent (-1) for ever
	BanCount   int       // how often fail2ban has banned it; 0 = not known
	Failures   int       // failures that led to it; 0 = not known
	Restored   bool      // fail2ban put back a ban from before its restart
	Origin     Origin    // "" = not known yet, counts as ByFail2ban
	Actor      string    // who asked for it; "" where nobody did or we don't know
	Reason     string    // why, in that person's words
	EndReason  EndReason // for Unban only
	LiftAt     time.Time `json:",omitzero"` // its own end, which BanGUI brings about; zero = it has none

	State  string // for Jail, Host and Lease: the new state; for Job: how its run ended
	Detail string // for Host, Jail and Notice: a sentence for people; for Lease who holds it, for Job its name
	Count  int    // for Found: how many failures this event stands for, at least 1
}

// Expires is when a ban is to end, or the zero time for a permanent one.
func (e Event) Expires() time.Time {
	if !e.LiftAt.IsZero() {
		return e.LiftAt
	}
	if e.BanSeconds < 0 {
		return time.Time{}
	}
	return e.BannedAt.Add(time.Duration(e.BanSeconds) * time.Second)
}
