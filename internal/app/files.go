package app

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"bangui/internal/fault"
)

// makeDataDir creates the data folder and says in a fault what keeps it from being
// used. It belongs to its owner alone: log lines and addresses are in it.
func makeDataDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return dirFault(err, dir)
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return dirFault(err, dir)
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func dirFault(err error, dir string) error {
	code := fault.Invalid
	if errors.Is(err, fs.ErrPermission) {
		code = fault.PermissionDenied
	}
	return fault.Wrap(err, code, "the data folder %s can't be used (%s)", dir, reason(err)).
		WithMend("Give it to this user, or set another one with --data-dir.")
}

// reason is the operating system's word for what went wrong, without the path.
func reason(err error) string {
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		return pathError.Err.Error()
	}
	return err.Error()
}

// hostID is this machine's random id, made at the first start and kept in the data
// folder: names and addresses of machines change and repeat.
func hostID(dataDir string) (string, error) {
	name := filepath.Join(dataDir, "host-id")
	content, err := os.ReadFile(name)
	switch {
	case err == nil:
		if id := strings.TrimSpace(string(content)); wellFormedID.MatchString(id) {
			return id, nil
		}
		return "", fault.New(fault.Invalid, "the file %s does not hold a host id (32 hexadecimal digits)", name).
			WithMend("Restore it from a backup, or remove it: this machine then counts as a new host, without its history.")
	case !errors.Is(err, fs.ErrNotExist):
		return "", dirFault(err, dataDir)
	}
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails, by its documentation
	id := hex.EncodeToString(random)
	if err := writeFile(name, id+"\n", 0o600); err != nil {
		return "", dirFault(err, dataDir)
	}
	return id, nil
}

var wellFormedID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// writeFile replaces a file in one step.
func writeFile(name, content string, mode fs.FileMode) error {
	temporary, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // renamed by then, or an earlier error says more
	_, err = temporary.WriteString(content)
	err = errors.Join(err, temporary.Chmod(mode), temporary.Sync(), temporary.Close())
	if err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}
