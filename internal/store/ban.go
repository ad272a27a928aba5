package store

import (
	"context"
	"database/sql"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"bangui/internal/event"
	"bangui/internal/history"
)

const banColumns = `id, host_id, jail, identifier, banned_at, ban_seconds, seen_at, ended_at, end_reason, ban_count, failures, origin, actor, reason, lift_at, country, asn, network`

// banRow takes what banColumns name.
type banRow struct {
	ban                      history.Ban
	bannedAt, seenAt         int64
	endedAt, liftAt          sql.NullInt64
	endReason, actor, reason sql.NullString
}

func (r *banRow) targets() []any {
	b := &r.ban
	return []any{
		&b.ID, &b.HostID, &b.Jail, &b.Address, &r.bannedAt, &b.BanSeconds, &r.seenAt, &r.endedAt, &r.endReason,
		&b.BanCount, &b.Failures, &b.Origin, &r.actor, &r.reason, &r.liftAt, &b.Country, &b.ASN, &b.Network,
	}
}

func (r *banRow) value() history.Ban {
	b := r.ban
	b.BannedAt, b.SeenAt, b.EndedAt, b.LiftAt = moment(r.bannedAt), moment(r.seenAt), orZero(r.endedAt), orZero(r.liftAt)
	b.EndReason, b.Actor, b.Reason = event.EndReason(r.endReason.String), r.actor.String, r.reason.String
	return b
}

func scanBan(rows *sql.Rows) (history.Ban, error) {
	var r banRow
	err := rows.Scan(r.targets()...)
	return r.value(), err
}

// LastBan is the newest ban of an identifier in a jail that began at until or before;
// ok is false when there is none.
func (tx *Tx) LastBan(ctx context.Context, of history.Subject, until time.Time) (b history.Ban, ok bool, err error) {
	var r banRow
	err = tx.get(ctx, r.targets(), "SELECT "+banColumns+` FROM ban
		WHERE identifier = $1 AND jail = $2 AND host_id = $3 AND banned_at <= $4 ORDER BY banned_at DESC LIMIT 1`,
		of.Address, of.Jail, of.HostID, micros(until))
	if errors.Is(err, sql.ErrNoRows) {
		return b, false, nil
	}
	return r.value(), err == nil, err
}

// InsertBan stores a new ban, counts it, and gives its id.
func (tx *Tx) InsertBan(ctx context.Context, b history.Ban) (id int64, err error) {
	ip, bits := columns(b.Address)
	err = tx.get(ctx, []any{&id}, `INSERT INTO ban (host_id, jail, identifier, ip, prefix_len, banned_at, ban_seconds, expires_at, seen_at,
		ended_at, end_reason, ban_count, failures, origin, actor, reason, country, asn, network, lift_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) RETURNING id`,
		b.HostID, b.Jail, b.Address, ip, bits, micros(b.BannedAt), b.BanSeconds, orNull(b.ExpiresAt()), micros(b.SeenAt),
		orNull(b.EndedAt), text(string(b.EndReason)), b.BanCount, b.Failures, string(b.Origin), text(b.Actor), text(b.Reason),
		b.Country, b.ASN, b.Network, orNull(b.LiftAt))
	if err != nil {
		return 0, err
	}
	return id, tx.countNew(ctx, b)
}

// UpdateBan stores a ban whose life went on. Its place, start and identifier stay.
func (tx *Tx) UpdateBan(ctx context.Context, was, is history.Ban) error {
	tx.countMoved(was, is)
	return tx.exec(ctx, `UPDATE ban SET ban_seconds = $3, expires_at = $4, seen_at = $5, ended_at = $6, end_reason = $7,
		ban_count = $8, failures = $9, origin = $10, actor = $11, reason = $12, lift_at = $13 WHERE id = $1 AND banned_at = $2`,
		is.ID, micros(is.BannedAt), is.BanSeconds, orNull(is.ExpiresAt()), micros(is.SeenAt), orNull(is.EndedAt), text(string(is.EndReason)),
		is.BanCount, is.Failures, string(is.Origin), text(is.Actor), text(is.Reason), orNull(is.LiftAt))
}

