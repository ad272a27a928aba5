package cli

import (
	"fmt"
	"time"
)

// span is a length of time in the two largest units that it has; negative = for ever.
func span(seconds int64) string {
	if seconds < 0 {
		return "for ever"
	}
	units := []struct {
		name string
		size int64
	}{{"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}}
	text, shown := "", 0
	for _, u := range units {
		n := seconds / u.size
		if seconds -= n * u.size; n > 0 && shown < 2 {
			text += fmt.Sprintf("%d%s ", n, u.name)
			shown++
		}
	}
	if text == "" {
		return "0s"
	}
	return text[:len(text)-1]
}

// moment is a time as people read it, in their own zone.
func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// ends says when a ban ends.
func ends(b banRow) string {
	if b.ExpiresAt == nil {
		return "never"
	}
	return moment(*b.ExpiresAt)
}
