package fail2ban

import (
	"context"
	"fmt"
	"os"
)

// Table is one of the two tables of bans in fail2ban's database.
type Table string

// The tables. Bans has a row for each ban of the last day (dbpurgeage), Lasts the last
// ban of each id in each jail, which the hourly purge spares for longer.
const (
	Bans  Table = "bans"
	Lasts Table = "bips"
)

// DatabaseRow is a ban with its row in a table. Rows are numbered in the order of their
// bans, but numbers are used again after the newest rows were deleted.
type DatabaseRow struct {
	Row int64
	DatabaseBan
}

// RowsAfter are the rows of a table behind a row, in their order, at most limit and 500.
func (d *Database) RowsAfter(ctx context.Context, table Table, row int64, limit int) ([]DatabaseRow, error) {
	return d.rows(ctx, table, "rowid > ? ORDER BY rowid LIMIT ?", row, min(limit, maxRows))
}

// RowAt is one row of a table; none when it isn't there.
func (d *Database) RowAt(ctx context.Context, table Table, row int64) ([]DatabaseRow, error) {
	return d.rows(ctx, table, "rowid = ?", row)
}

// RowBefore is the number of the last row, up to one, whose ban began before a moment in
// Unix seconds; 0 when there is none.
func (d *Database) RowBefore(ctx context.Context, table Table, row, at int64) (int64, error) {
	rows, err := d.rows(ctx, table, "rowid = (SELECT rowid FROM "+string(table)+" WHERE rowid <= ? AND timeofban < ? ORDER BY rowid DESC LIMIT 1)", row, at)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].Row, nil
}

// rows reads rows with their numbers. A row whose ban has no time that can be read stands
// for no ban and is left out.
func (d *Database) rows(ctx context.Context, table Table, where string, args ...any) ([]DatabaseRow, error) {
	return d.numbered(ctx, "SELECT rowid, "+banColumns+" FROM "+string(table)+" WHERE "+where, args...)
}

// Stamp changes whenever the file does, also when another one takes its place; file is
// what says only the latter.
func (d *Database) Stamp() (file, stamp string, err error) {
	info, err := os.Stat(d.path)
	if err != nil {
		return "", "", d.fault(err)
	}
	file = fmt.Sprint(inodeOf(info))
	return file, fmt.Sprintf("%s %d %d", file, info.Size(), info.ModTime().UnixNano()), nil
}
