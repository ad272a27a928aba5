package api

import (
	"context"
	"net/http"
	"strings"

	"bangui/internal/auth"
)

// User is somebody who may sign in.
type User struct {
	ID                string  `json:"id"`
	Username          string  `json:"username"`
	Role              string  `json:"role" enum:"viewer,operator,admin"`
	Disabled          bool    `json:"disabled"`
	CreatedAt         string  `json:"created_at" format:"date-time"`
	LastSignInAt      *string `json:"last_sign_in_at" format:"date-time"`
	PasswordChangedAt string  `json:"password_changed_at" format:"date-time"`
}

// NewUser makes a user.
type NewUser struct {
	Username string `json:"username" minLength:"1" maxLength:"64" doc:"Lower case; a–z 0–9 . _ @ -"`
	Role     string `json:"role" enum:"viewer,operator,admin"`
	Password string `json:"password" minLength:"1" maxLength:"1024" doc:"10 to 256 characters."`
}

// UserChange says what becomes another; what is left out stays.
type UserChange struct {
	Role     *string `json:"role,omitempty" enum:"viewer,operator,admin"`
	Disabled *bool   `json:"disabled,omitempty" doc:"Ends his sessions."`
	Password *string `json:"password,omitempty" minLength:"1" maxLength:"1024" doc:"10 to 256 characters. Ends his sessions."`
}

func (a *API) registerUsers() {
	const path = "/api/v1/users"
	register(a, route{
		method: http.MethodGet, path: path, id: "listUsers", summary: "All users by name", tag: "users",
		role: auth.Admin, tier: looks, class: classRead,
	}, func(ctx context.Context, _ *struct{}) (*answer[page[User]], error) {
		all, err := a.Accounts.Users(ctx)
		return answerWith(pageOf(mapAll(all, userOf))), err
	})
	register(a, route{
		method: http.MethodPost, path: path, id: "addUser", summary: "Make a user", tag: "users",
		role: auth.Admin, fresh: true, tier: own, class: classSteer, audit: "user.add", status: http.StatusCreated, secret: true,
	}, func(ctx context.Context, in *struct{ Body NewUser }) (*answer[User], error) {
		n := noteOf(ctx)
		n.Target, n.After = in.Body.Username, "role "+in.Body.Role
		u, err := a.Accounts.AddUser(ctx, auth.NewUser{Name: in.Body.Username, Role: auth.Role(in.Body.Role), Password: in.Body.Password})
		return answerWith(userOf(u)), err
	})
	register(a, route{
		method: http.MethodGet, path: path + "/{id}", id: "getUser", summary: "One user", tag: "users",
		role: auth.Admin, tier: looks, class: classRead,
	}, func(ctx context.Context, in *IDPath) (*answer[User], error) {
		u, err := a.Accounts.User(ctx, in.ID)
		return answerWith(userOf(u)), err
	})
	register(a, route{
		method: http.MethodPatch, path: path + "/{id}", id: "changeUser", summary: "Give a user another role or password, disable or enable him", tag: "users",
		role: auth.Admin, fresh: true, tier: own, class: classSteer, audit: "user.change", secret: true,
	}, func(ctx context.Context, in *struct {
		IDPath
		Body UserChange
	},
	) (*answer[User], error) {
		a.noteUser(ctx, in.ID)
		noteOf(ctx).After = in.Body.words()
		u, err := a.Accounts.ChangeUser(ctx, in.ID, auth.UserChange{Role: (*auth.Role)(in.Body.Role), Disabled: in.Body.Disabled, Password: in.Body.Password})
		return answerWith(userOf(u)), err
	})
	register(a, route{
		method: http.MethodDelete, path: path + "/{id}", id: "removeUser", summary: "Remove a user with his sessions and tokens", tag: "users",
		role: auth.Admin, fresh: true, tier: own, class: classSteer, audit: "user.remove", status: http.StatusNoContent,
	}, func(ctx context.Context, in *IDPath) (*empty, error) {
		a.noteUser(ctx, in.ID)
		return &empty{}, a.Accounts.RemoveUser(ctx, in.ID)
	})
	register(a, route{
		method: http.MethodGet, path: path + "/{id}/sessions", id: "listUserSessions", summary: "A user's sessions, newest first", tag: "users",
		role: auth.Admin, tier: looks, class: classRead,
	}, func(ctx context.Context, in *IDPath) (*answer[page[Session]], error) {
		if _, err := a.Accounts.User(ctx, in.ID); err != nil {
			return nil, err
		}
		return a.sessions(ctx, in.ID)
	})
}

// noteUser notes who is changed, and what he was.
func (a *API) noteUser(ctx context.Context, id string) {
	u, err := a.Accounts.User(ctx, id)
	if err != nil {
		return // then he can't be changed either
	}
	n := noteOf(ctx)
	n.Target, n.Before = u.Name, "role "+string(u.Role)
	if u.Disabled() {
		n.Before += ", disabled"
	}
}

// words say what is changed; never a password.
func (c UserChange) words() string {
	var parts []string
	if c.Role != nil {
		parts = append(parts, "role "+*c.Role)
	}
	if c.Disabled != nil && *c.Disabled {
		parts = append(parts, "disabled")
	}
	if c.Disabled != nil && !*c.Disabled {
		parts = append(parts, "enabled")
	}
	if c.Password != nil {
		parts = append(parts, "another password")
	}
	return strings.Join(parts, ", ")
}

func userOf(u auth.User) User {
	return User{
		ID: u.ID, Username: u.Name, Role: string(u.Role), Disabled: u.Disabled(), CreatedAt: stamp(u.CreatedAt),
		LastSignInAt: stampOrNull(u.LastSignInAt), PasswordChangedAt: stamp(u.PasswordChangedAt),
	}
}
