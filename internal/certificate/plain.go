package certificate

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Listener tells clients that speak plain HTTP to a port of TLS where they should go,
// instead of ending the connection without a word. What it accepts is for a TLS server.
type Listener struct {
	net.Listener
	// Address gives the https address of the page to a client that asked for a host.
	Address func(host string) string
}

// Accept waits for the next connection. It does not wait for its first byte.
func (l Listener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &sniffed{Conn: conn, address: l.Address}, nil
}

// sniffed looks at the first byte that arrives: a record of TLS begins with 22.
type sniffed struct {
	net.Conn
	address func(host string) string
	once    sync.Once
	plain   bool
}

const handshake = 22

// Bounds of a plain request: its head, and the time that it takes.
const (
	plainHead = 8 << 10
	plainTime = 5 * time.Second
)

// Read reads; from a client that speaks plain HTTP it reads nothing and answers it.
func (s *sniffed) Read(p []byte) (int, error) {
	if s.plain {
		return 0, io.EOF
	}
	n, err := s.Conn.Read(p)
	if n > 0 {
		s.once.Do(func() { s.plain = p[0] != handshake && isLetter(p[0]) })
	}
	if !s.plain {
		return n, err
	}
	s.answer(string(p[:n]))
	return 0, io.EOF
}

// Write writes; nothing to a client that has its answer.
func (s *sniffed) Write(p []byte) (int, error) {
	if s.plain {
		return len(p), nil
	}
	return s.Conn.Write(p)
}

func isLetter(b byte) bool { return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' }

func (s *sniffed) answer(begun string) {
	_ = s.SetDeadline(time.Now().Add(plainTime)) // a client that is not patient is gone
	head := bufio.NewReader(io.LimitReader(io.MultiReader(strings.NewReader(begun), s.Conn), plainHead))
	host := ""
	if r, err := http.ReadRequest(head); err == nil {
		host = r.Host
	}
	text := fmt.Sprintf("BanGUI speaks https here: %s\n", s.address(host))
	_, _ = fmt.Fprintf(s.Conn, "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"+
		"X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n%s", len(text), text)
}
