package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"bangui/internal/event"
)

// Bounds of streams. A browser that does not read for writeFor is cut off and comes
// back; what it missed is in the store.
const (
	streamQueue = 256
	writeFor    = 10 * time.Second
	beatEvery   = 15 * time.Second
	countEvery  = time.Second
	checkEvery  = 3 * time.Second // whether the reader may still read, which another process may have changed
	catchUpPage = 500
	maxReplayed = 100
)

func (a *API) streamEvents(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	leave, err := a.streams.enter(principalOf(ctx).User.ID, sourceOf(callerOf(ctx)))
	if err != nil {
		writeProblem(w, a.problem(ctx, err))
		return
	}
	defer leave()
	from, err := a.streamStart(r)
	if err != nil {
		writeProblem(w, a.problem(ctx, err))
		return
	}
	s := &stream{api: a, out: w, control: http.NewResponseController(w), counted: map[string][]byte{}}
	if s.sub, err = a.Bus.Subscribe(streamQueue); err != nil { // before the store is read: no gap
		writeProblem(w, a.problem(ctx, err))
		return
	}
	defer func() { s.sub.Close() }() // the one that it has then
	hello, err := s.place(ctx, from)
	if err != nil {
		writeProblem(w, a.problem(ctx, err))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	if r.Method == http.MethodHead {
		return
	}
	err = s.serve(ctx, hello)
	if ctx.Err() != nil { // the server stops, or the browser left
		err = s.write(": the server is stopping\nretry: 1000\n\n")
	}
	if err != nil {
		a.Logger.DebugContext(ctx, "an event stream ended", "request_id", requestID(ctx), "error", err)
	}
}

// start is where a stream begins: after an id, or with the newest few.
type start struct {
	after  int64 // none = from now on
	replay int
}

const none int64 = -1

func (a *API) streamStart(r *http.Request) (start, error) {
	from := start{after: none}
	query, err := oneOfEach(r.URL.RawQuery, func(name string) bool { return name == "last_event_id" || name == "replay" })
	if err != nil {
		return from, a.badQuery(r.Context(), err)
	}
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = query.Get("last_event_id")
	}
	if text != "" {
		if from.after, err = strconv.ParseInt(text, 10, 64); err != nil || from.after < 0 {
			return from, a.badField(r.Context(), "last_event_id", errors.New("it is not the id of an event"))
		}
	}
	if text := query.Get("replay"); text != "" {
		if from.replay, err = strconv.Atoi(text); err != nil || from.replay < 0 || from.replay > maxReplayed {
			return from, a.badField(r.Context(), "replay", fmt.Errorf("it is a number from 0 to %d", maxReplayed))
		}
	}
	return from, nil
}

// stream writes events to one browser.
type stream struct {
	api     *API
	out     http.ResponseWriter
	control *http.ResponseController
	sub     *event.Subscription
	sent    int64             // id of the last recorded event that was sent, or need not be
	counted map[string][]byte // by host: the counters that were sent last
	changed <-chan struct{}   // closed when somebody may have lost a right
	checked time.Time         // when that was last looked at
}

// place finds the event after which the stream goes on, and what to say of it.
func (s *stream) place(ctx context.Context, from start) (Hello, error) {
	hello := Hello{Version: s.api.Version}
	oldest, newest, err := s.api.Archive.EventRange(ctx)
	if err != nil {
		return hello, err
	}
	s.sent = newest
	switch {
	case from.after > newest, from.after != none && from.after < oldest-1:
		hello.Reset = true
	case from.after != none:
		hello.Resumed, s.sent = true, from.after
	case from.replay > 0:
		events, err := s.api.Archive.LastEvents(ctx, from.replay)
		if err != nil {
			return hello, err
		}
		if len(events) > 0 {
			s.sent = events[0].ID - 1
		}
	}
	return hello, nil
}

func (s *stream) serve(ctx context.Context, hello Hello) error {
	if err := s.mayStill(ctx); err != nil {
		return err
	}
	if err := s.begin(ctx, hello); err != nil {
		return err
	}
	beat, count, check := time.NewTicker(beatEvery), time.NewTicker(countEvery), time.NewTicker(checkEvery)
	defer beat.Stop()
	defer count.Stop()
	defer check.Stop()
	for {
		if err := s.next(ctx, ticks{beat.C, count.C, check.C}); err != nil {
			return err
		}
	}
}

