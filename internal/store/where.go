package store

import (
	"slices"
	"strings"

	"bangui/internal/history"
)

// within are the bans of a query in a lane, down to an end; the zero Place = all.
func (d *dialect) within(q history.Query, l lane, end history.Place) *stretch {
	s := d.stretch(l)
	s.lead(q)
	s.narrow(q)
	s.between(q, end)
	return s
}

// hidden is a column of which no index is used: the engine goes the way that we choose.
func hidden(column string) string { return "coalesce(" + column + ", " + column + ")" }

// on adds a condition on a column, which it begins with.
func (s *stretch) on(column, condition string, args ...any) {
	if !slices.Contains(s.lane.columns, column) {
		column = hidden(column)
	}
	s.and(column+condition, args...)
}

// lead are the conditions by which lanes lead.
func (s *stretch) lead(q history.Query) {
	if s.lane.block {
		first, _ := bounds(q.Inside)
		s.and("substr(ip, 1, 2 + length(ip) / 8) = ?", first[:blockBits(q.Inside)/8])
	}
	for _, f := range []struct{ column, value string }{
		{"host_id", q.HostID}, {"jail", q.Jail}, {"identifier", q.Identifier}, {"country", q.Country}, {"origin", string(q.Origin)},
	} {
		if f.value != "" {
			s.on(f.column, " = ?", f.value)
		}
	}
	if slices.Contains(s.lane.columns, "origin") {
		s.and("origin <> 'fail2ban'") // what its index says
	}
	if q.ASN != 0 {
		s.on("asn", " = ?", q.ASN)
	}
	switch q.State {
	case history.Active:
		s.on("ended_at", " IS NULL")
	case history.Ended:
		s.on("ended_at", " IS NOT NULL")
	case history.All:
	}
}

// narrow are the conditions that no lane leads by in the order of pages.
func (s *stretch) narrow(q history.Query) {
	if q.Inside.IsValid() {
		first, last := bounds(q.Inside)
		s.on("ip", " BETWEEN ? AND ? AND length(ip) = ? AND prefix_len >= ?", first, last, len(first), q.Inside.Bits())
	}
	if q.Covering.IsValid() {
		s.on("identifier", " IN ("+strings.TrimSuffix(strings.Repeat("?, ", q.Covering.BitLen()), ", ")+")", wider(q.Covering)...)
	}
	if q.Without != nil {
		s.without(*q.Without)
	}
	if q.Text != "" {
		s.and(`lower(identifier) LIKE lower(?) ESCAPE '\'`, "%"+escapeLike(q.Text)+"%")
	}
}

// without leaves out what has one of some values; no index leads to what is left.
func (s *stretch) without(w history.Without) {
	for _, jail := range w.Jails {
		s.and(hidden("jail")+" <> ?", jail)
	}
	for _, country := range w.Countries {
		s.and(hidden("country")+" <> ?", country)
	}
	for _, asn := range w.ASNs {
		s.and(hidden("asn")+" <> ?", asn)
	}
	if w.Origin != "" {
		s.and(hidden("origin")+" <> ?", string(w.Origin))
	}
}

// between are the conditions on the place of bans: one above and one below, by which an
// engine enters and leaves an index.
func (s *stretch) between(q history.Query, end history.Place) {
	at := "banned_at"
	if !s.lane.ordered {
		at = hidden(at)
	}
	below, from := q.After, end
	if until := (history.Place{BannedAt: q.Until}); !q.Until.IsZero() && (below == history.Place{} || older(until, below)) {
		below = until // ids are above 0
	}
	if since := (history.Place{BannedAt: q.Since}); !q.Since.IsZero() && (from == history.Place{} || older(from, since)) {
		from = since
	}
	if below != (history.Place{}) {
		s.and("("+at+", id) < "+s.dialect.place+" AND "+at+" <= ?", micros(below.BannedAt), below.ID, micros(below.BannedAt)) // the latter chooses partitions
	}
	if from != (history.Place{}) {
		s.and("("+at+", id) >= "+s.dialect.place+" AND "+at+" >= ?", micros(from.BannedAt), from.ID, micros(from.BannedAt))
	}
}
