package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bangui/internal/api"
	"bangui/internal/auth"
	"bangui/internal/event"
	"bangui/internal/fail2ban/fail2bantest"
	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/store/storetest"
)

func itoa(i int) string { return strconv.Itoa(i) }

// streamPatience bounds a wait for what must come.
const streamPatience = time.Minute

// lines reads a stream to its end, within a deadline.
func (d *desk) lines(query string) <-chan string {
	d.t.Helper()
	return d.linesAs(query, as(d.cookie))
}

// linesAs reads as who shows what the header has.
func (d *desk) linesAs(query string, shown http.Header) <-chan string {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*streamPatience)
	d.t.Cleanup(cancel)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/api/v1/events"+query, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	request.Header = shown.Clone()
	answer, err := (&http.Client{}).Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	all := make(chan string, 10_000)
	go func() {
		defer close(all)
		defer answer.Body.Close()
		for in := bufio.NewScanner(answer.Body); in.Scan(); {
			all <- in.Text()
		}
	}()
	return all
}

// until is every line up to one that holds text.
func until(t *testing.T, lines <-chan string, text string) []string {
	t.Helper()
	var seen []string
	for deadline := time.After(streamPatience); ; {
		select {
		case line, ok := <-lines:
			if !ok {
				t.Fatalf("the stream ended before %q: %q", text, last(seen, 5))
			}
			if seen = append(seen, line); strings.Contains(line, text) {
				return seen
			}
		case <-deadline:
			t.Fatalf("%q did not come: %q", text, last(seen, 5))
		}
	}
}

func last[T any](all []T, n int) []T { return all[max(0, len(all)-n):] }

// A stopping server tells each stream once, and the stream ends at once.
func TestEvents_EndWithTheServer(t *testing.T) {
	d := openDesk(t)
	lines := d.lines("")
	until(t, lines, "event: hello")
	d.stop()
	told := 0
	for deadline := time.After(streamPatience); ; {
		select {
		case line, ok := <-lines:
			if !ok {
				if told != 1 {
					t.Errorf("told %d times that it stops", told)
				}
				return
			}
			if strings.HasPrefix(line, ": the server is stopping") {
				told++
			}
			if told > 10 {
				t.Fatal("it tells again and again that it stops, and does not")
			}
		case <-deadline:
			t.Fatal("the stream goes on")
		}
	}
}

// Two writers can commit in one order and tell in the other; both events come, in the
// order of their ids.
func TestEvents_ToldInTheWrongOrder(t *testing.T) {
	d := openDesk(t)
	lines := d.lines("")
	until(t, lines, "event: hello")
	quiet := event.NewBus() // recorded here, told by hand below
	writer := d.with(quiet)
	sub, err := quiet.Subscribe(10)
	if err != nil {
		t.Fatal(err)
	}
	writer.bans("sshd", 1, 2)
	first, second := <-sub.C, <-sub.C
	d.bus.Publish(second)
	d.bus.Publish(first)
	seen := until(t, lines, `"address":"10.0.0.2"`)
	if got := strings.Count(strings.Join(seen, "\n"), `"address":"10.0.0.1"`); got != 1 {
		t.Errorf("the first event came %d times before the second", got)
	}
}

// More events at once than a reader's queue holds: all come, once, on one connection.
func TestEvents_Burst(t *testing.T) {
	d := openDesk(t)
	lines := d.lines("")
	until(t, lines, "event: hello")
	const n = 3000
	d.bans("sshd", 0, n)
	seen := until(t, lines, `"address":"`+address(n-1)+`"`)
	var before int64
	count := 0
	for _, line := range seen {
		text, ok := strings.CutPrefix(line, "id: ")
		if !ok {
			continue
		}
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if id != 0 && id != before+1 {
			t.Fatalf("after %d came %d", before, id)
		}
		if before = id; id != 0 {
			count++
		}
	}
	if count != n {
		t.Errorf("%d events came of %d", count, n)
	}
}

// Whoever connects and hears nothing but hello can still resume from there.
func TestEvents_ResumeFromHello(t *testing.T) {
	d := openDesk(t)
	seen := until(t, d.lines(""), "data: ")
	if last(seen, 2)[0] != "id: 0" {
		t.Fatalf("hello has no id: %q", seen)
	}
	d.bans("sshd", 1, 1)
	seen = until(t, d.lines("?last_event_id=0&replay=5"), "event: ban")
	if text := strings.Join(seen, "\n"); !strings.Contains(text, `"resumed":true`) {
		t.Errorf("not resumed: %s", text)
	}
	d.bans("sshd", 2, 9)
	seen = until(t, d.lines("?replay=3"), `"address":"10.0.0.10"`)
	if got := strings.Count(strings.Join(seen, "\n"), "event: ban"); got != 3 {
		t.Errorf("%d events were replayed, not 3", got)
	}
}

