package store

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/history"
	"bangui/internal/store/postgrestest"

	"go.uber.org/goleak"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// A test that needs another process starts this binary again, with a word for what the
// other one does and the path of the database.
const childMark = "as-child"

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == childMark {
		os.Exit(child(os.Args[2], os.Args[3]))
	}
	goleak.VerifyTestMain(m)
}

func child(what, path string) int {
	ctx := context.Background()
	switch what {
	case "open":
		return report(openAndEnsure(ctx, options(path)))
	case "open-remote":
		return report(openAndEnsure(ctx, remoteOptions(path)))
	case "write-remote":
		return report(writeRemote(ctx, path))
	case "open-as-nobody":
		const nobody = 65534
		if os.Geteuid() == 0 {
			if err := errors.Join(syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
				return report(err)
			}
		}
		return report(openAndEnsure(ctx, options(path)))
	case "hold":
		return keepWriting(ctx, path)
	case "record":
		return report(recordForEver(ctx, path))
	case "migrate-slowly":
		fmt.Fprintln(os.Stdout, "begun")
		_, err := open(ctx, options(path), []migration{newMigration(1, "0001_slow.sql", slowStep)})
		return report(err)
	}
	return report(fmt.Errorf("what is %s?", what))
}

// report prints code, message and mend of an error on one line, or ok.
func report(err error) int {
	if err == nil {
		fmt.Fprintln(os.Stdout, "ok")
		return 0
	}
	fmt.Fprintf(os.Stdout, "%s|%s|%s\n", fault.CodeOf(err), fault.MessageOf(err), fault.MendOf(err))
	return 0
}

func openAndEnsure(ctx context.Context, o Options) error {
	db, err := Open(ctx, o)
	if err != nil {
		return err
	}
	return errors.Join(db.EnsureHost(ctx, fmt.Sprintf("host-%d", os.Getpid()), "test"), db.Close())
}

// keepWriting keeps the writer's lock until it is told to end.
func keepWriting(ctx context.Context, path string) int {
	db, err := Open(ctx, options(path))
	if err != nil {
		return report(err)
	}
	defer db.Close()
	return report(db.Tx(ctx, func(*Tx) error {
		fmt.Fprintln(os.Stdout, "holding")
		_, err := bufio.NewReader(os.Stdin).ReadString('\n')
		return err
	}))
}

// options are for a file, or for a database with the address of one.
func options(where string) Options {
	o := Options{Path: where, Logger: slog.New(slog.DiscardHandler), Now: func() time.Time { return noon }}
	if strings.HasPrefix(where, "postgres:") {
		o.Path, o.Postgres = "", where
	}
	return o
}

// onBoth runs a test on each engine. fresh gives the place of a new, empty database.
func onBoth(t *testing.T, test func(t *testing.T, fresh func() string)) {
	t.Helper()
	t.Run(sqliteEngine, func(t *testing.T) { test(t, func() string { return freshPath(t) }) })
	t.Run(postgresEngine, func(t *testing.T) { test(t, func() string { return postgrestest.Database(t) }) })
}

// command prepares a child; the test waits for it.
func command(t *testing.T, what, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], childMark, what, path)
	cmd.Stderr = os.Stderr
	return cmd
}

