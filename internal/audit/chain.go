package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"

	"bangui/internal/fault"
)

// Hash is what binds an entry to all before it.
type Hash [sha256.Size]byte

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Place is a place in the chain: an entry and its hash.
type Place struct {
	ID   int64
	Hash Hash
}

// Ends are where the chain begins and ends: the last entry that was removed by the
// clean-up (id 0 = none), and the newest.
type Ends struct{ Anchor, Head Place }

// Link is an entry with the hash that is stored with it.
type Link struct {
	Entry
	Hash Hash
}

// Sealed is an entry as it is stored at a place in the chain: cleaned, with its id and its
// hash. A store calls it inside the transaction that appends.
func Sealed(e Entry, head Place, now time.Time) Link {
	e = e.cleaned(now)
	e.ID = head.ID + 1
	return Link{Entry: e, Hash: e.sum(head.Hash)}
}

// sum is the hash of an entry after another. Every part stands with its length, so that no
// two entries are written alike.
func (e Entry) sum(before Hash) Hash {
	const enough = 1 << 10
	b := append(make([]byte, 0, enough), "bangui audit 1\n"...)
	b = append(b, before[:]...)
	for _, number := range []int64{e.ID, e.At.UnixMicro(), int64(e.Count), e.BeganID} {
		b = binary.BigEndian.AppendUint64(b, uint64(number))
	}
	for _, text := range []string{
		string(e.Actor.Kind), e.Actor.Name, AddressText(e), e.Action, e.Target, string(e.Outcome), string(e.Code),
		e.Detail, e.Before, e.After, e.RequestID,
	} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(text)))
		b = append(b, text...)
	}
	return sha256.Sum256(b)
}

// AddressText is the address of an entry as it is stored; "" when it has none.
func AddressText(e Entry) string {
	if !e.Address.IsValid() {
		return ""
	}
	return e.Address.String()
}

// Verdict is what Verify found.
type Verdict struct {
	Checked  int    // entries that are as they were recorded
	FirstBad int64  // the first entry that is not, or is missing; 0 = all are right
	Why      string // what is wrong with it, one sentence
	Ends     Ends
	Next     int64 // the check goes on after this entry; 0 = it is done
}

// OK reports whether nothing wrong was found.
func (v Verdict) OK() bool { return v.FirstBad == 0 }

// verifyPage bounds what is read at once.
const verifyPage = 500

// Verify checks the chain after an entry, at most so many entries: each hash, that none is
// missing, and that the newest is the last that was recorded. after 0 is the beginning.
// What is recorded meanwhile is left for the next time.
func (t *Trail) Verify(ctx context.Context, after int64, most int) (Verdict, error) {
	ends, err := t.store.AuditEnds(ctx)
	if err != nil {
		return Verdict{}, err
	}
	w := &walk{store: t.store, verdict: Verdict{Ends: ends}}
	if w.at, err = w.start(ctx, after); err != nil {
		return Verdict{}, err
	}
	for w.at.ID < ends.Head.ID && w.verdict.OK() {
		if w.verdict.Checked >= most {
			w.verdict.Next = w.at.ID
			return w.verdict, nil
		}
		if err := w.step(ctx, min(verifyPage, most-w.verdict.Checked)); err != nil {
			return Verdict{}, err
		}
	}
	return w.verdict, w.finish(ctx)
}

// VerifyAll is Verify from the beginning to the end, however many entries there are.
func (t *Trail) VerifyAll(ctx context.Context) (Verdict, error) {
	const step = 100_000
	checked, after := 0, int64(0)
	for {
		v, err := t.Verify(ctx, after, step)
		checked += v.Checked
		if err != nil || v.Next == 0 {
			v.Checked = checked
			return v, err
		}
		after = v.Next
	}
}