// Counters come at once, then only when they changed, and tell how old they are.
func TestEvents_Counters(t *testing.T) {
	d := openDesk(t)
	lines := d.lines("")
	seen := until(t, lines, `"currently_banned"`)
	var c api.Counters
	if err := json.Unmarshal([]byte(strings.TrimPrefix(last(seen, 1)[0], "data: ")), &c); err != nil {
		t.Fatal(err)
	}
	if c.AsOf == nil || c.Host != "local" || len(c.Jails) != 1 {
		t.Errorf("%+v", c)
	}
	asOf := time.Now()
	d.host.change(func() { d.host.state.AsOf = asOf }) // a poll that found nothing new
	d.host.change(func() {})
	select {
	case line := <-lines:
		if line != "" {
			t.Errorf("nothing changed, but it tells %q", line)
		}
	case <-time.After(1500 * time.Millisecond):
	}
	d.host.change(func() { d.host.state.CurrentlyBanned = 7 })
	seen = until(t, lines, `"currently_banned":7`)
	if text := last(seen, 1)[0]; !strings.Contains(text, asOf.UTC().Format("2006-01-02T15:04:05.000Z")) {
		t.Errorf("the counters are of %s: %s", asOf, text)
	}
	d.host.change(func() { d.host.state.Reach, d.host.state.Detail = host.Unreachable, "gone" })
	until(t, lines, `"state":"unreachable"`)
}

// A passing event is told without an id and does not disturb the resuming.
func TestEvents_Passing(t *testing.T) {
	d := openDesk(t)
	d.bans("sshd", 1, 1)
	lines := d.lines("")
	until(t, lines, "event: hello")
	found := event.Event{HostID: storetest.HostID, Kind: event.Found, At: time.Now(), Jail: "sshd", Address: "192.0.2.9", Count: 3}
	if err := d.archive.Record(t.Context(), []event.Event{found}, nil); err != nil {
		t.Fatal(err)
	}
	seen := until(t, lines, `"kind":"found"`)
	tail := last(seen, 2)
	if tail[0] != "event: found" || !strings.Contains(tail[1], `"id":null`) || !strings.Contains(tail[1], `"count":3`) {
		t.Errorf("%q", tail)
	}
}

// Streams are bounded; whoever comes too late is told when to come again.
// Neither an account nor a place can take the streams of all the others.
func TestEvents_Bounded(t *testing.T) {
	d := openDesk(t, func(o *api.Options) { o.Rate = 1000 })
	for range 20 {
		until(t, d.lines(""), "event: hello")
	}
	full := scenario{name: "the 21st of a user", method: "GET", path: "/api/v1/events", status: 429, has: []string{`"code":"too_many"`, "ou have 20 event streams"}}
	d.run(full)
	full.name, full.header = "the same user by token", bearer(d.people.token(auth.Admin, auth.Read, nil))
	d.run(full)
	d.cookie = d.people.session(auth.Viewer, nil)
	until(t, d.lines(""), "event: hello")
	d.stop()
	fail2bantest.Until(t, "all streams ended", func() bool {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodHead, "/api/v1/events", nil) // the stop is not for this one
		request.Header = as(d.people.session(auth.Admin, nil))
		answer := httptest.NewRecorder()
		d.handler.ServeHTTP(answer, request)
		return answer.Code == http.StatusOK
	})
}

func TestEvents_Refused(t *testing.T) {
	d := openDesk(t)
	for _, c := range []scenario{
		{name: "unknown parameter", method: "GET", path: "/api/v1/events?since=1", status: 400, has: []string{`"field":"since"`}},
		{name: "id", method: "GET", path: "/api/v1/events", header: http.Header{"Last-Event-Id": {"-1"}}, status: 400, has: []string{`"code":"invalid"`}},
		{name: "broken query", method: "GET", path: "/api/v1/events?a=%zz", status: 400},
	} {
		d.run(c)
	}
	answer, body := d.send(scenario{method: "HEAD", path: "/api/v1/events"})
	if answer.StatusCode != 200 || answer.Header.Get("Content-Type") != "text/event-stream" || len(body) > 0 {
		t.Errorf("HEAD: %d %v", answer.StatusCode, answer.Header)
	}
	d.noting.err = fault.Wrap(io.ErrUnexpectedEOF, fault.DatabaseCorrupt, "the database is damaged")
	d.run(scenario{name: "no database", method: "GET", path: "/api/v1/events", status: 503, has: []string{`"code":"database_corrupt"`}, hasNot: []string{"EOF"}})
}

// stuck is a browser that reads until it holds full bytes, and then no more.
type stuck struct {
	*httptest.ResponseRecorder
	full     int
	deadline time.Time
	unbound  int // writes without a deadline
}

func (s *stuck) SetWriteDeadline(at time.Time) error {
	s.deadline = at
	return nil
}