// begin says hello, with an id from which it can be resumed though nothing happens, and
// sends what came before now.
func (s *stream) begin(ctx context.Context, hello Hello) error {
	if err := s.write("retry: 2000\n\n"); err != nil {
		return err
	}
	if err := s.send("hello", strconv.FormatInt(s.sent, 10), hello); err != nil {
		return err
	}
	if err := s.catchUp(ctx); err != nil {
		return err
	}
	return s.counters()
}

// ticks say what is due.
type ticks struct{ beat, count, check <-chan time.Time }

// mayStill ends the stream of a reader whose session or token ended, or who was disabled.
// The channel is taken before it is asked: no change falls between.
func (s *stream) mayStill(ctx context.Context) error {
	s.changed, s.checked = s.api.Accounts.Changed(), time.Now()
	return s.api.Accounts.Check(ctx, principalOf(ctx))
}

// mayReadOn is mayStill where there is a reason to look. A long past is sent without a
// pause, and a reader who is slow could else draw it out for as long as he likes.
func (s *stream) mayReadOn(ctx context.Context) error {
	select {
	case <-s.changed:
		return s.mayStill(ctx)
	default:
	}
	if time.Since(s.checked) < checkEvery {
		return nil
	}
	return s.mayStill(ctx)
}

func (s *stream) next(ctx context.Context, due ticks) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case e, ok := <-s.sub.C:
		if !ok {
			return s.rejoin(ctx)
		}
		return s.event(ctx, e)
	case <-s.changed:
		return s.mayStill(ctx)
	case <-due.check:
		return s.mayStill(ctx)
	case <-due.beat:
		return s.write(": beat\n\n")
	case <-due.count:
		return s.counters()
	}
}

// rejoin goes on after the bus dropped us, because more came at once than our queue
// holds: what was recorded is in the store. Who reads too slowly is cut by the deadline
// of a write.
func (s *stream) rejoin(ctx context.Context) error {
	sub, err := s.api.Bus.Subscribe(streamQueue)
	if err != nil {
		return err
	}
	s.sub = sub
	return s.catchUp(ctx)
}

// catchUp sends what was recorded after the last event that was sent.
func (s *stream) catchUp(ctx context.Context) error {
	for {
		events, err := s.api.Archive.EventsAfter(ctx, s.sent, catchUpPage)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := s.mayReadOn(ctx); err != nil {
				return err
			}
			if err := s.recorded(e); err != nil {
				return err
			}
		}
		if len(events) < catchUpPage {
			return nil
		}
	}
}

// event sends one event of the bus. Writers tell it what they recorded after their
// transactions, so a later event can come first: then the store has both in order.
func (s *stream) event(ctx context.Context, e event.Event) error {
	switch {
	case e.ID == 0:
		return s.send(string(e.Kind), "", s.api.eventOf(e))
	case e.ID <= s.sent:
		return nil
	case e.ID > s.sent+1:
		return s.catchUp(ctx)
	default:
		return s.recorded(e)
	}
}

func (s *stream) recorded(e event.Event) error {
	s.sent = e.ID
	return s.send(string(e.Kind), strconv.FormatInt(e.ID, 10), s.api.eventOf(e))
}

// counters sends the counters of each host where they are others than the last time. How
// old they are is told and makes no difference: it changes each second.
func (s *stream) counters() error {
	for _, h := range s.api.Hosts.All() {
		c := s.api.countersOf(h)
		asOf := c.AsOf
		c.AsOf = nil
		body, err := json.Marshal(c)
		if err != nil {
			return err
		}
		if bytes.Equal(body, s.counted[c.Host]) {
			continue
		}
		s.counted[c.Host] = body
		c.AsOf = asOf
		if err := s.send("counters", "", c); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) send(name, id string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	b.WriteString("event: " + name + "\n")
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("data: ")
	b.Write(body) // JSON has no line breaks
	b.WriteString("\n\n")
	return s.write(b.String())
}

func (s *stream) write(text string) error {
	// A writer without deadlines, in a test, needs none.
	_ = s.control.SetWriteDeadline(time.Now().Add(writeFor))
	if _, err := s.out.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
