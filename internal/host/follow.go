package host

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fault"
)

// The sources whose marks say how far events were recorded: fail2ban's log file, and
// the journal.
const (
	logSource     = "log"
	journalSource = "journal"
)

// How long a log line and those behind it wait for fail2ban's database to confirm it. The
// row comes milliseconds after the line; in a burst of 50,000 it took 2.3 s
// (fail2ban.md 8), and such bans are told later: see late.
const (
	confirmStep = 15 * time.Millisecond
	confirmFor  = 180 * time.Millisecond
)

// follow reads fail2ban's log for as long as ctx lives, wherever it is.
func (l *Local) follow(ctx context.Context) {
	for ctx.Err() == nil {
		target := l.waitForLog(ctx)
		if target == "" {
			return
		}
		run, stop := context.WithCancel(ctx)
		var watch sync.WaitGroup
		watch.Go(func() { l.stopWhenMoved(run, stop, target) })
		if strings.HasPrefix(target, "/") {
			l.followFile(run, target)
		} else {
			l.followJournal(run)
		}
		stop()
		watch.Wait()
	}
}

// waitForLog waits until fail2ban says that it logs to a file or to the journal.
func (l *Local) waitForLog(ctx context.Context) string {
	const soon = 20 * time.Millisecond // what is logged before we follow is seen by lists only
	tick := time.NewTicker(soon)
	defer tick.Stop()
	for {
		l.mu.Lock()
		target, known := l.logPath(), l.polled
		l.mu.Unlock()
		// Not before the jails are known: a line of an unknown jail tells nothing, and its
		// mark would move on.
		if known && (strings.HasPrefix(target, "/") || l.inJournal(target)) {
			return target
		}
		select {
		case <-ctx.Done():
			return ""
		case <-tick.C:
		}
	}
}

// inJournal reports whether lines of a log target reach a journal that we can read.
func (l *Local) inJournal(target string) bool {
	if target != "SYSTEMD-JOURNAL" && target != "SYSLOG" {
		return false
	}
	_, err := l.program("journalctl")
	return err == nil
}

// followJournal reads fail2ban's lines from the journal, and starts journalctl again
// when it ends.
func (l *Local) followJournal(ctx context.Context) {
	program, err := l.program("journalctl")
	if err != nil {
		return
	}
	after, err := l.recorderNow().MarkOf(ctx, l.ID, journalSource)
	if err != nil {
		after = ""
	}
	given, err := l.followJournalFrom(ctx, program, after)
	if !given && after != "" && ctx.Err() == nil {
		l.Logger.InfoContext(ctx, "the place in the journal where BanGUI was is gone; lists fill the gap", "error", err)
		_, err = l.followJournalFrom(ctx, program, "")
	}
	if ctx.Err() == nil {
		const rest = 30 * time.Second // the socket tells meanwhile
		l.Logger.InfoContext(ctx, "the journal is not followed", "error", err)
		sleep(ctx, rest)
	}
}

// followJournalFrom follows the journal from a cursor, or from now on, until ctx or the
// program ends, and reports whether a line came.
func (l *Local) followJournalFrom(ctx context.Context, program, after string) (given bool, err error) {
	err = fail2ban.FollowJournal(ctx, fail2ban.JournalOptions{Program: program, After: after}, func(lines []fail2ban.LogLine, cursor string) error {
		given = true
		l.heed(ctx, lines, &Mark{HostID: l.ID, Source: journalSource, Value: cursor})
		return ctx.Err()
	})
	return given, err
}

// stopWhenMoved ends the run when fail2ban logs somewhere else.
func (l *Local) stopWhenMoved(ctx context.Context, stop context.CancelFunc, path string) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			l.mu.Lock()
			now := l.logPath()
			l.mu.Unlock()
			if now != path {
				stop()
				return
			}
		}
	}
}

// logPath is where fail2ban's log is; the caller holds the lock.
func (l *Local) logPath() string {
	if l.LogPath != "" {
		return l.LogPath
	}
	return l.Paths.here(l.server.logTarget)
}

