package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"bangui/internal/fault"

	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqliteEngine names the engine: its driver, and its folder of migrations.
const sqliteEngine = "sqlite"

// busyFor is how long a statement waits for another program that writes.
const busyFor = 5 * time.Second

// dsn is the address of a SQLite file with the settings of every connection. The busy
// time-out comes first, since the other pragmas may have to wait already. Commits are
// durable when they return (synchronous=FULL). The file is there: whoever removes it
// while we run gets an error, not an empty database.
func dsn(path string, wait time.Duration, files string) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	return u.String() + "?mode=rw" +
		"&_pragma=busy_timeout(" + strconv.FormatInt(wait.Milliseconds(), 10) + ")" + files +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=temp_store(MEMORY)"
}

// What a connection keeps of the file in memory. The one that writes changes pages all over
// the file, and what has no room it writes twice; each of those that read needs less.
const (
	writerPages = "&_pragma=cache_size(-16000)"
	readerPages = "&_pragma=cache_size(-4000)"
)

// How a database is shared, as settings of each connection.
const (
	// sharedFiles: several processes, one of which writes at a time.
	sharedFiles = "&_txlock=immediate&_pragma=journal_mode(WAL)"
	// oneConnection: the first transaction locks the file for as long as its connection
	// lasts. The locking mode comes first: with it a database that was written elsewhere
	// with a WAL can be opened without shared memory, and is then converted.
	oneConnection = "&_txlock=exclusive&_pragma=locking_mode(EXCLUSIVE)&_pragma=journal_mode(TRUNCATE)"
)

// openSQLite prepares connections to the file, which is made when it isn't there. On a
// file system of a network everything shares one connection, which keeps all others out.
func (db *DB) openSQLite(o Options) error {
	if err := ownFile(o.Path); err != nil {
		return err
	}
	kind := remoteKind
	if o.remoteKind != nil {
		kind = o.remoteKind
	}
	wait := cmp.Or(o.BusyFor, busyFor)
	if db.remote = kind(o.Path); db.remote != "" {
		return db.connectOne(sqliteDialect(), dsn(o.Path, wait, oneConnection)+writerPages)
	}
	address := dsn(o.Path, wait, sharedFiles)
	return db.connect(sqliteDialect(), func(p purpose) (*sql.DB, error) {
		switch p {
		case reading:
			return sql.Open(sqliteEngine, address+readerPages+"&_pragma=query_only(1)")
		case writing:
			return sql.Open(sqliteEngine, address+writerPages)
		case beating:
		}
		return sql.Open(sqliteEngine, address)
	})
}

// connectOne gives all pools one connection. It lasts until Close: with it the lock on
// the file would go.
func (db *DB) connectOne(d *dialect, address string) error {
	opened, err := sql.Open(sqliteEngine, address)
	if err != nil {
		return err
	}
	opened.SetMaxOpenConns(1)
	opened.SetMaxIdleConns(1)
	one := &pool{opened, d}
	db.dialect, db.write, db.read, db.beat = d, one, one, one
	return nil
}

// Remote names the kind of file system, such as NFS or FUSE, when the database is a file
// on one of a network's or of FUSE; "" when it isn't. One process may have such a file,
// and keeps all others out until it closes the store; what it reads and writes takes
// turns on one connection.
func (db *DB) Remote() string { return db.remote }

// aloneFault says to a second process why it may not have a file that another one has
// to itself.
func (db *DB) aloneFault(err error) error {
	if db.remote == "" || !fault.Is(storeFault(err), fault.DatabaseBusy) {
		return err
	}
	return fault.Wrap(err, fault.DatabaseBusy, "another process has it, and on a file system of this kind (%s) only one may", db.remote).
		WithMend("End the other one, give this one a folder of its own with --data-dir, or use PostgreSQL, which several consoles may share.")
}

// readers is how many connections read at once.
func readers() int { return max(4, runtime.NumCPU()) }

func sqliteFault(err error) *fault.Error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return nil
	}
	switch code, extended := e.Code()&0xff, e.Code(); {
	case code == sqlite3.SQLITE_BUSY, code == sqlite3.SQLITE_LOCKED:
		return busyFault(err)
	case code == sqlite3.SQLITE_FULL, extended == sqlite3.SQLITE_IOERR_SHMSIZE:
		return fullFault(err)
	case code == sqlite3.SQLITE_CORRUPT, code == sqlite3.SQLITE_NOTADB:
		return fault.Wrap(err, fault.DatabaseCorrupt, "the file is damaged or is no BanGUI database").
			WithMend("Move the file away and restore a copy; do not delete it.")
	case code == sqlite3.SQLITE_READONLY, code == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_PERM:
		return folderFault(err)
	case code == sqlite3.SQLITE_INTERRUPT:
		return lateFault(err)
	default:
		return nil
	}
}

// systemFault is for what the operating system and the end of a context say.
func systemFault(err error) *fault.Error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fullFault(err)
	case errors.Is(err, fs.ErrPermission):
		return folderFault(err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return lateFault(err)
	default:
		return nil
	}
}

func folderFault(err error) *fault.Error {
	return fault.Wrap(err, fault.PermissionDenied, "BanGUI may not write there").
		WithMend("Give the folder to the user that runs BanGUI, or choose another with --data-dir.")
}
