package host

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"bangui/internal/backtest"
	"bangui/internal/expression"
	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// backtestOf takes an order apart, so that what can't be done is told at once.
func (l *Local) backtestOf(o BacktestOrder) (backtestWork, error) {
	now, after, active, err := l.sides(o)
	if err != nil {
		return nil, err
	}
	program, err := l.program("fail2ban-client")
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, told func(Backtest)) (BacktestResult, []BacktestRow, error) {
		r := &replaying{
			local: l, order: o, program: program, until: l.Now().UTC(), told: told,
			ids: map[string]int{}, signIns: map[netip.Addr]*signIn{}, notes: map[string]string{},
		}
		r.since = r.until.Add(-o.Span)
		if !active {
			r.notes["inactive"] = "The jail is not active now, so nothing is banned by it: what is told is what it would do."
		}
		return r.run(ctx, now, after)
	}, nil
}

// sides are a jail as it is, and as a change would make it; nil where it isn't.
func (l *Local) sides(o BacktestOrder) (now, after *tried, active bool, err error) {
	before, wants, err := l.resolvedWith(o.Change)
	if err != nil {
		return nil, nil, false, err
	}
	was := before.Jail(o.Jail)
	if now, err = triedOf(was); err != nil && o.Change == nil {
		return nil, nil, false, err // a change may mend it
	}
	if wants != nil {
		if after, err = triedOf(wants.Jail(o.Jail)); err != nil {
			return nil, nil, false, err
		}
	}
	if now == nil && after == nil {
		return nil, nil, false, fault.New(fault.JailNotFound, "no file of fail2ban's configuration has a jail %q", clip(o.Jail))
	}
	return now, after, was != nil && was.Enabled, nil
}

// resolvedWith is the configuration as it is, and as a change would make it; nil = none.
func (l *Local) resolvedWith(change *ChangeOrder) (before, wants *jailconf.Config, err error) {
	if change == nil {
		tree, err := jailconf.ReadTree(l.ConfigDir)
		if err != nil {
			return nil, nil, err
		}
		before, err = l.resolved(tree)
		return before, nil, err
	}
	order := *change
	if order.ETag == "" {
		tree, err := jailconf.ReadTree(l.ConfigDir)
		if err != nil {
			return nil, nil, err
		}
		order.ETag = tree.ETag()
	}
	p, err := l.drafted(order)
	if err != nil {
		return nil, nil, err
	}
	if p.drop(); len(p.files) == 0 {
		return p.before, p.before, nil // it says what is there already
	}
	if err := p.settle(order, l.version()); err != nil {
		return nil, nil, err
	}
	return p.before, p.wants, nil
}

// replaying is one back-test at work.
type replaying struct {
	local        *Local
	order        BacktestOrder
	program      string
	since, until time.Time
	told         func(Backtest)
	toldAt       time.Time
	passes, pass int // of the logs, and which one this is, from 0

	ids     map[string]int // of all passes
	names   []string
	addrs   []netip.Addr
	signIns map[netip.Addr]*signIn
	notes   map[string]string // by code
	result  BacktestResult
}

// pass is what one reading of the logs found.
type pass struct {
	failures []backtest.Failure
	full     bool
}

func (r *replaying) run(ctx context.Context, now, after *tried) (BacktestResult, []BacktestRow, error) {
	differ := now != nil && after != nil && now.reads.key() != after.reads.key()
	r.passes = 1
	if differ {
		r.passes = 2
	}
	var nows, afters pass
	if now != nil {
		var err error
		nows, err = r.replay(ctx, now)
		switch {
		case err != nil && differ && ctx.Err() == nil: // what the change mends
			r.notes["now_unread"] = "What is now can't be tried: " + fault.MessageOf(err) + "."
			now, nows = nil, pass{}
		case err != nil:
			return BacktestResult{}, nil, err
		default:
			r.pass++
		}
		afters = nows
	}
	if after != nil && (now == nil || differ) {
		var err error
		if afters, err = r.replay(ctx, after); err != nil {
			return BacktestResult{}, nil, err
		}
	}
	rows := r.compare(ctx, sideOf{now, nows.failures}, sideOf{after, afters.failures})
	if err := ctx.Err(); err != nil {
		return BacktestResult{}, nil, fault.Wrap(err, fault.Unavailable, "the back-test was stopped")
	}
	return r.result, rows, nil
}

