package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"regexp"
	"runtime/debug"
	"slices"

	"bangui/internal/fault"

	"github.com/danielgtaylor/huma/v2"
)

type (
	requestIDKey struct{}
	callerKey    struct{}
)

func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

var givenID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// wrap puts around every answer what all have: an id, headers that keep browsers from
// misreading it, protection from other sites, and an end to panics.
func (a *API) wrap(mux *http.ServeMux) http.Handler {
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, newProblem(r.Context(), fault.Forbidden, "The request came from another site's page."))
	}))
	inner := protection.Handler(a.onlyJSON(a.replay(a.known(mux))))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !givenID.MatchString(id) {
			id = rand.Text()
		}
		ctx := context.WithValue(r.Context(), requestIDKey{}, id)
		if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
			ctx = context.WithValue(ctx, callerKey{}, at.Addr().Unmap())
		}
		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		r = r.WithContext(ctx)
		defer a.survive(w, r)
		inner.ServeHTTP(w, r)
	})
}

// survive turns a panic of one request into its answer.
func (a *API) survive(w http.ResponseWriter, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler { //nolint:errorlint // the value itself is the signal
		panic(cause)
	}
	err := fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
	writeProblem(w, a.problem(r.Context(), err))
}

// known answers paths and methods that are not in the route table as problems.
func (a *API) known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "" {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) == 0 {
			writeProblem(w, newProblem(r.Context(), fault.NotFound, "There is nothing at this path."))
			return
		}
		for _, method := range allowed {
			w.Header().Add("Allow", method)
		}
		writeProblem(w, newProblem(r.Context(), fault.MethodNotAllowed, "This path does not take the method "+r.Method+"."))
	})
}

// onlyJSON refuses bodies of changes that are not JSON: a form of another site can't
// send them.
func (a *API) onlyJSON(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && !isJSON(r.Header.Get("Content-Type")) && r.Method != http.MethodGet && r.Method != http.MethodHead {
			p := newProblem(r.Context(), fault.Invalid, "The body must be JSON: send the header Content-Type: application/json.")
			p.Status = http.StatusUnsupportedMediaType
			writeProblem(w, p)
			return
		}
		next.ServeHTTP(w, r)
	})
}

var jsonType = regexp.MustCompile(`^application/json\s*(;.*)?$`)

func isJSON(contentType string) bool { return jsonType.MatchString(contentType) }

// refuseUnknownQueries answers a query parameter that an operation does not have: a
// misspelt filter must not look like "everything".
func (a *API) refuseUnknownQueries(ctx huma.Context, next func(huma.Context)) {
	url := ctx.URL()
	for name, values := range url.Query() {
		there := slices.ContainsFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
		if there && len(values) == 1 {
			continue
		}
		p := newProblem(ctx.Context(), fault.Invalid, "The query can't be taken.")
		what := "there is no such parameter"
		if there {
			what = "it is given more than once"
		}
		p.Errors = []ProblemField{{Field: name, Detail: what}}
		body, _ := json.Marshal(p) //nolint:errchkjson // strings and numbers only
		ctx.SetHeader("Content-Type", p.ContentType(""))
		ctx.SetStatus(p.Status)
		_, _ = ctx.BodyWriter().Write(body)
		return
	}
	next(ctx)
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	var body bytes.Buffer
	_ = json.NewEncoder(&body).Encode(p) //nolint:errchkjson // strings and numbers only
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_, _ = w.Write(body.Bytes())
}
