package app

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"bangui/internal/audit"
	"bangui/internal/config"
	"bangui/internal/fault"
	"bangui/internal/store"
)

// Records are the audit in the database of this machine's console, for one command,
// whether the console runs or not. Close them.
type Records struct {
	*audit.Trail
	store  *store.DB
	logger *slog.Logger
}

// OpenRecords opens the audit where a console has made its database already. command is
// how this one was typed.
func OpenRecords(ctx context.Context, c config.Config, command string) (*Records, error) {
	asRoot := "Run it as root, or as the user that runs the console: sudo " + command
	_, err := os.Stat(c.Database)
	switch {
	case c.Postgres != "": // it is no file
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.New(fault.NotFound, "there is no database at %s", c.Database).
			WithMend("Start the console once (bangui serve), or name its folder with --data-dir.")
	case errors.Is(err, fs.ErrPermission):
		return nil, fault.Wrap(err, fault.PermissionDenied, "this user may not open the database %s", c.Database).WithMend("%s", asRoot)
	}
	records, err := openRecords(ctx, c)
	if fault.Is(err, fault.PermissionDenied) {
		return nil, fault.Wrap(err, fault.PermissionDenied, "this user may not open the database").WithMend("%s", asRoot)
	}
	return records, err
}

// MakeRecords opens the audit, and makes the database where there is none yet. What root
// makes in somebody else's folder belongs to him: a console that does not run as root has
// to open it.
func MakeRecords(ctx context.Context, c config.Config) (*Records, error) {
	_, err := os.Stat(c.Database)
	isNew := c.Postgres == "" && errors.Is(err, fs.ErrNotExist)
	records, err := openRecords(ctx, c)
	if err != nil || !isNew || os.Geteuid() != 0 {
		return records, err
	}
	if err := giveToFolder(c.Database); err != nil {
		return nil, errors.Join(dirFault(err, filepath.Dir(c.Database)), records.Close())
	}
	return records, nil
}

func openRecords(ctx context.Context, c config.Config) (*Records, error) {
	logger := slog.New(slog.DiscardHandler)
	db, err := openStore(ctx, c, logger)
	if err != nil {
		return nil, err
	}
	return &Records{store: db, logger: logger, Trail: audit.New(audit.Options{
		Store: db, Logger: logger, Now: time.Now, Keep: time.Duration(c.AuditDays) * 24 * time.Hour,
	})}, nil
}

// giveToFolder gives a database's files to the owner of their folder.
func giveToFolder(database string) error {
	info, err := os.Stat(filepath.Dir(database))
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	for _, name := range []string{database, database + "-wal", database + "-shm"} {
		if err := os.Lchown(name, int(owner.Uid), int(owner.Gid)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Close stores what was counted and closes the database.
func (r *Records) Close() error {
	const patience = 5 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	r.Flush(ctx)
	return r.store.Close()
}
