package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bangui/internal/history"
)

// CountedDays are the first and the last day, as numbers since 1970, of bans and
// counters; ok is false when there is neither.
func (db *DB) CountedDays(ctx context.Context) (first, last int64, ok bool, err error) {
	var from, to sql.NullInt64
	// One question for each end: that is a look at an index, and both at once all of it.
	for _, query := range []string{
		"SELECT (SELECT min(day) FROM tally_day), (SELECT max(day) FROM tally_day)",
		"SELECT (SELECT min(banned_at) FROM ban) / 86400000000, (SELECT max(banned_at) FROM ban) / 86400000000",
	} {
		_, err := collect(ctx, db.read, func(r *sql.Rows) (struct{}, error) { return struct{}{}, r.Scan(&from, &to) }, query)
		if err != nil {
			return 0, 0, false, err
		}
		if !from.Valid {
			continue
		}
		if !ok {
			first, last, ok = from.Int64, to.Int64, true
		}
		first, last = min(first, from.Int64), max(last, to.Int64)
	}
	return first, last, ok, nil
}

// CheckDay compares the counters of a day with the bans of it, while nothing is written.
// Of a day of which bans may have been removed it finds only what is counted too little.
func (db *DB) CheckDay(ctx context.Context, number int64) (found []history.Difference, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		found = nil
		kept, err := tx.KeptSince(ctx)
		if err != nil {
			return err
		}
		for _, c := range counters() {
			differ, err := tx.compare(ctx, c, number, number*day < micros(kept))
			if err != nil {
				return err
			}
			found = append(found, differ...)
		}
		return nil
	})
	return found, err
}

// compare is CheckDay for one counter.
func (tx *Tx) compare(ctx context.Context, c counter, number int64, outlived bool) ([]history.Difference, error) {
	columns := strings.Join(c.columns, ", ")
	counted, err := tx.amounts(ctx, len(c.columns)+1, "SELECT "+c.time+", "+columns+", bans FROM "+c.table+
		" WHERE "+c.time+" >= $1 AND "+c.time+" < $2 AND bans <> 0", number*day/c.span, (number+1)*day/c.span)
	if err != nil {
		return nil, err
	}
	there, err := tx.amounts(ctx, len(c.columns)+1, "SELECT "+c.numberOf()+", "+columns+", count(*) FROM ban WHERE banned_at >= $1 AND banned_at < $2 GROUP BY "+
		c.numberOf()+", "+columns, number*day, (number+1)*day)
	if err != nil {
		return nil, err
	}
	var found []history.Difference
	for key := range union(counted, there) {
		if is, should := counted[key], there[key]; is != should && (!outlived || is < should) {
			found = append(found, history.Difference{Counter: c.table, Key: key, Counted: is, There: should})
		}
	}
	return found, nil
}

// numberOf is the number of the hour or day of a ban.
func (c counter) numberOf() string { return "banned_at / " + strconv.FormatInt(c.span, 10) }

// amounts reads rows of a key of some columns and a number.
func (tx *Tx) amounts(ctx context.Context, columns int, query string, args ...any) (map[string]int64, error) {
	all := map[string]int64{}
	_, err := collect(ctx, tx.tx, func(r *sql.Rows) (struct{}, error) {
		key := make([]string, columns)
		targets := make([]any, 0, columns+1)
		for i := range key {
			targets = append(targets, &key[i])
		}
		var n int64
		err := r.Scan(append(targets, &n)...)
		all[fmt.Sprintf("%q", key)] = n
		return struct{}{}, err
	}, query, args...)
	return all, err
}

func union[V any](a, b map[string]V) map[string]struct{} {
	all := map[string]struct{}{}
	for _, m := range []map[string]V{a, b} {
		for key := range m {
			all[key] = struct{}{}
		}
	}
	return all
}

