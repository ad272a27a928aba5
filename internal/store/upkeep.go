package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"bangui/internal/fault"
)

// Optimise lets the engine learn anew what is in its tables, where that changed, and on
// SQLite shortens the log of changes beside the file. It is safe at any time.
func (db *DB) Optimise(ctx context.Context) error {
	for _, statement := range db.dialect.optimise {
		if _, err := db.write.ExecContext(ctx, statement); err != nil {
			return storeFault(fmt.Errorf("%s: %w", statement, err))
		}
	}
	return nil
}

// Examine reads the database for damage: on SQLite every page of the file, on PostgreSQL
// what the server knows of broken indexes and of pages whose checksum was wrong. It takes
// as long as that takes, and locks nobody out; where all share one connection (Remote),
// others wait while it reads a table. The error is DatabaseCorrupt where there is damage,
// with the first of what was found.
func (db *DB) Examine(ctx context.Context) error {
	examinations := []string{db.dialect.examine}
	if db.remote != "" { // table by table: a heartbeat gets its turn in between
		tables, err := collect(ctx, db.read, scanOne[string], db.dialect.tables)
		if err != nil {
			return err
		}
		examinations = nil
		for _, table := range tables {
			examinations = append(examinations, "PRAGMA quick_check('"+strings.ReplaceAll(table, "'", "''")+"')")
		}
	}
	for _, examination := range examinations {
		if err := db.examine(ctx, examination); err != nil {
			return err
		}
	}
	return nil
}

func (db *DB) examine(ctx context.Context, query string) error {
	// A connection of its own: the readers' are for answers that somebody waits for.
	conn, err := db.read.Conn(ctx)
	if err != nil {
		return storeFault(err)
	}
	defer conn.Close()
	rows, err := conn.QueryContext(ctx, query)
	if err != nil {
		return storeFault(err)
	}
	defer rows.Close()
	var found []string
	for rows.Next() && len(found) < 3 {
		var line string
		if err := rows.Scan(&line); err != nil {
			return storeFault(err)
		}
		found = append(found, line)
	}
	if err := rows.Err(); err != nil {
		return storeFault(err)
	}
	if len(found) == 0 || len(found) == 1 && found[0] == "ok" {
		return nil
	}
	return fault.New(fault.DatabaseCorrupt, "the database is damaged: %q", found).
		WithMend("Stop BanGUI, keep a copy of the damaged database, and restore the newest good one.")
}

// ExamineTime bounds Examine for whoever runs it as a job.
const ExamineTime = 2 * time.Hour
