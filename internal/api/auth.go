package api

import (
	"context"
	"net/http"
	"time"

	"bangui/internal/auth"
)

// SignIn is what somebody signs in with.
type SignIn struct {
	Username string `json:"username" minLength:"1" maxLength:"64"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
}

// PasswordProof is a password that is shown once more.
type PasswordProof struct {
	Password string `json:"password" minLength:"1" maxLength:"1024"`
}

// PasswordChange is one's own new password.
type PasswordChange struct {
	Current string `json:"current" minLength:"1" maxLength:"1024"`
	New     string `json:"new" minLength:"1" maxLength:"1024" doc:"10 to 256 characters."`
}

// CurrentSession is who asks, and how long he may.
type CurrentSession struct {
	User          SessionUser `json:"user"`
	Via           string      `json:"via" enum:"session,token"`
	SessionID     *string     `json:"session_id" doc:"null for a token."`
	CreatedAt     string      `json:"created_at" format:"date-time"`
	ExpiresAt     string      `json:"expires_at" format:"date-time" doc:"The end, however much it is used."`
	IdleExpiresAt *string     `json:"idle_expires_at" format:"date-time" doc:"The end if it isn't used any more; null for a token."`
	FreshUntil    *string     `json:"fresh_until" format:"date-time" doc:"Until then no step-up is needed; null where one is."`
	Secure        bool        `json:"secure" doc:"The connection is encrypted. Where it isn't, others on the way can read along."`
}

// SessionUser is a user as he sees himself. The role is what he may do now: a token of
// scope read makes everybody a viewer.
type SessionUser struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Role     string `json:"role" enum:"viewer,operator,admin"`
}

// Session is one sign-in of one browser.
type Session struct {
	ID         string  `json:"id"`
	CreatedAt  string  `json:"created_at" format:"date-time"`
	LastSeenAt string  `json:"last_seen_at" format:"date-time"`
	ExpiresAt  string  `json:"expires_at" format:"date-time" doc:"When it ends if it isn't used any more."`
	Address    *string `json:"address" doc:"Where it was last used from."`
	Agent      *string `json:"agent" doc:"What the browser says that it is: show as plain text."`
	Current    bool    `json:"current" doc:"It is the one that asks."`
}

// signedIn is success with a session's cookie.
type signedIn struct {
	SetCookie string `header:"Set-Cookie"`
}

// IDPath names the thing of an operation.
type IDPath struct {
	ID string `path:"id" maxLength:"64"`
}

func (a *API) registerAuth() {
	const path = "/api/v1/auth"
	register(a, route{
		method: http.MethodPost, path: path + "/login", id: "signIn", summary: "Sign in; the answer sets the session's cookie", tag: "auth",
		role: public, tier: own, class: classLogin, audit: "auth.login", status: http.StatusNoContent, secret: true,
	}, a.signIn)
	register(a, route{
		method: http.MethodPost, path: path + "/logout", id: "signOut", summary: "End this session", tag: "auth",
		role: auth.Viewer, tier: own, class: classSteer, audit: "auth.logout", status: http.StatusNoContent, secret: true, session: true,
	}, func(ctx context.Context, _ *struct{}) (*signedIn, error) {
		v := visitOf(ctx)
		if err := a.Accounts.SignOut(ctx, v.principal); err != nil {
			return nil, err
		}
		return &signedIn{a.cookie(v, auth.SignedIn{})}, nil
	})
	register(a, route{
		method: http.MethodGet, path: path + "/session", id: "getSession", summary: "Who asks", tag: "auth",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, _ *struct{}) (*answer[CurrentSession], error) {
		return answerWith(a.currentSession(visitOf(ctx))), nil
	})
	register(a, route{
		method: http.MethodPost, path: path + "/step-up", id: "stepUp", summary: "Show the password once more: for ten minutes this session is fresh; the answer renews its cookie", tag: "auth",
		role: auth.Viewer, tier: own, class: classLogin, audit: "auth.step_up", status: http.StatusNoContent, secret: true, session: true,
	}, func(ctx context.Context, in *struct{ Body PasswordProof }) (*signedIn, error) {
		v := visitOf(ctx)
		renewed, err := a.Accounts.StepUp(ctx, v.principal, in.Body.Password, v.origin)
		if err != nil {
			return nil, err
		}
		return &signedIn{a.cookie(v, renewed)}, nil
	})
	register(a, route{
		method: http.MethodPost, path: path + "/password", id: "changePassword", summary: "Change one's own password; other sessions end, tokens stay; the answer renews the cookie", tag: "auth",
		role: auth.Viewer, tier: own, class: classLogin, audit: "auth.password", status: http.StatusNoContent, secret: true, session: true,
	}, func(ctx context.Context, in *struct{ Body PasswordChange }) (*signedIn, error) {
		v := visitOf(ctx)
		renewed, err := a.Accounts.ChangePassword(ctx, v.principal, in.Body.Current, in.Body.New, v.origin)
		if err != nil {
			return nil, err
		}
		return &signedIn{a.cookie(v, renewed)}, nil
	})
	register(a, route{
		method: http.MethodGet, path: path + "/sessions", id: "listSessions", summary: "One's own sessions, newest first", tag: "auth",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, _ *struct{}) (*answer[page[Session]], error) {
		return a.sessions(ctx, principalOf(ctx).User.ID)
	})
	register(a, route{
		method: http.MethodDelete, path: path + "/sessions/{id}", id: "endSession", summary: "End a session, with its event streams; an admin anybody's", tag: "auth",
		role: auth.Viewer, tier: own, class: classSteer, audit: "session.end", status: http.StatusNoContent,
	}, func(ctx context.Context, in *IDPath) (*empty, error) {
		return &empty{}, a.Accounts.EndSession(ctx, principalOf(ctx), in.ID)
	})
}

// signIn begins a session. One that the browser had until now ends: nobody could leave
// his own behind to look over a shoulder.
func (a *API) signIn(ctx context.Context, in *struct{ Body SignIn }) (*signedIn, error) {
	v := visitOf(ctx)
	noteOf(ctx).Target = a.knownName(ctx, in.Body.Username)
	begun, err := a.Accounts.SignIn(ctx, auth.Credentials{Name: in.Body.Username, Password: in.Body.Password}, v.origin)
	if err != nil {
		return nil, a.orThrottle(ctx, err)
	}
	if old, err := a.Accounts.BySession(ctx, v.cookie, v.origin); err == nil {
		if err := a.Accounts.SignOut(ctx, old); err != nil {
			return nil, err
		}
	}
	return &signedIn{a.cookie(v, begun)}, nil
}

// knownName is the name of a user for the audit. What nobody is called is not kept: it may
// be a password that was typed into the wrong field.
func (a *API) knownName(ctx context.Context, name string) string {
	u, err := a.Accounts.UserNamed(ctx, name)
	if err != nil {
		return "unknown user"
	}
	return u.Name
}

// orThrottle keeps err, but says before the set-up that nobody can sign in at all.
func (a *API) orThrottle(ctx context.Context, err error) error {
	if needed, setupErr := a.Accounts.SetupNeeded(ctx); setupErr == nil && needed {
		return a.orSetup(ctx, err)
	}
	return err
}

func (a *API) currentSession(v visit) CurrentSession {
	p := v.principal
	out := CurrentSession{
		User: SessionUser{ID: p.User.ID, Username: p.User.Name, Role: string(p.Role)}, Via: "session", Secure: v.secure,
		CreatedAt: stamp(p.Session.CreatedAt), ExpiresAt: stamp(p.Session.ExpiresAt),
	}
	if p.ByToken() {
		out.Via, out.CreatedAt, out.ExpiresAt = "token", stamp(p.Token.CreatedAt), stamp(p.Token.ExpiresAt)
		return out
	}
	out.SessionID, out.IdleExpiresAt = &p.Session.ID, stampOrNull(a.Accounts.IdleEnd(p.Session))
	if p.Fresh(a.Now()) {
		out.FreshUntil = stampOrNull(p.Session.FreshUntil)
	}
	return out
}

func (a *API) sessions(ctx context.Context, userID string) (*answer[page[Session]], error) {
	all, err := a.Accounts.Sessions(ctx, userID)
	if err != nil {
		return nil, err
	}
	current := principalOf(ctx).Session.ID
	return answerWith(pageOf(mapAll(all, func(s auth.Session) Session {
		return Session{
			ID: s.ID, CreatedAt: stamp(s.CreatedAt), LastSeenAt: stamp(s.LastSeenAt.Truncate(time.Second)), ExpiresAt: stamp(a.Accounts.IdleEnd(s)),
			Address: orNull(s.Address), Agent: orNull(s.Agent), Current: s.ID == current,
		}
	}))), nil
}
