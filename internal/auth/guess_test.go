package auth_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"bangui/internal/auth"
	"bangui/internal/fault"
)

func (o *office) guess(name, source string) error {
	_, err := o.SignIn(context.Background(), auth.Credentials{Name: name, Password: "a wrong password"}, from(source))
	return err
}

// Ten thousand guesses in an hour from a thousand sources: at most a hundred reach the
// hash, and the owner still gets in from where he was before (S22).
func TestSignIn_GuessingIsHopeless(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.add("anna", auth.Admin)
		o.signIn("anna", home)
		reached, throttled := 0, 0
		const guesses = 10_000
		for i := range guesses {
			o.clock.forward(time.Hour / guesses)
			switch err := o.guess("anna", fmt.Sprintf("10.0.%d.%d", i%1000/250, i%250)); {
			case fault.Is(err, fault.CredentialsWrong):
				reached++
			case fault.Is(err, fault.AttemptsThrottled) && fault.RetryOf(err) > 0 && fault.RetryOf(err) <= 2*time.Minute:
				throttled++
			default:
				t.Fatal(err)
			}
			if i%500 == 0 {
				o.signIn("anna", home)
			}
		}
		if reached > 100 || reached+throttled != guesses {
			t.Errorf("%d guesses reached the hash, %d were refused", reached, throttled)
		}

		// From a new place the owner waits, and no longer than the longest wait.
		away := from("203.0.113.99")
		_, err := o.SignIn(t.Context(), auth.Credentials{Name: "anna", Password: password}, away)
		wants(t, "the owner from a new place under attack", err, fault.AttemptsThrottled)
		o.clock.forward(fault.RetryOf(err))
		o.signIn("anna", away)
	})
}

// Many guesses at once get no further than one after the other.
func TestSignIn_ABurstGetsNoFurther(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.add("anna", auth.Admin)
		var reached atomic.Int64
		var all sync.WaitGroup
		for i := range 200 {
			all.Go(func() {
				err := o.guess("anna", fmt.Sprintf("10.1.0.%d", i))
				switch {
				case fault.Is(err, fault.CredentialsWrong):
					reached.Add(1)
				case !fault.Is(err, fault.AttemptsThrottled):
					t.Error(err)
				}
			})
		}
		all.Wait()
		if reached.Load() != 3 {
			t.Errorf("%d guesses reached the hash, three are free", reached.Load())
		}
	})
}

// One source that tries many names is slowed down as well; its IPv6 addresses are one.
func TestSignIn_OneSourceManyNames(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.add("anna", auth.Admin)
		reached := 0
		for i := range 100 {
			if fault.Is(o.guess(fmt.Sprint("user", i), fmt.Sprintf("2001:db8::%x", i)), fault.CredentialsWrong) {
				reached++
			}
		}
		if reached != 3 {
			t.Errorf("%d guesses of one /64 reached the hash", reached)
		}
		wants(t, "another /64", o.guess("user0", "2001:db8:1::1"), fault.CredentialsWrong)
	})
}

// The delays are of the store: another console knows them, and they survive a restart.
func TestSignIn_DelaysAreShared(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.add("anna", auth.Admin)
		for range 3 {
			wants(t, "a free guess", o.guess("anna", "10.0.0.1"), fault.CredentialsWrong)
		}
		_, err := o.another().SignIn(t.Context(), auth.Credentials{Name: "anna", Password: password}, from("10.0.0.2"))
		wants(t, "another console", err, fault.AttemptsThrottled)

		// They grow, and a day later all is forgotten.
		for _, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
			err := o.guess("anna", "10.0.0.3")
			if got := fault.RetryOf(err); got != wait {
				t.Errorf("wait %s, want %s", got, wait)
			}
			o.clock.forward(wait)
			wants(t, "after the wait", o.guess("anna", fmt.Sprint("10.0.1.", int(wait.Seconds()))), fault.CredentialsWrong)
		}
		o.clock.forward(25 * time.Hour)
		for range 3 {
			wants(t, "a day later", o.guess("anna", "10.0.0.9"), fault.CredentialsWrong)
		}
	})
}

// At his own place a user is delayed by his own failures only, and success forgets them.
func TestSignIn_AtAFamiliarPlace(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.add("anna", auth.Admin)
		o.add("otto", auth.Operator)
		o.signIn("anna", home)
		for range 3 {
			wants(t, "otto guesses from anna's place", o.guess("otto", "192.0.2.10"), fault.CredentialsWrong)
		}
		for range 2 {
			wants(t, "anna mistypes", o.guess("anna", "192.0.2.10"), fault.CredentialsWrong)
		}
		o.signIn("anna", home)
		for range 3 {
			wants(t, "anna mistypes again", o.guess("anna", "192.0.2.10"), fault.CredentialsWrong)
		}
		_, err := o.SignIn(t.Context(), auth.Credentials{Name: "anna", Password: password}, home)
		wants(t, "after three", err, fault.AttemptsThrottled)
		next := "another good password"
		u, err := o.UserNamed(t.Context(), "anna")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.ChangeUser(t.Context(), u.ID, auth.UserChange{Password: &next}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.SignIn(t.Context(), auth.Credentials{Name: "anna", Password: next}, home); err != nil {
			t.Errorf("after an admin set a new password: %v", err)
		}
	})
}

