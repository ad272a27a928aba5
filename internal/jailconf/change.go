package jailconf

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"syscall"
	"time"

	"bangui/internal/fault"
)

// journalName is the file that tells of a change under way. It lies where the unit of the
// helper may write anyway; fail2ban reads no name that begins with a dot.
const journalName = "jail.d/.zz-bangui-change.json"

// Transaction is a change of several files of ours that is under way. Its journal is on
// disk before the first file is touched and goes when the change is kept: until then
// everything can be put back, by us or, after a crash, by Pending. While the process that
// began it lives, nobody else can begin one.
type Transaction struct {
	dir     string
	root    *os.Root
	held    *os.File // the journal; a lock of the kernel is on it
	journal journal
}

// journal is what is needed to put everything back.
type journal struct {
	ID     string             `json:"id"`
	Begun  time.Time          `json:"begun"`
	Before map[string]*string `json:"before"` // content of each file; null = it was not there
	After  map[string]*string `json:"after"`
	Theirs map[string]owner   `json:"theirs,omitempty"` // files that people wrote, with whose they are
}

// owner is whose a file is, and who may read it: a file of people's keeps that.
type owner struct {
	Mode fs.FileMode `json:"mode"`
	UID  int         `json:"uid"`
	GID  int         `json:"gid"`
}

// maxChanged bounds the files of one change.
const maxChanged = 100

// Writes is what a transaction is to write.
type Writes struct {
	ID    string
	ETag  string             // of the folder that it was made from
	After map[string]*string // the new content of each file; nil removes it
	// Theirs are those of the files that people wrote, which may be replaced all the same:
	// they keep mode and owner, and a new one can only be read by who runs fail2ban.
	Theirs []string
}

// Begin notes a change durably. Nothing is written to the files yet.
//
// Conflict: the folder is not the one of the ETag any more, another change is under way,
// or a file of that name is not ours.
func Begin(dir string, w Writes, now time.Time) (*Transaction, error) {
	if len(w.After) == 0 || len(w.After) > maxChanged {
		return nil, fault.New(fault.Invalid, "a change is of 1 to %d files", maxChanged)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fileFault(err, dir, "")
	}
	t := &Transaction{dir: dir, root: root, journal: journal{ID: w.ID, Begun: now.UTC(), Before: map[string]*string{}, After: w.After, Theirs: map[string]owner{}}}
	for _, name := range w.Theirs {
		t.journal.Theirs[name] = owner{Mode: 0o600, UID: -1, GID: -1}
	}
	if err := t.begin(w.ETag); err != nil {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

func (t *Transaction) begin(etag string) error {
	for name, content := range t.journal.After {
		if err := t.mayWrite(name, content); err != nil {
			return err
		}
	}
	if err := t.root.Mkdir(path.Dir(journalName), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fileFault(err, t.dir, journalName)
	}
	// The tree is read while the journal is ours, so that two who began from the same
	// tree can't both find it unchanged.
	return t.note(func() error {
		tree, err := ReadTree(t.dir)
		if err != nil {
			return err
		}
		if tree.ETag() != etag {
			return fault.New(fault.Conflict, "somebody changed fail2ban's configuration since you looked at it, so nothing was written").
				WithMend("Look at it again, then repeat what is still wanted.")
		}
		for name := range t.journal.After {
			if content, there := tree.File(name); there {
				t.journal.Before[name] = &content
			} else {
				t.journal.Before[name] = nil
			}
		}
		return nil
	})
}

// mayWrite refuses a name or content that nothing here may write, and keeps in mind whose
// a file of people's is.
func (t *Transaction) mayWrite(name string, content *string) error {
	whose, theirs := t.journal.Theirs[name]
	switch {
	case !theirs && (!ownName.MatchString(name) || (content != nil && !IsOwn(name, *content))):
		return fault.New(fault.Internal, "%q is not the name of a file of ours, or its content lacks our mark", name)
	case !theirs:
		return mustBeOurs(t.root, t.dir, name)
	case !RawFile(name) || reserved(name) || content != nil && len(*content) > maxFile:
		return fault.New(fault.Internal, "%q is not the name of a file that may be written", name)
	}
	there, err := ownerOf(t.root, t.dir, name, whose)
	t.journal.Theirs[name] = there
	return err
}

// note makes the journal: it gets its name, which can only be once, with the lock on it,
// and its content once fill has brought that.
func (t *Transaction) note(fill func() error) error {
	if err := t.claim(); err != nil {
		return err
	}
	err := fill()
	if err == nil {
		err = t.record()
	}
	if err != nil {
		return errors.Join(err, t.forget())
	}
	return nil
}

// claim makes an empty journal that nobody else can have.
func (t *Transaction) claim() error {
	f, err := t.root.OpenFile(journalName, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return underWay()
	}
	if err != nil {
		return fileFault(err, t.dir, journalName)
	}
	t.held = f
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return underWay()
	}
	return nil
}

func underWay() error {
	return fault.New(fault.Conflict, "another change of fail2ban's configuration is under way").
		WithMend("Wait until it is done, or confirmed, or taken back.").WithRetry(5 * time.Second)
}

func (t *Transaction) record() error {
	content, err := json.Marshal(t.journal)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "the change can't be noted")
	}
	_, err = t.held.Write(content)
	if err = errors.Join(err, t.held.Sync(), syncFolder(t.root, journalName)); err != nil {
		return fileFault(err, t.dir, journalName)
	}
	return nil
}

