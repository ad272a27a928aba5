package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/auth"
	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/history"
	"bangui/internal/host"

	"github.com/danielgtaylor/huma/v2"
)

// Ban is one ban with its life.
type Ban struct {
	ID         string  `json:"id"`
	Host       string  `json:"host" example:"local"`
	Jail       string  `json:"jail"`
	Address    string  `json:"address" doc:"An address, a network, or any text that a filter bans."`
	BannedAt   string  `json:"banned_at" format:"date-time"`
	BanSeconds int64   `json:"ban_seconds" doc:"-1 = for ever."`
	ExpiresAt  *string `json:"expires_at" format:"date-time" doc:"When it is to end; null = never. Its own end where it was given one, whatever ban_seconds says."`
	OwnEnd     bool    `json:"own_end" doc:"It was given an end of its own, which BanGUI brings about."`
	EndedAt    *string `json:"ended_at" format:"date-time"`
	EndReason  *string `json:"end_reason" enum:"expired,unbanned,fail2ban-stopped,replaced,unknown"`
	BanCount   *int    `json:"ban_count" doc:"How often fail2ban has banned it; null = not known."`
	Failures   *int    `json:"failures"`
	Origin     string  `json:"origin" enum:"fail2ban,manual"`
	Actor      *string `json:"actor" doc:"Who asked for it, where BanGUI knows."`
	Reason     *string `json:"reason"`
	Country    *string `json:"country" doc:"Two letters of ISO 3166, or what a range is that belongs to no country; null = not known."`
	ASN        *int64  `json:"asn" format:"int64" doc:"Number of the autonomous system; null = not known."`
	Network    *string `json:"network" doc:"Name of the network."`
}

// BanWithMatches is a ban with the log lines behind it.
type BanWithMatches struct {
	Ban
	Matches []string `json:"matches" doc:"Written by attackers: show as plain text."`
}

// BanOrder asks for bans.
type BanOrder struct {
	Hosts     []string `json:"hosts,omitempty" maxItems:"100" doc:"May be left out where there is one host."`
	Jails     []string `json:"jails" minItems:"1" maxItems:"100"`
	Addresses []string `json:"addresses" minItems:"1" maxItems:"1000" doc:"Addresses and networks." example:"[\"203.0.113.7\",\"2001:db8::/48\"]"`
	// DurationSeconds is the ban's own end; fail2ban has none for each ban, BanGUI ends it.
	DurationSeconds int64  `json:"duration_seconds,omitempty" minimum:"10" maximum:"315360000" doc:"How long they last, whatever the ban time of the jail; left out: as long as the jail bans."`
	Reason          string `json:"reason,omitempty" maxLength:"500"`
	DryRun          bool   `json:"dry_run,omitempty" doc:"Only say what would happen."`
	AllowWide       bool   `json:"allow_wide,omitempty" doc:"Confirms networks wider than /24 (IPv4) or /48 (IPv6)."`
}

// LiftOrder asks for the end of bans, by address or by the id of a ban.
type LiftOrder struct {
	Hosts     []string `json:"hosts,omitempty" maxItems:"100"`
	Jails     []string `json:"jails,omitempty" maxItems:"100" doc:"Left out: in every jail."`
	Addresses []string `json:"addresses,omitempty" maxItems:"1000"`
	IDs       []string `json:"ids,omitempty" maxItems:"1000" doc:"Ids of bans: each is lifted in its own jail."`
	Reason    string   `json:"reason,omitempty" maxLength:"500"`
}

// Outcome is what became of one address in one jail.
type Outcome struct {
	Host    string  `json:"host"`
	Jail    string  `json:"jail"`
	Address string  `json:"address"`
	Outcome string  `json:"outcome" enum:"banned,already_banned,would_ban,refused,needs_confirmation,failed,lifted,not_banned"`
	Detail  *string `json:"detail"`
}

// Results are the outcomes of an order.
type Results struct {
	Results []Outcome `json:"results"`
}

// Count is how many there are.
type Count struct {
	Count  int  `json:"count"`
	Capped bool `json:"capped" doc:"There may be more than count."`
}

