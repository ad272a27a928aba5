package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"sync/atomic"
	"time"

	"bangui/internal/event"
	"bangui/internal/fault"
	"bangui/internal/host"

	"github.com/danielgtaylor/huma/v2"
)

// Event is one event of the stream.
type Event struct {
	ID         *string `json:"id" doc:"null for passing events (found), which can't be resumed."`
	Kind       string  `json:"kind" enum:"ban,unban,found,jail,host,notice"`
	At         string  `json:"at" format:"date-time"`
	Host       string  `json:"host"`
	Jail       *string `json:"jail"`
	Address    *string `json:"address"`
	BannedAt   *string `json:"banned_at" format:"date-time"`
	BanSeconds *int64  `json:"ban_seconds"`
	ExpiresAt  *string `json:"expires_at" format:"date-time"`
	BanCount   *int    `json:"ban_count"`
	Failures   *int    `json:"failures"`
	Restored   bool    `json:"restored" doc:"fail2ban put the ban back after its restart."`
	Origin     *string `json:"origin"`
	Actor      *string `json:"actor"`
	Reason     *string `json:"reason"`
	EndReason  *string `json:"end_reason"`
	State      *string `json:"state"`
	Detail     *string `json:"detail"`
	Count      int     `json:"count" doc:"How many failures a found event stands for."`
}

// Hello is the first event of a stream.
type Hello struct {
	Version string `json:"version"`
	Resumed bool   `json:"resumed"`
	Reset   bool   `json:"reset" doc:"What came after the last id is not kept any more: fetch everything again."`
}

// Counters are the counters of a host, at most once a second and only when they changed.
type Counters struct {
	Host   string         `json:"host"`
	AsOf   *string        `json:"as_of" format:"date-time"`
	State  string         `json:"state"`
	Totals Totals         `json:"totals"`
	Jails  []JailCounters `json:"jails"`
}

// JailCounters are the counters of one jail.
type JailCounters struct {
	Name            string `json:"name"`
	State           string `json:"state"`
	CurrentlyBanned int    `json:"currently_banned"`
	TotalBanned     int    `json:"total_banned"`
	CurrentlyFailed int    `json:"currently_failed"`
	TotalFailed     int    `json:"total_failed"`
}

// Bounds of streams. A browser that does not read for writeFor is cut off and comes
// back; what it missed is in the store.
const (
	maxStreams  = 200
	streamQueue = 256
	writeFor    = 10 * time.Second
	beatEvery   = 15 * time.Second
	countEvery  = time.Second
	catchUpPage = 500
	maxReplayed = 100
)

// streams counts those that are open.
type streams struct{ open atomic.Int64 }

// registerEvents adds the stream by hand: the library's own needs integer ids.
func (a *API) registerEvents(mux *http.ServeMux) {
	r := route{
		method: http.MethodGet, path: "/api/v1/events", id: "streamEvents", summary: "What happens, as server-sent events", tag: "events",
		permission: read, class: classRead,
	}
	a.routes = append(a.routes, r)
	mux.HandleFunc(r.method+" "+r.path, a.streamEvents)
	schemas := a.huma.OpenAPI().Components.Schemas
	oneOf := []*huma.Schema{
		schemas.Schema(reflect.TypeFor[Event](), true, ""), schemas.Schema(reflect.TypeFor[Hello](), true, ""), schemas.Schema(reflect.TypeFor[Counters](), true, ""),
	}
	zero, most := 0.0, float64(maxReplayed)
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Tags: []string{r.tag},
		Parameters: []*huma.Param{
			{Name: "Last-Event-ID", In: "header", Schema: &huma.Schema{Type: "string"}, Description: "Resume after this event."},
			{Name: "last_event_id", In: "query", Schema: &huma.Schema{Type: "string"}, Description: "The same, where headers can't be set."},
			{Name: "replay", In: "query", Schema: &huma.Schema{Type: "integer", Minimum: &zero, Maximum: &most}, Description: "Send the newest n recorded events first."},
		},
		Responses: map[string]*huma.Response{"200": {
			Description: "A stream; each event's name is its kind, or hello, or counters.",
			Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{OneOf: oneOf}}},
		}},
	})
}

func (a *API) streamEvents(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	if a.streams.open.Add(1) > maxStreams {
		a.streams.open.Add(-1)
		w.Header().Set("Retry-After", "5")
		writeProblem(w, newProblem(ctx, fault.Unavailable, "Too many event streams are open."))
		return
	}
	defer a.streams.open.Add(-1)
	after, replay, err := streamStart(r)
	if err != nil {
		writeProblem(w, a.problem(ctx, err))
		return
	}
	sub, err := a.Bus.Subscribe(streamQueue) // before the store is read: no gap
	if err != nil {
		writeProblem(w, a.problem(ctx, err))
		return
	}
	defer sub.Close()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no")
	s := &stream{api: a, out: w, control: http.NewResponseController(w)}
	if err := s.serve(ctx, sub, after, replay); err != nil && ctx.Err() == nil {
		a.Logger.DebugContext(ctx, "an event stream ended", "request_id", requestID(ctx), "error", err)
	}
}

// streamStart reads where a stream begins: after an id, or with a replay.
func streamStart(r *http.Request) (after int64, replay int, err error) {
	query := r.URL.Query()
	for name := range query {
		if name != "last_event_id" && name != "replay" {
			return 0, 0, fault.New(fault.Invalid, "there is no parameter %q", name)
		}
	}
	text := r.Header.Get("Last-Event-ID")
	if text == "" {
		text = query.Get("last_event_id")
	}
	if text != "" {
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return 0, 0, fault.New(fault.Invalid, "the last event id is not one of ours")
		}
	}
	if text := query.Get("replay"); text != "" {
		if replay, err = strconv.Atoi(text); err != nil || replay < 0 || replay > maxReplayed {
			return 0, 0, fault.New(fault.Invalid, "replay is a number from 0 to %d", maxReplayed)
		}
	}
	return after, replay, nil
}

