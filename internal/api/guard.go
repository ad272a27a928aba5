package api

import (
	"context"
	"net/http"
	"strings"

	"bangui/internal/auth"
	"bangui/internal/fault"
)

// visit is what is known of a request when its operation runs.
type visit struct {
	principal auth.Principal // zero for public operations
	origin    auth.Origin
	cookie    string // secret of the session that the browser shows; may be anybody's
	secure    bool   // came over TLS, to us or to a trusted proxy
}

type visitKey struct{}

func visitOf(ctx context.Context) visit {
	v, _ := ctx.Value(visitKey{}).(visit)
	return v
}

// principalOf is who asks; zero in public operations.
func principalOf(ctx context.Context) auth.Principal { return visitOf(ctx).principal }

// actorOf names who asks.
func actorOf(ctx context.Context) string { return principalOf(ctx).User.Name }

// guard is the one place where it is decided who may do what: it stands around the
// handler of every row of the route table, and a row says public where anybody may.
func (a *API) guard(r route, next http.Handler) http.Handler {
	if r.changes() && !r.secret {
		next = a.replay(next)
	}
	next = a.together(r, next)
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		ctx := request.Context()
		v := a.visit(request)
		if r.role != public {
			p, err := a.admit(request, v, r)
			noteOf(ctx).by(p)
			if err != nil {
				writeProblem(w, a.problem(ctx, err))
				return
			}
			v.principal = p
		} else if r.tellsMore {
			v.principal = a.perhaps(request, v)
		}
		next.ServeHTTP(w, request.WithContext(context.WithValue(ctx, visitKey{}, v)))
	})
}

func (a *API) visit(r *http.Request) visit {
	v := visit{origin: auth.Origin{Address: callerOf(r.Context()), Agent: r.UserAgent()}, secure: secure(r.Context())}
	if cookie, err := r.Cookie(a.cookieName(v.secure)); err == nil {
		v.cookie = cookie.Value
	}
	return v
}

// admit is who asks, if he may: SetupNeeded, NotSignedIn, NotAllowed or StepUpNeeded else.
func (a *API) admit(r *http.Request, v visit, row route) (auth.Principal, error) {
	p, err := a.identify(r, v)
	if fault.Is(err, fault.NotSignedIn) {
		return p, a.orSetup(r.Context(), err)
	}
	if err != nil {
		return p, err
	}
	switch {
	case !p.Role.Covers(row.role):
		return p, fault.New(fault.NotAllowed, "this needs the role %s, and you have %s", row.role, p.Role).
			WithMend("An admin can give you another role; a token with the scope read is a viewer's.")
	case row.changes() && p.ByToken() && p.Token.Scope != auth.Write:
		return p, fault.New(fault.NotAllowed, "a token with the scope read changes nothing").WithMend("Make one with the scope write.")
	case row.session && p.ByToken():
		return p, fault.New(fault.NotAllowed, "an API token can't do this").WithMend("Sign in with user name and password.")
	case row.fresh && !p.Fresh(a.Now()):
		return p, fault.New(fault.StepUpNeeded, "this needs your password once more").
			WithMend("POST it to /api/v1/auth/step-up; API tokens can't do this.")
	}
	return p, nil
}

// identify finds who asks. A request with a token is the token's, whatever cookie it has.
func (a *API) identify(r *http.Request, v visit) (auth.Principal, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		scheme, token, _ := strings.Cut(header, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			token = ""
		}
		return a.Accounts.ByToken(r.Context(), strings.TrimSpace(token), v.origin)
	}
	return a.Accounts.BySession(r.Context(), v.cookie, v.origin)
}

// maxGlances is how often a minute it is looked up who a client is that asks for what
// anybody may have: nothing else bounds how often that is asked.
const maxGlances = 60

// perhaps is who asks for what anybody may; zero for nobody that is known.
func (a *API) perhaps(r *http.Request, v visit) auth.Principal {
	if v.cookie == "" && r.Header.Get("Authorization") == "" {
		return auth.Principal{}
	}
	if _, refused := a.glances.take(callerOf(r.Context()), classRead); refused != nil {
		return auth.Principal{}
	}
	p, err := a.identify(r, v)
	if err != nil {
		return auth.Principal{}
	}
	return p
}

// orSetup says that the set-up comes first, where it does.
func (a *API) orSetup(ctx context.Context, err error) error {
	needed, setupErr := a.Accounts.SetupNeeded(ctx)
	switch {
	case setupErr != nil:
		return setupErr
	case needed:
		return fault.New(fault.SetupNeeded, "nobody can sign in yet: the first admin is not made").
			WithMend("Open the link that the console printed when it started; `bangui setup-token` shows it again.")
	}
	return err
}

// cookieName is the name of the session's cookie. Over TLS its prefix keeps other hosts
// and plain HTTP from setting it; over plain HTTP browsers refuse the prefix.
func (a *API) cookieName(secure bool) string {
	const name = "bangui_session"
	switch {
	case !secure:
		return name
	case a.BasePath != "":
		return "__Secure-" + name
	default:
		return "__Host-" + name
	}
}

// cookie carries the secret of a session; without one it removes the cookie.
func (a *API) cookie(v visit, in auth.SignedIn) string {
	c := http.Cookie{ //nolint:gosec // Secure over TLS; over plain HTTP no browser would keep it
		Name: a.cookieName(v.secure), Value: in.Secret, Path: a.BasePath + "/", Expires: in.Session.ExpiresAt,
		Secure: v.secure, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	}
	if in.Secret == "" {
		c.Expires, c.MaxAge = a.Now().AddDate(-1, 0, 0), -1
	}
	return c.String()
}
