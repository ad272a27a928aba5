package auth_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/store"
	"bangui/internal/store/storetest"
)

// clock is a time that a test moves.
type clock struct{ us atomic.Int64 }

func (c *clock) Now() time.Time          { return time.UnixMicro(c.us.Load()).UTC() }
func (c *clock) forward(d time.Duration) { c.us.Add(d.Microseconds()) }

// office is accounts on a real store, at a time of its own.
type office struct {
	*auth.Accounts
	t     *testing.T
	db    *store.DB
	clock *clock
	dear  bool // hashes are as they are
}

const password = "a password of tests"

var home = auth.Origin{Address: netip.MustParseAddr("192.0.2.10"), Agent: "browser/1"}

// each runs a test on both engines of the store, with hashes of passwords that cost nothing.
func each(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	storetest.Both(t, func(t *testing.T, open func(testing.TB) *store.DB) { test(t, officeOn(t, open(t))) })
}

// eachDearly is each, with hashes as they are.
func eachDearly(t *testing.T, test func(t *testing.T, o *office)) {
	t.Helper()
	each(t, func(t *testing.T, o *office) {
		o.dear = true
		o.Accounts = o.another()
		test(t, o)
	})
}

func officeOn(t *testing.T, db *store.DB) *office {
	t.Helper()
	o := &office{t: t, db: db, clock: &clock{}}
	o.clock.us.Store(time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC).UnixMicro())
	o.Accounts = o.another()
	return o
}

// another is a second console on the same store.
func (o *office) another() *auth.Accounts {
	return auth.New(auth.Options{
		Store: o.db, Logger: slog.New(slog.DiscardHandler), Now: o.clock.Now, SetupFile: filepath.Join(o.t.TempDir(), "setup-token"),
		CheapHashes: !o.dear,
	})
}

func (o *office) add(name string, role auth.Role) auth.User {
	o.t.Helper()
	u, err := o.AddUser(o.t.Context(), auth.NewUser{Name: name, Role: role, Password: password})
	if err != nil {
		o.t.Fatal(err)
	}
	return u
}

func (o *office) signIn(name string, from auth.Origin) auth.SignedIn {
	o.t.Helper()
	in, err := o.SignIn(o.t.Context(), auth.Credentials{Name: name, Password: password}, from)
	if err != nil {
		o.t.Fatal(err)
	}
	return in
}

