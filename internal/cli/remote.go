package cli

import (
	"cmp"
	"context"
	"net/url"
	"strings"
	"time"

	"bangui/internal/client"
	"bangui/internal/fault"
)

// remote works over the API of a console, for its local host.
type remote struct{ client *client.Client }

// openRemote finds out whether a console answers at an address.
func (c *command) openRemote(ctx context.Context, address string) (*remote, error) {
	console, err := client.New(address, c.Version)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if err := console.Get(ctx, "api/health/live", nil, nil); err != nil {
		console.Close()
		return nil, err
	}
	console.Authorize(c.apiToken())
	return &remote{console}, nil
}

// apiToken is the token that was given; "" = none.
func (c *command) apiToken() string { return cmp.Or(c.token, c.getenv("BANGUI_TOKEN")) }

// needsToken says that a console lets nobody in without a token; otherwise is a way around it.
func (c *command) needsToken(address, otherwise string) error {
	return fault.New(fault.NotSignedIn, "the console at %s wants an API token", strings.TrimRight(address, "/")).
		WithMend("Make one on its machine, `bangui token create NAME`, and set BANGUI_TOKEN to it, or give it with --token.%s", otherwise)
}

func (r *remote) Close() { r.client.Close() }

const localJails = "api/v1/hosts/local/jails"

func (r *remote) Jails(ctx context.Context) ([]jailRow, error) {
	var list struct {
		Items []jailRow `json:"items"`
	}
	err := r.client.Get(ctx, localJails, nil, &list)
	return list.Items, err
}

func (r *remote) Jail(ctx context.Context, name string) (jailDetail, error) {
	var detail jailDetail
	err := r.client.Get(ctx, localJails+"/"+url.PathEscape(name), nil, &detail)
	return detail, err
}

func (r *remote) Bans(ctx context.Context, q banQuery) ([]banRow, error) {
	rows := []banRow{}
	err := client.List(ctx, r.client, "api/v1/bans", q.values(), func(b banRow) bool {
		rows = append(rows, b)
		return len(rows) < q.limit
	})
	return rows, err
}

// results are the outcomes of an order.
type results struct {
	Results []outcome `json:"results"`
}

func (r *remote) Ban(ctx context.Context, o banOrder) ([]outcome, error) {
	order := map[string]any{
		"jails": o.jails, "addresses": o.addresses, "reason": o.reason, "dry_run": o.dryRun, "allow_wide": o.wide,
	}
	if o.duration != 0 {
		order["duration_seconds"] = int64(o.duration / time.Second)
	}
	var out results
	err := r.client.Post(ctx, "api/v1/bans", order, &out)
	return out.Results, err
}

func (r *remote) Lift(ctx context.Context, o liftOrder) ([]outcome, error) {
	order := map[string]any{"addresses": o.addresses, "reason": o.reason}
	if len(o.jails) > 0 {
		order["jails"] = o.jails
	}
	var out results
	err := r.client.Post(ctx, "api/v1/bans/lift", order, &out)
	return out.Results, err
}

func (r *remote) Why(ctx context.Context, address string) (whyView, error) {
	var answer struct {
		whyView
		Protected *struct {
			Reason string `json:"reason"`
		} `json:"protected"`
	}
	if err := r.client.Get(ctx, "api/v1/addresses/"+url.PathEscape(address), nil, &answer); err != nil {
		return whyView{}, err
	}
	view := answer.whyView
	if answer.Protected != nil {
		view.Protected = answer.Protected.Reason
	}
	return view, nil
}

func (r *remote) TestFilter(ctx context.Context, o trialOrder) (trial, error) {
	source := map[string]any{"kind": o.kind, "lines": o.lines}
	for name, text := range map[string]string{"text": strings.ToValidUTF8(o.text, "\ufffd"), "path": o.path, "match": o.match} {
		if text != "" {
			source[name] = text
		}
	}
	var t trial
	err := r.client.Post(ctx, "api/v1/hosts/local/config/expression-test", map[string]any{
		"source": source, "filter": o.filter, "options": o.options, "host_names": o.hostNames,
	}, &t)
	return t, err
}
