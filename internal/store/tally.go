package store

import (
	"context"
	"encoding/json"
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
	of      string // the counter of days that it sums up; "" = it counts bans
}

// key is what a counter distinguishes within an hour or day, in the order of its
// columns; nil at the end where it has fewer.
type key [3]any

// counters are all tables of this kind.
func counters() []counter {
	byOrigin := func(b history.Ban) key { return key{b.HostID, b.Jail, string(b.Origin)} }
	return []counter{
		{"tally_hour", "hour", hour, []string{"host_id", "jail", "origin"}, byOrigin, ""},
		{"tally_day", "day", day, []string{"host_id", "jail", "origin"}, byOrigin, ""},
		{"tally_country", "day", day, []string{"host_id", "country"}, func(b history.Ban) key { return key{b.HostID, b.Country} }, ""},
		{"tally_jail_country", "day", day, []string{"host_id", "jail", "country"}, func(b history.Ban) key { return key{b.HostID, b.Jail, b.Country} }, ""},
		{"tally_network", "day", day, []string{"host_id", "asn"}, func(b history.Ban) key { return key{b.HostID, b.ASN} }, ""},
	}
}

// spans are the lengths in days over which some counters are summed up; each is a multiple
// of the one before.
func spans() []int64 { return []int64{8, history.SpanDays} }

// sums are the counters that sum others up. Where many things are counted a day, a year
// of days would be too many rows to add.
func sums() (all []counter) {
	for _, c := range counters() {
		if c.table != "tally_country" && c.table != "tally_jail_country" && c.table != "tally_network" {
			continue
		}
		for _, length := range spans() {
			all = append(all, counter{c.table + "_" + strconv.FormatInt(length, 10), "span", length * day, c.columns, c.key, c.table})
		}
	}
	return all
}

// into and onConflict are the ends of the statement that adds to places of the counter,
// and makes them.
func (c counter) into() string {
	return "INSERT INTO " + c.table + " (" + c.time + ", " + strings.Join(c.columns, ", ") + ", bans) VALUES "
}

func (c counter) onConflict() string {
	return " ON CONFLICT (" + c.time + ", " + strings.Join(c.columns, ", ") + ") DO UPDATE SET bans = " + c.table + ".bans + excluded.bans"
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
	addresses map[string]*addressRow // what is added to their rows
	newOn     map[int64]int64        // by day: identifiers that were first banned on it
	open      openCells
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

// countMoved counts a ban where it now belongs, and whether it is open.
func (tx *Tx) countMoved(was, is history.Ban) {
	t := tx.tallying()
	t.open.add(was, -1)
	t.open.add(is, 1)
	if was.Origin == is.Origin && was.Whereabouts == is.Whereabouts {
		return
	}
	t.add(was, -1)
	t.add(is, 1)
}

// countNew counts a ban that was just stored, also for its identifier.
func (tx *Tx) countNew(b history.Ban) {
	t := tx.tallying()
	t.add(b, 1)
	t.open.add(b, 1)
	at := micros(b.BannedAt)
	row := t.addresses[b.Address]
	if row == nil {
		row = &addressRow{first: at, last: at}
		t.addresses[b.Address] = row
	}
	row.add(addressRow{at, at, 1, []string{b.Jail}})
}

// add adds what more bans say of the same identifier.
func (r *addressRow) add(more addressRow) {
	r.first, r.last, r.bans = min(r.first, more.first), max(r.last, more.last), r.bans+more.bans
	for _, jail := range more.jails {
		r.jails = withName(r.jails, jail)
	}
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

func namesOf(list string) (names []string, err error) {
	err = json.Unmarshal([]byte(list), &names)
	slices.Sort(names)
	return names, err
}

// countAll writes what the bans of this transaction change in the counters: many rows at
// once, and in the order in which they are stored.
func (tx *Tx) countAll(ctx context.Context) error {
	t := tx.tally
	if t == nil {
		return nil
	}
	if err := tx.putCells(ctx, t); err != nil {
		return err
	}
	if err := tx.putOpen(ctx, t.open); err != nil {
		return err
	}
	if err := tx.putAddresses(ctx, t); err != nil {
		return err
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
