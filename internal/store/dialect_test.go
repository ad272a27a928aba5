package store

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"bangui/internal/fault"
)

// One text for all engines: numbers say which value is meant, repeated or out of order.
func TestNumbered(t *testing.T) {
	if got, want := sqliteDialect().numbered("a = $2 AND b = $1 OR $12 IN ($2)"), "a = ?2 AND b = ?1 OR ?12 IN (?2)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	onBoth(t, func(t *testing.T, fresh func() string) {
		db := opened(t, fresh())
		const query, want = "SELECT CAST($3 AS TEXT) || $1 || $2 || $1", "caba"
		err := db.Tx(t.Context(), func(tx *Tx) error {
			for what, ask := range map[string]func() (string, error){
				"transaction": func() (got string, err error) {
					err = tx.get(t.Context(), []any{&got}, query, "a", "b", "c")
					return got, err
				},
				"rows of a transaction": func() (string, error) {
					return first(collect(t.Context(), tx.tx, scanOne[string], query, "a", "b", "c"))
				},
				"rows of a reader": func() (string, error) {
					return first(collect(t.Context(), db.read, scanOne[string], query, "a", "b", "c"))
				},
			} {
				if got, err := ask(); err != nil || got != want {
					t.Errorf("%s: the values went to the wrong places: %q, %v", what, got, err)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func first(all []string, err error) (string, error) {
	if len(all) == 0 {
		return "", err
	}
	return all[0], err
}

// Before 3.51.3 a database with several connections could be damaged.
func TestSQLiteVersion(t *testing.T) {
	db := opened(t, freshPath(t))
	var text string
	if err := db.read.QueryRowContext(t.Context(), "SELECT sqlite_version()").Scan(&text); err != nil {
		t.Fatal(err)
	}
	var version [3]int
	for i, part := range strings.SplitN(text, ".", len(version)) {
		n, err := strconv.Atoi(part)
		if err != nil {
			t.Fatal(text, err)
		}
		version[i] = n
	}
	oldest := [3]int{3, 51, 3}
	for i := range version {
		if version[i] != oldest[i] {
			if version[i] < oldest[i] {
				t.Errorf("SQLite is %s, want %v or newer", text, oldest)
			}
			return
		}
	}
}

// The driver is generated for one version of its C library, and breaks with another.
func TestLibcIsTheDriversOwn(t *testing.T) {
	list := func(format, module string) string {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", format, module).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	wants, err := os.ReadFile(list("{{.GoMod}}", "modernc.org/sqlite"))
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`modernc\.org/libc (\S+)`).FindSubmatch(wants)
	if want == nil {
		t.Fatal("the driver names no libc")
	}
	if got := list("{{.Version}}", "modernc.org/libc"); got != string(want[1]) {
		t.Errorf("modernc.org/libc is %s, but modernc.org/sqlite wants %s", got, want[1])
	}
}

func TestStoreFault(t *testing.T) {
	if storeFault(nil) != nil {
		t.Error("no error became one")
	}
	for want, err := range map[fault.Code]error{
		fault.DiskFull:         fmt.Errorf("write: %w", syscall.ENOSPC),
		fault.PermissionDenied: fmt.Errorf("open: %w", syscall.EACCES),
		fault.JailNotFound:     fmt.Errorf("coded already: %w", fault.New(fault.JailNotFound, "no jail")),
		fault.Internal:         errors.New("anything else"),
	} {
		if got := fault.CodeOf(storeFault(err)); got != want {
			t.Errorf("%v: %s, want %s", err, got, want)
		}
	}
}
