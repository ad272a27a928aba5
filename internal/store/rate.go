package store

import (
	"context"
	"database/sql"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of what is remembered of rates. Beyond maxRates places, new ones share the
// counters of a crowd.
const (
	maxRates   = 10_000
	rateCrowds = 256
)

// TakeRate counts one more at a place, unless most were taken there within span, and
// gives how long ago those were that count now, the oldest first; ok says whether this
// one is among them. It counts exactly, for all who share the database, by its clock. What
// is refused is not written.
func (db *DB) TakeRate(ctx context.Context, place string, most int, span time.Duration) (ages []time.Duration, ok bool, err error) {
	before, _, err := one(collect(ctx, db.read, scanRate, db.dialect.clocked(lookRate), place))
	if err != nil {
		return nil, false, err
	}
	if before.forget(span); len(before.taken) >= most {
		return before.ages(), false, nil // most of a flood ends here
	}
	err = db.Tx(ctx, func(tx *Tx) error {
		ages, ok, err = tx.takeRate(ctx, place, most, span)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return ages, ok, nil
}

func (tx *Tx) takeRate(ctx context.Context, place string, most int, span time.Duration) ([]time.Duration, bool, error) {
	r, err := tx.rate(ctx, place)
	if err == nil && !r.known {
		place, err = tx.roomForRate(ctx, place, r.now-span.Microseconds())
		if err == nil {
			r, err = tx.rate(ctx, place)
		}
	}
	if err != nil {
		return nil, false, err
	}
	if r.forget(span); len(r.taken) >= most {
		return r.ages(), false, nil
	}
	r.taken = append(r.taken, r.now)
	err = tx.exec(ctx, `INSERT INTO rate (place, taken, last_at) VALUES ($1, $2, $3)
		ON CONFLICT (place) DO UPDATE SET taken = excluded.taken, last_at = excluded.last_at`, place, r.text(), r.now)
	return r.ages(), true, err
}

// roomForRate is where a new place is counted: under its own name, or in a crowd where
// there are too many. More go than come, so that quiet places don't stay for ever.
func (tx *Tx) roomForRate(ctx context.Context, place string, quiet int64) (string, error) {
	const gone = 2
	err := tx.exec(ctx, "DELETE FROM rate WHERE place IN (SELECT place FROM rate WHERE last_at <= $1 ORDER BY last_at LIMIT $2)", quiet, gone)
	if err != nil {
		return "", err
	}
	var n int
	if err := tx.get(ctx, []any{&n}, "SELECT count(*) FROM rate"); err != nil {
		return "", err
	}
	if n < maxRates {
		return place, nil
	}
	class, _, _ := strings.Cut(place, " ")
	h := fnv.New32a()
	_, _ = h.Write([]byte(place)) // never fails, by its documentation
	return class + " crowd " + strconv.Itoa(int(h.Sum32()%rateCrowds)), nil
}

// rate is what was taken at one place.
type rate struct {
	now   int64 // by the database's clock
	taken []int64
	known bool
}

const lookRate = "SELECT NOW, (SELECT taken FROM rate WHERE place = $1)"

func (tx *Tx) rate(ctx context.Context, place string) (rate, error) {
	var r rate
	var text sql.NullString
	err := tx.get(ctx, []any{&r.now, &text}, tx.clocked(lookRate), place)
	r.read(text)
	return r, err
}

func scanRate(rows *sql.Rows) (r rate, err error) {
	var text sql.NullString
	err = rows.Scan(&r.now, &text)
	r.read(text)
	return r, err
}

func (r *rate) read(text sql.NullString) {
	r.known = text.Valid
	for part := range strings.SplitSeq(text.String, ",") {
		if at, err := strconv.ParseInt(part, 10, 64); err == nil {
			r.taken = append(r.taken, at)
		}
	}
}

func (r *rate) text() string {
	parts := make([]string, len(r.taken))
	for i, at := range r.taken {
		parts[i] = strconv.FormatInt(at, 10)
	}
	return strings.Join(parts, ",")
}

// forget drops what is older than a span, and what a clock that was set back left in the
// future: it would count for as long as the clock was ahead.
func (r *rate) forget(span time.Duration) {
	r.taken = slices.DeleteFunc(r.taken, func(at int64) bool { return at > r.now || r.now-at >= span.Microseconds() })
}

func (r *rate) ages() []time.Duration {
	all := make([]time.Duration, len(r.taken))
	for i, at := range r.taken {
		all[i] = time.Duration(r.now-at) * time.Microsecond
	}
	return all
}
