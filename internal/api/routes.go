package api

import (
	"net/http"
	"slices"
	"time"
)

// route is one row of the route table.
type route struct {
	method, path string
	id, summary  string
	tag          string
	permission   permission
	tier         tier
	class        rateClass
	audit        string // what the audit calls it; "" for reads
	status       int    // of success; 0 = 200
	limit        time.Duration
}

// permission says who may call an operation. Until sign-in exists everybody on
// loopback may do both.
type permission string

const (
	public permission = "public"
	read   permission = "read"
	write  permission = "write"
)

// tier says how far a change reaches on the host.
type tier string

const (
	looks    tier = "T0" // reads
	steers   tier = "T1" // can be taken back: bans, and jails that start and stop
	writesTo tier = "T2" // writes configuration
)

// rateClass groups operations that share a rate limit.
type rateClass string

const (
	classNone  rateClass = "none" // health, documents
	classRead  rateClass = "read"
	classBan   rateClass = "ban"
	classUnban rateClass = "unban"
	classSteer rateClass = "config"
)

// table is the mux of this package. It takes a pattern only after its row: a route
// without one can't exist.
type table struct {
	http.ServeMux
	rows []route
}

// row adds a row.
func (t *table) row(r route) { t.rows = append(t.rows, r) }

// HandleFunc adds what answers a row; a pattern without one is a defect of the program.
func (t *table) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	if !slices.ContainsFunc(t.rows, func(r route) bool { return r.method+" "+r.path == pattern }) {
		panic("api: " + pattern + " has no row in the route table")
	}
	t.ServeMux.HandleFunc(pattern, handler)
}

// methods are those that the path of a request takes.
func (t *table) methods(r *http.Request) []string {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := t.Handler(other); pattern != "" {
			allowed = append(allowed, method)
		}
	}
	return allowed
}