// principal is who shows a secret; a failure is the test's.
func (o *office) principal(secret string) auth.Principal {
	o.t.Helper()
	p, err := o.BySession(o.t.Context(), secret, home)
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func wants(t *testing.T, what string, err error, code fault.Code) {
	t.Helper()
	if !fault.Is(err, code) {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func from(text string) auth.Origin { return auth.Origin{Address: netip.MustParseAddr(text)} }

func TestRole_Covers(t *testing.T) {
	roles := auth.Roles()
	for i, has := range roles {
		for j, needed := range roles {
			if has.Covers(needed) != (i >= j) {
				t.Errorf("%s covers %s: %v", has, needed, has.Covers(needed))
			}
		}
		for _, none := range []auth.Role{"", "public", "Admin", "root"} {
			if has.Covers(none) || none.Covers(has) {
				t.Errorf("%s and %q", has, none)
			}
		}
	}
}

func TestSession_Life(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.add("anna", auth.Admin)
		in := o.signIn(" Anna ", home)
		p := o.principal(in.Secret)
		if p.User.Name != "anna" || p.Role != auth.Admin || p.ByToken() || !p.Fresh(o.clock.Now()) || p.Session.Address != "192.0.2.10" || p.Session.Agent != "browser/1" {
			t.Errorf("%+v", p)
		}
		again := o.signIn("anna", home)
		if again.Secret == in.Secret || len(in.Secret) != 43 {
			t.Error("two sessions have one secret, or a short one")
		}

		o.clock.forward(10 * time.Minute)
		if o.principal(in.Secret).Fresh(o.clock.Now()) {
			t.Error("a session is fresh for more than ten minutes")
		}
		_, err := o.StepUp(t.Context(), p, "wrong", home)
		wants(t, "step-up with a wrong password", err, fault.CredentialsWrong)
		stolen := in.Secret
		if in, err = o.StepUp(t.Context(), p, password, home); err != nil {
			t.Fatal(err)
		}
		_, err = o.BySession(t.Context(), stolen, home)
		wants(t, "the secret from before the step-up", err, fault.NotSignedIn)
		if !o.principal(in.Secret).Fresh(o.clock.Now()) || o.principal(again.Secret).Fresh(o.clock.Now()) {
			t.Error("the step-up was not of this session alone")
		}

		o.clock.forward(29 * time.Minute)
		o.principal(in.Secret) // used: it goes on
		o.clock.forward(2 * time.Minute)
		o.principal(in.Secret)
		_, err = o.BySession(t.Context(), again.Secret, home)
		wants(t, "unused for half an hour", err, fault.NotSignedIn)

		for range 40 { // however much it is used, it ends
			o.clock.forward(20 * time.Minute)
			_, err = o.BySession(t.Context(), in.Secret, home)
		}
		wants(t, "after 12 hours", err, fault.NotSignedIn)
		for _, secret := range []string{"", "x", in.Secret + "x", strings.ToLower(in.Secret)} {
			_, err := o.BySession(t.Context(), secret, home)
			wants(t, "a foreign secret", err, fault.NotSignedIn)
		}
	})
}

// What was used is stored by Run, not by who asks; another console sees it then.
func TestSession_UseIsStoredByTheMinute(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		u := o.add("anna", auth.Admin)
		in := o.signIn("anna", home)
		_, token, err := o.IssueToken(t.Context(), u, auth.NewToken{Name: "x", Scope: auth.Read, Life: auth.MinTokenLife})
		if err != nil {
			t.Fatal(err)
		}
		o.clock.forward(20 * time.Minute)
		elsewhere := auth.Origin{Address: netip.MustParseAddr("198.51.100.7")}
		if _, err := o.BySession(t.Context(), in.Secret, elsewhere); err != nil {
			t.Fatal(err)
		}
		if _, err := o.ByToken(t.Context(), token, elsewhere); err != nil {
			t.Fatal(err)
		}
		stored := func() (time.Time, string, time.Time) {
			sessions, err := o.db.Sessions(t.Context(), u.ID)
			if err != nil || len(sessions) != 1 {
				t.Fatal(len(sessions), err)
			}
			tokens, err := o.db.Tokens(t.Context(), "")
			if err != nil || len(tokens) != 1 {
				t.Fatal(len(tokens), err)
			}
			return sessions[0].LastSeenAt, sessions[0].Address, tokens[0].LastUsedAt
		}
		if seen, address, used := stored(); !seen.Equal(in.Session.LastSeenAt) || address != "192.0.2.10" || !used.IsZero() {
			t.Errorf("who asked wrote: %s %s %s", seen, address, used)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_ = o.Run(ctx) // stores once more when it ends
		if seen, address, used := stored(); !seen.Equal(o.clock.Now()) || address != "198.51.100.7" || !used.Equal(o.clock.Now()) {
			t.Errorf("stored: %s %s %s", seen, address, used)
		}
		o.clock.forward(20 * time.Minute)
		if _, err := o.another().BySession(t.Context(), in.Secret, home); err != nil {
			t.Errorf("another console takes it for unused: %v", err)
		}
	})
}