// BanFilter narrows a list of bans: as parameters of a query, or as JSON where it is saved.
type BanFilter struct {
	State string `query:"state" json:"state,omitempty" enum:"active,ended,all" default:"active"`
	Host  string `query:"host" json:"host,omitempty" maxLength:"64"`
	Jail  string `query:"jail" json:"jail,omitempty" maxLength:"200"`
	IP    string `query:"ip" json:"ip,omitempty" maxLength:"64" doc:"An address, or a network and all inside it."`
	Text  string `query:"q" json:"q,omitempty" maxLength:"200" doc:"Found somewhere in the address."`

	Line    string `query:"text" json:"text,omitempty" maxLength:"200" doc:"Found in a log line behind the ban."`
	Country string `query:"country" json:"country,omitempty" maxLength:"64" doc:"As in country of a ban." example:"NL"`
	ASN     int64  `query:"asn" json:"asn,omitempty" format:"int64" minimum:"0" maximum:"4294967295" doc:"Number of an autonomous system."`
	Origin  string `query:"origin" json:"origin,omitempty" enum:"fail2ban,manual"`
	Since   string `query:"since" json:"since,omitempty" format:"date-time" doc:"Banned at this moment or later."`
	Until   string `query:"until" json:"until,omitempty" format:"date-time" doc:"Banned before this moment."`
	Range   string `query:"range" json:"range,omitempty" enum:"24h,7d,30d,365d" doc:"Banned within that time before now; not together with since and until."`

	NotJails     []string `query:"not_jail,explode" json:"not_jail,omitempty" maxItems:"20" doc:"Leaves out bans of these jails."`
	NotCountries []string `query:"not_country,explode" json:"not_country,omitempty" maxItems:"20" doc:"Leaves out bans from these countries." example:"[\"NL\"]"`
	NotASNs      []int64  `query:"not_asn,explode" json:"not_asn,omitempty" maxItems:"20" doc:"Leaves out bans from these autonomous systems."`
	NotOrigin    string   `query:"not_origin" json:"not_origin,omitempty" enum:"fail2ban,manual" doc:"Leaves out bans of this origin."`
}

type bansInput struct {
	BanFilter
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Of one page, which may be shorter, or empty, and have a next one: it looks at a few thousand bans where no index has what is asked for. An export has all."`
	Cursor string `query:"cursor" maxLength:"300"`
	Accept string `header:"Accept" doc:"text/csv or application/x-ndjson for an export of all that matches."`
}

func (a *API) registerBans() {
	list := route{
		method: http.MethodGet, path: "/api/v1/bans", id: "listBans", summary: "Bans, newest first; as CSV or lines of JSON all at once", tag: "bans",
		role: auth.Viewer, tier: looks, class: classRead,
	}
	register(a, list, a.listBans)
	describeExport[Ban](a, list, "Ban")
	register(a, route{
		method: http.MethodGet, path: "/api/v1/bans/count", id: "countBans", summary: "How many bans a filter finds", tag: "bans", role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, in *BanFilter) (*answer[Count], error) {
		q, err := a.queryOf(ctx, *in)
		if err != nil {
			return nil, err
		}
		n, capped, err := a.Archive.Count(ctx, q)
		return answerWith(Count{Count: n, Capped: capped}), err
	})
	register(a, route{
		method: http.MethodGet, path: "/api/v1/bans/{id}", id: "getBan", summary: "One ban with the log lines behind it", tag: "bans", role: auth.Viewer, tier: looks, class: classRead,
	}, a.getBan)
	register(a, route{
		method: http.MethodPost, path: "/api/v1/bans", id: "createBans", summary: "Ban addresses in jails", tag: "bans",
		role: auth.Operator, tier: steers, class: classBan, audit: "ban.create",
	}, a.createBans)
	register(a, route{
		method: http.MethodPost, path: "/api/v1/bans/lift", id: "liftBans", summary: "End bans", tag: "bans",
		role: auth.Operator, tier: steers, class: classUnban, audit: "ban.lift",
	}, a.liftBans)
}

