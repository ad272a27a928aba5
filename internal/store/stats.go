package store

import (
	"context"
	"database/sql"
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
	case t.By == history.ByNetwork:
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

func tallyWhere(t history.Tally, when string) *conditions {
	c := &conditions{}
	c.and(when+" >= ? AND "+when+" < ?", t.From, t.To)
	for _, f := range []struct{ column, value string }{
		{"host_id", t.Scope.HostID}, {"jail", t.Scope.Jail}, {"country", t.Scope.Country}, {"origin", string(t.Scope.Origin)},
	} {
		if f.value != "" {
			c.and(f.column+" = ?", f.value)
		}
	}
	return c
}

// CountTally is the sum of a counter.
func (db *DB) CountTally(ctx context.Context, t history.Tally) (int64, error) {
	table, when, _ := source(t)
	c := tallyWhere(t, when)
	sums, err := collect(ctx, db.read, scanOne[int64], "SELECT CAST(coalesce(sum(bans), 0) AS BIGINT) FROM "+table+c.sql(), c.args...)
	if err != nil {
		return 0, err
	}
	return sums[0], nil
}

// Tallied are the sums of a counter by hour or day, in their order, without those that
// are zero.
func (db *DB) Tallied(ctx context.Context, t history.Tally) ([]history.Counted, error) {
	table, when, _ := source(t)
	c := tallyWhere(t, when)
	return collect(ctx, db.read, func(r *sql.Rows) (row history.Counted, err error) {
		err = r.Scan(&row.When, &row.Bans)
		return row, err
	},
		"SELECT "+when+", CAST(sum(bans) AS BIGINT) FROM "+table+c.sql()+" GROUP BY "+when+" ORDER BY "+when+" LIMIT 10000", c.args...)
}

// TopTally are the largest parts of a counter.
func (db *DB) TopTally(ctx context.Context, t history.Tally, limit int) ([]history.Counted, error) {
	table, when, by := source(t)
	c := tallyWhere(t, when)
	query := "SELECT " + by + ", CAST(sum(bans) AS BIGINT) AS n FROM " + table + c.sql() + " GROUP BY " + by + " ORDER BY n DESC, " + by + " LIMIT " + strconv.Itoa(limit)
	name := "''"
	if t.By == history.ByNetwork {
		name = "coalesce((SELECT name FROM network WHERE network.asn = largest.asn), '')"
	}
	scan := func(r *sql.Rows) (row history.Counted, err error) {
		err = r.Scan(&row.Key, &row.Bans, &row.Name)
		return row, err
	}
	return collect(ctx, db.read, scan, "SELECT "+by+", n, "+name+" FROM ("+query+") AS largest WHERE n > 0 ORDER BY n DESC, "+by, c.args...)
}

// TallyOf are the sums of some parts of a counter.
func (db *DB) TallyOf(ctx context.Context, t history.Tally, keys []string) (map[string]int64, error) {
	all := map[string]int64{}
	if len(keys) == 0 {
		return all, nil
	}
	table, when, by := source(t)
	c := tallyWhere(t, when)
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
	c.and(by+" IN ("+strings.TrimSuffix(strings.Repeat("?, ", len(keys)), ", ")+")", values...)
	_, err := collect(ctx, db.read, func(r *sql.Rows) (none struct{}, err error) {
		var key string
		var n int64
		err = r.Scan(&key, &n)
		all[key] = n
		return none, err
	}, "SELECT "+by+", CAST(sum(bans) AS BIGINT) FROM "+table+c.sql()+" GROUP BY "+by, c.args...)
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
