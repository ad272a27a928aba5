package host

import (
	"cmp"
	"context"
	"encoding/json"
	"time"

	"bangui/internal/event"
	"bangui/internal/fail2ban"
)

// databaseSource is the source of the mark that says how far fail2ban's database was
// copied.
const databaseSource = "database"

// The rhythm of copying fail2ban's database. It forgets a ban after a day, or when
// somebody lifts it, so a row is copied within a second.
const (
	copyEvery = time.Second
	copyRows  = 250
	copySteps = 40 // batches a look
	copyRest  = 10 * time.Second
	// Rows are written late, and their numbers are used again: every few minutes those of
	// the last minutes are read again.
	recopyEvery = 5 * time.Minute
	recopyBack  = 10 * time.Minute
	// writtenLate is by how much a row may lag behind its ban (2.3 s in a burst of 50,000,
	// seen on 1.0.2).
	writtenLate = 30 * time.Second
	// stampEvery is how often a mark is stored when nothing new came: it says since when
	// nothing was missed.
	stampEvery = time.Minute
	// maxProofs is how many bans' rows are copied as soon as they confirm a line of the log,
	// and how many lots of them wait; more come with the next look.
	maxProofs = 50
	// maxCopied bounds the log lines of one row, in bytes.
	maxCopied = 32 << 10
)

// copyMark is the value of a mark: which file, its last row that was copied, and until
// when nothing is missing.
type copyMark struct {
	Path  string `json:"path"`
	File  string `json:"file"`
	Lasts int64  `json:"lasts"` // last row of the table of last bans; -1 = all were copied
	Row   int64  `json:"row"`
	Jail  string `json:"jail"`
	ID    string `json:"id"`
	At    int64  `json:"at"` // Unix seconds
	Whole int64  `json:"whole"`
}

// copier copies fail2ban's database into the recorder, from where the mark says.
type copier struct {
	*Local
	to      Recorder
	mark    copyMark
	loaded  bool
	stamp   string    // of the file, when all of it had been copied
	again   time.Time // when the last minutes are copied again
	stamped time.Time // when the mark was stored
	gap     *Gap      // waits to be recorded
}

// keepCopying copies for as long as ctx lives.
func (l *Local) keepCopying(ctx context.Context) {
	c := &copier{Local: l, to: l.recorderNow(), again: l.Now().Add(recopyEvery)}
	for ctx.Err() == nil {
		pause := copyEvery
		if err := c.look(ctx); err != nil {
			l.Logger.DebugContext(ctx, "fail2ban's database was not copied", "error", err)
			pause = copyRest
		}
		c.rest(ctx, pause)
	}
}

// handProofs hands on the rows that confirmed bans: fail2ban forgets a ban's log lines when
// somebody lifts it, which may be before the next look. It never waits.
func (l *Local) handProofs(rows []fail2ban.DatabaseBan) {
	if len(rows) == 0 || len(rows) > maxProofs {
		return
	}
	select {
	case l.proofs <- rows:
	default:
	}
}

// rest waits, and meanwhile copies the rows that are handed over.
func (c *copier) rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			return
		case rows := <-c.proofs:
			if err := c.copyProofs(ctx, rows); err != nil {
				c.Logger.DebugContext(ctx, "log lines wait for the next look", "error", err)
			}
		}
	}
}

func (c *copier) copyProofs(ctx context.Context, rows []fail2ban.DatabaseBan) error {
	if c.to == nil || !c.listedAll() {
		return nil
	}
	copied := Copied{HostID: c.ID, SeenAt: c.Now()}
	for _, row := range rows {
		copied.Bans = append(copied.Bans, c.past(row, copied.SeenAt))
	}
	return c.to.Copy(ctx, copied)
}

// look copies what is new, in bounded steps; what is left comes with the next look.
func (c *copier) look(ctx context.Context) error {
	if c.to == nil || !c.listedAll() {
		return nil
	}
	db := c.openDatabase()
	if db == nil {
		return nil
	}
	file, stamp, err := db.Stamp()
	if err != nil {
		return err
	}
	if err := c.load(ctx, db, file); err != nil {
		return err
	}
	if again := c.Now().After(c.again); again || stamp != c.stamp {
		began := c.Now()
		done, err := c.catchUp(ctx, db, again)
		if err != nil || !done {
			c.stamp = ""
			return err
		}
		c.stamp, c.mark.Whole = stamp, began.Add(-writtenLate).Unix()
	} else {
		c.mark.Whole = c.Now().Add(-writtenLate).Unix()
	}
	if c.Now().Sub(c.stamped) > stampEvery {
		return c.store(ctx, nil)
	}
	return nil
}

// listedAll reports whether the bans of all running jails are known, so that it can be
// said of a row whether its ban stands.
func (l *Local) listedAll() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, w := range l.jails {
		if !w.absent && w.listed.IsZero() {
			return false
		}
	}
	return l.polled
}

// load reads the mark when a run begins. A file that took the place of the one that was
// copied is copied from its beginning.
func (c *copier) load(ctx context.Context, db *fail2ban.Database, file string) error {
	if !c.loaded {
		text, err := c.to.MarkOf(ctx, c.ID, databaseSource)
		if err != nil {
			return err
		}
		var mark copyMark
		if text != "" && json.Unmarshal([]byte(text), &mark) == nil {
			c.mark = mark
		}
	}
	if c.loaded && c.mark.Path == db.Path() && c.mark.File == file {
		return nil
	}
	if c.mark.Whole > 0 {
		gap, err := c.missed(ctx, db, c.mark.Path == db.Path() && c.mark.File == file)
		if err != nil {
			return err
		}
		c.gap = gap
	}
	if c.mark.Path != db.Path() || c.mark.File != file {
		c.mark = copyMark{Path: db.Path(), File: file, Whole: c.mark.Whole}
	}
	c.loaded, c.stamp = true, ""
	return nil
}

