package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"bangui/internal/fault"
	"bangui/internal/lease"
)

// keepLeaseEvents is how many changes of a lease are kept.
const keepLeaseEvents = 10_000

// clocked puts the database's clock, in microseconds, where a text says NOW.
func (tx *Tx) clocked(query string) string { return tx.tx.dialect.clocked(query) }

const leaseColumns = `name, epoch, holder, nonce, beat, pid, hostname, version, boot_id, created_at, heartbeat_at, heartbeat_timeout, NOW - heartbeat_at`

func scanLease(r *sql.Rows) (row lease.Row, err error) {
	var created, beat, timeout, age int64
	err = r.Scan(&row.Name, &row.Epoch, &row.Holder, &row.Nonce, &row.Beat, &row.Info.PID, &row.Info.Hostname, &row.Info.Version, &row.Info.BootID,
		&created, &beat, &timeout, &age)
	row.CreatedAt, row.HeartbeatAt = moment(created), moment(beat)
	row.Timeout, row.Age = time.Duration(timeout)*time.Millisecond, time.Duration(age)*time.Microsecond
	return row, err
}

// LookLease reads a lease and locks nothing. NotFound when there is none of that name.
func (db *DB) LookLease(ctx context.Context, name string) (lease.Row, error) {
	rows, err := rowsOf(ctx, db.beat, scanLease, db.dialect.clocked("SELECT "+leaseColumns+" FROM lease WHERE name = $1"), []any{name})
	if err == nil && len(rows) == 0 {
		err = fault.New(fault.NotFound, "there is no lease %s", name)
	}
	if err != nil {
		return lease.Row{}, storeFault(err)
	}
	return rows[0], nil
}

// beating is a transaction for a lease. It has a connection of its own, does not wait for
// the writers' turn, and is never repeated.
func (db *DB) beating(ctx context.Context, work func(*Tx) error) error {
	return storeFault(db.beat.transaction(ctx, db.now, work))
}

// TakeLease gives a lease to the claim's holder, with a new epoch, if it is as it was
// seen. On PostgreSQL it waits until transactions of the term before have ended.
func (db *DB) TakeLease(ctx context.Context, c lease.Claim) (epoch int64, ok bool, err error) {
	err = db.beating(ctx, func(tx *Tx) error {
		epoch, ok, err = tx.takeLease(ctx, c)
		return err
	})
	if err != nil {
		return 0, false, err
	}
	return epoch, ok, nil
}

func (tx *Tx) takeLease(ctx context.Context, c lease.Claim) (epoch int64, ok bool, err error) {
	if err := tx.holdLease(ctx, c.Seen.Name); err != nil {
		return 0, false, err
	}
	err = tx.get(ctx, []any{&epoch}, tx.clocked(`UPDATE lease SET epoch = CASE WHEN NOW / 1000 > epoch THEN NOW / 1000 ELSE epoch + 1 END,
		holder = $2, nonce = $3, beat = 0, pid = $4, hostname = $5, version = $6, boot_id = $7, heartbeat_timeout = $8,
		created_at = NOW, heartbeat_at = NOW
		WHERE name = $1 AND epoch = $9 AND holder = $10 AND nonce = $11 RETURNING epoch`),
		c.Seen.Name, c.Holder, c.Nonce, c.Info.PID, c.Info.Hostname, c.Info.Version, c.Info.BootID, c.Timeout.Milliseconds(),
		c.Seen.Epoch, c.Seen.Holder, c.Seen.Nonce)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	return epoch, true, tx.noteLease(ctx, lease.Event{
		Name: c.Seen.Name, Epoch: epoch, Holder: c.Holder, Info: c.Info, Kind: lease.Acquired, Reason: string(c.Reason), Detail: before(c.Seen),
	})
}

func before(seen lease.Row) string {
	if seen.Holder == "" {
		return ""
	}
	return "before: " + seen.Info.Whom()
}

// holdLease waits for the transactions of a term and keeps new ones out until this one
// is committed.
func (tx *Tx) holdLease(ctx context.Context, name string) error {
	var epoch int64
	return tx.get(ctx, []any{&epoch}, "SELECT epoch FROM lease WHERE name = $1"+tx.tx.dialect.forUpdate, name)
}

// RenewLease beats, if the lease still has this term and nonce.
func (db *DB) RenewLease(ctx context.Context, t lease.Term, from, to string) (ok bool, err error) {
	err = db.beating(ctx, func(tx *Tx) error {
		ok, err = tx.renewLease(ctx, t, from, to)
		return err
	})
	return ok && err == nil, err
}

func (tx *Tx) renewLease(ctx context.Context, t lease.Term, from, to string) (bool, error) {
	n, err := tx.changed(ctx, tx.clocked(`UPDATE lease SET beat = beat + 1, nonce = $5, heartbeat_at = NOW
		WHERE name = $1 AND holder = $2 AND epoch = $3 AND nonce = $4`), t.Name, t.Holder, t.Epoch, from, to)
	return n == 1, err
}

// ReleaseLease frees a lease, if it still has this term and nonce. Its epoch stays.
func (db *DB) ReleaseLease(ctx context.Context, t lease.Term, nonce, reason string) (ok bool, err error) {
	err = db.beating(ctx, func(tx *Tx) error {
		ok, err = tx.releaseLease(ctx, t, nonce, reason)
		return err
	})
	return ok && err == nil, err
}

