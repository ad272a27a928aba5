package client_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bangui/internal/client"
	"bangui/internal/fault"
)

func console(t *testing.T, answer http.HandlerFunc) *client.Client {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	c, err := client.New(server.URL+"/base", "test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func answerWith(kind string, status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestGet_Errors(t *testing.T) {
	cases := map[string]struct {
		answer  http.HandlerFunc
		code    fault.Code
		message string
	}{
		"Problem": {
			answerWith("application/problem+json", 404, `{"code":"jail_not_found","detail":"There is no jail \"x\".","mend":"List them."}`),
			fault.JailNotFound, `There is no jail "x"`,
		},
		"Fields": {
			answerWith("application/problem+json; charset=utf-8", 422, `{"code":"invalid","detail":"No.","errors":[{"field":"addresses[0]","detail":"not an address"}]}`),
			fault.Invalid, "No; addresses[0]: not an address",
		},
		"Internal":      {answerWith("application/problem+json", 500, `{"code":"internal","detail":"Oops.","request_id":"r1"}`), fault.Unavailable, "Oops (request r1)"},
		"EmptyProblem":  {answerWith("application/problem+json", 500, `{}`), fault.Unavailable, "the console answered 500 Internal Server Error without a reason"},
		"AnotherServer": {answerWith("text/html", 200, "<html>"), fault.Unavailable, ""},
		"HalfAnAnswer":  {answerWith("application/json", 200, `{"a":`), fault.Internal, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var out map[string]any
			err := console(t, c.answer).Get(t.Context(), "api/x", nil, &out)
			if !fault.Is(err, c.code) {
				t.Fatalf("err = %v (%s), want %s", err, fault.CodeOf(err), c.code)
			}
			if c.message != "" && fault.MessageOf(err) != c.message {
				t.Errorf("message = %q, want %q", fault.MessageOf(err), c.message)
			}
		})
	}
}

func TestGet_NobodyThere(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, err := client.New(server.URL, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), "api/health", nil, nil); !fault.Is(err, fault.Unavailable) || fault.MendOf(err) == "" {
		t.Errorf("err = %v", err)
	}
}

func TestNew_RefusesWhatIsNoAddress(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:8000", "file:///etc/passwd", "http://", "://x"} {
		if _, err := client.New(address, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("New(%q) = %v", address, err)
		}
	}
}

func TestList_FollowsItsPages(t *testing.T) {
	var asked []string
	c := console(t, func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path+"?"+r.URL.RawQuery)
		if r.URL.Query().Get("cursor") == "" {
			answerWith("application/json", 200, `{"items":[1,2],"next":"c&1"}`)(w, r)
			return
		}
		answerWith("application/json", 200, `{"items":[3,4],"next":null}`)(w, r)
	})
	var got []int
	if err := client.List(t.Context(), c, "api/v1/x", url.Values{"q": {"a b"}}, func(n int) bool { got = append(got, n); return true }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]int{1, 2, 3, 4}, got); d != "" {
		t.Error(d)
	}
	want := []string{"/base/api/v1/x?limit=500&q=a+b", "/base/api/v1/x?cursor=c%261&limit=500&q=a+b"}
	if d := cmp.Diff(want, asked); d != "" {
		t.Error(d)
	}
	got, asked = nil, nil
	if err := client.List(t.Context(), c, "api/v1/x", nil, func(n int) bool { got = append(got, n); return false }); err != nil || len(got) != 1 || len(asked) != 1 {
		t.Errorf("%v, %v, %v", got, asked, err)
	}
}

func TestPost_SendsJSON(t *testing.T) {
	c := console(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" || r.Header.Get("User-Agent") != "bangui/test" {
			t.Errorf("%s %v", r.Method, r.Header)
		}
		answerWith("application/json", 200, `{"ok":true}`)(w, r)
	})
	var out struct{ OK bool }
	if err := c.Post(t.Context(), "api/v1/x", map[string]int{"a": 1}, &out); err != nil || !out.OK {
		t.Errorf("%+v, %v", out, err)
	}
}
