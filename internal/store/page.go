package store

import (
	"context"
	"database/sql"
	"net/netip"
	"slices"
	"strconv"

	"bangui/internal/event"
	"bangui/internal/history"
)

// patience is how many bans a page looks at for those that pass all filters, when no index
// has just these.
type patience struct {
	first int // in the first stretch, at least; each later one is four times as long
	most  int // in all
}

// usual is the patience of a store: what it looks at takes some milliseconds. Rows of
// PostgreSQL are dearer.
func usual(o Options) patience {
	if o.Postgres != "" {
		return patience{first: 200, most: 2000}
	}
	return patience{first: 200, most: 3000}
}

// ListBans is one page, newest first, of at most q.Limit bans. When it stopped looking
// before it had found as many, stopped is where to go on; else the zero Place.
func (db *DB) ListBans(ctx context.Context, q history.Query) (bans []history.Ban, stopped history.Place, err error) {
	stopped, err = db.walk(ctx, q, q.Limit, func(s *stretch, left int) (int, error) {
		found, err := collect(ctx, db.read, scanBan, "SELECT "+banColumns+s.from(left), s.args...)
		bans = append(bans, found...)
		return len(found), err
	})
	return bans, stopped, err
}

// CountBans counts what a query finds, up to limit and one more. more says that it stopped
// looking before the end, which it does not for open bans.
func (db *DB) CountBans(ctx context.Context, q history.Query, limit int) (n int, more bool, err error) {
	q.After = history.Place{}
	if s, counted := openScope(q); counted {
		n, err = db.countOpen(ctx, s)
		return n, false, err
	}
	count := func(s *stretch, left int) (int, error) {
		counts, err := collect(ctx, db.read, scanOne[int], "SELECT count(*) FROM (SELECT 1"+s.from(left)+") AS found", s.args...)
		if err != nil {
			return 0, err
		}
		n += counts[0]
		return counts[0], nil
	}
	if lanes := lanesOf(q); q.State == history.Active && q.Identifier == "" {
		s := db.dialect.within(q, lanes[0], history.Place{})
		counts, err := collect(ctx, db.read, scanOne[int], "SELECT count(*) FROM ban"+s.sql(), s.args...)
		if err != nil {
			return 0, false, err
		}
		return counts[0], false, nil
	}
	stopped, err := db.walk(ctx, q, limit+1, count)
	return n, stopped != history.Place{}, err
}

// stretch is a part of the bans of a query, in one lane.
type stretch struct {
	conditions
	lane    lane
	dialect *dialect
}

func (d *dialect) stretch(l lane) *stretch { return &stretch{lane: l, dialect: d} }

const newestFirst = " ORDER BY banned_at DESC, id DESC"

// from are the first bans of a stretch in the order of pages, as the end of a SELECT. Where
// they have to be sorted that may be done with their ids alone.
func (s *stretch) from(limit int) string {
	from, end := " FROM ban"+s.sql(), " LIMIT "+strconv.Itoa(limit)
	if s.lane.ordered {
		return from + newestFirst + end
	}
	sorted := from + " ORDER BY " + hidden("banned_at") + " DESC, id DESC" + end
	switch {
	case !s.dialect.sortsRows:
		return " FROM ban WHERE id IN (SELECT id" + sorted + ")" + newestFirst
	case s.lane.whole:
		return " FROM (SELECT banned_at AS page_at, id AS page_id" + sorted + `) AS page
			JOIN LATERAL (SELECT * FROM ban WHERE banned_at = page_at AND id = page_id OFFSET 0) AS ban ON TRUE` + newestFirst
	default:
		return sorted
	}
}

// walk looks for limit bans of a query, stretch by stretch back in time. Where no lane
// holds just what is asked for it goes along the one whose next bans reach back farthest:
// there are the fewest to look at. It looks at a bounded number, and says where it stopped;
// the zero Place when it has found enough or reached the end.
func (db *DB) walk(ctx context.Context, q history.Query, limit int, read func(s *stretch, left int) (int, error)) (history.Place, error) {
	lanes, err := db.lanes(ctx, q)
	if err != nil {
		return history.Place{}, err
	}
	if straight := slices.IndexFunc(lanes, func(l lane) bool { return !l.ordered || l.holds(q) }); straight >= 0 {
		_, err := read(db.dialect.within(q, lanes[straight], history.Place{}), limit)
		return history.Place{}, err
	}
	step := max(db.patience.first, 2*min(limit, history.MaxLimit))
	for looked := 0; looked < db.patience.most; step *= 4 {
		step = min(step, db.patience.most-looked)
		l, end, err := db.farthest(ctx, q, lanes, step)
		if err != nil {
			return history.Place{}, err
		}
		n, err := read(db.dialect.within(q, l, end), limit)
		if limit -= n; err != nil || limit <= 0 || end == (history.Place{}) {
			return history.Place{}, err
		}
		looked += step
		q.After = end
	}
	return q.After, nil
}

