package jailconf

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"bangui/internal/fault"
)

// Bounds of a configuration folder. The distribution's has 160 files of 0.3 MiB.
const (
	maxFiles = 4096
	maxTotal = 32 << 20
	maxDeep  = 4 // folders below each other
)

// Tree is a configuration folder as it was at one moment: the files in it, and what
// was found that is no file. It does not change; With makes another.
type Tree struct {
	dir   string
	files map[string]string
	modes map[string]fs.FileMode
	// odd are paths that are no regular files or lead out of the folder, too big or
	// unreadable, and why: fail2ban may read more there than we do.
	odd map[string]string
}

// ReadTree reads fail2ban's configuration folder. Files larger than 512 KiB, links
// that lead out of it, and what is no regular file are not read and told by Odd.
func ReadTree(dir string) (*Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fileFault(err, dir, "")
	}
	defer root.Close() //nolint:errcheck // only read
	t := NewTree(dir, nil)
	if err := t.walk(root, ".", 0); err != nil {
		return nil, err
	}
	return t, nil
}

// NewTree makes a Tree of these files, by path below dir.
func NewTree(dir string, files map[string]string) *Tree {
	t := &Tree{dir: path.Clean(dir), files: map[string]string{}, modes: map[string]fs.FileMode{}, odd: map[string]string{}}
	maps.Copy(t.files, files)
	return t
}

func (t *Tree) walk(root *os.Root, dir string, deep int) error {
	folder, err := root.Open(dir)
	if err != nil {
		return fileFault(err, t.dir, dir)
	}
	defer folder.Close()
	entries, err := folder.ReadDir(maxFiles + 1)
	if err != nil && !errors.Is(err, io.EOF) {
		return fileFault(err, t.dir, dir)
	}
	for _, e := range entries {
		name := path.Join(dir, e.Name())
		switch {
		case len(t.files)+len(t.odd) >= maxFiles:
			return fault.New(fault.TooLarge, "there are more than %d files in %s", maxFiles, t.dir)
		case name == journalName || strings.HasPrefix(e.Name(), ".") && strings.HasSuffix(e.Name(), ".local.new"):
			// ours, of a change under way
		case !utf8.ValidString(name):
			t.odd[strings.ToValidUTF8(name, "?")] = "its name is not UTF-8"
		case e.IsDir() && deep < maxDeep:
			err = t.walk(root, name, deep+1)
		case e.IsDir():
			t.odd[name] = "it is too deep"
		default:
			err = t.add(root, name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// add reads one file. It never waits: a pipe is opened without a writer.
func (t *Tree) add(root *os.Root, name string) error {
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.odd[name] = "it can't be opened, or is a link that leads out of the folder"
		return nil //nolint:nilerr // told by Odd
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fileFault(err, t.dir, name)
	}
	if !info.Mode().IsRegular() {
		t.odd[name] = "it is no regular file"
		return nil
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	switch {
	case err != nil:
		return fileFault(err, t.dir, name)
	case len(content) > maxFile:
		t.odd[name] = fmt.Sprintf("it has more than %d bytes", maxFile)
		return nil
	case t.size()+len(content) > maxTotal:
		return fault.New(fault.TooLarge, "the files in %s have more than %d bytes", t.dir, maxTotal)
	}
	t.files[name], t.modes[name] = string(content), info.Mode().Perm()
	return nil
}

func (t *Tree) size() int {
	n := 0
	for _, content := range t.files {
		n += len(content)
	}
	return n
}

// Dir is the folder.
func (t *Tree) Dir() string { return t.dir }

// Files are the paths of all files below the folder, sorted.
func (t *Tree) Files() []string { return slices.Sorted(maps.Keys(t.files)) }

// File is the content of one; ok is false where there is none.
func (t *Tree) File(name string) (content string, ok bool) {
	content, ok = t.files[name]
	return content, ok
}

// Odd are the paths below the folder that were not read, with the reason of each.
func (t *Tree) Odd() map[string]string { return maps.Clone(t.odd) }

// With is the tree with some files changed: "" in content means an empty file, a nil
// pointer that the file is not there.
func (t *Tree) With(changes map[string]*string) *Tree {
	n := NewTree(t.dir, t.files)
	maps.Copy(n.odd, t.odd)
	maps.Copy(n.modes, t.modes)
	for name, content := range changes {
		delete(n.odd, name)
		if content == nil {
			delete(n.files, name)
			delete(n.modes, name)
			continue
		}
		n.files[name] = *content
	}
	return n
}

// ETag is a short text that differs whenever a file's content or mode differs, or
// another file is there.
func (t *Tree) ETag() string {
	h := sha256.New()
	for _, name := range t.Files() {
		fmt.Fprintf(h, "%d %s %o %d\n%s", len(name), name, t.modes[name], len(t.files[name]), t.files[name])
	}
	for _, name := range slices.Sorted(maps.Keys(t.odd)) {
		fmt.Fprintf(h, "odd %d %s %s\n", len(name), name, t.odd[name])
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// CopyTo writes all files below a folder, which must be empty: a copy for fail2ban's
// own programs to try.
func (t *Tree) CopyTo(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fileFault(err, dir, "")
	}
	defer root.Close() //nolint:errcheck // a folder
	for _, name := range t.Files() {
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return fileFault(err, dir, name)
		}
		if err := root.WriteFile(name, []byte(t.files[name]), 0o644); err != nil {
			return fileFault(err, dir, name)
		}
	}
	return nil
}

// find looks a file up by a path as fail2ban builds it: "./", "//" and ".." may be in
// it, and it may begin with the folder itself. ok is false where no file is there, or
// the path leads out of the folder.
func (t *Tree) find(name string) (where string, ok bool) {
	where = strings.TrimPrefix(path.Clean(name), t.dir+"/")
	_, ok = t.files[where]
	return where, ok
}

// outside reports whether a path as fail2ban builds it leads out of the folder.
func (t *Tree) outside(name string) bool {
	return !strings.HasPrefix(path.Clean(name)+"/", t.dir+"/")
}

// glob are the files in a folder whose names end so, as glob's * finds them: none
// that begins with a dot, sorted by bytes.
func (t *Tree) glob(dir, ending string) []string {
	var found []string
	for _, name := range append(t.Files(), slices.Collect(maps.Keys(t.odd))...) {
		base := path.Base(name)
		if path.Dir(name) == dir && strings.HasSuffix(base, ending) && !strings.HasPrefix(base, ".") {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// has reports whether something of that name is there, readable or not.
func (t *Tree) has(name string) bool {
	_, file := t.files[name]
	_, odd := t.odd[name]
	return file || odd
}
