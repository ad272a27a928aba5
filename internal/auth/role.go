package auth

import "slices"

// Role is how much a user may do; each covers the ones before it.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"   // sees everything but users, tokens of others and the audit log
	Operator Role = "operator" // bans, lifts, starts and stops jails
	Admin    Role = "admin"    // writes configuration, manages users
)

// Roles lists the roles from the least to the most.
func Roles() []Role { return []Role{Viewer, Operator, Admin} }

// Valid reports whether it is one of the roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Covers reports whether r may do all that needed may. A role that there isn't covers
// nothing and is covered by nothing.
func (r Role) Covers(needed Role) bool {
	return needed.Valid() && slices.Index(Roles(), r) >= slices.Index(Roles(), needed)
}

// Scope is how much of its user's role a token has.
type Scope string

// The scopes.
const (
	Read  Scope = "read"  // a viewer's, whatever the user's role
	Write Scope = "write" // the user's own role
)

// Valid reports whether it is one of the scopes.
func (s Scope) Valid() bool { return s == Read || s == Write }
