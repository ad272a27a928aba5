package api

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// answered notes a change and its answer of so many bytes.
func (r *replays) answered(place string, size int) {
	r.enter(place, sha256.Sum256(nil))
	kept := &recorder{ResponseWriter: httptest.NewRecorder(), status: http.StatusOK}
	kept.body.Write(bytes.Repeat([]byte("a"), size))
	r.leave(place, kept)
}

// What is remembered is bounded in number, bytes and time; the oldest goes first.
func TestReplays_Bounded(t *testing.T) {
	now := time.Unix(1_790_000_000, 0)
	r := newReplays(func() time.Time { now = now.Add(time.Millisecond); return now })
	for i := range 3 * maxReplays {
		r.answered(fmt.Sprint("small", i), 10)
	}
	if len(r.all) != maxReplays || r.sum != 10*maxReplays {
		t.Errorf("%d answers of %d bytes are remembered", len(r.all), r.sum)
	}
	if first, _ := r.enter(fmt.Sprint("small", 3*maxReplays-1), sha256.Sum256(nil)); first == nil {
		t.Error("the newest is forgotten")
	}
	for i := range 200 {
		r.answered(fmt.Sprint("large", i), maxReplay)
	}
	if r.sum > maxReplayAll {
		t.Errorf("%d bytes are remembered", r.sum)
	}
	now = now.Add(replayFor)
	if first, problem := r.enter("another", sha256.Sum256(nil)); first != nil || problem != "" || len(r.all) != 1 || r.sum != 0 {
		t.Errorf("after ten minutes %d answers of %d bytes are remembered (%s)", len(r.all), r.sum, problem)
	}
}

// A change under way is not done a second time, and one without an answer is not remembered.
func TestReplays_UnderWay(t *testing.T) {
	r := newReplays(time.Now)
	sum := sha256.Sum256([]byte("x"))
	if first, problem := r.enter("a", sum); first != nil || problem != "" {
		t.Fatal("a first change did not go on")
	}
	for range 2 * maxReplays {
		r.answered(fmt.Sprint(len(r.all), r.sum), 1)
	}
	if _, problem := r.enter("a", sum); problem == "" {
		t.Error("the same change began twice")
	}
	for _, status := range []int{0, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusGatewayTimeout} {
		r.leave("a", &recorder{ResponseWriter: httptest.NewRecorder(), status: status})
		if first, problem := r.enter("a", sum); first != nil || problem != "" {
			t.Errorf("after status %d it can't be tried again: %s", status, problem)
		}
	}
}
