package lease

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// BootClock is the time since this kernel started, suspends included. Go's own clock
// stops while a machine sleeps.
func BootClock() time.Duration {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return 0 // never, since Linux 2.6.39
	}
	return time.Duration(now.Nano())
}

// BootID names the running kernel's start; "" when it can't be known.
func BootID() string {
	content, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(content))
}

// KernelLock is a lock on a file that the kernel drops with its process, however that
// ends. It tells a holder that died from one that is slow; that it is right is never
// relied on.
type KernelLock struct {
	path string
	file *os.File // nil = not held
}

// NewKernelLock returns a lock on the file at path, which is made when it isn't there.
func NewKernelLock(path string) *KernelLock { return &KernelLock{path: path} }

// Try takes the lock; false when somebody else has it, or nobody can. It never waits.
func (l *KernelLock) Try() bool {
	if l.file != nil {
		return true
	}
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return false
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = file.Close()
		return false
	}
	if !l.isThere(file) { // somebody removed it, and another may hold the new one
		_ = file.Close()
		return false
	}
	l.file = file
	return true
}

// isThere reports whether the file that was locked is still the one under the path.
func (l *KernelLock) isThere(file *os.File) bool {
	held, err := file.Stat()
	there, err2 := os.Stat(l.path)
	return errors.Join(err, err2) == nil && os.SameFile(held, there)
}

// Drop gives the lock back. The file stays: another may wait for it.
func (l *KernelLock) Drop() {
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}
