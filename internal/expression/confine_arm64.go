package expression

import "golang.org/x/sys/unix"

const (
	arch   = unix.AUDIT_ARCH_AARCH64
	beyond = 0x40000000 // no call has such a number
)

// opening are the calls that open files, with the place of their flags.
var opening = map[uint32]uint32{unix.SYS_OPENAT: 2} //nolint:gochecknoglobals // constant

// refusedHere are calls that only this machine has.
var refusedHere = []uint32{unix.SYS_RENAMEAT} //nolint:gochecknoglobals // a constant list
