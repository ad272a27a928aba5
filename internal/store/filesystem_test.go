package store

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/lease"

	"golang.org/x/sys/unix"
)

// remoteOptions are options for a file that counts as one on a network: what the kernel
// says, and FUSE where it says that it is a local file.
func remoteOptions(path string) Options {
	o := options(path)
	o.BusyFor = 200 * time.Millisecond
	o.remoteKind = func(path string) string { return cmp.Or(remoteKind(path), "FUSE") }
	return o
}

// remoteFolder is a folder on a real FUSE file system, where one can be had: that needs
// bindfs, /dev/fuse and the right to mount. Elsewhere it is a local one, and only the
// kernel's answer about it is made up.
func remoteFolder(t *testing.T) string {
	t.Helper()
	below, folder := t.TempDir(), t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	mount := exec.CommandContext(ctx, "bindfs", "-f", "--no-allow-other", below, folder)
	mount.Cancel = func() error { return unix.Unmount(folder, unix.MNT_DETACH) }
	mount.WaitDelay = 10 * time.Second
	if err := mount.Start(); err != nil {
		cancel()
		t.Logf("without a real FUSE file system: %v", err)
		return folder
	}
	go func() {
		defer close(ended)
		_ = mount.Wait()
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	for remoteKind(folder) == "" {
		select {
		case <-ended:
			t.Log("without a real FUSE file system: bindfs may not mount")
			return folder
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Log("on a real FUSE file system")
	return folder
}

func openedWith(t *testing.T, o Options) *DB {
	t.Helper()
	db, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestRemoteKind(t *testing.T) {
	folder := remoteFolder(t)
	if got := remoteKind(folder); got != "" && got != "FUSE" {
		t.Errorf("bindfs is %q", got)
	}
	for _, path := range []string{t.TempDir(), "/proc/self/status", filepath.Join(t.TempDir(), "nosuch")} {
		if got := remoteKind(path); got != "" {
			t.Errorf("%s is %q", path, got)
		}
	}
	for number, want := range map[int64]string{
		unix.NFS_SUPER_MAGIC: "NFS", unix.SMB_SUPER_MAGIC: "SMB", unix.CIFS_SUPER_MAGIC: "SMB", unix.SMB2_SUPER_MAGIC: "SMB",
		unix.V9FS_MAGIC: "9p", unix.FUSE_SUPER_MAGIC: "FUSE", unix.AFS_SUPER_MAGIC: "AFS", unix.CEPH_SUPER_MAGIC: "Ceph",
		unix.EXT4_SUPER_MAGIC: "", unix.TMPFS_MAGIC: "", unix.OVERLAYFS_SUPER_MAGIC: "", unix.BTRFS_SUPER_MAGIC: "", unix.XFS_SUPER_MAGIC: "",
	} {
		if got := remoteKinds()[uint32(number)]; got != want {
			t.Errorf("%#x is %q, want %q", number, got, want)
		}
	}
	if db := opened(t, freshPath(t)); db.Remote() != "" {
		t.Errorf("a local file is on %q", db.Remote())
	}
}

// On a file system of a network one process has the file, with a journal that needs no
// shared memory; whoever comes second is refused and told why, in whatever process.
func TestOpen_RemoteIsForOne(t *testing.T) {
	path := filepath.Join(remoteFolder(t), "data", "bangui.db")
	db := openedWith(t, remoteOptions(path))
	if db.Remote() != "FUSE" {
		t.Errorf("it is on %q", db.Remote())
	}
	for pragma, want := range map[string]string{"journal_mode": "truncate", "locking_mode": "exclusive", "synchronous": "2", "foreign_keys": "1"} {
		var got string
		if err := db.write.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil || got != want {
			t.Errorf("%s = %q, %v, want %s", pragma, got, err, want)
		}
	}
	expectAlone := func(when string) {
		t.Helper()
		_, err := Open(t.Context(), remoteOptions(path))
		expectFault(t, err, fault.DatabaseBusy)
		for who, told := range map[string]string{"here": fault.MessageOf(err) + fault.MendOf(err), "elsewhere": inChild(t, "open-remote", path)} {
			for _, want := range []string{path, "FUSE", "only one", "--data-dir", "PostgreSQL"} {
				if !strings.Contains(told, want) {
					t.Errorf("%s, a second one %s is told %q, which lacks %q", when, who, told, want)
				}
			}
		}
	}
	expectAlone("after the migrations")
	if err := db.EnsureHost(t.Context(), "h", "h"); err != nil {
		t.Fatal(err)
	}
	expectAlone("after a change")
	if exists(path+"-wal") || exists(path+"-shm") {
		t.Error("it uses shared memory")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if got := inChild(t, "open-remote", path); got != "ok" {
		t.Errorf("after the first one has ended: %s", got)
	}
	again := openedWith(t, remoteOptions(path))
	expectAlone("when there is nothing to migrate")
	if len(must(again.ListHosts(t.Context()))) != 2 {
		t.Error("what both wrote is not there")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Writers, readers and the lease share the one connection, and none waits for ever.
func TestOpen_RemoteSharesItsConnection(t *testing.T) {
	db := openedWith(t, remoteOptions(filepath.Join(remoteFolder(t), "bangui.db")))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	term := take(t, db, "a")
	fenced := db.Fenced(term, func() { t.Error("refused") })
	var all sync.WaitGroup
	const each = 20
	for w := range 4 {
		all.Go(func() {
			for i := range each {
				if err := fenced.EnsureHost(ctx, fmt.Sprintf("%d-%d", w, i), "x"); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range each {
				if _, err := db.ListHosts(ctx); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range each {
		ok, err := db.RenewLease(ctx, term, fmt.Sprintf("a-%d", i), fmt.Sprintf("a-%d", i+1))
		if err != nil || !ok {
			t.Errorf("beat %d: %v, %v", i, ok, err)
		}
	}
	all.Wait()
	if hosts, err := db.ListHosts(ctx); err != nil || len(hosts) != 4*each {
		t.Errorf("%d hosts, %v", len(hosts), err)
	}
	if row := look(t, db); row.Beat != each || db.Check(ctx) != nil {
		t.Errorf("%+v", row)
	}
	if err := errors.Join(db.Optimise(ctx), db.Examine(ctx)); err != nil {
		t.Errorf("its upkeep: %v", err)
	}
	other := take(t, db, "b")
	late := false
	if err := db.Fenced(term, func() { late = true }).EnsureHost(ctx, "zombie", "x"); !errors.Is(err, lease.ErrFenced) || !late {
		t.Errorf("after %+v: %v", other, err)
	}
}

// A database moves between a local disk and a network's in both directions, and whoever
// is killed there locks nobody out.
func TestOpen_RemoteMovesAndSurvivesKill(t *testing.T) {
	local, remote := freshPath(t), filepath.Join(remoteFolder(t), "bangui.db")
	db := opened(t, local)
	if err := db.EnsureHost(t.Context(), "local", "x"); err != nil {
		t.Fatal(err)
	}
	move := func(db *DB, from, to string) {
		t.Helper()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		content, err := os.ReadFile(from)
		if err = errors.Join(err, os.WriteFile(to, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	move(db, local, remote)
	holder := command(t, "write-remote", remote)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	lines, written := bufio.NewScanner(out), 0
	for written < 20 && lines.Scan() {
		written++
	}
	if err := holder.Process.Kill(); err != nil {
		t.Error(err)
	}
	for lines.Scan() {
		written++
	}
	_ = holder.Wait()
	db = openedWith(t, remoteOptions(remote))
	hosts, err := db.ListHosts(t.Context())
	if n := len(hosts); err != nil || n < written+1 || n > written+2 || written < 20 {
		t.Errorf("%d hosts, %d were acknowledged, %v", n, written, err)
	}
	move(db, remote, local)
	db = opened(t, local)
	var mode string
	if err := db.write.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
		t.Errorf("back on a local disk: %s, %v", mode, err)
	}
	if got := must(db.ListHosts(t.Context())); len(got) != len(hosts) {
		t.Errorf("%d hosts of %d came back", len(got), len(hosts))
	}
	opened(t, local)
}

// writeRemote stores hosts and prints each once it is stored, until it is killed.
func writeRemote(ctx context.Context, path string) error {
	db, err := Open(ctx, remoteOptions(path))
	if err != nil {
		return err
	}
	defer db.Close()
	for n := 0; ; n++ {
		if err := db.EnsureHost(ctx, fmt.Sprintf("remote-%d", n), "x"); err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, n)
	}
}
