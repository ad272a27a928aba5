package api

import (
	"net/http"

	"bangui/internal/auth"

	"github.com/danielgtaylor/huma/v2"
)

// registerMetrics shows the numbers for Prometheus to who has a token.
func (a *API) registerMetrics() {
	r := route{
		method: http.MethodGet, path: "/metrics", id: "getMetrics", summary: "Numbers for Prometheus", tag: "health",
		role: auth.Viewer, tier: looks, class: classRead,
	}
	a.table.row(r)
	a.table.HandleFunc(r.method+" "+r.path, func(w http.ResponseWriter, r *http.Request) { a.Metrics.ServeHTTP(w, r) })
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Tags: []string{r.tag},
		Responses: map[string]*huma.Response{"200": {
			Description: "In Prometheus' text format. The setting metrics-listen serves the same at an address of its own, without a token.",
			Content:     map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	})
}
