package helper

import (
	"context"
	"sync"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/health"
	"bangui/internal/host"
)

// The rhythm of a client.
const (
	lookEvery  = 500 * time.Millisecond
	lookRest   = 50 * time.Millisecond // between looks that events ask for
	firstRetry = 100 * time.Millisecond
	lastRetry  = 2 * time.Second
)

// Run follows the host until ctx ends; see host.Host. A helper that is away is a state,
// told to the recorder once when it begins and once when it ends; Run comes back to it
// within 2 s. What was observed meanwhile comes then: the helper counts as delivered
// only what the recorder has stored.
func (c *Client) Run(ctx context.Context, to host.Recorder) error {
	var tasks sync.WaitGroup
	tasks.Go(func() { c.keepLooking(ctx, to) })
	tasks.Go(func() { c.keepFollowing(ctx, to) })
	tasks.Wait()
	return ctx.Err()
}

// keepLooking keeps the mirror.
func (c *Client) keepLooking(ctx context.Context, to host.Recorder) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	told := false // that the helper is away
	for {
		_ = c.Look(ctx)
		told = c.tellReach(ctx, to, told)
		rest(ctx, lookRest)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-c.poke:
		}
	}
}

// tellReach tells that the helper went or came back. What fail2ban itself does is told
// by the helper.
func (c *Client) tellReach(ctx context.Context, to host.Recorder, told bool) bool {
	c.mirror.mu.Lock()
	state, lost := c.mirror.state, c.mirror.lost
	c.mirror.mu.Unlock()
	if lost == told || state.Reach == host.Starting || ctx.Err() != nil {
		return told
	}
	if lost {
		c.Logger.WarnContext(ctx, "the helper is away", "detail", state.Detail, "mend", state.Mend)
	} else {
		c.Logger.InfoContext(ctx, "the helper is back", "reach", string(state.Reach))
	}
	e := event.Event{HostID: c.ID, Kind: event.Host, At: c.Now(), State: string(state.Reach), Detail: state.Detail}
	if err := to.Record(ctx, []event.Event{e}, nil); err != nil && ctx.Err() == nil {
		c.Logger.ErrorContext(ctx, "events were not recorded", "events", 1, "error", err)
		return told
	}
	return lost
}

// askLook asks for a look now.
func (c *Client) askLook() {
	select {
	case c.poke <- struct{}{}:
	default:
	}
}

// keepFollowing follows, and comes back when it is cut off.
func (c *Client) keepFollowing(ctx context.Context, to host.Recorder) {
	wait := firstRetry
	for ctx.Err() == nil {
		began := c.Now()
		err := c.follow(ctx, to)
		c.alone(ctx, err)
		if c.Now().Sub(began) > lastRetry {
			wait = firstRetry
		}
		rest(ctx, wait)
		wait = min(2*wait, lastRetry)
	}
}

// alone notes why we don't follow, where the reason is another one than a helper that
// is away: that is a state already.
func (c *Client) alone(ctx context.Context, err error) {
	why := ""
	if fault.Is(err, fault.Conflict) {
		why = sentence(fault.MessageOf(err))
	}
	c.mirror.mu.Lock()
	news := why != c.mirror.alone
	c.mirror.alone = why
	c.mirror.mu.Unlock()
	if news && why != "" {
		c.Logger.WarnContext(ctx, "this console does not follow", "error", err)
	}
}

func notFollowing(why string, since time.Time) health.Condition {
	return health.Condition{
		Code: "not_following", Severity: health.Error, Text: "New bans are not recorded here: " + why,
		Mend: "Run one console for each machine, or end the other one.", Since: since,
	}
}

// follow takes what the helper observes until the connection ends, and answers each
// push when the recorder is done with it.
func (c *Client) follow(ctx context.Context, to host.Recorder) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	dialing, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	w, err := c.dial(dialing)
	if err != nil {
		return err
	}
	defer w.conn.Close()
	defer context.AfterFunc(ctx, func() { _ = w.conn.Close() })()
	if err := c.request(dialing, w, verbFollow, nothing{}); err != nil {
		return err
	}
	if _, err := receiveAll(w, c.times.hello); err != nil {
		return err
	}
	c.alone(ctx, nil)
	c.Logger.DebugContext(ctx, "following through the helper")
	f := &following{Client: c, wire: w, to: to, parts: map[uint64]*parts{}, slots: make(chan struct{}, maxPushes)}
	defer f.tasks.Wait() // what is being recorded is done before we come back for more
	defer end()
	return f.take(ctx)
}

