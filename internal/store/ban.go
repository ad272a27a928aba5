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
	id, err = tx.insert(ctx, `INSERT INTO ban (host_id, jail, identifier, ip, prefix_len, banned_at, ban_seconds, expires_at, seen_at,
		ended_at, end_reason, ban_count, failures, origin, actor, reason, country, asn, network, lift_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)`,
		b.HostID, b.Jail, b.Address, ip, bits, micros(b.BannedAt), b.BanSeconds, orNull(b.ExpiresAt()), micros(b.SeenAt),
		orNull(b.EndedAt), text(string(b.EndReason)), b.BanCount, b.Failures, string(b.Origin), text(b.Actor), text(b.Reason),
		b.Country, b.ASN, b.Network, orNull(b.LiftAt))
	if err != nil {
		return 0, err
	}
	tx.countNew(b)
	return id, nil
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
	var ended sql.NullInt64 // now: it was read before this transaction
	err = tx.get(ctx, []any{&ended}, "UPDATE ban SET country = $3, asn = $4, network = $5 WHERE id = $1 AND banned_at = $2 AND country = $6 AND asn = $7 RETURNING ended_at",
		was.ID, micros(was.BannedAt), to.Country, to.ASN, to.Network, was.Country, was.ASN)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	was.EndedAt = orZero(ended)
	is := was
	is.Whereabouts = to
	tx.countMoved(was, is)
	return true, nil
}

// EndBan stores when and why a ban ended, and when that was seen.
func (tx *Tx) EndBan(ctx context.Context, was, b history.Ban) error {
	tx.countMoved(was, b)
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

// BansFrom are bans after a place, oldest first.
func (db *DB) BansFrom(ctx context.Context, after history.Place, limit int) ([]history.Ban, error) {
	return collect(ctx, db.read, scanBan,
		"SELECT "+banColumns+" FROM ban WHERE (banned_at, id) > ($1, $2) ORDER BY banned_at, id LIMIT "+strconv.Itoa(limit),
		micros(after.BannedAt), after.ID)
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

func (c *conditions) sql() string {
	if len(c.parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.parts, " AND ")
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
