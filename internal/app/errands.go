package app

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"bangui/internal/allowlist"
	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/health"
	"bangui/internal/history"
	"bangui/internal/host"
)

// errands carries out, on the host that this console serves, what the scheduler ordered
// for bans with an end of their own. Which console leads does not matter for it.
type errands struct {
	app    *App
	blind  bool               // the database did not tell what is due, and the log says so
	failed map[string]failure // by jail
}

// failure is a jail whose errands could not be done.
type failure struct {
	times int
	until time.Time // not before
	why   string
}

const (
	errandsEvery = 500 * time.Millisecond
	errandTime   = 45 * time.Second
	longestRest  = time.Minute
)

func newErrands(a *App) *errands { return &errands{app: a, failed: map[string]failure{}} }

func (e *errands) run(ctx context.Context) {
	tick := time.NewTicker(errandsEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			e.step(ctx)
		}
	}
}

// step does what is due. A jail that fails is left alone for a while and keeps no other
// one from its errands.
func (e *errands) step(ctx context.Context) {
	due, err := e.app.archive.Errands(ctx, e.app.host.State().ID, time.Now())
	if err != nil {
		if ctx.Err() == nil && !e.blind {
			e.app.logger.WarnContext(ctx, "the ends of bans can't be looked up; trying again", "error", err)
			e.blind = true
		}
		return
	}
	e.blind = false
	jails := map[string][]history.Errand{}
	for _, d := range due {
		jails[d.Ban.Jail] = append(jails[d.Ban.Jail], d)
	}
	for jail := range e.failed {
		if _, still := jails[jail]; !still {
			delete(e.failed, jail)
		}
	}
	for _, jail := range slices.Sorted(maps.Keys(jails)) {
		if time.Now().Before(e.failed[jail].until) {
			continue
		}
		e.settle(ctx, jail, e.do(ctx, jail, jails[jail]))
	}
	e.tell()
}

// do lifts and makes again what is due in one jail.
func (e *errands) do(ctx context.Context, jail string, due []history.Errand) error {
	ctx, cancel := context.WithTimeout(ctx, errandTime)
	defer cancel()
	byEpoch := map[int64]struct{ lifts, bans []history.Ban }{}
	for _, d := range due {
		same := byEpoch[d.Epoch]
		if d.Ban.EndedAt.IsZero() {
			same.lifts = append(same.lifts, d.Ban)
		} else {
			same.bans = append(same.bans, d.Ban)
		}
		byEpoch[d.Epoch] = same
	}
	for epoch, same := range byEpoch {
		if err := e.lift(ctx, jail, epoch, same.lifts); err != nil {
			return err
		}
		if err := e.banAgain(ctx, jail, epoch, same.bans); err != nil {
			return err
		}
	}
	return nil
}

func (e *errands) lift(ctx context.Context, jail string, epoch int64, bans []history.Ban) error {
	if len(bans) == 0 {
		return nil
	}
	order := host.LiftOrder{Jails: []string{jail}, Epoch: epoch}
	for _, b := range bans {
		order.IDs = append(order.IDs, b.Address)
	}
	return failedOf(e.app.host.Lift(ctx, order))
}

// banAgain makes bans again that fail2ban ended by its own time, with who asked for them.
func (e *errands) banAgain(ctx context.Context, jail string, epoch int64, bans []history.Ban) error {
	order := host.BanOrder{Jails: []string{jail}, Epoch: epoch, AllowWide: true}
	var intents []history.Intent
	for _, b := range bans {
		target, err := allowlist.ParseTarget(b.Address)
		if err != nil { // only addresses can be banned by hand
			continue
		}
		order.Targets = append(order.Targets, target)
		intents = append(intents, history.Intent{
			HostID: b.HostID, Jail: jail, Address: b.Address, Kind: event.Ban, Actor: b.Actor, Reason: b.Reason, AskedAt: time.Now(), LiftAt: b.LiftAt,
		})
	}
	if len(order.Targets) == 0 {
		return nil
	}
	order.Targets = slices.CompactFunc(order.Targets, func(a, b netip.Prefix) bool { return a == b })
	if err := e.app.archive.Intend(ctx, intents); err != nil {
		return err
	}
	return failedOf(e.app.host.Ban(ctx, order))
}

// failedOf is the first thing that did not go.
func failedOf(outcomes []host.Outcome, err error) error {
	if err != nil {
		return err
	}
	for _, o := range outcomes {
		if o.Result == host.Failed || o.Result == host.Refused {
			return fault.New(fault.Fail2banRefused, "%s: %s", o.Target, o.Detail)
		}
	}
	return nil
}

// settle notes how it went in one jail.
func (e *errands) settle(ctx context.Context, jail string, err error) {
	if err == nil || ctx.Err() != nil {
		delete(e.failed, jail)
		return
	}
	f := e.failed[jail]
	f.why = fault.MessageOf(err)
	f.until = time.Now().Add(min(longestRest, time.Second<<min(f.times, 6)))
	if f.times++; f.times == 1 {
		e.app.logger.WarnContext(ctx, "bans could not be ended at their time; trying again", "jail", jail, "error", err)
	}
	e.failed[jail] = f
}

// tell says in health which jail does not do what it should.
func (e *errands) tell() {
	const code = "own_end_late"
	for _, jail := range slices.Sorted(maps.Keys(e.failed)) {
		e.app.findings.Set(code, health.Warning, fmt.Sprintf("Bans with an end of their own are late in jail %s: %s.", jail, e.failed[jail].why),
			"See that fail2ban answers and that the jail runs; it is tried again by itself.")
		return
	}
	e.app.findings.Clear(code)
}
