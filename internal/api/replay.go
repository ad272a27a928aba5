package api

import (
	"bytes"
	"crypto/sha256"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"bangui/internal/fault"
)

// Bounds of what is remembered of changes that carried an Idempotency-Key.
const (
	replayFor  = 10 * time.Minute
	maxReplays = 1000
	maxKey     = 128
	maxReplay  = 256 << 10 // bytes of one answer
)

// replays remembers the answers of changes by their Idempotency-Key, so that a client
// that lost the answer can repeat the request without doing it twice.
type replays struct {
	now func() time.Time
	mu  sync.Mutex
	all map[string]*replayed
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
		if key == "" || r.Method == http.MethodGet || r.Method == http.MethodHead {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err != nil || len(body) > maxBody || len(key) > maxKey {
			writeProblem(w, newProblem(r.Context(), fault.TooLarge, "The body or its Idempotency-Key is too long."))
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		place := strings.Join([]string{callerOf(r.Context()).String(), r.Method, r.URL.Path, key}, "\n")
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
			kept := &recorder{ResponseWriter: w, status: http.StatusOK}
			defer a.replays.leave(place, kept)
			next.ServeHTTP(kept, r)
		}
	})
}

// enter notes a change. It gives the first answer when there is one, or says why the
// change can't go on.
func (r *replays) enter(place string, sum [sha256.Size]byte) (first *replayed, problem string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for key, one := range r.all {
		if now.Sub(one.at) > replayFor {
			delete(r.all, key)
		}
	}
	one, there := r.all[place]
	switch {
	case !there && len(r.all) >= maxReplays:
		return nil, "Too many changes with an Idempotency-Key are remembered; try again later, or without it."
	case !there:
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

// leave keeps the answer, unless it says that nothing was done.
func (r *replays) leave(place string, kept *recorder) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kept.status >= http.StatusInternalServerError || kept.body.Len() > maxReplay {
		delete(r.all, place)
		return
	}
	if one := r.all[place]; one != nil {
		one.done, one.status, one.kind, one.body = true, kept.status, kept.Header().Get("Content-Type"), kept.body.Bytes()
	}
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
	if r.body.Len() <= maxReplay {
		r.body.Write(p)
	}
	return r.ResponseWriter.Write(p)
}
