package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Listen calls heard when somebody, here or elsewhere, has committed events, until ctx
// ends. It is a hint and no more: it is not told what, and misses some while its
// connection is away. On SQLite nobody tells anybody.
func (db *DB) Listen(ctx context.Context, heard func()) {
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
func (db *DB) listenOnce(ctx context.Context, heard func()) error {
	conn, err := db.session(ctx)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(ctx)
	}()
	if _, err := conn.Exec(ctx, "LISTEN bangui_event"); err != nil {
		return err
	}
	for {
		heard() // at first too: something may have come before we listened
		if err := hear(ctx, conn); err != nil {
			return err
		}
	}
}

// hear waits for a notification, and looks from time to time whether the other end is
// still there.
func hear(ctx context.Context, conn *pgx.Conn) error {
	const quiet = 30 * time.Second
	for {
		short, cancel := context.WithTimeout(ctx, quiet)
		_, err := conn.WaitForNotification(short)
		cancel()
		if err == nil || ctx.Err() != nil || !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		if err := conn.Ping(ctx); err != nil {
			return err
		}
	}
}
