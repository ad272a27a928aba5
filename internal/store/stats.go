package store

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"strings"

	"bangui/internal/history"
)

// source is the counter that holds what is asked, with the column that it is split by.
func source(t history.Tally) (table, when, by string) {
	column := map[history.By]string{
		history.ByJail: "jail", history.ByCountry: "country", history.ByNetwork: "asn", history.ByOrigin: "origin", history.ByHost: "host_id",
	}[t.By]
	switch {
	case t.By == history.ByNetwork || t.Scope.ASN != 0:
		return "tally_network", "day", column
	case t.Country && (t.Scope.Jail != "" || t.By == history.ByJail):
		return "tally_jail_country", "day", column
	case t.Country:
		return "tally_country", "day", column
	case t.Hours:
		return "tally_hour", "hour", column
	default:
		return "tally_day", "day", column
	}
}

// narrowed are the conditions of a scope.
func (c *conditions) narrowed(s history.Scope) {
	for _, f := range []struct{ column, value string }{
		{"host_id", s.HostID}, {"jail", s.Jail}, {"country", s.Country}, {"origin", string(s.Origin)},
	} {
		if f.value != "" {
			c.and(f.column+" = ?", f.value)
		}
	}
	if s.ASN != 0 {
		c.and("asn = ?", s.ASN)
	}
}

// counted is what a tally is read from, as one table with the column part, which is by,
// and the number of bans: a counter, and in place of most of its days those that sum them
// up. keys are the parts that are wanted; nil = all.
type counted struct {
	conditions
	tally  history.Tally
	by     string
	keys   []any
	tables []string
}

func countedBy(t history.Tally, by string, keys []any) *counted {
	c := &counted{tally: t, by: by, keys: keys}
	table, when, _ := source(t)
	summed := slices.ContainsFunc(sums(), func(sum counter) bool { return sum.of == table })
	if summed && t.From < t.To {
		c.spans(table, t.From, t.To, len(spans())-1, "")
	} else {
		c.add(table, when, t.From, t.To, "")
	}
	return c
}

// spans adds whole spans of a length for a time, and mends what they have too little or too
// much at its ends with shorter ones: never with more of them than half a span has.
func (c *counted) spans(table string, from, to int64, level int, sign string) {
	if from >= to {
		return
	}
	if level < 0 {
		c.add(table, "day", from, to, sign)
		return
	}
	length := spans()[level]
	first, after := (from+length-1)/length, to/length
	if first > after {
		c.spans(table, from, to, level-1, sign)
		return
	}
	if edge := first*length - from; 2*edge > length {
		first--
		c.spans(table, first*length, from, level-1, opposite(sign))
	} else {
		c.spans(table, from, from+edge, level-1, sign)
	}
	if edge := to - after*length; 2*edge > length {
		after++
		c.spans(table, to, after*length, level-1, opposite(sign))
	} else {
		c.spans(table, to-edge, to, level-1, sign)
	}
	if first < after {
		c.add(table+"_"+strconv.FormatInt(length, 10), "span", first, after, sign)
	}
}

func opposite(sign string) string {
	if sign == "" {
		return "-"
	}
	return ""
}

// add adds a stretch of one table. Of few parts each row is looked up by its key.
func (c *counted) add(table, when string, from, to int64, sign string) {
	c.parts = nil
	if few := to > from && to-from <= history.SpanDays; few && len(c.keys) > 0 {
		numbers := make([]any, 0, to-from)
		for n := from; n < to; n++ {
			numbers = append(numbers, n)
		}
		c.and(when+" IN "+marks(len(numbers)), numbers...)
		c.and("host_id IN (SELECT id FROM host)")
	} else {
		c.and(when+" >= ? AND "+when+" < ?", from, to)
	}
	c.narrowed(c.tally.Scope)
	if len(c.keys) > 0 {
		c.among(c.by, c.keys)
	}
	c.tables = append(c.tables, "SELECT "+c.by+" AS part, "+sign+"bans AS bans FROM "+table+c.conditions.sql())
}

// marks is a list of places for values.
func marks(n int) string { return "(" + strings.TrimSuffix(strings.Repeat("?, ", n), ", ") + ")" }