func (a *API) listBans(ctx context.Context, in *bansInput) (*written, error) {
	q, err := a.queryOf(ctx, in.BanFilter)
	if err != nil {
		return nil, err
	}
	if f := formatOf(in.Accept); f != nil {
		return &written{func(out huma.Context) {
			export(a, out, f, banSheet(), func(ctx context.Context, put func(Ban) error) error {
				return a.Archive.Each(ctx, q, func(b history.Ban) error { return put(a.banOf(b)) })
			})
		}}, nil
	}
	q.Limit = in.Limit
	if in.Cursor != "" {
		if q.After, err = openCursor(in.Cursor, in.BanFilter); err != nil {
			return nil, err
		}
	}
	bans, next, err := a.Archive.Bans(ctx, q)
	if err != nil {
		return nil, err
	}
	out := pageOf(mapAll(bans, a.banOf))
	if next != (history.Place{}) {
		cursor := closeCursor(next, in.BanFilter)
		out.Next = &cursor
	}
	return writtenJSON(out), nil
}

// banSheet are bans as they are exported.
func banSheet() sheet[Ban] {
	return sheet[Ban]{
		name: "bans",
		header: []string{
			"id", "host", "jail", "address", "banned_at", "ban_seconds", "expires_at", "ended_at", "end_reason", "ban_count", "failures",
			"origin", "actor", "reason", "country", "asn", "network",
		},
		row: func(b Ban) []string {
			return []string{
				b.ID, cell(&b.Host), cell(&b.Jail), cell(&b.Address), b.BannedAt, strconv.FormatInt(b.BanSeconds, 10), cell(b.ExpiresAt), cell(b.EndedAt),
				cell(b.EndReason), number(b.BanCount), number(b.Failures), b.Origin, cell(b.Actor), cell(b.Reason), cell(b.Country), number(b.ASN), cell(b.Network),
			}
		},
	}
}

// number is a cell with a number, empty where it is not known.
func number[N int | int64](n *N) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(int64(*n), 10)
}

// queryOf reads a filter. A host that is not there is an error, not an empty list.
func (a *API) queryOf(ctx context.Context, f BanFilter) (history.Query, error) {
	q := history.Query{
		State: history.State(f.State), Jail: f.Jail, Text: f.Text, Line: f.Line, Country: f.Country, ASN: f.ASN, Origin: event.Origin(f.Origin),
	}
	if len(f.NotJails)+len(f.NotCountries)+len(f.NotASNs) > 0 || f.NotOrigin != "" {
		q.Without = &history.Without{Jails: f.NotJails, Countries: f.NotCountries, ASNs: f.NotASNs, Origin: event.Origin(f.NotOrigin)}
	}
	var err error
	if q.HostID, err = a.hostID(f.Host); err != nil {
		return q, err
	}
	if q.Since, q.Until, err = a.timeOf(ctx, f); err != nil {
		return q, err
	}
	if f.IP != "" {
		prefix, err := allowlist.ParseTarget(f.IP)
		if err != nil {
			return q, a.badField(ctx, "ip", err)
		}
		q.Inside = prefix
		if prefix.IsSingleIP() {
			q.Inside, q.Identifier = netip.Prefix{}, prefix.Addr().String()
		}
	}
	return q, nil
}

// timeOf is the time that a filter is about; zeros where it has no begin, or no end.
func (a *API) timeOf(ctx context.Context, f BanFilter) (since, until time.Time, err error) {
	if f.Range != "" {
		if f.Since+f.Until != "" {
			return since, until, a.badField(ctx, "range", errors.New("give either range or since and until"))
		}
		const day = 24 * time.Hour
		spans := map[string]time.Duration{"24h": day, "7d": 7 * day, "30d": 30 * day, "365d": 365 * day}
		return a.Now().Add(-spans[f.Range]), until, nil
	}
	if since, err = a.momentOf(ctx, "since", f.Since); err != nil {
		return since, until, err
	}
	until, err = a.momentOf(ctx, "until", f.Until)
	return since, until, err
}

func (a *API) getBan(ctx context.Context, in *struct {
	ID string `path:"id" maxLength:"20" pattern:"^[0-9]+$" patternDescription:"number"`
},
) (*answer[BanWithMatches], error) {
	id, err := strconv.ParseInt(in.ID, 10, 64)
	if err != nil {
		return nil, fault.New(fault.NotFound, "there is no ban %s", in.ID)
	}
	b, err := a.Archive.Ban(ctx, id)
	if err != nil {
		return nil, err
	}
	lines, err := a.Archive.Lines(ctx, b)
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		lines = a.fail2banLines(ctx, b)
	}
	return answerWith(BanWithMatches{Ban: a.banOf(b), Matches: orEmpty(lines)}), nil
}

