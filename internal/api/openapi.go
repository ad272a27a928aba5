package api

import (
	"bytes"
	_ "embed"
	"fmt"
	"html"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"

	"bangui/docs"
	"bangui/internal/auth"
	"bangui/internal/fault"

	"github.com/danielgtaylor/huma/v2"
)

// describe finishes the OpenAPI document: lists are never null, some objects may be,
// answers may grow, changes take a key, and every error is a Problem.
func (a *API) describe() {
	doc := a.huma.OpenAPI()
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: a.cookieName(false), Description: "Over TLS its name begins with __Host- or, under a base path, __Secure-."},
		"token":   {Type: "http", Scheme: "bearer", BearerFormat: auth.TokenPrefix + "…"},
	}
	doc.Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	delete(doc.Components.Schemas.Map(), "ErrorModel")
	delete(doc.Components.Schemas.Map(), "ErrorDetail")
	taken := map[string]bool{"BanFilter": true} // also inside a body: what the list would not take is not saved
	for _, r := range a.table.rows {
		op := a.operation(r)
		describeAccess(op, r)
		op.Responses["default"] = &huma.Response{
			Description: "A problem", Content: map[string]*huma.MediaType{
				"application/problem+json": {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}},
			},
		}
		if r.changes() && !r.secret {
			op.Parameters = append(op.Parameters, idempotencyKey())
		}
		if op.RequestBody != nil {
			taken[strings.TrimPrefix(op.RequestBody.Content["application/json"].Schema.Ref, "#/components/schemas/")] = true
		}
	}
	for name, schema := range doc.Components.Schemas.Map() {
		describeProperties(name, schema)
		if !taken[name] {
			schema.AdditionalProperties = nil // what is answered may grow
		}
	}
	var codes []any
	for _, code := range fault.Codes() {
		codes = append(codes, string(code))
	}
	doc.Components.Schemas.Map()["Problem"].Properties["code"].Enum = codes
}

// describeAccess says who may call an operation, and with what he shows who he is.
func describeAccess(op *huma.Operation, r route) {
	if r.role == public {
		return
	}
	op.Description = "Needs the role " + string(r.role) + "."
	if r.fresh {
		op.Description = "Needs the role " + string(r.role) + ", and the password within the last ten minutes (step-up)."
	}
	op.Security = []map[string][]string{{"session": {}}}
	if !r.fresh && !r.session {
		op.Security = append(op.Security, map[string][]string{"token": {}})
	}
}

// describeProperties says what the types of Go can't: which values may be null.
func describeProperties(name string, schema *huma.Schema) {
	for property, s := range schema.Properties {
		if s.Type == huma.TypeArray {
			s.Nullable = false
		}
		if s.Nullable && len(s.Enum) > 0 {
			s.Enum = append(s.Enum, nil)
		}
		if slices.Contains(orNullObjects(), name+"."+property) {
			schema.Properties[property] = &huma.Schema{
				Description: s.Description, AnyOf: []*huma.Schema{{Ref: s.Ref}, {Type: "null"}},
			}
		}
	}
}

// orNullObjects are the properties that are an object or null.
func orNullObjects() []string {
	return []string{
		"JailDetail.increment", "Address.protected", "Address.point", "Address.special", "GeoLookup.point", "GeoLookup.special",
		"Lease.holder", "Job.last", "JobDetail.last",
	}
}

func idempotencyKey() *huma.Param {
	most := maxKey
	return &huma.Param{
		Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string", MaxLength: &most},
		Description: "Within ten minutes, the same change with the same key is done once and answered with its first answer.",
	}
}

// operation is what the document says of a row; nil for the documents themselves.
func (a *API) operation(r route) *huma.Operation {
	item := a.huma.OpenAPI().Paths[r.path]
	if item == nil {
		return nil
	}
	return map[string]*huma.Operation{
		http.MethodGet: item.Get, http.MethodPut: item.Put, http.MethodPost: item.Post, http.MethodDelete: item.Delete, http.MethodPatch: item.Patch,
	}[r.method]
}

// OpenAPI is the document in YAML, as in docs/openapi.yaml.
func (a *API) OpenAPI() ([]byte, error) { return a.huma.OpenAPI().YAML() }

//go:embed docs.css
var docsStyle []byte

