// Package geo says where an address is: its country, the network that it belongs to, and
// what kind of address it is when it is no ordinary one. It reads database files of this
// machine and asks nobody.
//
// A database that is missing or broken is a state, not a failure: what it would have
// told is not known then. Nothing in a file can end the process.
package geo

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"bangui/internal/health"
)

// Options say which databases are read.
type Options struct {
	// Country, ASN and City are paths of the operator's own files in the MaxMind DB
	// format, which win over BuiltIn; "" = none.
	Country, ASN, City string
	// BuiltIn are the databases that come with the product; parts of it may be empty.
	BuiltIn BuiltIn
	// Map maps the operator's files into memory instead of reading them, where they are on
	// a local disk.
	Map bool
	// Findings is told of files that can't be used.
	Findings *health.Registry

	Logger *slog.Logger
	Now    func() time.Time
}

// BuiltIn are the databases that come with the product.
type BuiltIn struct{ Country, ASN Data }

// Data is a database in memory, with those who want to be named for it.
type Data struct {
	Content []byte // never written to; empty = there is none
	Credits []Credit
}

// DB answers from the databases of the moment. It is safe for concurrent use.
type DB struct {
	options Options
	ranges  ranges
	slots   []*slot // country, asn, city: cities tell a country only where none is known
}

// Open opens the databases. It never fails: what can't be opened is among the findings.
func Open(ctx context.Context, o Options) *DB {
	d := &DB{options: o, ranges: newRanges()}
	d.slots = []*slot{
		{kind: Country, file: o.Country, builtIn: o.BuiltIn.Country},
		{kind: ASN, file: o.ASN, builtIn: o.BuiltIn.ASN},
		{kind: City, file: o.City},
	}
	for _, s := range d.slots {
		s.options = &d.options
		s.openBuiltIn(ctx)
		s.refresh(ctx)
	}
	return d
}

// lookEvery is how often the files are looked at.
const lookEvery = 10 * time.Second

// Run follows the files until ctx ends: one that was replaced is opened.
func (d *DB) Run(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			d.Refresh(ctx)
		}
	}
}

// Refresh looks at the files now. One that changed takes the place of the one before it
// when it can be used; otherwise that one stays, and the findings say why.
func (d *DB) Refresh(ctx context.Context) {
	for _, s := range d.slots {
		s.refresh(ctx)
	}
}

// Lookup says where an address is. An IPv4 address in IPv6 clothes is taken as IPv4.
func (d *DB) Lookup(address netip.Addr) Place {
	address = address.Unmap().WithZone("")
	return d.LookupPrefix(netip.PrefixFrom(address, address.BitLen()))
}

// LookupPrefix says what holds for all of a prefix; of what differs within it, nothing.
func (d *DB) LookupPrefix(prefix netip.Prefix) Place {
	if prefix.Addr().Is4In6() && prefix.Bits() >= 96 {
		prefix = netip.PrefixFrom(prefix.Addr().Unmap(), prefix.Bits()-96)
	}
	var place Place
	if !prefix.IsValid() {
		return place
	}
	place.Special = d.ranges.of(prefix)
	if !place.Special.IsZero() {
		inner, ok := place.Special.inner(prefix)
		if !ok || !d.ranges.of(inner).IsZero() {
			return place // it is nowhere, whatever a database says
		}
		prefix = inner
	}
	for _, s := range d.slots {
		s.look(prefix, &place)
	}
	return place
}

// State is what is known of each database: of countries, of networks, and of cities
// where one is set.
func (d *DB) State() []Database {
	var all []Database
	for _, s := range d.slots {
		if state := s.state(); state.Source != None || state.Kind != City {
			all = append(all, state)
		}
	}
	return all
}
