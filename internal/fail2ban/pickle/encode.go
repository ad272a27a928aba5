// Package pickle speaks the part of Python's pickle format that fail2ban's socket
// uses: requests of plain values, replies that are decoded as data and never as
// objects.
//
// What goes out is run by a root process that unpickles it, and frames are not
// escaped, so the encoder refuses every string that could end a frame or forge a
// log line. What comes in may hold attackers' text, so the decoder is bounded in
// size, depth and number of items and builds values only.
package pickle

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"
)

// MaxString is the longest string that Encode sends, in bytes.
const MaxString = 64 << 10

// maxRequest bounds a whole request; fail2ban itself has no limit and slows down
// quadratically beyond some MiB (fail2ban.md 2.2).
const maxRequest = 4 << 20

// Encode gives a value as protocol 2, which every server since 0.9 takes. It takes
// nil, bool, int, int64, float64, string, []string, []any and [][]any (lists), and
// nothing else.
//
// Strings that hold "<F2B_", NUL, CR, LF or invalid UTF-8, or that are longer than
// MaxString, are refused: such a string in any parameter would be code running as
// root (security.md 1).
func Encode(value any) ([]byte, error) {
	return encode(value, Safe)
}

// EncodeStream is Encode for the command stream of fail2ban's own configuration,
// whose action commands span lines: it lets line breaks pass and nothing else more.
func EncodeStream(value any) ([]byte, error) {
	return encode(value, safeLines)
}

func encode(value any, safe func(string) error) ([]byte, error) {
	e := &encoder{out: []byte{0x80, 2}, safe: safe}
	if err := e.value(value, 0); err != nil {
		return nil, err
	}
	return append(e.out, '.'), nil
}

// Safe reports whether a string may be sent to fail2ban.
func Safe(s string) error {
	switch {
	case len(s) > MaxString:
		return fmt.Errorf("a text of %d bytes is longer than %d", len(s), MaxString)
	case strings.Contains(s, "<F2B_"):
		return fmt.Errorf("a text that holds fail2ban's own marker %q can't be sent", "<F2B_")
	case strings.ContainsAny(s, "\x00\r\n"):
		return fmt.Errorf("a text with a line break or a NUL can't be sent")
	case !utf8.ValidString(s):
		return fmt.Errorf("a text that is not UTF-8 can't be sent")
	}
	return nil
}

// safeLines is Safe, but for line breaks.
func safeLines(s string) error {
	return Safe(strings.NewReplacer("\n", " ", "\r", " ").Replace(s))
}

type encoder struct {
	out  []byte
	safe func(string) error
}

func (e *encoder) value(value any, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("lists are nested deeper than %d", maxDepth)
	}
	if len(e.out) > maxRequest {
		return fmt.Errorf("the request is larger than %d bytes", maxRequest)
	}
	switch v := value.(type) {
	case nil:
		e.out = append(e.out, 'N')
	case bool:
		e.bool(v)
	case int:
		e.int(int64(v))
	case int64:
		e.int(v)
	case float64:
		e.out = binary.BigEndian.AppendUint64(append(e.out, 'G'), math.Float64bits(v))
	case string:
		return e.string(v)
	case []string:
		return encodeList(e, v, depth)
	case [][]any:
		return encodeList(e, v, depth)
	case []any:
		return encodeList(e, v, depth)
	default:
		return fmt.Errorf("a value of type %T can't be sent", value)
	}
	return nil
}

func encodeList[T any](e *encoder, list []T, depth int) error {
	e.out = append(e.out, ']', '(')
	for _, item := range list {
		if err := e.value(item, depth+1); err != nil {
			return err
		}
	}
	e.out = append(e.out, 'e')
	return nil
}

func (e *encoder) bool(v bool) {
	code := byte(0x89)
	if v {
		code = 0x88
	}
	e.out = append(e.out, code)
}

func (e *encoder) int(v int64) {
	if v >= math.MinInt32 && v <= math.MaxInt32 {
		e.out = binary.LittleEndian.AppendUint32(append(e.out, 'J'), uint32(v))
		return
	}
	e.out = binary.LittleEndian.AppendUint64(append(e.out, 0x8a, 8), uint64(v))
}

func (e *encoder) string(s string) error {
	if err := e.safe(s); err != nil {
		return err
	}
	e.out = binary.LittleEndian.AppendUint32(append(e.out, 'X'), uint32(len(s)))
	e.out = append(e.out, s...)
	return nil
}
