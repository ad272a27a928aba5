package helper

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"sync"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/host"
)

// What the helper asks of the console that follows.
const (
	askRecord    = "record"
	askReconcile = "reconcile"
	askMark      = "mark_of"
	askOpenJails = "open_jails"
	askCopy      = "copy"
	askAlive     = "ping"
)

// push is one thing that the helper asks of the console that follows. The events or
// bans of one push may come in pieces; it is carried out when the last has come, all
// of it in one transaction.
type push struct {
	Number uint64            `json:"number"`
	Ask    string            `json:"ask"`
	Source string            `json:"source,omitempty"` // mark_of
	Mark   *mark             `json:"mark,omitempty"`   // record, copy
	List   *listHead         `json:"list,omitempty"`   // reconcile
	Copy   *copyHead         `json:"copy,omitempty"`   // copy
	Items  []json.RawMessage `json:"items,omitempty"`  // events or bans
	More   bool              `json:"more,omitempty"`
}

// mark is host.Mark without the host: the console gives its hosts their ids.
type mark struct {
	Source string `json:"source"`
	Value  string `json:"value"`
}

// listHead is host.BanList without its bans.
type listHead struct {
	Jail     string    `json:"jail"`
	TakenAt  time.Time `json:"taken_at"`
	Complete bool      `json:"complete"`
	Gone     bool      `json:"gone"`
}

// copyHead is host.Copied without its bans and its mark.
type copyHead struct {
	SeenAt time.Time `json:"seen_at"`
	Gap    *host.Gap `json:"gap,omitempty"`
}

// receipt is the console's answer to a push: it is stored, or why not.
type receipt struct {
	Number uint64   `json:"number"`
	Flaw   *flaw    `json:"flaw,omitempty"`
	Value  string   `json:"value,omitempty"` // mark_of
	Jails  []string `json:"jails,omitempty"` // open_jails
}

// watch runs the host for as long as ctx lives: for the console that follows, and for
// nobody while there is none. A new run begins where the console's marks say.
func (s *Server) watch(ctx context.Context) {
	var now *follower
	for ctx.Err() == nil {
		began := time.Now()
		now = s.watchFor(ctx, now)
		if time.Since(began) < 5*s.times.rest {
			rest(ctx, s.times.rest) // a run begins with fail2ban's programs: who comes and goes must not keep them busy
		}
	}
	if now != nil {
		close(now.left)
	}
}

// watchFor runs the host for one follower until he is gone, or for nobody until
// somebody comes, and returns who is next.
func (s *Server) watchFor(ctx context.Context, now *follower) (next *follower) {
	run, stop := context.WithCancel(ctx)
	var task sync.WaitGroup
	var gone <-chan struct{}
	waiting := s.next
	var to host.Recorder = nobody{}
	if now != nil {
		gone, waiting, to = now.gone, nil, now
	}
	task.Go(func() { _ = s.Host.Run(run, to) }) // it ends with run
	select {
	case <-ctx.Done():
	case <-gone:
	case next = <-waiting:
	}
	stop()
	task.Wait()
	if now != nil {
		close(now.left)
	}
	return next
}

// nobody records nothing: the host is watched all the same, so that reads are answered.
type nobody struct{}

func (nobody) Record(context.Context, []event.Event, *host.Mark) error { return nil }
func (nobody) Reconcile(context.Context, host.BanList) error           { return nil }
func (nobody) MarkOf(context.Context, string, string) (string, error)  { return "", nil }
func (nobody) OpenJails(context.Context, string) ([]string, error)     { return nil, nil }

// Copy refuses: fail2ban's database keeps its rows until somebody stores them.
func (nobody) Copy(context.Context, host.Copied) error {
	return fault.New(fault.Unavailable, "no console follows")
}

// follow hands what the host observes to one console until that one is gone. There is
// one at a time: two would each get half of the marks.
func (s *Server) follow(ctx context.Context, c *client, r request) {
	if err := s.claim(c); err != nil {
		c.log.WarnContext(ctx, "a console may not follow", "error", err)
		s.tell(ctx, c, result{}, err)
		return
	}
	defer s.release()
	if _, err := parameters[nothing](r.Params); err != nil {
		s.tell(ctx, c, result{}, err)
		return
	}
	if !s.tell(ctx, c, result{}, nil) {
		return
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	f := &follower{client: c, times: s.times, gone: ctx.Done(), left: make(chan struct{}), waiting: map[uint64]chan receipt{}}
	select {
	case s.next <- f:
	case <-ctx.Done():
		return
	}
	c.log.InfoContext(ctx, "a console follows")
	var tasks sync.WaitGroup
	tasks.Go(func() {
		defer end()
		f.keepAlive(ctx)
	})
	f.receipts(ctx)
	end()
	tasks.Wait()
	<-f.left
	c.log.InfoContext(ctx, "a console no longer follows")
}

func (s *Server) claim(c *client) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.following != "" {
		return fault.New(fault.Conflict, "another console follows this machine already (%s)", s.following).
			WithMend("Run one console for each machine, or end the other one.")
	}
	s.following = "since " + time.Now().Format(time.DateTime)
	if peer, err := peerOf(c.conn); err == nil {
		s.following = strings.Join([]string{"process", strconv.Itoa(int(peer.Pid)), "of user", strconv.Itoa(int(peer.Uid)), s.following}, " ")
	}
	return nil
}

