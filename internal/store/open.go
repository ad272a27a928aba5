package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"bangui/internal/history"
)

// openCounter is a table that counts the bans that are open now. Its rows stay when they
// fall to zero: there are as many as jails and countries, or networks, of a host.
type openCounter struct {
	table   string
	columns []string
	key     func(b history.Ban) openKey
	values  func(k openKey) []any // of its columns
}

// openKey is what these counters distinguish; each leaves some of it empty.
type openKey struct {
	host, jail, origin, country string
	asn                         int64
}

func openCounters() [2]openCounter {
	return [2]openCounter{
		{
			"tally_open",
			[]string{"host_id", "jail", "origin", "country"},
			func(b history.Ban) openKey { return openKey{b.HostID, b.Jail, string(b.Origin), b.Country, 0} },
			func(k openKey) []any { return []any{k.host, k.jail, k.origin, k.country} },
		},
		{
			"tally_open_network",
			[]string{"host_id", "asn"},
			func(b history.Ban) openKey { return openKey{host: b.HostID, asn: b.ASN} },
			func(k openKey) []any { return []any{k.host, k.asn} },
		},
	}
}

// openCells are what changes in each of these counters.
type openCells [2]map[openKey]int64

// add counts a ban n times if it is open.
func (o *openCells) add(b history.Ban, n int64) {
	if !b.EndedAt.IsZero() {
		return
	}
	for i, c := range openCounters() {
		if o[i] == nil {
			o[i] = map[openKey]int64{}
		}
		o[i][c.key(b)] += n
	}
}

func (k openKey) compare(other openKey) int {
	return cmp.Or(strings.Compare(k.host, other.host), strings.Compare(k.jail, other.jail), strings.Compare(k.origin, other.origin),
		strings.Compare(k.country, other.country), cmp.Compare(k.asn, other.asn))
}

// putOpen writes what changes in the counters of open bans.
func (tx *Tx) putOpen(ctx context.Context, o openCells) error {
	for i, c := range openCounters() {
		columns := strings.Join(c.columns, ", ")
		var values []any
		for _, k := range slices.SortedFunc(maps.Keys(o[i]), openKey.compare) {
			if n := o[i][k]; n != 0 {
				values = append(append(values, c.values(k)...), n)
			}
		}
		if err := tx.execMany(ctx, "INSERT INTO "+c.table+" ("+columns+", bans) VALUES ", len(c.columns)+1, values,
			" ON CONFLICT ("+columns+") DO UPDATE SET bans = "+c.table+".bans + excluded.bans"); err != nil {
			return err
		}
	}
	return nil
}

// openScope is what a query for open bans asks of the counters; false when it asks more
// than they know.
func openScope(q history.Query) (s history.Scope, counted bool) {
	s = history.Scope{HostID: q.HostID, Jail: q.Jail, Country: q.Country, Origin: q.Origin, ASN: q.ASN}
	only := history.Query{State: history.Active, HostID: q.HostID, Jail: q.Jail, Country: q.Country, Origin: q.Origin, ASN: q.ASN}
	q.Limit = 0
	return s, q == only && (s.ASN == 0 || s.Jail == "" && s.Country == "" && s.Origin == "")
}

// countOpen is how many open bans a scope has.
func (db *DB) countOpen(ctx context.Context, s history.Scope) (int, error) {
	c := &conditions{}
	c.narrowed(s)
	table := "tally_open"
	if s.ASN != 0 {
		table = "tally_open_network"
	}
	sums, err := collect(ctx, db.read, scanOne[int], "SELECT CAST(coalesce(sum(bans), 0) AS BIGINT) FROM "+table+c.sql(), c.args...)
	if err != nil {
		return 0, err
	}
	return sums[0], nil
}

// CheckOpen compares how many bans are counted as open with those that are; with mend it
// counts them anew.
func (db *DB) CheckOpen(ctx context.Context, mend bool) (found []history.Difference, err error) {
	err = db.Tx(ctx, func(tx *Tx) error {
		found = nil
		for _, c := range openCounters() {
			differ, err := tx.compareOpen(ctx, c)
			if err != nil {
				return err
			}
			found = append(found, differ...)
			if mend && len(differ) > 0 {
				if err := tx.recountOpen(ctx, c); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return found, err
}

// there asks for the open bans by the columns of the counter.
func (c openCounter) there() string {
	columns := strings.Join(c.columns, ", ")
	return "SELECT " + columns + ", count(*) FROM ban WHERE ended_at IS NULL GROUP BY " + columns
}

func (tx *Tx) compareOpen(ctx context.Context, c openCounter) (found []history.Difference, err error) {
	counted, err := tx.amounts(ctx, len(c.columns), "SELECT "+strings.Join(c.columns, ", ")+", bans FROM "+c.table+" WHERE bans <> 0")
	if err != nil {
		return nil, err
	}
	there, err := tx.amounts(ctx, len(c.columns), c.there())
	if err != nil {
		return nil, err
	}
	for key := range union(counted, there) {
		if counted[key] != there[key] {
			found = append(found, history.Difference{Counter: c.table, Key: key, Counted: counted[key], There: there[key]})
		}
	}
	return found, nil
}

func (tx *Tx) recountOpen(ctx context.Context, c openCounter) error {
	if err := tx.exec(ctx, "DELETE FROM "+c.table); err != nil {
		return err
	}
	return tx.exec(ctx, "INSERT INTO "+c.table+" ("+strings.Join(c.columns, ", ")+", bans) "+c.there())
}
