package historytest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"bangui/internal/history"

	_ "modernc.org/sqlite" // the engine of the files that Bulk fills
)

// Counters are counted by the store; *store.DB has them.
type Counters interface {
	CountedDays(ctx context.Context) (first, last int64, ok bool, err error)
	RebuildDay(ctx context.Context, day int64) error
	RebuildSpan(ctx context.Context, span int64) error
	CheckOpen(ctx context.Context, mend bool) ([]history.Difference, error)
}

// bulk fills a file faster than its store may: it has the file to itself, and a file that
// was half filled is thrown away.
type bulk struct {
	db     *sql.DB
	pack   *history.Packer
	rows   []any
	lines  []any
	number int64
}

const (
	perInsert = 500    // bans in one statement
	perCommit = 50_000 // bans in one transaction, a multiple
)

// Bulk records all bans of a maker in a SQLite file that is empty but for its schema and
// its hosts, without the indexes, which it makes anew in the end. With Count after it the
// result is what Fill makes. Nobody else may use the file, and after an error it is worth
// nothing.
func Bulk(ctx context.Context, path string, m *Maker, progress func(did string)) error {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-200000)&_pragma=temp_store(FILE)&_pragma=locking_mode(EXCLUSIVE)")
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	b := &bulk{db: db, pack: history.NewPacker()}
	indexes, err := b.dropIndexes(ctx)
	if err == nil {
		err = b.insert(ctx, m, progress)
	}
	for _, text := range indexes {
		if err != nil {
			break
		}
		progress(text)
		_, err = db.ExecContext(ctx, text)
	}
	if err == nil {
		progress("addresses")
		err = b.addresses(ctx)
	}
	return errors.Join(err, db.Close())
}

func (b *bulk) exec(ctx context.Context, text string, args ...any) error {
	if _, err := b.db.ExecContext(ctx, text, args...); err != nil {
		return fmt.Errorf("%.60s: %w", text, err)
	}
	return nil
}

// dropIndexes drops the indexes of bans and gives what makes them.
func (b *bulk) dropIndexes(ctx context.Context) (texts []string, err error) {
	var some int
	if err := b.db.QueryRowContext(ctx, "SELECT count(*) FROM (SELECT 1 FROM ban LIMIT 1)").Scan(&some); err != nil {
		return nil, err
	}
	if some > 0 {
		return nil, errors.New("there are bans in it")
	}
	rows, err := b.db.QueryContext(ctx, "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'ban' AND sql IS NOT NULL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		names, texts = append(names, name), append(texts, text)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for _, name := range names {
		if err := b.exec(ctx, "DROP INDEX "+name); err != nil {
			return nil, err
		}
	}
	return texts, nil
}

func (b *bulk) insert(ctx context.Context, m *Maker, progress func(did string)) error {
	for more := true; more; {
		if err := b.exec(ctx, "BEGIN"); err != nil {
			return err
		}
		var err error
		if more, err = b.part(ctx, m); err != nil {
			return err
		}
		if err := b.exec(ctx, "COMMIT"); err != nil {
			return err
		}
		progress(fmt.Sprintf("%d bans", b.number))
	}
	return nil
}

// part inserts as many bans as one transaction may have; more tells that there may be
// others.
func (b *bulk) part(ctx context.Context, m *Maker) (more bool, err error) {
	for n := 1; n <= perCommit; n++ {
		ban, ok := m.Next()
		if !ok {
			return false, b.flush(ctx)
		}
		b.add(ban)
		if n%perInsert == 0 {
			if err := b.flush(ctx); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

func (b *bulk) add(p history.PastBan) {
	b.number++
	b.rows = append(b.rows, valuesOf(p)...)
	if packed := b.pack.Pack(p.Lines); packed != nil {
		b.lines = append(b.lines, b.number, p.BannedAt.UnixMicro(), packed)
	}
}

// banColumns are those that a made-up ban fills, but for its id.
func banColumns() []string {
	return []string{
		"host_id", "jail", "identifier", "ip", "prefix_len", "banned_at", "ban_seconds", "expires_at", "seen_at",
		"ended_at", "end_reason", "ban_count", "failures", "origin", "actor", "reason", "country", "asn", "network",
	}
}

// valuesOf are what a ban has in banColumns.
func valuesOf(p history.PastBan) []any {
	addr := netip.MustParseAddr(p.Address)
	var expires, ended, why, actor, reason any = p.ExpiresAt().UnixMicro(), nil, nil, nil, nil
	if p.BanSeconds < 0 {
		expires = nil
	}
	if !p.EndedAt.IsZero() {
		ended, why = p.EndedAt.UnixMicro(), string(p.EndReason)
	}
	if p.Actor != "" {
		actor, reason = p.Actor, p.Reason
	}
	return []any{
		p.HostID, p.Jail, p.Address, addr.AsSlice(), addr.BitLen(), p.BannedAt.UnixMicro(), p.BanSeconds, expires, p.SeenAt.UnixMicro(),
		ended, why, p.BanCount, p.Failures, string(p.Origin), actor, reason, p.Country, p.ASN, p.Network,
	}
}

// flush writes what was added: the ids are those that b.number counted.
func (b *bulk) flush(ctx context.Context) error {
	for _, part := range []struct {
		into string
		of   int
		rows *[]any
	}{
		{"ban (" + strings.Join(banColumns(), ", ") + ")", len(banColumns()), &b.rows},
		{"ban_lines (ban_id, banned_at, data)", 3, &b.lines},
	} {
		n := len(*part.rows) / part.of
		if n == 0 {
			continue
		}
		marks := "(?" + strings.Repeat(", ?", part.of-1) + ")"
		if err := b.exec(ctx, "INSERT INTO "+part.into+" VALUES "+marks+strings.Repeat(", "+marks, n-1), *part.rows...); err != nil {
			return err
		}
		*part.rows = (*part.rows)[:0]
	}
	return nil
}

// addresses makes the rows of the identifiers and networks.
func (b *bulk) addresses(ctx context.Context) error {
	for _, text := range []string{
		"INSERT INTO address SELECT identifier, min(banned_at), max(banned_at), count(*), json_group_array(DISTINCT jail) FROM ban GROUP BY identifier",
		"INSERT INTO tally_new SELECT first_at / 86400000000, count(*) FROM address GROUP BY 1",
		"INSERT INTO network SELECT asn, max(network) FROM ban WHERE asn <> 0 GROUP BY asn",
	} {
		if err := b.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// Count fills the counters of what Bulk recorded.
func Count(ctx context.Context, c Counters, progress func(did string)) error {
	first, last, _, err := c.CountedDays(ctx)
	for day := first; day <= last && err == nil; day++ {
		progress(fmt.Sprintf("counters of day %d of %d", day-first+1, last-first+1))
		err = c.RebuildDay(ctx, day)
	}
	const daysOfSpan = history.SpanDays
	for span := first / daysOfSpan; span <= last/daysOfSpan && err == nil; span++ {
		err = c.RebuildSpan(ctx, span)
	}
	if err == nil {
		_, err = c.CheckOpen(ctx, true)
	}
	return err
}
