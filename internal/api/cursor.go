package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"

	"bangui/internal/fault"
	"bangui/internal/history"
)

// A cursor is a place in the order of bans and the filter that it belongs to: eight
// bytes of the filter's hash, the time in microseconds, the id.
const cursorBytes = 24

func closeCursor(at history.Place, f BanFilter) string {
	b := make([]byte, 0, cursorBytes)
	b = append(b, filterSum(f)...)
	b = binary.BigEndian.AppendUint64(b, uint64(at.BannedAt.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(at.ID))
	return base64.RawURLEncoding.EncodeToString(b)
}

func openCursor(text string, f BanFilter) (history.Place, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != cursorBytes {
		return history.Place{}, fault.New(fault.Invalid, "the cursor is broken").WithMend("Begin with the first page.")
	}
	if string(b[:8]) != string(filterSum(f)) {
		return history.Place{}, fault.New(fault.Invalid, "the cursor belongs to another filter").WithMend("Begin with the first page.")
	}
	return history.Place{
		BannedAt: time.UnixMicro(int64(binary.BigEndian.Uint64(b[8:16]))).UTC(),
		ID:       int64(binary.BigEndian.Uint64(b[16:])),
	}, nil
}

func filterSum(f BanFilter) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", []string{f.State, f.Host, f.Jail, f.IP, f.Text}))
	return sum[:8]
}
