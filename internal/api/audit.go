package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"bangui/internal/audit"
	"bangui/internal/auth"

	"github.com/danielgtaylor/huma/v2"
)

// AuditEntry is one entry of the audit. All of its text may be hostile: show it as plain
// text.
type AuditEntry struct {
	ID        string  `json:"id"`
	At        string  `json:"at" format:"date-time"`
	Actor     *string `json:"actor" doc:"User name, for a token its user's; on the command line the system's user; null = not known."`
	ActorKind string  `json:"actor_kind" enum:"user,token,cli,system,anonymous"`
	Address   *string `json:"address"`
	Action    string  `json:"action" example:"ban.create"`
	Target    *string `json:"target"`
	Outcome   string  `json:"outcome" enum:"ok,refused,failed,begun" doc:"begun = it was tried, and nobody knows how it ended."`
	Code      *string `json:"code"`
	Detail    *string `json:"detail"`
	Before    *string `json:"before"`
	After     *string `json:"after"`
	Count     int     `json:"count" doc:"How many alike the entry stands for: refusals are summed up by source and minute."`
	RequestID *string `json:"request_id"`
}

// AuditVerdict is what a check of the audit found.
type AuditVerdict struct {
	OK       bool       `json:"ok"`
	Checked  int        `json:"checked" doc:"Entries that are as they were recorded."`
	FirstBad *string    `json:"first_bad" doc:"The first entry that is not, or is missing."`
	Why      *string    `json:"why"`
	Next     *string    `json:"next" doc:"Not done yet: ask again with after=this."`
	Newest   AuditPlace `json:"newest" doc:"Keep it elsewhere: whoever makes the whole audit anew changes it."`
}

// AuditPlace is an entry with its hash.
type AuditPlace struct {
	ID   string `json:"id"`
	Hash string `json:"hash"`
}

// AuditFilter narrows the audit.
type AuditFilter struct {
	Actor   string `query:"actor" maxLength:"256" doc:"Exactly this name."`
	Action  string `query:"action" maxLength:"256" doc:"Exactly this, or all below it: ban finds ban.create." example:"ban"`
	Outcome string `query:"outcome" enum:"ok,refused,failed,begun"`
	Since   string `query:"since" format:"date-time" doc:"At this moment or later."`
	Until   string `query:"until" format:"date-time" doc:"Before this moment."`
}

