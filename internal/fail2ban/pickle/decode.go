package pickle

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strings"
)

// Bounds of one decoded value. A list of 100,000 bans with times is 7 MB and
// 100,000 items; the longest that the helper hands on has a million.
const (
	MaxBytes = 64 << 20
	maxItems = 2 << 20
	maxMemo  = 2 << 20
	maxDepth = 64
)

// ErrLimit is in the chain of every error about a bound.
var ErrLimit = errors.New("beyond the bounds of a reply")

// Dict is a Python dict in its order.
type Dict []Pair

// Pair is one entry of a Dict.
type Pair struct{ Key, Value any }

// Get is the value under a text key.
func (d Dict) Get(key string) (any, bool) {
	for _, p := range d {
		if p.Key == key {
			return p.Value, true
		}
	}
	return nil, false
}

// Set is a Python set or frozenset, in the order in which it came.
type Set []any

// Object is an instance of a class that we don't know and don't build: its name
// ("module.Class"), the arguments it was made with, and its state.
type Object struct {
	Class string
	Args  []any
	State any
}

// Decode reads one pickled value, protocols 0 to 5, and stops behind its STOP. The
// value is a tree of nil, bool, int64, float64, string, []byte, []any (lists and
// tuples), Dict, Set and Object; nothing in it is shared, so walking it costs no
// more than its size. Invalid UTF-8 comes as U+FFFD.
//
// Nothing is ever built or called, whatever the bytes say, and memory stays in
// proportion to the bytes read.
func Decode(r *bufio.Reader) (any, error) {
	d := &decoder{in: r}
	v, err := d.run()
	if err != nil {
		return nil, err
	}
	return finish(v, 0)
}

type (
	list  struct{ items []any }
	tuple struct{ items []any }
	dict  struct{ pairs []Pair }
	set   struct{ items []any }
	class string
)

type decoder struct {
	in    *bufio.Reader
	bytes int
	items int
	stack []any
	marks []int
	memo  map[uint32]any
}

func (d *decoder) run() (any, error) {
	d.memo = map[uint32]any{}
	for {
		op, err := d.byte()
		if err != nil {
			return nil, err
		}
		if op == '.' {
			if len(d.stack) != 1 || len(d.marks) != 0 {
				return nil, fmt.Errorf("a value ends with %d on the stack", len(d.stack))
			}
			return d.stack[0], nil
		}
		if err := d.step(op); err != nil {
			return nil, fmt.Errorf("opcode %#02x: %w", op, err)
		}
	}
}

// step carries out one opcode. The groups follow the table in fail2ban.md 2.4.
func (d *decoder) step(op byte) error {
	switch op {
	case 0x80: // PROTO
		_, err := d.byte()
		return err
	case 0x95: // FRAME: its length adds nothing for a reader of opcodes
		_, err := d.take(8)
		return err
	case '(': // MARK
		if len(d.marks) > maxDepth {
			return fmt.Errorf("deeper than %d: %w", maxDepth, ErrLimit)
		}
		d.marks = append(d.marks, len(d.stack))
		return nil
	case 'N', 0x88, 0x89, 'K', 'M', 'J', 'I', 'L', 'F', 'G', 0x8a, 0x8b:
		return d.scalar(op)
	case 0x8c, 'X', 0x8d, 'V', 'U', 'T', 'S', 'C', 'B', 0x8e:
		return d.text(op)
	case ']', ')', '}', 0x8f, 'l', 't', 'd', 0x85, 0x86, 0x87, 0x91:
		return d.container(op)
	case 'a', 'e', 's', 'u', 0x90:
		return d.fill(op)
	case 0x94, 'q', 'r', 'p', 'h', 'j', 'g':
		return d.remember(op)
	case 'c', 0x93, 'R', 'b', 0x81:
		return d.object(op)
	case '0': // POP
		_, err := d.pop()
		return err
	default:
		return errors.New("not allowed in a reply")
	}
}

func (d *decoder) byte() (byte, error) {
	if d.bytes++; d.bytes > MaxBytes {
		return 0, fmt.Errorf("more than %d bytes: %w", MaxBytes, ErrLimit)
	}
	return d.in.ReadByte()
}

// take reads n bytes. Memory grows with what has come, not with what n claims.
func (d *decoder) take(n uint64) ([]byte, error) {
	if n > uint64(MaxBytes-d.bytes) {
		return nil, fmt.Errorf("more than %d bytes: %w", MaxBytes, ErrLimit)
	}
	d.bytes += int(n)
	const direct = 64 << 10
	if n <= direct {
		b := make([]byte, n)
		_, err := io.ReadFull(d.in, b)
		return b, err
	}
	var b strings.Builder
	if _, err := io.CopyN(&b, d.in, int64(n)); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return []byte(b.String()), nil
}