func (s *stuck) Write(p []byte) (int, error) {
	if !s.deadline.After(time.Now()) {
		s.unbound++
	}
	if s.Body.Len()+len(p) > s.full {
		time.Sleep(time.Until(s.deadline))
		return 0, os.ErrDeadlineExceeded
	}
	return s.ResponseRecorder.Write(p)
}

// A reader that takes nothing is cut off after ten seconds; nobody waits for it.
func TestEvents_SlowReaderIsCut(t *testing.T) {
	d := openDesk(t)
	d.noting.still = true
	synctest.Test(t, func(t *testing.T) {
		d.build()
		slow := &stuck{ResponseRecorder: httptest.NewRecorder(), full: 10_000}
		ended := make(chan time.Time)
		go func() {
			d.handler.ServeHTTP(slow, d.asking(t.Context(), "/api/v1/events"))
			ended <- time.Now()
		}()
		synctest.Wait()
		began := time.Now()
		for range 100_000 { // far more than it takes; telling must not wait
			d.bus.Publish(event.Event{HostID: storetest.HostID, Kind: event.Found, At: began, Jail: "sshd", Address: "192.0.2.1"})
		}
		if told := time.Since(began); told > 0 {
			t.Errorf("telling waited %s for a reader", told)
		}
		if took := (<-ended).Sub(began); took > 10*time.Second {
			t.Errorf("it was cut after %s", took)
		}
		if slow.unbound > 0 {
			t.Errorf("%d writes had no deadline", slow.unbound)
		}
	})
}

// A quiet stream beats every 15 seconds, so that a dead connection is noticed.
func TestEvents_Beats(t *testing.T) {
	d := openDesk(t)
	d.noting.still = true
	synctest.Test(t, func(t *testing.T) {
		d.build()
		ctx, cancel := context.WithTimeout(t.Context(), 61*time.Second)
		defer cancel()
		reader := &stuck{ResponseRecorder: httptest.NewRecorder(), full: 1 << 20}
		d.handler.ServeHTTP(reader, d.asking(ctx, "/api/v1/events"))
		text := reader.Body.String()
		if got := strings.Count(text, ": beat\n\n"); got != 4 {
			t.Errorf("%d beats in a minute", got)
		}
		if got := strings.Count(text, "event: counters"); got != 1 {
			t.Errorf("counters came %d times without a change", got)
		}
		if got := strings.Count(text, "the server is stopping"); got != 1 || !strings.HasPrefix(text, "retry: 2000\n\n") {
			t.Errorf("the stream: %s", text)
		}
	})
}

// Counters that change all the time are told once a second.
func TestEvents_CountersAreBounded(t *testing.T) {
	d := openDesk(t)
	d.noting.still = true
	synctest.Test(t, func(t *testing.T) {
		d.build()
		ctx, cancel := context.WithTimeout(t.Context(), 10500*time.Millisecond)
		defer cancel()
		var busy sync.WaitGroup
		busy.Go(func() {
			for ctx.Err() == nil {
				d.host.change(func() { d.host.state.TotalFailures++ })
				time.Sleep(10 * time.Millisecond)
			}
		})
		defer busy.Wait()
		reader := &stuck{ResponseRecorder: httptest.NewRecorder(), full: 1 << 20}
		d.handler.ServeHTTP(reader, d.asking(ctx, "/api/v1/events"))
		if got := strings.Count(reader.Body.String(), "event: counters"); got != 11 {
			t.Errorf("counters came %d times in ten seconds", got)
		}
	})
}

// signingOut is a reader who loses his session after some writes, and reads on.
type signingOut struct {
	http.ResponseWriter
	left    int
	signOut func()
	after   int // writes after that
}

func (w *signingOut) Write(p []byte) (int, error) {
	switch w.left--; {
	case w.left == 0:
		w.signOut()
	case w.left < 0:
		w.after++
	}
	return len(p), nil
}

func (w *signingOut) Flush() {}

// What came before is not sent on to somebody who has lost his session meanwhile.
func TestStream_CatchingUpEndsWithTheSession(t *testing.T) {
	d := openDesk(t)
	d.bans("sshd", 0, 300)
	ctx, cancel := context.WithTimeout(t.Context(), streamPatience)
	defer cancel()
	request := d.asking(ctx, "/api/v1/events?last_event_id=1")
	w := &signingOut{ResponseWriter: httptest.NewRecorder(), left: 20, signOut: func() {
		p, err := d.people.BySession(ctx, strings.TrimPrefix(d.cookie, "bangui_session="), auth.Origin{})
		if err == nil {
			err = d.people.SignOut(ctx, p)
		}
		if err != nil {
			t.Error(err)
		}
	}}
	d.handler.ServeHTTP(w, request)
	if ctx.Err() != nil || w.after > 2 {
		t.Errorf("%d writes after the session had ended, %v", w.after, ctx.Err())
	}
}
