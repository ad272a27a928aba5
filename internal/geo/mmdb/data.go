package mmdb

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

// Value is one value of a record: a Map, Array, String, Uint16, Uint32, Uint64 or Double.
type Value interface{ write(out []byte) []byte }

// The values.
type (
	// Map is a list of pairs, written in their order.
	Map []Pair
	// Array is a list of values.
	Array []Value
	// String is UTF-8, at most maxSize bytes.
	String string
	// Uint16 is an unsigned number.
	Uint16 uint16
	// Uint32 is an unsigned number.
	Uint32 uint32
	// Uint64 is an unsigned number.
	Uint64 uint64
	// Double is a number with a fraction.
	Double float64
)

// Pair is one entry of a map.
type Pair struct {
	Key   string
	Value Value
}

// The types of the format, section "Output data section".
const (
	typePointer = 1
	typeString  = 2
	typeDouble  = 3
	typeUint16  = 5
	typeUint32  = 6
	typeMap     = 7
	typeUint64  = 9
	typeArray   = 11
)

// maxSize is the longest text, and the most entries, that we write: sizes beyond it have
// forms that nobody needs here.
const maxSize = 65_820

func encode(out []byte, v Value) []byte { return v.write(out) }

// head writes type and size of a value.
func head(out []byte, kind, size int) []byte {
	first, rest := byte(size), []byte(nil)
	switch {
	case size >= 285:
		first, rest = 30, binary.BigEndian.AppendUint16(nil, uint16(size-285))
	case size >= 29:
		first, rest = 29, []byte{byte(size - 29)}
	}
	if kind > 7 {
		out = append(out, first, byte(kind-7))
	} else {
		out = append(out, byte(kind)<<5|first)
	}
	return append(out, rest...)
}

func (m Map) write(out []byte) []byte {
	out = head(out, typeMap, len(m))
	for _, p := range m {
		out = encode(String(p.Key).write(out), p.Value)
	}
	return out
}

func (a Array) write(out []byte) []byte {
	out = head(out, typeArray, len(a))
	for _, v := range a {
		out = encode(out, v)
	}
	return out
}

func (s String) write(out []byte) []byte { return append(head(out, typeString, len(s)), s...) }
func (n Uint16) write(out []byte) []byte { return number(out, typeUint16, uint64(n)) }
func (n Uint32) write(out []byte) []byte { return number(out, typeUint32, uint64(n)) }
func (n Uint64) write(out []byte) []byte { return number(out, typeUint64, uint64(n)) }

func (d Double) write(out []byte) []byte {
	return binary.BigEndian.AppendUint64(head(out, typeDouble, 8), math.Float64bits(float64(d)))
}

// number writes a number without its leading zeros.
func number(out []byte, kind int, n uint64) []byte {
	digits := bytes.TrimLeft(binary.BigEndian.AppendUint64(nil, n), "\x00")
	return append(head(out, kind, len(digits)), digits...)
}

// section is the data of all records. A key is written once; later ones lead to it.
type section struct {
	bytes []byte
	keys  map[string]int // offsets
}

func newSection() section { return section{keys: map[string]int{}} }

// add writes a record and gives its offset.
func (s *section) add(m Map) int {
	at := len(s.bytes)
	s.bytes = head(s.bytes, typeMap, len(m))
	for _, p := range m {
		s.key(p.Key)
		s.bytes = encode(s.bytes, p.Value)
	}
	return at
}

func (s *section) key(key string) {
	if at, ok := s.keys[key]; ok && at < pointerLimit {
		s.bytes = pointer(s.bytes, at)
		return
	}
	s.keys[key] = len(s.bytes)
	s.bytes = String(key).write(s.bytes)
}

// pointerLimit is how far the pointers that we write lead.
const pointerLimit = 1 << 27

// pointer leads to an offset below pointerLimit.
func pointer(out []byte, to int) []byte {
	switch {
	case to < 2048:
		return append(out, byte(typePointer<<5|to>>8), byte(to))
	case to < 2048+1<<19:
		to -= 2048
		return append(out, byte(typePointer<<5|1<<3|to>>16), byte(to>>8), byte(to))
	default:
		to -= 2048 + 1<<19
		return append(out, byte(typePointer<<5|2<<3|to>>24), byte(to>>16), byte(to>>8), byte(to))
	}
}

// check refuses what the format has no form for, or ours has not.
func check(v Value) error {
	size := 0
	var inner []Value
	switch v := v.(type) {
	case String:
		size = len(v)
	case Array:
		size, inner = len(v), v
	case Map:
		size = len(v)
		for _, p := range v {
			inner = append(inner, String(p.Key), p.Value)
		}
	}
	if size > maxSize {
		return fmt.Errorf("mmdb: a value of size %d; %d is the limit", size, maxSize)
	}
	for _, one := range inner {
		if err := check(one); err != nil {
			return err
		}
	}
	return nil
}