// inChild runs a child to its end and gives what it printed last.
func inChild(t *testing.T, what, path string) string {
	t.Helper()
	out, err := command(t, what, path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func freshPath(t testing.TB) string { return filepath.Join(t.TempDir(), "data", "bangui.db") }

func opened(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(t.Context(), options(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// expectFault checks that an error has a code and says what to do.
func expectFault(t *testing.T, err error, code fault.Code) {
	t.Helper()
	if !fault.Is(err, code) || fault.MendOf(err) == "" {
		t.Errorf("error %v has code %q and mend %q, want code %q", err, fault.CodeOf(err), fault.MendOf(err), code)
	}
}

func TestOpen_OnlyTheOwnerMayRead(t *testing.T) {
	path := freshPath(t)
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	db := opened(t, path)
	if err := db.EnsureHost(t.Context(), "h", "h"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", filepath.Base(name), info.Mode().Perm(), err, want)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	opened(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("a file that others may read stays so: %v, %v", info.Mode(), err)
	}
}

func TestOpen_OddPaths(t *testing.T) {
	for _, name := range []string{"a b.db", "what?mode=memory.db", "100%41#x.db", "ü&_pragma=x.db"} {
		path := filepath.Join(t.TempDir(), name)
		db := opened(t, path)
		if err := db.EnsureHost(t.Context(), "h", "h"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 && !exists(path+"-wal") {
			t.Errorf("%s: is not where it should be: %v", name, err)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestOpen_Settings(t *testing.T) {
	db := opened(t, freshPath(t))
	for _, pool := range []*pool{db.read, db.write} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
			var got string
			if err := pool.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s = %q, %v, want %s", pragma, got, err, want)
			}
		}
	}
	if _, err := db.read.ExecContext(t.Context(), "DELETE FROM host"); err == nil {
		t.Error("a reader can write")
	}
}

func TestOpen_PermissionDenied(t *testing.T) {
	for name, prepare := range map[string]func(folder, path string) error{
		"ReadOnlyFolder": func(folder, _ string) error { return os.Chmod(folder, 0o555) },
		"ReadOnlyFile": func(_, path string) error {
			return errors.Join(openAndEnsure(context.Background(), options(path)), os.Chmod(path, 0o400))
		},
	} {
		t.Run(name, func(t *testing.T) {
			// Not t.TempDir: a user without rights must get as far as the folder.
			folder, err := os.MkdirTemp("", "bangui-store")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(folder, "bangui.db")
			t.Cleanup(func() { _ = errors.Join(os.Chmod(folder, 0o700), os.RemoveAll(folder)) })
			if err := errors.Join(os.Chmod(folder, 0o755), prepare(folder, path)); err != nil {
				t.Fatal(err)
			}
			got := inChild(t, "open-as-nobody", path)
			if code, rest, _ := strings.Cut(got, "|"); code != string(fault.PermissionDenied) || !strings.Contains(rest, path) || strings.HasSuffix(rest, "|") {
				t.Errorf("opened with %q", got)
			}
		})
	}
}

func TestOpen_Corrupt(t *testing.T) {
	t.Run("Garbage", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "bangui.db")
		garbage := bytes.Repeat([]byte("this is no database\n"), 1000)
		if err := os.WriteFile(path, garbage, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), options(path))
		expectFault(t, err, fault.DatabaseCorrupt)
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, garbage) {
			t.Errorf("the file was changed: %v", err)
		}
	})
	t.Run("DamagedPages", func(t *testing.T) {
		path := freshPath(t)
		db := opened(t, path)
		if err := errors.Join(db.EnsureHost(t.Context(), "h", "h"), db.Close()); err != nil {
			t.Fatal(err)
		}
		const page = 4096
		content, err := os.ReadFile(path)
		if err != nil || len(content) < 4*page {
			t.Fatal(len(content), err)
		}
		copy(content[page:], bytes.Repeat([]byte{0xa5}, len(content)-page))
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err = Open(t.Context(), options(path))
		expectFault(t, err, fault.DatabaseCorrupt)
	})
}

func TestOpen_NoPlaceForADatabase(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"AFolder": folder, "BelowAFile": filepath.Join(file, "bangui.db")} {
		db, err := Open(t.Context(), options(path))
		if db != nil {
			t.Errorf("%s: a store came with the error", name)
		}
		expectFault(t, err, fault.Unavailable)
	}
}

func TestDB_BusyByAnotherProcess(t *testing.T) {
	path := freshPath(t)
	db := opened(t, path)
	holder := command(t, "hold", path)
	in, err := holder.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "holding" {
		t.Fatalf("the holder says %q", lines.Text())
	}
	impatient := options(path)
	impatient.BusyFor = 100 * time.Millisecond
	_, err = Open(t.Context(), impatient)
	expectFault(t, err, fault.DatabaseBusy)
	if _, err := db.ListHosts(t.Context()); err != nil {
		t.Errorf("readers wait for the writer: %v", err)
	}

	// Who is patient gets his turn.
	done := make(chan error, 1)
	go func() { done <- db.EnsureHost(t.Context(), "h", "h") }()
	if _, err := in.Write([]byte("\n")); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("after the other one ended: %v", err)
	}
	for lines.Scan() {
		if lines.Text() != "ok" {
			t.Errorf("the holder ended with %s", lines.Text())
		}
	}
	if err := holder.Wait(); err != nil {
		t.Error(err)
	}
}

