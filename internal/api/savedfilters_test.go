package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bangui/internal/audit"
	"bangui/internal/auth"
)

const savedFilters = "/api/v1/saved-filters"

// A viewer keeps, renames, replaces and deletes filters; nobody else can, nor see them.
func TestSavedFilters_Journey(t *testing.T) {
	d := openDesk(t)
	viewer, admin := as(d.people.session(auth.Viewer, nil)), as(d.people.session(auth.Admin, nil))
	whole := `{"name":" Nights <b> ","filter":{"state":"all","jail":"sshd","ip":"203.0.113.0/24","country":"NL","asn":64500,"range":"7d","not_jail":["a","b"],"not_country":["DE"],"not_asn":[1],"not_origin":"manual"}}`
	var saved struct {
		ID, Name string
		Filter   json.RawMessage
	}
	body := d.run(scenario{name: "save", method: "POST", path: savedFilters, header: withKey(viewer, "k1"), body: whole, status: 201})
	if err := json.Unmarshal(body, &saved); err != nil || saved.Name != "Nights <b>" {
		t.Fatal(saved, err)
	}
	one := savedFilters + "/" + saved.ID
	for _, c := range []scenario{
		{name: "sent again", method: "POST", path: savedFilters, header: withKey(viewer, "k1"), body: whole, status: 201, has: []string{saved.ID}},
		{name: "the same name", method: "POST", path: savedFilters, header: viewer, body: `{"name":"Nights <b>","filter":{}}`, status: 409},
		{name: "his", method: "GET", path: savedFilters, header: viewer, status: 200, has: []string{`"not_jail":["a","b"]`, `"range":"7d"`, `"asn":64500`, `"not_origin":"manual"`}, hasNot: []string{"until"}},
		{name: "not the admin's", method: "GET", path: savedFilters, header: admin, status: 200, has: []string{`"items":[]`}},
		{name: "an admin changes it", method: "PUT", path: one, header: admin, body: `{"name":"x","filter":{}}`, status: 404},
		{name: "an admin deletes it", method: "DELETE", path: one, header: admin, status: 404},
		{name: "a token that reads only", method: "DELETE", path: one, header: bearer(d.people.token(auth.Viewer, auth.Read, nil)), status: 403},
		{name: "another name and filter", method: "PUT", path: one, header: viewer, body: `{"name":"Days","filter":{"state":"ended"}}`, status: 200, has: []string{`"Days"`, `"filter":{"state":"ended"}`}},
		{name: "what is left out is as in the list", method: "PUT", path: one, header: viewer, body: `{"name":"Days","filter":{}}`, status: 200, has: []string{`"filter":{"state":"active"}`}},
		{name: "delete", method: "DELETE", path: one, header: viewer, status: 204},
		{name: "again", method: "DELETE", path: one, header: viewer, status: 404},
		{name: "change what is gone", method: "PUT", path: one, header: viewer, body: `{"name":"Days","filter":{}}`, status: 404},
	} {
		d.run(c)
	}
	entries, err := d.trail.Entries(t.Context(), audit.Query{Action: "saved_filter", Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, e := range entries {
		if e.Outcome == audit.OK {
			told = append(told, fmt.Sprint(e.Actor.Name, " ", e.Action, " ", e.Target))
		}
	}
	want := []string{"the-viewer saved_filter.remove Days", "the-viewer saved_filter.change Days", "the-viewer saved_filter.change Nights <b>", "the-viewer saved_filter.create Nights <b>"}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("the audit tells\n%s", strings.Join(told, "\n"))
	}
}

func withKey(h http.Header, key string) http.Header {
	h = h.Clone()
	h.Set("Idempotency-Key", key)
	return h
}

// What the list would refuse is no filter that can be saved.
func TestSavedFilters_ObeyTheList(t *testing.T) {
	d := openDesk(t)
	viewer := as(d.people.session(auth.Viewer, nil))
	long := strings.Repeat("j", 190)
	for filter, query := range map[string]string{
		`{"state":"dead"}`:      "state=dead",
		`{"host":"nosuch"}`:     "host=nosuch",
		`{"ip":"203.0.113"}`:    "ip=203.0.113",
		`{"asn":-1}`:            "asn=-1",
		`{"asn":4294967296}`:    "asn=4294967296",
		`{"origin":"god"}`:      "origin=god",
		`{"since":"yesterday"}`: "since=yesterday",
		`{"range":"8d"}`:        "range=8d",
		`{"range":"7d","until":"2026-11-24T13:00:00Z"}`: "range=7d&until=2026-11-24T13:00:00Z",
		`{"q":"` + strings.Repeat("x", 201) + `"}`:      "q=" + strings.Repeat("x", 201),
		`{"colour":"red"}`:                              "colour=red",
		`{"cursor":"x"}`:                                "cursor=x",
	} {
		d.build() // counts no requests yet
		if answer, body := d.send(scenario{method: "GET", path: "/api/v1/bans?" + query, header: viewer}); answer.StatusCode < 400 {
			t.Errorf("the list takes %s: %s", query, body)
		}
		answer, body := d.send(scenario{method: "POST", path: savedFilters, header: viewer, body: `{"name":"x","filter":` + filter + `}`})
		if code := answer.StatusCode; code != 400 && code != 404 && code != 422 {
			t.Errorf("%s is saved: %d %s", filter, answer.StatusCode, body)
		}
	}
	d.build()
	for body, status := range map[string]int{
		`{"name":"x"}`:                                           422,
		`{"name":"","filter":{}}`:                                422,
		`{"name":"a\u0000b","filter":{}}`:                        400,
		`{"name":"a\u001bb","filter":{}}`:                        400,
		`{"name":"x","filter":"state=all"}`:                      422,
		`{"name":"` + strings.Repeat("x", 61) + `","filter":{}}`: 422,
		`{"name":"x","filter":{"not_jail":["` + strings.Repeat(long+`","`, 11) + `"]}}`: 400,
	} {
		d.run(scenario{name: body[:min(len(body), 40)], method: "POST", path: savedFilters, header: viewer, body: body, status: status})
	}
	d.run(scenario{name: "nothing was kept", method: "GET", path: savedFilters, header: viewer, status: 200, has: []string{`"items":[]`}})
}
