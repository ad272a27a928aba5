package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"

	"bangui/internal/proxy"
)

type originKey struct{}

// originOf is where a request came from.
func originOf(ctx context.Context) proxy.Origin {
	o, _ := ctx.Value(originKey{}).(proxy.Origin)
	return o
}

// callerOf is the address that a request came from; invalid when it has none.
func callerOf(ctx context.Context) netip.Addr { return originOf(ctx).Address }

// secure reports whether the caller's own connection is encrypted, to us or to a trusted
// proxy: only then does a browser keep a cookie that is marked Secure.
func secure(ctx context.Context) bool { return originOf(ctx).Secure }

type onThisMachineKey struct{}

// onThisMachine reports whether the caller is a program of this very machine that asked
// for loopback: neither a proxy, which hands on the name that a browser asked for, nor a
// page that made its own name point here.
func onThisMachine(ctx context.Context) bool {
	yes, _ := ctx.Value(onThisMachineKey{}).(bool)
	return yes
}

// isLoopback reports whether a Host header names this machine and nothing else.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || (err == nil && addr.Unmap().IsLoopback())
}

// doubts are the reasons why forwarding headers were not taken that the log has already.
type doubts struct{ told sync.Map }

// origin finds out where a request came from, and tells once why it can't be known
// better: each further request would say the same.
func (a *API) origin(r *http.Request) proxy.Origin {
	o := a.Proxies.Origin(r)
	if o.Doubt == "" {
		return o
	}
	if _, told := a.doubts.told.LoadOrStore(o.Doubt, true); !told {
		a.Logger.WarnContext(r.Context(), "a forwarding header was not taken", "address", o.Address.String(), "error", string(o.Doubt),
			"mend", "If a proxy of yours stands there, name it in trusted-proxies and see docs/web.md.")
	}
	return o
}
