package auth

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"bangui/internal/fault"
)

// Session is one sign-in of one browser.
type Session struct {
	ID         string // public
	UserID     string
	CreatedAt  time.Time
	LastSeenAt time.Time // to the minute
	ExpiresAt  time.Time // the end, however much it is used
	FreshUntil time.Time
	Address    string // where it was last used from
	Agent      string // hostile text, at most 200 bytes
}

// IdleEnd is when the session ends if it isn't used any more.
func (a *Accounts) IdleEnd(s Session) time.Time {
	end := s.LastSeenAt.Add(a.Idle)
	if end.After(s.ExpiresAt) {
		return s.ExpiresAt
	}
	return end
}

// begin makes a session for a user who has proved who he is.
func (a *Accounts) begin(ctx context.Context, u User, from Origin) (SignedIn, error) {
	in := a.newSession(u, from)
	err := a.act(ctx, u.Name, func(tx Tx) error {
		if _, err := unchanged(ctx, tx, u); err != nil {
			return err
		}
		return tx.PutSession(ctx, in.Session, hashOf(in.Secret))
	})
	return in, err
}

func (a *Accounts) newSession(u User, from Origin) SignedIn {
	now := a.Now()
	s := Session{
		ID: newID(), UserID: u.ID, CreatedAt: now, LastSeenAt: now, ExpiresAt: now.Add(a.Session), FreshUntil: now.Add(freshFor),
		Agent: clip(from.Agent),
	}
	if from.Address.IsValid() {
		s.Address = from.Address.String()
	}
	return SignedIn{Session: s, User: u, Secret: newSecret()}
}

// clip bounds a text and keeps it valid.
func clip(agent string) string {
	const most = 200
	return strings.ToValidUTF8(agent[:min(len(agent), most)], "")
}

// BySession is who shows the secret of a session. NotSignedIn covers all that can be
// wrong with it. Nothing is written: Run stores later that it was used.
func (a *Accounts) BySession(ctx context.Context, secret string, from Origin) (Principal, error) {
	s, u, found, err := a.Store.SessionBySecret(ctx, hashOf(secret))
	p, err := a.bySession(s, u, found, err)
	if err == nil {
		a.see(p.Session.ID, false, from)
		p.Session.LastSeenAt = a.Now()
	}
	return p, err
}

func (a *Accounts) bySession(s Session, u User, found bool, err error) (Principal, error) {
	if err != nil {
		return Principal{}, err
	}
	now := a.Now()
	s.LastSeenAt = later(s.LastSeenAt, a.lastSeen(s.ID))
	if !found || u.Disabled() || !now.Before(s.ExpiresAt) || !now.Before(a.IdleEnd(s)) {
		return Principal{}, notSignedIn()
	}
	return Principal{User: u, Role: u.Role, Session: s}, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// SignOut ends the session of who asks; a token can't.
func (a *Accounts) SignOut(ctx context.Context, p Principal) error {
	if p.ByToken() {
		return needsSession()
	}
	return a.change(ctx, func(tx Tx) error {
		_, err := tx.RemoveSession(ctx, p.Session.ID)
		return err
	})
}

// Sessions are those of a user that have not ended, the newest first.
func (a *Accounts) Sessions(ctx context.Context, userID string) ([]Session, error) {
	all, err := a.Store.Sessions(ctx, userID)
	var live []Session
	for _, s := range all {
		s.LastSeenAt = later(s.LastSeenAt, a.lastSeen(s.ID))
		if a.Now().Before(a.IdleEnd(s)) {
			live = append(live, s)
		}
	}
	return live, err
}

// EndSession ends a session: one's own, or as an admin anybody's. For anybody else it is
// NotFound.
func (a *Accounts) EndSession(ctx context.Context, p Principal, id string) error {
	s, _, found, err := a.Store.SessionByID(ctx, id)
	if err != nil {
		return err
	}
	if !found || (s.UserID != p.User.ID && !p.Role.Covers(Admin)) {
		return fault.New(fault.NotFound, "there is no such session")
	}
	return a.change(ctx, func(tx Tx) error {
		_, err := tx.RemoveSession(ctx, id)
		return err
	})
}

// AdminAddresses are where admins are signed in from now: to ban them would lock
// somebody out. At most 1000.
func (a *Accounts) AdminAddresses(ctx context.Context) ([]netip.Addr, error) {
	all, err := a.Store.AdminSessions(ctx, a.Now().Add(-a.Idle-flushEvery))
	var addresses []netip.Addr
	for _, s := range all {
		if address, err := netip.ParseAddr(s.Address); err == nil && a.Now().Before(s.ExpiresAt) {
			addresses = append(addresses, address)
		}
	}
	return addresses, err
}
