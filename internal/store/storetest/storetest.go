// Package storetest opens fresh stores for the tests of other packages.
package storetest

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"bangui/internal/store"
)

// HostID is a host that every store of this package knows.
const HostID = "host-1"

// Open opens an empty store on a real SQLite file that is closed with the test.
func Open(t testing.TB) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{
		Path: filepath.Join(t.TempDir(), "bangui.db"), Logger: slog.New(slog.DiscardHandler), Now: time.Now,
	})
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