// Whether there is a user shows neither in the answer nor in the time that it takes.
func TestSignIn_TellsNothingOfUsers(t *testing.T) {
	eachDearly(t, func(t *testing.T, o *office) {
		u := o.add("anna", auth.Admin)
		o.add("berta", auth.Admin)
		yes := true
		if _, err := o.ChangeUser(t.Context(), u.ID, auth.UserChange{Disabled: &yes}); err != nil {
			t.Fatal(err)
		}
		messages := map[string]bool{}
		took := map[string]time.Duration{}
		for round := range 5 {
			for _, name := range []string{"anna", "berta", "nobody"} {
				began := time.Now()
				err := o.guess(name, fmt.Sprintf("10.%d.0.1", round))
				if spent := time.Since(began); took[name] == 0 || spent < took[name] { // the least: the rest is other programs
					took[name] = spent
				}
				o.clock.forward(time.Hour)
				wants(t, name, err, fault.CredentialsWrong)
				messages[err.Error()+fault.MendOf(err)] = true
			}
		}
		if len(messages) != 1 {
			t.Errorf("the answers differ: %v", messages)
		}
		// A hash takes this long on any machine, and all else far less.
		const hashing = 4 * time.Millisecond
		for name, least := range took {
			if least < hashing {
				t.Errorf("a guess at %s takes %s: there was no hash", name, least)
			}
		}
		_, err := o.SignIn(t.Context(), auth.Credentials{Name: "anna", Password: password}, home)
		wants(t, "a disabled user with the right password", err, fault.CredentialsWrong)
		for _, name := range []string{"", "\x00", "<script>", "a b"} {
			_, err := o.SignIn(t.Context(), auth.Credentials{Name: name, Password: password}, home)
			wants(t, "an odd name", err, fault.CredentialsWrong)
			o.clock.forward(time.Hour)
		}
	})
}

// A hash that was made with less work is made anew when its user signs in, and not for a
// wrong password.
func TestSignIn_MakesOldHashesAnew(t *testing.T) {
	eachDearly(t, func(t *testing.T, o *office) {
		u := o.add("anna", auth.Admin)
		salt := []byte("0123456789abcdef")
		b64 := base64.RawStdEncoding
		old := "$argon2id$v=19$m=64,t=1,p=1$" + b64.EncodeToString(salt) + "$" + b64.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 64, 1, 32))
		u.Hash = old
		if err := o.db.Change(t.Context(), func(tx auth.Tx) error { return tx.PutUser(t.Context(), u) }); err != nil {
			t.Fatal(err)
		}
		stored := func() string {
			u, err := o.User(t.Context(), u.ID)
			if err != nil {
				t.Fatal(err)
			}
			return u.Hash
		}
		wants(t, "a wrong password", o.guess("anna", "10.0.0.1"), fault.CredentialsWrong)
		if stored() != old {
			t.Error("a wrong password changed the hash")
		}
		o.signIn("anna", home)
		made := stored()
		if !strings.HasPrefix(made, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("the hash is still %s", made)
		}
		o.signIn("anna", home)
		if stored() != made {
			t.Error("a hash that is good enough was made anew")
		}
	})
}

// What has ended is removed, some at a time, and once.
func TestTidy_RemovesWhatHasEnded(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		o.add("anna", auth.Admin)
		in := o.signIn("anna", home)
		for i := range 5 {
			_ = o.guess("anna", fmt.Sprintf("10.0.0.%d", i))
		}
		o.clock.forward(100 * 24 * time.Hour)
		if n, err := auth.Tidy(t.Context(), o.db, time.Hour, o.clock.Now()); err != nil || n < 5 {
			t.Errorf("%d rows removed, %v", n, err)
		}
		if n, err := auth.Tidy(t.Context(), o.db, time.Hour, o.clock.Now()); err != nil || n != 0 {
			t.Errorf("%d rows removed by a second run, %v", n, err)
		}
		_, _, there, err := o.db.SessionByID(t.Context(), in.Session.ID)
		if err != nil || there {
			t.Errorf("an ended session is still there: %v", err)
		}
		if left, err := o.db.Attempts(t.Context(), []string{"account anna", "source 10.0.0.1/32"}); err != nil || len(left) != 0 {
			t.Errorf("old attempts are still there: %v, %v", left, err)
		}
		if familiar, err := o.db.Familiar(t.Context(), in.User.ID, "192.0.2.10/32"); err != nil || familiar {
			t.Errorf("an old source is still familiar: %v", err)
		}
	})
}
