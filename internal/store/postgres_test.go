package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/store/postgrestest"

	"github.com/jackc/pgx/v5/pgconn"
)

// changed is an address with something of it replaced.
func changed(t *testing.T, address string, change func(*url.URL)) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	change(u)
	return u.String()
}

func insertHost(t *testing.T, tx *Tx, id string) error {
	t.Helper()
	return tx.exec(t.Context(), "INSERT INTO host (id, name, created_at) VALUES ($1, $1, 0)", id)
}

func expectHosts(t *testing.T, db *DB, want ...string) {
	t.Helper()
	hosts, err := db.ListHosts(t.Context())
	var got []string
	for _, h := range hosts {
		got = append(got, h.ID)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || err != nil {
		t.Errorf("hosts %v, %v, want %v", got, err, want)
	}
}

func TestPostgres_Settings(t *testing.T) {
	db := opened(t, postgrestest.Database(t))
	for _, p := range []*pool{db.read, db.write} {
		for setting, want := range map[string]string{
			"statement_timeout": "30s", "lock_timeout": "5s", "idle_in_transaction_session_timeout": "15s",
			"client_connection_check_interval": "5s", "synchronous_commit": "on", "application_name": "bangui",
		} {
			got, err := first(collect(t.Context(), p, scanOne[string], "SELECT current_setting($1)", setting))
			if err != nil || got != want {
				t.Errorf("%s = %q, %v, want %s", setting, got, err, want)
			}
		}
	}
	if _, err := db.read.ExecContext(t.Context(), "DELETE FROM host"); err == nil {
		t.Error("a reader can write")
	}
}

// A database that was told to forget commits is told otherwise.
func TestPostgres_CommitsAreDurable(t *testing.T) {
	address := postgrestest.Database(t)
	name := strings.TrimPrefix(changed(t, address, func(u *url.URL) { u.Scheme, u.Host, u.User = "", "", nil }), "/")
	if _, err := raw(t, address).ExecContext(t.Context(), "ALTER DATABASE "+name+" SET synchronous_commit = off"); err != nil {
		t.Fatal(err)
	}
	db := opened(t, address)
	if got, err := first(collect(t.Context(), db.write, scanOne[string], "SHOW synchronous_commit")); err != nil || got != "on" {
		t.Errorf("synchronous_commit = %s, %v", got, err)
	}
}

// What is wrong is said with what to do, and never with the password.
func TestPostgres_OpenRefuses(t *testing.T) {
	address := postgrestest.Database(t)
	const secret = "the-wrong-one"
	owner := raw(t, address)
	for _, statement := range []string{
		"CREATE ROLE guest LOGIN PASSWORD '" + secret + "'",
		"CREATE DATABASE ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
	} {
		if _, err := owner.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		for _, statement := range []string{"DROP DATABASE ascii WITH (FORCE)", "DROP ROLE guest"} {
			if _, err := raw(t, address).Exec(statement); err != nil {
				t.Error(err)
			}
		}
	})
	for name, c := range map[string]struct {
		change func(*url.URL)
		want   fault.Code
	}{
		"WrongPassword": {func(u *url.URL) { u.User = url.UserPassword("bangui", secret) }, fault.PermissionDenied},
		"NoSuchRole":    {func(u *url.URL) { u.User = url.UserPassword("nobody", secret) }, fault.PermissionDenied},
		"MayNotCreate":  {func(u *url.URL) { u.User = url.UserPassword("guest", secret) }, fault.PermissionDenied},
		"NoSuchBase":    {func(u *url.URL) { u.Path = "/nowhere" }, fault.Unavailable},
		"NobodyListens": {func(u *url.URL) { u.Host = "127.0.0.1:1" }, fault.Unavailable},
		"NoSuchHost":    {func(u *url.URL) { u.Host = "nosuch.invalid:5432" }, fault.Unavailable},
		"NoUTF8":        {func(u *url.URL) { u.Path = "/ascii" }, fault.Unavailable},
		"BadMode":       {func(u *url.URL) { u.RawQuery = "sslmode=perhaps" }, fault.Invalid},
		"NoTLSThere":    {func(u *url.URL) { u.RawQuery = "sslmode=require" }, fault.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			db, err := Open(t.Context(), options(changed(t, address, c.change)))
			expectFault(t, err, c.want)
			if db != nil {
				t.Error("a store came with the error")
			}
			text := fmt.Sprint(err, fault.MessageOf(err), fault.MendOf(err))
			if strings.Contains(text, secret) || strings.Contains(text, "cret") || !strings.Contains(text, "postgres://") {
				t.Errorf("it says %s", text)
			}
			if took := time.Since(began); took > 30*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestPostgres_PasswordFile(t *testing.T) {
	address := postgrestest.Database(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	file := filepath.Join(t.TempDir(), "password")
	o := options(changed(t, address, func(u *url.URL) { u.User = url.User("bangui") }))
	o.PasswordFile = file
	_, err = Open(t.Context(), o)
	expectFault(t, err, fault.PermissionDenied)
	if !strings.Contains(fault.MessageOf(err), file) {
		t.Errorf("it does not say which file: %v", err)
	}
	if err := os.WriteFile(file, []byte(password+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// terminate ends the session of a transaction from outside, as a restart of the server
// does.
func terminate(t *testing.T, tx *Tx, other *sql.DB) error {
	t.Helper()
	var pid int
	if err := tx.get(t.Context(), []any{&pid}, "SELECT pg_backend_pid()"); err != nil {
		return err
	}
	_, err := other.ExecContext(t.Context(), "SELECT pg_terminate_backend($1, 5000)", pid)
	return err
}

// What ends a transaction before its commit lets it begin again, a bounded number of
// times; what it did in between is not kept.
func TestPostgres_TxBeginsAgain(t *testing.T) {
	address := postgrestest.Database(t)
	db, other := opened(t, address), raw(t, address)
	for name, disturb := range map[string]func(*Tx) error{
		"SessionEnds": func(tx *Tx) error { return terminate(t, tx, other) },
		"Deadlock": func(tx *Tx) error {
			return tx.exec(t.Context(), "DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''40P01''; END'")
		},
		"Conflict": func(tx *Tx) error {
			return tx.exec(t.Context(), "DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''40001''; END'")
		},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			err := db.Tx(t.Context(), func(tx *Tx) error {
				calls++
				if err := insertHost(t, tx, fmt.Sprintf("%s-%d", name, calls)); err != nil || calls > 1 {
					return err
				}
				return errors.Join(disturb(tx), insertHost(t, tx, "after"))
			})
			if err != nil || calls != 2 {
				t.Errorf("after %d calls: %v", calls, err)
			}
			expectHosts(t, db, name+"-2")
			if _, err := other.ExecContext(t.Context(), "DELETE FROM host"); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("NotForEver", func(t *testing.T) {
		calls := 0
		err := db.Tx(t.Context(), func(tx *Tx) error {
			calls++
			return tx.exec(t.Context(), "DO 'BEGIN RAISE EXCEPTION USING ERRCODE = ''40001''; END'")
		})
		const most = 4
		if calls != most {
			t.Errorf("%d calls", calls)
		}
		expectFault(t, err, fault.DatabaseBusy)
	})
	t.Run("OtherErrorsAtOnce", func(t *testing.T) {
		calls := 0
		err := db.Tx(t.Context(), func(tx *Tx) error {
			calls++
			return errors.Join(insertHost(t, tx, "twice"), insertHost(t, tx, "twice"))
		})
		if err == nil || calls != 1 {
			t.Errorf("%d calls, %v", calls, err)
		}
	})
}

// A commit whose answer is lost may have been kept: nothing is done again.
func TestPostgres_ACommitIsNeverRepeated(t *testing.T) {
	address := postgrestest.Database(t)
	db := opened(t, address)
	_, err := raw(t, address).ExecContext(t.Context(), `
		CREATE FUNCTION leave() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END';
		CREATE CONSTRAINT TRIGGER leaves AFTER INSERT ON host DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION leave()`)
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	err = db.Tx(t.Context(), func(tx *Tx) error {
		calls++
		return insertHost(t, tx, "h")
	})
	expectFault(t, err, fault.Unavailable)
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}

// A server that restarts is a pause, not an end.
func TestPostgres_TheServerRestarts(t *testing.T) {
	server := postgrestest.Start(t, postgrestest.Options{Durable: true})
	db := opened(t, server.Database(t))
	for round := range 2 {
		if err := db.EnsureHost(t.Context(), fmt.Sprint(round), "h"); err != nil {
			t.Fatal(err)
		}
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		expectFault(t, db.EnsureHost(t.Context(), "no", "no"), fault.Unavailable)
		expectFault(t, db.Check(t.Context()), fault.Unavailable)
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("to say that it is away took %s", took)
		}
		if err := server.Run(); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ListHosts(t.Context()); err != nil {
			t.Errorf("after the restart: %v", err)
		}
	}
	expectHosts(t, db, "0", "1")
}

// Two consoles take turns: what one reads stays true until it has committed.
func TestPostgres_ConsolesTakeTurns(t *testing.T) {
	address := postgrestest.Database(t)
	one, two := opened(t, address), opened(t, address)
	const each = 40
	count := func(db *DB, done chan<- error) {
		for range each {
			err := db.Tx(t.Context(), func(tx *Tx) error {
				var n int
				if err := tx.get(t.Context(), []any{&n}, "SELECT count(*) FROM host"); err != nil {
					return err
				}
				return insertHost(t, tx, fmt.Sprintf("%03d", n)) // two that count the same would clash
			})
			if err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}
	done := make(chan error, 2)
	go count(one, done)
	go count(two, done)
	if err := errors.Join(<-done, <-done); err != nil {
		t.Error(err)
	}
	if hosts, err := one.ListHosts(t.Context()); err != nil || len(hosts) != 2*each {
		t.Errorf("%d hosts, %v", len(hosts), err)
	}
}

// Who waits too long for his turn is told so, and the readers never wait.
func TestPostgres_BusyByAnotherConsole(t *testing.T) {
	address := postgrestest.Database(t)
	one := opened(t, address)
	impatient := options(address)
	impatient.BusyFor = 100 * time.Millisecond
	two, err := Open(t.Context(), impatient)
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	err = one.Tx(t.Context(), func(tx *Tx) error {
		expectFault(t, two.EnsureHost(t.Context(), "h", "h"), fault.DatabaseBusy)
		expectHosts(t, two)
		return insertHost(t, tx, "first")
	})
	if err != nil {
		t.Fatal(err)
	}
	expectHosts(t, two, "first")
}

func TestPostgresFault(t *testing.T) {
	for state, want := range map[string]fault.Code{
		"53100": fault.DiskFull, "53300": fault.Unavailable, "55P03": fault.DatabaseBusy, "40P01": fault.DatabaseBusy,
		"57014": fault.Unavailable, "57P01": fault.Unavailable, "57P03": fault.Unavailable, "08006": fault.Unavailable,
		"42501": fault.PermissionDenied, "25006": fault.PermissionDenied, "28P01": fault.PermissionDenied,
		"XX001": fault.DatabaseCorrupt, "23505": fault.Internal, "42601": fault.Internal,
	} {
		err := storeFault(fmt.Errorf("insert: %w", &pgconn.PgError{Code: state}))
		if got := fault.CodeOf(err); got != want || want != fault.Internal && fault.MendOf(err) == "" {
			t.Errorf("%s: %s, want %s", state, got, want)
		}
	}
}
