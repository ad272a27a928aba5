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
		sum := sha256.Sum256(text)
		all = append(all, migration{number, entry.Name(), string(text), hex.EncodeToString(sum[:])})
	}
	return all, nil
}

// migrate brings the schema up to date, one transaction a step. Two processes that
// start at once take turns: each step is decided inside the writer's transaction.
func (db *DB) migrate(ctx context.Context, logger *slog.Logger) error {
	steps, err := migrations("sqlite")
	if err != nil {
		return err
	}
	err = db.Tx(ctx, func(tx *Tx) error {
		_, err := tx.exec(ctx, `CREATE TABLE IF NOT EXISTS migration (
			number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)`)
		return err
	})
	if err != nil {
		return err
	}
	for _, step := range steps {
		if err := db.step(ctx, step, len(steps), logger); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) step(ctx context.Context, step migration, newest int, logger *slog.Logger) error {
	return db.Tx(ctx, func(tx *Tx) error {
		var last int
		if err := tx.row(ctx, "SELECT coalesce(max(number), 0) FROM migration").Scan(&last); err != nil {
			return err
		}
		if last > newest {
			return fault.New(fault.DatabaseTooNew, "its schema is number %d, and this BanGUI knows %d", last, newest).
				WithMend("Install the newer BanGUI again, or restore the copy of the database from before the upgrade.")
		}
		if last >= step.number {
			return tx.sameStep(ctx, step)
		}
		began := time.Now()
		if _, err := tx.tx.ExecContext(ctx, step.text); err != nil {
			return fmt.Errorf("migration %s: %w", step.name, err)
		}
		_, err := tx.exec(ctx, "INSERT INTO migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)",
			step.number, step.name, step.sum, micros(db.now()))
		logger.InfoContext(ctx, "the database schema was changed", "migration", step.name, "duration_ms", time.Since(began).Milliseconds())
		return err
	})
}

// sameStep refuses a database whose history is not ours.
func (tx *Tx) sameStep(ctx context.Context, step migration) error {
	var sum string
	if err := tx.row(ctx, "SELECT checksum FROM migration WHERE number = $1", step.number).Scan(&sum); err != nil {
		return err
	}
	if sum != step.sum {
		return fault.New(fault.DatabaseCorrupt, "its schema step %s is not the one that this BanGUI has", step.name).
			WithMend("Use the BanGUI that made this database.")
	}
	return nil
}
