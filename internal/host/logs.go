package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"bangui/internal/expression"
	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// Bounds of what is told about logs.
const (
	maxLogs    = 500     // files
	maxLogTail = 8 << 20 // bytes of a log's end that are looked at
	logOpens   = 100     // files that a pattern of one jail may name
)

// Logs are the logs of a host: what its jails read, and what else can be asked for.
type Logs struct {
	Files    []LogFile
	Journals []JournalSource
	Jails    []LogJail
	Filters  []string // names of those on disk
	Units    []string // systemd's, that wrote into the journal; at most 500
	Folders  []string // in which logs may be
	NoJail   string   // why the jails' logs are not told; "" = they are
	Journal  bool     // the journal can be read
}

// LogFile is one log of a jail.
type LogFile struct {
	Path    string // as fail2ban names it
	Size    int64
	ModTime time.Time // zero where it can't be read
	Why     string    // it can't be read; "" = it can
	Jails   []string
}

// JournalSource is what jails read of the journal.
type JournalSource struct {
	Match string
	Jails []string
}

// LogJail is a jail with what its filter is called, for who tries it.
type LogJail struct {
	Name    string
	Enabled bool
	Filter  string // NAME[options]; "" = none
}

// LogLines are the last lines of a log.
type LogLines struct {
	Lines []LogLine
	More  bool // there are more before them
}

// LogLine is one line; hostile text. At is of the journal; nil = it stands in the line.
type LogLine struct {
	Text string // at most expression.MaxText characters
	Cut  bool
	At   *time.Time
}

// Logs tells what logs there are; see Host.
func (l *Local) Logs(ctx context.Context) (Logs, error) {
	tree, err := jailconf.ReadTree(l.ConfigDir)
	if err != nil {
		return Logs{}, err
	}
	logs := Logs{Folders: l.logFolders(), Filters: filtersOf(tree)}
	logs.Units, logs.Journal = l.units(ctx)
	config, err := l.resolved(tree)
	if fault.Is(err, fault.Fail2banRefused) || fault.Is(err, fault.TooLarge) {
		logs.NoJail = fault.MessageOf(err)
		return logs, nil
	}
	if err != nil {
		return Logs{}, err
	}
	jails := slices.Clone(config.Jails)
	slices.SortStableFunc(jails, func(a, b jailconf.Jail) int { return enabledFirst(a.Enabled, b.Enabled) })
	for _, j := range jails {
		filter, _ := j.Option("filter")
		logs.Jails = append(logs.Jails, LogJail{Name: j.Name, Enabled: j.Enabled, Filter: filter.Value})
		l.addLogs(&logs, j)
	}
	return logs, nil
}

func enabledFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// filtersOf are the filters of a configuration, without the parts that others include.
func filtersOf(tree *jailconf.Tree) []string {
	var names []string
	for _, file := range tree.Files() {
		name, is := strings.CutPrefix(file, "filter.d/")
		if !is || strings.Contains(name, "/") {
			continue
		}
		name = strings.TrimSuffix(strings.TrimSuffix(name, ".conf"), ".local")
		if !strings.HasSuffix(name, "common") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// addLogs adds what a jail reads. A log that is not there is told of enabled jails only.
func (l *Local) addLogs(logs *Logs, j jailconf.Jail) {
	if backend, _ := j.Option("backend"); strings.HasPrefix(backend.Value, "systemd") {
		l.addJournal(logs, j)
		return
	}
	paths, _ := j.Option("logpath")
	for line := range strings.Lines(paths.Value) {
		pattern, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		for _, path := range l.found(pattern) {
			i := slices.IndexFunc(logs.Files, func(f LogFile) bool { return f.Path == path })
			if i < 0 {
				file := l.look(path)
				if len(logs.Files) >= maxLogs || file.Why != "" && !j.Enabled {
					continue
				}
				logs.Files = append(logs.Files, file)
				i = len(logs.Files) - 1
			}
			logs.Files[i].Jails = append(logs.Files[i].Jails, j.Name)
		}
	}
}

func (l *Local) addJournal(logs *Logs, j jailconf.Jail) {
	option, found := j.Option("journalmatch")
	if !found && j.Filter != nil {
		option, _ = j.Filter.Option("journalmatch")
	}
	match := strings.Join(jailconf.Expressions(option.Value), " + ")
	for i := range logs.Journals {
		if logs.Journals[i].Match == match {
			logs.Journals[i].Jails = append(logs.Journals[i].Jails, j.Name)
			return
		}
	}
	if len(logs.Journals) < maxLogs {
		logs.Journals = append(logs.Journals, JournalSource{Match: match, Jails: []string{j.Name}})
	}
}

// found are the files that a pattern names, as fail2ban would name them; outside of the
// folders for logs, and where there are none, the pattern itself.
func (l *Local) found(pattern string) []string {
	if !strings.HasPrefix(pattern, "/") {
		return nil
	}
	if !strings.ContainsAny(pattern, "*?[") || !l.forLogs(pattern, false) {
		return []string{pattern}
	}
	here := l.Paths.here(pattern)
	all, err := filepath.Glob(here)
	if err != nil || len(all) == 0 || here != pattern {
		return []string{pattern} // a mapped pattern can't be told back
	}
	return all[:min(len(all), logOpens)]
}

func (l *Local) look(path string) LogFile {
	file, info, err := l.openLog(path)
	if err != nil {
		return LogFile{Path: path, Why: fault.MessageOf(err)}
	}
	_ = file.Close()
	return LogFile{Path: path, Size: info.Size(), ModTime: info.ModTime().UTC()}
}

// openLog opens a log, and judges it by what was opened: a link may lead to another folder
// for logs, and nowhere else, whoever swaps it meanwhile.
func (l *Local) openLog(path string) (*os.File, fs.FileInfo, error) {
	if !filepath.IsAbs(path) || filepath.Clean(path) != path || strings.ContainsRune(path, 0) {
		return nil, nil, fault.New(fault.Invalid, "%q is no absolute path of a file", clip(path))
	}
	if !l.forLogs(path, false) {
		return nil, nil, l.outside(path)
	}
	file, err := os.OpenFile(l.Paths.here(path), os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOCTTY, 0) // a pipe must not stop us
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, fault.New(fault.NotFound, "%s is not there", clip(path))
	case errors.Is(err, fs.ErrPermission):
		return nil, nil, fault.Wrap(err, fault.PermissionDenied, "this user may not read %s", clip(path)).WithMend("Let BanGUI's helper read it; it runs as root.")
	case err != nil:
		return nil, nil, fault.Wrap(err, fault.NotFound, "%s can't be opened", clip(path))
	}
	where, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", file.Fd()))
	if err != nil || !l.forLogs(where, true) {
		_ = file.Close()
		return nil, nil, l.outside(path)
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		_ = file.Close()
		return nil, nil, fault.Wrap(err, fault.Invalid, "%s is not a file", clip(path))
	}
	return file, info, nil
}

func (l *Local) outside(path string) error {
	return fault.New(fault.Forbidden, "%s is not in a folder for logs (%s)", clip(path), strings.Join(l.logFolders(), ", ")).
		WithMend("Who is root there can allow its folder with log-folders in the helper's configuration.")
}

func (l *Local) logFolders() []string { return orVarLog(l.LogFolders) }

// forLogs reports whether a path, as fail2ban names it or as it is here, lies in a folder
// for logs.
func (l *Local) forLogs(path string, here bool) bool {
	return slices.ContainsFunc(l.logFolders(), func(folder string) bool {
		if here {
			folder = l.Paths.here(folder)
			if leads, err := filepath.EvalSymlinks(folder); err == nil {
				folder = leads
			}
		}
		return within(path, folder) && path != folder
	})
}

// logLines are the last lines of a log.
func (l *Local) logLines(s LogSource) (lines []expression.Line, cut bool, err error) {
	file, info, err := l.openLog(s.Path)
	if err != nil {
		return nil, false, err
	}
	defer file.Close()
	from := max(info.Size()-maxLogTail, 0)
	text, err := io.ReadAll(io.NewSectionReader(file, from, maxLogTail))
	if err != nil {
		return nil, false, fault.Wrap(err, fault.Unavailable, "%s can't be read", clip(s.Path))
	}
	all := split(text)
	if from > 0 && len(all) > 0 {
		all = all[1:] // its beginning is missing
	}
	lines, cut = lastLines(all, s)
	return lines, cut || from > 0, nil
}

// LogLines are the last lines of a log or of the journal; see Host.
func (l *Local) LogLines(ctx context.Context, s LogSource) (LogLines, error) {
	lines, more, err := l.lines(ctx, s)
	if err != nil {
		return LogLines{}, err
	}
	out := LogLines{More: more}
	for _, line := range lines {
		text, cut := clipped(strings.ToValidUTF8(string(line.Text), "\ufffd"))
		out.Lines = append(out.Lines, LogLine{Text: text, Cut: cut, At: line.At})
	}
	return out, nil
}

// clipped is the beginning of a line.
func clipped(text string) (string, bool) {
	n := 0
	for i := range text {
		if n++; n > expression.MaxText {
			return text[:i], true
		}
	}
	return text, false
}
