package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Heard is called with hints. None of them may wait.
type Heard struct {
	Events func() // somebody has committed events
	Lease  func() // a lease has another holder, or none
}

// Listen passes on what others tell who use the database, until ctx ends. They are hints
// and no more: some are missed while its connection is away. On SQLite nobody tells
// anybody.
func (db *DB) Listen(ctx context.Context, heard Heard) {
	if db.session == nil {
		<-ctx.Done()
		return
	}
	const pause = 2 * time.Second
	for ctx.Err() == nil {
		_ = db.listenOnce(ctx, heard) // it ended; who only waits for hints can wait for the next
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// listenOnce listens on one connection until it ends.
func (db *DB) listenOnce(ctx context.Context, heard Heard) error {
	conn, err := db.session(ctx)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, "LISTEN bangui_event; LISTEN bangui_lease"); err != nil {
		return err
	}
	heard.Events() // something may have come before we listened
	heard.Lease()
	for {
		told, err := hear(ctx, conn)
		switch {
		case err != nil:
			return err
		case told.Channel == "bangui_lease":
			heard.Lease()
		default:
			heard.Events()
		}
	}
}

// hear waits for a notification, and looks from time to time whether the other end is
// still there.
func hear(ctx context.Context, conn *pgx.Conn) (*pgconn.Notification, error) {
	const quiet = 30 * time.Second
	for {
		short, cancel := context.WithTimeout(ctx, quiet)
		told, err := conn.WaitForNotification(short)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return told, err
		}
		if err := conn.Ping(ctx); err != nil {
			return nil, err
		}
	}
}