func (c *counted) sql() string { return "(" + strings.Join(c.tables, " UNION ALL ") + ") AS counted" }

// CountTally is the sum of a counter.
func (db *DB) CountTally(ctx context.Context, t history.Tally) (int64, error) {
	c := countedBy(t, "0", nil)
	sums, err := collect(ctx, db.read, scanOne[int64], "SELECT CAST(coalesce(sum(bans), 0) AS BIGINT) FROM "+c.sql(), c.args...)
	if err != nil {
		return 0, err
	}
	return sums[0], nil
}

// Tallied are the sums of a counter by hour or day, in their order, without those that
// are zero; with keys those of each of these parts.
func (db *DB) Tallied(ctx context.Context, t history.Tally, keys []string) ([]history.Counted, error) {
	table, when, by := source(t)
	c := &conditions{}
	c.and(when+" >= ? AND "+when+" < ?", t.From, t.To)
	c.narrowed(t.Scope)
	part, group := "''", when
	if len(keys) > 0 {
		values, err := partsOf(t, keys)
		if err != nil {
			return nil, err
		}
		c.among(by, values)
		part, group = by, when+", "+by
	}
	return collect(ctx, db.read, func(r *sql.Rows) (row history.Counted, err error) {
		err = r.Scan(&row.When, &row.Key, &row.Bans)
		return row, err
	},
		"SELECT "+when+", "+part+", CAST(sum(bans) AS BIGINT) FROM "+table+c.sql()+" GROUP BY "+group+" ORDER BY "+when+" LIMIT 200000", c.args...)
}

// among narrows to some parts of a counter.
func (c *conditions) among(by string, values []any) {
	c.and(by+" IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(values)), ", ")+")", values...)
}

// partsOf are the keys of parts as their counter has them.
func partsOf(t history.Tally, keys []string) ([]any, error) {
	values := make([]any, len(keys))
	for i, key := range keys {
		values[i] = key
		if t.By == history.ByNetwork {
			number, err := strconv.ParseInt(key, 10, 64)
			if err != nil {
				return nil, err
			}
			values[i] = number
		}
	}
	return values, nil
}

// TopTally are the largest parts of a counter.
func (db *DB) TopTally(ctx context.Context, t history.Tally, limit int) ([]history.Counted, error) {
	_, _, by := source(t)
	c := countedBy(t, by, nil)
	query := "SELECT part, CAST(sum(bans) AS BIGINT) AS n FROM " + c.sql() + " GROUP BY part ORDER BY n DESC, part LIMIT " + strconv.Itoa(limit)
	name := "''"
	if t.By == history.ByNetwork {
		name = "coalesce((SELECT name FROM network WHERE network.asn = largest.part), '')"
	}
	scan := func(r *sql.Rows) (row history.Counted, err error) {
		err = r.Scan(&row.Key, &row.Bans, &row.Name)
		return row, err
	}
	return collect(ctx, db.read, scan, "SELECT part, n, "+name+" FROM ("+query+") AS largest WHERE n > 0 ORDER BY n DESC, part", c.args...)
}

// TallyOf are the sums of some parts of a counter.
func (db *DB) TallyOf(ctx context.Context, t history.Tally, keys []string) (map[string]int64, error) {
	all := map[string]int64{}
	if len(keys) == 0 {
		return all, nil
	}
	_, _, by := source(t)
	values, err := partsOf(t, keys)
	if err != nil {
		return nil, err
	}
	c := countedBy(t, by, values)
	_, err = collect(ctx, db.read, func(r *sql.Rows) (none struct{}, err error) {
		var key string
		var n int64
		err = r.Scan(&key, &n)
		all[key] = n
		return none, err
	}, "SELECT part, CAST(sum(bans) AS BIGINT) FROM "+c.sql()+" GROUP BY part", c.args...)
	return all, err
}

// CountNew is how many identifiers were first banned from one day to before another.
func (db *DB) CountNew(ctx context.Context, first, after int64) (int64, error) {
	sums, err := collect(ctx, db.read, scanOne[int64], "SELECT CAST(coalesce(sum(addresses), 0) AS BIGINT) FROM tally_new WHERE day >= $1 AND day < $2", first, after)
	if err != nil {
		return 0, err
	}
	return sums[0], nil
}