// Whatever takes a right away takes it on the next request, and wakes who serves for long.
func TestSession_Ends(t *testing.T) {
	type ending struct {
		name string
		end  func(o *office, p auth.Principal, admin auth.Principal) error
		code fault.Code
	}
	yes, weak, viewer := true, "another good password", auth.Viewer
	for _, c := range []ending{
		{"sign-out", func(o *office, p, _ auth.Principal) error { return o.SignOut(t.Context(), p) }, fault.NotSignedIn},
		{"revoked by himself", func(o *office, p, _ auth.Principal) error { return o.EndSession(t.Context(), p, p.Session.ID) }, fault.NotSignedIn},
		{"revoked by an admin", func(o *office, p, admin auth.Principal) error { return o.EndSession(t.Context(), admin, p.Session.ID) }, fault.NotSignedIn},
		{"disabled", func(o *office, p, _ auth.Principal) error {
			_, err := o.ChangeUser(t.Context(), p.User.ID, auth.UserChange{Disabled: &yes})
			return err
		}, fault.NotSignedIn},
		{"another password by an admin", func(o *office, p, _ auth.Principal) error {
			_, err := o.ChangeUser(t.Context(), p.User.ID, auth.UserChange{Password: &weak})
			return err
		}, fault.NotSignedIn},
		{"removed", func(o *office, p, _ auth.Principal) error { return o.RemoveUser(t.Context(), p.User.ID) }, fault.NotSignedIn},
		{"lowered", func(o *office, p, _ auth.Principal) error {
			_, err := o.ChangeUser(t.Context(), p.User.ID, auth.UserChange{Role: &viewer})
			return err
		}, fault.NotAllowed},
		{"own password elsewhere", func(o *office, _, _ auth.Principal) error {
			other := o.principal(o.signIn("otto", home).Secret)
			_, err := o.ChangePassword(t.Context(), other, password, weak, home)
			return err
		}, fault.NotSignedIn},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, o *office) {
				o.add("anna", auth.Admin)
				o.add("otto", auth.Operator)
				admin, p := o.principal(o.signIn("anna", home).Secret), o.principal(o.signIn("otto", home).Secret)
				changed := o.Changed()
				if err := o.Check(t.Context(), p); err != nil {
					t.Fatal(err)
				}
				if err := c.end(o, p, admin); err != nil {
					t.Fatal(err)
				}
				select {
				case <-changed:
				default:
					t.Error("nobody was told")
				}
				wants(t, "the one whose right was taken", o.Check(t.Context(), p), c.code)
				wants(t, "the same at another console", o.another().Check(t.Context(), p), c.code)
				if err := o.Check(t.Context(), admin); err != nil {
					t.Errorf("the admin: %v", err)
				}
			})
		})
	}
}

func TestSession_OfOthersIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.add("anna", auth.Admin)
		o.add("otto", auth.Operator)
		admin, p := o.principal(o.signIn("anna", home).Secret), o.principal(o.signIn("otto", home).Secret)
		wants(t, "ending another's session", o.EndSession(t.Context(), p, admin.Session.ID), fault.NotFound)
		wants(t, "ending no session", o.EndSession(t.Context(), admin, "nosuch"), fault.NotFound)
		token, _, err := o.IssueToken(t.Context(), admin.User, auth.NewToken{Name: "x", Scope: auth.Write, Life: auth.MinTokenLife})
		if err != nil {
			t.Fatal(err)
		}
		wants(t, "revoking another's token", o.RevokeToken(t.Context(), p, token.ID), fault.NotFound)
		if err := o.Check(t.Context(), admin); err != nil {
			t.Error(err)
		}
	})
}

func TestSessions_AreBounded(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		u := o.add("anna", auth.Admin)
		first := o.signIn("anna", home)
		err := o.db.Change(t.Context(), func(tx auth.Tx) error {
			for i := range auth.MaxSessions {
				s := first.Session
				s.ID, s.CreatedAt = fmt.Sprint("session", i), s.CreatedAt.Add(time.Duration(i+1)*time.Millisecond)
				if err := tx.PutSession(t.Context(), s, []byte(s.ID)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		all, err := o.Sessions(t.Context(), u.ID)
		if err != nil || len(all) != auth.MaxSessions {
			t.Errorf("%d sessions, %v", len(all), err)
		}
		_, err = o.BySession(t.Context(), first.Secret, home)
		wants(t, "the oldest", err, fault.NotSignedIn)
	})
}

func TestAdminAddresses(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.add("anna", auth.Admin)
		o.add("otto", auth.Operator)
		o.signIn("anna", from("198.51.100.1"))
		o.signIn("otto", from("198.51.100.2"))
		got, err := o.AdminAddresses(t.Context())
		if err != nil || len(got) != 1 || got[0] != netip.MustParseAddr("198.51.100.1") {
			t.Errorf("%v, %v", got, err)
		}
		o.clock.forward(time.Hour)
		if got, err := o.AdminAddresses(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("after an hour: %v, %v", got, err)
		}
	})
}

