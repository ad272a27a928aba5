package helper

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"

	"bangui/internal/fault"
)

// clearWay makes the socket's folder and removes a socket that nobody serves.
func clearWay(ctx context.Context, path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // others pass through to the socket, which has its own mode
		return fault.Wrap(err, fault.PermissionDenied, "the folder %s can't be made", dir).WithMend("Run the helper as root, or name another place with --socket.")
	}
	if err := checkFolder(dir); err != nil {
		return err
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.Wrap(err, fault.PermissionDenied, "%s can't be looked at", path)
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fault.New(fault.Conflict, "%s is there and is not a socket", path).WithMend("Remove it, or name another place with --socket.")
	}
	const enough = time.Second
	ctx, cancel := context.WithTimeout(ctx, enough)
	defer cancel()
	var dialer net.Dialer
	if conn, err := dialer.DialContext(ctx, "unix", path); err == nil {
		_ = conn.Close()
		return fault.New(fault.Conflict, "another helper serves %s", path).WithMend("End that one first: systemctl stop bangui-helper")
	}
	if err := os.Remove(path); err != nil {
		return fault.Wrap(err, fault.PermissionDenied, "the socket %s that was left behind can't be removed", path)
	}
	return nil
}

// checkFolder refuses a folder in which others could put a socket of their own in
// place of ours.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fault.Wrap(err, fault.PermissionDenied, "the folder %s can't be looked at", dir)
	}
	const byOthers = 0o002
	if info.Mode().Perm()&byOthers != 0 && info.Mode()&fs.ModeSticky == 0 {
		return fault.New(fault.Invalid, "the folder %s may be written by everybody, who could put another socket in place of the helper's", dir).
			WithMend("chmod o-w %s", dir)
	}
	return nil
}
