package helper

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"bangui/internal/fault"
	"bangui/internal/host"
)

// Options are what a Server works with.
type Options struct {
	// Host is what may be asked. It is a Guard, so that nobody forgets it.
	Host    *host.Guard
	Allow   Allowed
	Version string // of BanGUI, for hellos
	Logger  *slog.Logger
}

// Server answers at a Unix socket what a Guard lets through. It is safe against
// whoever may connect: frames are bounded, slow peers are dropped, a request that
// panics takes nothing along.
type Server struct {
	Options
	times times
	verbs map[string]verb
	work  chan struct{} // a slot for each request at work
	next  chan *follower

	mu        sync.Mutex
	following string // who follows; "" = nobody
}

// New returns a server that serves nobody yet.
func New(o Options) *Server {
	return &Server{Options: o, times: standardTimes(), verbs: verbs(), work: make(chan struct{}, maxWork), next: make(chan *follower)}
}

// Run watches the host and serves connections until ctx ends; requests at work then
// have 5 s to come to their end. It closes the listener. It returns nil, or why the
// listener broke.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	work, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	var tasks sync.WaitGroup
	tasks.Go(func() { s.watch(ctx) })
	tasks.Go(func() {
		<-ctx.Done()
		_ = listener.Close() // which ends accept
	})
	err := s.accept(ctx, work, listener)
	stop()
	late := time.AfterFunc(s.times.drain, abort)
	defer late.Stop()
	tasks.Wait()
	return err
}

// accept serves each connection until ctx ends, and waits for those that are left.
func (s *Server) accept(ctx, work context.Context, listener net.Listener) error {
	var conns sync.WaitGroup
	defer conns.Wait()
	slots := make(chan struct{}, maxConns)
	for {
		conn, err := listener.Accept()
		if ctx.Err() != nil {
			if err == nil {
				_ = conn.Close()
			}
			return nil
		}
		if err != nil {
			if !passing(err) {
				return fault.Wrap(err, fault.Internal, "the helper's socket broke")
			}
			s.Logger.WarnContext(ctx, "a connection was not accepted", "error", err)
			rest(ctx, 100*time.Millisecond)
			continue
		}
		select {
		case slots <- struct{}{}:
			conns.Go(func() {
				defer func() { <-slots }()
				s.serve(ctx, work, conn)
			})
		default:
			s.refuse(s.wire(conn), fault.New(fault.TooMany, "the helper serves %d connections already", maxConns).WithMend("Try again in a moment."))
		}
	}
}

// passing reports whether accepting may work again: the process has no descriptor free.
func passing(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) || errors.Is(err, syscall.ENOMEM) || errors.Is(err, syscall.ECONNABORTED)
}

func (s *Server) wire(conn net.Conn) *wire {
	return &wire{conn: conn, in: maxRequest, out: maxAnswer, frame: s.times.frame}
}

// refuse says why we don't talk, and hangs up.
func (s *Server) refuse(w *wire, why error) {
	_ = w.send(hello{Protocol: Protocol, Version: s.Version, Refusal: flawOf(why)}) // it may be gone
	_ = w.conn.Close()
}

// client is one connection that passed the door.
type client struct {
	*wire
	frames chan []byte
	log    *slog.Logger
}

// serve answers one connection until it ends.
func (s *Server) serve(ctx, work context.Context, conn net.Conn) {
	defer conn.Close()
	w := s.wire(conn)
	peer, err := peerOf(conn)
	if err != nil || !s.Allow.permits(peer) {
		s.Logger.WarnContext(ctx, "a connection was refused", "uid", peer.Uid, "gid", peer.Gid, "pid", peer.Pid, "error", err)
		s.refuse(w, fault.New(fault.PermissionDenied, "user %d may not use the helper", peer.Uid).
			WithMend("Allow that user: bangui helper --allow-user %d", peer.Uid))
		return
	}
	log := s.Logger.With("uid", peer.Uid, "pid", peer.Pid)
	if err := s.greet(w); err != nil {
		log.InfoContext(ctx, "a connection was not made", "error", err)
		return
	}
	ctx, gone := context.WithCancel(ctx)
	defer gone()
	work, abort := context.WithCancel(work)
	defer abort()
	c := &client{wire: w, frames: make(chan []byte), log: log}
	var reader sync.WaitGroup
	defer reader.Wait()
	defer conn.Close() // which ends the reader
	reader.Go(func() {
		defer gone()
		defer abort()
		c.read(ctx, s.times.idle)
	})
	for {
		select {
		case <-ctx.Done():
			return
		case frame := <-c.frames:
			if !s.handle(ctx, work, c, frame) {
				return
			}
		}
	}
}

