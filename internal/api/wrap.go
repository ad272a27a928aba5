package api

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"bangui/internal/fault"
	"bangui/internal/host"

	"github.com/danielgtaylor/huma/v2"
)

type (
	basePathKey struct{}
	rowKey      struct{}
)

// requestID is known to the hosts too: what they carry out is logged under it.
func requestID(ctx context.Context) string { return host.RequestID(ctx) }

// basePathOf is the path under which the console is served; "" = the root.
func basePathOf(ctx context.Context) string {
	base, _ := ctx.Value(basePathKey{}).(string)
	return base
}

// rowOf is the row of the route table that a request is for.
func rowOf(ctx context.Context) route {
	row, _ := ctx.Value(rowKey{}).(route)
	return row
}

var givenID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// wrap puts around every answer what all have: an id, headers that keep browsers from
// misreading it, protection from other sites, and an end to panics.
func (a *API) wrap(mux *table) http.Handler {
	protection := http.NewCrossOriginProtection()
	if a.PublicOrigin != "" { // a proxy may hand on another Host than the browser asked for
		if err := protection.AddTrustedOrigin(a.PublicOrigin); err != nil {
			panic("api: " + err.Error())
		}
	}
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := newProblem(r.Context(), fault.Forbidden, "The request came from another site's page.")
		p.Mend = "If it was our own page behind a proxy, set public-url to its address in browsers."
		writeProblem(w, p)
	}))
	inner := a.audited(a.limited(protection.Handler(a.onlyJSON(a.known(mux)))))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = a.received(r)
		protect(w.Header(), requestID(r.Context()))
		out := &begun{ResponseWriter: w}
		defer a.survive(out, r)
		inner.ServeHTTP(out, r)
	})
}

// received gives a request what all that answers it wants to know: its id, where it came
// from, and under which path we are served.
func (a *API) received(r *http.Request) *http.Request {
	id := r.Header.Get("X-Request-Id")
	if !givenID.MatchString(id) {
		id = rand.Text()
	}
	ctx := host.WithRequestID(r.Context(), id)
	ctx = context.WithValue(ctx, basePathKey{}, a.BasePath)
	ctx = context.WithValue(ctx, rowKey{}, a.table.of(r))
	o := a.origin(r)
	ctx = context.WithValue(ctx, originKey{}, o)
	ctx = context.WithValue(ctx, onThisMachineKey{}, o.Direct && o.Address.IsLoopback() && isLoopback(r.Host))
	return r.WithContext(ctx)
}

// protect sets the headers of every answer: nobody may keep, frame, or misread it.
func protect(h http.Header, id string) {
	h.Set("X-Request-Id", id)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
}

// survive turns a panic of one request into its answer; where the answer has begun, it is
// cut off, so that nobody takes a part for the whole.
func (a *API) survive(w *begun, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if cause == http.ErrAbortHandler { //nolint:errorlint // the value itself is the signal
		panic(cause)
	}
	p := a.problem(r.Context(), fmt.Errorf("panic: %v\n%s", cause, debug.Stack()))
	if w.yes {
		panic(http.ErrAbortHandler)
	}
	writeProblem(w, p)
}

// begun knows whether the answer has begun.
type begun struct {
	http.ResponseWriter
	yes bool
}

// WriteHeader begins the answer.
func (b *begun) WriteHeader(status int) {
	b.yes = true
	b.ResponseWriter.WriteHeader(status)
}

// Write begins the answer, or goes on with it.
func (b *begun) Write(p []byte) (int, error) {
	b.yes = true
	return b.ResponseWriter.Write(p)
}

// Unwrap lets event streams flush and set their deadlines.
func (b *begun) Unwrap() http.ResponseWriter { return b.ResponseWriter }

// known answers paths and methods that are not in the route table as problems. A path is
// taken as it is written: nothing is cleaned and nobody is sent elsewhere.
func (a *API) known(mux *table) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isPlain(r.URL) {
			writeProblem(w, newProblem(r.Context(), fault.NotFound, "There is nothing at this path."))
			return
		}
		if _, pattern := mux.Handler(r); pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		allowed := mux.methods(r)
		if len(allowed) == 0 {
			writeProblem(w, newProblem(r.Context(), fault.NotFound, "There is nothing at this path."))
			return
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		writeProblem(w, newProblem(r.Context(), fault.MethodNotAllowed, "This path does not take the method "+r.Method+"."))
	})
}

