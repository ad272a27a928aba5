// Package client speaks to the API of a console. It carries requests and answers and
// turns problems back into the fault errors that they were made of; what is asked and
// what comes back is the caller's, in the shapes of docs/openapi.yaml.
package client

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bangui/internal/fault"
)

// Bounds of one request.
const (
	requestTime = 7 * time.Minute // a change of the configuration is tried, made, and perhaps put back
	dialTime    = 3 * time.Second
	maxAnswer   = 64 << 20
	pageSize    = 500
)

// Client asks one console. It is safe for concurrent use.
type Client struct {
	base  *url.URL
	http  *http.Client
	agent string
	token string // "" = none
}

// New returns a client for the console at an address such as
// "http://127.0.0.1:8000/bangui/". A Pin behind it names the one certificate that is
// accepted then. It connects with the first request.
func New(address, version string) (*Client, error) {
	address, pin, err := cutPin(address)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(strings.TrimRight(address, "/") + "/")
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, fault.New(fault.Invalid, "%q is not the address of a console", address).
			WithMend("Give one such as http://127.0.0.1:8000/")
	}
	transport := &http.Transport{ // no proxies: a console is near, and the environment is main's
		DialContext:           (&net.Dialer{Timeout: dialTime}).DialContext,
		TLSHandshakeTimeout:   dialTime,
		ResponseHeaderTimeout: requestTime,
		MaxIdleConnsPerHost:   2,
		IdleConnTimeout:       10 * time.Second,
		TLSClientConfig:       tlsConfig(pin),
	}
	return &Client{base: base, http: &http.Client{Transport: transport, Timeout: requestTime}, agent: "bangui/" + version}, nil
}

// Authorize makes the client send an API token with every request.
func (c *Client) Authorize(token string) { c.token = token }

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Get asks path (such as "api/v1/bans") and decodes the answer into out.
func (c *Client) Get(ctx context.Context, path string, query url.Values, out any) error {
	return c.do(ctx, request{method: http.MethodGet, path: path, query: query}, out)
}

// Post sends in as JSON and decodes the answer into out; nil = none.
func (c *Client) Post(ctx context.Context, path string, in, out any) error {
	return c.do(ctx, request{method: http.MethodPost, path: path, in: in}, out)
}

// Delete asks for the end of what is at a path.
func (c *Client) Delete(ctx context.Context, path string) error {
	return c.do(ctx, request{method: http.MethodDelete, path: path}, nil)
}

// Patch sends in as JSON, made from what had that ETag, and decodes the answer into out.
func (c *Client) Patch(ctx context.Context, path, etag string, in, out any) error {
	return c.do(ctx, request{method: http.MethodPatch, path: path, in: in, ifMatch: etag}, out)
}

// List asks for a list page by page and gives each item to give, until there are no
// more or give returns false.
func List[T any](ctx context.Context, c *Client, path string, query url.Values, give func(T) bool) error {
	asked := url.Values{}
	maps.Copy(asked, query)
	asked.Set("limit", fmt.Sprint(pageSize))
	for {
		var page struct {
			Items []T     `json:"items"`
			Next  *string `json:"next"`
		}
		if err := c.Get(ctx, path, asked, &page); err != nil {
			return err
		}
		for _, item := range page.Items {
			if !give(item) {
				return nil
			}
		}
		if page.Next == nil || *page.Next == "" { // a page may be empty, and have a next one
			return nil
		}
		asked.Set("cursor", *page.Next)
	}
}

// Download writes an answer of another form than JSON to out as it comes, however long
// that is. What was written before an error is a part only.
func (c *Client) Download(ctx context.Context, path string, query url.Values, accept string, out io.Writer) error {
	asked, err := c.build(ctx, request{method: http.MethodGet, path: path, query: query, accept: accept})
	if err != nil {
		return fault.Wrap(err, fault.Internal, "the request can't be made")
	}
	whole := *c.http
	whole.Timeout = 0 // an export takes its time; ctx ends it
	response, err := whole.Do(asked)
	if err != nil {
		return c.unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return c.read(response, nil)
	}
	if _, err := io.Copy(out, response.Body); err != nil {
		return fault.Wrap(err, fault.Unavailable, "the answer broke off: what was written is a part only").WithMend("Try again.")
	}
	return nil
}

