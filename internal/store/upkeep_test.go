package store_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/store"
	"bangui/internal/store/storetest"
)

func TestUpkeep(t *testing.T) {
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) {
		db := open(t)
		if err := db.Optimise(t.Context()); err != nil {
			t.Error(err)
		}
		if err := db.Examine(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestExamine_FindsDamage(t *testing.T) {
	o := store.Options{Path: filepath.Join(t.TempDir(), "bangui.db"), Logger: slog.New(slog.DiscardHandler), Now: time.Now}
	db, err := store.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Optimise(t.Context()); err != nil { // all of it is in the file then
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	spoil(t, o.Path)
	if db, err = store.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Examine(t.Context()); !fault.Is(err, fault.DatabaseCorrupt) || fault.MendOf(err) == "" {
		t.Errorf("a damaged file: %v", err)
	}
}

// spoil overwrites the page of an index with others' bytes: nothing reads it at the start.
func spoil(t *testing.T, path string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for at := len(content) - page; at > 0; at -= page {
		if content[at] == 0x0a && bytes.Count(content[at:at+page], []byte{0}) > page-16 { // an empty leaf of an index
			for i := range page {
				content[at+i] = 0x5a
			}
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatal("no index found")
}
