package client

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"regexp"
	"strings"

	"bangui/internal/fault"
)

const pinMark = "#sha256="

// Pin names a certificate behind a console's address: only the one with this SHA-256 is
// accepted there, whatever names it has and whoever signed it.
func Pin(fingerprint string) string { return pinMark + fingerprint }

var wellFormedPin = regexp.MustCompile(`^[0-9a-f]{64}$`)

// cutPin takes a pin off an address; "" when it has none.
func cutPin(address string) (rest, pin string, err error) {
	rest, pin, found := strings.Cut(address, pinMark)
	if !found {
		return address, "", nil
	}
	pin = strings.ToLower(strings.ReplaceAll(pin, ":", ""))
	if !wellFormedPin.MatchString(pin) || !strings.HasPrefix(rest, "https://") {
		return "", "", fault.New(fault.Invalid, "%q does not name a certificate", address).
			WithMend("Give https://… followed by %s and the 64 digits that `bangui version` shows on the console's machine.", pinMark)
	}
	return rest, pin, nil
}

// errOtherCertificate says that not the pinned certificate was shown.
var errOtherCertificate = errors.New("it is not the one that was named")

// tlsConfig trusts what the system trusts, or one certificate and no other.
func tlsConfig(pin string) *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if pin == "" {
		return config
	}
	config.InsecureSkipVerify = true // VerifyConnection accepts one certificate only
	config.VerifyConnection = func(state tls.ConnectionState) error {
		sum := sha256.Sum256(state.PeerCertificates[0].Raw)
		if hex.EncodeToString(sum[:]) != pin {
			return errOtherCertificate
		}
		return nil
	}
	return config
}

// certificateMend says what to do about a certificate that isn't trusted; "" for any
// other error.
func certificateMend(err error) string {
	if errors.Is(err, errOtherCertificate) {
		return "If the console has a new certificate, take its fingerprint from `bangui version` on its machine. Else somebody stands between."
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); !ok && !errors.As(err, new(x509.UnknownAuthorityError)) {
		return ""
	}
	return "If it signed itself, name it behind the address: " + pinMark + " and the fingerprint that `bangui version` shows on its machine."
}