// following is one connection on which the helper pushes.
type following struct {
	*Client
	*wire
	to    host.Recorder
	parts map[uint64]*parts
	slots chan struct{}
	tasks sync.WaitGroup
}

// parts are the pieces of one push that have come so far.
type parts struct {
	push
	all gathering
}

// take reads pushes and starts to carry out each that is complete.
func (f *following) take(ctx context.Context) error {
	for {
		frame, err := f.receive(f.times.ping + f.times.silent)
		if err != nil {
			return err
		}
		var p push
		if err := decode(frame, &p); err != nil {
			return err
		}
		whole, err := f.gather(p)
		if err != nil {
			return err
		}
		switch {
		case whole == nil:
		case whole.Ask == askAlive:
			if err := f.send(receipt{Number: p.Number}); err != nil {
				return err
			}
		default:
			if !f.begin(ctx, whole) {
				return ctx.Err()
			}
		}
	}
}

// gather puts the pieces of a push together; nil until it is whole.
func (f *following) gather(p push) (*parts, error) {
	whole := f.parts[p.Number]
	if whole == nil {
		if len(f.parts) >= maxPushes {
			return nil, fault.New(fault.TooMany, "the helper began more than %d pushes at once", maxPushes)
		}
		whole = &parts{push: p}
		f.parts[p.Number] = whole
	}
	if err := whole.all.add(p.Items); err != nil {
		return nil, err
	}
	if p.More {
		return nil, nil //nolint:nilnil // not whole yet
	}
	delete(f.parts, p.Number)
	return whole, nil
}

// begin carries out a push beside others.
func (f *following) begin(ctx context.Context, p *parts) bool {
	select {
	case f.slots <- struct{}{}:
	case <-ctx.Done():
		return false
	}
	f.tasks.Go(func() {
		defer func() { <-f.slots }()
		r := f.carryOut(ctx, p)
		r.Number = p.Number
		if err := f.send(r); err != nil {
			_ = f.conn.Close() // the helper pushes it again
		}
		f.askLook()
	})
	return true
}

// carryOut hands a push to the recorder, under the id that this side gives the host.
func (f *following) carryOut(ctx context.Context, p *parts) (r receipt) {
	var err error
	switch p.Ask {
	case askRecord:
		err = f.record(ctx, p)
	case askReconcile:
		err = f.reconcile(ctx, p)
	case askCopy:
		err = f.copied(ctx, p)
	case askMark:
		r.Value, err = f.to.MarkOf(ctx, f.ID, p.Source)
	case askOpenJails:
		r.Jails, err = f.to.OpenJails(ctx, f.ID)
	default:
		err = fault.New(fault.Invalid, "the console knows no %q", p.Ask)
	}
	if fault.Is(err, fault.Internal) && ctx.Err() == nil {
		f.Logger.ErrorContext(ctx, "what the helper observed was not recorded", "error", err)
	}
	r.Flaw = flawOf(err)
	return r
}

func (f *following) record(ctx context.Context, p *parts) error {
	events, err := readAll[event.Event](p.all.items)
	if err != nil {
		return err
	}
	for i := range events {
		events[i].HostID = f.ID
	}
	return f.to.Record(ctx, events, f.markOf(p))
}

// markOf is the mark of a push, under the id of this host; nil when it has none.
func (f *following) markOf(p *parts) *host.Mark {
	if p.Mark == nil {
		return nil
	}
	return &host.Mark{HostID: f.ID, Source: p.Mark.Source, Value: p.Mark.Value}
}

func (f *following) copied(ctx context.Context, p *parts) error {
	if p.Copy == nil {
		return fault.New(fault.Invalid, "a copy has no head")
	}
	bans, err := readAll[host.PastBan](p.all.items)
	if err != nil {
		return err
	}
	return f.to.Copy(ctx, host.Copied{HostID: f.ID, SeenAt: p.Copy.SeenAt, Gap: p.Copy.Gap, Bans: bans, Mark: f.markOf(p)})
}

func (f *following) reconcile(ctx context.Context, p *parts) error {
	if p.List == nil {
		return fault.New(fault.Invalid, "a list has no head")
	}
	bans, err := readAll[host.Ban](p.all.items)
	if err != nil {
		return err
	}
	return f.to.Reconcile(ctx, host.BanList{
		HostID: f.ID, Jail: p.List.Jail, TakenAt: p.List.TakenAt, Complete: p.List.Complete, Gone: p.List.Gone, Bans: bans,
	})
}
