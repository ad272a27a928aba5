package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"bangui/internal/history"
)

// Stretches of time in microseconds.
const (
	hour = int64(time.Hour / time.Microsecond)
	day  = 24 * hour
)

// counter is a table that counts bans by hour or day and some columns of a ban.
type counter struct {
	table   string
	time    string // its column with the number of the hour or day
	span    int64  // how long that is
	columns []string
	key     func(b history.Ban) key
}

// key is what a counter distinguishes within an hour or day, in the order of its
// columns; nil at the end where it has fewer.
type key [3]any

// counters are all tables of this kind.
func counters() []counter {
	byOrigin := func(b history.Ban) key { return key{b.HostID, b.Jail, string(b.Origin)} }
	return []counter{
		{"tally_hour", "hour", hour, []string{"host_id", "jail", "origin"}, byOrigin},
		{"tally_day", "day", day, []string{"host_id", "jail", "origin"}, byOrigin},
		{"tally_country", "day", day, []string{"host_id", "country"}, func(b history.Ban) key { return key{b.HostID, b.Country} }},
		{"tally_jail_country", "day", day, []string{"host_id", "jail", "country"}, func(b history.Ban) key { return key{b.HostID, b.Jail, b.Country} }},
		{"tally_network", "day", day, []string{"host_id", "asn"}, func(b history.Ban) key { return key{b.HostID, b.ASN} }},
	}
}

// upsert adds to a place of the counter, and makes it.
func (c counter) upsert() string {
	columns := c.time + ", " + strings.Join(c.columns, ", ")
	marks := make([]string, len(c.columns)+2)
	for n := range marks {
		marks[n] = "$" + strconv.Itoa(n+1)
	}
	return "INSERT INTO " + c.table + " (" + columns + ", bans) VALUES (" + strings.Join(marks, ", ") + ") ON CONFLICT (" + columns +
		") DO UPDATE SET bans = " + c.table + ".bans + excluded.bans"
}

// cell is one place of a counter.
type cell struct {
	counter int
	when    int64
	key     key
}

// tally is what the bans of one transaction change in the counters. It is written at the
// end: bans come in bursts, of few jails and countries.
type tally struct {
	counters  []counter
	cells     map[cell]int64
	addresses map[string]*addressRow
	newOn     map[int64]int64 // by day: identifiers that were first banned on it
	networks  map[int64]string
}

// addressRow is the row of one identifier.
type addressRow struct {
	first, last, bans int64
	jails             []string
}

func (tx *Tx) tallying() *tally {
	if tx.tally == nil {
		tx.tally = &tally{
			counters: counters(), cells: map[cell]int64{}, addresses: map[string]*addressRow{},
			newOn: map[int64]int64{}, networks: map[int64]string{},
		}
	}
	return tx.tally
}

// add counts a ban n times.
func (t *tally) add(b history.Ban, n int64) {
	for i, c := range t.counters {
		t.cells[cell{i, micros(b.BannedAt) / c.span, c.key(b)}] += n
	}
	if b.ASN != 0 && n > 0 {
		t.networks[b.ASN] = b.Network
	}
}

// countMoved counts a ban where it now belongs.
func (tx *Tx) countMoved(was, is history.Ban) {
	if was.Origin == is.Origin && was.Whereabouts == is.Whereabouts {
		return
	}
	t := tx.tallying()
	t.add(was, -1)
	t.add(is, 1)
}

// countNew counts a ban that was just stored, also in the row of its identifier.
func (tx *Tx) countNew(ctx context.Context, b history.Ban) error {
	t := tx.tallying()
	t.add(b, 1)
	row := t.addresses[b.Address]
	if row == nil {
		var err error
		if row, err = tx.addressRow(ctx, b.Address); err != nil {
			return err
		}
		t.addresses[b.Address] = row
	}
	at := micros(b.BannedAt)
	if row.bans == 0 {
		t.newOn[at/day]++
		row.first, row.last = at, at
	} else if at < row.first {
		t.newOn[row.first/day]--
		t.newOn[at/day]++
		row.first = at
	}
	row.last = max(row.last, at)
	row.bans++
	row.jails = withName(row.jails, b.Jail)
	return nil
}

// withName adds a name to a sorted list of at most 1000 that lacks it.
func withName(names []string, name string) []string {
	const most = 1000
	i, there := slices.BinarySearch(names, name)
	if there || len(names) >= most {
		return names
	}
	return slices.Insert(names, i, name)
}

// addressRow is the row of an identifier, empty when there is none.
func (tx *Tx) addressRow(ctx context.Context, identifier string) (*addressRow, error) {
	var r addressRow
	var jails string
	err := tx.get(ctx, []any{&r.first, &r.last, &r.bans, &jails}, "SELECT first_at, last_at, bans, jails FROM address WHERE identifier = $1", identifier)
	if errors.Is(err, sql.ErrNoRows) {
		return &addressRow{}, nil
	}
	if err == nil {
		r.jails, err = namesOf(jails)
	}
	return &r, err
}

func namesOf(list string) (names []string, err error) {
	err = json.Unmarshal([]byte(list), &names)
	slices.Sort(names)
	return names, err
}

// countAll writes what the bans of this transaction change in the counters.
func (tx *Tx) countAll(ctx context.Context) error {
	t := tx.tally
	if t == nil {
		return nil
	}
	for c, n := range t.cells {
		if err := tx.addTo(ctx, t.counters[c.counter], c, n); err != nil {
			return err
		}
	}
	for identifier, row := range t.addresses {
		if err := tx.putAddress(ctx, identifier, *row); err != nil {
			return err
		}
	}
	for on, n := range t.newOn {
		if err := tx.exec(ctx, `INSERT INTO tally_new (day, addresses) VALUES ($1, $2)
			ON CONFLICT (day) DO UPDATE SET addresses = tally_new.addresses + excluded.addresses`, on, n); err != nil {
			return err
		}
	}
	for asn, name := range t.networks {
		if err := tx.exec(ctx, `INSERT INTO network (asn, name) VALUES ($1, $2)
			ON CONFLICT (asn) DO UPDATE SET name = excluded.name WHERE network.name <> excluded.name`, asn, name); err != nil {
			return err
		}
	}
	tx.tally = nil
	return nil
}

func (tx *Tx) addTo(ctx context.Context, c counter, at cell, n int64) error {
	if n == 0 {
		return nil
	}
	args := append(append([]any{at.when}, at.key[:len(c.columns)]...), n)
	return tx.exec(ctx, c.upsert(), args...)
}

func (tx *Tx) putAddress(ctx context.Context, identifier string, r addressRow) error {
	jails, err := json.Marshal(r.jails)
	if err != nil {
		return err
	}
	return tx.exec(ctx, `INSERT INTO address (identifier, first_at, last_at, bans, jails) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (identifier) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at, bans = excluded.bans, jails = excluded.jails`,
		identifier, r.first, r.last, r.bans, string(jails))
}
