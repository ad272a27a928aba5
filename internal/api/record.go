package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"bangui/internal/audit"
	"bangui/internal/fault"
)

// Audit is what the API asks of the record of what was done; *audit.Trail is one.
type Audit interface {
	Begin(ctx context.Context, e audit.Entry) (int64, error)
	Record(ctx context.Context, e audit.Entry) error
	Entries(ctx context.Context, q audit.Query) ([]audit.Entry, error)
	Verify(ctx context.Context, after int64, most int) (audit.Verdict, error)
}

// audited records what becomes of requests whose row names an action: here those that were
// refused before their operation ran, and those that ended in a panic.
func (a *API) audited(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		row := rowOf(r.Context())
		if row.audit == "" {
			next.ServeHTTP(w, r)
			return
		}
		n := &note{tier: row.tier, Pending: &audit.Pending{Entry: audit.Entry{
			Actor: audit.Actor{Kind: audit.Anonymous}, Address: callerOf(r.Context()), Action: row.audit, RequestID: requestID(r.Context()),
		}}}
		ctx := context.WithValue(audit.With(r.Context(), n.Pending), noteKey{}, n)
		defer func() { a.conclude(ctx, n) }()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (a *API) conclude(ctx context.Context, n *note) {
	switch {
	case n.dry, n.ended:
	case n.entered: // it ended in a panic
		a.end(ctx, n, fault.New(fault.Internal, "it broke off"))
	case n.problem != nil:
		a.end(ctx, n, n.problem)
	}
}

// recorded runs an operation and records it. A change that can't be recorded is not made.
func (a *API) recorded(ctx context.Context, in any, do func() error) error {
	n := noteOf(ctx)
	if n.Action == "" {
		return do()
	}
	if t, ok := in.(targeted); ok {
		n.Target = t.target()
	}
	if o, ok := in.(ordered); ok {
		list, reason := o.order()
		text, _ := json.Marshal(list) //nolint:errchkjson // strings, numbers and lists of them
		n.After = string(text)
		if reason != "" {
			n.Detail = strings.TrimLeft(n.Detail+"; "+reason, "; ")
		}
	}
	if d, ok := in.(dryRun); ok && d.dry() {
		n.dry = true
		return do()
	}
	if n.tier != own {
		id, err := a.Audit.Begin(ctx, n.Entry)
		if err != nil {
			return err
		}
		n.BeganID = id
	}
	n.entered = true
	err := do()
	a.end(ctx, n, err)
	return err
}

// recordTime bounds the recording of an end, for which nobody may be waiting any more.
const recordTime = 5 * time.Second

// end records how a change ended, once. The change is made by then: an error goes to the
// log, with all that the entry would have told.
func (a *API) end(ctx context.Context, n *note, err error) {
	if n.ended {
		return
	}
	n.ended = true
	if err == nil && n.Written() {
		return
	}
	e := n.Entry
	if e.Outcome == "" {
		e.Outcome = audit.OK
	}
	if err != nil {
		var why string
		e.Outcome, e.Code, why = judge(err)
		e.Detail = strings.TrimLeft(e.Detail+"; "+why, "; ")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if failed := a.Audit.Record(ctx, e); failed != nil {
		a.Logger.ErrorContext(ctx, "the end of a change could not be recorded", "request_id", e.RequestID,
			"action", e.Action, "actor", e.Actor.Name, "outcome", string(e.Outcome), "error", failed)
	}
}

// judge is what an error means for the audit: refused, where we or fail2ban said no
// beforehand.
func judge(err error) (audit.Outcome, fault.Code, string) {
	code, status, detail := fault.CodeOf(err), 0, sentence(fault.MessageOf(err))
	if p, ok := errors.AsType[*Problem](err); ok {
		code, status, detail = fault.Code(p.Code), p.Status, p.Detail
		for _, field := range p.Errors {
			detail += " " + field.Field + ": " + sentence(field.Detail)
		}
	} else {
		status = meanings()[code].status
	}
	if status < http.StatusInternalServerError {
		return audit.Refused, code, detail
	}
	return audit.Failed, code, detail
}
