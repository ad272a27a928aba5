package store

import (
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"bangui/internal/fault"
)

//go:embed migrations
var migrationFiles embed.FS

// migration is one numbered step of the schema.
type migration struct {
	number int
	name   string
	text   string
	sum    string
}

// migrations are the steps of an engine, in order, numbered 1, 2, 3…
func migrations(engine string) ([]migration, error) {
	entries, err := fs.ReadDir(migrationFiles, path.Join("migrations", engine))
	if err != nil {
		return nil, err
	}
	var all []migration
	for _, entry := range entries {
		digits, _, _ := strings.Cut(entry.Name(), "_")
		number, err := strconv.Atoi(digits)
		if err != nil || number != len(all)+1 {
			return nil, fmt.Errorf("migration %s is out of order", entry.Name())
		}
		text, err := fs.ReadFile(migrationFiles, path.Join("migrations", engine, entry.Name()))
		if err != nil {
			return nil, err
		}
		all = append(all, newMigration(number, entry.Name(), string(text)))
	}
	return all, nil
}

func newMigration(number int, name, text string) migration {
	sum := sha256.Sum256([]byte(text))
	return migration{number, name, text, hex.EncodeToString(sum[:])}
}

// migrate brings the schema up to date, one transaction a step. Two processes that
// start at once take turns: each step is decided inside the writer's transaction. A step
// takes as long as it takes; what it may not wait for long is its turn.
func (db *DB) migrate(ctx context.Context, steps []migration, logger *slog.Logger) error {
	once := func(work func(*Tx) error) error {
		return again(ctx, func() error {
			return db.once(ctx, db.write, func(tx *Tx) error {
				if err := tx.unhurried(ctx); err != nil {
					return err
				}
				return work(tx)
			})
		})
	}
	// Others that start at the same time take the writer turn by turn, and on a slow disk
	// each turn takes its time: SQLite's queue is not fair.
	const patience = 3
	unhurried := func(work func(*Tx) error) (err error) {
		for range patience {
			if err = once(work); !fault.Is(storeFault(err), fault.DatabaseBusy) {
				break
			}
		}
		return err
	}
	if err := unhurried(func(tx *Tx) error { return tx.begin(ctx, len(steps)) }); err != nil {
		return err
	}
	for _, step := range steps {
		if err := unhurried(func(tx *Tx) error { return tx.step(ctx, step, logger) }); err != nil {
			return err
		}
	}
	return nil
}

// unhurried lifts the bound of statements for this transaction.
func (tx *Tx) unhurried(ctx context.Context) error {
	if tx.tx.dialect.unhurried == "" {
		return nil
	}
	return tx.exec(ctx, tx.tx.dialect.unhurried)
}

// begin makes the table of steps in a new database, and refuses a database that is not
// ours or was written by a newer BanGUI.
func (tx *Tx) begin(ctx context.Context, newest int) error {
	tables, err := collect(ctx, tx.tx, scanOne[string], tx.tx.dialect.tables)
	if err != nil {
		return err
	}
	if len(tables) == 0 {
		return tx.exec(ctx, `CREATE TABLE migration (
			number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)`)
	}
	if !slices.Contains(tables, "migration") {
		return fault.New(fault.DatabaseCorrupt, "it belongs to another program").
			WithMend("Name a file or a database of BanGUI's own with --database, or a file that does not exist yet.")
	}
	last, err := tx.lastStep(ctx)
	if err == nil && last > newest {
		return fault.New(fault.DatabaseTooNew, "its schema is number %d, and this BanGUI knows %d", last, newest).
			WithMend("Install the newer BanGUI again, or restore the copy of the database from before the upgrade.")
	}
	return err
}

func (tx *Tx) lastStep(ctx context.Context) (last int, err error) {
	err = tx.get(ctx, []any{&last}, "SELECT coalesce(max(number), 0) FROM migration")
	return last, err
}

// step takes one step, or checks that the one that was taken is the same.
func (tx *Tx) step(ctx context.Context, step migration, logger *slog.Logger) error {
	last, err := tx.lastStep(ctx)
	if err != nil {
		return err
	}
	if last >= step.number {
		return tx.sameStep(ctx, step)
	}
	began := time.Now()
	if _, err := tx.tx.ExecContext(ctx, step.text); err != nil {
		return fmt.Errorf("migration %s: %w", step.name, err)
	}
	err = tx.exec(ctx, "INSERT INTO migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
		step.number, step.name, step.sum, micros(tx.now()))
	logger.InfoContext(ctx, "the database schema was changed", "migration", step.name, "duration_ms", time.Since(began).Milliseconds())
	return err
}

// sameStep refuses a database whose schema went another way than ours.
func (tx *Tx) sameStep(ctx context.Context, step migration) error {
	var sum string
	err := tx.get(ctx, []any{&sum}, "SELECT checksum FROM migration WHERE number = $1", step.number)
	if err != nil {
		return err
	}
	if sum != step.sum {
		return fault.New(fault.DatabaseCorrupt, "its schema step %s is not the one that this BanGUI has", step.name).
			WithMend("Use the BanGUI that made this database.")
	}
	return nil
}
