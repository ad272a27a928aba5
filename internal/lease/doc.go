// Package lease decides which of the processes that share a database works for all of
// them: whoever holds the row of a lease leads for a term; the others stand by.
//
// # What the database decides
//
// A lease is one row that is never deleted. It says who holds it (128 random bits for a
// process start, since process ids and host names repeat), for which epoch, and when he
// last renewed it. An epoch is one term of one process: it becomes max(epoch+1, the
// database's clock in ms) with each take-over and never falls, not by release, crash,
// restart, nor by a restored backup or a failover that lost the last change. Triggers
// refuse what would break this, and each change of holder is kept with its reason.
//
// Every change is a compare-and-set on what was seen: epoch, holder, and a nonce that is
// new with each renewal. The nonce finds lost replies (it became the one we wrote: the
// renewal worked) and clones of a machine (it became one that we never wrote).
//
// # What a process decides
//
// A standby takes over when one of these is true, in this order:
//
//	free      the row has no holder
//	self      the holder is this process, whose last term is over
//	crashed   the holder's kernel is ours, and the kernel lock that it held is free
//	silent    the row has not changed for its own time-out, as this process saw it on
//	          its boot clock
//	db-stale  by the database's clock the last renewal is older than the time-out, and
//	          this process saw no change for two and a half heartbeats
//
// So a stepped clock steals nothing from a holder that lives: it beats, and is seen to.
//
// A leader trusts its term until TTL − margin after the start of the last attempt to
// renew that succeeded, measured on the boot clock, which counts suspends:
//
//	 0 s  an attempt to renew begins; it succeeds within 5 s or counts as failed
//	10 s  the next attempt; after one that failed 2 s from its start, or at once when it
//	      took longer
//	45 s  soft stop: no new work, the leader's context ends
//	55 s  hard stop: nothing outside the database may be begun; work that is still
//	      there ends the process (exit status 75)
//	60 s  others may take over
//
// A term whose trust has ended is dead: it is never renewed, the process needs a new
// epoch. The order of losing is: Leading is false, the context of the work ends, the
// work is waited for, the row is released, the kernel lock is dropped.
//
// # What is promised
//
//   - Fence: whoever works for the scheduler does so in transactions that first check
//     holder and epoch, and hold the row against take-over until they are committed. Once
//     a transaction of an epoch is committed, none of a lower epoch can be, whatever was
//     paused, killed or set to another time.
//   - Unique: an epoch belongs to one process start. Monotonic: epochs only grow.
//   - Trust: no new effect outside the database begins after the hard stop.
//   - No overlap: if clock rates differ by less than margin/TTL and nobody is paused
//     between check and effect, the times of effects of two terms do not overlap. If
//     somebody is paused they may, and the receiver refuses the lower epoch. So they may
//     until the old holder's next exchange with the database when an operator steals the
//     lease or restores a backup, and when the database's clock is set forward while the
//     holder can't renew for two and a half heartbeats.
//   - Liveness: a standby takes over within TTL + 10 s of a crash and within 7 s of a
//     clean stop; a process that finds an old row leads within 32 s, and within 3 s where
//     the kernel knows that the holder is dead.
//   - No false loss: with these times a holder survives four failed renewals in a row,
//     even when each hangs for as long as it may (7.5 s).
//   - Honest: a state is never "leader" once trust has ended, and a term whose work has
//     ended is trusted no more.
//
// Not promised: exactly-once for what is sent to others, and anything at all between
// processes that share a SQLite file over a network. There, and on FUSE, the store lets
// one process have the file and keeps all others out (store.DB.Remote).
//
// # What shows it
//
// TestModel takes random steps with real electors on odd clocks and a database that can
// do anything, and checks all of this after each (make model: 200,000 steps).
// TestElector_ADay plays 24 hours with each failure that we thought of, and compares what
// is told of it. The interleavings in package store hold each statement open while
// another session does each other thing, on both engines. TestProcesses_… are real
// processes: twenty at once on an empty database, killed, paused, starved, in containers,
// and all of it at random (make chaos: 300 terms on each engine). make mutants puts
// deliberate faults in, one by one, and sees that these tests find them.
//
// # Why so
//
// No advisory locks of the database: they live in a session, break behind poolers, and
// vanish with a connection while the holder still works. No file and no environment
// variable: they outlive crashes, do not cross containers, and fence nothing.
package lease
