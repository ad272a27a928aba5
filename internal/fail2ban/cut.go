package fail2ban

import "slices"

// closeCut ends a JSON text that was cut somewhere, so that it can be read up to there:
// the text that was cut gets "…" and its quote, and what is open is closed. JSON that is
// whole stays as it is; what is no JSON stays none.
func closeCut(raw []byte) []byte {
	var c cutting
	for i, b := range raw {
		c.read(i, b)
	}
	if !c.inText && len(c.open) == 0 {
		return raw
	}
	end := len(raw)
	if c.escape > 0 {
		end = c.escaped // half an escape is none
	}
	closed := append([]byte(nil), raw[:end]...)
	if c.inText {
		closed = append(closed, `…"`...)
	}
	for _, bracket := range slices.Backward(c.open) {
		closed = append(closed, bracket)
	}
	return closed
}

// cutting is how far into a JSON text one has read.
type cutting struct {
	open    []byte // what closes each list and object that is open
	inText  bool
	escaped int // where the last escape began
	escape  int // how many bytes of it are still to come
}

func (c *cutting) read(i int, b byte) {
	switch {
	case c.escape > 0:
		c.escape--
		if b == 'u' && i == c.escaped+1 {
			c.escape = 4
		}
	case c.inText:
		c.inText = b != '"'
		if b == '\\' {
			c.escaped, c.escape = i, 1
		}
	default:
		c.readOutside(b)
	}
}

func (c *cutting) readOutside(b byte) {
	switch b {
	case '"':
		c.inText = true
	case '[':
		c.open = append(c.open, ']')
	case '{':
		c.open = append(c.open, '}')
	case ']', '}':
		c.open = c.open[:max(0, len(c.open)-1)]
	}
}
