package expression

import "golang.org/x/sys/unix"

const (
	arch   = unix.AUDIT_ARCH_X86_64
	beyond = 0x40000000 // calls of the x32 kind, under other numbers
)

// opening are the calls that open files, with the place of their flags.
var opening = map[uint32]uint32{unix.SYS_OPEN: 1, unix.SYS_OPENAT: 2} //nolint:gochecknoglobals // constant

// refusedHere are calls that only this machine has.
var refusedHere = []uint32{ //nolint:gochecknoglobals // a constant list
	unix.SYS_CREAT, unix.SYS_UNLINK, unix.SYS_RMDIR, unix.SYS_RENAME, unix.SYS_RENAMEAT, unix.SYS_MKDIR, unix.SYS_LINK, unix.SYS_SYMLINK,
	unix.SYS_MKNOD, unix.SYS_CHMOD, unix.SYS_CHOWN, unix.SYS_LCHOWN, unix.SYS_UTIME, unix.SYS_UTIMES, unix.SYS_FUTIMESAT,
}
