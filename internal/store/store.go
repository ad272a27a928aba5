// Package store keeps everything that BanGUI remembers, in one database. It holds all
// SQL, one file per noun; what the rows mean is decided by the packages whose types
// they carry.
//
// An exported method is one transaction. Every SQL text is written once, with $1…$n,
// for all engines; what differs stands in dialect.go.
package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"runtime"
	"time"

	"bangui/internal/history"
)

// Options say which database to open.
type Options struct {
	Path   string // of the SQLite file; its folder is made when it isn't there
	Logger *slog.Logger
	Now    func() time.Time
	// BusyFor is how long to wait for another program that writes; 0 = 5 s.
	BusyFor time.Duration
}

// DB is an open store. It is safe for concurrent use.
type DB struct {
	write *sql.DB // one connection: writers wait for each other here, not in SQLite
	read  *sql.DB
	now   func() time.Time
}

// Open opens the database, makes it when it isn't there, and brings its schema up to
// date. Only its owner may read the file. Errors are DatabaseTooNew, DatabaseCorrupt,
// DatabaseBusy, DiskFull, PermissionDenied or Unavailable, each with what to do.
func Open(ctx context.Context, o Options) (*DB, error) {
	steps, err := migrations(sqliteEngine)
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, o, steps)
	if err != nil {
		return nil, openFault(o.Path, err)
	}
	return db, nil
}

func open(ctx context.Context, o Options, steps []migration) (*DB, error) {
	if err := ownFile(o.Path); err != nil {
		return nil, err
	}
	db := &DB{now: o.Now}
	if err := db.connect(o.Path, cmp.Or(o.BusyFor, busyFor)); err != nil {
		return nil, err
	}
	if err := db.migrate(ctx, steps, o.Logger); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func (db *DB) connect(path string, wait time.Duration) error {
	var err error
	if db.write, err = sql.Open(sqliteEngine, dsn(path, wait)); err != nil {
		return err
	}
	db.write.SetMaxOpenConns(1)
	if db.read, err = sql.Open(sqliteEngine, dsn(path, wait)+"&_pragma=query_only(1)"); err != nil {
		return errors.Join(err, db.write.Close())
	}
	readers := max(4, runtime.NumCPU())
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
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

var _ history.Store = (*DB)(nil)
