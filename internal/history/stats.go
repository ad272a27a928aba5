package history

import (
	"context"
	"slices"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
)

// Scope is what statistics are about. Empty fields do not narrow it. Statistics come from
// counters alone, and what was counted stays when retention removes the bans.
type Scope struct {
	HostID  string
	Jail    string
	Country string
	Origin  event.Origin // not together with Country
	ASN     int64        // number of a network, together with HostID only
	Since   time.Time    // zero = the first ban
	Until   time.Time    // zero = now
}

// narrowed reports whether bans are left out for anything but their time.
func (s Scope) narrowed() bool {
	return s.HostID != "" || s.Jail != "" || s.Country != "" || s.Origin != "" || s.ASN != 0
}

// By is what statistics are split by.
type By string

// What statistics can be split by.
const (
	ByJail    By = "jail"
	ByCountry By = "country"
	ByNetwork By = "network" // of a host or of all, not narrowed further
	ByOrigin  By = "origin"
	ByHost    By = "host"
)

// Span is a stretch of time, of whole hours or whole days in UTC.
type Span struct {
	From, To time.Time
}

func (s Span) before() Span { return Span{s.From.Add(s.From.Sub(s.To)), s.From} }

// Overview sums up a scope, with the time of the same length before it.
type Overview struct {
	Span, Before Span
	Bans         int64
	BansBefore   int64
	Active       int   // bans that are open now
	New          int64 // identifiers that were never banned before, counted by whole days; -1 = not known for a narrower scope
	NewBefore    int64
}

// Point is a bar of a trend.
type Point struct {
	At   time.Time // where it begins
	Bans int64
}

// Bucket is how long a bar of a trend is.
type Bucket string

// The buckets. Weeks begin on Monday, months with their first day, in UTC.
const (
	Hourly   Bucket = "hour"
	SixHours Bucket = "6h"
	Daily    Bucket = "day"
	Weekly   Bucket = "week"
	Monthly  Bucket = "month"
)

// Trend is how the number of bans went, without holes.
type Trend struct {
	Span   Span
	Bucket Bucket
	Points []Point // at most 400
	Parts  []Part  // of TrendBy: the largest, in their order
}

// Part is what of a trend belongs to one key, bar by bar.
type Part struct {
	Key  string
	Bans []int64
}

// Group is a part of what is counted.
type Group struct {
	Key        string // a jail, country, origin, the id of a host, the number of a network; "" and "0" = not known
	Name       string // of a network
	Bans       int64
	BansBefore int64 // in the time of the same length before
}

// Split is what is counted, by one of its properties: the largest parts and the rest.
type Split struct {
	Span   Span
	Groups []Group
	Others int64
	Total  int64
}

// Tally names a counter and what is asked of it.
type Tally struct {
	Hours   bool // by hour; else by day
	By      By   // "" = not split
	Scope   Scope
	From    int64 // number of the hour or day since 1970
	To      int64 // the first that is not asked for
	Country bool  // of those that know countries
}

// Counted is one row of a counter.
type Counted struct {
	When int64 // hour or day; 0 where that was not asked for
	Key  string
	Name string
	Bans int64
}

const (
	hours = int64(time.Hour / time.Second)
	days  = 24 * hours

	// finely is up to which length a time is counted by hours.
	finely = 14 * 24 * time.Hour
	// longest is the longest time that is asked about.
	longest = 25 * 366 * 24 * time.Hour
)

// tally reads a scope: its span, and the counter that holds it.
func (a *Archive) tally(ctx context.Context, s Scope, by By) (Tally, Span, error) {
	t := Tally{By: by, Scope: s, Country: s.Country != "" || by == ByCountry}
	if err := t.counted(); err != nil {
		return t, Span{}, err
	}
	since, until, err := a.timeOf(ctx, s)
	if err != nil {
		return t, Span{}, err
	}
	if !since.Before(until) || until.Sub(since) > longest {
		return t, Span{}, fault.New(fault.Invalid, "a time begins before it ends, and is not longer than 25 years")
	}
	t.Hours = !t.Country && by != ByNetwork && s.ASN == 0 && until.Sub(since) <= finely
	unit := t.unit()
	t.From = since.Unix() / unit
	t.To = (until.Unix() + unit - 1) / unit
	return t, t.span(), nil
}

