package host

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"bangui/internal/fault"
)

// Epochs keeps the highest epoch that a scheduler has shown here, so that one which was
// paused while it lost its lease can't act afterwards. Make it with NewEpochs; the zero
// value keeps it in memory only. It is safe for concurrent use.
type Epochs struct {
	path string

	mu      sync.Mutex
	highest int64
}

// NewEpochs reads what was kept in the file at path, which need not be there yet.
func NewEpochs(path string) (*Epochs, error) {
	e := &Epochs{path: path}
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err == nil {
		e.highest, err = strconv.ParseInt(strings.TrimSpace(string(content)), 10, 64)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "the file %s does not hold the epoch of a scheduler", path).
			WithMend("Remove it: the next scheduler writes it anew.")
	}
	return e, nil
}

// Admit lets an epoch act that is not lower than the highest seen: Conflict otherwise. A
// higher one is on the disk before Admit returns. 0 is what no scheduler sends, and is
// always admitted: people act without a lease. An epoch is made of a clock in ms, so one that
// is more than a day ahead of ours is refused as Invalid: whoever could have it kept would
// lock every scheduler out.
func (e *Epochs) Admit(epoch int64) error {
	if e == nil || epoch == 0 {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case epoch > latestEpoch():
		return fault.New(fault.Invalid, "epoch %d of a scheduler is of a day that has not come", epoch).
			WithMend("See that the clocks of this machine and of the console's database are right.")
	case epoch < e.highest:
		return fault.New(fault.Conflict, "a scheduler of epoch %d has acted here; this order is of epoch %d", e.highest, epoch).
			WithMend("Nothing: the scheduler that leads now does the work.")
	case epoch == e.highest:
		return nil
	}
	if err := e.keep(epoch); err != nil {
		return fault.Wrap(err, fault.Internal, "the scheduler's epoch could not be kept in %s", e.path)
	}
	e.highest = epoch
	return nil
}

// latestEpoch is the highest epoch that a clock near ours can have made.
func latestEpoch() int64 {
	const ahead = 24 * time.Hour
	return time.Now().Add(ahead).UnixMilli()
}

// keep replaces the file in one step that survives a power cut.
func (e *Epochs) keep(epoch int64) error {
	if e.path == "" {
		return nil
	}
	staged, err := os.CreateTemp(filepath.Dir(e.path), ".epoch-*")
	if err != nil {
		return err
	}
	defer os.Remove(staged.Name()) //nolint:errcheck // renamed by then, or an earlier error says more
	_, err = staged.WriteString(strconv.FormatInt(epoch, 10) + "\n")
	if err = errors.Join(err, staged.Sync(), staged.Close()); err != nil {
		return err
	}
	if err := os.Rename(staged.Name(), e.path); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(e.path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
