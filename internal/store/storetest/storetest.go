// Package storetest opens fresh stores for the tests of other packages.
//
// What is about records runs on both engines. Tests of the packages right above the store
// do so one by one (Both, BothShared). Those of whole consoles (api, app, cli, helper, host)
// open one store (Open, Place), and run once for each engine (Rounds). What is about a
// SQLite file itself names one, and runs on it in either round: its lock, its damage, its
// folder, its bytes.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/store"
	"bangui/internal/store/postgrestest"
)

// HostID is a host that every store that is opened here knows.
const HostID = "host-1"

// EngineVariable of the environment names the only engine for Open and Place: "sqlite" or
// "postgres".
const EngineVariable = "STORETEST_ENGINE"

// Engine is one of the engines of the store.
type Engine string

// The engines. Their names are those of the sub-tests.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Chosen is the engine that this round of the tests is for: SQLite, unless the package
// has Rounds or the environment says otherwise.
func Chosen(t testing.TB) Engine {
	t.Helper()
	inRound := now.use(t)
	switch engine := Engine(os.Getenv(EngineVariable)); engine {
	case "":
		return inRound
	case SQLite, Postgres:
		return engine
	default:
		t.Fatalf("%s is %q", EngineVariable, engine)
		return ""
	}
}

// Open opens an empty store on a real database of the chosen engine. It is closed with
// the test.
func Open(t testing.TB) *store.DB {
	t.Helper()
	return opened(t, fresh(t, Chosen(t)))
}

// Place is where a new and empty database of the chosen engine is, for a test that opens
// it itself: in a console, in another process, more than once.
func Place(t testing.TB) store.Options {
	t.Helper()
	return place(t, Chosen(t))
}

// Both runs a test on each engine, as sub-tests "sqlite" and "postgres". Each call of
// open gives an empty store on a real database of its own, which is closed with the test.
func Both(t *testing.T, test func(t *testing.T, open func(testing.TB) *store.DB)) {
	t.Helper()
	for _, engine := range []Engine{SQLite, Postgres} {
		t.Run(string(engine), func(t *testing.T) {
			test(t, func(t testing.TB) *store.DB {
				t.Helper()
				return opened(t, fresh(t, engine))
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
	o := fresh(t, engine)
	return func(t testing.TB) *store.DB {
		t.Helper()
		return opened(t, o)
	}
}

// place is where a new database of an engine is.
func place(t testing.TB, engine Engine) store.Options {
	t.Helper()
	o := quiet()
	if engine == Postgres {
		o.Postgres = postgrestest.Database(t)
	} else {
		o.Path = filepath.Join(t.TempDir(), "bangui.db")
	}
	return o
}

// At is the place that a text names: the address of a PostgreSQL database, or the path of a
// SQLite file.
func At(text string) store.Options {
	o := quiet()
	if strings.HasPrefix(text, "postgres://") {
		o.Postgres = text
	} else {
		o.Path = text
	}
	return o
}

func quiet() store.Options {
	return store.Options{Logger: slog.New(slog.DiscardHandler), Now: time.Now}
}

// fresh is place, but its tables are there.
func fresh(t testing.TB, engine Engine) store.Options {
	t.Helper()
	return Prepared(t, engine, "empty", func(*store.DB) error { return nil })
}

// Prepared is a place for a copy of what prepare left in an empty store of an engine. That
// is done once for a test process and a name, in lower case; copying takes no time.
func Prepared(t testing.TB, engine Engine, name string, prepare func(*store.DB) error) store.Options {
	t.Helper()
	o := quiet()
	var err error
	if engine == Postgres {
		o.Postgres, err = postgrestest.Copy(t, "storetest_"+name, func(address string) error {
			made := quiet()
			made.Postgres = address
			return begin(made, prepare)
		})
	} else {
		o.Path = filepath.Join(t.TempDir(), "bangui.db")
		err = files.copy(o.Path, name, prepare)
	}
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// begin makes the tables of an empty database, and what prepare puts into them.
func begin(o store.Options, prepare func(*store.DB) error) error {
	const patience = 5 * time.Minute
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	db, err := store.Open(ctx, o)
	if err != nil {
		return fmt.Errorf("a store to copy: %w", err)
	}
	err = db.EnsureHost(ctx, HostID, "test")
	if err == nil {
		err = prepare(db)
	}
	return errors.Join(err, db.Close())
}

// templates are the SQLite files to copy, by name.
type templates struct {
	mu   sync.Mutex
	made map[string][]byte
}

var files = templates{made: map[string][]byte{}} //nolint:gochecknoglobals // each is made once for a test process

func (f *templates) copy(to, name string, prepare func(*store.DB) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	content, ok := f.made[name]
	if !ok {
		o := quiet()
		o.Path = to
		if err := begin(o, prepare); err != nil {
			return err
		}
		content, err := os.ReadFile(to)
		f.made[name] = content
		return err
	}
	return os.WriteFile(to, content, 0o600)
}

func opened(t testing.TB, o store.Options) *store.DB {
	t.Helper()
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