// Pending is a change that a process began and did not end; nil when there is none. It
// can only be put back: whether it was good, nobody knows. Conflict: the process that
// began it lives.
func Pending(dir string) (*Transaction, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fileFault(err, dir, "")
	}
	t := &Transaction{dir: dir, root: root}
	found, err := t.reopen()
	if err != nil || !found {
		return nil, errors.Join(err, t.close())
	}
	return t, nil
}

// UnderWay reports whether a change is being made, waits, or was left.
func UnderWay(dir string) (bool, error) {
	_, err := os.Lstat(path.Join(dir, journalName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fileFault(err, dir, journalName)
	}
	return true, nil
}

func (t *Transaction) reopen() (found bool, err error) {
	f, err := t.root.OpenFile(journalName, os.O_RDWR|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fileFault(err, t.dir, journalName)
	}
	t.held = f
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return false, underWay()
	}
	// Whoever had it may have ended it between our opening and our lock.
	now, err := t.root.Lstat(journalName)
	mine, err2 := f.Stat()
	if errors.Is(err, fs.ErrNotExist) || err2 != nil || (err == nil && !os.SameFile(now, mine)) {
		return false, nil
	}
	content, err := io.ReadAll(io.LimitReader(f, maxTotal))
	if err != nil {
		return false, fileFault(err, t.dir, journalName)
	}
	if json.Unmarshal(content, &t.journal) != nil {
		t.journal = journal{} // it was not whole, so no file was touched yet
	}
	return true, nil
}

// ID is what Begin was given.
func (t *Transaction) ID() string { return t.journal.ID }

// Begun is when.
func (t *Transaction) Begun() time.Time { return t.journal.Begun }

// Write puts the new files in place, one after the other: filters, actions and the
// server's first, jails last, so that no jail names what is not there yet; what is
// removed goes in the other order.
func (t *Transaction) Write() error { return t.put(t.journal.After) }

func (t *Transaction) put(files map[string]*string) error {
	names := slices.SortedFunc(maps.Keys(files), func(a, b string) int { return order(a, b) })
	for _, name := range names {
		if content := files[name]; content != nil {
			if err := t.root.Mkdir(path.Dir(name), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return fileFault(err, t.dir, name)
			}
			if err := t.putOne(name, *content); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Backward(names) {
		if files[name] == nil {
			if err := t.removeOne(name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t *Transaction) putOne(name, content string) error {
	whose, theirs := t.journal.Theirs[name]
	if !theirs {
		return write(t.root, t.dir, name, content)
	}
	if _, err := ownerOf(t.root, t.dir, name, whose); err != nil {
		return err
	}
	if err := replaceFile(t.root, name, content, whose); err != nil {
		return fileFault(err, t.dir, name)
	}
	return nil
}

func (t *Transaction) removeOne(name string) error {
	whose, theirs := t.journal.Theirs[name]
	if !theirs {
		return remove(t.root, t.dir, name)
	}
	if _, err := ownerOf(t.root, t.dir, name, whose); err != nil {
		return err
	}
	return removeFile(t.root, t.dir, name)
}

// order puts jails last.
func order(a, b string) int {
	jails := func(name string) int {
		if path.Dir(name) == "jail.d" || name == "jail.local" {
			return 1
		}
		return 0
	}
	if d := jails(a) - jails(b); d != 0 {
		return d
	}
	return slices.Compare([]byte(a), []byte(b))
}

// Restore puts every file back as it was before Begin. The change stays noted until Keep.
func (t *Transaction) Restore() error {
	for name := range t.journal.Before {
		if _, theirs := t.journal.Theirs[name]; !ownName.MatchString(name) && (!theirs || !RawFile(name)) {
			return fault.New(fault.Internal, "the note of a change names %q, which is no file of ours", clip(name))
		}
		if err := t.root.Remove(staged(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fileFault(err, t.dir, name)
		}
	}
	return t.put(t.journal.Before)
}

// Keep ends the change with the files as they are now.
func (t *Transaction) Keep() error { return errors.Join(t.forget(), t.close()) }

// forget removes the journal.
func (t *Transaction) forget() error {
	if err := t.root.Remove(journalName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fileFault(err, t.dir, journalName)
	}
	return syncFolder(t.root, journalName)
}

// Leave lets go of the change as a crash would: it is still noted, and Pending finds it.
func (t *Transaction) Leave() error { return t.close() }

func (t *Transaction) close() error {
	var err error
	if t.held != nil {
		err = t.held.Close()
	}
	return errors.Join(err, t.root.Close())
}
