// Package mmdb writes databases in the MaxMind DB format, version 2.0: those that come
// with the product are made by it, and those of the tests. Reading is done by another's
// library, which the tests of this package hold it against.
//
// The same networks in the same order give the same bytes.
package mmdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// Metadata is what a database says of itself.
type Metadata struct {
	Type        string    // such as "GeoLite2-ASN"
	Description string    // in English; not empty
	Built       time.Time // whole seconds
}

// Builder collects networks. Build it with New.
type Builder struct {
	meta    Metadata
	nodes   [][2]child
	records []Map
	known   map[string]child // records by their encoding
}

// child is one way out of a node: 0 leads nowhere, a negative one to the record whose
// index is its complement, any other one to a node.
type child int

func (c child) isRecord() bool { return c < 0 }

// New returns a builder without networks.
func New(meta Metadata) *Builder {
	return &Builder{meta: meta, nodes: make([][2]child, 1), known: map[string]child{}}
}

// Insert gives the addresses of a prefix a record. It wins over what was inserted
// before, but for networks inside of the prefix, which go. IPv4 has its place at ::/96.
func (b *Builder) Insert(prefix netip.Prefix, record Map) error {
	if !prefix.IsValid() {
		return errors.New("mmdb: not a prefix")
	}
	if err := check(record); err != nil {
		return err
	}
	leaf := b.leaf(record)
	address, length := place(prefix)
	if length == 0 {
		b.nodes = [][2]child{{leaf, leaf}}
		return nil
	}
	node := child(0)
	for depth := range length - 1 {
		bit := bitOf(address, depth)
		next := b.nodes[node][bit]
		if next == 0 || next.isRecord() {
			b.nodes = append(b.nodes, [2]child{next, next}) // a record holds for both halves
			next = child(len(b.nodes) - 1)
			b.nodes[node][bit] = next
		}
		node = next
	}
	b.nodes[node][bitOf(address, length-1)] = leaf
	return nil
}

// leaf leads to a record; the same record is kept once.
func (b *Builder) leaf(record Map) child {
	plain := string(record.write(nil))
	leaf, ok := b.known[plain]
	if !ok {
		leaf = ^child(len(b.records))
		b.records = append(b.records, record)
		b.known[plain] = leaf
	}
	return leaf
}

// place is where a prefix stands in a tree of 128 bits.
func place(prefix netip.Prefix) ([16]byte, int) {
	prefix = prefix.Masked()
	if !prefix.Addr().Is4() {
		return prefix.Addr().As16(), prefix.Bits()
	}
	var address [16]byte
	four := prefix.Addr().As4()
	copy(address[12:], four[:])
	return address, 96 + prefix.Bits()
}

func bitOf(address [16]byte, depth int) int { return int(address[depth/8]>>(7-depth%8)) & 1 }

// separator stands between the tree and the data.
const separator = 16

// Write writes the database.
func (b *Builder) Write(w io.Writer) error {
	tree := b.number()
	size, err := recordSize(len(tree.order) + separator + len(tree.data.bytes))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	for _, node := range tree.order {
		left, right := tree.pointer(b.nodes[node][0]), tree.pointer(b.nodes[node][1])
		if size == 24 {
			out.Write([]byte{byte(left >> 16), byte(left >> 8), byte(left), byte(right >> 16), byte(right >> 8), byte(right)})
			continue
		}
		out.Write([]byte{byte(left >> 16), byte(left >> 8), byte(left), byte(left>>24)<<4 | byte(right>>24)&0x0f, byte(right >> 16), byte(right >> 8), byte(right)})
	}
	out.Write(make([]byte, separator))
	out.Write(tree.data.bytes)
	out.WriteString("\xAB\xCD\xEFMaxMind.com")
	out.Write(b.metadata(len(tree.order), size))
	_, err = w.Write(out.Bytes())
	return err
}

// recordSize is how many bits lead out of a node each way.
func recordSize(largest int) (int, error) {
	switch {
	case largest < 1<<24:
		return 24, nil
	case largest < 1<<28:
		return 28, nil
	default:
		return 0, fmt.Errorf("mmdb: %d nodes and bytes are too many", largest)
	}
}

// layout is where nodes and records stand in the file.
type layout struct {
	order   []child       // the nodes by their numbers
	numbers map[child]int // the numbers of the nodes
	offsets map[child]int // the offsets of the records
	data    section
}

// number gives the nodes that can be reached their numbers, in breadth: neighbours in
// the first levels of the tree then share a page of memory. Records that nothing leads
// to any more are left out.
func (b *Builder) number() layout {
	l := layout{order: []child{0}, numbers: map[child]int{0: 0}, offsets: map[child]int{}, data: newSection()}
	for i := 0; i < len(l.order); i++ {
		for _, next := range b.nodes[l.order[i]] {
			if next > 0 {
				l.numbers[next] = len(l.order)
				l.order = append(l.order, next)
			}
			if _, placed := l.offsets[next]; next.isRecord() && !placed {
				l.offsets[next] = l.data.add(b.records[^next])
			}
		}
	}
	return l
}

// pointer is a child as it stands in the file.
func (l layout) pointer(c child) int {
	switch {
	case c == 0:
		return len(l.order)
	case c.isRecord():
		return len(l.order) + separator + l.offsets[c]
	default:
		return l.numbers[c]
	}
}

func (b *Builder) metadata(nodes, size int) []byte {
	built := uint64(0)
	if !b.meta.Built.IsZero() {
		built = uint64(b.meta.Built.Unix())
	}
	return encode(nil, Map{
		{"binary_format_major_version", Uint16(2)},
		{"binary_format_minor_version", Uint16(0)},
		{"build_epoch", Uint64(built)},
		{"database_type", String(b.meta.Type)},
		{"description", Map{{"en", String(b.meta.Description)}}},
		{"ip_version", Uint16(6)},
		{"languages", Array{String("en")}},
		{"node_count", Uint32(nodes)},
		{"record_size", Uint16(size)},
	})
}
