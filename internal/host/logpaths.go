package host

import (
	"context"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"bangui/internal/fault"
)

// WatchedLog is one line of a jail's logpath, as it is on this machine now.
type WatchedLog struct {
	Path    string // a pattern, or a path; "tail" behind it is left out
	Allowed bool   // it is in a folder for logs, so it was looked at; Guard says it
	Files   []WatchedFile
	More    int // how many more match
}

// WatchedFile is one file that a path leads to.
type WatchedFile struct {
	Path         string
	Problem      LogProblem // "" = fail2ban can read it, as far as we can
	Size         int64
	Changed      time.Time
	Mode         string // as ls shows it: -rw-r-----
	Owner, Group string // names, or numbers where there is none
}

// LogProblem says why a log can't be read.
type LogProblem string

// The problems.
const (
	LogReadable   LogProblem = ""
	LogNoFile     LogProblem = "no_file"    // a folder, a device, a pipe
	LogUnreadable LogProblem = "unreadable" // this process may not open it
	LogLeadsOut   LogProblem = "leads_out"  // a link leads out of the folders for logs
)

// maxLogFiles bounds the files that are told for one path.
const maxLogFiles = 50

// LogFiles looks at the paths of a jail's logs; see Host.
func (l *Local) LogFiles(_ context.Context, paths []string) ([]WatchedLog, error) {
	var all []WatchedLog
	for _, p := range paths {
		path, _, _ := strings.Cut(strings.TrimSpace(p), " ")
		found, err := filepath.Glob(path)
		if err != nil {
			return nil, fault.New(fault.Invalid, "%q is no path", clip(path))
		}
		source := WatchedLog{Path: path, More: max(0, len(found)-maxLogFiles)}
		for _, name := range found[:min(len(found), maxLogFiles)] {
			source.Files = append(source.Files, logFile(name))
		}
		all = append(all, source)
	}
	return all, nil
}

func logFile(path string) WatchedFile {
	f := WatchedFile{Path: path}
	info, err := os.Stat(path)
	if err != nil {
		f.Problem = LogUnreadable
		return f
	}
	f.Size, f.Changed, f.Mode = info.Size(), info.ModTime().UTC(), info.Mode().String()
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		f.Owner, f.Group = userName(sys.Uid), groupName(sys.Gid)
	}
	if !info.Mode().IsRegular() {
		f.Problem = LogNoFile
		return f
	}
	open, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		f.Problem = LogUnreadable
		return f
	}
	_ = open.Close()
	return f
}

func userName(id uint32) string {
	number := strconv.FormatUint(uint64(id), 10)
	if u, err := user.LookupId(number); err == nil {
		return u.Username
	}
	return number
}

func groupName(id uint32) string {
	number := strconv.FormatUint(uint64(id), 10)
	if g, err := user.LookupGroupId(number); err == nil {
		return g.Name
	}
	return number
}
