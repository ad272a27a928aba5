package geo

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"

	"bangui/internal/fault"
)

// maxFile bounds a database file. The largest free one, of cities, has 130 MB.
const maxFile = 1 << 30

// content is a database in memory.
type content struct {
	path   string // "" = it came with the product
	bytes  []byte
	mapped bool // of a file: reading it may fail at any time
	memory *memory
}

func (c content) name() string {
	if c.path == "" {
		return "that came with BanGUI"
	}
	return c.path
}

// memory is given back to the system when nobody holds it any more. What is read stands
// there and not in Go's heap, which would let as much garbage again pile up.
type memory struct{ bytes []byte }

func newMemory(bytes []byte) *memory {
	m := &memory{bytes: bytes}
	runtime.AddCleanup(m, func(bytes []byte) { _ = unix.Munmap(bytes) }, bytes)
	return m
}

// version tells one state of a file from another. The zero value is no file.
type version struct {
	device, inode  uint64
	size           int64
	changed, moved syscall.Timespec
}

func versionOf(path string) (version, error) {
	info, err := os.Stat(path)
	if err != nil {
		return version{}, unreadable(path, err)
	}
	return versionIn(info), nil
}

func versionIn(info fs.FileInfo) version {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return version{size: info.Size()}
	}
	return version{device: stat.Dev, inode: stat.Ino, size: stat.Size, changed: stat.Mtim, moved: stat.Ctim}
}

// readFile reads a file, or maps it when that is asked for and its disk is in this
// machine. The error is a fault.
func readFile(path string, mapIt bool) (content, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe would wait for its writer
	if err != nil {
		return content{}, unreadable(path, err)
	}
	defer f.Close()
	before, err := f.Stat()
	switch {
	case err != nil:
		return content{}, unreadable(path, err)
	case !before.Mode().IsRegular():
		return content{}, fault.New(fault.Invalid, "%s is no plain file", path).WithMend(mendFile)
	case before.Size() == 0 || before.Size() > maxFile:
		return content{}, fault.New(fault.Invalid, "the file %s has %d bytes; a database has from 1 to %d", path, before.Size(), maxFile).WithMend(mendFile)
	}
	if mapIt && isLocal(f) {
		bytes, err := unix.Mmap(int(f.Fd()), 0, int(before.Size()), unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			return content{}, unreadable(path, err)
		}
		return content{path: path, bytes: bytes, mapped: true, memory: newMemory(bytes)}, nil
	}
	bytes, err := readAll(f, int(before.Size()))
	if err != nil {
		return content{}, unreadable(path, err)
	}
	if after, err := f.Stat(); err != nil || versionIn(after) != versionIn(before) {
		return content{}, fault.New(fault.Invalid, "the file %s is being written", path).WithMend("It is read again in a moment. Better rename a whole file into place.")
	}
	return content{path: path, bytes: bytes, memory: newMemory(bytes)}, nil
}

// readAll reads size bytes into memory of their own, which is then closed to writing.
func readAll(f *os.File, size int) ([]byte, error) {
	bytes, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		return nil, err
	}
	if _, err = io.ReadFull(f, bytes); err == nil {
		err = unix.Mprotect(bytes, unix.PROT_READ)
	}
	if err != nil {
		_ = unix.Munmap(bytes)
		return nil, err
	}
	return bytes, nil
}

// isLocal reports whether a file is on a disk that is known to be in this machine.
func isLocal(f *os.File) bool {
	local := []int64{
		unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC,
		unix.F2FS_SUPER_MAGIC, unix.SQUASHFS_MAGIC, unix.EROFS_SUPER_MAGIC_V1, unix.RAMFS_MAGIC,
		0x2fc12fc1, // ZFS, which x/sys has no name for
	}
	var stat unix.Statfs_t
	return unix.Fstatfs(int(f.Fd()), &stat) == nil && slices.Contains(local, stat.Type)
}

// unreadable says in a fault why a file can't be read.
func unreadable(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "the file %s does not exist", path).WithMend(mendFile)
	case errors.Is(err, fs.ErrPermission):
		return fault.Wrap(err, fault.PermissionDenied, "the file %s may not be read", path).
			WithMend("Let the user that BanGUI runs as read it, and all folders above it.")
	default:
		return fault.Wrap(err, fault.Invalid, "the file %s can't be read", path).WithMend(mendFile)
	}
}
