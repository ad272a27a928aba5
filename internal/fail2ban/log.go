package fail2ban

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// LogPosition is a place in a log file that survives renames: the file by its inode
// and the hash of its first bytes, and the offset behind the last whole line read.
type LogPosition struct {
	Path   string `json:"path"`
	Inode  uint64 `json:"inode"`
	Offset int64  `json:"offset"`
	Head   string `json:"head"`             // hash of the first bytes, "" while there are none
	Cursor string `json:"cursor,omitempty"` // journalctl's, when Path is JournalPath
}

// LogOptions say which file a LogFollower follows and from where.
type LogOptions struct {
	Path     string
	Location *time.Location // zone of the server process; nil = time.Local
	From     *LogPosition   // nil = the end of the file as it is when Run starts
	Every    time.Duration  // how often it looks; 0 = 40 ms
	Logger   *slog.Logger
}

// Bounds of following. A follower that is further behind than maxBehind skips: lists
// and database bring what it missed.
const (
	lookEvery = 40 * time.Millisecond
	readChunk = 256 << 10
	maxBatch  = 1000
	maxBehind = 64 << 20
	headBytes = 256
	// lingering is how long the old file of a rotation is still read: fail2ban writes to
	// it until it is told to open its log anew.
	lingering = 5 * time.Second
	// maxOld bounds the files kept open, where a log rotates while fail2ban writes nothing.
	maxOld = 5
)

// LogFollower follows one log file through rotation by rename, copy-and-truncate,
// removal and re-creation. Each whole line is given exactly once and in its order; a
// line without its end waits for it. Of a copy-and-truncate it also gives what only
// the copy holds, as long as that is not compressed.
type LogFollower struct {
	LogOptions
	file *logFile
	old  []*logFile // renamed away or copies, oldest first, read until they linger no more
}

// logFile is an open file and what was read of it.
type logFile struct {
	f      *os.File
	inode  uint64
	head   string
	read   int64     // bytes read so far
	offset int64     // behind the last whole line
	rest   []byte    // the start of a line whose end has not come, at most maxLine of it
	until  time.Time // for one that was renamed away: when it lingers no more
}

