package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"bangui/internal/auth"
)

// Token lets a program in, as its user.
type Token struct {
	ID         string  `json:"id"`
	Name       string  `json:"name"`
	Scope      string  `json:"scope" enum:"read,write" doc:"read = a viewer's, whatever the user's role; write = the user's own role."`
	Username   string  `json:"username"`
	CreatedAt  string  `json:"created_at" format:"date-time"`
	ExpiresAt  string  `json:"expires_at" format:"date-time"`
	LastUsedAt *string `json:"last_used_at" format:"date-time" doc:"To the minute."`
}

// NewToken makes a token.
type NewToken struct {
	Name      string `json:"name" minLength:"1" maxLength:"100"`
	Scope     string `json:"scope" enum:"read,write"`
	ExpiresIn int64  `json:"expires_in_seconds" minimum:"86400" maximum:"31622400" doc:"A day to a year."`
}

// IssuedToken is a new token with its text, which is shown this once.
type IssuedToken struct {
	Token
	Text string `json:"token" example:"bgt_…" doc:"Send it as Authorization: Bearer. It can't be shown again."`
}

func (a *API) registerTokens() {
	const path = "/api/v1/tokens"
	register(a, route{
		method: http.MethodGet, path: path, id: "listTokens", summary: "One's own API tokens, an admin all; newest first", tag: "tokens",
		role: auth.Viewer, tier: looks, class: classRead,
	}, func(ctx context.Context, _ *struct{}) (*answer[page[Token]], error) {
		of := principalOf(ctx).User.ID
		if principalOf(ctx).Role.Covers(auth.Admin) {
			of = ""
		}
		all, err := a.Accounts.Tokens(ctx, of)
		return answerWith(pageOf(mapAll(all, tokenOf))), err
	})
	register(a, route{
		method: http.MethodPost, path: path, id: "createToken", summary: "Make an API token of one's own", tag: "tokens",
		role: auth.Viewer, fresh: true, tier: own, class: classSteer, audit: "token.create", status: http.StatusCreated, secret: true,
	}, func(ctx context.Context, in *struct{ Body NewToken }) (*answer[IssuedToken], error) {
		n := noteOf(ctx)
		n.Target = in.Body.Name
		n.After = fmt.Sprintf("scope %s, for %d days", in.Body.Scope, in.Body.ExpiresIn/int64(24*time.Hour/time.Second))
		t, text, err := a.Accounts.IssueToken(ctx, principalOf(ctx).User, auth.NewToken{
			Name: in.Body.Name, Scope: auth.Scope(in.Body.Scope), Life: time.Duration(in.Body.ExpiresIn) * time.Second,
		})
		return answerWith(IssuedToken{tokenOf(t), text}), err
	})
	register(a, route{
		method: http.MethodDelete, path: path + "/{id}", id: "revokeToken", summary: "Revoke a token, an admin anybody's", tag: "tokens",
		role: auth.Viewer, tier: own, class: classSteer, audit: "token.revoke", status: http.StatusNoContent,
	}, func(ctx context.Context, in *IDPath) (*empty, error) {
		return &empty{}, a.Accounts.RevokeToken(ctx, principalOf(ctx), in.ID)
	})
}

func tokenOf(t auth.Token) Token {
	return Token{
		ID: t.ID, Name: t.Name, Scope: string(t.Scope), Username: t.UserName,
		CreatedAt: stamp(t.CreatedAt), ExpiresAt: stamp(t.ExpiresAt), LastUsedAt: stampOrNull(t.LastUsedAt),
	}
}
