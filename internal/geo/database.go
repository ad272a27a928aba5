package geo

import (
	"net/netip"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"bangui/internal/fault"
)

// database is one that was opened and tells what its kind promises.
type database struct {
	reader  *maxminddb.Reader
	content content
	source  Source
	credits []Credit
	opened  time.Time
	// broken says that a lookup failed: the disk of a mapped file did not answer, or
	// somebody wrote into it.
	broken atomic.Bool
}

const mendFile = "Put a whole database in the MaxMind DB format (.mmdb) there, by renaming it into place, or leave the setting empty."

// open reads what a database says of itself, and tries it. The error is a fault.
func open(kind Kind, c content) (*database, error) {
	d := &database{content: c}
	var err error
	tells := false
	whole := guard(c.mapped, func() {
		if d.reader, err = maxminddb.OpenBytes(c.bytes); err == nil {
			tells = kind.tells(d.reader)
		}
	})
	runtime.KeepAlive(c.memory)
	switch {
	case err != nil:
		return nil, fault.Wrap(err, fault.Invalid, "the file %s is no database in the MaxMind DB format", c.name()).WithMend(mendFile)
	case !whole:
		return nil, fault.New(fault.Invalid, "the file %s can't be read", c.name()).WithMend(mendFile)
	case !tells:
		return nil, fault.New(fault.Invalid, "the database %s does not tell %s", c.name(), promise(kind)).WithMend(mendFile)
	default:
		return d, nil
	}
}

func promise(kind Kind) string {
	switch kind {
	case Country:
		return "countries"
	case ASN:
		return "networks"
	default:
		return "cities"
	}
}

// guard runs do, and reports whether it came through. A mapped file whose disk fails, or
// which somebody cuts short, would else end the process; so would a defect in the reader
// that a crafted file finds.
func guard(mapped bool, do func()) (through bool) {
	if mapped {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	}
	defer func() { through = recover() == nil }()
	do()
	return true
}

// look adds what the database tells of all of a prefix; nothing when it fails.
func (d *database) look(kind Kind, prefix netip.Prefix, into *Place) {
	at := *into
	if guard(d.content.mapped, func() { kind.look(d.reader, prefix, &at) }) {
		*into = at
	} else {
		d.broken.Store(true)
	}
	runtime.KeepAlive(d.content.memory) // it is given back once nobody reads
}

func (d *database) built() time.Time { return d.reader.Metadata.BuildTime().UTC() }

func (d *database) describe(s *Database) {
	m := d.reader.Metadata
	s.Source, s.Type, s.About = d.source, clean(m.DatabaseType), clean(m.Description["en"])
	s.Built, s.Opened, s.Bytes, s.Mapped, s.Credits = d.built(), d.opened, int64(len(d.content.bytes)), d.content.mapped, d.credits
}
