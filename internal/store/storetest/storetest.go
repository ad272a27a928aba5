// Package storetest opens fresh stores for the tests of other packages.
package storetest

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"bangui/internal/store"
	"bangui/internal/store/postgrestest"
)

// HostID is a host that every store of this package knows.
const HostID = "host-1"

// Engine is one of the engines of the store.
type Engine string

// The engines. Their names are those of the sub-tests.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Open opens an empty store on a real SQLite file that is closed with the test.
func Open(t testing.TB) *store.DB {
	t.Helper()
	return opened(t, place(t, SQLite))
}

// Both runs a test on each engine, as sub-tests "sqlite" and "postgres". Each call of
// open gives an empty store on a real database of its own, which is closed with the test.
func Both(t *testing.T, test func(t *testing.T, open func(testing.TB) *store.DB)) {
	t.Helper()
	for _, engine := range []Engine{SQLite, Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			test(t, func(t testing.TB) *store.DB {
				t.Helper()
				return opened(t, place(t, engine))
			})
		})
	}
}

// BothShared is Both, but all calls of open give stores on one database, as several
// consoles have it.
func BothShared(t *testing.T, test func(t *testing.T, open func(testing.TB) *store.DB)) {
	t.Helper()
	for _, engine := range []Engine{SQLite, Postgres} {
		t.Run(string(engine), func(t *testing.T) { test(t, Shared(t, engine)) })
	}
}

// Shared makes a database; each call of what it gives opens another store on it.
func Shared(t testing.TB, engine Engine) func(testing.TB) *store.DB {
	t.Helper()
	o := place(t, engine)
	return func(t testing.TB) *store.DB {
		t.Helper()
		return opened(t, o)
	}
}

// place is where a new database of an engine is.
func place(t testing.TB, engine Engine) store.Options {
	t.Helper()
	if engine == Postgres {
		return store.Options{Postgres: postgrestest.Database(t)}
	}
	return store.Options{Path: filepath.Join(t.TempDir(), "bangui.db")}
}

func opened(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	o.Logger, o.Now = slog.New(slog.DiscardHandler), time.Now
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.EnsureHost(t.Context(), HostID, "test"); err != nil {
		t.Fatal(err)
	}
	return db
}
