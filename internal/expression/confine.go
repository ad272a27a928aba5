package expression

import (
	"os"
	"unsafe" //nolint:depguard // the kernel takes the filter by its address

	"bangui/internal/fault"

	"golang.org/x/sys/unix"
)

// refused are system calls that the cage does without: what reaches the network or other
// processes, changes files, or widens rights. A call that is in none of the lists can still
// do no harm that its user (nobody) may not do.
var refused = append([]uint32{ //nolint:gochecknoglobals // a constant list
	unix.SYS_SOCKET, unix.SYS_SOCKETPAIR, unix.SYS_CONNECT, unix.SYS_BIND, unix.SYS_LISTEN, unix.SYS_ACCEPT, unix.SYS_ACCEPT4,
	unix.SYS_SENDTO, unix.SYS_SENDMSG, unix.SYS_SENDMMSG, unix.SYS_RECVFROM, unix.SYS_RECVMSG, unix.SYS_RECVMMSG,
	unix.SYS_IO_URING_SETUP, unix.SYS_IO_URING_ENTER, unix.SYS_IO_URING_REGISTER,
	unix.SYS_PTRACE, unix.SYS_PROCESS_VM_READV, unix.SYS_PROCESS_VM_WRITEV, unix.SYS_KILL, unix.SYS_TKILL, unix.SYS_PIDFD_OPEN, unix.SYS_PIDFD_GETFD,
	unix.SYS_UNLINKAT, unix.SYS_RENAMEAT2, unix.SYS_MKDIRAT, unix.SYS_LINKAT, unix.SYS_SYMLINKAT, unix.SYS_MKNODAT,
	unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHOWN, unix.SYS_FCHOWNAT, unix.SYS_TRUNCATE, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE,
	unix.SYS_SETXATTR, unix.SYS_LSETXATTR, unix.SYS_FSETXATTR, unix.SYS_UTIMENSAT, unix.SYS_OPENAT2, unix.SYS_OPEN_BY_HANDLE_AT,
	unix.SYS_MOUNT, unix.SYS_UMOUNT2, unix.SYS_UNSHARE, unix.SYS_SETNS, unix.SYS_CHROOT, unix.SYS_PIVOT_ROOT,
	unix.SYS_KEYCTL, unix.SYS_ADD_KEY, unix.SYS_REQUEST_KEY, unix.SYS_BPF, unix.SYS_PERF_EVENT_OPEN, unix.SYS_USERFAULTFD,
	unix.SYS_MEMFD_CREATE, unix.SYS_SHMGET, unix.SYS_MSGGET, unix.SYS_SEMGET, unix.SYS_MQ_OPEN,
}, refusedHere...)

// writing are the flags of a file that is opened for more than reading.
const writing = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC

// confine takes from this thread, and what it starts, the calls in refused and all files
// but those that Python needs. It can't be undone. Landlock is not everywhere (Linux 5.13):
// without it what is in the cage reads what nobody may read, so root must become nobody.
func confine(python string) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return unconfined(err)
	}
	if err := onlyPython(python); err != nil && os.Geteuid() == 0 && !mayBecomeNobody() {
		return fault.Wrap(err, fault.Unsupported, "the helper may neither become another user nor lock files away (Landlock), so it tries no expressions").
			WithMend("Install the unit that comes with this version, or a kernel from 5.13 on; in a container: cap_add: [SETUID, SETGID].")
	}
	code := program()
	filter := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	if err := unix.Prctl(unix.PR_SET_SECCOMP, unix.SECCOMP_MODE_FILTER, uintptr(unsafe.Pointer(&filter)), 0, 0); err != nil { //nolint:gosec // the call takes a pointer
		return unconfined(err)
	}
	return nil
}

func unconfined(err error) error {
	return fault.Wrap(err, fault.Unsupported, "the system does not let BanGUI lock expressions in, so they are not tried")
}

// Offsets in what the kernel shows the filter: struct seccomp_data.
const (
	atNumber = 0
	atArch   = 4
	atArgs   = 16 // eight bytes each; the lower half is first on the machines that we know
)

// program is the filter: another machine's calls end the process, refused ones and files
// opened for writing answer EPERM, signals reach our own process only.
func program() []unix.SockFilter {
	const refuse = unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM)
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	jump := func(how uint16, k uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | how | unix.BPF_K, Jt: yes, Jf: no, K: k}
	}
	give := func(k uint32) unix.SockFilter { return unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: k} }
	code := []unix.SockFilter{
		load(atArch), jump(unix.BPF_JEQ, arch, 1, 0), give(unix.SECCOMP_RET_KILL_PROCESS),
		load(atNumber), jump(unix.BPF_JGE, beyond, 0, 1), give(unix.SECCOMP_RET_KILL_PROCESS),
	}
	for _, number := range refused {
		code = append(code, jump(unix.BPF_JEQ, number, 0, 1), give(refuse))
	}
	for number, flags := range opening {
		code = append(code, jump(unix.BPF_JEQ, number, 0, 4), load(atArgs+8*flags), jump(unix.BPF_JSET, writing, 0, 1), give(refuse), give(unix.SECCOMP_RET_ALLOW))
	}
	code = append(code, jump(unix.BPF_JEQ, unix.SYS_TGKILL, 0, 4), load(atArgs), jump(unix.BPF_JEQ, uint32(os.Getpid()), 1, 0), give(refuse), give(unix.SECCOMP_RET_ALLOW))
	return append(code, give(unix.SECCOMP_RET_ALLOW))
}
