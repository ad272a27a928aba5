package cli

import (
	"time"

	"bangui/internal/auth"
)

// userRow is a user as the API shows him.
type userRow struct {
	ID                string     `json:"id"`
	Username          string     `json:"username"`
	Role              string     `json:"role"`
	Disabled          bool       `json:"disabled"`
	CreatedAt         time.Time  `json:"created_at"`
	LastSignInAt      *time.Time `json:"last_sign_in_at"`
	PasswordChangedAt time.Time  `json:"password_changed_at"`
}

func userRows(users []auth.User) []userRow {
	rows := make([]userRow, len(users))
	for i, u := range users {
		rows[i] = userRowOf(u)
	}
	return rows
}

func userRowOf(u auth.User) userRow {
	return userRow{
		ID: u.ID, Username: u.Name, Role: string(u.Role), Disabled: u.Disabled(), CreatedAt: u.CreatedAt,
		LastSignInAt: timeOrNull(u.LastSignInAt), PasswordChangedAt: u.PasswordChangedAt,
	}
}

func (u userRow) state() string {
	if u.Disabled {
		return "disabled"
	}
	return "enabled"
}

// tokenRow is a token as the API shows it.
type tokenRow struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	Scope      string     `json:"scope"`
	Username   string     `json:"username"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	Token      string     `json:"token,omitempty"` // of a new one, this once
}

func tokenRowOf(t auth.Token) tokenRow {
	return tokenRow{
		ID: t.ID, Name: t.Name, Scope: string(t.Scope), Username: t.UserName,
		CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt, LastUsedAt: timeOrNull(t.LastUsedAt),
	}
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func momentOr(t *time.Time, never string) string {
	if t == nil {
		return never
	}
	return moment(*t)
}
