package fail2ban

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"bangui/internal/fault"

	sqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// DatabaseBan is one ban as fail2ban's own database keeps it. Its texts come from
// attackers.
type DatabaseBan struct {
	Jail, ID   string
	BannedAt   time.Time // whole seconds; fail2ban rounds, so up to half a second ahead
	BanSeconds int64     // as decided at the ban; -1 = for ever, -2 = not known
	BanCount   int
	Failures   int
	User       string
	Lines      []string // the lines that led to it, at most maxLines of maxLineBytes
}

// Bounds of what is read. fail2ban itself stores ten lines (dbmaxmatches), of any length.
const (
	maxRows      = 500
	maxIDs       = 200
	maxLines     = 50
	maxLineBytes = 4 << 10
	statementFor = 2 * time.Second
)

// Database reads fail2ban's database beside a running server. Every read is one short
// statement whose rows are all taken before anything else happens: a reader that holds
// on for 5 s makes fail2ban lose a ban (fail2ban.md 4.3).
type Database struct {
	path  string
	mu    sync.Mutex // one statement at a time; guards db and inode
	db    *sql.DB
	inode uint64
}

// OpenDatabase returns a reader of the database at path. Nothing is opened yet: a
// file that isn't there may come.
func OpenDatabase(path string) *Database { return &Database{path: path} }

// Path is the file that this reads.
func (d *Database) Path() string { return d.path }

// Close closes the file.
func (d *Database) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.closeFile()
}

func (d *Database) closeFile() error {
	if d.db == nil {
		return nil
	}
	err := d.db.Close()
	d.db = nil
	return err
}

// banColumns takes the first 128 KiB of the data only: ten lines of a megabyte are
// possible, and reading them would hold the lock. octet_length does not read what it
// measures.
const banColumns = "jail, ip, timeofban, bantime, bancount, CASE WHEN octet_length(data) <= 131072 THEN data ELSE substr(data, 1, 131072) END"

// LastBans are the last bans of ids in a jail, by id; an id without one is absent.
// fail2ban deletes the row of an id that is unbanned by hand.
func (d *Database) LastBans(ctx context.Context, jail string, ids []string) (map[string]DatabaseBan, error) {
	all := make(map[string]DatabaseBan, len(ids))
	for part := range slices.Chunk(ids, maxIDs) {
		args := make([]any, 0, len(part)+1)
		args = append(args, jail)
		for _, id := range part {
			args = append(args, id)
		}
		marks := strings.TrimSuffix(strings.Repeat("?,", len(part)), ",")
		rows, err := d.bans(ctx, "SELECT "+banColumns+" FROM bips WHERE jail = ? AND ip IN ("+marks+")", args...)
		if err != nil {
			return all, err
		}
		for _, b := range rows {
			all[b.ID] = b
		}
	}
	return all, nil
}

// BansOf are the bans of an id in every jail, newest first, at most limit. The last
// ban of each jail outlives the hourly purge.
func (d *Database) BansOf(ctx context.Context, id string, limit int) ([]DatabaseBan, error) {
	limit = min(limit, maxRows)
	all, err := d.bans(ctx, "SELECT "+banColumns+" FROM bans WHERE ip = ? ORDER BY timeofban DESC LIMIT ?", id, limit)
	if err != nil {
		return nil, err
	}
	last, err := d.bans(ctx, "SELECT "+banColumns+" FROM bips WHERE ip = ? LIMIT ?", id, limit)
	if err != nil {
		return nil, err
	}
	for _, b := range last {
		if !slices.ContainsFunc(all, func(o DatabaseBan) bool { return o.Jail == b.Jail && o.BannedAt.Equal(b.BannedAt) }) {
			all = append(all, b)
		}
	}
	slices.SortStableFunc(all, func(a, b DatabaseBan) int { return b.BannedAt.Compare(a.BannedAt) })
	return all[:min(limit, len(all))], nil
}

// bans runs one statement and takes all its rows.
func (d *Database) bans(ctx context.Context, query string, args ...any) ([]DatabaseBan, error) {
	rows, err := d.numbered(ctx, strings.Replace(query, "SELECT ", "SELECT rowid, ", 1), args...)
	var bans []DatabaseBan
	for _, row := range rows {
		bans = append(bans, row.DatabaseBan)
	}
	return bans, err
}

// numbered is bans with the numbers of their rows, for a query that begins with them.
func (d *Database) numbered(ctx context.Context, query string, args ...any) ([]DatabaseRow, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, statementFor)
	defer cancel()
	db, err := d.open()
	if err != nil {
		return nil, err
	}
	rows, err := queryBans(ctx, db, query, args)
	if err != nil {
		return nil, d.fault(err)
	}
	return rows, nil
}