// fail2banLines are the log lines behind a ban that fail2ban itself still has, for bans
// whose lines were not copied yet.
func (a *API) fail2banLines(ctx context.Context, b history.Ban) []string {
	h, err := a.Hosts.Get(b.HostID)
	if err != nil {
		return nil
	}
	evidence, err := h.Evidence(ctx, b.Address)
	if err != nil {
		a.Logger.DebugContext(ctx, "no log lines for a ban", "request_id", requestID(ctx), "error", err)
	}
	for _, e := range evidence {
		if e.Jail == b.Jail && e.BannedAt.Sub(b.BannedAt).Abs() <= time.Second {
			return e.Lines
		}
	}
	return nil
}

// hostID is the id of a host by its name; "" for no name.
func (a *API) hostID(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	h, err := a.Hosts.Get(name)
	if err != nil {
		return "", err
	}
	return h.State().ID, nil
}

// Bounds of one order: what fail2ban takes within its time.
const (
	maxPairs = host.MaxPairs // addresses times jails
	maxID    = 1024          // characters of an identifier
)

type banInput struct{ Body BanOrder }

func (in banInput) dry() bool { return in.Body.DryRun }

func (in banInput) order() (list any, reason string) { return in.Body, in.Body.Reason }

func (in banInput) target() string { return targets(in.Body.Addresses, in.Body.Jails, in.Body.Hosts) }

func (a *API) createBans(ctx context.Context, in *banInput) (*answer[Results], error) {
	hosts, err := a.hostsOf(in.Body.Hosts)
	if err != nil {
		return nil, err
	}
	order := host.BanOrder{Jails: unique(in.Body.Jails), Caller: callerOf(ctx), Actor: actorOf(ctx), Reason: in.Body.Reason, AllowWide: in.Body.AllowWide}
	for i, text := range in.Body.Addresses {
		target, err := allowlist.ParseTarget(text)
		if err != nil {
			return nil, a.badField(ctx, fmt.Sprintf("addresses[%d]", i), err)
		}
		if !slices.Contains(order.Targets, target) {
			order.Targets = append(order.Targets, target)
		}
	}
	if pairs := len(order.Targets) * len(order.Jails); pairs > maxPairs {
		return nil, fault.New(fault.TooLarge, "%d bans at once are too many; %d is the most", pairs, maxPairs).WithMend("Name fewer jails or addresses at once.")
	}
	return a.onEach(ctx, hosts, func(h host.Host) ([]host.Outcome, error) {
		planned, err := h.Check(ctx, order)
		if err != nil || in.Body.DryRun {
			return planned, err
		}
		liftAt := a.liftAtOf(in.Body)
		if _, err := a.intend(ctx, h, history.Intent{Kind: event.Ban, Reason: order.Reason, LiftAt: liftAt}, willBan(planned)); err != nil {
			return nil, err
		}
		outcomes, err := h.Ban(ctx, order)
		return keptEnds(outcomes, liftAt), err
	})
}

// liftAtOf is the end of bans that were given one; the zero time for others.
func (a *API) liftAtOf(o BanOrder) time.Time {
	if o.DurationSeconds == 0 {
		return time.Time{}
	}
	return a.Now().Add(time.Duration(o.DurationSeconds) * time.Second)
}

// keptEnds says of bans that were there already that they keep their end.
func keptEnds(outcomes []host.Outcome, liftAt time.Time) []host.Outcome {
	for i := range outcomes {
		if !liftAt.IsZero() && outcomes[i].Result == host.AlreadyBanned {
			outcomes[i].Detail = "It is banned already and keeps its end: lift it first to give it another one."
		}
	}
	return outcomes
}

// pair is an address in a jail.
type pair struct{ jail, id string }

// willBan are the bans that will be tried. What is refused must leave no intent: should
// fail2ban ban it by itself soon after, nobody of us would have asked for that.
func willBan(planned []host.Outcome) []pair {
	var pairs []pair
	for _, o := range planned {
		if o.Result == host.WouldBan {
			pairs = append(pairs, pair{o.Jail, o.Target})
		}
	}
	return pairs
}

type liftInput struct{ Body LiftOrder }

func (in liftInput) order() (list any, reason string) { return in.Body, in.Body.Reason }

