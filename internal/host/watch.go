package host

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"bangui/internal/event"
	"bangui/internal/fail2ban"
	"bangui/internal/fault"
	"bangui/internal/health"
)

// The rhythm of looking. Lists are dear (450 ms of a deaf server at 50,000 bans,
// seen on 1.0.2), counters are not: so a list costs the server at most a hundredth
// of its time, and is asked for only when the counters tell of something that the
// log did not.
const (
	pollEvery    = time.Second
	infoEvery    = 30 * time.Second
	detailEvery  = time.Minute
	listEvery    = time.Minute // at the latest, whatever the counters say
	unquietEvery = 10 * time.Second
	listShare    = 100

	// settleTime is how long a server or jail that has just started may still be
	// restoring bans after the last one that it restored.
	settleTime = 15 * time.Second
	// A jail that is missing from a list of others for this long is gone for good.
	gonePolls = 3
	goneTime  = 10 * time.Second
	// A jail whose list failed rests at least that long, so that one jail's trouble, or a
	// full disk of ours, does not have fail2ban list its bans each second.
	listRest = 5 * time.Second
	// And none rests longer: after a list that was given up (fail2ban hung, the machine
	// swapped) a share of a hundredth would be a quarter of an hour of old data.
	listRestMost = 2 * time.Minute
)

// watch polls fail2ban each second, and at once when poked.
func (l *Local) watch(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		l.pollOnce(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-l.poke:
		}
	}
}

// pollOnce looks once. The first question that fail2ban does not answer ends the look,
// so that a server that hangs is noticed by its first silence.
func (l *Local) pollOnce(ctx context.Context) {
	for _, ask := range []func(context.Context) error{l.lookAtCounters, l.refreshDetails, l.listWhatChanged} {
		began := l.Now()
		if err := ask(ctx); err != nil {
			if ctx.Err() == nil {
				l.changeReach(ctx, func(r *reach) { r.failed(began, l.Now(), err) })
				l.noteAway(ctx, err)
			}
			return
		}
	}
}

func (l *Local) lookAtCounters(ctx context.Context) error {
	counters, err := l.Client.Stats(ctx)
	if err != nil {
		return err
	}
	if err := l.meetServer(ctx); err != nil {
		return err
	}
	events := l.take(counters)
	if len(events) > 0 {
		l.askEnabled()
	}
	l.judgeJails()
	l.changeReach(ctx, func(r *reach) { r.answered(l.Now(), len(counters), l.server.young) })
	l.tell(ctx, nil, events...)
	l.recordGone(ctx)
	l.noteJails(ctx, counters)
	return nil
}

// changeReach moves the state machine and tells of a change.
func (l *Local) changeReach(ctx context.Context, move func(*reach)) {
	l.mu.Lock()
	before := l.reach.state
	move(&l.reach)
	after, detail, now := l.reach.state, l.reach.detail, l.Now()
	l.mu.Unlock()
	if before == after {
		return
	}
	l.Logger.InfoContext(ctx, "fail2ban's reach changed", "reach", string(after), "before", string(before), "detail", detail)
	if before != Starting || after != Online {
		l.tell(ctx, nil, event.Event{HostID: l.ID, Kind: event.Host, At: now, State: string(after), Detail: detail})
	}
}

// meetServer notices a restart by the pid behind the socket, and keeps what the
// server says of itself up to date.
func (l *Local) meetServer(ctx context.Context) error {
	pid, now := l.Client.Peer().PID, l.Now()
	l.mu.Lock()
	same, asked, known := pid == l.server.pid, l.server.asked, l.server.pid != 0
	l.mu.Unlock()
	if same && now.Sub(asked) < infoEvery {
		if l.server.young && now.Sub(l.server.seen) > settleTime {
			l.mu.Lock()
			l.server.young = false
			l.mu.Unlock()
		}
		return nil
	}
	fresh, err := l.askServer(ctx)
	if err != nil {
		return err
	}
	met := lookAtProcess(pid)
	l.mu.Lock()
	defer l.mu.Unlock()
	fresh.pid, fresh.asked = pid, now
	fresh.seen, fresh.young = l.server.seen, l.server.young
	if !same {
		fresh.seen, fresh.young = now, known || serverAge(l.Socket) < settleTime
		clear(l.idle)
		l.process = met
		for _, w := range l.jails {
			w.settled, w.listed, w.doubted, w.lists, w.rested = now.Add(settleTime), time.Time{}, time.Time{}, 0, time.Time{}
		}
	}
	l.server = fresh
	l.judgeServer()
	return nil
}