// isPlain reports whether a path is spelt in the one way that counts: no empty, "." or
// ".." parts, also not behind escapes, no control characters, and no escapes of what
// needs none. Whoever guards paths before us then guards all spellings.
func isPlain(u *url.URL) bool {
	escaped := u.EscapedPath()
	if !strings.HasPrefix(escaped, "/") || path.Clean(escaped) != strings.TrimSuffix(escaped, "/") || needlesslyEscaped(escaped) {
		return false
	}
	parts := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' || r == '\\' })
	return !slices.Contains(parts, ".") && !slices.Contains(parts, "..") && !strings.ContainsFunc(u.Path, unicode.IsControl)
}

// needlesslyEscaped finds escapes of letters, digits and "-._~" (RFC 3986, 2.3).
func needlesslyEscaped(escaped string) bool {
	for _, after := range strings.Split(escaped, "%")[1:] {
		if b, err := strconv.ParseUint(after[:min(2, len(after))], 16, 8); err == nil && isUnreserved(byte(b)) {
			return true
		}
	}
	return false
}

func isUnreserved(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte("-._~", b) >= 0
}

// onlyJSON refuses bodies of changes that are not JSON: a form of another site can't
// send them.
func (a *API) onlyJSON(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && r.Method != http.MethodGet && r.Method != http.MethodHead {
			if !isJSON(r.Header.Get("Content-Type")) {
				p := newProblem(r.Context(), fault.Invalid, "The body must be JSON: send the header Content-Type: application/json.")
				p.Status = http.StatusUnsupportedMediaType
				writeProblem(w, p)
				return
			}
			r.Header.Set("Content-Type", "application/json") // the library knows this spelling only
		}
		next.ServeHTTP(w, r)
	})
}

func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && kind == "application/json"
}

// refuseUnknownQueries answers a query parameter that an operation does not have: a
// misspelt filter must not look like "everything".
func (a *API) refuseUnknownQueries(ctx huma.Context, next func(huma.Context)) {
	url := ctx.URL()
	parameter := func(name string) *huma.Param {
		at := slices.IndexFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
		if at < 0 {
			return nil
		}
		return ctx.Operation().Parameters[at]
	}
	query, err := knownOnly(url.RawQuery, func(name string) bool { return parameter(name) != nil })
	if err == nil {
		err = once(query, func(name string) bool { return parameter(name).Explode != nil && *parameter(name).Explode })
	}
	if err == nil {
		next(ctx)
		return
	}
	p := a.badQuery(ctx.Context(), err)
	ctx.SetHeader("Content-Type", p.ContentType(""))
	ctx.SetStatus(p.Status)
	_ = json.NewEncoder(ctx.BodyWriter()).Encode(p) //nolint:errchkjson // strings and numbers only
}

// badParameter is a query parameter that isn't taken.
type badParameter struct{ name, why string }

func (b *badParameter) Error() string { return b.why }

// oneOfEach reads a query in which every parameter is known and given once.
func oneOfEach(raw string, known func(name string) bool) (url.Values, error) {
	query, err := knownOnly(raw, known)
	if err != nil {
		return nil, err
	}
	return query, once(query, func(string) bool { return false })
}

func knownOnly(raw string, known func(name string) bool) (url.Values, error) {
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &badParameter{"query", "it can't be read: see how characters are escaped in URLs"}
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !known(name) {
			return nil, &badParameter{name, "there is no such parameter"}
		}
	}
	return query, nil
}

// once refuses a parameter that is given more than once and is no list: of two filters one
// would not be heard.
func once(query url.Values, list func(name string) bool) error {
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if len(query[name]) > 1 && !list(name) {
			return &badParameter{name, "it is given more than once"}
		}
	}
	return nil
}

func (a *API) badQuery(ctx context.Context, err error) *Problem {
	p := newProblem(ctx, fault.Invalid, "The query can't be taken.")
	if bad, ok := errors.AsType[*badParameter](err); ok {
		p.Errors = []ProblemField{{Field: bad.name, Detail: bad.why}}
	}
	return p
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	maps.Copy(w.Header(), p.GetHeaders())
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) //nolint:errchkjson // strings and numbers only
}
