package historytest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bangui/internal/history"

	"github.com/jackc/pgx/v5"
)

// bulkPostgres fills a database as bulk does a file.
type bulkPostgres struct {
	conn   *pgx.Conn
	pack   *history.Packer
	rows   [][]any
	lines  [][]any
	number int64
}

// BulkPostgres is Bulk for a database at an address, postgres://…, that is empty but for its
// schema and its hosts.
func BulkPostgres(ctx context.Context, address string, m *Maker, progress func(did string)) (err error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	b := &bulkPostgres{conn: conn, pack: history.NewPacker()}
	if err := b.months(ctx, m.Options); err != nil {
		return err
	}
	indexes, err := b.dropIndexes(ctx)
	if err != nil {
		return err
	}
	if err := b.copyAll(ctx, m, progress); err != nil {
		return err
	}
	for _, text := range append(indexes, b.rest()...) {
		progress(text)
		if err := b.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

func (b *bulkPostgres) exec(ctx context.Context, text string) error {
	if _, err := b.conn.Exec(ctx, text); err != nil {
		return fmt.Errorf("%.60s: %w", text, err)
	}
	return nil
}

// months makes the partitions that the bans of a maker belong to.
func (b *bulkPostgres) months(ctx context.Context, o Options) error {
	year, month, _ := o.Until.Add(-o.Span).UTC().Date()
	for at := time.Date(year, month, 1, 0, 0, 0, 0, time.UTC); at.Before(o.Until); at = at.AddDate(0, 1, 0) {
		if _, err := b.conn.Exec(ctx, "SELECT ban_month($1)", at.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

// dropIndexes drops the indexes of bans, those of their key excepted, and gives what makes
// them.
func (b *bulkPostgres) dropIndexes(ctx context.Context) (texts []string, err error) {
	var some bool
	if err := b.conn.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM ban)").Scan(&some); err != nil {
		return nil, err
	}
	if some {
		return nil, errors.New("there are bans in it")
	}
	rows, err := b.conn.Query(ctx, "SELECT indexname, replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes WHERE schemaname = current_schema() AND tablename = 'ban' AND indexname <> 'ban_pkey'")
	if err != nil {
		return nil, err
	}
	var names []string
	var name, text string
	_, err = pgx.ForEachRow(rows, []any{&name, &text}, func() error {
		names, texts = append(names, name), append(texts, text)
		return nil
	})
	for _, name := range names {
		if err == nil {
			err = b.exec(ctx, "DROP INDEX "+name)
		}
	}
	return texts, err
}

func (b *bulkPostgres) copyAll(ctx context.Context, m *Maker, progress func(did string)) error {
	for ban, ok := m.Next(); ok; ban, ok = m.Next() {
		b.number++
		b.rows = append(b.rows, append([]any{b.number}, valuesOf(ban)...))
		if packed := b.pack.Pack(ban.Lines); packed != nil {
			b.lines = append(b.lines, []any{b.number, ban.BannedAt.UnixMicro(), packed})
		}
		if len(b.rows) < perCommit {
			continue
		}
		if err := b.flush(ctx); err != nil {
			return err
		}
		progress(fmt.Sprintf("%d bans", b.number))
	}
	return b.flush(ctx)
}

func (b *bulkPostgres) flush(ctx context.Context) error {
	for _, part := range []struct {
		table   string
		columns []string
		rows    *[][]any
	}{
		{"ban", append([]string{"id"}, banColumns()...), &b.rows},
		{"ban_lines", []string{"ban_id", "banned_at", "data"}, &b.lines},
	} {
		if _, err := b.conn.CopyFrom(ctx, pgx.Identifier{part.table}, part.columns, pgx.CopyFromRows(*part.rows)); err != nil {
			return fmt.Errorf("copy into %s: %w", part.table, err)
		}
		*part.rows = (*part.rows)[:0]
	}
	return nil
}

// rest makes the rows of the identifiers and networks, and the next id.
func (b *bulkPostgres) rest() []string {
	return []string{
		fmt.Sprintf("SELECT setval('ban_number', %d, false)", b.number+1),
		"INSERT INTO address SELECT identifier, min(banned_at), max(banned_at), count(*), json_agg(DISTINCT jail)::TEXT FROM ban GROUP BY identifier",
		"INSERT INTO tally_new SELECT first_at / 86400000000, count(*) FROM address GROUP BY 1",
		"INSERT INTO network SELECT asn, max(network) FROM ban WHERE asn <> 0 GROUP BY asn",
	}
}
