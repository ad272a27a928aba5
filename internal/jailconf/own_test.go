package jailconf_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

const name = "jail.d/zz-bangui-manual.local"

func folder(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "jail.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWriteOwn_ReadsBackAndRemoves(t *testing.T) {
	dir, content := folder(t), jailconf.Mark+"\n[manual]\nenabled = true\n"
	if got, err := jailconf.ReadOwn(dir, name); err != nil || got != "" {
		t.Fatalf("before: %q, %v", got, err)
	}
	for range 2 { // a second write replaces the first
		if err := jailconf.WriteOwn(dir, name, content); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := jailconf.ReadOwn(dir, name); err != nil || got != content {
		t.Errorf("after: %q, %v", got, err)
	}
	info, err := os.Stat(filepath.Join(dir, name))
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode: %v, %v", info.Mode(), err)
	}
	for range 2 { // removing what is gone is no error
		if err := jailconf.RemoveOwn(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(filepath.Join(dir, "jail.d"))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOwn_LeavesForeignFilesAlone(t *testing.T) {
	for kind, make := range map[string]func(path string) error{
		"written by somebody": func(p string) error { return os.WriteFile(p, []byte("[manual]\n"), 0o644) },
		"empty":               func(p string) error { return os.WriteFile(p, nil, 0o644) },
		"a link":              func(p string) error { return os.Symlink("/etc/hostname", p) },
		"a pipe":              func(p string) error { return syscall.Mkfifo(p, 0o644) },
		"a folder":            func(p string) error { return os.Mkdir(p, 0o755) },
	} {
		t.Run(kind, func(t *testing.T) {
			dir := folder(t)
			path := filepath.Join(dir, name)
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.Lstat(path)
			if err := jailconf.WriteOwn(dir, name, jailconf.Mark+"\n"); !fault.Is(err, fault.Conflict) {
				t.Errorf("WriteOwn = %v, want a conflict", err)
			}
			if err := jailconf.RemoveOwn(dir, name); !fault.Is(err, fault.Conflict) {
				t.Errorf("RemoveOwn = %v, want a conflict", err)
			}
			after, err := os.Lstat(path)
			if err != nil || after.ModTime() != before.ModTime() || after.Mode() != before.Mode() {
				t.Errorf("it was touched: %v, %v", after, err)
			}
		})
	}
}

func TestOwn_RefusesOtherNames(t *testing.T) {
	dir := folder(t)
	for _, bad := range []string{
		"jail.local", "jail.d/manual.local", "jail.d/zz-bangui-../x.local", "../jail.d/zz-bangui-a.local",
		"jail.d/zz-bangui-a.conf", "jail.d/zz-bangui-.local", "action.d/.a.local", "filter.d/a/b.local", "jail.d/zz-bangui-a.local\n", "fail2ban.d/zz-bangui-a.local", "fail2ban.local",
	} {
		if err := jailconf.WriteOwn(dir, bad, jailconf.Mark+"\n"); err == nil {
			t.Errorf("WriteOwn(%q) was taken", bad)
		}
	}
	if err := jailconf.WriteOwn(dir, name, "[manual]\n"); err == nil {
		t.Error("content without the mark was taken")
	}
}

// A link in place of the folder must not lead out of the configuration folder.
func TestWriteOwn_StaysInside(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "jail.d")); err != nil {
		t.Fatal(err)
	}
	if err := jailconf.WriteOwn(dir, name, jailconf.Mark+"\n"); err == nil {
		t.Error("it was written through a link that leads outside")
	}
	if left, _ := os.ReadDir(outside); len(left) != 0 {
		t.Errorf("written outside: %v", left)
	}
}

// fail2ban may read at any moment: it finds the old file or the new one, never a part.
func TestWriteOwn_NobodySeesAHalf(t *testing.T) {
	dir := folder(t)
	contents := [2]string{jailconf.Mark + "\n" + strings.Repeat("# one\n", 50_000), jailconf.Mark + "\n" + strings.Repeat("# other\n", 40_000)}
	if err := jailconf.WriteOwn(dir, name, contents[0]); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 50 && err == nil; i++ {
			err = jailconf.WriteOwn(dir, name, contents[i%2])
		}
		written <- err
	}()
	for looks := 0; ; looks++ {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !slices.Contains(contents[:], string(got)) {
			t.Errorf("look %d found %d bytes, %v", looks, len(got), err)
		}
		select {
		case err := <-written:
			if err != nil || looks < 10 {
				t.Errorf("%v after %d looks", err, looks)
			}
			return
		default:
		}
	}
}

// A second name of our file, wherever it is, keeps its content: nothing is written in place.
func TestWriteOwn_LeavesHardLinksAlone(t *testing.T) {
	dir, second := folder(t), filepath.Join(t.TempDir(), "second")
	if err := jailconf.WriteOwn(dir, name, jailconf.Mark+"\nold\n"); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(filepath.Join(dir, name), second); err != nil {
		t.Fatal(err)
	}
	if err := jailconf.WriteOwn(dir, name, jailconf.Mark+"\nnew\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(second); err != nil || string(got) != jailconf.Mark+"\nold\n" {
		t.Errorf("%q, %v", got, err)
	}
}