func (l *Local) askServer(ctx context.Context) (server, error) {
	var s server
	var err error
	if s.version, err = l.Client.Version(ctx); err != nil {
		return s, err
	}
	if s.logTarget, err = l.Client.LogTarget(ctx); err != nil {
		return s, err
	}
	if s.logLevel, err = l.Client.LogLevel(ctx); err != nil {
		return s, err
	}
	if s.database, err = l.Client.DBFile(ctx); err != nil {
		return s, err
	}
	s.purgeAge, err = l.Client.DBPurgeAge(ctx)
	return s, err
}

// judgeServer raises findings about the server as a whole; the caller holds the lock.
func (l *Local) judgeServer() {
	l.condition("log_level_hides_bans", hidesBans(l.server.logLevel), health.Warning,
		fmt.Sprintf("fail2ban's log level is %s, so its log does not tell of bans: BanGUI sees them up to a second later, and why they end it can't tell.", l.server.logLevel),
		"Set the log level to INFO: fail2ban-client set loglevel INFO")
	l.condition("log_not_a_file", !strings.HasPrefix(l.logPath(), "/"), health.Info,
		fmt.Sprintf("fail2ban logs to %s, not to a file.", l.server.logTarget), "")
	l.condition("database_off", l.databasePath() == "", health.Warning,
		"fail2ban keeps no database: it forgets all bans at a restart, and BanGUI can't show the log lines behind a ban.",
		"Set dbfile in fail2ban.local and restart fail2ban.")
	l.condition("purge_age_short", l.server.purgeAge > 0 && l.server.purgeAge < 24*time.Hour, health.Warning,
		fmt.Sprintf("fail2ban forgets bans after %s; what BanGUI misses for longer than that is lost.", l.server.purgeAge),
		"Set dbpurgeage in fail2ban.local to 1d or more.")
}

func (l *Local) condition(code string, on bool, severity health.Severity, text, mend string) {
	if on {
		l.findings.Set(code, severity, text, mend)
		return
	}
	l.findings.Clear(code)
}

// hidesBans reports whether lines of level NOTICE are left out at that level.
func hidesBans(level string) bool {
	return slices.Contains([]string{"WARNING", "ERROR", "CRITICAL", "30", "40", "50"}, strings.ToUpper(level))
}

// take compares counters with what we hold and returns the changes of jails.
func (l *Local) take(counters []fail2ban.JailCounters) []event.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	var events []event.Event
	seen := map[string]bool{}
	for _, c := range counters {
		name := string(c.Name)
		seen[name] = true
		w := l.jails[name]
		if w == nil {
			w = &watched{jail: Jail{Name: name}, bans: map[string]held{}, total: -1}
			if l.polled || l.server.young {
				w.settled = now.Add(settleTime)
			}
			l.jails[name] = w
			if l.polled {
				events = append(events, l.jailEvent(name, JailRunning))
			}
		}
		w.absent = false
		w.count(c, now)
	}
	for name, w := range l.jails {
		if !seen[name] {
			w.absent = true
			w.miss(now, len(counters) > 0 && !l.server.young)
		}
	}
	l.polled = true
	return events
}

func (l *Local) jailEvent(name string, state JailState) event.Event {
	return event.Event{HostID: l.ID, Kind: event.Jail, At: l.Now(), Jail: name, State: string(state)}
}

