package jailconf_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bangui/internal/jailconf"
)

// However a way out of the folder is spelt, and wherever it stands in a name: it is
// refused, and nothing is read, written or removed by it.
func TestOwn_RefusesEveryWayOut(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "a", "b", "etc")
	for _, folder := range []string{"jail.d", "fail2ban.d"} {
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	secret := filepath.Join(outer, "zz-bangui-secret.local")
	if err := os.WriteFile(secret, []byte(jailconf.Mark+"\nsecret"), 0o644); err != nil {
		t.Fatal(err)
	}
	before := everything(t, outer)
	tried := 0
	for _, up := range []string{
		"../", "..//", "./../", "..\\", "..%2f", "%2e%2e/", "%2e%2e%2f", "..%252f", "..%c0%af", "..;/", "....//", "..\x00/", "../\x00", " ../", ".. /", "\u2024\u2024/", "\uff0e\uff0e/", "..\u2215", "~/../",
	} {
		for depth := 1; depth <= 3; depth++ {
			way := strings.Repeat(up, depth)
			for _, name := range []string{
				way + "zz-bangui-secret.local", "jail.d/" + way + "zz-bangui-secret.local", "jail.d/zz-bangui-" + way + "zz-bangui-secret.local",
				way + "jail.d/zz-bangui-secret.local", "/" + way + "zz-bangui-secret.local", "jail.d/zz-bangui-secret.local/" + way + "zz-bangui-secret.local",
			} {
				tried++
				if content, err := jailconf.ReadOwn(dir, name); err == nil || strings.Contains(content, "secret") {
					t.Errorf("ReadOwn(%q) was taken", name)
				}
				if err := jailconf.WriteOwn(dir, name, jailconf.Mark+"\nmine"); err == nil {
					t.Errorf("WriteOwn(%q) was taken", name)
				}
				if err := jailconf.RemoveOwn(dir, name); err == nil {
					t.Errorf("RemoveOwn(%q) was taken", name)
				}
			}
		}
	}
	if after := everything(t, outer); after != before || tried < 300 {
		t.Errorf("after %d names there is\n%s\nand was\n%s", tried, after, before)
	}
}

// everything is all files below a folder with their contents.
func everything(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		all.WriteString(name + "\n")
		if entry.Type().IsRegular() {
			content, err := os.ReadFile(name)
			all.Write(content)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
