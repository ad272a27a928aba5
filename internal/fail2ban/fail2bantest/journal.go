package fail2bantest

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"os"
	"path/filepath"
	"testing"
)

//go:embed testdata/journal.gz
var journal []byte

// Journal gives the path of a journalctl that reads a journal file of its own instead of
// this machine's: 12 failed log-ins of sshd from 203.0.113.7 between lines of cron, one
// that went well, a hostile line, and ten lines of fail2ban (testdata/journal.py).
func Journal(t testing.TB) (program string) {
	t.Helper()
	dir := t.TempDir()
	packed, err := gzip.NewReader(bytes.NewReader(journal))
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(packed)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "system.journal")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	program = filepath.Join(dir, "journalctl")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nPATH=/usr/bin:/bin exec journalctl --file="+file+" \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return program
}
