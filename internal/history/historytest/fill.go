package historytest

import (
	"context"

	"bangui/internal/history"
)

// Store is what bans are recorded in; *store.DB is one.
type Store interface {
	Update(ctx context.Context, work func(history.Tx) error) error
}

// perFill is how many bans are recorded in one transaction.
const perFill = 5000

// Fill records all bans of a maker, with all counters, in large transactions, and tells
// progress after each; nil = nobody wants to know. A database that has some of them already
// is refused by it.
func Fill(ctx context.Context, into Store, m *Maker, progress func(done int)) error {
	pack := history.NewPacker()
	for done := 0; ; {
		batch := make([]history.PastBan, 0, perFill)
		for len(batch) < perFill {
			b, ok := m.Next()
			if !ok {
				break
			}
			batch = append(batch, b)
		}
		if len(batch) == 0 {
			return nil
		}
		if err := into.Update(ctx, func(tx history.Tx) error { return record(ctx, tx, pack, batch) }); err != nil {
			return err
		}
		done += len(batch)
		if progress != nil {
			progress(done)
		}
	}
}

func record(ctx context.Context, tx history.Tx, pack *history.Packer, batch []history.PastBan) error {
	for _, b := range batch {
		id, err := tx.InsertBan(ctx, b.Ban)
		if err != nil {
			return err
		}
		b.ID = id
		if packed := pack.Pack(b.Lines); packed != nil {
			if err := tx.PutLines(ctx, b.Ban, packed); err != nil {
				return err
			}
		}
	}
	return nil
}
