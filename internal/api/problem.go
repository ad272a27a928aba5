package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"bangui/internal/fault"

	"github.com/danielgtaylor/huma/v2"
)

// Problem is every error that the API answers with (RFC 9457).
type Problem struct {
	Type      string         `json:"type" doc:"Page that explains the code." example:"/docs/errors#jail_not_found"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail" doc:"What is wrong, for people."`
	Mend      string         `json:"mend,omitempty" doc:"What to do about it."`
	Code      string         `json:"code" doc:"Stable word for programs."`
	RequestID string         `json:"request_id" doc:"Under this id the log has the cause."`
	Errors    []ProblemField `json:"errors,omitempty" doc:"Fields that were not taken."`

	Retry time.Duration `json:"-"` // for the header Retry-After; 0 = the status's own
}

// ProblemField is one field that was not taken.
type ProblemField struct {
	Field  string `json:"field" example:"addresses[0]"`
	Detail string `json:"detail"`
}

// Error makes a Problem an error of a handler.
func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type of problems.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// meaning is how a code is answered.
type meaning struct {
	status int
	title  string
}

// meanings is the one table from codes to HTTP. A test holds it against fault.Codes
// and docs/errors.md.
func meanings() map[fault.Code]meaning {
	return map[fault.Code]meaning{
		fault.Internal:            {http.StatusInternalServerError, "Something went wrong inside BanGUI"},
		fault.Invalid:             {http.StatusBadRequest, "The request can't be taken as it is"},
		fault.NotFound:            {http.StatusNotFound, "There is no such thing"},
		fault.HostNotFound:        {http.StatusNotFound, "There is no such host"},
		fault.JailNotFound:        {http.StatusNotFound, "There is no such jail"},
		fault.MethodNotAllowed:    {http.StatusMethodNotAllowed, "Not with this method"},
		fault.Forbidden:           {http.StatusForbidden, "Refused"},
		fault.HostUnknown:         {http.StatusMisdirectedRequest, "Not one of BanGUI's names"},
		fault.Conflict:            {http.StatusConflict, "It conflicts with what is there"},
		fault.Protected:           {http.StatusUnprocessableEntity, "That address is never banned"},
		fault.NeedsConfirm:        {http.StatusUnprocessableEntity, "It needs a confirmation"},
		fault.TooLarge:            {http.StatusRequestEntityTooLarge, "Too large"},
		fault.TooMany:             {http.StatusTooManyRequests, "Too many at once"},
		fault.RateLimited:         {http.StatusTooManyRequests, "Too many requests"},
		fault.Unsupported:         {http.StatusNotImplemented, "This fail2ban can't do it"},
		fault.Fail2banUnreachable: {http.StatusBadGateway, "fail2ban can't be reached"},
		fault.Fail2banForbidden:   {http.StatusBadGateway, "BanGUI may not talk to fail2ban"},
		fault.Fail2banRefused:     {http.StatusBadGateway, "fail2ban refused"},
		fault.Fail2banTimeout:     {http.StatusGatewayTimeout, "fail2ban did not answer in time"},
		fault.Fail2banGarbled:     {http.StatusBadGateway, "fail2ban's answer can't be read"},
		fault.NotSignedIn:         {http.StatusUnauthorized, "Not signed in"},
		fault.SetupNeeded:         {http.StatusUnauthorized, "The first admin is not made yet"},
		fault.SetupDone:           {http.StatusNotFound, "The set-up is done"},
		fault.SetupTokenWrong:     {http.StatusForbidden, "Not the token of this set-up"},
		fault.CredentialsWrong:    {http.StatusUnauthorized, "User name or password is wrong"},
		fault.AttemptsThrottled:   {http.StatusTooManyRequests, "Too many attempts to sign in"},
		fault.NotAllowed:          {http.StatusForbidden, "Your role does not cover it"},
		fault.StepUpNeeded:        {http.StatusForbidden, "Your password is needed once more"},
		fault.LastAdmin:           {http.StatusConflict, "The last admin stays"},
		fault.PasswordWeak:        {http.StatusUnprocessableEntity, "The password is too weak"},
		fault.Unavailable:         {http.StatusServiceUnavailable, "Not available now"},
		fault.DatabaseBusy:        {http.StatusServiceUnavailable, "The database is busy"},
		fault.DatabaseCorrupt:     {http.StatusServiceUnavailable, "The database is damaged"},
		fault.DatabaseTooNew:      {http.StatusServiceUnavailable, "The database is of a newer BanGUI"},
		fault.DiskFull:            {http.StatusInsufficientStorage, "The disk is full"},
		fault.PermissionDenied:    {http.StatusServiceUnavailable, "The system does not let BanGUI"},
	}
}

