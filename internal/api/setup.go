package api

import (
	"context"
	"net/http"

	"bangui/internal/auth"
	"bangui/internal/fault"
)

// Setup says that the first admin is not made yet.
type Setup struct {
	Needed bool `json:"needed"`
}

// FirstAdmin makes the first admin.
type FirstAdmin struct {
	Token    string `json:"token" minLength:"1" maxLength:"200" doc:"Of this set-up: the console prints it when it starts, and bangui setup-token shows it."`
	Username string `json:"username" minLength:"1" maxLength:"64"`
	Password string `json:"password" minLength:"1" maxLength:"1024" doc:"10 to 256 characters."`
}

func (a *API) registerSetup() {
	const path = "/api/v1/setup"
	register(a, route{
		method: http.MethodGet, path: path, id: "getSetup", summary: "Whether the first admin is still to be made; 404 afterwards", tag: "setup",
		role: public, tier: looks, class: classRead,
	}, func(ctx context.Context, _ *struct{}) (*answer[Setup], error) {
		needed, err := a.Accounts.SetupNeeded(ctx)
		if err != nil {
			return nil, err
		}
		if !needed {
			return nil, fault.New(fault.SetupDone, "the set-up is done").WithMend("Sign in.")
		}
		return answerWith(Setup{Needed: true}), nil
	})
	register(a, route{
		method: http.MethodPost, path: path, id: "setUp", summary: "Make the first admin and sign him in; 404 afterwards", tag: "setup",
		role: public, tier: own, class: classLogin, audit: "setup", status: http.StatusNoContent, secret: true,
	}, func(ctx context.Context, in *struct{ Body FirstAdmin }) (*signedIn, error) {
		v := visitOf(ctx)
		n := noteOf(ctx)
		n.Target, n.After = in.Body.Username, "role admin"
		begun, err := a.Accounts.SetUp(ctx, in.Body.Token, auth.Credentials{Name: in.Body.Username, Password: in.Body.Password}, v.origin)
		if err != nil {
			return nil, err
		}
		return &signedIn{a.cookie(v, begun)}, nil
	})
}
