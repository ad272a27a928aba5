package history

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// Bounds of the log lines behind one ban. fail2ban keeps ten by default; what is longer
// was written to do harm.
const (
	maxLines     = 50
	maxLineBytes = 2048
	maxLinesAll  = 16 << 10 // bytes, in all
)

// Packed is a ban with its log lines as they are stored.
type Packed struct {
	Ban
	Data []byte
}

// familiar is text that log lines begin with: a compressor that knows it needs a third
// less for the few lines of a ban. It belongs to the format and never changes.
const familiar = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec 2026-01-01T00:00:00.000000+00:00 " +
	"postfix/smtps/smtpd[1]: warning: unknown[]: SASL LOGIN authentication failed: " +
	"dovecot: imap-login: Disconnected (auth failed, 1 attempts): user=<>, method=PLAIN, rip=, lip=, TLS, session=<> " +
	"- - [01/Jan/2026:00:00:00 +0000] \"GET /wp-login.php HTTP/1.1\" 404 153 \"-\" \"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/ Safari/537.36\" " +
	"pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost= user=" +
	" sshd[]: Connection closed by authenticating user  port  [preauth] Received disconnect from  port : 11: Bye Bye [preauth]" +
	" sshd[]: Invalid user admin from  port  sshd[]: Failed password for invalid user root from  port  ssh2 [preauth]"

// packFormat is the first byte of packed lines.
const packFormat = 1

// Packer makes log lines small. Its compressor is dear to make and is used again. It is
// safe for concurrent use.
type Packer struct {
	mu sync.Mutex
	w  *flate.Writer
}

// NewPacker returns a packer.
func NewPacker() *Packer { return &Packer{} }

// Pack makes log lines small; nil for no lines. What is beyond the bounds (50 lines of
// 2 KiB, 16 KiB in all) is left out.
func (p *Packer) Pack(lines []string) []byte {
	lines = bounded(lines)
	if len(lines) == 0 {
		return nil
	}
	var plain []byte
	for _, line := range lines {
		plain = binary.AppendUvarint(plain, uint64(len(line)))
		plain = append(plain, line...)
	}
	out := bytes.NewBuffer([]byte{packFormat})
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w == nil {
		p.w, _ = flate.NewWriterDict(out, flate.DefaultCompression, []byte(familiar)) // fails for unknown levels only
	} else {
		p.w.Reset(out) // keeps the dictionary
	}
	_, _ = p.w.Write(plain) // a buffer takes everything
	_ = p.w.Close()
	return out.Bytes()
}

// bounded are lines that every engine stores as they are.
func bounded(lines []string) []string {
	var kept []string
	room := maxLinesAll
	for _, line := range lines[:min(len(lines), maxLines)] {
		line = strings.ToValidUTF8(line, string(utf8.RuneError))
		if len(line) > maxLineBytes {
			line = strings.ToValidUTF8(line[:maxLineBytes], "") + "…"
		}
		if room -= len(line); room < 0 {
			break
		}
		kept = append(kept, line)
	}
	return kept
}

// unpacker gives lines that a packer made small. It belongs to one goroutine.
type unpacker struct {
	r resetReader
}

// resetReader is a decompressor that can be used again.
type resetReader interface {
	io.Reader
	flate.Resetter
}

// unpack gives lines. What no packer made is refused, and no data makes it give more
// than the bounds.
func (u *unpacker) unpack(data []byte) ([]string, error) {
	if len(data) == 0 {
		return nil, nil
	}
	if data[0] != packFormat {
		return nil, errors.New("log lines are stored in a form that this BanGUI does not know")
	}
	in := bytes.NewReader(data[1:])
	if u.r == nil {
		u.r, _ = flate.NewReader(in).(resetReader) // what flate promises
	}
	if err := u.r.Reset(in, []byte(familiar)); err != nil {
		return nil, err
	}
	const most = 2*maxLinesAll + maxLines*binary.MaxVarintLen64
	plain, err := io.ReadAll(io.LimitReader(u.r, most))
	if err != nil {
		return nil, err
	}
	var lines []string
	for len(plain) > 0 && len(lines) < maxLines {
		n, size := binary.Uvarint(plain)
		if size <= 0 || n > uint64(len(plain)-size) {
			return lines, errors.New("stored log lines are damaged")
		}
		end := size + int(n)
		lines, plain = append(lines, string(plain[size:end])), plain[end:]
	}
	return lines, nil
}

// Lines are the log lines behind a ban, as far as they are known: hostile text.
func (a *Archive) Lines(ctx context.Context, b Ban) ([]string, error) {
	packed, err := a.store.LinesOf(ctx, b)
	if err != nil {
		return nil, err
	}
	var u unpacker
	return u.unpack(packed)
}

// mention reports whether a text stands in one of the lines, whatever the case of its
// letters.
func mention(lines []string, text string) bool {
	text = strings.ToLower(text)
	for _, line := range lines {
		if strings.Contains(strings.ToLower(line), text) {
			return true
		}
	}
	return false
}
