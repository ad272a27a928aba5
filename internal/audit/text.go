package audit

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Bounds of text, in bytes.
const (
	maxName   = 256
	maxTarget = 1 << 10
	maxDetail = 4 << 10
	maxValue  = 64 << 10 // a thousand addresses in one jail
)

// cleaned is an entry as it is stored: bounded, and the same when it is read again.
func (e Entry) cleaned(now time.Time) Entry {
	if e.At.IsZero() {
		e.At = now
	}
	e.At = e.At.UTC().Truncate(time.Microsecond)
	e.Address = e.Address.Unmap()
	e.Count = max(1, e.Count)
	e.Actor.Name, e.Action, e.RequestID = bounded(e.Actor.Name, maxName), bounded(e.Action, maxName), bounded(e.RequestID, maxName)
	e.Target, e.Detail = bounded(e.Target, maxTarget), bounded(e.Detail, maxDetail)
	e.Before, e.After = bounded(e.Before, maxValue), bounded(e.After, maxValue)
	return e
}

// bounded is text that every engine stores as it is: valid UTF-8 without null bytes. What
// was cut says so.
func bounded(text string, most int) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	text = strings.ReplaceAll(text, "\x00", string(utf8.RuneError))
	if len(text) <= most {
		return text
	}
	tail := fmt.Sprintf("… (%d bytes in all)", len(text))
	return strings.ToValidUTF8(text[:most-len(tail)], "") + tail
}