func (in liftInput) target() string {
	return targets(append(slices.Clone(in.Body.Addresses), in.Body.IDs...), in.Body.Jails, in.Body.Hosts)
}

func (a *API) liftBans(ctx context.Context, in *liftInput) (*answer[Results], error) {
	if (len(in.Body.Addresses) == 0) == (len(in.Body.IDs) == 0) {
		return nil, a.badField(ctx, "addresses", errors.New("give either addresses or ids"))
	}
	for i, text := range in.Body.Addresses {
		if len(text) > maxID {
			return nil, a.badField(ctx, fmt.Sprintf("addresses[%d]", i), fmt.Errorf("it is longer than %d bytes", maxID))
		}
	}
	if len(in.Body.IDs) > 0 {
		return a.liftByID(ctx, in.Body)
	}
	hosts, err := a.hostsOf(in.Body.Hosts)
	if err != nil {
		return nil, err
	}
	ids := mapAll(unique(in.Body.Addresses), canonicalID)
	return a.onEach(ctx, hosts, func(h host.Host) ([]host.Outcome, error) {
		return a.lift(ctx, h, host.LiftOrder{IDs: ids, Jails: unique(in.Body.Jails), Actor: actorOf(ctx), Reason: in.Body.Reason})
	})
}

func (a *API) lift(ctx context.Context, h host.Host, order host.LiftOrder) ([]host.Outcome, error) {
	jails := order.Jails
	if len(jails) == 0 {
		jails = mapAll(h.Jails(), func(j host.Jail) string { return j.Name })
	}
	if len(jails)*len(order.IDs) <= maxPairs {
		var pairs []pair
		for _, jail := range jails {
			for _, id := range order.IDs {
				pairs = append(pairs, pair{jail, id})
			}
		}
		return a.liftPairs(ctx, h, order, pairs)
	}
	return h.Lift(ctx, order)
}

// liftPairs lifts with who asked for it noted, and takes that back where nothing was lifted.
func (a *API) liftPairs(ctx context.Context, h host.Host, order host.LiftOrder, pairs []pair) ([]host.Outcome, error) {
	asked, err := a.intend(ctx, h, history.Intent{Kind: event.Unban, Reason: order.Reason}, pairs)
	if err != nil {
		return nil, err
	}
	outcomes, err := h.Lift(ctx, order)
	if err != nil {
		return outcomes, err // how far it came is not known
	}
	tried := map[pair]bool{}
	for _, o := range outcomes {
		tried[pair{o.Jail, o.Target}] = o.Result != host.NotBanned
	}
	vain := slices.DeleteFunc(asked, func(i history.Intent) bool { return tried[pair{i.Jail, i.Address}] })
	if err := a.Archive.Forget(context.WithoutCancel(ctx), vain); err != nil {
		a.Logger.WarnContext(ctx, "who asked for a lift stays noted where nothing was lifted", "error", err)
	}
	return outcomes, nil
}

// place is a jail of a host.
type place struct{ host, jail string }

// liftByID lifts bans by their ids, each in its own jail of its own host. Where one jail
// can't do it, the others still do; only when none can is it an error.
func (a *API) liftByID(ctx context.Context, order LiftOrder) (*answer[Results], error) {
	places, addresses, err := a.placesOf(ctx, unique(order.IDs))
	if err != nil {
		return nil, err
	}
	all, failures := Results{}, 0
	var first error
	for _, p := range places {
		outcomes, err := a.liftAt(ctx, p, addresses[p], order.Reason)
		if err != nil {
			failures++
			if first == nil {
				first = err
			}
		}
		all.Results = append(all.Results, outcomes...)
	}
	noteOf(ctx).results(all.Results)
	if failures == len(places) {
		return nil, first
	}
	return answerWith(all), nil
}

// placesOf finds the bans behind ids, by where they are.
func (a *API) placesOf(ctx context.Context, ids []string) ([]place, map[place][]string, error) {
	var places []place
	addresses := map[place][]string{}
	for i, text := range ids {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, nil, a.badField(ctx, fmt.Sprintf("ids[%d]", i), errors.New("it is not the id of a ban"))
		}
		b, err := a.Archive.Ban(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		p := place{b.HostID, b.Jail}
		if len(addresses[p]) == 0 {
			places = append(places, p)
		}
		if !slices.Contains(addresses[p], b.Address) {
			addresses[p] = append(addresses[p], b.Address)
		}
	}
	return places, addresses, nil
}