// count takes new counters. A total that fell, or bans that still grow while the
// jail settles, mean that it has just been started and is restoring.
func (w *watched) count(c fail2ban.JailCounters, now time.Time) {
	w.missing, w.lost = 0, time.Time{}
	restarted := c.TotalBanned < w.last.TotalBanned
	restoring := now.Before(w.settled) && c.CurrentlyBanned > w.last.CurrentlyBanned
	if restarted || restoring {
		w.settled = now.Add(settleTime)
	}
	w.jail.CurrentlyBanned, w.jail.TotalBanned = c.CurrentlyBanned, c.TotalBanned
	w.jail.CurrentlyFailed, w.jail.TotalFailed = c.CurrentlyFailed, c.TotalFailed
	if c.Backend != "" {
		w.jail.Backend = c.Backend
	}
}

// miss counts a poll without the jail. Only polls that show other jails count towards
// its being gone for good: a server that starts or stops shows none.
func (w *watched) miss(now time.Time, counts bool) {
	if !counts {
		w.missing, w.lost = 0, time.Time{}
		return
	}
	if w.missing == 0 {
		w.lost = now
	}
	w.missing++
}

// recordGone ends the bans of jails that are gone for good.
func (l *Local) recordGone(ctx context.Context) {
	now := l.Now()
	var gone []string
	l.mu.Lock()
	for name, w := range l.jails {
		if w.missing >= gonePolls && now.Sub(w.lost) >= goneTime {
			gone = append(gone, name)
		}
	}
	settled := len(l.jails) > len(gone) && !l.server.young && now.Sub(l.server.seen) >= goneTime
	look := settled && now.Sub(l.orphansSought) > listEvery
	if look {
		l.orphansSought = now
	}
	l.mu.Unlock()
	if look {
		gone = append(gone, l.orphans(ctx)...)
	}
	for _, name := range gone {
		if err := l.dropJail(ctx, name); err != nil && ctx.Err() == nil {
			l.Logger.WarnContext(ctx, "the end of a jail was not recorded; it is tried again", "jail", name, "error", err)
		}
	}
}

// orphans are the jails that the server lacks and that have open bans all the same: of
// an earlier run of ours, or of an end that was not recorded.
func (l *Local) orphans(ctx context.Context) []string {
	open, err := l.recorderNow().OpenJails(ctx, l.ID)
	if err != nil {
		if ctx.Err() == nil {
			l.Logger.WarnContext(ctx, "the jails with open bans are not known", "error", err)
		}
		return nil
	}
	return slices.DeleteFunc(open, l.knows)
}

// dropJail forgets a jail that the server no longer has; fail2ban lifted its bans. When
// that could not be recorded the jail is kept, so that it is tried again.
func (l *Local) dropJail(ctx context.Context, name string) error {
	l.dropping.Lock()
	defer l.dropping.Unlock()
	list := BanList{HostID: l.ID, Jail: name, TakenAt: l.Now(), Complete: true, Gone: true}
	if err := l.reconcile(ctx, list); err != nil {
		return err
	}
	l.late.drop(name)
	l.mu.Lock()
	delete(l.jails, name)
	delete(l.idle, name)
	l.mu.Unlock()
	l.tell(ctx, nil, l.jailEvent(name, JailDown))
	return nil
}

// refreshDetails asks for the options of a few jails a time: new ones first.
func (l *Local) refreshDetails(ctx context.Context) error {
	const perPoll = 5
	now := l.Now()
	l.mu.Lock()
	asked := map[string]time.Time{} // by jail: when its options were asked for last
	for name, w := range l.jails {
		if !w.absent && now.Sub(w.detailed) > detailEvery {
			asked[name] = w.detailed
		}
	}
	l.mu.Unlock()
	due := slices.SortedFunc(maps.Keys(asked), func(a, b string) int {
		return cmp.Or(asked[a].Compare(asked[b]), compareNames(a, b))
	})
	for _, name := range due[:min(perPoll, len(due))] {
		detail, err := l.askJail(ctx, name)
		if silent(err) || ctx.Err() != nil {
			return fmt.Errorf("options of jail %s: %w", name, err)
		}
		if err != nil && !fault.Is(err, fault.JailNotFound) { // else it was stopped meanwhile
			l.Logger.WarnContext(ctx, "the options of a jail were not read", "jail", name, "error", err)
		}
		l.mu.Lock()
		if w := l.jails[name]; w != nil {
			w.detailed = now
			if err == nil {
				w.jail = withCounters(detail.Jail, w.jail)
			}
		}
		l.mu.Unlock()
	}
	return nil
}