// missed is the time whose bans fail2ban forgot before we could copy them; nil when there
// is none. Its purge takes the oldest rows: one that is older than our last look says
// that nothing was taken since.
func (c *copier) missed(ctx context.Context, db *fail2ban.Database, same bool) (*Gap, error) {
	from := time.Unix(c.mark.Whole, 0).UTC()
	rows, err := db.RowsAfter(ctx, fail2ban.Bans, 0, 1)
	if err != nil {
		return nil, err
	}
	to, why := c.Now().UTC(), "fail2ban's database was made anew while BanGUI did not look."
	if same {
		c.mu.Lock()
		age := c.server.purgeAge
		c.mu.Unlock()
		if age <= 0 {
			return nil, nil //nolint:nilnil // it forgets nothing
		}
		to, why = to.Add(-age), "BanGUI did not look for longer than fail2ban remembers its bans ("+age.String()+")."
	}
	if len(rows) > 0 && rows[0].BannedAt.Before(to) {
		to = rows[0].BannedAt
	}
	if !to.After(from) {
		return nil, nil //nolint:nilnil // nothing was missed
	}
	return &Gap{From: from, To: to, Why: why}, nil
}

// catchUp copies row after row; done is false when there are more than one look may take.
func (c *copier) catchUp(ctx context.Context, db *fail2ban.Database, again bool) (done bool, err error) {
	if err := c.rewind(ctx, db, again); err != nil {
		return false, err
	}
	for range copySteps {
		table, after := fail2ban.Bans, c.mark.Row
		if c.mark.Lasts >= 0 {
			table, after = fail2ban.Lasts, c.mark.Lasts
		}
		rows, err := db.RowsAfter(ctx, table, after, copyRows)
		if err != nil {
			return false, err
		}
		if len(rows) == 0 {
			if table == fail2ban.Bans {
				return true, nil
			}
			c.mark.Lasts = -1
			continue
		}
		c.mark.moveTo(table, rows[len(rows)-1])
		if err := c.store(ctx, rows); err != nil {
			c.loaded = false // the mark is where the recorder says
			return false, err
		}
	}
	return false, nil
}

// moveTo says that a row was copied, with all before it.
func (m *copyMark) moveTo(table fail2ban.Table, last fail2ban.DatabaseRow) {
	if table == fail2ban.Lasts {
		m.Lasts = last.Row
		return
	}
	m.Row, m.Jail, m.ID, m.At = last.Row, last.Jail, last.ID, last.BannedAt.Unix()
}

// rewind goes back when the last row that was copied is another one now, and every few
// minutes. What is copied twice changes nothing.
func (c *copier) rewind(ctx context.Context, db *fail2ban.Database, again bool) error {
	if c.mark.Row == 0 {
		return nil
	}
	rows, err := db.RowAt(ctx, fail2ban.Bans, c.mark.Row)
	if err != nil {
		return err
	}
	const doubt = 5 // seconds
	back := int64(0)
	if len(rows) == 0 || rows[0].Jail != c.mark.Jail || rows[0].ID != c.mark.ID || rows[0].BannedAt.Unix() != c.mark.At {
		back = c.mark.At - doubt
	}
	if again {
		c.again = c.Now().Add(recopyEvery)
		since := c.Now().Add(-recopyBack).Unix()
		back = min(cmp.Or(back, since), since)
	}
	if back == 0 {
		return nil
	}
	c.mark.Row, err = db.RowBefore(ctx, fail2ban.Bans, c.mark.Row, back)
	return err
}

// store hands rows to the recorder, with the mark.
func (c *copier) store(ctx context.Context, rows []fail2ban.DatabaseRow) error {
	text, err := json.Marshal(c.mark)
	if err != nil {
		return err
	}
	copied := Copied{HostID: c.ID, SeenAt: c.Now(), Gap: c.gap, Mark: &Mark{HostID: c.ID, Source: databaseSource, Value: string(text)}}
	for _, row := range rows {
		copied.Bans = append(copied.Bans, c.past(row.DatabaseBan, copied.SeenAt))
	}
	if err := c.to.Copy(ctx, copied); err != nil {
		return err
	}
	c.gap, c.stamped = nil, copied.SeenAt
	return nil
}

// past is a row as the recorder takes it.
func (l *Local) past(row fail2ban.DatabaseBan, now time.Time) PastBan {
	p := PastBan{Standing: l.stands(row, now), ByHand: len(row.Lines) == 0 && row.Failures == 0, Evidence: Evidence{
		Jail: row.Jail, ID: row.ID, BannedAt: row.BannedAt.UTC(), BanSeconds: max(row.BanSeconds, event.Permanent),
		BanCount: row.BanCount, Failures: row.Failures, User: row.User,
	}}
	room := maxCopied
	for _, line := range row.Lines {
		if room -= len(line); room < 0 {
			break
		}
		p.Lines = append(p.Lines, line)
	}
	return p
}

// stands reports whether fail2ban bans what a row tells, as last seen: it was listed, or
// it is younger than the list.
func (l *Local) stands(row fail2ban.DatabaseBan, now time.Time) bool {
	const overlap = 2 * time.Second
	if row.BanSeconds >= 0 && !row.BannedAt.Add(time.Duration(row.BanSeconds)*time.Second).After(now) {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.jails[row.Jail]
	if w == nil || w.absent {
		return false
	}
	h, held := w.bans[row.ID]
	return held && !h.lifted && near(h.start, row.BannedAt.Unix()) || row.BannedAt.After(w.listed.Add(-overlap))
}
