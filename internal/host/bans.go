package host

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"bangui/internal/allowlist"
	"bangui/internal/fail2ban"
	"bangui/internal/fault"
)

// Bounds of one order.
const (
	MaxTargets = 1000
	MaxReason  = 500 // characters
)

// Bans are the open bans of a jail as last seen; see Host.
func (l *Local) Bans(_ context.Context, jail string) ([]Ban, error) {
	if l.stateOf(jail) == JailDown {
		return nil, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.jails[jail]
	switch {
	case w == nil && l.polled:
		return nil, noSuchJail(jail)
	case w == nil || w.listed.IsZero() && w.jail.CurrentlyBanned > 0:
		return nil, fault.New(fault.Unavailable, "the bans of jail %s have not been listed yet", jail).WithMend("Try again in a moment.")
	}
	bans := make([]Ban, 0, len(w.bans))
	for id, h := range w.bans {
		if !h.lifted {
			bans = append(bans, h.ban(id))
		}
	}
	return bans, nil
}

// Check says what Ban would do; see Host.
func (l *Local) Check(ctx context.Context, order BanOrder) ([]Outcome, error) {
	if err := l.checkOrder(ctx, order); err != nil {
		return nil, err
	}
	var outcomes []Outcome
	for _, jail := range order.Jails {
		protected, err := l.protected(ctx, jail, order)
		if err != nil {
			return nil, err
		}
		for _, target := range order.Targets {
			outcomes = append(outcomes, l.check(jail, target, order.AllowWide, protected))
		}
	}
	return outcomes, nil
}

func (l *Local) checkOrder(ctx context.Context, order BanOrder) error {
	switch {
	case len(order.Targets) == 0:
		return fault.New(fault.Invalid, "no address was given")
	case len(order.Targets) > MaxTargets:
		return fault.New(fault.TooLarge, "%d addresses were given; %d is the most at once", len(order.Targets), MaxTargets)
	case len(order.Jails) == 0:
		return fault.New(fault.Invalid, "no jail was given").WithMend("Choose the jail whose ports are to be closed.")
	}
	if err := l.allRun(ctx, order.Jails); err != nil {
		return err
	}
	return checkReason(order.Reason)
}

// allRun refuses jails that the server does not have. Of one that was not seen yet the
// server itself is asked: it may have been started a moment ago, by the same caller.
func (l *Local) allRun(ctx context.Context, jails []string) error {
	unseen := slices.DeleteFunc(slices.Clone(jails), l.runs)
	if len(unseen) == 0 {
		return nil
	}
	there, err := l.Client.Jails(ctx)
	if err != nil {
		return err
	}
	for _, jail := range unseen {
		if !slices.Contains(there, fail2ban.JailName(jail)) {
			return noSuchJail(jail)
		}
	}
	l.Poke()
	return nil
}

func checkReason(reason string) error {
	if utf8.RuneCountInString(reason) > MaxReason || strings.ContainsFunc(reason, unicode.IsControl) || !utf8.ValidString(reason) {
		return fault.New(fault.Invalid, "the reason is one line of at most %d characters", MaxReason)
	}
	return nil
}

// protected are the entries that no ban in that jail may touch.
func (l *Local) protected(ctx context.Context, jail string, order BanOrder) ([]allowlist.Entry, error) {
	entries := append(l.System.Entries(), order.Protected...)
	if e, ok := allowlist.Caller(order.Caller); ok {
		entries = append(entries, e)
	}
	if l.Protected != nil {
		entries = append(entries, l.Protected()...)
	}
	ignored, err := l.Client.IgnoreIP(ctx, fail2ban.JailName(jail))
	if err != nil {
		return nil, err
	}
	return append(entries, allowlist.Ignored(jail, ignored)...), nil
}

func (l *Local) check(jail string, target netip.Prefix, allowWide bool, protected []allowlist.Entry) Outcome {
	o := Outcome{Target: allowlist.Text(allowlist.Canonical(target)), Jail: jail, Result: WouldBan}
	verdict := allowlist.Judge(target, protected)
	switch {
	case verdict.Answer == allowlist.Never:
		o.Result, o.Detail = Refused, verdict.Reason
	case verdict.Answer == allowlist.Confirm && !allowWide:
		o.Result, o.Detail = NeedsConfirm, verdict.Reason
	case l.holds(jail, o.Target):
		o.Result = AlreadyBanned
	case !target.IsSingleIP() && l.setsLackNetworks(jail):
		o.Detail = "fail2ban will list this network as banned, but the nftables action of this version can't block networks."
	}
	return o
}

// holds reports whether an id is banned in a jail, as last seen.
func (l *Local) holds(jail, id string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.jails[jail]
	if w == nil {
		return false
	}
	h, banned := w.bans[id]
	return banned && !h.lifted
}

// lifted notes that fail2ban has lifted bans, before its log or a list tell so.
func (l *Local) lifted(jail string, ids []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.jails[jail]
	if w == nil {
		return
	}
	for _, id := range ids {
		if h, ok := w.bans[id]; ok {
			h.lifted = true
			w.bans[id] = h
		}
	}
}

// setsLackNetworks: before 1.1.1 fail2ban's nftables sets hold no networks; `banip`
// answers 1 all the same (fail2ban.md 9, seen on 1.0.2).
func (l *Local) setsLackNetworks(jail string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.jails[jail]
	if w == nil || l.server.version.AtLeast(1, 1, 1) {
		return false
	}
	for _, c := range w.jail.Closes {
		if strings.HasPrefix(c.Action, "nftables") {
			return true
		}
	}
	return false
}

// Ban bans what Check allows; see Host.
func (l *Local) Ban(ctx context.Context, order BanOrder) ([]Outcome, error) {
	outcomes, err := l.Check(ctx, order)
	if err != nil {
		return nil, err
	}
	defer l.Poke()
	for _, jail := range order.Jails {
		l.doubt(ctx, jail, outcomes)
		l.banIn(ctx, jail, outcomes)
	}
	return outcomes, nil
}

// doubt asks fail2ban about targets that seem to be banned already: somebody may have
// lifted them within the last second. What can't be asked stays as it seems.
func (l *Local) doubt(ctx context.Context, jail string, outcomes []Outcome) {
	var ids []string
	var place []int
	for i, o := range outcomes {
		if o.Jail == jail && o.Result == AlreadyBanned {
			ids, place = append(ids, o.Target), append(place, i)
		}
	}
	if len(ids) == 0 || len(ids) > fewIDs {
		return
	}
	is, err := l.Client.IsBanned(ctx, fail2ban.JailName(jail), ids...)
	if err != nil {
		return
	}
	for n, i := range place {
		if !is[n] {
			outcomes[i].Result = WouldBan
		}
	}
}

// banIn carries out the WouldBan outcomes of one jail and says what became of them.
func (l *Local) banIn(ctx context.Context, jail string, outcomes []Outcome) {
	var ids []string
	place := map[string]int{}
	for i, o := range outcomes {
		if o.Jail == jail && o.Result == WouldBan {
			place[o.Target] = i
			ids = append(ids, o.Target)
		}
	}
	if len(ids) == 0 {
		return
	}
	results, err := l.Client.Ban(ctx, fail2ban.JailName(jail), ids...)
	for _, id := range ids {
		o := &outcomes[place[id]]
		o.Result = Failed
		if err != nil {
			o.Detail = fault.MessageOf(err)
		} else {
			o.Detail = "fail2ban did not take it; its log has the reason."
		}
	}
	for _, r := range results {
		i, ours := place[r.ID]
		if ours && r.Banned {
			outcomes[i].Result, outcomes[i].Detail = Banned, ""
		} else if ours && r.Err != nil {
			outcomes[i].Detail = fault.MessageOf(r.Err)
		}
	}
}

// Lift ends bans; see Host.
func (l *Local) Lift(ctx context.Context, order LiftOrder) ([]Outcome, error) {
	if len(order.IDs) == 0 {
		return nil, fault.New(fault.Invalid, "no address was given")
	}
	if len(order.IDs) > MaxTargets {
		return nil, fault.New(fault.TooLarge, "%d addresses were given; %d is the most at once", len(order.IDs), MaxTargets)
	}
	if err := checkReason(order.Reason); err != nil {
		return nil, err
	}
	jails := order.Jails
	if len(jails) == 0 {
		jails = l.jailNames()
	}
	if err := l.allRun(ctx, jails); err != nil {
		return nil, err
	}
	defer l.Poke()
	var outcomes []Outcome
	for _, jail := range jails {
		outcomes = append(outcomes, l.liftIn(ctx, jail, order.IDs, len(order.Jails) > 0)...)
	}
	return fillNotBanned(outcomes, order.IDs), nil
}
