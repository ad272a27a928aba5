package fail2ban

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"bangui/internal/fault"
)

// Bounds of reading logs that were rotated.
const (
	maxRotated  = 12        // files beside the log itself
	maxUnpacked = 8 << 20   // bytes that are kept of a compressed one: its last
	maxUnpack   = 256 << 20 // bytes that one is unpacked to at most
)

// pageFile is one file of a log that is read page by page. A compressed one is unpacked
// when it is first looked at; what then is before start is not there.
type pageFile struct {
	name   string
	f      *os.File
	inode  uint64
	packed bool

	text   []byte // of a compressed one
	start  int64  // where text begins
	broken bool   // it can't be read to its end
	opened bool
}

// openLogs opens the log at a path and what was rotated away from it, the oldest first.
// more says that there are files which are not among them.
func openLogs(path string) (files []*pageFile, more bool, err error) {
	young, err := openLog(path)
	if err != nil {
		return nil, false, err
	}
	files = []*pageFile{young}
	names := rotated(path)
	for _, name := range names[:min(len(names), maxRotated)] {
		old, err := openLog(name)
		if err != nil {
			more = true // what is before it would not join on
			break
		}
		files = append(files, old)
	}
	slices.Reverse(files)
	return files, more || len(names) > maxRotated, nil
}

// rotation is how logrotate names what it renames: log.1, log.2.gz, log-20261123.gz.
var rotation = regexp.MustCompile(`^(?:\.(\d{1,4})|-(\d{8,14}))(\.gz)?$`)

// rotated are the names of the files that were rotated away from a log, the youngest first.
func rotated(path string) []string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil
	}
	ages := map[int]string{} // the lower, the younger
	for _, e := range entries {
		rest, of := strings.CutPrefix(e.Name(), filepath.Base(path))
		m := rotation.FindStringSubmatch(rest)
		if !of || m == nil {
			continue
		}
		age, err := strconv.Atoi(m[1])
		if m[1] == "" {
			age, err = strconv.Atoi(m[2])
			age = -age
		}
		name := filepath.Join(filepath.Dir(path), e.Name())
		if there, twice := ages[age]; err == nil && (!twice || strings.HasSuffix(there, ".gz")) {
			ages[age] = name // while it is compressed there are both
		}
	}
	var names []string
	for _, age := range slices.Sorted(maps.Keys(ages)) {
		names = append(names, ages[age])
	}
	return names
}

func openLog(path string) (*pageFile, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Wrap(err, fault.NotFound, "fail2ban's log %s is not there", path)
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.PermissionDenied, "fail2ban's log %s can't be read", path).
			WithMend("Run the part of BanGUI that talks to fail2ban as root.")
	}
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		_ = f.Close()
		return nil, fault.Wrap(err, fault.Unsupported, "fail2ban's log %s is not a file", path)
	}
	return &pageFile{name: path, f: f, inode: inodeOf(info), packed: strings.HasSuffix(path, ".gz")}, nil
}

func (f *pageFile) close() { _ = f.f.Close() }

// size is where the file ends; of a compressed one, unpacked.
func (f *pageFile) size() int64 {
	if f.packed {
		f.unpack()
		return f.start + int64(len(f.text))
	}
	info, err := f.f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

// ReadAt is io.ReaderAt; of a compressed file it reads what was kept.
func (f *pageFile) ReadAt(to []byte, offset int64) (int, error) {
	if !f.packed {
		return f.f.ReadAt(to, offset)
	}
	f.unpack()
	if offset < f.start {
		return 0, io.EOF
	}
	return bytes.NewReader(f.text).ReadAt(to, offset-f.start)
}

// unpack keeps the last part of a compressed file; nothing of one that is broken, or too
// long for us.
func (f *pageFile) unpack() {
	if f.opened {
		return
	}
	f.opened = true
	from, err := gzip.NewReader(f.f)
	if err != nil {
		f.broken = true
		return
	}
	chunk := make([]byte, 64<<10)
	for {
		n, err := from.Read(chunk)
		f.text = append(f.text, chunk[:n]...)
		if len(f.text) >= 2*maxUnpacked {
			f.forget()
		}
		if err != nil || f.start > maxUnpack {
			f.broken = !errors.Is(err, io.EOF)
			break
		}
	}
	if f.broken {
		f.text = nil
	} else if len(f.text) > maxUnpacked {
		f.forget()
	}
}

// partly reports whether something of the file is missing: what is older does not join on.
func (f *pageFile) partly() bool { return f.broken || f.start > 0 }

// forget lets go what is before the last part, to the start of a line.
func (f *pageFile) forget() {
	gone := len(f.text) - maxUnpacked
	if i := bytes.IndexByte(f.text[gone:], '\n'); i >= 0 {
		gone += i + 1
	}
	f.start += int64(gone)
	f.text = append(f.text[:0], f.text[gone:]...)
}

// wholeLines is the offset behind the last line that has an end.
func (f *pageFile) wholeLines() int64 {
	end := f.size()
	tail := make([]byte, min(maxLine, end-f.start))
	n, err := f.ReadAt(tail, end-int64(len(tail)))
	if err != nil && !errors.Is(err, io.EOF) {
		return end
	}
	if i := bytes.LastIndexByte(tail[:n], '\n'); i >= 0 {
		return end - int64(n-i-1)
	}
	if int64(n) == end {
		return 0
	}
	return end
}
