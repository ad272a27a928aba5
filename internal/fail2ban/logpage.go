package fail2ban

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"bangui/internal/fault"
)

// Bounds of reading a part of the log.
const (
	pageChunk = 256 << 10
	maxSearch = 8 << 20 // read for one page, whatever matches
)

// ReadLog reads a part of the log at a path, and of the files that logrotate renamed away
// from it, compressed ones too. It holds nothing open. loc is the zone of the server; nil = time.Local.
//
// NotFound, PermissionDenied: the log can't be read. Invalid: the place is none.
func ReadLog(path string, q LogQuery, loc *time.Location) (LogPage, error) {
	if loc == nil {
		loc = time.Local
	}
	files, more, err := openLogs(path)
	if err != nil {
		return LogPage{}, err
	}
	defer func() {
		for _, f := range files {
			f.close()
		}
	}()
	r := logReader{files: files, LogQuery: q, loc: loc, left: maxSearch, more: more}
	if q.After != "" {
		return r.forward()
	}
	return r.backward()
}

// logReader reads a log that lies in one or several files, the oldest first.
type logReader struct {
	LogQuery
	files []*pageFile
	loc   *time.Location
	left  int64 // bytes that may still be read
	more  bool  // there are older files, which are not read
}

// place is a place in words of ours; whoever gets it can only give it back.
func place(f *pageFile, offset int64) string { return fmt.Sprintf("f.%d.%d", f.inode, offset) }

// find is the file and offset of a place; found is false where that is gone.
func (r *logReader) find(text string) (file int, offset int64, found bool, err error) {
	parts := strings.Split(text, ".")
	bad := fault.New(fault.Invalid, "%q is no place in fail2ban's log", clipLine(text, 40))
	if len(parts) != 3 || parts[0] != "f" {
		return 0, 0, false, bad
	}
	inode, err := strconv.ParseUint(parts[1], 10, 64)
	offset, err2 := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || err2 != nil || offset < 0 {
		return 0, 0, false, bad
	}
	for i, f := range r.files {
		if f.inode == inode && offset <= f.size() && offset >= f.start {
			return i, offset, true, nil
		}
	}
	return 0, 0, false, nil
}

// backward gives what is before a place; without one, before the end.
func (r *logReader) backward() (LogPage, error) {
	file := len(r.files) - 1
	end := r.files[file].wholeLines()
	page := LogPage{Newer: place(r.files[file], end)}
	if r.Before != "" {
		var found bool
		var err error
		if file, end, found, err = r.find(r.Before); err != nil || !found {
			page.Missed = true
			return page, err
		}
		page.Newer = r.Before
	}
	for ; ; file-- {
		at, full, err := r.gatherBackward(&page, r.files[file], end)
		if err != nil || full || file == 0 || r.files[file].partly() {
			return r.ended(page, file, at), err
		}
		end = r.files[file-1].size()
	}
}

// gatherBackward adds what matches before an offset of one file, and says where it ended:
// the page is full, or enough was read for it.
func (r *logReader) gatherBackward(page *LogPage, f *pageFile, end int64) (at int64, full bool, err error) {
	for end > f.start {
		start, entries, err := r.chunkBefore(f, end)
		if err != nil {
			return end, true, err
		}
		for _, e := range slices.Backward(entries) {
			if r.matches(e.LogEntry) {
				page.Entries = append(page.Entries, e.LogEntry)
			}
			if len(page.Entries) == r.limit() {
				return e.start, true, nil
			}
		}
		if end = start; r.left <= 0 {
			return end, true, nil
		}
	}
	return f.start, false, nil
}

// ended is a page that was gathered from its end.
func (r *logReader) ended(page LogPage, file int, end int64) LogPage {
	slices.Reverse(page.Entries)
	oldest := r.files[file]
	switch {
	case end > oldest.start || file > 0 && !oldest.partly():
		page.Older = place(oldest, end)
	default:
		page.EndsIn, page.EndsEarly = oldest.name, oldest.partly() || r.more
	}
	return page
}

// placedEntry is a message and where it starts.
type placedEntry struct {
	LogEntry
	start, end int64
}