// NewLogFollower returns a follower that has opened nothing yet.
func NewLogFollower(o LogOptions) *LogFollower {
	if o.Location == nil {
		o.Location = time.Local
	}
	if o.Every == 0 {
		o.Every = lookEvery
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &LogFollower{LogOptions: o}
}

// Run follows until ctx ends or give returns an error, which it returns. It gives at
// most 1000 lines a time, with the position behind them. A file that is missing or
// not readable is waited for.
func (l *LogFollower) Run(ctx context.Context, give func([]LogLine, LogPosition) error) error {
	defer l.close()
	l.resume()
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for {
		if err := l.look(give); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// resume opens the file at the stored position; when that file was renamed away since,
// it and those that came after it are read to their ends first.
func (l *LogFollower) resume() {
	if l.From == nil {
		if l.file = l.open(l.Path); l.file != nil {
			l.file.toEnd()
		}
		return
	}
	chain := l.since(*l.From, append([]string{l.Path}, l.siblings()...))
	if len(chain) == 0 {
		l.Logger.Warn("the place in fail2ban's log where BanGUI was is gone; lists fill the gap", "path", l.Path)
		return
	}
	last := len(chain) - 1
	l.retire(chain[:last]...)
	l.file = chain[last]
}

// since opens the file of a stored position, set to it, and the files that are younger,
// oldest first; none when it is not among the paths, which come youngest first.
func (l *LogFollower) since(at LogPosition, paths []string) []*logFile {
	var files []*logFile
	for _, path := range paths {
		if f := l.open(path); f != nil {
			files = append(files, f)
		}
	}
	place := slices.IndexFunc(files, func(f *logFile) bool { return f.inode == at.Inode && f.is(at) })
	if place < 0 { // a copy, or another machine's numbers
		place = slices.IndexFunc(files, func(f *logFile) bool { return f.is(at) })
	}
	var chain []*logFile
	for i, f := range files {
		// A younger file with the same first bytes is somebody's copy of it: its lines would come twice.
		if i > place || i < place && at.Head != "" && f.startsAs(at.Head) {
			f.close()
			continue
		}
		chain = append(chain, f)
	}
	slices.Reverse(chain)
	if len(chain) > 0 {
		chain[0].read, chain[0].offset, chain[0].head = at.Offset, at.Offset, at.Head
	}
	return chain
}

// retire keeps files for a while that were renamed away.
func (l *LogFollower) retire(files ...*logFile) {
	for _, f := range files {
		f.until = time.Now().Add(lingering)
		l.old = append(l.old, f)
	}
}

// siblings are rotated, not compressed copies beside the log, the youngest first.
func (l *LogFollower) siblings() []string {
	paths, err := filepath.Glob(escapeGlob(l.Path) + "?*")
	if err != nil {
		return nil
	}
	paths = slices.DeleteFunc(paths, compressed)
	age := map[string]time.Time{}
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil {
			age[p] = info.ModTime()
		}
	}
	slices.SortStableFunc(paths, func(a, b string) int { return age[b].Compare(age[a]) }) // as old: .1 before .2
	return paths[:min(len(paths), 5)]
}

func compressed(path string) bool {
	return slices.Contains([]string{".gz", ".bz2", ".xz", ".zst", ".lz4"}, filepath.Ext(path))
}

func escapeGlob(path string) string {
	var b bytes.Buffer
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || r == '\\' {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// look reads what is new, and notices when the path names another file.
func (l *LogFollower) look(give func([]LogLine, LogPosition) error) error {
	var upTo int64 // what is in the young file now was written after all that is in the old ones
	if l.file != nil {
		if l.file.rewritten() {
			l.truncated()
		}
		upTo = l.file.size()
	}
	for _, f := range l.old {
		if ended, err := l.drain(f, f.size(), give); err != nil || !ended {
			return err // not ended: younger lines wait for older ones
		}
	}
	l.old = slices.DeleteFunc(l.old, func(f *logFile) bool {
		// As long as the new file is empty fail2ban may still write to the old one: it
		// heeds flushlogs only after the command that it is at, a long ban of many maybe.
		over := upTo > 0 && time.Now().After(f.until)
		if over {
			f.close()
		}
		return over
	})
	for len(l.old) > maxOld {
		l.old[0].close()
		l.old = l.old[1:]
	}
	if l.file != nil {
		if _, err := l.drain(l.file, upTo, give); err != nil {
			return err
		}
	}
	l.reopen()
	return nil
}

// truncated begins anew in a file that was emptied in place; the copy that was made
// of it before is read to its end first.
func (l *LogFollower) truncated() {
	chain := l.since(l.position(l.file), l.siblings())
	l.Logger.Info("fail2ban's log was truncated", "path", l.Path, "copy_found", len(chain) > 0)
	l.retire(chain...)
	l.file.restart()
}

// reopen opens the file that the path names when that is another one, and those that
// came and went between two looks.
func (l *LogFollower) reopen() {
	info, err := os.Stat(l.Path)
	if err != nil {
		return // renamed away and not there yet, or no permission: what is open is read on
	}
	if l.file != nil && inodeOf(info) == l.file.inode {
		return
	}
	f := l.open(l.Path)
	if f == nil {
		return
	}
	if l.file != nil {
		l.retire(l.file)
		l.retire(l.between(l.file.inode, f.inode)...)
	}
	l.file = f
}

// between are the rotated files younger than the one of inode older, oldest first;
// none when that one is not among them.
func (l *LogFollower) between(older, newer uint64) []*logFile {
	var found []*logFile
	for _, path := range l.siblings() {
		f := l.open(path)
		if f == nil {
			continue
		}
		switch f.inode {
		case older:
			f.close()
			slices.Reverse(found)
			return found
		case newer:
			f.close()
		default:
			if l.file.head != "" && f.startsAs(l.file.head) {
				f.close() // somebody's copy
				continue
			}
			found = append(found, f)
		}
	}
	for _, f := range found {
		f.close()
	}
	return nil
}

func (l *LogFollower) open(path string) *logFile {
	// Not blocking: a pipe in the place of the log would hold us for ever.
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			l.Logger.Debug("fail2ban's log can't be opened", "path", path, "error", err)
		}
		return nil
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		return nil
	}
	return &logFile{f: f, inode: inodeOf(info)}
}

func inodeOf(info fs.FileInfo) uint64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Ino
	}
	return 0
}

func (l *LogFollower) close() {
	for _, f := range l.old {
		f.close()
	}
	if l.file != nil {
		l.file.close()
	}
}

