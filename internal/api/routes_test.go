package api

import (
	"log/slog"
	"net/http"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/host"

	"github.com/danielgtaylor/huma/v2"
)

// Every operation has its row, every change has a name for the audit and its own rate
// class, and nothing that reads is called a change.
func TestRoutes(t *testing.T) {
	a := New(Options{Hosts: host.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	described := map[string]bool{}
	for path, item := range a.huma.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPut: item.Put, http.MethodPost: item.Post, http.MethodDelete: item.Delete} {
			if op != nil {
				described[method+" "+path] = true
			}
		}
	}
	for _, r := range a.routes {
		if !described[r.method+" "+r.path] {
			t.Errorf("%s %s is not in the document", r.method, r.path)
		}
		delete(described, r.method+" "+r.path)
		changes := r.method != http.MethodGet
		if changes != (r.permission == write) || changes != (r.audit != "") || changes == (r.class == classRead || r.class == classNone) {
			t.Errorf("%s %s: permission %s, audit %q, class %s", r.method, r.path, r.permission, r.audit, r.class)
		}
	}
	for left := range described {
		t.Errorf("%s is in the document and has no row", left)
	}
}

func TestMeanings(t *testing.T) {
	for _, code := range fault.Codes() {
		if m := meanings()[code]; m.status < 400 || m.title == "" {
			t.Errorf("%s has no meaning", code)
		}
	}
	if got, want := len(meanings()), len(fault.Codes()); got != want {
		t.Errorf("%d meanings for %d codes", got, want)
	}
}
