package helper

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"slices"
	"strconv"
	"syscall"

	"bangui/internal/fault"
)

// Allowed says which users may connect. Root and the user that the helper itself runs
// as always may: they could do all of it without us.
type Allowed struct {
	users  []int
	groups []int
	first  int // the group that the socket belongs to; -1 = the helper's own
}

// Allow looks up users and groups, by name or number. The error is a fault Invalid
// that names the one which does not exist.
func Allow(users, groups []string) (Allowed, error) {
	a := Allowed{first: -1}
	for _, name := range groups {
		gid, err := groupID(name)
		if err != nil {
			return Allowed{}, fault.Wrap(err, fault.Invalid, "there is no group %q to allow", name).WithMend("Create it, or name another one with --allow-group.")
		}
		a.groups = append(a.groups, gid)
	}
	for _, name := range users {
		u, err := lookUpUser(name)
		if err != nil {
			return Allowed{}, fault.Wrap(err, fault.Invalid, "there is no user %q to allow", name).WithMend("Create it, or name another one with --allow-user.")
		}
		uid, _ := strconv.Atoi(u.Uid)
		a.users = append(a.users, uid)
		if gid, err := strconv.Atoi(u.Gid); err == nil && a.first < 0 && len(a.groups) == 0 {
			a.first = gid
		}
	}
	if len(a.groups) > 0 {
		a.first = a.groups[0]
	}
	return a, nil
}

// Nobody reports whether nobody but root was allowed.
func (a Allowed) Nobody() bool { return len(a.users)+len(a.groups) == 0 }

// lookUpUser finds a user by name or number. A number without an entry is taken as it
// is: the users of another container have none here.
func lookUpUser(name string) (*user.User, error) {
	u, err := user.Lookup(name)
	if err == nil {
		return u, nil
	}
	if uid, numErr := strconv.ParseUint(name, 10, 31); numErr == nil {
		if u, err := user.LookupId(name); err == nil {
			return u, nil
		}
		return &user.User{Uid: strconv.FormatUint(uid, 10)}, nil
	}
	return nil, err
}

func groupID(name string) (int, error) {
	if gid, err := strconv.ParseUint(name, 10, 31); err == nil {
		return int(gid), nil
	}
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(g.Gid)
}

// permits reports whether a process may talk to us.
func (a Allowed) permits(peer syscall.Ucred) bool {
	uid := int(peer.Uid)
	if uid == 0 || uid == os.Geteuid() || slices.Contains(a.users, uid) || slices.Contains(a.groups, int(peer.Gid)) {
		return true
	}
	return len(a.groups) > 0 && a.member(uid)
}

// member reports whether a user belongs to an allowed group beside his first one,
// which is all that the kernel tells.
func (a Allowed) member(uid int) bool {
	u, err := user.LookupId(strconv.Itoa(uid))
	if err != nil {
		return false
	}
	ids, err := u.GroupIds()
	if err != nil {
		return false
	}
	return slices.ContainsFunc(a.groups, func(gid int) bool { return slices.Contains(ids, strconv.Itoa(gid)) })
}

// peerOf is the process at the other end, as the kernel noted it when it connected.
func peerOf(conn net.Conn) (syscall.Ucred, error) {
	c, ok := conn.(syscall.Conn)
	if !ok {
		return syscall.Ucred{}, fmt.Errorf("a %T has no peer", conn)
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return syscall.Ucred{}, err
	}
	var peer *syscall.Ucred
	err2 := raw.Control(func(fd uintptr) {
		peer, err = syscall.GetsockoptUcred(int(fd), syscall.SOL_SOCKET, syscall.SO_PEERCRED)
	})
	if err2 != nil {
		return syscall.Ucred{}, err2
	}
	if err != nil {
		return syscall.Ucred{}, err
	}
	return *peer, nil
}