type auditInput struct {
	AuditFilter
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"Of one page; an export has all."`
	Cursor string `query:"cursor" maxLength:"300"`
	Accept string `header:"Accept" doc:"text/csv or application/x-ndjson for an export of all that matches."`
}

// written is an answer that writes itself.
type written struct {
	Body func(huma.Context)
}

// verifyAtOnce is how many entries one request checks.
const verifyAtOnce = 100_000

func (a *API) registerAudit() {
	list := route{
		method: http.MethodGet, path: "/api/v1/audit", id: "listAudit", summary: "Who did what, newest first; as CSV or lines of JSON all at once", tag: "audit",
		role: auth.Admin, tier: looks, class: classRead,
	}
	register(a, list, a.listAudit)
	describeExport[AuditEntry](a, list, "AuditEntry")
	register(a, route{
		method: http.MethodGet, path: "/api/v1/audit/verify", id: "verifyAudit", summary: "Check that nothing in the audit was changed or taken out", tag: "audit",
		role: auth.Admin, tier: looks, class: classRead, limit: writeTime,
	}, a.verifyAudit)
}

func (a *API) listAudit(ctx context.Context, in *auditInput) (*written, error) {
	q, err := a.auditQuery(ctx, *in)
	if err != nil {
		return nil, err
	}
	if f := formatOf(in.Accept); f != nil {
		return &written{func(out huma.Context) {
			export(a, out, f, auditSheet(), func(ctx context.Context, put func(AuditEntry) error) error { return a.allEntries(ctx, q, put) })
		}}, nil
	}
	q.Limit = in.Limit + 1 // one more tells whether there is a next page
	entries, err := a.Audit.Entries(ctx, q)
	if err != nil {
		return nil, err
	}
	out := page[AuditEntry]{}
	if len(entries) > in.Limit {
		entries = entries[:in.Limit]
		next := closeAuditCursor(entries[len(entries)-1].ID, in.AuditFilter)
		out.Next = &next
	}
	out.Items = mapAll(entries, auditEntryOf)
	return writtenJSON(out), nil
}

// writtenJSON is a body of JSON where others are possible.
func writtenJSON[T any](body T) *written {
	return &written{func(ctx huma.Context) {
		ctx.SetHeader("Content-Type", "application/json")
		_ = json.NewEncoder(ctx.BodyWriter()).Encode(body) //nolint:errchkjson // strings and numbers only
	}}
}

// describeExport says in the document that a list can be had in other forms too.
func describeExport[T any](a *API, r route, name string) {
	schemas := a.huma.OpenAPI().Components.Schemas
	a.operation(r).Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
		"application/json":     {Schema: schemas.Schema(reflect.TypeFor[page[T]](), true, "Page"+name)},
		"application/x-ndjson": {Schema: schemas.Schema(reflect.TypeFor[T](), true, name)},
		"text/csv":             {Schema: &huma.Schema{Type: huma.TypeString}},
	}}
}

func (a *API) auditQuery(ctx context.Context, in auditInput) (q audit.Query, err error) {
	q = audit.Query{Actor: in.Actor, Action: in.Action, Outcome: audit.Outcome(in.Outcome)}
	if q.Since, err = a.momentOf(ctx, "since", in.Since); err != nil {
		return q, err
	}
	if q.Until, err = a.momentOf(ctx, "until", in.Until); err != nil {
		return q, err
	}
	if in.Cursor != "" {
		q.Before, err = openAuditCursor(in.Cursor, in.AuditFilter)
	}
	return q, err
}

// momentOf reads a moment of a query; "" is the zero time.
func (a *API) momentOf(ctx context.Context, field, text string) (at time.Time, err error) {
	if text == "" {
		return at, nil
	}
	if at, err = time.Parse(time.RFC3339, text); err != nil {
		return at, a.badField(ctx, field, errors.New("it is not a moment such as 2026-11-24T13:00:00Z"))
	}
	return at, nil
}

func (a *API) verifyAudit(ctx context.Context, in *struct {
	After int64 `query:"after" minimum:"0" doc:"Go on after this entry: next of the answer before."`
},
) (*answer[AuditVerdict], error) {
	v, err := a.Audit.Verify(ctx, in.After, verifyAtOnce)
	if err != nil {
		return nil, err
	}
	return answerWith(AuditVerdict{
		OK: v.OK(), Checked: v.Checked, FirstBad: idOrNull(v.FirstBad), Why: orNull(sentence(v.Why)), Next: idOrNull(v.Next),
		Newest: AuditPlace{ID: strconv.FormatInt(v.Ends.Head.ID, 10), Hash: v.Ends.Head.Hash.String()},
	}), nil
}

func idOrNull(id int64) *string {
	if id == 0 {
		return nil
	}
	text := strconv.FormatInt(id, 10)
	return &text
}

func auditEntryOf(e audit.Entry) AuditEntry {
	return AuditEntry{
		ID: strconv.FormatInt(e.ID, 10), At: stamp(e.At), Actor: orNull(e.Actor.Name), ActorKind: string(e.Actor.Kind), Address: orNull(audit.AddressText(e)),
		Action: e.Action, Target: orNull(e.Target), Outcome: string(e.Outcome), Code: orNull(string(e.Code)), Detail: orNull(e.Detail),
		Before: orNull(e.Before), After: orNull(e.After), Count: e.Count, RequestID: orNull(e.RequestID),
	}
}
