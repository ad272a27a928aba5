package api

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"strconv"
	"strings"
)

// Refuse answers a request that reaches neither page nor operation with an error: as a
// problem, or as a page for a browser that opens an address.
func (a *API) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	r = a.received(r)
	protect(w.Header(), requestID(r.Context()))
	p := a.problem(r.Context(), err)
	w.Header().Set("Vary", "Accept")
	if !wantsPage(r.Header.Get("Accept")) {
		writeProblem(w, p)
		return
	}
	content := a.problemPage(p)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(p.Status)
	_, _ = w.Write(content) // a client that has gone away is not our trouble
}

// wantsPage reports whether an Accept header names HTML before JSON.
func wantsPage(accept string) bool {
	page, data := strings.Index(accept, "text/html"), strings.Index(accept, "json")
	return page >= 0 && (data < 0 || page < data)
}

func (a *API) problemPage(p *Problem) []byte {
	return a.htmlPage(p.Title, func(b *bytes.Buffer) {
		fmt.Fprintf(b, "<p>%s</p><p>%s</p>", html.EscapeString(p.Detail), html.EscapeString(p.Mend))
		fmt.Fprintf(b, "<p><a href=\"%s\">%s</a> · %d · %s</p>", html.EscapeString(p.Type), html.EscapeString(p.Code), p.Status, html.EscapeString(p.RequestID))
	})
}
