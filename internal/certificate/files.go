package certificate

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"bangui/internal/fault"
)

// files are the operator's certificate and key.
type files struct{ cert, key string }

// maxFile bounds certificate and key; a chain of ten has 20 KiB.
const maxFile = 1 << 20

func (f files) load(time.Time) (*tls.Certificate, error) {
	cert, err := readFile(f.cert, "tls-cert")
	if err != nil {
		return nil, err
	}
	key, err := readFile(f.key, "tls-key")
	if err != nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "certificate %s and key %s can't be used (%s)", f.cert, f.key, err.Error()).
			WithMend("Both must be PEM, belong together, and the key must not be encrypted: openssl x509 -noout -text -in %s", f.cert)
	}
	return &pair, nil
}

// version follows links, so that a link that is set to another file counts as a change.
func (f files) version(time.Time) string {
	var seen strings.Builder
	for _, name := range []string{f.cert, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			seen.WriteString(err.Error())
			continue
		}
		fmt.Fprintln(&seen, info.ModTime().UnixNano(), info.Size())
	}
	return seen.String()
}

func readFile(name, setting string) ([]byte, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fileFault(err, name, setting)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	switch {
	case err != nil:
		return nil, fileFault(err, name, setting)
	case len(content) > maxFile:
		return nil, fault.New(fault.Invalid, "the file %s of setting %s is larger than 1 MiB", name, setting)
	}
	return content, nil
}

func fileFault(err error, name, setting string) error {
	code, reason := fault.Invalid, err
	if errors.Is(err, fs.ErrPermission) {
		code = fault.PermissionDenied
	}
	if pathError, ok := errors.AsType[*fs.PathError](err); ok {
		reason = pathError.Err
	}
	return fault.Wrap(err, code, "the file %s of setting %s can't be read (%s)", name, setting, reason).
		WithMend("Let the user who runs BanGUI read it, or set %s to another file.", setting)
}