// line reads a text argument of protocol 0, up to its line feed.
func (d *decoder) line() (string, error) {
	var b strings.Builder
	for {
		c, err := d.byte()
		if err != nil {
			return "", err
		}
		if c == '\n' {
			return b.String(), nil
		}
		b.WriteByte(c)
	}
}

// number reads an unsigned little-endian number of n bytes.
func (d *decoder) number(n uint64) (uint64, error) {
	b, err := d.take(n)
	if err != nil {
		return 0, err
	}
	var full [8]byte
	copy(full[:], b)
	return binary.LittleEndian.Uint64(full[:]), nil
}

func (d *decoder) push(v any) error {
	if d.items++; d.items > maxItems {
		return fmt.Errorf("more than %d items: %w", maxItems, ErrLimit)
	}
	d.stack = append(d.stack, v)
	return nil
}

// floor is the lowest place that pop may take from: the last MARK.
func (d *decoder) floor() int {
	if len(d.marks) == 0 {
		return 0
	}
	return d.marks[len(d.marks)-1]
}

func (d *decoder) pop() (any, error) {
	if len(d.stack) <= d.floor() {
		return nil, errors.New("the stack is empty")
	}
	v := d.stack[len(d.stack)-1]
	d.stack = d.stack[:len(d.stack)-1]
	return v, nil
}

// popMark takes all above the last MARK, and the MARK.
func (d *decoder) popMark() ([]any, error) {
	if len(d.marks) == 0 {
		return nil, errors.New("there is no mark")
	}
	at := d.floor()
	items := append([]any(nil), d.stack[at:]...)
	d.stack, d.marks = d.stack[:at], d.marks[:len(d.marks)-1]
	return items, nil
}

func (d *decoder) top() (any, error) {
	if len(d.stack) <= d.floor() {
		return nil, errors.New("the stack is empty")
	}
	return d.stack[len(d.stack)-1], nil
}

func (d *decoder) scalar(op byte) error {
	switch op {
	case 'N':
		return d.push(nil)
	case 0x88, 0x89:
		return d.push(op == 0x88)
	case 'K', 'M', 'J':
		n, err := d.number(map[byte]uint64{'K': 1, 'M': 2, 'J': 4}[op])
		if err != nil {
			return err
		}
		if op == 'J' {
			return d.push(int64(int32(uint32(n))))
		}
		return d.push(int64(n))
	case 'G':
		b, err := d.take(8)
		if err != nil {
			return err
		}
		return d.push(math.Float64frombits(binary.BigEndian.Uint64(b)))
	case 0x8a, 0x8b:
		return d.long(op)
	default:
		return d.decimal(op)
	}
}

// long reads LONG1 and LONG4: two's complement, little endian, any length.
func (d *decoder) long(op byte) error {
	size := uint64(1)
	if op == 0x8b {
		size = 4
	}
	n, err := d.number(size)
	if err != nil {
		return err
	}
	b, err := d.take(n)
	if err != nil {
		return err
	}
	if n > 8 {
		return d.push(bigFloat(b))
	}
	var v uint64
	for _, v0 := range slices.Backward(b) {
		v = v<<8 | uint64(v0)
	}
	if len(b) > 0 && len(b) < 8 && b[len(b)-1]&0x80 != 0 {
		v |= ^uint64(0) << (8 * len(b))
	}
	return d.push(int64(v))
}

// bigFloat is a number beyond 64 bits, as near as a float64 comes.
func bigFloat(le []byte) float64 {
	be := make([]byte, len(le))
	for i, c := range le {
		be[len(le)-1-i] = c
	}
	v := new(big.Int).SetBytes(be)
	if be[0]&0x80 != 0 {
		v.Sub(v, new(big.Int).Lsh(big.NewInt(1), uint(8*len(be))))
	}
	f, _ := new(big.Float).SetInt(v).Float64()
	return f
}

// decimal reads the numbers of protocol 0: INT, LONG, FLOAT as text.
func (d *decoder) decimal(op byte) error {
	text, err := d.line()
	if err != nil {
		return err
	}
	if op == 'I' && (text == "00" || text == "01") {
		return d.push(text == "01")
	}
	const longest = 400
	if len(text) > longest {
		return errors.New("a number is too long")
	}
	if op == 'F' {
		var f float64
		if _, err := fmt.Sscan(text, &f); err != nil {
			return fmt.Errorf("%q is no number", text)
		}
		return d.push(f)
	}
	var n int64
	if _, err := fmt.Sscan(strings.TrimSuffix(text, "L"), &n); err != nil {
		return fmt.Errorf("%q is no number", text)
	}
	return d.push(n)
}