func (l *Local) followFile(ctx context.Context, path string) {
	follower := fail2ban.NewLogFollower(fail2ban.LogOptions{Path: path, From: l.storedPosition(ctx, path), Logger: l.Logger, Location: time.Local})
	err := follower.Run(ctx, func(lines []fail2ban.LogLine, at fail2ban.LogPosition) error {
		text, err := json.Marshal(at)
		if err != nil {
			return err
		}
		l.heed(ctx, lines, &Mark{HostID: l.ID, Source: logSource, Value: string(text)})
		return ctx.Err()
	})
	if err != nil && ctx.Err() == nil {
		l.Logger.WarnContext(ctx, "fail2ban's log is not followed", "path", path, "error", err)
		sleep(ctx, pollEvery)
	}
}

func (l *Local) storedPosition(ctx context.Context, path string) *fail2ban.LogPosition {
	text, err := l.recorderNow().MarkOf(ctx, l.ID, logSource)
	if err != nil || text == "" {
		return nil
	}
	var at fail2ban.LogPosition
	if json.Unmarshal([]byte(text), &at) != nil || at.Path != path {
		return nil
	}
	return &at
}

// ref is a ban's place: one jail, one id.
type ref struct{ jail, id string }

// heed turns lines into events: each ban and each end is confirmed by fail2ban's
// database or socket first. A ban that can't be confirmed in time is looked up again for
// a while; all else is left to the lists.
func (l *Local) heed(ctx context.Context, lines []fail2ban.LogLine, mark *Mark) {
	l.tell(ctx, nil, l.failures(lines)...)
	waiting := claims(lines)
	for deadline := l.Now().Add(confirmFor); len(waiting) > 0 && ctx.Err() == nil; {
		waiting = younger(l.tellTrue(ctx, waiting), l.Now(), young)
		if len(waiting) == 0 || l.Now().After(deadline) {
			break
		}
		sleep(ctx, confirmStep)
	}
	if len(waiting) > 0 {
		l.Logger.DebugContext(ctx, "log lines were not confirmed", "lines", len(waiting))
		l.keepLate(waiting)
		l.Poke()
	}
	l.tell(ctx, mark)
}

// tellTrue tells the claims that are true and returns those that are not decided yet.
func (l *Local) tellTrue(ctx context.Context, waiting []fail2ban.LogLine) []fail2ban.LogLine {
	l.dropping.RLock()
	defer l.dropping.RUnlock()
	l.late.mu.Lock()
	defer l.late.mu.Unlock()
	return l.settle(ctx, waiting)
}

// settle is tellTrue; the caller holds dropping to read, and the lock of late.
func (l *Local) settle(ctx context.Context, waiting []fail2ban.LogLine) []fail2ban.LogLine {
	events, proofs, rest := l.confirm(ctx, waiting, l.late.openFor(waiting))
	l.tell(ctx, nil, events...)
	l.handProofs(proofs)
	return rest
}

// claims keeps the lines that tell of a ban or its end.
func claims(lines []fail2ban.LogLine) []fail2ban.LogLine {
	var kept []fail2ban.LogLine
	for _, line := range lines {
		if isBan(line) || line.Kind == fail2ban.LogUnban {
			kept = append(kept, line)
		}
	}
	return kept
}

// young is the age of a claim that fail2ban may be still at: what a log of yesterday
// claims is in the database by now, or never will be.
const young = 10 * time.Second

// skew is by how much a line may be ahead: fail2ban's clock is this machine's.
const skew = 2 * time.Second

// younger keeps the claims that are not older than an age, nor of the future.
func younger(waiting []fail2ban.LogLine, now time.Time, age time.Duration) []fail2ban.LogLine {
	return slices.DeleteFunc(waiting, func(line fail2ban.LogLine) bool {
		return now.Sub(line.At) > age || line.At.Sub(now) > skew
	})
}

func isBan(line fail2ban.LogLine) bool {
	return line.Kind == fail2ban.LogBan || line.Kind == fail2ban.LogRestoreBan
}