// counted refuses what no counter holds.
func (t Tally) counted() error {
	s := t.Scope
	switch {
	case (t.By == ByNetwork || s.ASN != 0) && (s.Jail != "" || s.Country != "" || s.Origin != ""):
		return fault.New(fault.Invalid, "networks are counted for hosts only").WithMend("Leave out jail, country and origin.")
	case s.ASN != 0 && t.By != "" && t.By != ByNetwork && t.By != ByHost:
		return fault.New(fault.Invalid, "of a network jails, countries and origins are not counted").WithMend("Leave out the network.")
	case t.Country && (s.Origin != "" || t.By == ByOrigin):
		return fault.New(fault.Invalid, "origin and country are not counted together").WithMend("Leave out one of them.")
	}
	return nil
}

// timeOf is the time of a scope: from the first ban on, and until now, where it names none.
func (a *Archive) timeOf(ctx context.Context, s Scope) (since, until time.Time, err error) {
	since, until = s.Since, s.Until
	if until.IsZero() {
		until = a.now()
	}
	if !since.IsZero() {
		return since, until, nil
	}
	first, _, some, err := a.store.CountedDays(ctx)
	if since = until.Add(-time.Hour); some {
		since = time.Unix(first*days, 0)
	}
	return since, until, err
}

// unit is the length of what is counted, in seconds.
func (t Tally) unit() int64 {
	if t.Hours {
		return hours
	}
	return days
}

func (t Tally) span() Span {
	return Span{time.Unix(t.From*t.unit(), 0).UTC(), time.Unix(t.To*t.unit(), 0).UTC()}
}

// earlier is the same for the time of the same length before.
func (t Tally) earlier() Tally {
	t.From, t.To = t.From-(t.To-t.From), t.From
	return t
}

// Overview sums up a scope.
func (a *Archive) Overview(ctx context.Context, s Scope) (Overview, error) {
	t, span, err := a.tally(ctx, s, "")
	if err != nil {
		return Overview{}, err
	}
	o := Overview{Span: span, Before: span.before(), New: -1, NewBefore: -1}
	if o.Bans, err = a.store.CountTally(ctx, t); err != nil {
		return o, err
	}
	if o.BansBefore, err = a.store.CountTally(ctx, t.earlier()); err != nil {
		return o, err
	}
	o.Active, _, err = a.Count(ctx, Query{State: Active, HostID: s.HostID, Jail: s.Jail, Country: s.Country, Origin: s.Origin, ASN: s.ASN})
	if err != nil || s.narrowed() {
		return o, err
	}
	first, after := span.From.Unix()/days, (span.To.Unix()+days-1)/days
	if o.New, err = a.store.CountNew(ctx, first, after); err != nil {
		return o, err
	}
	o.NewBefore, err = a.store.CountNew(ctx, first-(after-first), first)
	return o, err
}

// Trend is how the number of bans of a scope went, in bars of a fitting length.
func (a *Archive) Trend(ctx context.Context, s Scope) (Trend, error) {
	t, span, err := a.tally(ctx, s, "")
	if err != nil {
		return Trend{}, err
	}
	rows, err := a.store.Tallied(ctx, t, nil)
	if err != nil {
		return Trend{}, err
	}
	trend := Trend{Span: span, Bucket: bucketOf(t, span)}
	for at := trend.Bucket.begin(span.From); at.Before(span.To); at = trend.Bucket.next(at) {
		trend.Points = append(trend.Points, Point{At: at})
	}
	for _, row := range rows {
		trend.Points[trend.bar(row.When*t.unit())].Bans += row.Bans
	}
	return trend, nil
}

// bar is the index of the bar that a moment, in seconds, belongs to.
func (t Trend) bar(seconds int64) int {
	at := time.Unix(seconds, 0).UTC()
	i, exact := slices.BinarySearchFunc(t.Points, at, func(p Point, at time.Time) int { return p.At.Compare(at) })
	if !exact {
		i--
	}
	return i
}

