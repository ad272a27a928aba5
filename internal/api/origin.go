package api

import (
	"context"
	"net/http"
	"net/netip"
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

// onThisMachine reports whether the caller is a program of this very machine that knows
// our name: neither a proxy nor a page that made its own name point at loopback.
func onThisMachine(ctx context.Context) bool {
	yes, _ := ctx.Value(onThisMachineKey{}).(bool)
	return yes
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