func TestToken_Life(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		u := o.add("anna", auth.Admin)
		for name, bad := range map[string]auth.NewToken{
			"no name":   {Name: " ", Scope: auth.Read, Life: auth.MinTokenLife},
			"two lines": {Name: "a\nb", Scope: auth.Read, Life: auth.MinTokenLife},
			"long name": {Name: strings.Repeat("a", 101), Scope: auth.Read, Life: auth.MinTokenLife},
			"no scope":  {Name: "x", Life: auth.MinTokenLife},
			"for ever":  {Name: "x", Scope: auth.Read, Life: auth.MaxTokenLife + 1},
			"an hour":   {Name: "x", Scope: auth.Read, Life: time.Hour},
		} {
			_, _, err := o.IssueToken(t.Context(), u, bad)
			wants(t, name, err, fault.Invalid)
		}
		texts := map[auth.Scope]string{}
		for scope, role := range map[auth.Scope]auth.Role{auth.Read: auth.Viewer, auth.Write: auth.Admin} {
			_, text, err := o.IssueToken(t.Context(), u, auth.NewToken{Name: "x", Scope: scope, Life: auth.MinTokenLife})
			if err != nil {
				t.Fatal(err)
			}
			texts[scope] = text
			p, err := o.ByToken(t.Context(), text, home)
			if err != nil || p.Role != role || !p.ByToken() || p.Fresh(o.clock.Now()) || !strings.HasPrefix(text, "bgt_") || len(text) != 47 {
				t.Errorf("%s %q: %+v, %v", scope, text, p, err)
			}
			_, err = o.StepUp(t.Context(), p, password, home)
			wants(t, "step-up of a token", err, fault.NotAllowed)
			_, err = o.ChangePassword(t.Context(), p, password, "another good password", home)
			wants(t, "a token that changes the password", err, fault.NotAllowed)
			wants(t, "a token that signs out", o.SignOut(t.Context(), p), fault.NotAllowed)
		}
		p, err := o.ByToken(t.Context(), texts[auth.Write], home)
		if err != nil {
			t.Fatal(err)
		}
		if err := o.RevokeToken(t.Context(), p, p.Token.ID); err != nil {
			t.Fatal(err)
		}
		wants(t, "revoked", o.Check(t.Context(), p), fault.NotSignedIn)
		o.clock.forward(auth.MinTokenLife)
		for _, text := range []string{texts[auth.Read], texts[auth.Write], "", "bgt_", texts[auth.Read][4:]} {
			_, err := o.ByToken(t.Context(), text, home)
			wants(t, "expired, revoked or none", err, fault.NotSignedIn)
		}
	})
}

func TestUsers_Refuses(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		_, err := o.AddUser(t.Context(), auth.NewUser{Name: "otto", Role: auth.Operator, Password: password})
		wants(t, "a first user who is no admin", err, fault.Conflict)
		anna := o.add("anna", auth.Admin)
		for name, c := range map[string]struct {
			user auth.NewUser
			code fault.Code
		}{
			"taken":        {auth.NewUser{Name: "ANNA", Role: auth.Viewer, Password: password}, fault.Conflict},
			"no name":      {auth.NewUser{Name: " ", Role: auth.Viewer, Password: password}, fault.Invalid},
			"markup":       {auth.NewUser{Name: "<b>", Role: auth.Viewer, Password: password}, fault.Invalid},
			"a dash first": {auth.NewUser{Name: "-x", Role: auth.Viewer, Password: password}, fault.Invalid},
			"long":         {auth.NewUser{Name: strings.Repeat("a", 65), Role: auth.Viewer, Password: password}, fault.Invalid},
			"no role":      {auth.NewUser{Name: "otto", Password: password}, fault.Invalid},
			"public":       {auth.NewUser{Name: "otto", Role: "public", Password: password}, fault.Invalid},
			"no password":  {auth.NewUser{Name: "otto", Role: auth.Viewer}, fault.PasswordWeak},
		} {
			_, err := o.AddUser(t.Context(), c.user)
			wants(t, name, err, c.code)
		}
		yes, viewer := true, auth.Viewer
		_, err = o.ChangeUser(t.Context(), anna.ID, auth.UserChange{Disabled: &yes})
		wants(t, "disabling the last admin", err, fault.LastAdmin)
		_, err = o.ChangeUser(t.Context(), anna.ID, auth.UserChange{Role: &viewer})
		wants(t, "lowering the last admin", err, fault.LastAdmin)
		wants(t, "removing the last admin", o.RemoveUser(t.Context(), anna.ID), fault.LastAdmin)

		// A disabled admin is none.
		berta := o.add("berta", auth.Admin)
		if _, err := o.ChangeUser(t.Context(), berta.ID, auth.UserChange{Disabled: &yes}); err != nil {
			t.Fatal(err)
		}
		wants(t, "removing the last admin who is enabled", o.RemoveUser(t.Context(), anna.ID), fault.LastAdmin)
		wants(t, "removing nobody", o.RemoveUser(t.Context(), "nosuch"), fault.NotFound)
		_, err = o.ChangeUser(t.Context(), "nosuch", auth.UserChange{})
		wants(t, "changing nobody", err, fault.NotFound)
	})
}