// drain gives the whole lines up to an offset, but no more than a few chunks a look,
// so that a fast writer does not keep us from seeing a rotation. It reports whether
// that was all.
func (l *LogFollower) drain(f *logFile, upTo int64, give func([]LogLine, LogPosition) error) (bool, error) {
	const chunksPerLook = 16
	if behind := upTo - f.offset; behind > maxBehind {
		l.Logger.Warn("fail2ban's log grew too fast to follow; lists fill the gap", "path", l.Path, "skipped_bytes", behind)
		f.toEnd()
	}
	for range chunksPerLook {
		if f.read >= upTo {
			return true, nil
		}
		raw, err := f.lines(upTo)
		if err != nil {
			l.Logger.Debug("fail2ban's log can't be read", "path", l.Path, "error", err)
			return true, nil
		}
		for batch := range slices.Chunk(raw, maxBatch) {
			parsed := make([]LogLine, len(batch))
			for i, line := range batch {
				parsed[i] = ParseLogLine(line.text, l.Location)
			}
			f.offset = batch[len(batch)-1].end
			if err := give(parsed, l.place()); err != nil {
				return false, err
			}
		}
	}
	return f.read >= upTo, nil
}

// place is the position behind everything given so far: that of the youngest file of
// which something was read. The older ones were read to their ends before it.
func (l *LogFollower) place() LogPosition {
	if l.file != nil && l.file.read > 0 {
		return l.position(l.file)
	}
	for _, f := range slices.Backward(l.old) {
		if f.read > 0 {
			return l.position(f)
		}
	}
	return LogPosition{Path: l.Path}
}

func (l *LogFollower) position(f *logFile) LogPosition {
	return LogPosition{Path: l.Path, Inode: f.inode, Offset: f.offset, Head: f.head}
}

type rawLine struct {
	text []byte
	end  int64 // offset behind its line feed
}

// lines reads the next chunk up to an offset and cuts it into whole lines. Of a line
// longer than maxLine only the start is kept.
func (f *logFile) lines(upTo int64) ([]rawLine, error) {
	chunk := make([]byte, min(readChunk, upTo-f.read))
	n, err := f.f.ReadAt(chunk, f.read)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if n == 0 {
		return nil, io.ErrUnexpectedEOF // emptied since we asked for its size; seen at the next look
	}
	f.learnHead() // after reading: no position without it
	chunk = chunk[:n]
	var out []rawLine
	for {
		i := bytes.IndexByte(chunk, '\n')
		if i < 0 {
			f.keep(chunk)
			return out, nil
		}
		f.keep(chunk[:i])
		f.read++ // the line feed
		out = append(out, rawLine{text: f.rest, end: f.read})
		f.rest, chunk = nil, chunk[i+1:]
	}
}

func (f *logFile) keep(part []byte) {
	f.read += int64(len(part))
	room := maxLine - len(f.rest)
	f.rest = append(f.rest, part[:min(room, len(part))]...)
}

func (f *logFile) size() int64 {
	info, err := f.f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// toEnd skips what is there: the next line is the first that is ended after now.
func (f *logFile) toEnd() {
	f.learnHead()
	end := f.size()
	tail := make([]byte, min(maxLine, end))
	n, err := f.f.ReadAt(tail, end-int64(len(tail)))
	if i := bytes.LastIndexByte(tail[:n], '\n'); (err == nil || errors.Is(err, io.EOF)) && n == len(tail) {
		if i >= 0 || end == int64(n) {
			end -= int64(n - i - 1)
		}
	}
	f.read, f.offset, f.rest = end, end, nil
}

// restart begins anew in a file that was emptied in place.
func (f *logFile) restart() {
	f.read, f.offset, f.rest, f.head = 0, 0, nil, ""
}

// rewritten reports whether the file was emptied since, and maybe written again.
func (f *logFile) rewritten() bool {
	return f.size() < f.read || f.head != "" && !f.startsAs(f.head)
}

// is reports whether this is the file of a stored position.
func (f *logFile) is(at LogPosition) bool {
	return f.size() >= at.Offset && f.startsAs(at.Head)
}

// startsAs reports whether the first bytes are those of a hash.
func (f *logFile) startsAs(head string) bool { return f.hash(headLength(head)) == head }

// learnHead hashes the first bytes once, when there are enough of them or a line.
func (f *logFile) learnHead() {
	if f.head == "" {
		f.head = f.hash(headBytes)
	}
}

// hash is the hash of the first bytes, with their number; "" for an empty file.
func (f *logFile) hash(length int) string {
	if length == 0 {
		return ""
	}
	head := make([]byte, length)
	n, err := f.f.ReadAt(head, 0)
	if n == 0 || err != nil && !errors.Is(err, io.EOF) {
		return ""
	}
	sum := sha256.Sum256(head[:n])
	return fmt.Sprintf("%d:%s", n, hex.EncodeToString(sum[:12]))
}

// headLength is the number of bytes that a hash stands for.
func headLength(head string) int {
	digits, _, _ := strings.Cut(head, ":")
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > headBytes {
		return 0
	}
	return n
}

func (f *logFile) close() { _ = f.f.Close() }
