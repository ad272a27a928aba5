package storetest

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Runner is a *testing.M.
type Runner interface{ Run() int }

// Rounds runs the tests of a package once for each engine: all of them on SQLite, then
// those again on PostgreSQL that have opened a store (Open, Place). EngineVariable bounds
// it to one engine.
func Rounds(m Runner) Runner { return rounds{m} }

type rounds struct{ Runner }

// Run runs the rounds, and gives the exit status.
func (r rounds) Run() int {
	if Engine(os.Getenv(EngineVariable)) != "" {
		return r.Runner.Run()
	}
	status := r.Runner.Run()
	users := now.take(Postgres)
	if status != 0 || len(users) == 0 {
		return status
	}
	fmt.Fprintf(os.Stdout, "# once more on PostgreSQL: %d tests with a store\n", len(users))
	pattern := "^(" + strings.Join(users, "|") + ")$"
	if _, below, deeper := strings.Cut(flag.Lookup("test.run").Value.String(), "/"); deeper {
		pattern += "/" + below
	}
	for name, value := range map[string]string{"test.run": pattern, "test.bench": ""} {
		if err := flag.Set(name, value); err != nil {
			fmt.Fprintln(os.Stdout, err)
			return 1
		}
	}
	return r.Runner.Run()
}

// round is what is going on.
type round struct {
	mu     sync.Mutex
	engine Engine          // "" = SQLite
	users  map[string]bool // tests that have opened a store
}

var now = round{users: map[string]bool{}} //nolint:gochecknoglobals // a test process is in one round at a time

// take begins another round, and gives the tests that it is for.
func (r *round) take(next Engine) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for name := range r.users {
		names = append(names, name)
	}
	r.engine, r.users = next, map[string]bool{}
	slices.Sort(names)
	return names
}

// use notes that a test opens a store, and gives the engine of this round.
func (r *round) use(t testing.TB) Engine {
	r.mu.Lock()
	defer r.mu.Unlock()
	name, _, _ := strings.Cut(t.Name(), "/")
	r.users[name] = true
	if r.engine == "" {
		return SQLite
	}
	return r.engine
}