// silent reports whether an error means that fail2ban as a whole gave no answer, so
// that asking it for more is in vain.
func silent(err error) bool {
	code := fault.CodeOf(err)
	return err != nil && (code == fault.Fail2banTimeout || code == fault.Fail2banUnreachable)
}

// withCounters is fresh with the counters of last.
func withCounters(fresh, last Jail) Jail {
	fresh.CurrentlyBanned, fresh.TotalBanned = last.CurrentlyBanned, last.TotalBanned
	fresh.CurrentlyFailed, fresh.TotalFailed = last.CurrentlyFailed, last.TotalFailed
	if fresh.Backend == "" {
		fresh.Backend = last.Backend
	}
	return fresh
}

// listWhatChanged fetches the ban list of each jail that needs it and may have it.
func (l *Local) listWhatChanged(ctx context.Context) error {
	now := l.Now()
	var due []string
	l.mu.Lock()
	for name, w := range l.jails {
		if !w.absent && w.due(now) {
			due = append(due, name)
		}
	}
	l.mu.Unlock()
	slices.SortFunc(due, compareNames)
	for _, name := range due {
		err := l.list(ctx, name)
		if err == nil || fault.Is(err, fault.JailNotFound) {
			continue
		}
		if silent(err) {
			return err
		}
		if ctx.Err() == nil {
			l.Logger.WarnContext(ctx, "the bans of a jail were not listed", "jail", name, "error", err)
		}
	}
	return nil
}

// due reports whether a list is wanted and the server has rested from the last.
func (w *watched) due(now time.Time) bool {
	counted := fail2ban.JailCounters{CurrentlyBanned: w.jail.CurrentlyBanned, TotalBanned: w.jail.TotalBanned}
	quiet := counted.CurrentlyBanned == w.last.CurrentlyBanned && counted.TotalBanned == w.last.TotalBanned
	w.last = counted
	since := now.Sub(w.listed)
	if now.Before(w.rested) {
		return false
	}
	if w.listed.IsZero() {
		return true
	}
	differs := counted.CurrentlyBanned != len(w.bans) || counted.TotalBanned != w.total
	settling := !w.settled.IsZero() && w.listed.Before(w.settled) && now.After(w.settled)
	return settling || w.lists == 1 || since > listEvery || differs && (quiet || since > unquietEvery) || w.overdue(now)
}

// overdue reports whether a ban is still counted after the end that we know: a failure
// while it lasts prolongs it, and the log tells nothing of that (fail2ban.md 10.5).
func (w *watched) overdue(now time.Time) bool {
	const patience = 2 // seconds: fail2ban looks for ends about each second
	for _, h := range w.bans {
		if h.until != 0 && h.until+patience < now.Unix() {
			return true
		}
	}
	return false
}

// list fetches one jail's bans and makes the recorder's open bans equal to them. However
// it ends, the server rests from it.
func (l *Local) list(ctx context.Context, name string) error {
	w := l.jail(name)
	if w == nil {
		return nil
	}
	began := l.Now()
	took, err := l.listJail(ctx, name, w)
	l.mu.Lock()
	w.rested = began.Add(took).Add(restAfter(took, err))
	l.mu.Unlock()
	return err
}

// restAfter is how long a jail is not listed after a list that took so long.
func restAfter(took time.Duration, err error) time.Duration {
	rest := listShare * took
	if err != nil {
		rest = max(rest, listRest)
	}
	return min(rest, listRestMost)
}

