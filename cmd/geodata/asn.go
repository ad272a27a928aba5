package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"bangui/internal/geo/mmdb"
)

// asn is the database of networks, from the tables of the package in dir. It has the
// names of MaxMind's, which every reader knows.
func asn(dir string) ([]byte, error) {
	built, err := released(filepath.Join(dir, "package.json"))
	if err != nil {
		return nil, err
	}
	b := mmdb.New(mmdb.Metadata{
		Type:        "ip-location-db-ASN",
		Description: "ip-location-db asn: Route Views, NRO and IP to ASN Lite by DB-IP.com, CC BY 4.0; made into a database by BanGUI",
		Built:       built,
	})
	for _, name := range []string{"asn-ipv4.csv", "asn-ipv6.csv"} {
		if err := insertFile(b, filepath.Join(dir, name)); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	err = b.Write(&out)
	return out.Bytes(), err
}

// released is when a package was made: its version ends in year, month, day and hour.
func released(file string) (time.Time, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return time.Time{}, err
	}
	var about struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(content, &about); err != nil {
		return time.Time{}, fmt.Errorf("%s: %w", file, err)
	}
	return time.Parse("2006010215", about.Version[strings.LastIndex(about.Version, ".")+1:])
}

func insertFile(b *mmdb.Builder, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := insertAll(b, f); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return nil
}

// insertAll reads lines of first address, last address, number and name.
func insertAll(b *mmdb.Builder, r io.Reader) error {
	lines := csv.NewReader(r)
	lines.FieldsPerRecord = 4
	lines.ReuseRecord = true
	for {
		line, err := lines.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = insert(b, line)
		}
		if err != nil {
			at, _ := lines.FieldPos(0)
			return fmt.Errorf("line %d: %w", at, err)
		}
	}
}

func insert(b *mmdb.Builder, line []string) error {
	first, err := netip.ParseAddr(line[0])
	if err != nil {
		return err
	}
	last, err := netip.ParseAddr(line[1])
	if err != nil {
		return err
	}
	number, err := strconv.ParseUint(line[2], 10, 32)
	if err != nil {
		return err
	}
	if first.BitLen() != last.BitLen() || last.Less(first) {
		return fmt.Errorf("%s to %s is no range", first, last)
	}
	record := mmdb.Map{
		{Key: "autonomous_system_number", Value: mmdb.Uint32(number)},
		{Key: "autonomous_system_organization", Value: mmdb.String(strings.ToValidUTF8(line[3], "\uFFFD"))},
	}
	for _, prefix := range prefixes(first, last) {
		if err := b.Insert(prefix, record); err != nil {
			return err
		}
	}
	return nil
}

// prefixes are the fewest that hold exactly the addresses from first to last.
func prefixes(first, last netip.Addr) []netip.Prefix {
	var all []netip.Prefix
	for {
		prefix := widest(first, last)
		all = append(all, prefix)
		end := lastOf(prefix)
		if end == last {
			return all
		}
		first = end.Next()
	}
}

// widest is the widest prefix that begins with first and does not reach beyond last.
func widest(first, last netip.Addr) netip.Prefix {
	bits := first.BitLen()
	for bits > 0 {
		wider := netip.PrefixFrom(first, bits-1)
		if wider.Masked().Addr() != first || last.Less(lastOf(wider)) {
			break
		}
		bits--
	}
	return netip.PrefixFrom(first, bits)
}

// lastOf is the last address of a prefix.
func lastOf(p netip.Prefix) netip.Addr {
	address := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(address)*8; bit++ {
		address[bit/8] |= 1 << (7 - bit%8)
	}
	last, _ := netip.AddrFromSlice(address)
	return last
}
