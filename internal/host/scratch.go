package host

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"bangui/internal/fault"
)

// Folders that a change is tried out in have names that begin so. One that is older than
// staleAfter was left by a process that was killed: no trial takes that long.
const (
	scratchPrefix = "bangui-scratch-"
	staleAfter    = time.Hour
)

// scratchFolder makes a folder that nobody else can look into, for as long as remove isn't called.
func scratchFolder() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", scratchPrefix)
	if err != nil {
		return "", nil, fault.Wrap(err, fault.Internal, "no folder could be made to try the configuration in")
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// sweepScratch removes the folders that were left by processes that were killed: each holds
// a whole copy of the configuration.
func (l *Local) sweepScratch() {
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), scratchPrefix) || !e.IsDir() {
			continue
		}
		info, err := e.Info()
		if err != nil || l.Now().Sub(info.ModTime()) < staleAfter {
			continue
		}
		if of, ok := info.Sys().(*syscall.Stat_t); !ok || int(of.Uid) != os.Geteuid() {
			continue // it is somebody else's who likes the name
		}
		if err := os.RemoveAll(filepath.Join(os.TempDir(), e.Name())); err != nil {
			l.Logger.Warn("a folder that a killed trial left was not removed", "error", err)
		}
	}
}
