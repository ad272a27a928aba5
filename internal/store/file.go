package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"bangui/internal/fault"
)

// ownFile makes the file and its folder when they aren't there, and closes the file to
// others. The engine gives the files that it puts beside it the same mode.
//
// It never opens the file: to close it again would drop the locks that this process may
// hold on it already.
func ownFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return makeFile(path)
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return fault.New(fault.Unavailable, "it is not a file").WithMend("Name a file with --database, or another folder with --data-dir.")
	case info.Mode().Perm()&0o077 != 0:
		return os.Chmod(path, 0o600)
	default:
		return nil
	}
}

// makeFile makes an empty file that appears under its name when it is closed already;
// somebody may be quicker.
func makeFile(path string) error {
	made, err := os.CreateTemp(filepath.Dir(path), ".bangui-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(made.Name()) }() // gone already where it was renamed
	if err := made.Close(); err != nil {
		return err
	}
	if err := os.Link(made.Name(), path); err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	return os.Rename(made.Name(), path) // a file system without hard links
}

// openFault says which database an error is about.
func openFault(o Options, err error) error {
	if e, ok := errors.AsType[*fault.Error](storeFault(err)); ok && e.Code != fault.Internal {
		return fault.Wrap(e.Err, e.Code, "the database %s can't be used: %s", o.shown(), e.Message).WithMend("%s", e.Mend)
	}
	mend := "See that the folder exists and that BanGUI may write there (--data-dir)."
	if o.Postgres != "" {
		mend = "Read the server's log; see that the address (--database) is right."
	}
	return fault.Wrap(err, fault.Unavailable, "the database %s can't be opened", o.shown()).WithMend("%s", mend)
}