// replay reads the logs of a jail once.
func (r *replaying) replay(ctx context.Context, t *tried) (pass, error) {
	for _, n := range t.notes {
		r.notes[n.Code] = n.Text
	}
	var p pass
	if t.reads.journal {
		return p, r.replayJournal(ctx, t, &p)
	}
	chains, unread := r.local.chains(t.reads.paths, r.since)
	if len(chains) == 0 {
		return p, whyUnread(unread)
	}
	for _, err := range unread {
		r.notes["logs"] = "Not all logs of the jail are read: " + fault.MessageOf(err) + "."
	}
	var total, before int64
	for _, c := range chains {
		total += c.size
	}
	left := int64(maxBacktestBytes)
	for _, c := range chains {
		in := &logReader{ctx: ctx, local: r.local, left: c.files, most: left, tap: r.tap()}
		share := func() float64 { return float64(before+in.disk.bytes) / float64(max(total, 1)) }
		err := r.find(ctx, t, in, &p, progress{share, &in.read, &in.lines})
		in.close()
		if err != nil {
			return p, err
		}
		if in.cut {
			r.notes["cut"] = "There is more in the logs than is read at once, or a file is broken: the rest is left out."
		}
		before += c.size
		left -= in.read
		r.counted(in.read, in.lines, c.files)
	}
	if len(chains) > 1 {
		slices.SortStableFunc(p.failures, func(a, b backtest.Failure) int { return compareFloat(a.Clock, b.Clock) })
	}
	return p, nil
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// counted notes what was read; the second pass reads the same again.
func (r *replaying) counted(bytes int64, lines int, names []string) {
	if r.pass > 0 {
		return
	}
	r.result.Bytes += bytes
	r.result.Lines += lines
	r.result.Logs = append(r.result.Logs, names...)
}

// progress says how far one reading is; whoever reads the log may ask.
type progress struct {
	share func() float64
	bytes *int64
	lines *int
}

// find gives one log to fail2ban's engine and keeps its failures.
func (r *replaying) find(ctx context.Context, t *tried, in io.Reader, p *pass, how progress) error {
	tell := &pulse{r: r, how: how}
	tell.found.Store(int64(len(p.failures)))
	said, err := r.local.replayer.Replay(ctx, r.program, expression.Replay{
		Filter: t.reads.filter, UseDNS: t.reads.useDNS, Encoding: t.reads.encoding, TimeZone: t.reads.timeZone,
		Since: r.since, Log: &beating{in, tell}, Journal: t.reads.journal,
	}, func(f expression.Failure) bool {
		tell.found.Add(1)
		return r.keep(p, f)
	})
	if err != nil {
		return err
	}
	r.read(said)
	return nil
}

// keep keeps one failure. It answers false when there are too many.
func (r *replaying) keep(p *pass, f expression.Failure) bool {
	id, known := r.ids[f.ID]
	if len(p.failures) >= maxFailures || !known && len(r.names) >= maxBacktestIDs {
		p.full = true
		r.notes["full"] = "There are more failures than are counted at once: the newest are left out. Choose a shorter time."
		return false
	}
	if !known {
		id = len(r.names)
		r.ids[f.ID] = id
		r.names = append(r.names, f.ID)
		addr, _ := netip.ParseAddr(f.ID) // an id need not be an address
		r.addrs = append(r.addrs, addr.Unmap())
	}
	p.failures = append(p.failures, backtest.Failure{ID: id, At: secondsOf(f.At), Clock: secondsOf(f.Clock)})
	return true
}

func secondsOf(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// read notes what is odd about a log.
func (r *replaying) read(said expression.Replayed) {
	out := &r.result
	out.Version = said.Version
	if r.pass == 0 {
		out.Old += said.Old
	}
	if from := said.First; !from.IsZero() {
		if from.Before(r.since) {
			from = r.since
		}
		if out.From.IsZero() || from.Before(out.From) {
			out.From = from
		}
		if said.Last.After(out.To) {
			out.To = said.Last
		}
	}
	for code, odd := range map[string]struct {
		n    int
		text string
	}{
		"undated": {said.Undated, "Lines before the first date count for nothing."},
		"stopped": {said.Stopped, "Some lines were given up, because the expressions took too long on them. The expression tester names the slow ones."},
		"names":   {said.Names, "Some failures name hosts instead of addresses; names are not looked up, so these count for nothing."},
	} {
		if odd.n > 0 {
			r.notes[code] = odd.text
		}
	}
}

// pulse tells now and then how far a back-test is.
type pulse struct {
	r     *replaying
	how   progress
	found atomic.Int64
}

// beating is a log that tells how far it is while it is read.
type beating struct {
	io.Reader
	pulse *pulse
}

// Read passes on what it reads.
func (b *beating) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	b.pulse.beat()
	return n, err
}

// beat tells once in a while.
func (b *pulse) beat() {
	const often = 300 * time.Millisecond
	now := time.Now()
	if now.Sub(b.r.toldAt) < often {
		return
	}
	b.r.toldAt = now
	b.r.told(Backtest{
		Share: (float64(b.r.pass) + min(b.how.share(), 1)) / float64(max(b.r.passes, b.r.pass+1)),
		Bytes: b.r.result.Bytes + *b.how.bytes, Lines: b.r.result.Lines + *b.how.lines, Failures: int(b.found.Load()),
	})
}

// signIn is what an address did that signed in well.
type signIn struct {
	count int
	users []string
}

// tap sees each line of the first pass, for sign-ins that went well.
func (r *replaying) tap() func([]byte) {
	if r.pass > 0 {
		return func([]byte) {}
	}
	return func(line []byte) {
		addr, user, ok := signedIn(line)
		if !ok {
			return
		}
		s := r.signIns[addr]
		if s == nil {
			if len(r.signIns) >= maxBacktestIDs {
				return
			}
			s = &signIn{}
			r.signIns[addr] = s
		}
		s.count++
		const most = 3
		if len(s.users) < most && !slices.Contains(s.users, user) {
			s.users = append(s.users, user)
		}
	}
}

// acceptances are the lines that servers write when somebody signed in well. Only what
// stands right behind the server's own name counts: what comes later may be a stranger's.
var acceptances = []struct { //nolint:gochecknoglobals // a constant list
	mark []byte
	form *pattern
}{
	{[]byte("]: Accepted "), patternOf(`\bsshd(?:-session)?\[\d+\]: Accepted \S+ for (\S{1,64}) from (\S{1,45}) port \d+`)},
	{[]byte("-login: Login: "), patternOf(`\b(?:imap|pop3|managesieve|submission)-login: Login: user=<([^<>]{1,64})>, method=\S+, rip=(\S{1,45}),`)},
	{[]byte("sasl_username="), patternOf(`\bpostfix/\S+\[\d+\]: [0-9A-Za-z]+: client=\S+\[(?P<address>[0-9a-fA-F.:]{1,45})\](?::\d+)?, sasl_method=\S+, sasl_username=(?P<user>\S{1,64})$`)},
}

// signedIn reads a line of somebody who signed in well.
func signedIn(line []byte) (addr netip.Addr, user string, ok bool) {
	for _, a := range acceptances {
		if !bytes.Contains(line, a.mark) {
			continue
		}
		user, address, found := a.form.find(bytes.TrimRight(line, "\r\n"))
		if !found {
			continue
		}
		if addr, err := netip.ParseAddr(address); err == nil {
			return addr.Unmap(), strings.ToValidUTF8(user, "\ufffd"), true
		}
	}
	return netip.Addr{}, "", false
}