// chunkBefore reads whole messages that end at an offset, and says where the first begins.
func (r *logReader) chunkBefore(f *pageFile, end int64) (start int64, entries []placedEntry, err error) {
	for size := int64(pageChunk); ; size *= 2 {
		start = max(f.start, end-size)
		chunk := make([]byte, end-start)
		n, err := f.ReadAt(chunk, start)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, nil, fault.Wrap(err, fault.Internal, "fail2ban's log can't be read")
		}
		chunk = chunk[:n]
		r.left -= int64(n)
		skip := 0
		if start > f.start {
			skip = r.firstMessage(chunk)
		}
		if skip >= 0 || r.left <= 0 {
			skip = max(skip, 0)
			return start + int64(skip), r.entriesOf(chunk[skip:], start+int64(skip)), nil
		}
	}
}

// firstMessage is where the first line with a head of its own begins; -1 where none does.
func (r *logReader) firstMessage(chunk []byte) int {
	at := 0
	for {
		i := bytes.IndexByte(chunk[at:], '\n')
		if i < 0 || at+i+1 >= len(chunk) {
			return -1
		}
		at += i + 1
		line, _, _ := bytes.Cut(chunk[at:], []byte("\n"))
		if _, is := parseEntry(line, r.loc); is {
			return at
		}
	}
}

// entriesOf are the messages of whole lines.
func (r *logReader) entriesOf(chunk []byte, start int64) []placedEntry {
	var all []placedEntry
	for len(chunk) > 0 {
		line, rest, ended := bytes.Cut(chunk, []byte("\n"))
		end := start + int64(len(line))
		if ended {
			end++
		}
		e, is := parseEntry(line, r.loc)
		if last := len(all) - 1; is || last < 0 {
			all = append(all, placedEntry{e, start, end})
		} else {
			all[last].goOn(line)
			all[last].end = end
		}
		chunk, start = rest, end
	}
	return all
}

// forward gives what is behind a place, as far as lines are whole.
func (r *logReader) forward() (LogPage, error) {
	file, offset, found, err := r.find(r.After)
	if err != nil {
		return LogPage{}, err
	}
	page := LogPage{Missed: !found}
	if !found {
		file, offset = len(r.files)-1, 0 // the log itself: it is never compressed
	}
	for ; file < len(r.files); file, offset = file+1, 0 {
		at, full, err := r.gatherForward(&page, r.files[file], offset)
		page.Newer = place(r.files[file], at)
		if err != nil || full {
			return page, err
		}
	}
	return page, nil
}

// gatherForward adds what matches behind an offset of one file, and says where it ended:
// the page is full, or enough was read for it.
func (r *logReader) gatherForward(page *LogPage, f *pageFile, offset int64) (at int64, full bool, err error) {
	end := f.wholeLines()
	for offset = max(offset, f.start); offset < end && r.left > 0; {
		entries, next, err := r.chunkAfter(f, offset, end)
		if err != nil {
			return offset, true, err
		}
		for _, e := range entries {
			if r.matches(e.LogEntry) {
				page.Entries = append(page.Entries, e.LogEntry)
			}
			if len(page.Entries) == r.limit() {
				return e.end, true, nil
			}
		}
		offset = next
	}
	return offset, r.left <= 0, nil
}

// chunkAfter reads messages from an offset to the end of a line.
func (r *logReader) chunkAfter(f *pageFile, offset, end int64) ([]placedEntry, int64, error) {
	for size := int64(pageChunk); ; size *= 2 {
		chunk := make([]byte, min(size, end-offset))
		n, err := f.ReadAt(chunk, offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, 0, fault.Wrap(err, fault.Internal, "fail2ban's log can't be read")
		}
		r.left -= int64(n)
		whole := bytes.LastIndexByte(chunk[:n], '\n') + 1
		if whole > 0 || n == 0 || r.left <= 0 {
			if whole == 0 { // a line beyond all bounds, or emptied meanwhile
				whole = n
			}
			return r.entriesOf(chunk[:whole], offset), offset + int64(max(whole, 1)), nil
		}
	}
}