// listJail is list; took is how long fail2ban was at it.
func (l *Local) listJail(ctx context.Context, name string, w *watched) (took time.Duration, err error) {
	pid, takenAt, total := l.pid(), l.Now(), l.totalBanned(name)
	items, err := l.Client.BannedWithTimes(ctx, fail2ban.JailName(name))
	took = l.Now().Sub(takenAt)
	if err != nil {
		return took, err
	}
	if l.Client.Peer().PID != pid {
		return took, fault.New(fault.Fail2banUnreachable, "fail2ban was restarted while it listed the bans of %s", name)
	}
	l.dropping.RLock()
	defer l.dropping.RUnlock()
	if l.jail(name) != w {
		return took, nil // dropped meanwhile: what the list says is over
	}
	complete := l.believes(ctx, name, w, items, takenAt)
	list := BanList{HostID: l.ID, Jail: name, TakenAt: takenAt, Complete: complete, Bans: l.enrich(ctx, name, w, items)}
	if err := l.reconcile(ctx, list); err != nil {
		return took, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w.listed, w.total = l.Now(), total
	w.lists++
	w.hold(list, takenAt)
	return took, nil
}

// believes reports whether a list is complete: whether the bans that it lacks have
// ended. A server that stops or starts shows lists with holes, and they must end
// nothing. fail2ban deletes the row of a ban that is lifted by hand and keeps it when
// a jail stops: so a hole whose row is still in force is doubted, until it has stayed
// for settleTime. A first list is doubted too, until a second one says the same.
func (l *Local) believes(ctx context.Context, name string, w *watched, items []fail2ban.Ban, takenAt time.Time) bool {
	l.mu.Lock()
	if !takenAt.After(w.settled) || w.listed.IsZero() {
		l.mu.Unlock()
		return false
	}
	holes := w.holes(items, takenAt)
	l.mu.Unlock()
	doubtful := len(holes) > 0 && l.mayReturn(ctx, name, holes, takenAt)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case !doubtful:
		w.doubted = time.Time{}
		return true
	case w.doubted.IsZero():
		w.doubted = takenAt
	}
	return takenAt.Sub(w.doubted) > settleTime
}

// holes are the bans that we hold, that should last, and that a list lacks.
func (w *watched) holes(items []fail2ban.Ban, takenAt time.Time) []string {
	listed := make(map[string]bool, len(items))
	for _, item := range items {
		listed[item.ID] = true
	}
	var missing []string
	for id, h := range w.bans {
		if !listed[id] && h.seen.Before(takenAt) && (h.until == 0 || h.until > takenAt.Unix()) {
			missing = append(missing, id)
		}
	}
	return missing
}

// mayReturn reports whether fail2ban would restore one of those bans: its database
// has the row, or can't be asked.
func (l *Local) mayReturn(ctx context.Context, jail string, ids []string, at time.Time) bool {
	db := l.openDatabase()
	if db == nil {
		return true
	}
	const enough = 1000
	rows, err := db.LastBans(ctx, jail, ids[:min(enough, len(ids))])
	if err != nil {
		return true
	}
	for _, row := range rows {
		if row.BanSeconds < 0 || row.BannedAt.Unix()+row.BanSeconds > at.Unix() {
			return true
		}
	}
	return false
}

func (l *Local) reconcile(ctx context.Context, list BanList) error {
	to := l.recorderNow()
	if to == nil {
		return nil
	}
	if err := to.Reconcile(ctx, list); err != nil {
		return fmt.Errorf("record the bans of %s: %w", list.Jail, err)
	}
	return nil
}

// hold replaces what we hold by a list, but keeps what came after it was taken.
func (w *watched) hold(list BanList, takenAt time.Time) {
	bans := make(map[string]held, len(list.Bans))
	for _, b := range list.Bans {
		bans[b.ID] = holding(b, takenAt).with(w.bans[b.ID])
	}
	for id, h := range w.bans {
		_, listed := bans[id]
		switch {
		case listed:
		case h.seen.After(takenAt) || !list.Complete:
			bans[id] = h
		default:
			w.over.note(id, h)
		}
	}
	w.bans = bans
}

// ranOut are bans whose time was over lately, by id: when each began.
type ranOut struct {
	from        int64 // when the first of new was over
	new, before map[string]int64
}

// ranOutFor is for how many seconds it is remembered, at least.
const ranOutFor = 60