// registerDocs serves the document, a page made of it, and the page of error codes.
func (a *API) registerDocs() {
	// Written when it is first asked for: most consoles never are.
	document := sync.OnceValue(func() []byte {
		document, err := a.huma.OpenAPI().MarshalJSON()
		if err != nil {
			panic(err) // of our own types only; a test reads it
		}
		return document
	})
	always := func(page []byte) func() []byte { return func() []byte { return page } }
	serve := func(path, kind string, body func() []byte) {
		a.table.row(route{method: http.MethodGet, path: path, tag: "documents", role: public, tier: looks, class: classRead})
		a.table.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(body())
		})
	}
	reference := always(a.reference())
	serve("/api/openapi.json", "application/json", document)
	serve("/api/docs", "text/html; charset=utf-8", reference)
	serve("/api/docs.css", "text/css; charset=utf-8", always(docsStyle))
	serve("/docs/errors", "text/html; charset=utf-8", always(a.errorPage()))
}

func (a *API) htmlPage(title string, body func(*bytes.Buffer)) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>%s</title><link rel=\"stylesheet\" href=\"%s/api/docs.css\"><main><h1>%s</h1>",
		html.EscapeString(title), html.EscapeString(a.BasePath), html.EscapeString(title))
	body(&b)
	b.WriteString("</main></html>")
	return b.Bytes()
}

// reference is a page that lists every operation.
func (a *API) reference() []byte {
	return a.htmlPage("BanGUI API", func(b *bytes.Buffer) {
		base := html.EscapeString(a.BasePath)
		fmt.Fprintf(b, "<p>The machine-readable document is <a href=\"%s/api/openapi.json\">openapi.json</a>; errors are explained on <a href=\"%s/docs/errors\">a page of their own</a>.</p>", base, base)
		for _, r := range a.table.rows {
			fmt.Fprintf(b, "<section id=\"%s\"><h2><b>%s</b> <code>%s</code></h2><p>%s</p>", r.id, r.method, html.EscapeString(r.path), html.EscapeString(r.summary))
			a.writeParameters(b, a.operation(r))
			b.WriteString("</section>")
		}
	})
}

func (a *API) writeParameters(b *bytes.Buffer, op *huma.Operation) {
	rows := [][3]string{}
	for _, p := range op.Parameters {
		rows = append(rows, [3]string{p.Name, p.In, p.Description})
	}
	for kind, schema := range a.bodiesOf(op) {
		s := a.huma.OpenAPI().Components.Schemas.SchemaFromRef(schema.Ref)
		if s == nil {
			s = schema
		}
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			rows = append(rows, [3]string{name, kind, s.Properties[name].Description})
		}
	}
	if len(rows) == 0 {
		return
	}
	b.WriteString("<table><tr><th>name</th><th>in</th><th>meaning</th></tr>")
	for _, row := range rows {
		fmt.Fprintf(b, "<tr><td><code>%s</code></td><td>%s</td><td>%s</td></tr>", html.EscapeString(row[0]), html.EscapeString(row[1]), html.EscapeString(row[2]))
	}
	b.WriteString("</table>")
}

// bodiesOf are the JSON bodies of an operation, by where they stand.
func (a *API) bodiesOf(op *huma.Operation) map[string]*huma.Schema {
	bodies := map[string]*huma.Schema{}
	if op.RequestBody != nil && op.RequestBody.Content["application/json"] != nil {
		bodies["body"] = op.RequestBody.Content["application/json"].Schema
	}
	for _, response := range op.Responses {
		if media := response.Content["application/json"]; media != nil && media.Schema != nil {
			bodies["answer"] = media.Schema
		}
	}
	return bodies
}

// codeMarks are Markdown's marks around code; the text is escaped before they are looked for.
var codeMarks = regexp.MustCompile("`([^`]*)`")

// errorPage explains every code, from the same table that answers with them.
func (a *API) errorPage() []byte {
	return a.htmlPage("Errors of BanGUI", func(b *bytes.Buffer) {
		for _, code := range fault.Codes() {
			m := meanings()[code]
			fmt.Fprintf(b, "<section id=\"%s\"><h2><code>%s</code> <small>%d</small></h2><p>%s</p></section>", code, code, m.status, codeMarks.ReplaceAllString(html.EscapeString(explain(code)), "<code>$1</code>"))
		}
	})
}

// explain is the paragraph about a code in docs/errors.md.
func explain(code fault.Code) string {
	_, after, found := strings.Cut(docs.Errors, "\n## "+string(code)+"\n")
	if !found {
		return ""
	}
	text, _, _ := strings.Cut(after, "\n## ")
	return strings.Join(strings.Fields(text), " ")
}
