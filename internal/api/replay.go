package api

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"
)

// Bounds of what is remembered of changes that carried an Idempotency-Key. Beyond them
// the oldest is forgotten.
const (
	replayFor    = 10 * time.Minute
	maxReplays   = 1000
	maxKey       = 128
	maxReplay    = 256 << 10 // bytes of one answer
	maxReplayAll = 16 << 20  // bytes of all answers
)

// replays remembers the answers of changes by their Idempotency-Key, so that a client
// that lost the answer can repeat the request without doing it twice.
type replays struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*replayed
	sum int // bytes of all answers
}

// replayed is one change: under way while done is false.
type replayed struct {
	at     time.Time
	sum    [sha256.Size]byte
	done   bool
	status int
	kind   string
	body   []byte
}

func newReplays(now func() time.Time) *replays {
	return &replays{now: now, all: map[string]*replayed{}}
}

// replay answers a repeated change with its first answer.
func (a *API) replay(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := r.Header.Get("Idempotency-Key")
		if key == "" {
			next.ServeHTTP(w, r)
			return
		}
		if len(key) > maxKey {
			writeProblem(w, a.badField(r.Context(), "Idempotency-Key", fmt.Errorf("it is longer than %d characters", maxKey)))
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			writeProblem(w, newProblem(r.Context(), fault.TooLarge, fmt.Sprintf("The body is larger than %d bytes.", maxBody)))
			return
		}
		if err != nil {
			writeProblem(w, newProblem(r.Context(), fault.Invalid, "The body did not come whole."))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		place := strings.Join([]string{placeOf(principalOf(r.Context())), r.Method, r.URL.EscapedPath(), key}, "\n")
		first, problem := a.replays.enter(place, sha256.Sum256(body))
		switch {
		case problem != "":
			writeProblem(w, newProblem(r.Context(), fault.Conflict, problem))
		case first != nil:
			w.Header().Set("Content-Type", first.kind)
			w.Header().Set("Idempotency-Replayed", "true")
			w.WriteHeader(first.status)
			_, _ = w.Write(first.body)
		default:
			kept := &recorder{ResponseWriter: w}
			defer a.replays.leave(place, kept)
			next.ServeHTTP(kept, r)
		}
	})
}

// placeOf tells apart whose answers they are: those of a session, or of a token.
func placeOf(p auth.Principal) string { return p.Session.ID + " " + p.Token.ID }

// enter notes a change. It gives the first answer when there is one, or says why the
// change can't go on.
func (r *replays) enter(place string, sum [sha256.Size]byte) (first *replayed, problem string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for key, one := range r.all {
		if now.Sub(one.at) > replayFor {
			r.forget(key)
		}
	}
	one, there := r.all[place]
	switch {
	case !there:
		r.makeRoom(maxReplays-1, maxReplayAll)
		r.all[place] = &replayed{at: now, sum: sum}
		return nil, ""
	case one.sum != sum:
		return nil, "This Idempotency-Key was used for another change."
	case !one.done:
		return nil, "The same change is under way."
	default:
		return one, ""
	}
}

// leave keeps the answer, unless it says that nothing was done, or none was given.
func (r *replays) leave(place string, kept *recorder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one := r.all[place]
	if one == nil {
		return
	}
	undone := kept.status == 0 || kept.status == http.StatusTooManyRequests || kept.status >= http.StatusInternalServerError
	if undone || kept.body.Len() > maxReplay {
		r.forget(place)
		return
	}
	r.makeRoom(maxReplays, maxReplayAll-kept.body.Len())
	one.done, one.status, one.kind, one.body = true, kept.status, kept.Header().Get("Content-Type"), kept.body.Bytes()
	r.sum += len(one.body)
}

// makeRoom forgets the oldest answers until at most so many, of so many bytes, are left.
// Changes under way stay.
func (r *replays) makeRoom(count, size int) {
	for len(r.all) > count || r.sum > size {
		oldest := ""
		for key, one := range r.all {
			if one.done && (oldest == "" || one.at.Before(r.all[oldest].at)) {
				oldest = key
			}
		}
		if oldest == "" {
			return
		}
		r.forget(oldest)
	}
}

func (r *replays) forget(key string) {
	r.sum -= len(r.all[key].body)
	delete(r.all, key)
}

// recorder passes an answer on and keeps a copy.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

// WriteHeader passes the status on and keeps it.
func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

// Write passes bytes on and keeps them, up to what is remembered.
func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	if r.body.Len() <= maxReplay {
		r.body.Write(p)
	}
	return r.ResponseWriter.Write(p)
}
