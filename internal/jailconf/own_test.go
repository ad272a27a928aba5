package jailconf_test

import (
	"os"
	"path/filepath"
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
		"jail.d/zz-bangui-a.conf", "jail.d/zz-bangui-A.local", "action.d/zz-bangui-a.local", "jail.d/zz-bangui-a.local\n",
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
