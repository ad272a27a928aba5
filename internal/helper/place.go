package helper

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"bangui/internal/fault"
)

// Listen makes the socket at path, for root, the helper's user and the group that is
// allowed. A socket that a helper left behind is replaced; one that answers is not.
// The error is a fault that names what is in the way.
func Listen(ctx context.Context, path string, allow Allowed) (net.Listener, error) {
	// It is made beside its place and moved there when its mode is right: a console that
	// is quicker must find either no helper or one that lets it in.
	made := path + ".new"
	if len(made) > pathLength {
		return nil, fault.New(fault.Invalid, "the socket's path is %d bytes long; there is room for %d", len(path), pathLength-len(made)+len(path))
	}
	if err := clearWay(ctx, path); err != nil {
		return nil, err
	}
	_ = os.Remove(made) // of a helper that was killed right here
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "unix", made)
	if err != nil {
		return nil, fault.Wrap(err, fault.PermissionDenied, "the helper can't listen at %s", path).WithMend("Run it as root, or name another place with --socket.")
	}
	err = openTo(made, allow.first)
	if err == nil {
		err = os.Rename(made, path)
	}
	if err != nil {
		_ = listener.Close() // removes it
		return nil, fault.Wrap(err, fault.PermissionDenied, "the socket %s can't be given to the group that may use it", path).WithMend("Run the helper as root.")
	}
	if unix, ok := listener.(*net.UnixListener); ok {
		unix.SetUnlinkOnClose(false) // it knows the old name
	}
	return &placed{listener, path}, nil
}

// placed is a listener whose socket was moved to its place.
type placed struct {
	net.Listener
	path string
}

// Close takes the socket away as well.
func (p *placed) Close() error {
	return errors.Join(os.Remove(p.path), p.Listener.Close())
}

// Addr is the place.
func (p *placed) Addr() net.Addr { return &net.UnixAddr{Name: p.path, Net: "unix"} }

// openTo lets a group write to a socket; -1 = the one that it has. A socket that is the
// group's already is not given to it: a sandbox may forbid that.
func openTo(path string, group int) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); !ok || group >= 0 && int(stat.Gid) != group {
		if err := os.Chown(path, -1, group); err != nil {
			return err
		}
	}
	return os.Chmod(path, 0o660) //nolint:gosec // the group is the one that is allowed
}

// clearWay makes the socket's folder and refuses a place where something else is.
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