// Relocate stores where the address of a ban belongs, and counts it there; moved is false
// when the ban is gone.
func (tx *Tx) Relocate(ctx context.Context, was history.Ban, to history.Whereabouts) (moved bool, err error) {
	n, err := tx.changed(ctx, "UPDATE ban SET country = $3, asn = $4, network = $5 WHERE id = $1 AND banned_at = $2 AND country = $6 AND asn = $7",
		was.ID, micros(was.BannedAt), to.Country, to.ASN, to.Network, was.Country, was.ASN)
	if err != nil || n == 0 {
		return false, err
	}
	is := was
	is.Whereabouts = to
	tx.countMoved(was, is)
	return true, nil
}

// EndBan stores when and why a ban ended, and when that was seen.
func (tx *Tx) EndBan(ctx context.Context, b history.Ban) error {
	return tx.exec(ctx, "UPDATE ban SET ended_at = $3, end_reason = $4, seen_at = $5 WHERE id = $1 AND banned_at = $2",
		b.ID, micros(b.BannedAt), orNull(b.EndedAt), text(string(b.EndReason)), micros(b.SeenAt))
}

// OpenBans are all open bans of a jail by identifier. Their number is bounded by what
// fail2ban holds.
func (db *DB) OpenBans(ctx context.Context, hostID, jail string) (map[string]history.Ban, error) {
	bans, err := collect(ctx, db.read, scanBan, "SELECT "+banColumns+" FROM ban WHERE host_id = $1 AND jail = $2 AND ended_at IS NULL", hostID, jail)
	all := make(map[string]history.Ban, len(bans))
	for _, b := range bans {
		all[b.Address] = b
	}
	return all, err
}

// OpenJails are the jails of a host that have open bans.
func (db *DB) OpenJails(ctx context.Context, hostID string) ([]string, error) {
	return collect(ctx, db.read, scanOne[string],
		"SELECT DISTINCT jail FROM ban WHERE host_id = $1 AND ended_at IS NULL ORDER BY jail LIMIT 1000", hostID)
}

// BanByID is one ban; ok is false when there is none.
func (db *DB) BanByID(ctx context.Context, id int64) (b history.Ban, ok bool, err error) {
	bans, err := collect(ctx, db.read, scanBan, "SELECT "+banColumns+" FROM ban WHERE id = $1", id)
	if err != nil || len(bans) == 0 {
		return b, false, err
	}
	return bans[0], true, nil
}

// ListBans is one page, newest first, of at most q.Limit bans.
func (db *DB) ListBans(ctx context.Context, q history.Query) ([]history.Ban, error) {
	w, err := db.where(ctx, q)
	if err != nil {
		return nil, err
	}
	return collect(ctx, db.read, scanBan,
		"SELECT "+banColumns+" FROM ban"+w.sql()+newestFirst+strconv.Itoa(q.Limit), w.args...)
}

// where is what a page looks for, in the way that finds it soonest: a wide network is met
// again and again on the way back in time; of a narrow one all bans are looked up.
func (db *DB) where(ctx context.Context, q history.Query) (*conditions, error) {
	const narrow = 20_000
	wide := false
	if q.Inside.IsValid() && q.Inside.Bits() < q.Inside.Addr().BitLen()*3/4 {
		first, last := bounds(q.Inside)
		found, err := collect(ctx, db.read, scanOne[int], "SELECT count(*) FROM (SELECT 1 FROM ban WHERE ip BETWEEN $1 AND $2 LIMIT "+strconv.Itoa(narrow)+") AS found", first, last)
		if err != nil {
			return nil, err
		}
		wide = found[0] == narrow
	}
	c := where(q, wide)
	c.after(q.After)
	return c, nil
}

const newestFirst = " ORDER BY banned_at DESC, id DESC LIMIT "

// BansFrom are bans after a place, oldest first.
func (db *DB) BansFrom(ctx context.Context, after history.Place, limit int) ([]history.Ban, error) {
	return collect(ctx, db.read, scanBan,
		"SELECT "+banColumns+" FROM ban WHERE (banned_at, id) > ($1, $2) ORDER BY banned_at, id LIMIT "+strconv.Itoa(limit),
		micros(after.BannedAt), after.ID)
}

