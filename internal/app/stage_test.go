package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bangui/internal/fault"
)

// diary notes what its stages do.
type diary struct{ notes []string }

func (r *diary) stage(name string, startErr, stopErr error, needs ...string) stage {
	return stage{
		name: name, needs: needs, grace: time.Second,
		start: func(context.Context) error { r.notes = append(r.notes, "start "+name); return startErr },
		stop:  func(context.Context) error { r.notes = append(r.notes, "stop "+name); return stopErr },
	}
}

func sequenceOf(t *testing.T, stages ...stage) (*sequence, *components) {
	t.Helper()
	parts := newComponents(time.Now)
	q, err := newSequence(stages, func() *slog.Logger { return slog.New(slog.DiscardHandler) }, parts.report)
	if err != nil {
		t.Fatal(err)
	}
	return q, parts
}

func TestSequence_StopsInReverse(t *testing.T) {
	var r diary
	q, _ := sequenceOf(t, r.stage("a", nil, nil), r.stage("b", nil, errors.New("stuck"), "a"), r.stage("c", nil, nil, "a", "b"))
	if err := q.up(t.Context()); err != nil {
		t.Fatal(err)
	}
	err := q.down(t.Context())
	if err == nil || !strings.Contains(err.Error(), "stop b: stuck") {
		t.Errorf("down = %v", err)
	}
	want := []string{"start a", "start b", "start c", "stop c", "stop b", "stop a"}
	if d := cmp.Diff(want, r.notes); d != "" {
		t.Error(d)
	}
	if err := q.down(t.Context()); err != nil || len(r.notes) != len(want) {
		t.Errorf("a second down did something: %v, %v", err, r.notes)
	}
}

func TestSequence_EachFailureStopsExactlyTheStarted(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	for bad := range names {
		t.Run(names[bad], func(t *testing.T) {
			var r diary
			var stages []stage
			var want []string
			for i, name := range names {
				var err error
				if i == bad {
					err = fault.New(fault.DiskFull, "no room").WithMend("Make room.")
				}
				stages = append(stages, r.stage(name, err, nil))
				if i <= bad {
					want = append(want, "start "+name)
				}
			}
			for i := bad - 1; i >= 0; i-- {
				want = append(want, "stop "+names[i])
			}
			q, parts := sequenceOf(t, stages...)
			err := q.up(t.Context())
			var failed *StageError
			if !errors.As(err, &failed) || failed.Stage != names[bad] || !fault.Is(err, fault.DiskFull) || Sentence(err) != "No room. Make room." {
				t.Errorf("err = %v (%q)", err, Sentence(err))
			}
			if d := cmp.Diff(want, r.notes); d != "" {
				t.Error(d)
			}
			if last := parts.all()[bad]; last.Status != "failed" || last.Detail != "no room" {
				t.Errorf("component = %+v", last)
			}
		})
	}
}

func TestSequence_AnEndedContextStartsNothingMore(t *testing.T) {
	var r diary
	ctx, cancel := context.WithCancel(t.Context())
	first := r.stage("a", nil, nil)
	first.start = func(context.Context) error { cancel(); return nil }
	q, _ := sequenceOf(t, first, r.stage("b", nil, nil))
	if err := q.up(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("up = %v", err)
	}
	if d := cmp.Diff([]string{"stop a"}, r.notes); d != "" {
		t.Error(d)
	}
}

func TestSequence_AStopThatHangsIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r diary
		release := make(chan struct{})
		deaf := r.stage("deaf", nil, nil)
		deaf.stop = func(context.Context) error { <-release; return nil }
		q, _ := sequenceOf(t, r.stage("a", nil, nil), deaf)
		if err := q.up(t.Context()); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		err := q.down(t.Context())
		if took := time.Since(began); took != time.Second+lateTime || err == nil {
			t.Errorf("down = %v after %s", err, took)
		}
		if r.notes[len(r.notes)-1] != "stop a" {
			t.Errorf("the stage before was not stopped: %v", r.notes)
		}
		close(release)
		synctest.Wait()
	})
}

func TestNewSequence_RefusesAWrongOrder(t *testing.T) {
	var r diary
	for name, stages := range map[string][]stage{
		"NeedsALater": {r.stage("a", nil, nil, "b"), r.stage("b", nil, nil)},
		"Twice":       {r.stage("a", nil, nil), r.stage("a", nil, nil)},
	} {
		if _, err := newSequence(stages, nil, nil); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSentence(t *testing.T) {
	for want, err := range map[string]error{
		"The port is taken. Use another.": fmt.Errorf("x: %w", fault.New(fault.Conflict, "the port is taken").WithMend("Use another.")),
		"Something odd.":                  errors.New("something odd"),
	} {
		if got := Sentence(err); got != want {
			t.Errorf("Sentence(%v) = %q, want %q", err, got, want)
		}
	}
}