// GetHeaders are the headers of the answer: when it is worth to try again, and how to
// show who one is.
func (p *Problem) GetHeaders() http.Header {
	switch p.Status {
	case http.StatusUnauthorized:
		return http.Header{"Www-Authenticate": {"Bearer"}}
	case http.StatusTooManyRequests:
		return http.Header{"Retry-After": {p.retryAfter(1)}}
	case http.StatusServiceUnavailable:
		return http.Header{"Retry-After": {p.retryAfter(5)}}
	default:
		return nil
	}
}

// retryAfter is in whole seconds, rounded up.
func (p *Problem) retryAfter(standard int) string {
	if p.Retry > 0 {
		standard = int((p.Retry + time.Second - 1) / time.Second)
	}
	return strconv.Itoa(standard)
}

// problem turns an error into an answer, and logs the cause once under the request id.
func (a *API) problem(ctx context.Context, err error) *Problem {
	if ready, ok := errors.AsType[*Problem](err); ok {
		return ready
	}
	if fault.Is(err, fault.Internal) && errors.Is(err, context.DeadlineExceeded) {
		err = fault.Wrap(err, fault.Unavailable, "the answer was not ready in time").WithMend("Try again; the log has what took so long.")
	}
	code := fault.CodeOf(err)
	p := newProblem(ctx, code, sentence(fault.MessageOf(err)))
	p.Mend, p.Retry = fault.MendOf(err), fault.RetryOf(err)
	a.Logger.Log(ctx, levelOf(p.Status, err), "a request failed", "request_id", p.RequestID, "code", string(code), "error", err)
	return p
}

// levelOf is how loud an error is in the log.
func levelOf(status int, err error) slog.Level {
	switch {
	case errors.Is(err, context.Canceled), status < http.StatusInternalServerError:
		return slog.LevelDebug // the client left, or asked for what can't be
	case fault.Is(err, fault.Internal):
		return slog.LevelError
	default:
		return slog.LevelWarn
	}
}

func newProblem(ctx context.Context, code fault.Code, detail string) *Problem {
	m := meanings()[code]
	p := &Problem{
		Type: basePathOf(ctx) + "/docs/errors#" + string(code), Title: m.title, Status: m.status, Detail: detail,
		Code: string(code), RequestID: requestID(ctx),
	}
	noteOf(ctx).problem = p
	return p
}

// sentence makes a message start with a capital and end with a full stop.
func sentence(s string) string {
	if s == "" {
		return s
	}
	if first, size := utf8.DecodeRuneInString(s); unicode.IsLower(first) && !strings.HasPrefix(s, "fail2ban") {
		s = string(unicode.ToUpper(first)) + s[size:]
	}
	if !strings.HasSuffix(s, ".") && !strings.HasSuffix(s, "…") {
		s += "."
	}
	return s
}

// asProblem turns the errors of the library, about bodies and parameters, into ours.
func (a *API) asProblem(ctx huma.Context, _ string, v any) (any, error) {
	model, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	code := fault.Invalid
	switch model.Status {
	case http.StatusRequestEntityTooLarge:
		code = fault.TooLarge
	case http.StatusInternalServerError:
		code = fault.Internal
	}
	p := newProblem(ctx.Context(), code, sentence(model.Detail))
	p.Status = model.Status
	if model.Detail == "validation failed" {
		p.Detail = "Some fields can't be taken."
	}
	for _, e := range model.Errors {
		p.Errors = append(p.Errors, ProblemField{
			Field: fieldOf(e.Location), Detail: e.Message,
		})
	}
	return p, nil
}

// fieldOf is the name of a field without where it stands: "addresses[0]" for "body.addresses[0]".
func fieldOf(location string) string {
	for _, where := range []string{"body.", "query.", "path.", "header."} {
		if name, ok := strings.CutPrefix(location, where); ok {
			return name
		}
	}
	return location
}

// badField is a problem with one field of a request.
func (a *API) badField(ctx context.Context, field string, err error) *Problem {
	p := newProblem(ctx, fault.Invalid, "Some fields can't be taken.")
	p.Errors = []ProblemField{{Field: field, Detail: fmt.Sprint(err)}}
	return p
}
