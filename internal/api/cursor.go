package api

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"bangui/internal/fault"
	"bangui/internal/history"
)

// A cursor is a place in the order of bans and the filter that it belongs to: eight
// bytes of the filter's hash, the time in microseconds, the id.
const cursorBytes = 24

func closeCursor(at history.Place, f BanFilter) string {
	b := make([]byte, 0, cursorBytes)
	b = append(b, f.sum()...)
	b = binary.BigEndian.AppendUint64(b, uint64(at.BannedAt.UnixMicro()))
	b = binary.BigEndian.AppendUint64(b, uint64(at.ID))
	return base64.RawURLEncoding.EncodeToString(b)
}

func openCursor(text string, f BanFilter) (history.Place, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != cursorBytes {
		return history.Place{}, fault.New(fault.Invalid, "the cursor is broken").WithMend("Begin with the first page.")
	}
	if string(b[:filterBytes]) != string(f.sum()) {
		return history.Place{}, fault.New(fault.Invalid, "the cursor belongs to another filter").WithMend("Begin with the first page.")
	}
	return history.Place{
		BannedAt: time.UnixMicro(int64(binary.BigEndian.Uint64(b[8:16]))).UTC(),
		ID:       int64(binary.BigEndian.Uint64(b[16:])),
	}, nil
}

func (f BanFilter) sum() []byte {
	without := fmt.Sprintf("%q %q %d %q", f.NotJails, f.NotCountries, f.NotASNs, f.NotOrigin)
	return filterSum(f.State, f.Host, f.Jail, f.IP, f.Text, f.Line, f.Country, strconv.FormatInt(f.ASN, 10), f.Origin, f.Since, f.Until, f.Range, without)
}

func (f AuditFilter) sum() []byte {
	return filterSum("audit", f.Actor, f.Action, f.Outcome, f.Since, f.Until)
}

// filterBytes are those of a filter's hash in a cursor.
const filterBytes = 8

func filterSum(parts ...string) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return sum[:filterBytes]
}

// closeAuditCursor is the place after an entry: the filter's hash and the entry's id.
func closeAuditCursor(id int64, f AuditFilter) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(f.sum(), uint64(id)))
}

func openAuditCursor(text string, f AuditFilter) (id int64, err error) {
	const size = filterBytes + 8
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != size || int64(binary.BigEndian.Uint64(b[filterBytes:])) < 1 {
		return 0, fault.New(fault.Invalid, "the cursor is broken").WithMend("Begin with the first page.")
	}
	if string(b[:filterBytes]) != string(f.sum()) {
		return 0, fault.New(fault.Invalid, "the cursor belongs to another filter").WithMend("Begin with the first page.")
	}
	return int64(binary.BigEndian.Uint64(b[filterBytes:])), nil
}