// Two admins who remove each other at once: one of them stays.
func TestUsers_OneAdminStaysUnderRaces(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		for round := range 10 {
			users, err := o.Users(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(users) == 0 {
				o.add(fmt.Sprint("first", round), auth.Admin)
			}
			o.add(fmt.Sprint("next", round), auth.Admin)
			users, _ = o.Users(t.Context())
			var all sync.WaitGroup
			for _, u := range users {
				all.Go(func() { _ = o.RemoveUser(context.Background(), u.ID) })
			}
			all.Wait()
			if left, err := o.Users(t.Context()); err != nil || len(left) != 1 {
				t.Fatalf("%d users are left, %v", len(left), err)
			}
		}
	})
}

func TestSetUp(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		good := auth.Credentials{Name: "anna", Password: password}
		_, err := o.SetUp(t.Context(), "", good, home)
		wants(t, "no token was made, none is given", err, fault.SetupTokenWrong)
		token := auth.NewSetupToken()
		if err := os.WriteFile(o.SetupFile, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, wrong := range []string{"", "x", token[1:], token + " ", strings.ToLower(token)} {
			_, err := o.SetUp(t.Context(), wrong, good, home)
			wants(t, "a wrong token", err, fault.SetupTokenWrong)
		}
		_, err = o.SetUp(t.Context(), token, auth.Credentials{Name: "anna", Password: "short"}, home)
		wants(t, "a weak password", err, fault.PasswordWeak)
		if needed, err := o.SetupNeeded(t.Context()); err != nil || !needed {
			t.Fatalf("needed: %v, %v", needed, err)
		}

		// Many at once: one admin.
		var done, refused atomic.Int64
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				in, err := o.SetUp(context.Background(), token, auth.Credentials{Name: fmt.Sprint("anna", i), Password: password}, home)
				switch {
				case err == nil:
					done.Add(1)
					if p, err := o.BySession(context.Background(), in.Secret, home); err != nil || p.Role != auth.Admin {
						t.Errorf("the first admin is not signed in: %+v, %v", p, err)
					}
				case fault.Is(err, fault.SetupDone), fault.Is(err, fault.SetupTokenWrong):
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if done.Load() != 1 || refused.Load() != 7 {
			t.Errorf("%d were made, %d refused", done.Load(), refused.Load())
		}
		if all, err := o.Users(t.Context()); err != nil || len(all) != 1 || all[0].LastSignInAt.IsZero() {
			t.Errorf("the users are %+v, %v; want one who has signed in", all, err)
		}
		if _, err := os.Stat(o.SetupFile); !os.IsNotExist(err) {
			t.Errorf("the token is still there: %v", err)
		}
		if err := os.WriteFile(o.SetupFile, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		other := o.another()
		other.SetupFile = o.SetupFile
		_, err = other.SetUp(t.Context(), token, good, home)
		wants(t, "once more", err, fault.SetupDone)
		if made, err := other.SetUpUnattended(t.Context(), good); err != nil || made {
			t.Errorf("unattended: %v, %v", made, err)
		}
	})
}
