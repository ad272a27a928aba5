package auth_test

import (
	"context"
	"testing"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"
)

// meanwhile is a store in which something happens right before one of the transactions.
type meanwhile struct {
	auth.Store
	left int // transactions until then
	do   func()
}

func (m *meanwhile) Change(ctx context.Context, work func(auth.Tx) error) error {
	if m.left--; m.left == 0 {
		m.do()
	}
	return m.Store.Change(ctx, work)
}

// Who proves a password that an admin changes at that moment, or whose user he disables,
// is too late: before the attempt is taken back, and before anything is made of it.
func TestPassword_ChangedMeanwhile(t *testing.T) {
	const next = "another good password"
	yes, given := true, next
	proofs := map[string]func(a *auth.Accounts, p auth.Principal) error{
		"sign-in": func(a *auth.Accounts, _ auth.Principal) error {
			_, err := a.SignIn(t.Context(), auth.Credentials{Name: "otto", Password: password}, home)
			return err
		},
		"step-up": func(a *auth.Accounts, p auth.Principal) error {
			_, err := a.StepUp(t.Context(), p, password, home)
			return err
		},
		"his own change": func(a *auth.Accounts, p auth.Principal) error {
			_, err := a.ChangePassword(t.Context(), p, password, "a third good password", home)
			return err
		},
	}
	const proved, done = 2, 3 // the transactions of a proof after the one that reserves the attempt
	each(t, func(t *testing.T, o *office) {
		o.add("anna", auth.Admin)
		for proof, prove := range proofs {
			for _, c := range []struct {
				name   string
				before int
				change auth.UserChange
			}{
				{"password before it counts", proved, auth.UserChange{Password: &given}},
				{"password before it is used", done, auth.UserChange{Password: &given}},
				{"disabled before it is used", done, auth.UserChange{Disabled: &yes}},
			} {
				t.Run(proof+"/"+c.name, func(t *testing.T) {
					u := o.add("otto", auth.Operator)
					defer func() {
						if err := o.RemoveUser(t.Context(), u.ID); err != nil {
							t.Error(err)
						}
					}()
					p := o.principal(o.signIn("otto", home).Secret)
					options := o.Options
					between := &meanwhile{Store: o.db, left: c.before, do: func() {
						o.clock.forward(time.Millisecond)
						if _, err := o.ChangeUser(t.Context(), u.ID, c.change); err != nil {
							t.Error(err)
						}
					}}
					options.Store = between
					wants(t, "too late", prove(auth.New(options), p), fault.CredentialsWrong)
					if between.left > 0 {
						t.Errorf("%d transactions are left: nothing happened meanwhile", between.left)
					}
					if left, err := o.Sessions(t.Context(), u.ID); err != nil || len(left) != 0 {
						t.Errorf("sessions are left: %+v, %v", left, err)
					}
					now, err := o.User(t.Context(), u.ID)
					if err != nil || (c.change.Disabled != nil) != now.Disabled() || (c.change.Password != nil) == now.PasswordChangedAt.Equal(u.PasswordChangedAt) {
						t.Errorf("the admin's change is undone: %+v, %v", now, err)
					}
				})
			}
		}
	})
}
