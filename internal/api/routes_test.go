package api

import (
	"cmp"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/host"

	"github.com/danielgtaylor/huma/v2"
	gocmp "github.com/google/go-cmp/cmp"
)

// Every operation has its row, every change has a name for the audit and its own rate
// class, and nothing that reads is called a change.
func TestRoutes(t *testing.T) {
	a := New(Options{Hosts: host.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	described, ids := map[string]bool{}, map[string]bool{}
	for path, item := range a.huma.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPut: item.Put, http.MethodPost: item.Post, http.MethodDelete: item.Delete, http.MethodPatch: item.Patch} {
			if op == nil {
				continue
			}
			described[method+" "+path] = true
			if op.OperationID == "" || ids[op.OperationID] {
				t.Errorf("%s %s: the operation id %q is empty or not its own", method, path, op.OperationID)
			}
			ids[op.OperationID] = true
			if op.Responses["default"] == nil || op.Responses["default"].Content["application/problem+json"] == nil {
				t.Errorf("%s %s does not tell of problems", method, path)
			}
		}
	}
	for _, r := range a.table.rows {
		if r.tag == "documents" {
			continue
		}
		if !described[r.method+" "+r.path] {
			t.Errorf("%s %s is not in the document", r.method, r.path)
		}
		delete(described, r.method+" "+r.path)
		changes := r.method != http.MethodGet
		if changes != (r.audit != "") || changes != (r.tier != looks) || changes == (r.class == classRead || r.class == classNone) {
			t.Errorf("%s %s: role %s, tier %s, audit %q, class %s", r.method, r.path, r.role, r.tier, r.audit, r.class)
		}
	}
	for left := range described {
		t.Errorf("%s is in the document and has no row", left)
	}
}

// Who may call what is a golden file: a change of it is seen in review.
func TestOpenAPI_RouteTable(t *testing.T) {
	a := New(Options{Hosts: host.NewRegistry(), Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	var b strings.Builder
	for _, r := range a.table.rows {
		fmt.Fprintf(&b, "%-6s %-45s %-8s %-5s %s %-6s %s\n", r.method, r.path, r.role, freshness(r), r.tier, r.class, cmp.Or(r.audit, "-"))
	}
	const golden = "testdata/routes.txt"
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(string(want), b.String()); diff != "" {
		t.Error(diff)
	}
}

func freshness(r route) string {
	if r.fresh {
		return "fresh"
	}
	return "-"
}

// A row that does not say who may call it opens nothing to anybody.
func TestTable_RefusesARowWithoutRole(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a row without a role was taken")
		}
	}()
	(&table{}).row(route{method: http.MethodGet, path: "/x"})
}

func TestTable_RefusesWhatHasNoRow(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a route without a row was taken")
		}
	}()
	(&table{}).HandleFunc("GET /x", http.NotFound)
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