// TrendBy is Trend with its largest limit parts (1 to MaxParts) by one of their properties.
func (a *Archive) TrendBy(ctx context.Context, s Scope, by By, limit int) (Trend, error) {
	if limit < 1 || limit > MaxParts {
		return Trend{}, fault.New(fault.Invalid, "1 to %d parts can be named", MaxParts)
	}
	t, _, err := a.tally(ctx, s, by)
	if err != nil {
		return Trend{}, err
	}
	trend, err := a.Trend(ctx, s)
	if err != nil {
		return Trend{}, err
	}
	largest, err := a.store.TopTally(ctx, t, limit)
	if err != nil || len(largest) == 0 {
		return trend, err
	}
	index := map[string]int{}
	keys := make([]string, len(largest))
	for i, row := range largest {
		keys[i], index[row.Key] = row.Key, i
		trend.Parts = append(trend.Parts, Part{row.Key, make([]int64, len(trend.Points))})
	}
	rows, err := a.store.Tallied(ctx, t, keys)
	for _, row := range rows {
		trend.Parts[index[row.Key]].Bans[trend.bar(row.When*t.unit())] += row.Bans
	}
	return trend, err
}

// bucketOf is a length that makes neither a few bars nor hundreds.
func bucketOf(t Tally, s Span) Bucket {
	const day = 24 * time.Hour
	switch length := s.To.Sub(s.From); {
	case t.Hours && length <= 3*day:
		return Hourly
	case t.Hours:
		return SixHours
	case length <= 120*day:
		return Daily
	case length <= 3*366*day:
		return Weekly
	default:
		return Monthly
	}
}

// begin is where the bucket of a moment begins.
func (b Bucket) begin(at time.Time) time.Time {
	year, month, day := at.Date()
	switch b {
	case Hourly:
		return at.Truncate(time.Hour)
	case SixHours:
		return at.Truncate(6 * time.Hour)
	case Weekly:
		return time.Date(year, month, day-(int(at.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
	case Monthly:
		return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
	case Daily:
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// next is where the bucket after that which begins there begins.
func (b Bucket) next(at time.Time) time.Time {
	switch b {
	case Hourly:
		return at.Add(time.Hour)
	case SixHours:
		return at.Add(6 * time.Hour)
	case Weekly:
		return at.AddDate(0, 0, 7)
	case Monthly:
		return at.AddDate(0, 1, 0)
	case Daily:
	}
	return at.AddDate(0, 0, 1)
}

// MaxGroups is the most that a split names, MaxParts the most that a trend does.
const (
	MaxGroups = 200
	MaxParts  = 20
)

// Split is a scope by one of its properties, the largest limit parts (1 to MaxGroups).
func (a *Archive) Split(ctx context.Context, s Scope, by By, limit int) (Split, error) {
	if limit < 1 || limit > MaxGroups {
		return Split{}, fault.New(fault.Invalid, "1 to %d parts can be named", MaxGroups)
	}
	t, span, err := a.tally(ctx, s, by)
	if err != nil {
		return Split{}, err
	}
	out := Split{Span: span, Groups: []Group{}}
	rows, err := a.store.TopTally(ctx, t, limit)
	if err != nil {
		return out, err
	}
	whole := t
	whole.By, whole.Country = "", s.Country != "" // the smallest counter that knows it
	if out.Total, err = a.store.CountTally(ctx, whole); err != nil {
		return out, err
	}
	out.Others = out.Total
	keys := make([]string, len(rows))
	for i, row := range rows {
		out.Groups = append(out.Groups, Group{Key: row.Key, Name: row.Name, Bans: row.Bans})
		out.Others -= row.Bans
		keys[i] = row.Key
	}
	before, err := a.store.TallyOf(ctx, t.earlier(), keys)
	for i, g := range out.Groups {
		out.Groups[i].BansBefore = before[g.Key]
	}
	return out, err
}