func (d *decoder) text(op byte) error {
	if op == 'V' || op == 'S' {
		s, err := d.line()
		if err != nil {
			return err
		}
		return d.push(unescape(s, op == 'S'))
	}
	n, err := d.number(map[byte]uint64{0x8c: 1, 'U': 1, 'C': 1, 'X': 4, 'T': 4, 'B': 4, 0x8d: 8, 0x8e: 8}[op])
	if err != nil {
		return err
	}
	b, err := d.take(n)
	if err != nil {
		return err
	}
	if op == 'C' || op == 'B' || op == 0x8e {
		return d.push(b)
	}
	return d.push(strings.ToValidUTF8(string(b), "\uFFFD"))
}

// unescape turns \uXXXX of protocol 0 into characters; a quoted one loses its quotes.
func unescape(s string, quoted bool) string {
	if quoted && len(s) >= 2 {
		s = s[1 : len(s)-1]
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		var r rune
		if s[i] == '\\' && i+6 <= len(s) && s[i+1] == 'u' {
			if _, err := fmt.Sscanf(s[i+2:i+6], "%04x", &r); err == nil {
				b.WriteRune(r)
				i += 5
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.ToValidUTF8(b.String(), "\uFFFD")
}

func (d *decoder) container(op byte) error {
	switch op {
	case ']':
		return d.push(&list{})
	case ')':
		return d.push(&tuple{})
	case '}':
		return d.push(&dict{})
	case 0x8f:
		return d.push(&set{})
	case 0x85, 0x86, 0x87:
		n := int(op-0x85) + 1
		if len(d.stack)-n < d.floor() {
			return errors.New("the stack is empty")
		}
		items := append([]any(nil), d.stack[len(d.stack)-n:]...)
		d.stack = d.stack[:len(d.stack)-n]
		return d.push(&tuple{items})
	}
	items, err := d.popMark()
	if err != nil {
		return err
	}
	switch op {
	case 'l':
		return d.push(&list{items})
	case 't':
		return d.push(&tuple{items})
	case 0x91:
		return d.push(&set{items})
	default:
		made := &dict{}
		if err := made.add(items); err != nil {
			return err
		}
		return d.push(made)
	}
}

func (m *dict) add(items []any) error {
	if len(items)%2 != 0 {
		return errors.New("a dict has a key without a value")
	}
	for i := 0; i < len(items); i += 2 {
		m.pairs = append(m.pairs, Pair{items[i], items[i+1]})
	}
	return nil
}

// fill adds to the container below: APPEND(S), SETITEM(S), ADDITEMS.
func (d *decoder) fill(op byte) error {
	items, err := d.filling(op)
	if err != nil {
		return err
	}
	target, err := d.top()
	if err != nil {
		return err
	}
	switch c := target.(type) {
	case *list:
		if op == 'a' || op == 'e' {
			c.items = append(c.items, items...)
			return nil
		}
	case *set:
		if op == 0x90 {
			c.items = append(c.items, items...)
			return nil
		}
	case *dict:
		if op == 's' || op == 'u' {
			return c.add(items)
		}
	case *Object: // a subclass of list or dict: its items are of no interest
		return nil
	}
	return errors.New("something is added to what holds nothing")
}

func (d *decoder) filling(op byte) ([]any, error) {
	if op != 'a' && op != 's' {
		return d.popMark()
	}
	n := 1
	if op == 's' {
		n = 2
	}
	items := make([]any, n)
	for i := n - 1; i >= 0; i-- {
		v, err := d.pop()
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	return items, nil
}

func (d *decoder) remember(op byte) error {
	switch op {
	case 'h', 'j', 'g':
		return d.recall(op)
	case 0x94: // MEMOIZE
		return d.keep(uint32(len(d.memo)))
	}
	key, err := d.memoKey(op)
	if err != nil {
		return err
	}
	return d.keep(key)
}

func (d *decoder) keep(key uint32) error {
	if len(d.memo) >= maxMemo {
		return fmt.Errorf("more than %d memos: %w", maxMemo, ErrLimit)
	}
	v, err := d.top()
	if err != nil {
		return err
	}
	d.memo[key] = v
	return nil
}

func (d *decoder) memoKey(op byte) (uint32, error) {
	switch op {
	case 'q', 'h':
		n, err := d.number(1)
		return uint32(n), err
	case 'r', 'j':
		n, err := d.number(4)
		return uint32(n), err
	default:
		text, err := d.line()
		if err != nil {
			return 0, err
		}
		var n uint32
		if _, err := fmt.Sscan(text, &n); err != nil {
			return 0, fmt.Errorf("%q is no place in the memo", text)
		}
		return n, nil
	}
}

// recall pushes what was memoized. A container comes as a copy, paid for from the
// budget of items: so values stay trees, and a few bytes can't stand for billions.
func (d *decoder) recall(op byte) error {
	key, err := d.memoKey(op)
	if err != nil {
		return err
	}
	v, ok := d.memo[key]
	if !ok {
		return fmt.Errorf("nothing is memoized at %d", key)
	}
	c, err := d.copy(v, 0)
	if err != nil {
		return err
	}
	return d.push(c)
}

func (d *decoder) copy(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("deeper than %d: %w", maxDepth, ErrLimit)
	}
	if d.items++; d.items > maxItems {
		return nil, fmt.Errorf("more than %d items: %w", maxItems, ErrLimit)
	}
	each := func(items []any) ([]any, error) {
		out := make([]any, 0, min(len(items), 1024))
		for _, item := range items {
			c, err := d.copy(item, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
		return out, nil
	}
	switch c := v.(type) {
	case *list:
		items, err := each(c.items)
		return &list{items}, err
	case *tuple:
		items, err := each(c.items)
		return &tuple{items}, err
	case *set:
		items, err := each(c.items)
		return &set{items}, err
	case *Object:
		items, err := each(c.Args)
		return &Object{Class: c.Class, Args: items}, err
	case *dict:
		out := &dict{}
		for _, p := range c.pairs {
			kv, err := each([]any{p.Key, p.Value})
			if err != nil {
				return nil, err
			}
			out.pairs = append(out.pairs, Pair{kv[0], kv[1]})
		}
		return out, nil
	default:
		return v, nil
	}
}

// object handles classes and what is made of them, all as data.
func (d *decoder) object(op byte) error {
	switch op {
	case 'c': // GLOBAL
		module, err := d.line()
		if err != nil {
			return err
		}
		name, err := d.line()
		if err != nil {
			return err
		}
		return d.push(class(module + "." + name))
	case 0x93: // STACK_GLOBAL
		name, err1 := d.pop()
		module, err2 := d.pop()
		n, ok1 := name.(string)
		m, ok2 := module.(string)
		if err1 != nil || err2 != nil || !ok1 || !ok2 {
			return errors.New("a class has no name")
		}
		return d.push(class(m + "." + n))
	case 'b':
		return d.build()
	default: // REDUCE, NEWOBJ
		return d.reduce()
	}
}

func (d *decoder) reduce() error {
	args, err := d.pop()
	if err != nil {
		return err
	}
	callee, err := d.pop()
	if err != nil {
		return err
	}
	c, ok := callee.(class)
	a, ok2 := args.(*tuple)
	if !ok || !ok2 {
		return errors.New("a call of something that is no class")
	}
	switch c {
	case "builtins.str", "__builtin__.str", "__builtin__.unicode":
		if len(a.items) == 1 {
			if s, ok := a.items[0].(string); ok {
				return d.push(s)
			}
		}
	case "builtins.set", "__builtin__.set", "builtins.frozenset", "__builtin__.frozenset":
		if len(a.items) == 1 {
			if l, ok := a.items[0].(*list); ok {
				return d.push(&set{l.items})
			}
		}
	}
	return d.push(&Object{Class: string(c), Args: a.items})
}

func (d *decoder) build() error {
	state, err := d.pop()
	if err != nil {
		return err
	}
	target, err := d.top()
	if err != nil {
		return err
	}
	o, ok := target.(*Object)
	if !ok {
		return errors.New("a state for something that is no object")
	}
	o.State = state
	return nil
}

// finish turns the decoder's containers into plain values and bounds their depth.
func finish(v any, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("deeper than %d: %w", maxDepth, ErrLimit)
	}
	switch c := v.(type) {
	case *list:
		return finishAll(c.items, depth)
	case *tuple:
		return finishAll(c.items, depth)
	case *set:
		items, err := finishAll(c.items, depth)
		return Set(items), err
	case *dict:
		out := make(Dict, 0, len(c.pairs))
		for _, p := range c.pairs {
			key, err := finish(p.Key, depth+1)
			if err != nil {
				return nil, err
			}
			value, err := finish(p.Value, depth+1)
			if err != nil {
				return nil, err
			}
			out = append(out, Pair{key, value})
		}
		return out, nil
	case *Object:
		args, err := finishAll(c.Args, depth)
		if err != nil {
			return nil, err
		}
		state, err := finish(c.State, depth+1)
		return Object{Class: c.Class, Args: args, State: state}, err
	case class:
		return Object{Class: string(c)}, nil
	default:
		return v, nil
	}
}

func finishAll(items []any, depth int) ([]any, error) {
	out := make([]any, len(items))
	for i, item := range items {
		v, err := finish(item, depth+1)
		if err != nil {
			return nil, err
		}
		out[i] = v
	}
	return out, nil
}