// failures are the Found lines as passing events, one per id, at most 50 a batch.
func (l *Local) failures(lines []fail2ban.LogLine) []event.Event {
	const most = 50
	place := map[ref]int{}
	var events []event.Event
	for _, line := range lines {
		if line.Kind != fail2ban.LogFound {
			continue
		}
		key := ref{line.Jail, line.ID}
		if i, ok := place[key]; ok {
			events[i].Count++
			continue
		}
		if len(events) == most {
			continue
		}
		place[key] = len(events)
		events = append(events, event.Event{HostID: l.ID, Kind: event.Found, At: line.At.UTC(), Jail: line.Jail, Address: line.ID, Count: 1})
	}
	return events
}

// confirm asks fail2ban's database about claims, a jail at a time, in their order.
// It returns the events that are true, the rows of bans that prove it, and the claims that
// are not decided yet. The end of a ban that is open is not decided before it.
func (l *Local) confirm(ctx context.Context, waiting []fail2ban.LogLine, open openBans) (events []event.Event, proofs []fail2ban.DatabaseBan, rest []fail2ban.LogLine) {
	ids := map[string][]string{}
	for _, line := range waiting {
		if l.knows(line.Jail) {
			ids[line.Jail] = append(ids[line.Jail], line.ID)
		}
	}
	rows := map[string]map[string]fail2ban.DatabaseBan{}
	for jail, list := range ids {
		found, err := l.lookUp(ctx, jail, list)
		if err == nil {
			rows[jail] = found
		}
	}
	for _, line := range waiting {
		e, verdict := event.Event{}, isOpen
		if found, asked := rows[line.Jail]; asked && !open.before(line) {
			row, ok := found[line.ID]
			e, verdict = l.judge(line, row, ok)
			if ok && line.Kind == fail2ban.LogBan && verdict != isOpen && len(row.Lines) > 0 {
				proofs = append(proofs, row)
			}
		}
		switch verdict {
		case isTrue:
			events = append(events, e)
		case isOpen:
			open.note(line)
			rest = append(rest, line)
		case isKnown:
		}
	}
	return events, proofs, rest
}

// lookUp finds the rows of ids in the database; without one it asks the socket.
func (l *Local) lookUp(ctx context.Context, jail string, ids []string) (map[string]fail2ban.DatabaseBan, error) {
	if db := l.openDatabase(); db != nil {
		return db.LastBans(ctx, jail, ids)
	}
	return l.listed(ctx, jail, ids)
}

// listed is what the socket says of ids, in the shape of database rows. It is for
// servers without a database and asks for the whole list, so only while that is short.
func (l *Local) listed(ctx context.Context, jail string, ids []string) (map[string]fail2ban.DatabaseBan, error) {
	const short = 5000
	if l.currentlyBanned(jail) > short {
		return nil, fault.New(fault.TooLarge, "jail %s has too many bans to be listed for one line", jail)
	}
	bans, err := l.Client.BannedWithTimes(ctx, fail2ban.JailName(jail))
	if err != nil {
		return nil, err
	}
	wanted := map[string]bool{}
	for _, id := range ids {
		wanted[id] = true
	}
	rows := map[string]fail2ban.DatabaseBan{}
	for _, b := range bans {
		if wanted[b.ID] {
			rows[b.ID] = fail2ban.DatabaseBan{Jail: jail, ID: b.ID, BannedAt: b.BannedAt, BanSeconds: seconds(b)}
		}
	}
	return rows, nil
}

// verdict on a claim.
type verdict int

const (
	isOpen  verdict = iota // nothing confirms it yet
	isTrue                 // it happened: tell
	isKnown                // it happened and was told already
)

