// Package jailconf reads and writes fail2ban's configuration files. What is here
// now is the part that writes: files of our own, which no other program and no
// package owns, written so that fail2ban sees the old or the new whole file and
// never a part of one.
package jailconf

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"

	"bangui/internal/fault"
)

// Mark is the first line of every file that we write. A file without it is
// somebody else's, whatever its name.
const Mark = "# Written by BanGUI. Changes made here by hand are lost; remove the file through BanGUI."

// maxFile bounds what is read back of a file of ours.
const maxFile = 512 << 10

// ownName are the only names we write: in the .local round, sorted last, so that
// what we say wins over packages and over jail.local (fail2ban.md 5.1 and 6.1).
var ownName = regexp.MustCompile(`^(jail|fail2ban)\.d/zz-bangui-[a-z0-9-]{1,40}\.local$`)

// ReadOwn gives a file of ours below dir, fail2ban's configuration folder. A file
// that isn't there is "" and no error. One that is there and isn't ours is a Conflict.
func ReadOwn(dir, name string) (string, error) {
	root, err := open(dir, name)
	if err != nil {
		return "", err
	}
	defer root.Close() //nolint:errcheck // only read
	if err := mustBeOurs(root, dir, name); err != nil {
		return "", err
	}
	f, err := root.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fileFault(err, dir, name)
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return "", fileFault(err, dir, name)
	}
	return string(content), nil
}

// WriteOwn puts a file of ours in place, whole or not at all, mode 0644: content
// goes to a name that fail2ban does not read, is synced, then renamed. The content
// starts with Mark.
func WriteOwn(dir, name, content string) error {
	if !strings.HasPrefix(content, Mark+"\n") || len(content) > maxFile {
		return fault.New(fault.Internal, "the content of %s lacks the mark of ours or is too long", name)
	}
	root, err := open(dir, name)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // a folder
	if err := mustBeOurs(root, dir, name); err != nil {
		return err
	}
	staged := path.Join(path.Dir(name), "."+path.Base(name)+".new")
	if err := stage(root, staged, content); err != nil {
		return fileFault(errors.Join(err, root.Remove(staged)), dir, name)
	}
	if err := root.Rename(staged, name); err != nil {
		return fileFault(errors.Join(err, root.Remove(staged)), dir, name)
	}
	return syncFolder(root, name)
}

// RemoveOwn removes a file of ours; one that isn't there is no error.
func RemoveOwn(dir, name string) error {
	root, err := open(dir, name)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // a folder
	if err := mustBeOurs(root, dir, name); err != nil {
		return err
	}
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fileFault(err, dir, name)
	}
	return syncFolder(root, name)
}

func open(dir, name string) (*os.Root, error) {
	if !ownName.MatchString(name) {
		return nil, fault.New(fault.Internal, "%q is not the name of a file of ours", name)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fileFault(err, dir, "")
	}
	return root, nil
}

// mustBeOurs refuses a link, a device, or a file that does not start with Mark.
func mustBeOurs(root *os.Root, dir, name string) error {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fileFault(err, dir, name)
	}
	if !info.Mode().IsRegular() {
		return foreign(dir, name)
	}
	f, err := root.Open(name)
	if err != nil {
		return fileFault(err, dir, name)
	}
	defer f.Close()
	head := make([]byte, len(Mark))
	if _, err := io.ReadFull(f, head); err != nil || string(head) != Mark {
		return foreign(dir, name)
	}
	return nil
}

func foreign(dir, name string) error {
	return fault.New(fault.Conflict, "%s exists and was not written by BanGUI, so it stays as it is", path.Join(dir, name)).
		WithMend("Move the file away, or keep it and manage that jail by hand.")
}

func stage(root *os.Root, name, content string) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
}

func syncFolder(root *os.Root, name string) error {
	folder, err := root.Open(path.Dir(name))
	if err != nil {
		return fmt.Errorf("sync the folder of %s: %w", name, err)
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func fileFault(err error, dir, name string) error {
	where := path.Join(dir, name)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fault.Wrap(err, fault.PermissionDenied, "BanGUI may not write %s", where).
			WithMend("Run the part of BanGUI that talks to fail2ban as root.")
	case errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "there is no %s", where).
			WithMend("Give fail2ban's configuration folder with --fail2ban-config.")
	default:
		return fault.Wrap(err, fault.Internal, "%s can't be written", where)
	}
}