// RebuildDay counts a day anew. A day of which bans may have been removed is left as it is.
func (db *DB) RebuildDay(ctx context.Context, number int64) error {
	return db.Tx(ctx, func(tx *Tx) error {
		kept, err := tx.KeptSince(ctx)
		if err != nil || number*day < micros(kept) {
			return err
		}
		for _, c := range counters() {
			if err := tx.exec(ctx, "DELETE FROM "+c.table+" WHERE "+c.time+" >= $1 AND "+c.time+" < $2", number*day/c.span, (number+1)*day/c.span); err != nil {
				return err
			}
			columns := strings.Join(c.columns, ", ")
			err := tx.exec(ctx, "INSERT INTO "+c.table+" ("+c.time+", "+columns+", bans) SELECT "+c.numberOf()+", "+columns+
				", count(*) FROM ban WHERE banned_at >= $1 AND banned_at < $2 GROUP BY "+c.numberOf()+", "+columns, number*day, (number+1)*day)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// CheckSpan compares the sums of the days of one span of history.SpanDays with the counters of
// its days, while nothing is written.
func (db *DB) CheckSpan(ctx context.Context, number int64) (found []history.Difference, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		found = nil
		for _, c := range sums() {
			from, to := c.within(number)
			columns := strings.Join(c.columns, ", ")
			counted, err := tx.amounts(ctx, len(c.columns)+1, "SELECT span, "+columns+", bans FROM "+c.table+" WHERE span >= $1 AND span < $2 AND bans <> 0", from, to)
			if err != nil {
				return err
			}
			there, err := tx.amounts(ctx, len(c.columns)+1, c.summed(" HAVING sum(bans) <> 0"), number*history.SpanDays, (number+1)*history.SpanDays)
			if err != nil {
				return err
			}
			for key := range union(counted, there) {
				if is, should := counted[key], there[key]; is != should {
					found = append(found, history.Difference{Counter: c.table, Key: key, Counted: is, There: should})
				}
			}
		}
		return nil
	})
	return found, err
}

// within are the first span of the counter that is in one of history.SpanDays, and the one
// behind the last.
func (c counter) within(number int64) (from, to int64) {
	each := history.SpanDays * day / c.span
	return number * each, (number + 1) * each
}

// summed asks for the sums of the days from $1 to before $2, by the spans of the counter.
func (c counter) summed(having string) string {
	columns := strings.Join(c.columns, ", ")
	by := "day / " + strconv.FormatInt(c.span/day, 10)
	return "SELECT " + by + ", " + columns + ", CAST(sum(bans) AS BIGINT) FROM " + c.of + " WHERE day >= $1 AND day < $2 GROUP BY " + by + ", " + columns + having
}

// RebuildSpan adds the days of one span of history.SpanDays anew. Days outlive the bans, so
// that this is right for all times.
func (db *DB) RebuildSpan(ctx context.Context, number int64) error {
	return db.Tx(ctx, func(tx *Tx) error {
		for _, c := range sums() {
			from, to := c.within(number)
			if err := tx.exec(ctx, "DELETE FROM "+c.table+" WHERE span >= $1 AND span < $2", from, to); err != nil {
				return err
			}
			err := tx.exec(ctx, "INSERT INTO "+c.table+" (span, "+strings.Join(c.columns, ", ")+", bans) "+c.summed(""), number*history.SpanDays, (number+1)*history.SpanDays)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// addressPart are the identifiers of one step: those after one, up to another.
type addressPart struct {
	after, upTo string
	last        bool // there are none behind
}

// bounds are the conditions of a part, with the values of $1 and $2.
func (p addressPart) bounds() (where string, args []any) {
	if p.last {
		return " WHERE identifier > $1", []any{p.after}
	}
	return " WHERE identifier > $1 AND identifier <= $2", []any{p.after, p.upTo}
}

// part finds the next identifiers that have a row, about limit.
func (tx *Tx) part(ctx context.Context, after string, limit int) (addressPart, error) {
	found, err := collect(ctx, tx.tx, scanOne[string], "SELECT identifier FROM address WHERE identifier > $1 ORDER BY identifier LIMIT $2", after, limit)
	p := addressPart{after: after, last: len(found) < limit}
	if !p.last {
		p.upTo = found[len(found)-1]
	}
	return p, err
}

// rowsOf are the rows of a part as they are, and as the bans say.
func (tx *Tx) rowsOf(ctx context.Context, p addressPart) (counted, there map[string]*addressRow, err error) {
	counted, there = map[string]*addressRow{}, map[string]*addressRow{}
	where, args := p.bounds()
	into := func(rows map[string]*addressRow, jails bool) func(r *sql.Rows) (struct{}, error) {
		return func(r *sql.Rows) (none struct{}, err error) {
			var identifier, list string
			row := &addressRow{}
			targets := []any{&identifier, &row.first, &row.last, &row.bans}
			if jails {
				targets = append(targets, &list)
			}
			if err = r.Scan(targets...); err == nil && jails {
				row.jails, err = namesOf(list)
			}
			rows[identifier] = row
			return none, err
		}
	}
	if _, err = collect(ctx, tx.tx, into(counted, true), "SELECT identifier, first_at, last_at, bans, jails FROM address"+where, args...); err != nil {
		return nil, nil, err
	}
	if _, err = collect(ctx, tx.tx, into(there, false), "SELECT identifier, min(banned_at), max(banned_at), count(*) FROM ban"+where+" GROUP BY identifier", args...); err != nil {
		return nil, nil, err
	}
	_, err = collect(ctx, tx.tx, func(r *sql.Rows) (none struct{}, err error) {
		var identifier, jail string
		err = r.Scan(&identifier, &jail)
		if row := there[identifier]; row != nil {
			row.jails = withName(row.jails, jail)
		}
		return none, err
	}, "SELECT DISTINCT identifier, jail FROM ban"+where, args...)
	return counted, there, err
}

// wrong reports whether a row is not what the bans say. Where bans may have been removed
// it may say more than they do.
func (counted *addressRow) wrong(there *addressRow, kept int64) bool {
	switch {
	case counted == nil:
		return there != nil
	case counted.first < kept:
		return there != nil && (counted.bans < there.bans || counted.first > there.first || counted.last < there.last)
	case there == nil:
		return counted.bans != 0
	default:
		return counted.bans != there.bans || counted.first != there.first || counted.last != there.last || !slices.Equal(counted.jails, there.jails)
	}
}

// CheckAddresses compares the rows of the identifiers after one, about limit, with the
// bans, while nothing is written. next is where to go on; "" at the end.
func (db *DB) CheckAddresses(ctx context.Context, after string, limit int) (found []history.Difference, next string, err error) {
	err = db.eachWrong(ctx, after, limit, &next, func(_ *Tx, identifier string, counted, there *addressRow) error {
		found = append(found, history.Difference{Counter: "address", Key: fmt.Sprintf("%q", identifier), Counted: counted.number(), There: there.number()})
		return nil
	})
	return found, next, err
}

func (counted *addressRow) number() int64 {
	if counted == nil {
		return 0
	}
	return counted.bans
}

// RebuildAddresses mends the rows that CheckAddresses would find.
func (db *DB) RebuildAddresses(ctx context.Context, after string, limit int) (next string, err error) {
	err = db.eachWrong(ctx, after, limit, &next, func(tx *Tx, identifier string, counted, there *addressRow) error {
		if there == nil {
			return tx.exec(ctx, "DELETE FROM address WHERE identifier = $1", identifier)
		}
		row := *there
		if counted != nil {
			kept, err := tx.KeptSince(ctx)
			if err != nil {
				return err
			}
			if counted.first < micros(kept) {
				row.first, row.last, row.bans = min(row.first, counted.first), max(row.last, counted.last), max(row.bans, counted.bans)
			}
		}
		return tx.putRows(ctx, []string{identifier}, map[string]*addressRow{identifier: &row})
	})
	return next, err
}

func (db *DB) eachWrong(ctx context.Context, after string, limit int, next *string, do func(tx *Tx, identifier string, counted, there *addressRow) error) error {
	return db.Tx(ctx, func(tx *Tx) error {
		part, err := tx.part(ctx, after, limit)
		if err != nil {
			return err
		}
		*next = part.upTo
		kept, err := tx.KeptSince(ctx)
		if err != nil {
			return err
		}
		counted, there, err := tx.rowsOf(ctx, part)
		if err != nil {
			return err
		}
		for identifier := range union(counted, there) {
			if c, t := counted[identifier], there[identifier]; c.wrong(t, micros(kept)) {
				if err := do(tx, identifier, c, t); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// CheckNew compares how many identifiers were new on each day with their rows; with mend
// it counts them anew.
func (db *DB) CheckNew(ctx context.Context, mend bool) (found []history.Difference, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		found = nil
		counted, err := tx.amounts(ctx, 1, "SELECT day, addresses FROM tally_new WHERE addresses <> 0")
		if err != nil {
			return err
		}
		there, err := tx.amounts(ctx, 1, "SELECT first_at / 86400000000, count(*) FROM address GROUP BY first_at / 86400000000")
		if err != nil {
			return err
		}
		for key := range union(counted, there) {
			if counted[key] != there[key] {
				found = append(found, history.Difference{Counter: "tally_new", Key: key, Counted: counted[key], There: there[key]})
			}
		}
		if !mend || len(found) == 0 {
			return nil
		}
		if err := tx.exec(ctx, "DELETE FROM tally_new"); err != nil {
			return err
		}
		return tx.exec(ctx, "INSERT INTO tally_new (day, addresses) SELECT first_at / 86400000000, count(*) FROM address GROUP BY first_at / 86400000000")
	})
	return found, err
}
