package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"bangui/internal/fault"
)

// Bounds of a password, in characters.
const (
	MinPassword = 10
	MaxPassword = 256
)

// CheckPassword refuses a password that is too short, too long, the user's name, or one
// of those that are tried first. There are no rules of composition: length is what counts.
func CheckPassword(name, password string) error {
	weak := func(why string) error {
		return fault.New(fault.PasswordWeak, "the password can't be taken: %s", why).
			WithMend("Take at least %d characters that nobody would try; four random words do well.", MinPassword)
	}
	n := utf8.RuneCountInString(password)
	lower := strings.ToLower(password)
	switch {
	case !utf8.ValidString(password):
		return weak("it is not text")
	case n < MinPassword:
		return weak(fmt.Sprintf("it has %d characters, and %d is the least", n, MinPassword))
	case n > MaxPassword:
		return weak(fmt.Sprintf("it has more than %d characters", MaxPassword))
	case strings.Trim(lower, lower[:1]) == "":
		return weak("it is one character again and again")
	case isRepeated(lower, strings.ToLower(name)), isCommon(lower):
		return weak("it is among those that are tried first")
	}
	return nil
}

// isRepeated reports whether a password is the name, once or more, or the name with digits.
func isRepeated(password, name string) bool {
	return name != "" && strings.Trim(strings.ReplaceAll(password, name, ""), "0123456789!._-") == ""
}

// isCommon reports whether a password of at least ten characters is among the commonest:
// a common word with digits or marks around it, once or twice.
func isCommon(password string) bool {
	core := strings.Trim(password, "0123456789!?.,@#$*_- ")
	if core == "" {
		return isRun(password)
	}
	for _, word := range []string{
		"password", "passwort", "passw0rd", "p@ssw0rd", "motdepasse", "contrasena", "qwerty", "qwertz", "azerty", "qwertyuiop", "qwertzuiop", "asdfghjkl",
		"asdfghjkl;", "zxcvbnm", "1q2w3e4r5t", "1q2w3e4r5t6y", "q1w2e3r4t5", "1qaz2wsx3edc", "q2w3e4r5t", "qaz2wsx3edc", "w2e3r4t", "administrator", "admin",
		"root", "welcome", "letmein", "iloveyou", "monkey", "dragon", "football", "baseball", "superman", "sunshine", "princess", "trustno1", "trustno",
		"changeme", "changeit", "default", "secret", "topsecret", "test", "testtest", "guest", "master", "login", "abc", "abcd", "abcdef", "abcdefgh",
		"abcdefghij", "abcdefghijk", "fail2ban", "bangui", "server", "computer", "internet", "correcthorsebatterystaple", "correct horse battery staple",
	} {
		if core == word || core == word+word || strings.ReplaceAll(core, word, "") == "" {
			return true
		}
	}
	return false
}

// isRun reports whether digits and marks are a run such as 1234567890, or a short piece
// again and again.
func isRun(password string) bool {
	for size := 1; size <= 5; size++ {
		if strings.ReplaceAll(password, password[:size], "") == "" {
			return true
		}
	}
	return strings.Contains("01234567890123456789", password) || strings.Contains("98765432109876543210", password)
}

// cost is how much work a hash takes: t passes over m KiB with p lanes.
type cost struct {
	t, m uint32
	p    uint8
}

// costNow is the cost of new hashes (OWASP's least for Argon2id: 19 MiB, two passes). Whoever
// signs in with an older one gets a new hash.
func costNow() cost { return cost{t: 2, m: 19 << 10, p: 1} }

func costOf(o Options) cost {
	if o.CheapHashes {
		return cost{t: 1, m: 8, p: 1}
	}
	return costNow()
}

const (
	saltSize = 16
	keySize  = 32
)

// hasher makes and compares password hashes, few at a time: each takes its memory.
type hasher struct {
	all       *gate
	strangers *gate // those whom we have not seen before leave room for those whom we have
	cost      cost  // of new hashes
	dummy     string
}

func newHasher(c cost) *hasher {
	return &hasher{all: newGate(2, 32), strangers: newGate(1, 16), cost: c, dummy: encode(c, make([]byte, saltSize), make([]byte, keySize))}
}

// enter waits for a turn; leave gives it back.
func (h *hasher) enter(ctx context.Context, familiar bool) (leave func(), err error) {
	if familiar {
		return h.all.enter(ctx)
	}
	first, err := h.strangers.enter(ctx)
	if err != nil {
		return nil, err
	}
	second, err := h.all.enter(ctx)
	if err != nil {
		first()
		return nil, err
	}
	return func() { second(); first() }, nil
}

// hash makes a hash in PHC form. The caller has a turn.
func (h *hasher) hash(password string) string {
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails, by its documentation
	return encode(h.cost, salt, h.cost.key(password, salt))
}

// matches compares a password with a hash, always with the same work; stale says that
// the hash should be made anew. The caller has a turn.
func (h *hasher) matches(password, encoded string) (ok, stale bool) {
	c, salt, key, known := decode(encoded)
	if !known {
		c, salt, key, _ = decode(h.dummy)
	}
	same := subtle.ConstantTimeCompare(c.key(password, salt), key) == 1
	return same && known, c != h.cost
}

func (c cost) key(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, c.t, c.m, c.p, keySize)
}

// encode writes the PHC form: $argon2id$v=19$m=…,t=…,p=…$salt$key.
func encode(c cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.m, c.t, c.p, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// decode reads the PHC form. A hash that would take more than 256 MiB or 16 passes is
// not ours.
func decode(encoded string) (c cost, salt, key []byte, ok bool) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost{}, nil, nil, false
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.m, &c.t, &c.p); err != nil || n != 3 {
		return cost{}, nil, nil, false
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	ok = saltErr == nil && keyErr == nil && len(salt) >= 8 && len(key) == keySize && c.m >= 8 && c.m <= 256<<10 && c.t >= 1 && c.t <= 16 && c.p >= 1
	return c, salt, key, ok
}