// farthest is the lane of which the next n bans reach back farthest, and the last of
// these; the zero Place when it has fewer.
func (db *DB) farthest(ctx context.Context, q history.Query, lanes []lane, n int) (best lane, end history.Place, err error) {
	for i, l := range lanes {
		s := db.dialect.stretch(l)
		s.lead(l.of(q))
		s.between(q, history.Place{})
		found, err := collect(ctx, db.read, scanPlace, "SELECT banned_at, id FROM ban"+s.sql()+newestFirst+" LIMIT 1 OFFSET "+strconv.Itoa(n-1), s.args...)
		if err != nil || len(found) == 0 {
			return l, history.Place{}, err
		}
		if i == 0 || older(found[0], end) {
			best, end = l, found[0]
		}
	}
	return best, end, nil
}

func scanPlace(r *sql.Rows) (p history.Place, err error) {
	var at int64
	err = r.Scan(&at, &p.ID)
	p.BannedAt = moment(at)
	return p, err
}

func older(a, b history.Place) bool {
	return a.BannedAt.Before(b.BannedAt) || a.BannedAt.Equal(b.BannedAt) && a.ID < b.ID
}

// lane is an index that leads to bans, nearly always in the order of pages.
type lane struct {
	columns []string                            // that it leads by
	of      func(q history.Query) history.Query // what it holds of a query
	block   bool                                // it leads by the beginning of addresses
	whole   bool                                // it knows all that a filter and the order of pages need
	ordered bool
}

// How many bans a network may have that are all looked up: in the index alone, or where more
// is asked than that knows.
const (
	narrow      = 2000
	narrowAmong = 1000
)

// isNarrow reports whether a network has few enough.
func (db *DB) isNarrow(ctx context.Context, q history.Query) (bool, error) {
	limit, alone := narrowAmong, timesOf(q)
	if alone.Inside, q.Limit = q.Inside, 0; alone == q {
		limit = narrow
	}
	first, last := bounds(q.Inside)
	found, err := collect(ctx, db.read, scanOne[int], "SELECT count(*) FROM (SELECT 1 FROM ban WHERE ip BETWEEN $1 AND $2 LIMIT "+strconv.Itoa(limit)+") AS found", first, last)
	return err == nil && found[0] < limit, err
}

// lanes are those that may lead to the bans of a query; one that is not in the order of
// pages is alone: what it has is little.
func (db *DB) lanes(ctx context.Context, q history.Query) ([]lane, error) {
	if q.Identifier != "" || q.Covering.IsValid() {
		return []lane{{columns: []string{"identifier"}}}, nil
	}
	if q.Inside.IsValid() {
		if is, err := db.isNarrow(ctx, q); err != nil || is {
			return []lane{{columns: []string{"ip"}, whole: true}}, err
		}
	}
	return lanesOf(q), nil
}

// lanesOf are the ordered ones.
func lanesOf(q history.Query) (all []lane) {
	all = append(all, lane{ordered: true, of: timesOf})
	switch q.State {
	case history.Active:
		all[0] = lane{ordered: true, columns: []string{"ended_at", "jail"}, of: func(q history.Query) history.Query {
			of := timesOf(q)
			of.State, of.Jail = q.State, q.Jail
			return of
		}}
	case history.Ended:
		all[0] = lane{ordered: true, columns: []string{"ended_at"}, of: func(q history.Query) history.Query {
			of := timesOf(q)
			of.State = q.State
			return of
		}}
	case history.All:
	}
	add := func(asked bool, column string, set func(of *history.Query, q history.Query)) {
		if asked {
			all = append(all, lane{ordered: true, columns: []string{column}, of: func(q history.Query) history.Query {
				of := timesOf(q)
				set(&of, q)
				return of
			}})
		}
	}
	add(q.Jail != "", "jail", func(of *history.Query, q history.Query) { of.Jail = q.Jail })
	add(q.Country != "", "country", func(of *history.Query, q history.Query) { of.Country = q.Country })
	add(q.ASN != 0, "asn", func(of *history.Query, q history.Query) { of.ASN = q.ASN })
	add(q.Origin != "" && q.Origin != event.ByFail2ban, "origin", func(of *history.Query, q history.Query) { of.Origin = q.Origin })
	if q.Inside.IsValid() && q.Inside.Bits() >= blockBits(q.Inside) {
		add(true, "", func(of *history.Query, q history.Query) { of.Inside, _ = q.Inside.Addr().Prefix(blockBits(q.Inside)) })
		all[len(all)-1].block = true
	}
	return all
}

// timesOf is a query for all bans of its time.
func timesOf(q history.Query) history.Query {
	return history.Query{State: history.All, Since: q.Since, Until: q.Until, After: q.After}
}

// holds reports whether all that the lane leads to is asked for, or what is not is sorted
// out by looking at the index alone.
func (l lane) holds(q history.Query) bool {
	q.Limit = 0
	if q.State == history.Active && slices.Contains(l.columns, "ended_at") {
		q.HostID, q.Text = "", "" // the indexes of open bans have them
	}
	return l.of(q) == q
}

// blockBits is how many bits of an address the index of blocks knows.
func blockBits(p netip.Prefix) int {
	if p.Addr().Is4() {
		return 16
	}
	return 32
}