// Expect checks that a place that was noted elsewhere is still in the chain: Conflict when
// another entry is there, NotFound when none is.
func (t *Trail) Expect(ctx context.Context, p Place) error {
	ends, err := t.store.AuditEnds(ctx)
	if err != nil {
		return err
	}
	links, err := t.store.AuditLinks(ctx, p.ID-1, 1)
	switch {
	case err != nil:
		return err
	case p == ends.Anchor:
		return nil
	case p.ID <= ends.Anchor.ID:
		return fault.New(fault.NotFound, "entry %d was removed by the clean-up, up to entry %d", p.ID, ends.Anchor.ID).WithMend("Note a newer place.")
	case len(links) == 0 || links[0].ID != p.ID:
		return fault.New(fault.NotFound, "entry %d is not there: the record was cut short or made anew", p.ID).WithMend("Somebody has changed the database: look who could.")
	case links[0].Hash != p.Hash:
		return fault.New(fault.Conflict, "entry %d is another one: the record was made anew", p.ID).WithMend("Somebody has changed the database: look who could.")
	}
	return nil
}

// walk goes along the chain.
type walk struct {
	store   Store
	at      Place
	verdict Verdict
}

// start is the place of an entry that an earlier check has reached.
func (w *walk) start(ctx context.Context, after int64) (Place, error) {
	ends := w.verdict.Ends
	if after <= ends.Anchor.ID {
		return ends.Anchor, nil
	}
	links, err := w.store.AuditLinks(ctx, after-1, 1)
	if err != nil {
		return Place{}, err
	}
	if len(links) == 0 || links[0].ID != after {
		return Place{}, fault.New(fault.NotFound, "there is no entry %d in the audit", after).WithMend("Begin at the first one: leave `after` out.")
	}
	return Place{after, links[0].Hash}, nil
}

// step checks the next entries. Where they are not where they should be, the clean-up may
// have taken them since.
func (w *walk) step(ctx context.Context, limit int) error {
	links, err := w.store.AuditLinks(ctx, w.at.ID, limit)
	if err != nil {
		return err
	}
	if len(links) == 0 || links[0].ID != w.at.ID+1 {
		ends, err := w.store.AuditEnds(ctx)
		if err != nil {
			return err
		}
		if ends.Anchor.ID > w.at.ID {
			w.at, w.verdict.Ends.Anchor = ends.Anchor, ends.Anchor
			return nil
		}
		w.bad(w.at.ID+1, "it is missing")
		return nil
	}
	for _, link := range links {
		if !w.check(link) || w.at.ID == w.verdict.Ends.Head.ID {
			return nil
		}
	}
	return nil
}

func (w *walk) check(link Link) bool {
	switch {
	case link.ID != w.at.ID+1:
		w.bad(w.at.ID+1, "it is missing")
	case link.sum(w.at.Hash) != link.Hash:
		w.bad(link.ID, "it is not what was recorded, or one before it was taken out")
	default:
		w.at = Place{link.ID, link.Hash}
		w.verdict.Checked++
		return true
	}
	return false
}

func (w *walk) bad(id int64, why string) {
	if w.verdict.OK() {
		w.verdict.FirstBad, w.verdict.Why = id, fmt.Sprintf("entry %d: %s", id, why)
	}
}

// finish compares both ends with what is known of them: the last hash, and what the newest
// clean-up says that it removed.
func (w *walk) finish(ctx context.Context) error {
	ends := w.verdict.Ends
	if w.verdict.OK() && w.at != ends.Head {
		w.bad(ends.Head.ID, "it is not the one that was recorded last")
	}
	if !w.verdict.OK() || ends.Anchor.ID == 0 {
		return nil
	}
	trims, err := w.store.AuditEntries(ctx, Query{Action: trimAction, Limit: 1})
	if err != nil {
		return err
	}
	if len(trims) == 0 || trims[0].ID <= ends.Head.ID && trims[0].After != trimmedUpTo(ends.Anchor.ID) {
		w.bad(ends.Anchor.ID+1, "those before it were removed by somebody else than the clean-up")
	}
	return nil
}
