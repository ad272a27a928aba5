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

// txTime bounds a transaction, with what it waits for.
const txTime = time.Minute

// Tx runs work in one transaction of the writer: all of it is kept, or nothing. While
// it runs nothing else is written, by whatever console: what work reads stays true
// until it is committed.
//
// When the connection ends or the engine undoes the transaction before it is committed,
// work is called again from its beginning, at most three times: it must not add to what
// an earlier call left in its variables. An error of the commit itself is never followed
// by another try.
func (db *DB) Tx(ctx context.Context, work func(*Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, txTime)
	defer cancel()
	err := again(ctx, func() error { return db.once(ctx, db.write, work) })
	return storeFault(err)
}

// once is one try.
func (db *DB) once(ctx context.Context, p *pool, work func(*Tx) error) error {
	return p.transaction(ctx, db.now, func(tx *Tx) error {
		if turn := db.dialect.turn; turn != "" {
			if err := tx.exec(ctx, turn); err != nil {
				return err
			}
		}
		if db.fence != nil {
			if err := db.fence.check(ctx, tx); err != nil {
				return err
			}
		}
		return work(tx)
	})
}

// transaction is the only place that begins, commits and rolls back.
func (p *pool) transaction(ctx context.Context, now func() time.Time, work func(*Tx) error) error {
	begun, err := p.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer begun.Rollback() // nothing to do after Commit; a panic must not keep the one connection
	tx := &Tx{tx: &statements{begun, p.dialect}, now: now, prepared: map[string]*sql.Stmt{}}
	if err = work(tx); err == nil {
		if err = begun.Commit(); err != nil {
			err = &commitError{err}
		}
	}
	if err == nil {
		for _, tell := range tx.committed {
			tell()
		}
	}
	if errors.Is(err, sql.ErrTxDone) {
		err = cmp.Or(ctx.Err(), err) // the end of the context has rolled it back
	}
	return err
}

// Tx is an open transaction. It belongs to one goroutine.
type Tx struct {
	tx       *statements
	now      func() time.Time
	prepared map[string]*sql.Stmt // by text; they end with the transaction
	// nobodyAsked is whether there was no intent, once that was looked up: most bans are
	// fail2ban's own, and a transaction may hold hundreds.
	nobodyAsked *bool
	tally       *tally   // what the bans of this transaction change in the counters
	committed   []func() // called after the commit
}

// statements are those of a transaction. They take $n on both engines.
type statements struct {
	*sql.Tx
	dialect *dialect
}

// QueryContext is that of sql.Tx, for $n.
func (s *statements) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.Tx.QueryContext(ctx, s.dialect.numbered(query), args...)
}

// QueryRowContext is that of sql.Tx, for $n.
func (s *statements) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return s.Tx.QueryRowContext(ctx, s.dialect.numbered(query), args...)
}

// ExecContext is that of sql.Tx, for $n.
func (s *statements) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return s.Tx.ExecContext(ctx, s.dialect.numbered(query), args...)
}

// statement prepares each text once a transaction: parsing costs more than most of ours
// take to run.
func (tx *Tx) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := tx.prepared[query]; ok {
		return s, nil
	}
	s, err := tx.tx.PrepareContext(ctx, tx.tx.dialect.numbered(query))
	if err != nil {
		return nil, fmt.Errorf("prepare %.40q: %w", query, err)
	}
	tx.prepared[query] = s
	return s, nil
}

func (tx *Tx) exec(ctx context.Context, query string, args ...any) error {
	_, err := tx.changed(ctx, query, args...)
	return err
}

// changed runs a statement and gives the number of rows that it changed.
func (tx *Tx) changed(ctx context.Context, query string, args ...any) (int64, error) {
	run := func() (sql.Result, error) { return tx.tx.ExecContext(ctx, query, args...) }
	if tx.tx.dialect.prepares {
		s, err := tx.statement(ctx, query) //nolint:sqlclosecheck // the transaction closes it
		if err != nil {
			return 0, err
		}
		run = func() (sql.Result, error) { return s.ExecContext(ctx, args...) }
	}
	result, err := run()
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// insert runs a statement that makes one row and gives its id.
func (tx *Tx) insert(ctx context.Context, query string, args ...any) (id int64, err error) {
	if !tx.tx.dialect.prepares {
		err = tx.get(ctx, []any{&id}, query+" RETURNING id", args...)
		return id, err
	}
	s, err := tx.statement(ctx, query) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return 0, err
	}
	result, err := s.ExecContext(ctx, args...) // less work for this engine than a row that returns
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

// each hands the rows of a query to scan.
func each[T any](ctx context.Context, tx *Tx, scan func(*sql.Rows) (T, error), query string, args ...any) error {
	ask := func() (*sql.Rows, error) { return tx.tx.QueryContext(ctx, query, args...) }
	if tx.tx.dialect.prepares {
		s, err := tx.statement(ctx, query)
		if err != nil {
			return err
		}
		ask = func() (*sql.Rows, error) { return s.QueryContext(ctx, args...) }
	}
	rows, err := ask()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if _, err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// get reads the one row of a query into targets; sql.ErrNoRows when there is none.
func (tx *Tx) get(ctx context.Context, targets []any, query string, args ...any) error {
	if !tx.tx.dialect.prepares {
		return tx.tx.QueryRowContext(ctx, query, args...).Scan(targets...)
	}
	s, err := tx.statement(ctx, query) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return err
	}
	return s.QueryRowContext(ctx, args...).Scan(targets...)
}

// Update is Tx for the archive, which sees a transaction through its own interface.
func (db *DB) Update(ctx context.Context, work func(history.Tx) error) error {
	return db.Tx(ctx, func(tx *Tx) error {
		if err := work(tx); err != nil {
			return err
		}
		return tx.countAll(ctx)
	})
}
