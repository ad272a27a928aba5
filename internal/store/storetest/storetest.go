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

// Open opens an empty store on a real SQLite file that is closed with the test.
func Open(t testing.TB) *store.DB {
	t.Helper()
	return opened(t, store.Options{Path: filepath.Join(t.TempDir(), "bangui.db")})
}

// Both runs a test on each engine, as sub-tests "sqlite" and "postgres". open gives an
// empty store on a real database of that engine, which is closed with the test.
func Both(t *testing.T, test func(t *testing.T, open func(testing.TB) *store.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, Open) })
	t.Run("postgres", func(t *testing.T) { test(t, OpenPostgres) })
}

// OpenPostgres opens an empty store on a real PostgreSQL database of its own.
func OpenPostgres(t testing.TB) *store.DB {
	t.Helper()
	return opened(t, store.Options{Postgres: postgrestest.Database(t)})
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
