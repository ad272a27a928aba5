package expression

import (
	"os"
	"path/filepath"
	"unsafe" //nolint:depguard // the kernel takes the rules by their address

	"golang.org/x/sys/unix"
)

// Rights of Landlock's first version: all of them are taken, reading is given back.
const (
	allRights  = 1<<13 - 1
	readFile   = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_EXECUTE
	readFolder = readFile | unix.LANDLOCK_ACCESS_FS_READ_DIR
)

// needed are what Python reads: its programs, its library, the clock's zone.
func needed(python string) []string {
	all := []string{"/usr", "/lib", "/lib32", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime"}
	own, _ := filepath.Glob("/etc/python3*")
	all = append(all, own...)
	places := []string{python}
	if leads, err := filepath.EvalSymlinks(python); err == nil {
		places = append(places, leads)
	}
	for _, place := range places {
		if prefix := filepath.Dir(filepath.Dir(place)); prefix != "/" && prefix != "." {
			all = append(all, prefix) // of a virtual environment
		}
	}
	return all
}

// onlyPython takes all files from this thread, and what it starts, but those that Python
// needs; these are for reading.
func onlyPython(python string) error {
	attr := unix.LandlockRulesetAttr{Handled_access_fs: allRights}
	// Its first field only: the kernel may know the first version of Landlock only.
	set, _, no := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr.Handled_access_fs), 0) //nolint:gosec // the call takes a pointer
	if no != 0 {
		return no
	}
	defer unix.Close(int(set)) //nolint:errcheck // nothing was written
	for _, path := range needed(python) {
		if err := allowRead(int(set), path); err != nil {
			return err
		}
	}
	if _, _, no := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, set, 0, 0); no != 0 {
		return no
	}
	return nil
}

// allowRead lets a file or folder be read; one that is not there needs no leave.
func allowRead(set int, path string) error {
	file, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil //nolint:nilerr // it is not there
	}
	defer unix.Close(file) //nolint:errcheck // nothing was written
	var info unix.Stat_t
	if err := unix.Fstat(file, &info); err != nil {
		return err
	}
	rule := unix.LandlockPathBeneathAttr{Allowed_access: readFile, Parent_fd: int32(file)}
	if info.Mode&unix.S_IFMT == unix.S_IFDIR {
		rule.Allowed_access = readFolder
	}
	if _, _, no := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(set), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); no != 0 { //nolint:gosec // the call takes a pointer
		return no
	}
	return nil
}

// mayBecomeNobody reports whether we are root with the powers to change users. Systemd may
// have left root without them.
func mayBecomeNobody() bool {
	if os.Geteuid() != 0 {
		return false
	}
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&head, &have[0]); err != nil {
		return false
	}
	const wanted = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID
	return have[0].Effective&wanted == wanted
}
