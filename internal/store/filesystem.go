package store

import "golang.org/x/sys/unix"

// remoteKinds are the file systems, by their numbers in statfs(2), on which SQLite can't
// have what it needs for several processes: memory that they share, and locks that all
// of them see. FUSE is among them since nobody knows what is behind it; virtiofs, by
// which virtual machines see folders of their host, has the same number.
func remoteKinds() map[uint32]string {
	return map[uint32]string{
		0x6969:     "NFS",
		0x517b:     "SMB",
		0xfe534d42: "SMB",
		0xff534d42: "SMB", // cifs
		0x01021997: "9p",
		0x65735546: "FUSE",
		0x5346414f: "AFS",
		0x00c36400: "Ceph",
		0x0bd00bd0: "Lustre",
		0x786f4256: "VirtualBox",
	}
}

// remoteKind names the file system that a file is on when it is a network's or FUSE; ""
// when it is neither, or can't be known.
func remoteKind(path string) string {
	var answer unix.Statfs_t
	if err := unix.Statfs(path, &answer); err != nil {
		return ""
	}
	return remoteKinds()[uint32(answer.Type)] // the numbers have 32 bits, with whatever sign
}
