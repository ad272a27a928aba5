// Package store keeps everything that BanGUI remembers, in one database. It holds all
// SQL, one file per noun; what the rows mean is decided by the packages whose types
// they carry.
//
// An exported method is one transaction. Every SQL text is written once, with $1…$n,
// for all engines; what differs stands in dialect.go.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"bangui/internal/fault"
	"bangui/internal/history"
)

// Options say which database to open.
type Options struct {
	Path   string // of the SQLite file; its folder is made when it isn't there
	Logger *slog.Logger
	Now    func() time.Time
}

// DB is an open store. It is safe for concurrent use.
type DB struct {
	write *sql.DB // one connection: writers wait for each other here, not in SQLite
	read  *sql.DB
	now   func() time.Time
	path  string
}

// Open opens the database, makes it when it isn't there, and brings its schema up to
// date. Errors are DatabaseTooNew, DatabaseCorrupt, DatabaseBusy, DiskFull or
// PermissionDenied, each with what to do.
func Open(ctx context.Context, o Options) (*DB, error) {
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, openFault(o.Path, err)
	}
	db := &DB{now: o.Now, path: o.Path}
	if err := db.connect(); err != nil {
		return nil, openFault(o.Path, err)
	}
	if err := db.migrate(ctx, o.Logger); err != nil {
		return nil, errors.Join(openFault(o.Path, err), db.Close())
	}
	if err := os.Chmod(o.Path, 0o600); err != nil {
		return nil, errors.Join(openFault(o.Path, err), db.Close())
	}
	return db, nil
}

func (db *DB) connect() error {
	var err error
	if db.write, err = sql.Open("sqlite", dsn(db.path, "rwc")); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = sql.Open("sqlite", dsn(db.path, "rw")+"&_pragma=query_only(1)"); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(max(4, runtime.NumCPU()))
	return nil
}

// Close ends all connections; what was committed stays.
func (db *DB) Close() error {
	var all error
	for _, pool := range []*sql.DB{db.read, db.write} {
		if pool != nil {
			all = errors.Join(all, pool.Close())
		}
	}
	return all
}

// Check reports whether the database answers now. It writes nothing.
func (db *DB) Check(ctx context.Context) error {
	const patience = 2 * time.Second
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, _, err := db.EventRange(ctx)
	return err
}

// Tx runs work in one transaction of the writer: all of it is kept, or nothing. It is
// the only place that begins, commits and rolls back.
func (db *DB) Tx(ctx context.Context, work func(*Tx) error) error {
	tx, err := db.write.BeginTx(ctx, nil)
	if err != nil {
		return storeFault(err)
	}
	if err := work(&Tx{tx: tx}); err != nil {
		return storeFault(errors.Join(err, tx.Rollback()))
	}
	return storeFault(tx.Commit())
}

// Tx is an open transaction.
type Tx struct{ tx *sql.Tx }

func (tx *Tx) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.tx.ExecContext(ctx, rebind(query), args...)
}

func (tx *Tx) row(ctx context.Context, query string, args ...any) *sql.Row {
	return tx.tx.QueryRowContext(ctx, rebind(query), args...)
}

// queryer is the reader pool or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// collect reads all rows of a query that is bounded by its LIMIT.
func collect[T any](ctx context.Context, from queryer, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := from.QueryContext(ctx, rebind(query), args...)
	if err != nil {
		return nil, storeFault(err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, storeFault(err)
		}
		all = append(all, v)
	}
	return all, storeFault(rows.Err())
}

func micros(t time.Time) int64 { return t.UnixMicro() }

func moment(us int64) time.Time { return time.UnixMicro(us).UTC() }

// orNull stores the zero time as null.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return micros(t)
}

func orZero(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return moment(us.Int64)
}

func openFault(path string, err error) error {
	coded := storeFault(err)
	var e *fault.Error
	if errors.As(coded, &e) && e.Code != fault.Internal {
		e.Message = fmt.Sprintf("the database %s can't be used: %s", path, e.Message)
		return e
	}
	return fault.Wrap(err, fault.Unavailable, "the database %s can't be opened", path).
		WithMend("See that the folder exists and that BanGUI may write there (--data-dir).")
}

// Update is Tx for the archive, which sees a transaction through its own interface.
func (db *DB) Update(ctx context.Context, work func(history.Tx) error) error {
	return db.Tx(ctx, func(tx *Tx) error { return work(tx) })
}

var _ history.Store = (*DB)(nil)
