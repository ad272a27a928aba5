package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bangui/internal/audit"
	"bangui/internal/terminal"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Bounds of an export: of what is held at once, and of all.
const (
	exportPage = 200
	exportTime = 10 * time.Minute
)

// format is how an export is written.
type format struct {
	kind, suffix string
	csv          bool
}

// formatOf is the format that a client asks for; nil for a page of JSON.
func formatOf(accept string) *format {
	switch {
	case strings.Contains(accept, "text/csv"):
		return &format{"text/csv; charset=utf-8; header=present", ".csv", true}
	case strings.Contains(accept, "application/x-ndjson"):
		return &format{"application/x-ndjson", ".ndjson", false}
	default:
		return nil
	}
}

// sink takes what is exported, and passes it on in parts: one at a time is held.
type sink[T any] struct {
	write   func(T) error
	flush   func() error
	control *http.ResponseController
	held    int
}

// put writes one.
func (s *sink[T]) put(v T) error {
	if s.held++; s.held >= exportPage {
		s.held = 0
		if err := s.pass(); err != nil {
			return err
		}
	}
	return s.write(v)
}

// pass hands on what is held. A client that takes nothing is not waited for.
func (s *sink[T]) pass() error {
	// A writer without deadlines, in a test, needs none.
	_ = s.control.SetWriteDeadline(time.Now().Add(writeFor))
	return s.flush()
}

// sheet is how one kind of thing is exported.
type sheet[T any] struct {
	name   string // of the file
	header []string
	row    func(T) []string // for a spreadsheet
}

// export streams all that feed puts. When that fails on the way the connection is cut, so
// that nobody takes a part for the whole.
func export[T any](a *API, out huma.Context, f *format, of sheet[T], feed func(ctx context.Context, put func(T) error) error) {
	r, w := humago.Unwrap(out)
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+of.name+f.suffix+`"`)
	if r.Method == http.MethodHead {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), exportTime)
	defer cancel()
	s := sinkOf(f, w, of)
	err := feed(ctx, s.put)
	if err == nil {
		err = s.pass()
	}
	if err != nil {
		a.Logger.WarnContext(ctx, "an export broke off", "request_id", requestID(ctx), "error", err)
		panic(http.ErrAbortHandler)
	}
}

func sinkOf[T any](f *format, w http.ResponseWriter, of sheet[T]) *sink[T] {
	s := &sink[T]{control: http.NewResponseController(w)}
	if !f.csv {
		out := json.NewEncoder(w)
		s.write, s.flush = func(v T) error { return out.Encode(v) }, func() error { return nil }
		return s
	}
	out := csv.NewWriter(w)
	failed := out.Write(of.header)
	s.write = func(v T) error {
		if failed != nil {
			return failed
		}
		return out.Write(of.row(v))
	}
	s.flush = func() error {
		out.Flush()
		return out.Error()
	}
	return s
}

// auditSheet is the audit as it is exported.
func auditSheet() sheet[AuditEntry] {
	return sheet[AuditEntry]{
		name: "audit",
		header: []string{
			"id", "at", "actor_kind", "actor", "address", "action", "target", "outcome", "code", "detail", "before", "after", "count", "request_id",
		},
		row: func(e AuditEntry) []string {
			return []string{
				e.ID, e.At, e.ActorKind, cell(e.Actor), cell(e.Address), cell(&e.Action), cell(e.Target), e.Outcome, cell(e.Code), cell(e.Detail),
				cell(e.Before), cell(e.After), strconv.Itoa(e.Count), cell(e.RequestID),
			}
		},
	}
}

// allEntries puts all entries that a query finds, a page at a time.
func (a *API) allEntries(ctx context.Context, q audit.Query, put func(AuditEntry) error) error {
	for q.Limit = exportPage; ; {
		if err := a.Accounts.Check(ctx, principalOf(ctx)); err != nil {
			return err // he may not read on
		}
		entries, err := a.Audit.Entries(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if err := put(auditEntryOf(e)); err != nil {
				return err
			}
			q.Before = e.ID
		}
		if len(entries) < exportPage {
			return nil
		}
	}
}

// cell is text that a spreadsheet shows and does not compute: what steers or reorders is
// escaped, and what would begin a formula gets an apostrophe before it.
func cell(text *string) string {
	if text == nil {
		return ""
	}
	shown := terminal.Printable(*text)
	if strings.ContainsAny(firstOf(strings.TrimLeft(shown, " ")), "=+-@＝＋－＠|%") {
		return "'" + shown
	}
	return shown
}

// firstOf is the first character.
func firstOf(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}