// greet exchanges hellos. A peer of another protocol is told both versions.
func (s *Server) greet(w *wire) error {
	frame, err := w.receive(s.times.hello)
	if err != nil {
		return err
	}
	var theirs hello
	if err := json.Unmarshal(frame, &theirs); err != nil { // later versions may say more
		return fault.Wrap(err, fault.Invalid, "a hello can't be read")
	}
	if len(theirs.Version) > maxVersion {
		return fault.New(fault.Invalid, "a hello has a version of %d bytes", len(theirs.Version))
	}
	if theirs.Protocol != Protocol {
		err := mismatch(side{Protocol, s.Version}, side{theirs.Protocol, theirs.Version})
		s.refuse(w, err)
		return err
	}
	return w.send(hello{Protocol: Protocol, Version: s.Version})
}

// side is what a hello says of one side.
type side struct {
	protocol int
	version  string
}

func mismatch(helper, console side) error {
	return fault.New(fault.Unsupported, "the helper (BanGUI %s) speaks protocol %d and the console (BanGUI %s) protocol %d: one of them is older",
		helper.version, helper.protocol, console.version, console.protocol).
		WithMend("Install the same version of both, then restart them: systemctl restart bangui-helper bangui")
}

// read hands on frames until the connection ends.
func (c *client) read(ctx context.Context, idle time.Duration) {
	for {
		frame, err := c.receive(idle)
		if err != nil {
			if ctx.Err() == nil && !errors.Is(err, io.EOF) {
				c.log.InfoContext(ctx, "a connection was dropped", "error", err)
			}
			return
		}
		select {
		case c.frames <- frame:
		case <-ctx.Done():
			return
		}
	}
}

// handle answers one request. It reports whether the connection goes on.
func (s *Server) handle(ctx, work context.Context, c *client, frame []byte) bool {
	var r request
	if err := decode(frame, &r); err != nil {
		c.log.WarnContext(ctx, "a request was refused", "error", err)
		return s.tell(ctx, c, result{}, err)
	}
	if len(r.ID) > maxIDBytes || len(r.Verb) > maxIDBytes {
		return s.tell(ctx, c, result{}, fault.New(fault.Invalid, "a request's id or verb is longer than %d bytes", maxIDBytes))
	}
	if r.Verb == verbFollow {
		s.follow(ctx, c, r)
		return false
	}
	v, known := s.verbs[r.Verb]
	if !known {
		c.log.WarnContext(ctx, "a request was refused", "verb", r.Verb, "request_id", r.ID)
		return s.tell(ctx, c, result{}, fault.New(fault.Invalid, "the helper knows no verb %q", r.Verb))
	}
	answered, err := s.carryOut(work, c.log, v, r)
	return s.tell(ctx, c, answered, err)
}

// carryOut does what one request asks, within its time and one of the slots.
func (s *Server) carryOut(ctx context.Context, log *slog.Logger, v verb, r request) (answered result, err error) {
	if !v.instant {
		select {
		case s.work <- struct{}{}:
			defer func() { <-s.work }()
		default:
			return result{}, fault.New(fault.TooMany, "the helper is busy with %d requests", maxWork).WithMend("Try again in a moment.")
		}
	}
	ctx, cancel := context.WithTimeout(host.WithRequestID(ctx, r.ID), s.times.work)
	defer cancel()
	began := time.Now()
	defer func() {
		if p := recover(); p != nil {
			err = fault.Wrap(fmt.Errorf("panic: %v\n%s", p, debug.Stack()), fault.Internal, "the helper failed")
		}
		note(ctx, log, r, v.changes, outcome{began, err})
	}()
	return v.ask(ctx, s.Host, r.Params)
}

// note writes what became of a request into the log: changes always, reads for whoever
// looks closely, our own failures as errors.
func note(ctx context.Context, log *slog.Logger, r request, changes bool, outcome outcome) {
	level := slog.LevelDebug
	switch {
	case fault.Is(outcome.err, fault.Internal):
		level = slog.LevelError
	case changes:
		level = slog.LevelInfo
	}
	if !log.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("verb", r.Verb), slog.String("request_id", r.ID), slog.String("params", shortened(string(r.Params))),
		slog.Duration("duration", time.Since(outcome.began).Round(time.Millisecond)),
	}
	if outcome.err != nil {
		attrs = append(attrs, slog.Any("error", outcome.err))
	}
	log.LogAttrs(ctx, level, "a request was answered", attrs...)
}

// outcome is when a request began and how it ended.
type outcome struct {
	began time.Time
	err   error
}

// tell sends an answer, in pieces where it is long.
func (s *Server) tell(ctx context.Context, c *client, answered result, err error) bool {
	if err != nil {
		return c.send(answer{Flaw: flawOf(err)}) == nil
	}
	first := answer{}
	if answered.value != nil {
		raw, err := json.Marshal(answered.value)
		if err != nil {
			return c.send(answer{Flaw: flawOf(err)}) == nil
		}
		first.Value = raw
	}
	pieces := pack(answered.items)
	for i, piece := range pieces {
		first.Items, first.More = piece, i < len(pieces)-1
		if err := c.send(first); err != nil {
			c.log.InfoContext(ctx, "an answer was not taken", "error", err)
			return false
		}
		first.Value = nil
	}
	return true
}

// rest waits for d or for the end of ctx.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