func queryBans(ctx context.Context, db *sql.DB, query string, args []any) ([]DatabaseRow, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var bans []DatabaseRow
	var raw [][]byte
	for rows.Next() {
		var row int64
		var jail, id, at, seconds, count any // SQLite's columns hold any type
		var data []byte
		if err := rows.Scan(&row, &jail, &id, &at, &seconds, &count, &data); err != nil {
			return nil, err
		}
		start, ok := whole(at)
		if !ok {
			continue // no ban without its time, and no reason to hide the others
		}
		b := DatabaseBan{Jail: columnText(jail), ID: columnText(id), BannedAt: time.Unix(start, 0).UTC(), BanSeconds: unknownSeconds}
		if n, ok := whole(seconds); ok {
			b.BanSeconds = n
		}
		if n, ok := whole(count); ok {
			b.BanCount = int(n)
		}
		bans, raw = append(bans, DatabaseRow{row, b}), append(raw, data)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for i, data := range raw { // the cursor is closed: now there is time
		bans[i].readData(data)
	}
	return bans, nil
}

// unknownSeconds is fail2ban's own sign for a ban time that it does not know.
const unknownSeconds = -2

// whole is a number without its fraction. fail2ban 1.0.2 writes ban times as REAL when
// bantime.rndtime is set (24.522370265761715, seen), whatever the schema says.
func whole(v any) (int64, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case float64:
		return int64(n), math.Abs(n) < 1<<53
	default:
		return 0, false
	}
}

func columnText(v any) string {
	switch s := v.(type) {
	case string:
		return valid(s)
	case []byte:
		return valid(string(s))
	case nil:
		return ""
	default:
		return valid(fmt.Sprint(s))
	}
}

// open opens the file, anew when it is another one than before: fail2ban makes a new
// file after a crash or an upgrade. The caller holds the lock.
func (d *Database) open() (*sql.DB, error) {
	info, err := os.Stat(d.path)
	if err != nil {
		return nil, d.fault(errors.Join(err, d.closeFile()))
	}
	if inode := inodeOf(info); d.db == nil || inode != d.inode {
		if err := d.closeFile(); err != nil {
			return nil, d.fault(err)
		}
		uri := url.URL{Scheme: "file", Opaque: (&url.URL{Path: d.path}).EscapedPath(), RawQuery: "mode=ro&_pragma=busy_timeout(1000)&_pragma=query_only(1)"}
		db, err := sql.Open("sqlite", uri.String())
		if err != nil {
			return nil, d.fault(err)
		}
		db.SetMaxOpenConns(1)
		d.db, d.inode = db, inode
	}
	return d.db, nil
}

func (d *Database) fault(err error) error {
	code := 0
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		code = e.Code() & 0xff
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fault.Wrap(err, fault.NotFound, "fail2ban's database %s is not there", d.path)
	case errors.Is(err, fs.ErrPermission), code == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_PERM:
		return fault.Wrap(err, fault.PermissionDenied, "BanGUI may not read fail2ban's database %s", d.path).WithMend("Only root may: run BanGUI with sudo.")
	case code == sqlite3.SQLITE_BUSY, code == sqlite3.SQLITE_LOCKED, errors.Is(err, context.DeadlineExceeded):
		return fault.Wrap(err, fault.DatabaseBusy, "fail2ban is writing its database; try again")
	case code == sqlite3.SQLITE_CORRUPT, code == sqlite3.SQLITE_NOTADB:
		return fault.Wrap(err, fault.DatabaseCorrupt, "fail2ban's database %s is damaged", d.path).
			WithMend("fail2ban mends it at its next start, or starts with an empty one.")
	default:
		return fault.Wrap(err, fault.Unavailable, "fail2ban's database %s can't be read", d.path)
	}
}

// readData takes the failures, the user and the lines out of the column data: JSON
// whose matches are texts or lists of texts (fail2ban.md 4.1). It reads as far as it
// can: the end may be cut off, even inside the first line, and what is of an odd type is
// left out.
func (b *DatabaseBan) readData(raw []byte) {
	d := json.NewDecoder(bytes.NewReader(closeCut(raw)))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return
		}
		if key == "matches" {
			if !b.readMatches(d) {
				return
			}
			continue
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return
		}
		b.readValue(key, value)
	}
}

func (b *DatabaseBan) readValue(key json.Token, value json.RawMessage) {
	var failures float64
	var user string
	switch {
	case key == "failures" && json.Unmarshal(value, &failures) == nil && failures >= 0 && failures < math.MaxInt32:
		b.Failures = int(failures)
	case key == "user" && json.Unmarshal(value, &user) == nil:
		b.User = shorten(user)
	}
}

// readMatches reads a list of lines, or null; false where reading can't go on.
func (b *DatabaseBan) readMatches(d *json.Decoder) bool {
	open, err := d.Token()
	if err != nil || open != json.Delim('[') {
		return err == nil && open != json.Delim('{')
	}
	for d.More() {
		var match json.RawMessage
		if d.Decode(&match) != nil {
			return false
		}
		if line, ok := matchLine(match); ok && len(b.Lines) < maxLines {
			b.Lines = append(b.Lines, line)
		}
	}
	_, err = d.Token()
	return err == nil
}

func matchLine(raw json.RawMessage) (string, bool) {
	var whole string
	if json.Unmarshal(raw, &whole) == nil {
		return shorten(whole), true
	}
	var parts []string
	if json.Unmarshal(raw, &parts) == nil {
		return shorten(strings.Join(parts, "")), true
	}
	return "", false
}

func shorten(s string) string {
	if len(s) <= maxLineBytes {
		return s
	}
	cut := maxLineBytes
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
