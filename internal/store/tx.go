package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"bangui/internal/history"
)

// Tx runs work in one transaction of the writer: all of it is kept, or nothing. It is
// the only place that begins, commits and rolls back.
func (db *DB) Tx(ctx context.Context, work func(*Tx) error) error {
	begun, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return storeFault(err)
	}
	defer begun.Rollback() // nothing to do after Commit; a panic must not keep the one connection
	err = work(&Tx{tx: begun, now: db.now, prepared: map[string]*sql.Stmt{}})
	if err == nil {
		err = begun.Commit()
	}
	if errors.Is(err, sql.ErrTxDone) {
		err = cmp.Or(ctx.Err(), err) // the end of the context has rolled it back
	}
	return storeFault(err)
}

// Tx is an open transaction. It belongs to one goroutine.
type Tx struct {
	tx       *sql.Tx
	now      func() time.Time
	prepared map[string]*sql.Stmt // by text; they end with the transaction
	// nobodyAsked is whether there was no intent, once that was looked up: most bans are
	// fail2ban's own, and a transaction may hold hundreds.
	nobodyAsked *bool
}

// statement prepares each text once a transaction: parsing costs more than most of ours
// take to run.
func (tx *Tx) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := tx.prepared[query]; ok {
		return s, nil
	}
	s, err := tx.tx.PrepareContext(ctx, rebind(query))
	if err != nil {
		return nil, fmt.Errorf("prepare %.40q: %w", query, err)
	}
	tx.prepared[query] = s
	return s, nil
}

func (tx *Tx) exec(ctx context.Context, query string, args ...any) error {
	s, err := tx.statement(ctx, query) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return err
	}
	_, err = s.ExecContext(ctx, args...)
	return err
}

// get reads the one row of a query into targets; sql.ErrNoRows when there is none.
func (tx *Tx) get(ctx context.Context, targets []any, query string, args ...any) error {
	s, err := tx.statement(ctx, query) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return err
	}
	return s.QueryRowContext(ctx, args...).Scan(targets...)
}

// Update is Tx for the archive, which sees a transaction through its own interface.
func (db *DB) Update(ctx context.Context, work func(history.Tx) error) error {
	return db.Tx(ctx, func(tx *Tx) error { return work(tx) })
}
