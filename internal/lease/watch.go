package lease

import "time"

// watch is what one process has seen of a lease, on its own boot clock.
type watch struct {
	row   Row
	seen  bool          // there was a look
	since time.Duration // when the look ended that first saw the row as it is
	quiet time.Duration // for how long it is known not to have changed
}

// look adds what a look saw that began and ended at these times. beat says that the
// holder of before was seen to renew.
func (w *watch) look(row Row, began, ended time.Duration) (beat bool) {
	if !w.seen || !row.same(w.row) {
		beat = w.seen && row.Holder != "" && row.Holder == w.row.Holder && row.Epoch == w.row.Epoch
		w.since, w.quiet = ended, 0
	} else {
		w.quiet = max(0, began-w.since)
	}
	w.row, w.seen = row, true
	return beat
}

// reason is why a process may take the lease that it watches; "" when it may not.
// dead tells whether the kernel knows that the holder is gone; it is asked only where
// its answer counts.
func (w *watch) reason(me string, d Durations, dead func(Row) bool) Reason {
	switch {
	case !w.seen:
		return ""
	case w.row.Holder == "":
		return Free
	case w.row.Holder == me:
		return Self
	case dead(w.row):
		return Crashed
	case w.quiet >= w.row.Timeout:
		return Silent
	case w.row.Age >= w.row.Timeout && w.quiet >= max(d.Quick, w.row.Timeout*5/12):
		return DBStale
	default:
		return ""
	}
}
