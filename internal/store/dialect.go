package store

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"regexp"
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
func dsn(path string, wait time.Duration) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	return u.String() + "?mode=rw&_txlock=immediate" +
		"&_pragma=busy_timeout(" + strconv.FormatInt(wait.Milliseconds(), 10) + ")" +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=temp_store(MEMORY)&_pragma=cache_size(-8000)"
}

var placeholder = regexp.MustCompile(`\$(\d+)`)

// rebind turns $n into ?n: drivers for SQLite do not agree on how $n is numbered.
func rebind(query string) string { return placeholder.ReplaceAllString(query, "?$1") }

// tables are the names of all tables.
func (tx *Tx) tables(ctx context.Context) ([]string, error) {
	const most = "1000"
	return collect(ctx, tx.tx, func(r *sql.Rows) (name string, err error) { return name, r.Scan(&name) },
		"SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name LIMIT "+most)
}

// storeFault gives a code to what the engine says, by its number and never by its text.
func storeFault(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	code, extended := 0, 0
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		code, extended = e.Code()&0xff, e.Code()
	}
	switch {
	case code == sqlite3.SQLITE_BUSY, code == sqlite3.SQLITE_LOCKED:
		return fault.Wrap(err, fault.DatabaseBusy, "another program holds the database").
			WithMend("End the other program, or try again in a moment.")
	case code == sqlite3.SQLITE_FULL, extended == sqlite3.SQLITE_IOERR_SHMSIZE, errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fault.Wrap(err, fault.DiskFull, "there is no room left on the disk").
			WithMend("Free some space; BanGUI goes on by itself.")
	case code == sqlite3.SQLITE_CORRUPT, code == sqlite3.SQLITE_NOTADB:
		return fault.Wrap(err, fault.DatabaseCorrupt, "the file is damaged or is no BanGUI database").
			WithMend("Move the file away and restore a copy; do not delete it.")
	case code == sqlite3.SQLITE_READONLY, code == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_PERM, errors.Is(err, fs.ErrPermission):
		return fault.Wrap(err, fault.PermissionDenied, "BanGUI may not write there").
			WithMend("Give the folder to the user that runs BanGUI, or choose another with --data-dir.")
	case code == sqlite3.SQLITE_INTERRUPT, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fault.Wrap(err, fault.Unavailable, "the database did not answer in time").
			WithMend("Try again in a moment.")
	default:
		return fault.Wrap(err, fault.Internal, "the database failed")
	}
}