// stream writes events to one browser.
type stream struct {
	api     *API
	out     http.ResponseWriter
	control *http.ResponseController
	sent    int64 // id of the last recorded event that was sent
	counted []byte
}

func (s *stream) serve(ctx context.Context, sub *event.Subscription, after int64, replay int) error {
	if err := s.begin(ctx, after, replay); err != nil {
		return err
	}
	beat, count := time.NewTicker(beatEvery), time.NewTicker(countEvery)
	defer beat.Stop()
	defer count.Stop()
	for {
		if err := s.next(ctx, sub, beat.C, count.C); err != nil {
			return err
		}
	}
}

func (s *stream) next(ctx context.Context, sub *event.Subscription, beat, count <-chan time.Time) error {
	select {
	case <-ctx.Done():
		return errors.Join(s.write(": the server is stopping\nretry: 1000\n\n"), ctx.Err())
	case e, ok := <-sub.C:
		if !ok {
			return fmt.Errorf("the reader was too slow")
		}
		return s.event(e)
	case <-beat:
		return s.write(": beat\n\n")
	case <-count:
		return s.counters()
	}
}

// begin says hello and sends what came before now, each recorded event once.
func (s *stream) begin(ctx context.Context, after int64, replay int) error {
	oldest, newest, err := s.api.Archive.EventRange(ctx)
	if err != nil {
		return err
	}
	hello := Hello{Version: s.api.Version, Resumed: after > 0}
	if after > newest || after > 0 && after < oldest-1 {
		hello.Reset, hello.Resumed, after = true, false, 0
	}
	s.sent = newest
	if err := s.write("retry: 2000\n\n"); err != nil {
		return err
	}
	if err := s.send("hello", "", hello); err != nil {
		return err
	}
	if after > 0 {
		s.sent = after
		return s.catchUp(ctx)
	}
	return s.replay(ctx, replay)
}

func (s *stream) replay(ctx context.Context, n int) error {
	if n > 0 {
		events, err := s.api.Archive.LastEvents(ctx, n)
		if err != nil {
			return err
		}
		if len(events) > 0 {
			s.sent = events[0].ID - 1
		}
		for _, e := range events {
			if err := s.event(e); err != nil {
				return err
			}
		}
	}
	return s.counters()
}

// catchUp sends what was recorded after the last event that was sent.
func (s *stream) catchUp(ctx context.Context) error {
	for {
		events, err := s.api.Archive.EventsAfter(ctx, s.sent, catchUpPage)
		if err != nil {
			return err
		}
		for _, e := range events {
			if err := s.event(e); err != nil {
				return err
			}
		}
		if len(events) < catchUpPage {
			return s.counters()
		}
	}
}

// event sends one event, unless it was sent while catching up.
func (s *stream) event(e event.Event) error {
	if e.ID == 0 {
		return s.send(string(e.Kind), "", s.api.eventOf(e))
	}
	if e.ID <= s.sent {
		return nil
	}
	s.sent = e.ID
	return s.send(string(e.Kind), strconv.FormatInt(e.ID, 10), s.api.eventOf(e))
}

// counters sends each host's counters when they are others than the last time.
func (s *stream) counters() error {
	var all []Counters
	for _, h := range s.api.Hosts.All() {
		all = append(all, s.api.countersOf(h))
	}
	body, err := json.Marshal(all)
	if err != nil || bytes.Equal(body, s.counted) {
		return err
	}
	s.counted = body
	for _, c := range all {
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

func (a *API) eventOf(e event.Event) Event {
	out := Event{
		Kind: string(e.Kind), At: stamp(e.At), Host: a.Hosts.Alias(e.HostID), Jail: orNull(e.Jail), Address: orNull(e.Address),
		BanCount: orNull(e.BanCount), Failures: orNull(e.Failures), Restored: e.Restored, Origin: orNull(string(e.Origin)),
		Actor: orNull(e.Actor), Reason: orNull(e.Reason), EndReason: orNull(string(e.EndReason)),
		State: orNull(e.State), Detail: orNull(e.Detail), Count: max(1, e.Count),
	}
	if e.ID > 0 {
		id := strconv.FormatInt(e.ID, 10)
		out.ID = &id
	}
	if !e.BannedAt.IsZero() {
		out.BannedAt, out.BanSeconds, out.ExpiresAt = stampOrNull(e.BannedAt), &e.BanSeconds, stampOrNull(e.Expires())
	}
	return out
}

func (a *API) countersOf(h host.Host) Counters {
	s := h.State()
	c := Counters{Host: a.Hosts.Alias(s.ID), State: string(s.Reach), Totals: totalsOf(s)}
	c.Jails = mapAll(h.Jails(), func(j host.Jail) JailCounters {
		return JailCounters{
			Name: j.Name, State: string(j.State), CurrentlyBanned: j.CurrentlyBanned, TotalBanned: j.TotalBanned,
			CurrentlyFailed: j.CurrentlyFailed, TotalFailed: j.TotalFailed,
		}
	})
	if s.Reach != host.Online { // while it is, every second would be a change
		c.AsOf = stampOrNull(s.AsOf)
	}
	return c
}
