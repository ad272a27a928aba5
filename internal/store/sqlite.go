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
func dsn(path string, wait time.Duration) string {
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath()}
	return u.String() + "?mode=rw&_txlock=immediate" +
		"&_pragma=busy_timeout(" + strconv.FormatInt(wait.Milliseconds(), 10) + ")" +
		"&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)" +
		"&_pragma=temp_store(MEMORY)&_pragma=cache_size(-8000)"
}

// openSQLite prepares connections to the file, which is made when it isn't there.
func (db *DB) openSQLite(o Options) error {
	if err := ownFile(o.Path); err != nil {
		return err
	}
	address := dsn(o.Path, cmp.Or(o.BusyFor, busyFor))
	return db.connect(sqliteDialect(), func(p purpose) (*sql.DB, error) {
		if p == reading {
			return sql.Open(sqliteEngine, address+"&_pragma=query_only(1)")
		}
		return sql.Open(sqliteEngine, address)
	})
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
