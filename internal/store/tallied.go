package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// atOnce is how many rows one statement writes or looks up: a statement for each row
// costs more than the rows do.
const atOnce = 32

// tuples are marks for a number of rows of some columns: ($1, $2), ($3, $4)…
func tuples(rows, columns int) string {
	var b strings.Builder
	for n := range rows * columns {
		switch {
		case n == 0:
			b.WriteString("(")
		case n%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(n+1))
	}
	return b.String() + ")"
}

// execMany runs a statement for rows of values, atOnce of them at a time and the rest one
// by one, so that there are two texts.
func (tx *Tx) execMany(ctx context.Context, before string, columns int, values []any, after string) error {
	many, one := before+tuples(atOnce, columns)+after, before+tuples(1, columns)+after
	for len(values) >= atOnce*columns {
		if err := tx.exec(ctx, many, values[:atOnce*columns]...); err != nil {
			return err
		}
		values = values[atOnce*columns:]
	}
	for ; len(values) > 0; values = values[columns:] {
		if err := tx.exec(ctx, one, values[:columns]...); err != nil {
			return err
		}
	}
	return nil
}

// putCells writes what changes in all counters.
func (tx *Tx) putCells(ctx context.Context, t *tally) error {
	byCounter := make([]map[cell]int64, len(t.counters))
	for c, n := range t.cells {
		if byCounter[c.counter] == nil {
			byCounter[c.counter] = map[cell]int64{}
		}
		byCounter[c.counter][c] = n
	}
	for i, c := range t.counters {
		if err := tx.putCounter(ctx, c, byCounter[i]); err != nil {
			return err
		}
		for _, sum := range sums() {
			if sum.of != c.table {
				continue
			}
			summed := map[cell]int64{}
			for at, n := range byCounter[i] {
				at.when = at.when * c.span / sum.span
				summed[at] += n
			}
			if err := tx.putCounter(ctx, sum, summed); err != nil {
				return err
			}
		}
	}
	return nil
}

func (tx *Tx) putCounter(ctx context.Context, c counter, cells map[cell]int64) error {
	order := slices.SortedFunc(maps.Keys(cells), func(a, b cell) int { return cmp.Or(cmp.Compare(a.when, b.when), a.key.compare(b.key)) })
	var values []any
	for _, at := range order {
		if n := cells[at]; n != 0 {
			values = append(append(append(values, at.when), at.key[:len(c.columns)]...), n)
		}
	}
	return tx.execMany(ctx, c.into(), len(c.columns)+2, values, c.onConflict())
}

// compare orders keys of one counter as it stores them.
func (k key) compare(other key) int {
	for i := range k {
		order := 0
		switch theirs := other[i].(type) {
		case string:
			mine, _ := k[i].(string) // keys of one counter hold the same types
			order = cmp.Compare(mine, theirs)
		case int64:
			mine, _ := k[i].(int64)
			order = cmp.Compare(mine, theirs)
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// putAddresses adds to the rows of identifiers, and makes them.
func (tx *Tx) putAddresses(ctx context.Context, t *tally) error {
	for part := range slices.Chunk(slices.Sorted(maps.Keys(t.addresses)), atOnce) {
		known, err := tx.addressRows(ctx, part)
		if err != nil {
			return err
		}
		for _, identifier := range part {
			row, was := t.addresses[identifier], known[identifier]
			if was != nil {
				row.add(*was)
				t.newOn[was.first/day]--
			}
			t.newOn[row.first/day]++
		}
		if err := tx.putRows(ctx, part, t.addresses); err != nil {
			return err
		}
	}
	return nil
}

// addressRows are the rows of some identifiers, at most atOnce, that have one.
func (tx *Tx) addressRows(ctx context.Context, identifiers []string) (map[string]*addressRow, error) {
	args := make([]any, atOnce)
	for i := range args { // always as many: one text
		args[i] = identifiers[min(i, len(identifiers)-1)]
	}
	all := map[string]*addressRow{}
	scan := func(r *sql.Rows) (none struct{}, err error) {
		var identifier, jails string
		row := &addressRow{}
		if err = r.Scan(&identifier, &row.first, &row.last, &row.bans, &jails); err == nil {
			row.jails, err = namesOf(jails)
		}
		all[identifier] = row
		return none, err
	}
	err := each(ctx, tx, scan, "SELECT identifier, first_at, last_at, bans, jails FROM address WHERE identifier IN "+tuples(1, atOnce), args...)
	return all, err
}

const (
	intoAddress = "INSERT INTO address (identifier, first_at, last_at, bans, jails) VALUES "
	anewAddress = ` ON CONFLICT (identifier) DO UPDATE SET
		first_at = excluded.first_at, last_at = excluded.last_at, bans = excluded.bans, jails = excluded.jails`
)

// putRows stores the rows of some identifiers as they now are.
func (tx *Tx) putRows(ctx context.Context, identifiers []string, rows map[string]*addressRow) error {
	const columns = 5
	values := make([]any, 0, columns*len(identifiers))
	for _, identifier := range identifiers {
		r := rows[identifier]
		jails, err := json.Marshal(r.jails)
		if err != nil {
			return err
		}
		values = append(values, identifier, r.first, r.last, r.bans, string(jails))
	}
	if err := tx.execMany(ctx, intoAddress, columns, values, anewAddress); err != nil {
		return fmt.Errorf("count %d addresses: %w", len(identifiers), err)
	}
	return nil
}