// note remembers that the time of a ban is over.
func (r *ranOut) note(id string, h held) {
	if h.until == 0 {
		return
	}
	if r.new == nil || h.until-r.from > ranOutFor {
		r.new, r.before, r.from = map[string]int64{}, r.new, h.until
	}
	r.new[id] = h.start
}

// is reports whether a row is that of a ban whose end we know already: who is banned again
// a second after his ban ran out has the old row until fail2ban writes the new one.
func (r *ranOut) is(row fail2ban.DatabaseBan, at time.Time) bool {
	start, known := r.new[row.ID]
	if !known {
		start, known = r.before[row.ID]
	}
	return known && near(start, row.BannedAt.Unix()) && row.BanSeconds >= 0 && start+row.BanSeconds <= at.Unix()+1
}

func holding(b Ban, seen time.Time) held {
	h := held{start: b.BannedAt.Unix(), seen: seen, count: b.BanCount, failures: b.Failures, byHand: b.ByHand}
	if b.BanSeconds >= 0 {
		h.until = h.start + b.BanSeconds
	}
	return h
}

// with keeps what was known of the same ban before: a list tells it only once.
func (h held) with(before held) held {
	if before.start == h.start && h.count == 0 {
		h.count, h.failures, h.byHand = before.count, before.failures, before.byHand
	}
	return h
}

// ban is what is held, as others see it.
func (h held) ban(id string) Ban {
	b := Ban{ID: id, BannedAt: time.Unix(h.start, 0).UTC(), BanSeconds: event.Permanent, BanCount: h.count, Failures: h.failures, ByHand: h.byHand}
	if h.until != 0 {
		b.BanSeconds = h.until - h.start
	}
	return b
}

// enrich adds what only fail2ban's database knows to the bans that are new to us:
// the exact start, the counts, and whether log lines led to it.
func (l *Local) enrich(ctx context.Context, jail string, w *watched, items []fail2ban.Ban) []Ban {
	bans := make([]Ban, len(items))
	var fresh []string
	l.mu.Lock()
	for i, item := range items {
		bans[i] = Ban{ID: item.ID, BannedAt: item.BannedAt.UTC(), BanSeconds: seconds(item)}
		if known, ok := w.bans[item.ID]; ok && near(known.start, item.BannedAt.Unix()) {
			bans[i].BannedAt = time.Unix(known.start, 0).UTC()
			continue
		}
		fresh = append(fresh, item.ID)
	}
	l.mu.Unlock()
	rows := l.rowsOf(ctx, jail, fresh)
	for i, b := range bans {
		row, ok := rows[b.ID]
		if !ok || !near(row.BannedAt.Unix(), b.BannedAt.Unix()) {
			continue
		}
		bans[i].BannedAt, bans[i].BanCount, bans[i].Failures = row.BannedAt, row.BanCount, row.Failures
		bans[i].ByHand = byHand(row)
	}
	return bans
}

// byHand reports whether a ban was made by a command: no failure led to it. fail2ban may
// have been told to keep no lines (dbmaxmatches), or the first may be too long to be read.
func byHand(row fail2ban.DatabaseBan) bool { return len(row.Lines) == 0 && row.Failures == 0 }

// rowsOf are the database's rows of ids; a database that can't be read has none.
func (l *Local) rowsOf(ctx context.Context, jail string, ids []string) map[string]fail2ban.DatabaseBan {
	if len(ids) == 0 {
		return nil
	}
	db := l.openDatabase()
	if db == nil {
		return nil
	}
	rows, err := db.LastBans(ctx, jail, ids)
	if err != nil {
		l.Logger.DebugContext(ctx, "fail2ban's database was not read", "error", err)
	}
	return rows
}

func seconds(b fail2ban.Ban) int64 {
	if b.Permanent {
		return event.Permanent
	}
	return int64(b.Duration / time.Second)
}

// near allows for the database rounding what the list cuts.
func near(a, b int64) bool { return a-b <= 1 && b-a <= 1 }

func (l *Local) pid() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.server.pid
}

func (l *Local) totalBanned(name string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.jails[name]; w != nil {
		return w.jail.TotalBanned
	}
	return 0
}

func compareNames(a, b string) int { return cmp.Compare(a, b) }