// judge decides a claim by the row that the database holds for its id now.
//
// A ban is true when the row covers the moment of the line. An end is true when
// the ban's time was over, or when the row is gone: fail2ban deletes it when a ban
// is lifted by hand, and keeps it when a jail only stops. A line of the future is forged,
// or of a server in another time zone: its moment proves nothing.
func (l *Local) judge(line fail2ban.LogLine, row fail2ban.DatabaseBan, found bool) (event.Event, verdict) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.jails[line.Jail]
	if w == nil || line.At.After(l.Now().Add(skew)) {
		return event.Event{}, isOpen
	}
	switch {
	case isBan(line) && found && covers(row, line.At) && !w.over.is(row, line.At):
		return w.banned(l.ID, line, row, l.Now())
	case isBan(line) && w.listedAt(line):
		return event.Event{}, isKnown
	case isBan(line):
		return event.Event{}, isOpen
	case w.isOver(line, row, found):
		return w.ended(l.ID, line, event.Expired), isTrue
	case !found:
		return w.ended(l.ID, line, event.Unbanned), isTrue
	default:
		return event.Event{}, isOpen
	}
}

// isOver reports whether the time of a ban had run out when its end was logged.
func (w *watched) isOver(line fail2ban.LogLine, row fail2ban.DatabaseBan, found bool) bool {
	end := line.At.Unix() + 1
	known, held := w.bans[line.ID]
	return held && known.until != 0 && known.until <= end ||
		found && row.BanSeconds >= 0 && row.BannedAt.Unix()+row.BanSeconds <= end
}

// covers reports whether a ban was in force at that moment, give or take the
// database's rounding and the seconds that fail2ban's own polling takes: a ban begins
// with the last failure, not with the line that tells of it.
func covers(row fail2ban.DatabaseBan, at time.Time) bool {
	const slack = 3
	start, moment := row.BannedAt.Unix(), at.Unix()
	return start <= moment+1 && (row.BanSeconds < 0 || start+row.BanSeconds+slack > moment)
}

// listedAt reports whether a list told the ban of a line before its row came.
func (w *watched) listedAt(line fail2ban.LogLine) bool {
	known, held := w.bans[line.ID]
	at := line.At.Unix()
	return held && known.start <= at+1 && (known.until == 0 || known.until > at)
}

// banned holds a confirmed ban and tells it, unless it was told before.
func (w *watched) banned(hostID string, line fail2ban.LogLine, row fail2ban.DatabaseBan, now time.Time) (event.Event, verdict) {
	if known, ok := w.bans[line.ID]; ok && near(known.start, row.BannedAt.Unix()) {
		if line.Kind == fail2ban.LogRestoreBan {
			w.total++
		}
		return event.Event{}, isKnown
	}
	b := Ban{
		ID: line.ID, BannedAt: row.BannedAt.UTC(), BanSeconds: row.BanSeconds, BanCount: row.BanCount, Failures: row.Failures,
		ByHand: byHand(row),
	}
	w.bans[line.ID] = holding(b, now)
	w.total++
	origin := event.ByFail2ban
	if b.ByHand {
		origin = event.ByHand
	}
	return event.Event{
		HostID: hostID, Kind: event.Ban, At: line.At.UTC(), Jail: line.Jail, Address: line.ID,
		BannedAt: b.BannedAt, BanSeconds: b.BanSeconds, BanCount: row.BanCount, Failures: row.Failures,
		Restored: line.Kind == fail2ban.LogRestoreBan, Origin: origin,
	}, isTrue
}

// ended lets go of a ban and tells its end.
func (w *watched) ended(hostID string, line fail2ban.LogLine, why event.EndReason) event.Event {
	e := event.Event{HostID: hostID, Kind: event.Unban, At: line.At.UTC(), Jail: line.Jail, Address: line.ID, EndReason: why}
	if known, ok := w.bans[line.ID]; ok {
		e.BannedAt = time.Unix(known.start, 0).UTC()
		e.BanSeconds = event.Permanent
		if known.until != 0 {
			e.BanSeconds = known.until - known.start
		}
		w.over.note(line.ID, known)
	}
	delete(w.bans, line.ID)
	return e
}

func (l *Local) currentlyBanned(name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.jails[name]; w != nil {
		return w.jail.CurrentlyBanned
	}
	return 0
}

// sleep waits for d or for the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