// CountBans counts what a query finds, up to limit and one more.
func (db *DB) CountBans(ctx context.Context, q history.Query, limit int) (int, error) {
	w := where(q, false)
	counts, err := collect(ctx, db.read, scanOne[int],
		"SELECT count(*) FROM (SELECT 1 FROM ban"+w.sql()+" LIMIT "+strconv.Itoa(limit+1)+") AS found", w.args...)
	if err != nil {
		return 0, err
	}
	return counts[0], nil
}

// conditions collects parts of a WHERE with their values, each ? numbered in order.
type conditions struct {
	parts []string
	args  []any
}

func (c *conditions) and(part string, args ...any) {
	for _, arg := range args {
		c.args = append(c.args, arg)
		part = strings.Replace(part, "?", "$"+strconv.Itoa(len(c.args)), 1)
	}
	c.parts = append(c.parts, part)
}

// after leaves out what is not older than a place.
func (c *conditions) after(p history.Place) {
	if !p.BannedAt.IsZero() {
		c.and("(banned_at, id) < (?, ?)", micros(p.BannedAt), p.ID)
	}
}

func (c *conditions) sql() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.parts, " AND ")
}

// where collects the conditions of a query; wide has it not use the index of addresses.
func where(q history.Query, wide bool) *conditions {
	c := &conditions{}
	switch q.State {
	case history.Active:
		c.and("ended_at IS NULL")
	case history.Ended:
		c.and("ended_at IS NOT NULL")
	case history.All:
	}
	for _, f := range []struct{ column, value string }{
		{"host_id", q.HostID}, {"jail", q.Jail}, {"identifier", q.Identifier}, {"country", q.Country},
	} {
		if f.value != "" {
			c.and(f.column+" = ?", f.value)
		}
	}
	if q.Inside.IsValid() {
		first, last := bounds(q.Inside)
		ip := "ip"
		if wide {
			ip = "coalesce(ip, ip)"
		}
		c.and(ip+" BETWEEN ? AND ? AND length(ip) = ? AND prefix_len >= ?", first, last, len(first), q.Inside.Bits())
	}
	if q.Covering.IsValid() {
		c.and("identifier IN ("+strings.TrimSuffix(strings.Repeat("?, ", q.Covering.BitLen()), ", ")+")", wider(q.Covering)...)
	}
	if q.ASN != 0 {
		c.and("asn = ?", q.ASN)
	}
	if q.Origin != "" {
		c.and("origin = ?", string(q.Origin))
		if q.Origin != event.ByFail2ban {
			c.and("origin <> 'fail2ban'") // what the index of the others says
		}
	}
	if !q.Since.IsZero() {
		c.and("banned_at >= ?", micros(q.Since))
	}
	if !q.Until.IsZero() {
		c.and("banned_at < ?", micros(q.Until))
	}
	if q.Text != "" {
		c.and(`lower(identifier) LIKE lower(?) ESCAPE '\'`, "%"+escapeLike(q.Text)+"%")
	}
	return c
}

// wider are all networks that contain an address and are larger than it, as text.
func wider(addr netip.Addr) []any {
	all := make([]any, 0, addr.BitLen())
	for bits := range addr.BitLen() {
		all = append(all, netip.PrefixFrom(addr, bits).Masked().String())
	}
	return all
}

func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}

// columns gives the sortable form of an identifier that is an address or a network.
func columns(identifier string) (ip, bits any) {
	if addr, err := netip.ParseAddr(identifier); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		return addr.AsSlice(), addr.BitLen()
	}
	if p, err := netip.ParsePrefix(identifier); err == nil {
		return p.Masked().Addr().AsSlice(), p.Bits()
	}
	return nil, nil
}

// bounds are the first and the last address of a prefix.
func bounds(p netip.Prefix) (first, last []byte) {
	first = p.Masked().Addr().AsSlice()
	last = make([]byte, len(first))
	copy(last, first)
	for bit := p.Bits(); bit < 8*len(last); bit++ {
		last[bit/8] |= 0x80 >> (bit % 8)
	}
	return first, last
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}
