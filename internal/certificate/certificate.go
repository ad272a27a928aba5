// Package certificate holds the TLS certificate that the console shows: one from the
// operator's files, or one that it makes and renews by itself. It never serves without
// one: what can't be read any more leaves the last good one in place.
package certificate

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// Options say where the certificate comes from.
type Options struct {
	// Cert and Key are the operator's files in PEM, the certificate with its chain first.
	// Both or none.
	Cert, Key string
	// Dir is the folder of the certificate that we make ourselves; it is used where no
	// files are given, and made when it is missing.
	Dir string
	// Names gives host names and addresses for a certificate of our own; they are asked
	// for when one is made.
	Names func() []string

	Logger *slog.Logger
	Now    func() time.Time
	// Changed is told when another certificate is served; may be nil.
	Changed func()
}

// Keeper holds the certificate that is served now. It is safe for concurrent use.
type Keeper struct {
	options Options
	source  source
	current atomic.Pointer[tls.Certificate]
}

// source is where a certificate comes from.
type source interface {
	// load gives a certificate that can be served, with its Leaf.
	load(now time.Time) (*tls.Certificate, error)
	// version changes when load may give another one.
	version(now time.Time) string
}

// Open loads the certificate, or makes it. The error is a fault that says which file and
// how to mend it.
func Open(o Options) (*Keeper, error) {
	k := &Keeper{options: o, source: files{o.Cert, o.Key}}
	if o.Cert == "" {
		k.source = own{dir: o.Dir, names: o.Names}
	}
	loaded, err := k.source.load(o.Now())
	if err != nil {
		return nil, err
	}
	k.current.Store(loaded)
	return k, nil
}

// lookEvery is how often the files are looked at, and whether ours must be renewed.
const lookEvery = 30 * time.Second

// Run follows the certificate until ctx ends: it loads what changed, renews ours in
// time, and loads it anew for each value of again.
func (k *Keeper) Run(ctx context.Context, again <-chan os.Signal) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	seen := k.source.version(k.options.Now())
	for {
		select {
		case <-ctx.Done():
			return
		case <-again:
			seen = ""
		case <-look.C:
		}
		if version := k.source.version(k.options.Now()); version != seen {
			seen = version
			k.Reload(ctx)
		}
	}
}

// Reload loads the certificate anew. Where that fails, the one that is served stays and
// the log says why.
func (k *Keeper) Reload(ctx context.Context) {
	loaded, err := k.source.load(k.options.Now())
	if err != nil {
		k.options.Logger.ErrorContext(ctx, "the certificate can't be loaded; the last one stays", "error", err)
		return
	}
	old := k.current.Swap(loaded)
	if Fingerprint(old) == Fingerprint(loaded) {
		return
	}
	k.options.Logger.InfoContext(ctx, "another certificate is served", "fingerprint", Shown(Fingerprint(loaded)), "until", loaded.Leaf.NotAfter.UTC().Format(time.DateOnly))
	if k.options.Changed != nil {
		k.options.Changed()
	}
}

// Own reports whether the certificate is one that we made: browsers don't trust it by
// themselves.
func (k *Keeper) Own() bool { return k.options.Cert == "" }

// Current is the certificate that is served now.
func (k *Keeper) Current() *tls.Certificate { return k.current.Load() }

// Config is TLS 1.2 or newer with the certificate of the moment.
func (k *Keeper) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return k.Current(), nil },
	}
}

// Fingerprint is the SHA-256 of a certificate, 64 lower-case hexadecimal digits.
func Fingerprint(c *tls.Certificate) string {
	sum := sha256.Sum256(c.Certificate[0])
	return hex.EncodeToString(sum[:])
}

// Shown is a fingerprint as browsers show it: "AB:CD:…".
func Shown(fingerprint string) string {
	var b strings.Builder
	for i := 0; i+1 < len(fingerprint); i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToUpper(fingerprint[i : i+2]))
	}
	return b.String()
}
