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
	"log/slog"
	"time"

	"bangui/internal/history"

	"github.com/jackc/pgx/v5"
)

// Options say which database to open.
type Options struct {
	Path     string // of the SQLite file; its folder is made when it isn't there
	Postgres string // address of a PostgreSQL database, postgres://…; "" = SQLite
	// PasswordFile holds the password for Postgres on its first line; "" = it stands in
	// the address, or in PGPASSFILE.
	PasswordFile string
	Logger       *slog.Logger
	Now          func() time.Time
	// BusyFor is how long to wait for others that write; 0 = 5 s.
	BusyFor time.Duration
	// remoteKind is another remoteKind, for tests where no such file system can be had.
	remoteKind func(path string) string
}

// shown names the database for people.
func (o Options) shown() string {
	if o.Postgres != "" {
		return shownAddress(o.Postgres)
	}
	return o.Path
}

// DB is an open store. It is safe for concurrent use.
type DB struct {
	dialect *dialect
	write   *pool // one connection: writers wait for each other here, not in the engine
	read    *pool
	beat    *pool  // one connection for leases: a heartbeat waits for no other writer of ours
	fence   *fence // nil = whoever writes may; see Fenced
	remote  string // kind of file system; see Remote
	now     func() time.Time
	session func(context.Context) (*pgx.Conn, error) // beside the pools, on PostgreSQL

	patience patience
}

// Open opens the database, makes it when it isn't there, and brings its schema up to
// date. Only its owner may read a file that it makes; a PostgreSQL database must be
// there. Errors are DatabaseTooNew, DatabaseCorrupt, DatabaseBusy, DiskFull,
// PermissionDenied, Invalid or Unavailable, each with what to do, and without passwords.
func Open(ctx context.Context, o Options) (*DB, error) {
	engine := sqliteEngine
	if o.Postgres != "" {
		engine = postgresEngine
	}
	steps, err := migrations(engine)
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, o, steps)
	if err != nil {
		return nil, openFault(o, err)
	}
	if _, _, err := db.KeepPartitions(ctx); err != nil {
		return nil, openFault(o, errors.Join(err, db.Close()))
	}
	return db, nil
}

func open(ctx context.Context, o Options, steps []migration) (*DB, error) {
	db := &DB{now: o.Now, patience: usual(o)}
	connect := db.openSQLite
	if o.Postgres != "" {
		connect = func(o Options) error { return db.openPostgres(ctx, o) }
	}
	err := connect(o)
	if err == nil {
		err = db.migrate(ctx, steps, o.Logger)
	}
	if err != nil {
		return nil, errors.Join(db.aloneFault(err), db.Close())
	}
	return db, nil
}

// purpose is what connections are for.
type purpose int

const (
	writing purpose = iota
	reading
	beating
)

// connect prepares the pools; connections are made when they are needed.
func (db *DB) connect(d *dialect, open func(purpose) (*sql.DB, error)) error {
	db.dialect = d
	for _, p := range []struct {
		purpose purpose
		pool    **pool
		most    int
	}{{writing, &db.write, 1}, {reading, &db.read, readers()}, {beating, &db.beat, 1}} {
		opened, err := open(p.purpose)
		if err != nil {
			return err
		}
		opened.SetMaxOpenConns(p.most)
		opened.SetMaxIdleConns(p.most)
		*p.pool = &pool{opened, d}
	}
	return nil
}

// Close ends all connections; what was committed stays.
func (db *DB) Close() error {
	var all error
	for _, pool := range []*pool{db.read, db.write, db.beat} {
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

// readTime bounds a query of the readers.
const readTime = 30 * time.Second

// queryer is the reader pool or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// collect reads all rows of a query that is bounded by its LIMIT. Outside a transaction
// a query is asked again when its connection ended.
func collect[T any](ctx context.Context, from queryer, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	var all []T
	ask := func() (err error) {
		all, err = rowsOf(ctx, from, scan, query, args)
		return err
	}
	if _, inTx := from.(*statements); inTx {
		return all, storeFault(ask())
	}
	err := again(ctx, ask)
	return all, storeFault(err)
}

func rowsOf[T any](ctx context.Context, from queryer, scan func(*sql.Rows) (T, error), query string, args []any) ([]T, error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	return all, nil
}

// scanOne reads a row of one column.
func scanOne[T any](r *sql.Rows) (v T, err error) { return v, r.Scan(&v) }

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
