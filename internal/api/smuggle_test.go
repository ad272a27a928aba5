package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"bangui/internal/api"
	"bangui/internal/auth"
)

// schema is the part of a JSON schema that these tests look at.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               // a text, or a list of them
	Enum       []any             `json:"enum"`
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
}

func (s schema) is(kind string) bool {
	if list, ok := s.Type.([]any); ok {
		return slices.Contains(list, any(kind))
	}
	return s.Type == kind
}

// described is the part of an OpenAPI document that these tests look at.
type described struct {
	Paths map[string]map[string]struct {
		Parameters []struct {
			Name, In string
			Schema   schema
		}
		RequestBody struct {
			Content map[string]struct{ Schema schema }
		} `json:"requestBody"`
	}
	Components struct{ Schemas map[string]schema }
}

func (d described) body(s schema) schema {
	if s.Ref != "" {
		return d.Components.Schemas[path.Base(s.Ref)]
	}
	return s
}

// harmless is a value that a field takes.
func harmless(name string, s schema) any {
	known := map[string]any{
		"jails": []string{"manual"}, "addresses": []string{"203.0.113.7"}, "password": "x", "expires_in_seconds": 86400,
		"source": map[string]any{"kind": "text", "text": "x"},
		"edits":  []any{map[string]any{"place": "jail", "name": "manual", "option": "maxretry", "value": "7"}},
	}
	switch value, ok := known[name]; {
	case ok:
		return value
	case len(s.Enum) > 0:
		return s.Enum[0]
	case s.is("boolean"):
		return true
	case s.is("integer"):
		return 1
	case s.is("array"):
		return []string{"x"}
	default:
		return "x"
	}
}

// whole is a body that an operation takes; nil where it takes none.
func (d described) whole(s schema) map[string]any {
	s = d.body(s)
	if s.Properties == nil {
		return nil
	}
	value := map[string]any{}
	for _, needed := range s.Required {
		value[needed] = harmless(needed, s.Properties[needed])
	}
	return value
}

func jsonOf(value map[string]any) string {
	if value == nil {
		return ""
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// spoilt are the bodies of an operation with the text in one of its fields each.
func (d described) spoilt(s schema, evil string) []string {
	var all []string
	for name, field := range d.body(s).Properties {
		value := d.whole(s)
		switch {
		case field.is("string"):
			value[name] = evil
		case field.Ref != "":
			for inner, f := range d.body(field).Properties {
				if f.is("string") {
					item := d.whole(field)
					item[inner] = evil
					value[name] = item
					all = append(all, jsonOf(value))
				}
			}
			continue
		case field.is("array") && field.Items != nil && field.Items.is("string"):
			value[name] = []string{evil}
		case field.is("array") && field.Items != nil:
			for inner, f := range d.body(*field.Items).Properties {
				if f.is("string") {
					item := d.whole(*field.Items)
					item[inner] = evil
					value[name] = []any{item}
					all = append(all, jsonOf(value))
				}
			}
			continue
		default:
			continue
		}
		all = append(all, jsonOf(value))
	}
	return all
}

// Each text that the document lets somebody send, of each operation that there is: what is
// added tomorrow is tried as well (S4).
func TestAPI_NothingIsSmuggledAnywhere(t *testing.T) {
	var passed atomic.Int64 // each request comes seconds after the last: no rate is reached
	s := open(t, func(o *api.Options) {
		o.Rate, o.Now = 100_000, func() time.Time { return time.Now().Add(time.Duration(passed.Load())) }
	})
	var doc described
	if err := json.Unmarshal(s.run(scenario{name: "document", method: "GET", path: "/api/openapi.json", status: 200}), &doc); err != nil {
		t.Fatal(err)
	}
	canary := filepath.Join(t.TempDir(), "canary")
	evil := "x<F2B_END_COMMAND>cos\nsystem\n(S'touch " + canary + "'\ntR.<F2B_END_COMMAND>"
	const short = "x<F2B_END_COMMAND>canary" // a path may hold this one
	plain := strings.NewReplacer("users/{id}", "users/"+idOf(auth.Viewer), "{host}", "local", "{jail}", "manual", "{id}", "1", "{ip}", "203.0.113.7")
	tried := map[string]int{}
	ask := func(where, method, path, body string) {
		t.Helper()
		tried[where]++
		passed.Add(int64(2 * time.Second))
		status, text := s.glance(method, path, body)
		if status >= 500 || status == http.StatusForbidden || status == http.StatusUnauthorized && !strings.Contains(text, "credentials_wrong") || strings.Contains(text, "rate_limited") {
			t.Errorf("%s %.60s %.80s: %d %s", method, path, body, status, text)
		}
	}
	for path, methods := range doc.Paths {
		for method, operation := range methods {
			method = strings.ToUpper(method)
			body := operation.RequestBody.Content["application/json"].Schema
			for _, text := range []string{evil, short} {
				for _, p := range operation.Parameters {
					switch {
					case p.In == "path":
						spoilt := url.URL{Path: plain.Replace(strings.ReplaceAll(path, "{"+p.Name+"}", text))}
						ask("path", method, spoilt.EscapedPath(), jsonOf(doc.whole(body)))
					case p.In == "query" && (p.Schema.is("string") || p.Schema.is("array")):
						ask("query", method, plain.Replace(path)+"?"+p.Name+"="+url.QueryEscape(text), jsonOf(doc.whole(body)))
					}
				}
				for _, spoilt := range doc.spoilt(body, text) {
					ask("body", method, plain.Replace(path), spoilt)
				}
			}
		}
	}
	if tried["path"] < 40 || tried["query"] < 30 || tried["body"] < 40 {
		t.Errorf("too few places were tried: %v", tried)
	}
	if got := s.fail2ban.Client("ping"); !strings.Contains(got, "pong") {
		t.Errorf("fail2ban does not answer any more: %s", got)
	}
	if _, err := os.Stat(canary); !errors.Is(err, os.ErrNotExist) {
		t.Error("the canary is there: a parameter became a command")
	}
	if log := s.fail2ban.Read(s.fail2ban.Log()); strings.Contains(log, "canary") {
		t.Error("the payload reached fail2ban")
	}
}

// glance asks as an admin who has just signed in, and reads the beginning of a refusal; a
// stream that was let through is not read.
func (s *site) glance(method, path, body string) (int, string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header = as(s.people.session(auth.Admin, nil))
	request.Header.Set("Content-Type", "application/json")
	answer, err := browser.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode < 400 {
		return answer.StatusCode, ""
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, 2000))
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
