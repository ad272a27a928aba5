package app

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"bangui/internal/config"
	"bangui/internal/fault"
)

// operations are the API, and how it refuses what reaches neither it nor the page.
type operations interface {
	http.Handler
	Refuse(w http.ResponseWriter, r *http.Request, err error)
}

// site is everything that is served: the API under /api, the page for the rest, both
// under the base path. Paths are taken as they are written; nobody is sent elsewhere
// but from the root to the base path.
type site struct {
	api      operations
	page     http.Handler
	base     string // "" or "/bangui"
	names    names
	strict   bool            // browsers may be told to come over TLS only
	stopping <-chan struct{} // closed when the console stops
}

// ServeHTTP answers every request that arrives.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.protect(w.Header())
	if s.isStopping() || len(r.TransferEncoding) > 0 {
		// The next request belongs elsewhere; and where a body in chunks came with a length as
		// well, proxies before us may see another end of it than we do (RFC 9112, 6.3).
		w.Header().Set("Connection", "close")
	}
	// A writer without deadlines (in tests) needs none. Event streams lengthen theirs.
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime))
	if err := s.refusal(r); err != nil {
		s.api.Refuse(w, r, err)
		return
	}
	if s.base == "" {
		s.serve(w, r)
		return
	}
	inner, ok := below(s.base, r)
	switch {
	case ok:
		s.serve(w, inner)
	case (r.URL.Path == s.base || r.URL.Path == "/") && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		http.Redirect(w, r, s.base+"/", http.StatusTemporaryRedirect)
	default:
		s.api.Refuse(w, r, fault.New(fault.NotFound, "BanGUI is served under %s/", s.base).
			WithMend("Ask below that path, or change the setting base-path."))
	}
}

func (s *site) serve(w http.ResponseWriter, r *http.Request) {
	if !isOfAPI(r.URL.Path) {
		s.page.ServeHTTP(w, r)
		return
	}
	if strings.HasSuffix(r.URL.Path, "/events") {
		ctx, cancel := s.untilStopping(r.Context())
		defer cancel()
		r = r.WithContext(ctx)
	}
	s.api.ServeHTTP(w, r)
}

// isOfAPI tells the API's paths, with the documents of which problems say that they are
// explained there.
func isOfAPI(path string) bool {
	return path == "/api" || strings.HasPrefix(path, "/api/") || path == "/metrics" || strings.HasPrefix(path, "/docs/")
}

// protect sets what every answer carries. API and page add their own policy.
func (s *site) protect(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	h.Set("Cache-Control", "no-store")
	if s.strict {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// refusal is why a request is answered by nobody; nil when it is.
//
// A page of somebody else can make its own name resolve to our address (DNS rebinding);
// its requests carry that name. Health checks of proxies and containers come under any
// name, and get one word without details then.
func (s *site) refusal(r *http.Request) error {
	methods := []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}
	if !slices.Contains(methods, r.Method) {
		return fault.New(fault.MethodNotAllowed, "BanGUI takes no requests with this method").
			WithMend("It takes %s.", strings.Join(methods, ", "))
	}
	if s.names.known(r.Host) || isHealth(strings.TrimPrefix(r.URL.Path, s.base)) {
		return nil
	}
	mend := "Open it under localhost or its address, or set allowed-hosts or public-url to the name under which it is reached."
	if name := hostName(r.Host); isName(name) {
		mend = "If it should, add the name: allowed-hosts = " + strings.Join(append(slices.Clone(s.names.given), name), ",")
	}
	return fault.New(fault.HostUnknown, "BanGUI does not answer to this host name").WithMend("%s", mend)
}

func isHealth(path string) bool {
	return path == "/api/health" || path == "/api/health/live" || path == "/api/health/ready"
}

// below is a request as those below the base path see it; false when it is not there.
func below(base string, r *http.Request) (*http.Request, bool) {
	if !strings.HasPrefix(r.URL.EscapedPath(), base+"/") || !strings.HasPrefix(r.URL.Path, base+"/") {
		return nil, false
	}
	inner := *r
	inner.URL = new(url.URL)
	*inner.URL = *r.URL
	inner.URL.Path, inner.URL.RawPath = strings.TrimPrefix(r.URL.Path, base), strings.TrimPrefix(r.URL.RawPath, base)
	return &inner, true
}

func (s *site) isStopping() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// untilStopping is a context that also ends when the console begins to stop: event
// streams would be waited for otherwise.
func (s *site) untilStopping(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	go func() {
		select {
		case <-s.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// namesOf are the names under which the settings let browsers reach us.
func namesOf(c config.Config) names {
	n := names{given: c.AllowedHosts}
	if public, err := url.Parse(c.PublicURL); err == nil && public.Host != "" {
		n.public = hostName(public.Host)
	}
	return n
}
