package store

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bangui/internal/fault"
)

// dialect is what differs between the engines. All other SQL is one text for both.
type dialect struct {
	name string // of the engine, and of its folder of migrations

	// numbered turns $n into what the driver takes.
	numbered func(query string) string
	// prepares says that a text is worth preparing once a transaction; the other driver
	// keeps what it has prepared by itself.
	prepares bool
	// sortsRows says that sorting whole rows is cheap, and looking them up by id is not: there
	// is no one index of ids.
	sortsRows bool
	// place is a place to compare (banned_at, id) with.
	place string
	// turn makes a transaction wait until it is the only one that writes, whoever else
	// uses the database; "" where BEGIN has done so.
	turn string
	// unhurried lifts the bound of a statement for one transaction.
	unhurried string
	// tables names all tables.
	tables string
	// optimise are the statements of upkeep, each on its own; examine gives a row for each
	// damage, or the one row "ok".
	optimise []string
	examine  string
	// clock is the database's own, in microseconds since 1970.
	clock string
	// forUpdate keeps a row that was read from all others; forKeyShare only from those
	// who want it so. "" where one transaction writes at a time.
	forUpdate, forKeyShare string
}

// clocked puts the database's clock where a text says NOW.
func (d *dialect) clocked(query string) string { return strings.ReplaceAll(query, "NOW", d.clock) }

func sqliteDialect() *dialect {
	return &dialect{
		name:     sqliteEngine,
		numbered: positioned(),
		prepares: true,
		// Told how to compare it, this engine enters an index by the number of a row as well:
		// many bans may be of one second (seen with 3.40 and 3.53).
		place:  "(?, ? COLLATE BINARY)",
		tables: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name LIMIT 1000",
		// Without a limit the analysis reads whole indexes: minutes, with the writer held.
		optimise: []string{"PRAGMA analysis_limit = 1000", "PRAGMA optimize", "PRAGMA wal_checkpoint(TRUNCATE)"},
		examine:  "PRAGMA quick_check(3)",
		clock:    "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
	}
}

// positioned turns $n into ?, or into ?n where they do not stand in their order or stand
// twice: drivers for SQLite do not agree on how $n is numbered. The driver looks the name of
// a ?n up for each value.
func positioned() func(query string) string {
	placeholder := regexp.MustCompile(`\$(\d+)`)
	return func(query string) string {
		for i, found := range placeholder.FindAllStringSubmatch(query, -1) {
			if found[1] != strconv.Itoa(i+1) {
				return placeholder.ReplaceAllString(query, "?$1")
			}
		}
		return placeholder.ReplaceAllString(query, "?")
	}
}

func postgresDialect() *dialect {
	return &dialect{
		name:      postgresEngine,
		numbered:  func(query string) string { return query },
		sortsRows: true,
		place:     "(?, ?)",
		// The number is ours alone within a database: "bangui" in ASCII.
		turn:      "SELECT pg_advisory_xact_lock(108170670180713)",
		unhurried: "SET LOCAL statement_timeout = 0",
		tables:    "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' ORDER BY table_name LIMIT 1000",
		optimise:  []string{"ANALYZE"},
		examine: `SELECT 'the index ' || indexrelid::regclass || ' is not valid' FROM pg_index WHERE NOT indisvalid
			UNION ALL SELECT checksum_failures || ' pages had a wrong checksum' FROM pg_stat_database
			WHERE datname = current_database() AND checksum_failures > 0 LIMIT 3`,
		clock:       "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
		forUpdate:   " FOR UPDATE",
		forKeyShare: " FOR KEY SHARE",
	}
}

// pool are the connections of one purpose. Its queries take $n on both engines.
type pool struct {
	*sql.DB
	dialect *dialect
}

// QueryContext is that of sql.DB, for $n.
func (p *pool) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.DB.QueryContext(ctx, p.dialect.numbered(query), args...)
}

// QueryRowContext is that of sql.DB, for $n.
func (p *pool) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.DB.QueryRowContext(ctx, p.dialect.numbered(query), args...)
}

// ExecContext is that of sql.DB, for $n.
func (p *pool) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return p.DB.ExecContext(ctx, p.dialect.numbered(query), args...)
}

// storeFault gives a code to what an engine says, by its number and never by its text.
func storeFault(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	for _, known := range []func(error) *fault.Error{sqliteFault, postgresFault, systemFault} {
		if coded := known(err); coded != nil {
			return coded
		}
	}
	return fault.Wrap(err, fault.Internal, "the database failed")
}

// The faults that both engines have, in the same words.

func busyFault(err error) *fault.Error {
	return fault.Wrap(err, fault.DatabaseBusy, "another program holds the database").
		WithMend("End the other program, or try again in a moment.")
}

func fullFault(err error) *fault.Error {
	return fault.Wrap(err, fault.DiskFull, "there is no room left on the disk").
		WithMend("Free some space; BanGUI goes on by itself.")
}

func lateFault(err error) *fault.Error {
	return fault.Wrap(err, fault.Unavailable, "the database did not answer in time").
		WithMend("Try again in a moment.")
}

// again repeats what the end of a connection or a conflict with others undid, a bounded
// number of times and with growing pauses. What may have been committed is not repeated.
func again(ctx context.Context, do func() error) error {
	pauses := []time.Duration{20 * time.Millisecond, 200 * time.Millisecond, time.Second}
	for {
		err := do()
		if len(pauses) == 0 || !undone(err) || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pauses[0]):
			pauses = slices.Delete(pauses, 0, 1)
		}
	}
}
