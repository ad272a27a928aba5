package auth

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"bangui/internal/fault"
)

func TestCheckPassword(t *testing.T) {
	for _, weak := range []string{
		"", "short", "ninechars", strings.Repeat("x", 257), strings.Repeat("ä", 257), "aaaaaaaaaaaa", "1234567890", "0123456789", "9876543210", "1212121212",
		"annaannaanna", "Anna123456", "password123", "Password123!", "PASSWORD1234", "passwordpassword", "qwertyuiop", "letmein1234", "changeme!!", "fail2ban2026",
		"correct horse battery staple", "bad\xffutf8 text",
	} {
		if err := CheckPassword("anna", weak); !fault.Is(err, fault.PasswordWeak) || fault.MendOf(err) == "" {
			t.Errorf("%q: %v", weak, err)
		}
	}
	for _, good := range []string{"ten chars!", strings.Repeat("xy ", 85), "пароль что надо", "anna likes cats", "a password of tests", "7f3kQ9zLmX"} {
		if err := CheckPassword("anna", good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
}

func TestHash_PHC(t *testing.T) {
	h := newHasher(costNow())
	encoded := h.hash("a password")
	if !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("%s", encoded)
	}
	if ok, stale := h.matches("a password", encoded); !ok || stale {
		t.Errorf("its own hash: %v %v", ok, stale)
	}
	if encoded == h.hash("a password") {
		t.Error("two hashes have one salt")
	}
	if ok, _ := h.matches("a passworD", encoded); ok {
		t.Error("another password matches")
	}
	// A test vector of the reference implementation's command line would be of another
	// cost: an older hash still matches, and is made anew.
	old := cost{t: 1, m: 64, p: 1}
	salt := []byte("0123456789abcdef")
	if ok, stale := h.matches("x", encode(old, salt, old.key("x", salt))); !ok || !stale {
		t.Errorf("an older hash: %v %v", ok, stale)
	}
	for _, broken := range []string{
		"", "none", "$argon2id$v=19$m=19456,t=2,p=1$$", "$argon2i$v=19$m=64,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$x",
		"$argon2id$v=19$m=4294967295,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=64,t=99999,p=1$MDEyMzQ1Njc4OWFiY2RlZg$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=64,t=1,p=0$MDEyMzQ1Njc4OWFiY2RlZg$" + strings.Repeat("A", 43),
		"$argon2id$v=19$m=0,t=0,p=0$MDEyMzQ1Njc4OWFiY2RlZg$" + strings.Repeat("A", 43),
		h.dummy, // nobody's
	} {
		if ok, _ := h.matches("", broken); ok {
			t.Errorf("%q matches", broken)
		}
	}
}

func TestDecode_NeverPanics(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`\$argon2id\$v=19\$m=[0-9]{0,6},t=[0-9]{0,3},p=[0-9]{0,3}\$[A-Za-z0-9+/]{0,30}\$[A-Za-z0-9+/]{0,50}`)).Draw(t, "text")
		if c, salt, key, ok := decode(text); ok && (c.m > 256<<10 || c.t > 16 || c.t < 1 || c.p < 1 || len(salt) < 8 || len(key) != keySize) {
			t.Errorf("%q is taken", text)
		}
	})
}

// A few hash at once and a few wait; the others are told to come again. Those whom we
// know always find a turn, however many strangers come.
func TestHasher_Bounded(t *testing.T) {
	h := newHasher(costNow())
	var inside, most, refused atomic.Int64
	var all sync.WaitGroup
	release := make(chan struct{})
	for range 200 {
		all.Go(func() {
			leave, err := h.enter(context.Background(), false)
			if err != nil {
				refused.Add(1)
				return
			}
			defer leave()
			now := inside.Add(1)
			for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
			}
			<-release
			inside.Add(-1)
		})
	}
	for refused.Load() < 183 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	leave, err := h.enter(ctx, true)
	if err != nil {
		t.Fatalf("somebody whom we know: %v", err)
	}
	leave()
	close(release)
	all.Wait()
	// One inside and sixteen waiting; somebody may come while the first is on his way in.
	if n := refused.Load(); most.Load() != 1 || n < 183 || n > 184 {
		t.Errorf("%d strangers at once, %d refused", most.Load(), refused.Load())
	}
	ended, end := context.WithCancel(t.Context())
	end()
	full := newGate(0, 1)
	if _, err := full.enter(ended); !fault.Is(err, fault.AttemptsThrottled) {
		t.Errorf("who left meanwhile: %v", err)
	}
}
