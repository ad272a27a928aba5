package store

import (
	"context"
	"database/sql"
	"net/netip"
	"strconv"
	"time"

	"bangui/internal/audit"
	"bangui/internal/fault"
)

const auditColumns = `id, at, actor_kind, actor, address, action, target, outcome, code, detail, value_before, value_after, times, began_id, request_id, hash`

func scanLink(r *sql.Rows) (l audit.Link, err error) {
	var at int64
	var began sql.NullInt64
	var address string
	var hash []byte
	err = r.Scan(&l.ID, &at, &l.Actor.Kind, &l.Actor.Name, &address, &l.Action, &l.Target, &l.Outcome, &l.Code, &l.Detail,
		&l.Before, &l.After, &l.Count, &began, &l.RequestID, &hash)
	l.At, l.BeganID = moment(at), began.Int64
	l.Address, _ = netip.ParseAddr(address)
	if audit.AddressText(l.Entry) == address && len(hash) == len(l.Hash) {
		copy(l.Hash[:], hash)
	} // else it was not written by us: it keeps a hash that fits nothing
	return l, err
}

func scanEntry(r *sql.Rows) (audit.Entry, error) {
	l, err := scanLink(r)
	return l.Entry, err
}

// AppendAudit seals and stores entries in order, and gives the id of the first.
func (db *DB) AppendAudit(ctx context.Context, entries []audit.Entry) (first int64, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		for i, e := range entries {
			id, err := tx.appendAudit(ctx, e)
			if err != nil {
				return err
			}
			if i == 0 {
				first = id
			}
		}
		return nil
	})
	return first, err
}

// Audited stores the entry of the change that this transaction makes, where its context
// carries one (audit.With), as done; by is who has proved who he is where that was not
// known before. Other changes are recorded by those who make them.
func (tx *Tx) Audited(ctx context.Context, by string) error {
	p := audit.PendingOf(ctx)
	if p == nil || p.Written() {
		return nil
	}
	e := p.Entry
	e.Outcome = audit.OK
	if by != "" && e.Actor.Kind == audit.Anonymous {
		e.Actor = audit.Actor{Kind: audit.User, Name: by}
	}
	if _, err := tx.appendAudit(ctx, e); err != nil {
		return err
	}
	tx.committed = append(tx.committed, p.Committed)
	return nil
}

// appendAudit puts an entry at the end of the chain. The end is locked first: whoever else
// appends waits for this transaction.
func (tx *Tx) appendAudit(ctx context.Context, e audit.Entry) (int64, error) {
	var head audit.Place
	var hash []byte
	err := tx.get(ctx, []any{&head.ID, &hash}, "UPDATE audit_chain SET head_id = head_id + 1 WHERE id = 1 RETURNING head_id - 1, head_hash")
	if err != nil {
		return 0, err
	}
	copy(head.Hash[:], hash)
	l := audit.Sealed(e, head, tx.now())
	var began any
	if l.BeganID != 0 {
		began = l.BeganID
	}
	err = tx.exec(ctx, "INSERT INTO audit ("+auditColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
		l.ID, micros(l.At), string(l.Actor.Kind), l.Actor.Name, audit.AddressText(l.Entry), l.Action, l.Target, string(l.Outcome), string(l.Code), l.Detail,
		l.Before, l.After, l.Count, began, l.RequestID, l.Hash[:])
	if err != nil {
		return 0, err
	}
	return l.ID, tx.exec(ctx, "UPDATE audit_chain SET head_hash = $1 WHERE id = 1", l.Hash[:])
}

// AuditEntries is one page, newest first, of at most q.Limit entries.
func (db *DB) AuditEntries(ctx context.Context, q audit.Query) ([]audit.Entry, error) {
	w := &conditions{}
	if q.Actor != "" {
		w.and("actor = ?", q.Actor)
	}
	if q.Action != "" {
		w.and(`(action = ? OR action LIKE ? ESCAPE '\')`, q.Action, escapeLike(q.Action)+".%")
	}
	if q.Outcome != "" {
		w.and("outcome = ?", string(q.Outcome))
	}
	if !q.Since.IsZero() {
		w.and("at >= ?", micros(q.Since))
	}
	if !q.Until.IsZero() {
		w.and("at < ?", micros(q.Until))
	}
	if q.Before > 0 {
		w.and("id < ?", q.Before)
	}
	w.and("NOT (outcome = ? AND EXISTS (SELECT 1 FROM audit AS ended WHERE ended.began_id = audit.id))", string(audit.Begun))
	return collect(ctx, db.read, scanEntry, "SELECT "+auditColumns+" FROM audit"+w.sql()+" ORDER BY id DESC LIMIT "+strconv.Itoa(q.Limit), w.args...)
}

// AuditLinks are at most limit entries after an id, oldest first.
func (db *DB) AuditLinks(ctx context.Context, after int64, limit int) ([]audit.Link, error) {
	return collect(ctx, db.read, scanLink, "SELECT "+auditColumns+" FROM audit WHERE id > $1 ORDER BY id LIMIT $2", after, limit)
}

// AuditEnds are where the chain begins and ends. DatabaseCorrupt when somebody has removed
// that.
func (db *DB) AuditEnds(ctx context.Context) (audit.Ends, error) {
	found, err := collect(ctx, db.read, scanEnds, "SELECT anchor_id, anchor_hash, head_id, head_hash FROM audit_chain WHERE id = 1")
	if err == nil && len(found) == 0 {
		err = fault.New(fault.DatabaseCorrupt, "the audit has lost its ends").WithMend("Somebody has changed the database: restore a copy.")
	}
	if err != nil {
		return audit.Ends{}, err
	}
	return found[0], nil
}

func scanEnds(r *sql.Rows) (e audit.Ends, err error) {
	var anchor, head []byte
	err = r.Scan(&e.Anchor.ID, &anchor, &e.Head.ID, &head)
	copy(e.Anchor.Hash[:], anchor)
	copy(e.Head.Hash[:], head)
	return e, err
}

// TrimAudit removes up to limit entries from the beginning, as far as they are older than
// before, and appends what said makes of it, in one transaction. It gives how many went.
func (db *DB) TrimAudit(ctx context.Context, before time.Time, limit int, said func(last int64, n int) audit.Entry) (n int, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		var last audit.Place
		n, last, err = tx.oldAudit(ctx, before, limit)
		if err != nil || n == 0 {
			return err
		}
		if err := tx.exec(ctx, "UPDATE audit_chain SET anchor_id = $1, anchor_hash = $2 WHERE id = 1", last.ID, last.Hash[:]); err != nil {
			return err
		}
		if err := tx.exec(ctx, "DELETE FROM audit WHERE id <= $1", last.ID); err != nil {
			return err
		}
		_, err = tx.appendAudit(ctx, said(last.ID, n))
		return err
	})
	return n, err
}

// oldAudit finds how many entries at the beginning are old, and the last of them.
func (tx *Tx) oldAudit(ctx context.Context, before time.Time, limit int) (n int, last audit.Place, err error) {
	oldest, err := collect(ctx, tx.tx, scanLink, "SELECT "+auditColumns+" FROM audit ORDER BY id LIMIT $1", limit)
	for _, l := range oldest {
		if !l.At.Before(before) {
			break
		}
		n, last = n+1, audit.Place{ID: l.ID, Hash: l.Hash}
	}
	return n, last, err
}

var _ audit.Store = (*DB)(nil)
