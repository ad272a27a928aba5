package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"bangui/internal/fault"
)

// stage is one step of the start. Its name, state and time are in the log and in
// the full health answer.
type stage struct {
	name  string
	needs []string // names of stages that must run before this one starts
	start func(ctx context.Context) error
	stop  func(ctx context.Context) error // nil = nothing to stop
	// off says that there is nothing to do under these settings: neither start nor stop run.
	off bool
	// grace bounds stop; a stop that is late is logged and left behind.
	grace time.Duration
}

// sequence runs stages in their order and stops them in reverse.
type sequence struct {
	stages  []stage
	running []stage // started, in the order of their start
	logger  func() *slog.Logger
	report  func(name, status, detail string)
}

// newSequence checks that each stage comes behind all that it needs.
func newSequence(stages []stage, logger func() *slog.Logger, report func(name, status, detail string)) (*sequence, error) {
	var before []string
	for _, s := range stages {
		for _, need := range s.needs {
			if !slices.Contains(before, need) {
				return nil, fault.New(fault.Internal, "stage %s needs %s, which does not come before it", s.name, need)
			}
		}
		if slices.Contains(before, s.name) {
			return nil, fault.New(fault.Internal, "two stages are called %s", s.name)
		}
		before = append(before, s.name)
	}
	return &sequence{stages: stages, logger: logger, report: report}, nil
}

// up starts all stages. When one fails, or ctx ends meanwhile, those before it are
// stopped in reverse; the error names the stage and keeps its code and its mend.
func (q *sequence) up(ctx context.Context) error {
	for _, s := range q.stages {
		if s.off {
			q.report(s.name, "off", "")
			continue
		}
		began := time.Now()
		err := ctx.Err()
		if err == nil {
			err = s.start(ctx)
		}
		if err != nil {
			q.report(s.name, "failed", fault.MessageOf(err))
			q.logger().ErrorContext(ctx, "stage failed", "stage", s.name, "duration", since(began), "error", err)
			return &StageError{Stage: s.name, Err: err, Stopping: q.down(context.WithoutCancel(ctx))}
		}
		q.running = append(q.running, s)
		q.report(s.name, "ok", "")
		q.logger().DebugContext(ctx, "stage started", "stage", s.name, "duration", since(began))
	}
	return nil
}

// down stops what runs, in reverse. A stage that fails to stop doesn't keep the
// others from it. A second call does nothing.
func (q *sequence) down(ctx context.Context) error {
	var failed []error
	for _, s := range slices.Backward(q.running) {
		if s.stop == nil {
			continue
		}
		began := time.Now()
		if err := bounded(ctx, s); err != nil {
			failed = append(failed, fmt.Errorf("stop %s: %w", s.name, err))
			q.logger().ErrorContext(ctx, "stage did not stop cleanly", "stage", s.name, "duration", since(began), "error", err)
			continue
		}
		q.logger().DebugContext(ctx, "stage stopped", "stage", s.name, "duration", since(began))
	}
	q.running = nil
	return errors.Join(failed...)
}

// bounded runs a stage's stop for at most its grace and a little.
func bounded(ctx context.Context, s stage) error {
	ctx, cancel := context.WithTimeout(ctx, s.grace)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.stop(ctx) }()
	select {
	case err := <-done:
		return err
	case <-time.After(s.grace + lateTime):
		return fmt.Errorf("it is still not done %s after its time of %s", lateTime, s.grace)
	}
}

// lateTime is how long a stage may take to notice that its time is over.
const lateTime = 2 * time.Second

// StageError is a start that failed: which stage, and why.
type StageError struct {
	Stage    string
	Err      error
	Stopping error // what went wrong while the stages before it were stopped; usually nil
}

// Error is for the log; Sentence is for people.
func (e *StageError) Error() string {
	text := e.Stage + ": " + e.Err.Error()
	if e.Stopping != nil {
		text += "; then " + e.Stopping.Error()
	}
	return text
}

// Unwrap gives the cause.
func (e *StageError) Unwrap() error { return e.Err }

// Sentence says in one sentence what is wrong, and then how to mend it.
func Sentence(err error) string {
	message := fault.MessageOf(err)
	if fault.CodeOf(err) == fault.Internal {
		message = err.Error() // at start the reader is the operator: he may see causes
	}
	message = upperFirst(strings.TrimSuffix(message, ".")) + "."
	if mend := fault.MendOf(err); mend != "" {
		message += " " + mend
	}
	return message
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func since(t time.Time) time.Duration { return time.Since(t).Round(time.Millisecond) }
