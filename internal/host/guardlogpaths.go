package host

import (
	"context"
	"path/filepath"
	"strings"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// MaxLogPaths bounds the paths that are looked at in one question.
const MaxLogPaths = 100

// LogFiles lets only paths be looked at that are in folders for logs: what else is on
// this machine is nobody's business. Of the others it says just that.
func (g *Guard) LogFiles(ctx context.Context, paths []string) ([]WatchedLog, error) {
	if len(paths) > MaxLogPaths {
		return nil, fault.New(fault.TooLarge, "%d paths were given; %d is the most at once", len(paths), MaxLogPaths)
	}
	var allowed []string
	for _, p := range paths {
		if _, _, err := jailconf.Check(jailconf.InJail, "logpath", p); err != nil || strings.Contains(p, "\n") {
			return nil, fault.New(fault.Invalid, "%q is no absolute path without blanks", clip(p))
		}
		if g.forLogs(p) {
			allowed = append(allowed, p)
		}
	}
	var found []WatchedLog
	if len(allowed) > 0 {
		var err error
		if found, err = g.host.LogFiles(ctx, allowed); err != nil {
			return nil, err
		}
	}
	if len(found) != len(allowed) {
		return nil, fault.New(fault.Internal, "%d answers came for %d paths", len(found), len(allowed))
	}
	all := make([]WatchedLog, 0, len(paths))
	for _, p := range paths {
		source := WatchedLog{Path: p}
		if g.forLogs(p) {
			source, found = found[0], found[1:]
			source.Allowed = true
			source.Files = g.onlyInside(source.Files)
		}
		all = append(all, source)
	}
	return all, nil
}

// onlyInside leaves of what links lead out of the folders no more than that they do.
func (g *Guard) onlyInside(files []WatchedFile) []WatchedFile {
	for i, f := range files {
		leads, err := filepath.EvalSymlinks(f.Path)
		if err == nil && !g.forLogs(leads) {
			files[i] = WatchedFile{Path: f.Path, Problem: LogLeadsOut}
		}
	}
	return files
}
