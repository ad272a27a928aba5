package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"bangui/internal/fault"
)

// Times of a certificate of our own. It is valid a little before it is made: clocks
// differ.
const (
	validFor    = 365 * 24 * time.Hour
	renewBefore = 30 * 24 * time.Hour
	clockSkew   = time.Hour
)

// Bounds of the names in a certificate: a machine with many containers has hundreds of
// addresses.
const (
	maxNames = 100
	maxName  = 253
)

// own is a certificate that we make ourselves, with its key beside it.
type own struct {
	dir   string
	names func() []string
}

func (o own) certFile() string { return filepath.Join(o.dir, "certificate.pem") }
func (o own) keyFile() string  { return filepath.Join(o.dir, "key.pem") }

// load takes the certificate from the folder as long as it lasts, and makes one where
// there is none that can be used.
func (o own) load(now time.Time) (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(o.certFile(), o.keyFile())
	if err == nil && lasts(pair.Leaf, now) && o.covers(pair.Leaf) && os.Chmod(o.keyFile(), 0o600) == nil {
		return &pair, nil
	}
	return o.make(now)
}

// covers reports whether a certificate has all host names of now. Addresses come and go;
// a new certificate for each would only teach people to click warnings away.
func (o own) covers(leaf *x509.Certificate) bool {
	wanted := &x509.Certificate{}
	addNames(wanted, o.names())
	return !slices.ContainsFunc(wanted.DNSNames, func(name string) bool { return !slices.Contains(leaf.DNSNames, name) })
}

func lasts(leaf *x509.Certificate, now time.Time) bool {
	return now.After(leaf.NotBefore) && now.Before(leaf.NotAfter.Add(-renewBefore))
}

// version changes with the day on which the certificate must be renewed.
func (o own) version(now time.Time) string {
	content, err := os.ReadFile(o.certFile())
	if err != nil {
		return "gone"
	}
	leaf, err := parse(content)
	if err != nil || !lasts(leaf, now) {
		return "must be renewed " + now.Format(time.DateOnly)
	}
	return string(leaf.Signature)
}

func parse(content []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New("it holds no PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

// make makes a certificate and its key and puts both into the folder; the key first, so
// that a certificate never stands there without its key.
func (o own) make(now time.Time) (*tls.Certificate, error) {
	cert, key, err := selfSigned(o.names(), now)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "no certificate can be made")
	}
	err = os.MkdirAll(o.dir, 0o700)
	if err == nil {
		err = errors.Join(replace(o.keyFile(), key, 0o600), replace(o.certFile(), cert, 0o644))
	}
	if err != nil {
		code := fault.Invalid
		if errors.Is(err, fs.ErrPermission) {
			code = fault.PermissionDenied
		}
		return nil, fault.Wrap(err, code, "the certificate can't be written into %s", o.dir).
			WithMend("Give the folder to the user who runs BanGUI, or set tls-cert and tls-key.")
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fault.Wrap(err, fault.Internal, "the certificate that was made can't be used")
	}
	return &pair, nil
}

// selfSigned makes an ECDSA P-256 certificate that signs itself, in PEM.
func selfSigned(names []string, now time.Time) (cert, key []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial.Add(serial, big.NewInt(1)), Subject: pkix.Name{CommonName: "BanGUI"},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(validFor),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	addNames(template, names)
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, err
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), nil
}

func addNames(template *x509.Certificate, names []string) {
	for _, name := range names[:min(len(names), maxNames)] {
		if addr, err := netip.ParseAddr(name); err == nil {
			template.IPAddresses = append(template.IPAddresses, net.IP(addr.Unmap().WithZone("").AsSlice()))
			continue
		}
		if name != "" && len(name) <= maxName && !slices.Contains(template.DNSNames, name) {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
}

// replace writes a file in one step.
func replace(name string, content []byte, mode fs.FileMode) error {
	made, err := os.CreateTemp(filepath.Dir(name), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(made.Name()) //nolint:errcheck // renamed by then, or an earlier error says more
	_, err = made.Write(content)
	if err = errors.Join(err, made.Chmod(mode), made.Sync(), made.Close()); err != nil {
		return err
	}
	return os.Rename(made.Name(), name)
}

// OwnFingerprint is that of the certificate that a console made in a folder; "" when
// there is none.
func OwnFingerprint(dir string) string {
	content, err := os.ReadFile(own{dir: dir}.certFile())
	if err != nil {
		return ""
	}
	block, _ := pem.Decode(content)
	if block == nil {
		return ""
	}
	return Fingerprint(&tls.Certificate{Certificate: [][]byte{block.Bytes}})
}
