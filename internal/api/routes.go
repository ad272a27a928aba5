package api

import (
	"net/http"
	"slices"
	"time"

	"bangui/internal/auth"
)

// route is one row of the route table.
type route struct {
	method, path string
	id, summary  string
	tag          string
	role         auth.Role // that it needs; public = anybody
	fresh        bool      // needs the password within the last ten minutes
	session      bool      // not with an API token
	secret       bool      // request or answer hold a secret: never remembered for a repetition
	tier         tier
	class        rateClass
	audit        string // what the audit calls it; "" for reads
	status       int    // of success; 0 = 200
	limit        time.Duration
}

// public is the role of nobody: what anybody may ask, signed in or not.
const public auth.Role = "public"

// changes reports whether it changes something.
func (r route) changes() bool { return r.method != http.MethodGet }

// tier says how far a change reaches on the host.
type tier string

const (
	looks    tier = "T0" // reads
	own      tier = "--" // changes BanGUI's own records, nothing on the host
	steers   tier = "T1" // can be taken back: bans, and jails that start and stop
	writesTo tier = "T2" // writes configuration
)

// rateClass groups operations that share a rate limit.
type rateClass string

const (
	classNone   rateClass = "none" // health: never refused
	classRead   rateClass = "read" // counts with all the others only
	classLogin  rateClass = "login"
	classBan    rateClass = "ban"
	classUnban  rateClass = "unban"
	classSteer  rateClass = "config"
	classImport rateClass = "import"
	classTest   rateClass = "test"
)

// table is the mux of this package. It takes a pattern only after its row, and puts the
// row's guard around what answers: a route without one can't exist.
type table struct {
	http.ServeMux
	rows  []route
	guard func(r route, next http.Handler) http.Handler
}

// row adds a row. One that does not say who may call it is a defect of the program.
func (t *table) row(r route) {
	if r.role != public && !r.role.Valid() {
		panic("api: " + r.method + " " + r.path + " does not say who may call it")
	}
	t.rows = append(t.rows, r)
}

// HandleFunc adds what answers a row; a pattern without one is a defect of the program.
func (t *table) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	i := slices.IndexFunc(t.rows, func(r route) bool { return r.method+" "+r.path == pattern })
	if i < 0 {
		panic("api: " + pattern + " has no row in the route table")
	}
	t.Handle(pattern, t.guard(t.rows[i], http.HandlerFunc(handler)))
}

// of is the row that answers a request; where none does, one that only counts.
func (t *table) of(r *http.Request) route {
	if isPlain(r.URL) {
		_, pattern := t.Handler(r)
		for _, row := range t.rows {
			if row.method+" "+row.path == pattern {
				return row
			}
		}
	}
	return route{class: classRead}
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
