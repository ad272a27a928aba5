// Package jailconf reads, edits and writes fail2ban's configuration files. Resolve gives
// the value of every option that counts and where it comes from; Set and Unset edit a
// file line by line; Check says what may be written. What is written are files of our
// own, which no other program and no package owns, so that fail2ban sees the old or the
// new whole file and never a part of one; Begin changes several together.
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
	"syscall"

	"bangui/internal/fault"
)

// Mark is the first line of every file that we write. A file without it is
// somebody else's, whatever its name.
const Mark = "# Written by BanGUI. Changes made here by hand are lost; remove the file through BanGUI."

// maxFile bounds what is read back of a file of ours.
const maxFile = 512 << 10

// ownName are the only names we write: in the .local round, where what we say wins over
// packages, and for jails and the server sorted last, so that it wins over people's files
// too (seen in 1.0.2).
var ownName = regexp.MustCompile(`^(jail\.d/zz-bangui-` + jailName + `|fail2ban\.d/zz-bangui|(filter|action)\.d/` + partName + `)\.local$`)

// jailName is the name of a jail that a file of ours may be for.
const jailName = `[A-Za-z0-9][A-Za-z0-9._-]{0,39}`

var jailForm = regexp.MustCompile(`^` + jailName + `$`)

// OwnFile is the file of ours for a jail, filter, action or the server ("" as its name).
// Invalid: a name that no file of ours can have.
func OwnFile(place Place, name string) (string, error) {
	file := map[Place]string{
		InJail: "jail.d/zz-bangui-" + name + ".local", InFilter: "filter.d/" + name + ".local", InAction: "action.d/" + name + ".local",
		InServer: "fail2ban.d/zz-bangui" + name + ".local",
	}[place]
	if place == InJail && (!jailForm.MatchString(name) || strings.HasPrefix(name, "KNOWN") || name == "INCLUDES") || !ownName.MatchString(file) {
		return "", fault.New(fault.Invalid, "%q is no name that BanGUI can write a file for", clip(name)).
			WithMend("Letters, digits, dots, dashes and underscores; at most 40. Change such a one in its own file.")
	}
	return file, nil
}

// IsOwn reports whether a file has a name and a first line of ours.
func IsOwn(name, content string) bool {
	return ownName.MatchString(name) && strings.HasPrefix(content, Mark+"\n")
}

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
	root, err := open(dir, name)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // a folder
	return write(root, dir, name, content)
}

func write(root *os.Root, dir, name, content string) error {
	if !strings.HasPrefix(content, Mark+"\n") || len(content) > maxFile {
		return fault.New(fault.Internal, "the content of %s lacks the mark of ours or is too long", name)
	}
	if err := mustBeOurs(root, dir, name); err != nil {
		return err
	}
	if err := replaceFile(root, name, content, owner{Mode: 0o644, UID: -1, GID: -1}); err != nil {
		return fileFault(err, dir, name)
	}
	return nil
}

// replaceFile stages, syncs and renames.
func replaceFile(root *os.Root, name, content string, whose owner) error {
	if err := stage(root, staged(name), content, whose); err != nil {
		return errors.Join(err, root.Remove(staged(name)))
	}
	if err := root.Rename(staged(name), name); err != nil {
		return errors.Join(err, root.Remove(staged(name)))
	}
	return syncFolder(root, name)
}

// staged is where the next content of a file is written: no glob of fail2ban finds it.
func staged(name string) string { return path.Join(path.Dir(name), "."+path.Base(name)+".new") }

// RemoveOwn removes a file of ours; one that isn't there is no error.
func RemoveOwn(dir, name string) error {
	root, err := open(dir, name)
	if err != nil {
		return err
	}
	defer root.Close() //nolint:errcheck // a folder
	return remove(root, dir, name)
}

func remove(root *os.Root, dir, name string) error {
	if err := mustBeOurs(root, dir, name); err != nil {
		return err
	}
	return removeFile(root, dir, name)
}

func removeFile(root *os.Root, dir, name string) error {
	err := root.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
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

func stage(root *os.Root, name, content string, whose owner) error {
	if err := root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	if whose.UID != -1 || whose.GID != -1 {
		err = errors.Join(err, f.Chown(whose.UID, whose.GID))
	}
	return errors.Join(err, f.Chmod(whose.Mode), f.Sync(), f.Close())
}

// ownerOf is whose a file of people's is; fallback where there is none. It refuses a link
// or a device.
func ownerOf(root *os.Root, dir, name string, fallback owner) (owner, error) {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return fallback, nil
	}
	if err != nil {
		return owner{}, fileFault(err, dir, name)
	}
	if !info.Mode().IsRegular() {
		return owner{}, fault.New(fault.Conflict, "%s is a link or no regular file, so it stays as it is", path.Join(dir, name)).
			WithMend("Change the file that it leads to by hand.")
	}
	whose := owner{Mode: info.Mode().Perm(), UID: -1, GID: -1}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		whose.UID = int(stat.Uid)
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Gid) != os.Getegid() {
		whose.GID = int(stat.Gid)
	}
	return whose, nil
}

// MayWrite says whether the folders of files can be written to, before anything is.
func MayWrite(dir string, names []string) error {
	const toWrite = 2
	for _, name := range names {
		folder := path.Join(dir, path.Dir(name))
		err := syscall.Access(folder, toWrite)
		if errors.Is(err, fs.ErrNotExist) {
			err = syscall.Access(dir, toWrite)
		}
		if err != nil {
			return fileFault(err, dir, name)
		}
	}
	return nil
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
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fault.Wrap(err, fault.PermissionDenied, "BanGUI may not write %s", where).
			WithMend("Run the part of BanGUI that talks to fail2ban as root.")
	case errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "there is no %s", where).
			WithMend("Give fail2ban's configuration folder with --fail2ban-config.")
	default:
		return fault.Wrap(err, fault.Internal, "%s can't be written", where)
	}
}

// SaysNothing reports whether a file sets no option, so that it may as well be gone.
func SaysNothing(content string) bool {
	f, err := parse("the file", content)
	return err == nil && len(f.entries) == 0
}
