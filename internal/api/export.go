package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
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

// exporter writes entries in one format.
type exporter struct {
	kind, name string
	open       func(w io.Writer) (write func(AuditEntry) error, flush func() error)
}

// exportOf is the format that a client asks for; nil for a page of JSON.
func exportOf(accept string) *exporter {
	switch {
	case strings.Contains(accept, "text/csv"):
		return &exporter{"text/csv; charset=utf-8; header=present", "audit.csv", openCSV}
	case strings.Contains(accept, "application/x-ndjson"):
		return &exporter{"application/x-ndjson", "audit.ndjson", openLines}
	default:
		return nil
	}
}

// export streams all that a query finds, a page at a time. When that fails on the way the
// connection is cut, so that nobody takes a part for the whole.
func (a *API) export(out huma.Context, q audit.Query, as *exporter) {
	r, w := humago.Unwrap(out)
	w.Header().Set("Content-Type", as.kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+as.name+`"`)
	if r.Method == http.MethodHead {
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), exportTime)
	defer cancel()
	if err := a.exportAll(ctx, w, q, as); err != nil {
		a.Logger.WarnContext(ctx, "an export broke off", "request_id", requestID(ctx), "error", err)
		panic(http.ErrAbortHandler)
	}
}

func (a *API) exportAll(ctx context.Context, w http.ResponseWriter, q audit.Query, as *exporter) error {
	control := http.NewResponseController(w)
	write, flush := as.open(w)
	for q.Limit = exportPage; ; {
		if err := a.Accounts.Check(ctx, principalOf(ctx)); err != nil {
			return err // he may not read on
		}
		entries, err := a.Audit.Entries(ctx, q)
		if err != nil {
			return err
		}
		// A writer without deadlines, in a test, needs none.
		_ = control.SetWriteDeadline(time.Now().Add(writeFor))
		for _, e := range entries {
			if err := write(auditEntryOf(e)); err != nil {
				return err
			}
			q.Before = e.ID
		}
		if err := flush(); err != nil {
			return err
		}
		if len(entries) < exportPage {
			return nil
		}
	}
}

func openLines(w io.Writer) (write func(AuditEntry) error, flush func() error) {
	out := json.NewEncoder(w)
	return func(e AuditEntry) error { return out.Encode(e) }, func() error { return nil }
}

func openCSV(w io.Writer) (write func(AuditEntry) error, flush func() error) {
	out := csv.NewWriter(w)
	failed := out.Write([]string{
		"id", "at", "actor_kind", "actor", "address", "action", "target", "outcome", "code", "detail", "before", "after", "count", "request_id",
	})
	write = func(e AuditEntry) error {
		if failed != nil {
			return failed
		}
		return out.Write([]string{
			e.ID, e.At, e.ActorKind, cell(e.Actor), cell(e.Address), cell(&e.Action), cell(e.Target), e.Outcome, cell(e.Code), cell(e.Detail),
			cell(e.Before), cell(e.After), strconv.Itoa(e.Count), cell(e.RequestID),
		})
	}
	flush = func() error {
		out.Flush()
		return out.Error()
	}
	return write, flush
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