func (s *Server) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.following = ""
}

// follower is the console as a host.Recorder: each call goes over its connection and
// succeeds when the console has said so.
type follower struct {
	*client
	times times
	gone  <-chan struct{} // closed when the connection is
	left  chan struct{}   // closed when the host no longer runs for it

	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan receipt
}

// Record hands over events and mark; see host.Recorder.
func (f *follower) Record(ctx context.Context, events []event.Event, at *host.Mark) error {
	bare := make([]event.Event, len(events))
	for i, e := range events {
		e.HostID = ""
		bare[i] = e
	}
	items, err := rawAll(bare)
	if err != nil {
		return err
	}
	p := push{Ask: askRecord}
	if at != nil {
		p.Mark = &mark{at.Source, at.Value}
	}
	_, err = f.ask(ctx, p, items)
	return err
}

// Reconcile hands over a list; see host.Recorder.
func (f *follower) Reconcile(ctx context.Context, list host.BanList) error {
	items, err := rawAll(list.Bans)
	if err != nil {
		return err
	}
	_, err = f.ask(ctx, push{Ask: askReconcile, List: &listHead{list.Jail, list.TakenAt, list.Complete, list.Gone}}, items)
	return err
}

// MarkOf asks for a mark; see host.Recorder.
func (f *follower) MarkOf(ctx context.Context, _, source string) (string, error) {
	r, err := f.ask(ctx, push{Ask: askMark, Source: source}, nil)
	return r.Value, err
}

// OpenJails asks which jails have open bans; see host.Recorder.
func (f *follower) OpenJails(ctx context.Context, _ string) ([]string, error) {
	r, err := f.ask(ctx, push{Ask: askOpenJails}, nil)
	return r.Jails, err
}

// Copy hands over rows of fail2ban's database; see host.Recorder.
func (f *follower) Copy(ctx context.Context, c host.Copied) error {
	items, err := rawAll(c.Bans)
	if err != nil {
		return err
	}
	p := push{Ask: askCopy, Copy: &copyHead{c.SeenAt, c.Gap}}
	if c.Mark != nil {
		p.Mark = &mark{c.Mark.Source, c.Mark.Value}
	}
	_, err = f.ask(ctx, p, items)
	return err
}

// ask sends a push in as many frames as it needs and waits for its receipt.
func (f *follower) ask(ctx context.Context, p push, items []json.RawMessage) (receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, f.times.ack)
	defer cancel()
	answered := make(chan receipt, 1)
	f.mu.Lock()
	f.last++
	p.Number = f.last
	f.waiting[p.Number] = answered
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.waiting, p.Number)
		f.mu.Unlock()
	}()
	pieces := pack(items)
	for i, piece := range pieces {
		p.Items, p.More = piece, i < len(pieces)-1
		if err := f.send(p); err != nil {
			_ = f.conn.Close() // half a push is nothing that can be taken back
			return receipt{}, fault.Wrap(err, fault.Unavailable, "the console does not take what fail2ban did")
		}
	}
	select {
	case r := <-answered:
		return r, r.Flaw.err()
	case <-f.gone:
		return receipt{}, fault.New(fault.Unavailable, "the console is gone")
	case <-ctx.Done():
		return receipt{}, fault.Wrap(ctx.Err(), fault.Unavailable, "the console did not say that it stored what fail2ban did")
	}
}

// receipts hands each receipt to whoever waits for it, until the connection ends or
// brings something else.
func (f *follower) receipts(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case frame := <-f.frames:
			var r receipt
			if err := decode(frame, &r); err != nil {
				f.log.WarnContext(ctx, "a console that follows is dropped", "error", err)
				return
			}
			f.mu.Lock()
			answered := f.waiting[r.Number]
			delete(f.waiting, r.Number)
			f.mu.Unlock()
			if answered != nil {
				answered <- r
			}
		}
	}
}

// keepAlive asks again and again whether the console lives, and returns when it
// does not: then another one may follow.
func (f *follower) keepAlive(ctx context.Context) {
	tick := time.NewTicker(f.times.ping)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		asking, cancel := context.WithTimeout(ctx, f.times.silent)
		_, err := f.ask(asking, push{Ask: askAlive}, nil)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				f.log.WarnContext(ctx, "the console that follows does not answer", "error", err)
			}
			return
		}
	}
}