func (tx *Tx) releaseLease(ctx context.Context, t lease.Term, nonce, reason string) (bool, error) {
	var info lease.Info
	err := tx.get(ctx, []any{&info.PID, &info.Hostname, &info.Version}, `UPDATE lease SET holder = '', nonce = '', boot_id = ''
		WHERE name = $1 AND holder = $2 AND epoch = $3 AND nonce = $4 RETURNING pid, hostname, version`, t.Name, t.Holder, t.Epoch, nonce)
	if err != nil {
		return false, ignoreNoRows(err)
	}
	return true, tx.noteLease(ctx, lease.Event{Name: t.Name, Epoch: t.Epoch, Holder: t.Holder, Info: info, Kind: lease.Released, Reason: reason})
}

// StealLease ends the term of whoever holds a lease, for an operator who says why. The
// next candidate takes it. NotFound when there is none of that name.
func (db *DB) StealLease(ctx context.Context, name, reason string) (after lease.Row, err error) {
	err = db.beating(ctx, func(tx *Tx) error {
		after, err = tx.stealLease(ctx, name, reason)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		err = fault.New(fault.NotFound, "there is no lease %s", name)
	}
	return after, err
}

func (tx *Tx) stealLease(ctx context.Context, name, reason string) (after lease.Row, err error) {
	if err := tx.holdLease(ctx, name); err != nil {
		return lease.Row{}, err
	}
	held, err := tx.lookLease(ctx, name)
	if err != nil {
		return lease.Row{}, err
	}
	err = tx.exec(ctx, tx.clocked(`UPDATE lease SET epoch = CASE WHEN NOW / 1000 > epoch THEN NOW / 1000 ELSE epoch + 1 END,
		holder = '', nonce = '', boot_id = '' WHERE name = $1`), name)
	if err != nil {
		return lease.Row{}, err
	}
	if after, err = tx.lookLease(ctx, name); err != nil {
		return lease.Row{}, err
	}
	return after, tx.noteLease(ctx, lease.Event{
		Name: name, Epoch: after.Epoch, Holder: held.Holder, Info: held.Info, Kind: lease.Stolen, Reason: reason, Detail: before(held),
	})
}

// lookLease reads a lease that is there.
func (tx *Tx) lookLease(ctx context.Context, name string) (lease.Row, error) {
	rows, err := collect(ctx, tx.tx, scanLease, tx.clocked("SELECT "+leaseColumns+" FROM lease WHERE name = $1"), name)
	if err != nil {
		return lease.Row{}, err
	}
	return rows[0], nil
}

// NoteLease keeps what a holder found out about its term.
func (db *DB) NoteLease(ctx context.Context, e lease.Event) error {
	return db.beating(ctx, func(tx *Tx) error { return tx.noteLease(ctx, e) })
}

func (tx *Tx) noteLease(ctx context.Context, e lease.Event) error {
	var seq int64
	err := tx.get(ctx, []any{&seq}, tx.clocked(`INSERT INTO lease_event (at, name, epoch, holder, pid, hostname, version, kind, reason, detail)
		VALUES (NOW, $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING seq`),
		e.Name, e.Epoch, e.Holder, e.Info.PID, e.Info.Hostname, e.Info.Version, string(e.Kind), e.Reason, e.Detail)
	if err != nil {
		return err
	}
	return tx.exec(ctx, "DELETE FROM lease_event WHERE seq <= $1", seq-keepLeaseEvents)
}

// LeaseEvents are the newest changes of a lease, newest first, at most limit.
func (db *DB) LeaseEvents(ctx context.Context, name string, limit int) ([]lease.Event, error) {
	return collect(ctx, db.read, func(r *sql.Rows) (e lease.Event, err error) {
		var at int64
		err = r.Scan(&e.Seq, &at, &e.Name, &e.Epoch, &e.Holder, &e.Info.PID, &e.Info.Hostname, &e.Info.Version, &e.Kind, &e.Reason, &e.Detail)
		e.At = moment(at)
		return e, err
	}, `SELECT seq, at, name, epoch, holder, pid, hostname, version, kind, reason, detail
		FROM lease_event WHERE name = $1 ORDER BY seq DESC LIMIT $2`, name, limit)
}

func ignoreNoRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}

// Fenced is a store for who works in one term of a lease: each of its transactions first
// sees that the term lasts, and keeps it from being taken over until it is committed.
// Outside of transactions it only reads.
type Fenced struct{ *DB }

// fence is the check of a term.
type fence struct {
	term    lease.Term
	refused func()
}

// Fenced gives the store of a term; refused is called when a transaction was refused,
// whose error is then lease.ErrFenced.
func (db *DB) Fenced(t lease.Term, refused func()) Fenced {
	fenced := *db
	fenced.fence = &fence{t, refused}
	return Fenced{&fenced}
}

// Close does nothing: the store that this one comes from closes the connections.
func (Fenced) Close() error { return nil }

// check is the first statement of a fenced transaction. On PostgreSQL it waits for a
// take-over that is under way, and a take-over waits for it; a heartbeat does neither.
func (f *fence) check(ctx context.Context, tx *Tx) error {
	var one int
	err := tx.get(ctx, []any{&one}, "SELECT 1 FROM lease WHERE name = $1 AND holder = $2 AND epoch = $3"+tx.tx.dialect.forKeyShare,
		f.term.Name, f.term.Holder, f.term.Epoch)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	f.refused()
	return fault.Wrap(lease.ErrFenced, fault.Conflict, "this console leads no more, so what it wanted to write is refused")
}

var _ lease.Store = (*DB)(nil)
