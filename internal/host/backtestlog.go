package host

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"bangui/internal/fault"
)

// rotated is how older files of a log are named, behind its name: .1, .2.gz, -20260102.gz.
var rotated = regexp.MustCompile(`^[.-][0-9]{1,14}(\.gz)?$`)

// chain is one log with its older files, oldest first.
type chain struct {
	path  string // as fail2ban names it
	files []string
	size  int64 // of all, as they lie on the disk
}

// chains are the logs that patterns lead to, with older files that were written since then.
// Those that can't be read are told.
func (l *Local) chains(patterns []string, since time.Time) (all []chain, unread []error) {
	seen := map[string]bool{}
	for _, pattern := range patterns {
		for _, path := range l.found(pattern) {
			if seen[path] || len(all) >= maxBacktestLogs {
				continue
			}
			seen[path] = true
			c, err := l.chain(path, since)
			if err != nil {
				unread = append(unread, err)
				continue
			}
			all = append(all, c)
		}
	}
	return all, unread
}

func (l *Local) chain(path string, since time.Time) (chain, error) {
	file, info, err := l.openLog(path)
	if err != nil {
		return chain{}, err
	}
	_ = file.Close()
	c := chain{path: path, size: info.Size()}
	if !rotatedName(path) {
		c.files = l.older(&c, since)
	}
	c.files = append(c.files, path)
	return c, nil
}

func rotatedName(path string) bool {
	i := strings.LastIndexAny(strings.TrimSuffix(path, ".gz"), ".-")
	return i > 0 && rotated.MatchString(path[i:])
}

// older are the older files of a log that were written since then, oldest first.
func (l *Local) older(c *chain, since time.Time) []string {
	type one struct {
		path string
		at   time.Time
	}
	var found []one
	folder, base := filepath.Split(c.path)
	entries, _ := os.ReadDir(l.Paths.here(filepath.Clean(folder))) // one that can't be listed has no older files for us
	for _, e := range entries {
		rest, is := strings.CutPrefix(e.Name(), base)
		if !is || !rotated.MatchString(rest) {
			continue
		}
		path := filepath.Join(folder, e.Name())
		file, info, err := l.openLog(path)
		if err != nil {
			continue
		}
		_ = file.Close()
		if info.ModTime().After(since) {
			found = append(found, one{path, info.ModTime()})
			c.size += info.Size()
		}
	}
	slices.SortFunc(found, func(a, b one) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(b.path, a.path)) })
	var paths []string
	for _, f := range found[max(0, len(found)-maxRotations):] {
		paths = append(paths, f.path)
	}
	return paths
}

// logReader reads the files of a chain one after the other, whole lines only, and shows each
// to a tap. What is behind the last line break is still being written.
type logReader struct {
	ctx   context.Context //nolint:containedctx // a reader has nowhere else to take it from
	local *Local
	left  []string // files to open
	file  *os.File
	in    *bufio.Reader
	line  []byte
	most  int64 // bytes that may be read
	read  int64 // bytes, unpacked
	disk  onDisk
	cut   bool // there was more
	lines int
	tap   func(line []byte)
}

// onDisk counts what is read of files as they lie there.
type onDisk struct {
	io.Reader
	bytes int64
}

// Read counts what it passes on.
func (c *onDisk) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.bytes += int64(n)
	return n, err
}

// Read gives whole lines, as many as there is room for.
func (r *logReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(r.line) == 0 {
			err := r.next()
			if err != nil && (n == 0 || !errors.Is(err, io.EOF)) {
				return n, err
			}
			if err != nil {
				return n, nil
			}
		}
		took := copy(p[n:], r.line)
		r.line = r.line[took:]
		n += took
	}
	return n, nil
}

// next takes the next line.
func (r *logReader) next() error {
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if r.in == nil {
			if err := r.open(); err != nil {
				return err
			}
		}
		line, err := r.in.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			r.close()
			r.cut = r.cut || !errors.Is(err, io.EOF) // a file that is broken is read as far as it goes
			continue
		}
		if r.read += int64(len(line)); r.read > r.most {
			r.cut = true
			return io.EOF
		}
		r.lines++
		r.tap(line)
		r.line = line
		return nil
	}
}

// open opens the next file. One that vanished is passed over.
func (r *logReader) open() error {
	for len(r.left) > 0 {
		path := r.left[0]
		r.left = r.left[1:]
		file, _, err := r.local.openLog(path)
		if err != nil {
			continue
		}
		r.file, r.disk.Reader = file, file
		var in io.Reader = &r.disk
		if strings.HasSuffix(path, ".gz") {
			unpacked, err := gzip.NewReader(&r.disk)
			if err != nil {
				r.close()
				continue
			}
			in = unpacked
		}
		const longest = 256 << 10
		r.in = bufio.NewReaderSize(in, longest)
		return nil
	}
	return io.EOF
}

func (r *logReader) close() {
	if r.file != nil {
		_ = r.file.Close()
	}
	r.file, r.in = nil, nil
}

// whyUnread is why no log of a jail could be read.
func whyUnread(unread []error) error {
	for _, err := range unread {
		if !errors.Is(err, fs.ErrNotExist) && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	if len(unread) > 0 {
		return unread[0]
	}
	return fault.New(fault.NotFound, "the jail's log is not there")
}