// request is what is asked of the console.
type request struct {
	method, path string
	query        url.Values
	in           any    // body, as JSON; nil = none
	accept       string // "" = JSON
	ifMatch      string // "" = none
}

func (c *Client) do(ctx context.Context, r request, out any) error {
	asked, err := c.build(ctx, r)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "the request can't be made")
	}
	response, err := c.http.Do(asked)
	if err != nil {
		return c.unreachable(err)
	}
	defer response.Body.Close()
	return c.read(response, out)
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	var body io.Reader
	if r.in != nil {
		encoded, err := json.Marshal(r.in)
		if err != nil {
			return nil, err
		}
		body = bytes.NewReader(encoded)
	}
	address := c.base.JoinPath(r.path)
	address.RawQuery = r.query.Encode()
	asked, err := http.NewRequestWithContext(ctx, r.method, address.String(), body)
	if err != nil {
		return nil, err
	}
	asked.Header.Set("Accept", cmp.Or(r.accept, "application/json"))
	asked.Header.Set("User-Agent", c.agent)
	if c.token != "" {
		asked.Header.Set("Authorization", "Bearer "+c.token)
	}
	if r.ifMatch != "" {
		asked.Header.Set("If-Match", `"`+r.ifMatch+`"`)
	}
	if body != nil {
		asked.Header.Set("Content-Type", "application/json")
	}
	return asked, nil
}

// unreachable says that nobody answered, without the URL's query.
func (c *Client) unreachable(err error) error {
	if urlError, ok := errors.AsType[*url.Error](err); ok {
		err = urlError.Err
	}
	if mend := certificateMend(err); mend != "" {
		return fault.Wrap(err, fault.Forbidden, "the certificate at %s is not trusted (%s)", c.base.Redacted(), err.Error()).WithMend("%s", mend)
	}
	return fault.Wrap(err, fault.Unavailable, "no console answers at %s", c.base.Redacted()).
		WithMend("Start one with `bangui serve`, or name another with --url.")
}

// read decodes an answer. What isn't JSON didn't come from a console.
func (c *Client) read(response *http.Response, out any) error {
	content, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return c.unreachable(err)
	}
	if len(content) > maxAnswer {
		return fault.New(fault.TooLarge, "the console's answer is larger than %d MiB", maxAnswer>>20)
	}
	kind, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	switch {
	case kind == "application/problem+json":
		return problem(content, response.Status)
	case response.StatusCode == http.StatusNoContent && out == nil:
		return nil
	case kind != "application/json":
		return fault.New(fault.Unavailable, "what answers at %s is not a console (%s)", c.base.Redacted(), response.Status).
			WithMend("Name the console with --url.")
	case out == nil:
		return nil
	}
	if err := json.Unmarshal(content, out); err != nil {
		return fault.Wrap(err, fault.Internal, "the console's answer can't be read")
	}
	return nil
}

// problem is the fault that the console answered with.
func problem(content []byte, status string) error {
	var p struct {
		Code, Title, Detail, Mend string
		RequestID                 string `json:"request_id"`
		Errors                    []struct{ Field, Detail string }
	}
	if err := json.Unmarshal(content, &p); err != nil || p.Code == "" {
		return fault.New(fault.Unavailable, "the console answered %s without a reason", status)
	}
	message := strings.TrimSuffix(p.Detail, ".")
	if message == "" {
		message = p.Title
	}
	for _, e := range p.Errors {
		message += fmt.Sprintf("; %s: %s", e.Field, e.Detail)
	}
	if fault.Code(p.Code) == fault.Internal {
		// The console's own fault: its text is safe to show, and its log has the rest.
		return fault.New(fault.Unavailable, "%s (request %s)", message, p.RequestID)
	}
	return fault.New(fault.Code(p.Code), "%s", message).WithMend("%s", p.Mend)
}