// liftAt lifts in one jail. With an error every outcome tells it.
func (a *API) liftAt(ctx context.Context, p place, ids []string, reason string) ([]Outcome, error) {
	h, err := a.Hosts.Get(p.host)
	if err == nil {
		var outcomes []host.Outcome
		outcomes, err = a.lift(ctx, h, host.LiftOrder{IDs: ids, Jails: []string{p.jail}, Actor: actorOf(ctx), Reason: reason})
		if err == nil {
			return a.outcomesOf(h, outcomes), nil
		}
	}
	detail := sentence(fault.MessageOf(err))
	return mapAll(ids, func(id string) Outcome {
		return Outcome{Host: a.Hosts.Alias(p.host), Jail: p.jail, Address: id, Outcome: string(host.Failed), Detail: &detail}
	}), err
}

// onEach carries out an order on every host and puts the outcomes together.
func (a *API) onEach(ctx context.Context, hosts []host.Host, do func(host.Host) ([]host.Outcome, error)) (*answer[Results], error) {
	all := Results{Results: []Outcome{}}
	for _, h := range hosts {
		outcomes, err := do(h)
		if err != nil {
			return nil, err
		}
		all.Results = append(all.Results, a.outcomesOf(h, outcomes)...)
		noteOf(ctx).results(all.Results) // also what came before a host that fails
	}
	return answerWith(all), nil
}

// hostsOf finds the hosts of an order; none named means the only one there is.
func (a *API) hostsOf(names []string) ([]host.Host, error) {
	if len(names) == 0 {
		all := a.Hosts.All()
		if len(all) != 1 {
			return nil, fault.New(fault.Invalid, "there are %d hosts: name those that are meant", len(all))
		}
		return all, nil
	}
	var hosts []host.Host
	for _, name := range unique(names) {
		h, err := a.Hosts.Get(name)
		if err != nil {
			return nil, err
		}
		hosts = append(hosts, h)
	}
	return hosts, nil
}

// intend notes who asks for what and why, so that what fail2ban then reports carries it. It
// gives what it noted.
func (a *API) intend(ctx context.Context, h host.Host, like history.Intent, pairs []pair) ([]history.Intent, error) {
	if len(pairs) == 0 {
		return nil, nil
	}
	like.HostID, like.Actor, like.AskedAt = h.State().ID, actorOf(ctx), a.Now()
	intents := mapAll(pairs, func(p pair) history.Intent {
		one := like
		one.Jail, one.Address = p.jail, p.id
		return one
	})
	return intents, a.Archive.Intend(ctx, intents)
}

// canonicalID is an id as fail2ban shows it: addresses in their one form, anything
// else as it is.
func canonicalID(text string) string {
	if p, err := allowlist.ParseTarget(text); err == nil {
		return allowlist.Text(p)
	}
	return text
}

func unique(items []string) []string {
	var out []string
	for _, item := range items {
		if item = strings.TrimSpace(item); !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	return out
}

func (a *API) outcomesOf(h host.Host, outcomes []host.Outcome) []Outcome {
	alias := a.Hosts.Alias(h.State().ID)
	return mapAll(outcomes, func(o host.Outcome) Outcome {
		return Outcome{Host: alias, Jail: o.Jail, Address: o.Target, Outcome: string(o.Result), Detail: orNull(o.Detail)}
	})
}

func (a *API) banOf(b history.Ban) Ban {
	return Ban{
		ID: strconv.FormatInt(b.ID, 10), Host: a.Hosts.Alias(b.HostID), Jail: b.Jail, Address: b.Address,
		BannedAt: stamp(b.BannedAt), BanSeconds: b.BanSeconds, ExpiresAt: stampOrNull(b.EndsAt()), OwnEnd: !b.LiftAt.IsZero(), EndedAt: stampOrNull(b.EndedAt),
		EndReason: orNull(string(b.EndReason)), BanCount: orNull(b.BanCount), Failures: orNull(b.Failures),
		Origin: string(b.Origin), Actor: orNull(b.Actor), Reason: orNull(b.Reason),
		Country: orNull(b.Country), ASN: orNull(b.ASN), Network: orNull(b.Network),
	}
}