// A full disk refuses what is new, keeps what was, and heals by itself.
func TestDB_DiskFull(t *testing.T) {
	db := opened(t, freshPath(t))
	ctx := t.Context()
	limit := func(pages string) {
		if _, err := db.write.ExecContext(ctx, "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
	}
	limit("30")
	var err error
	stored := 0
	for err == nil && stored < 10_000 {
		if err = db.EnsureHost(ctx, fmt.Sprintf("host-%d", stored), strings.Repeat("x", 1000)); err == nil {
			stored++
		}
	}
	expectFault(t, err, fault.DiskFull)
	hosts, err := db.ListHosts(ctx)
	if err != nil || len(hosts) != stored || stored == 0 {
		t.Errorf("%d hosts are kept of %d, %v", len(hosts), stored, err)
	}
	limit("1000000")
	if err := db.EnsureHost(ctx, "last", "last"); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestDB_Tx(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		ctx := t.Context()
		insert := func(tx *Tx, id string) error {
			return tx.exec(ctx, "INSERT INTO host (id, name, created_at) VALUES ($1, $2, $3)", id, id, 0)
		}
		t.Run("ErrorKeepsNothing", func(t *testing.T) {
			mine := errors.New("mine")
			if err := db.Tx(ctx, func(tx *Tx) error { return errors.Join(insert(tx, "a"), mine) }); !errors.Is(err, mine) {
				t.Errorf("%v", err)
			}
		})
		t.Run("PanicKeepsNothingAndFreesTheWriter", func(t *testing.T) {
			func() {
				defer func() {
					if recover() == nil {
						t.Error("the panic was swallowed")
					}
				}()
				_ = db.Tx(ctx, func(tx *Tx) error { panic(insert(tx, "b")) })
			}()
		})
		t.Run("CancelledKeepsNothing", func(t *testing.T) {
			cancelled, cancel := context.WithCancel(ctx)
			err := db.Tx(cancelled, func(tx *Tx) error {
				cancel()
				return insert(tx, "c")
			})
			expectFault(t, err, fault.Unavailable)
		})
		t.Run("ALongQueryEndsWithItsDeadline", func(t *testing.T) {
			short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			const forever = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i < 0"
			err := db.Tx(short, func(tx *Tx) error {
				var n int
				return tx.get(short, []any{&n}, forever)
			})
			expectFault(t, err, fault.Unavailable)
			short, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
			defer cancel()
			_, err = collect(short, db.read, func(r *sql.Rows) (n int, err error) { return n, r.Scan(&n) }, forever)
			expectFault(t, err, fault.Unavailable)
		})
		if err := db.EnsureHost(ctx, "d", "d"); err != nil {
			t.Fatal(err)
		}
		hosts, err := db.ListHosts(ctx)
		if err != nil || len(hosts) != 1 || hosts[0].ID != "d" {
			t.Errorf("%v, %v", hosts, err)
		}
	})
}

// Writers take turns without an error, and a reader sees whole transactions only.
func TestDB_ManyAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := withHost(t, fresh())
		ctx := t.Context()
		const writers, each = 8, 25
		var all sync.WaitGroup
		for w := range writers {
			all.Go(func() {
				for i := range each {
					err := db.Tx(ctx, func(tx *Tx) error {
						for _, half := range []string{"left", "right"} {
							if err := tx.SetMark(ctx, history.Mark{HostID: "h", Source: fmt.Sprintf("%s-%d-%d", half, w, i), Value: "x"}); err != nil {
								return err
							}
						}
						return nil
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
			all.Go(func() {
				for range each {
					n, err := collect(ctx, db.read, func(r *sql.Rows) (n int, err error) { return n, r.Scan(&n) }, "SELECT count(*) FROM mark")
					if err != nil || n[0]%2 != 0 {
						t.Errorf("a reader saw %v marks, %v", n, err)
					}
				}
			})
		}
		all.Wait()
	})
}
