package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"bangui/internal/proxy"
)

// Bounds of open connections. A browser holds six at most, and one for its events.
const (
	maxConnections = 1024
	maxFromOne     = 256 // from one IPv4 address or one IPv6 /64; not of proxies and this machine
)

// crowd is all open connections of all listeners: how many there are, from where, and
// whether they are idle. It is safe for concurrent use.
type crowd struct {
	trust  proxy.Trust
	logger *slog.Logger
	full   atomic.Bool // that it was full is in the log

	mu    sync.Mutex
	total int
	from  map[netip.Prefix]int
	idle  map[net.Conn]bool // by the server's connection; false while a request is answered
}

func newCrowd(trust proxy.Trust, logger *slog.Logger) *crowd {
	return &crowd{trust: trust, logger: logger, from: map[netip.Prefix]int{}, idle: map[net.Conn]bool{}}
}

// crowded takes connections from a listener and closes at once those that are too many.
type crowded struct {
	*net.TCPListener
	crowd *crowd
}

// Accept waits for the next connection that there is room for.
func (l crowded) Accept() (net.Conn, error) {
	for {
		conn, err := l.TCPListener.Accept()
		if err != nil {
			return nil, err
		}
		source := sourceOf(conn.RemoteAddr())
		if l.crowd.enter(source) {
			return &member{Conn: conn, leave: sync.OnceFunc(func() { l.crowd.leave(source) })}, nil
		}
		_ = conn.Close()
	}
}

// Close closes the listener. The server closes it again when it notices, or when it shuts
// down before that, and would take it for a failure.
func (l crowded) Close() error {
	if err := l.TCPListener.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// member is a connection that counts until it is closed.
type member struct {
	net.Conn
	leave func()
}

// Close closes the connection and makes room.
func (m *member) Close() error {
	m.leave()
	return m.Conn.Close()
}

// sourceOf is what counts as one place: an IPv4 address, or the /64 that one IPv6 line has.
func sourceOf(addr net.Addr) netip.Prefix {
	at, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.Prefix{}
	}
	ip := at.Addr().Unmap().WithZone("")
	bits := 64
	if ip.Is4() {
		bits = 32
	}
	return netip.PrefixFrom(ip, bits).Masked()
}

func (c *crowd) enter(source netip.Prefix) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	many := c.from[source] >= maxFromOne && !source.Addr().IsLoopback() && !c.trust.Trusts(source.Addr())
	if many || c.total >= maxConnections {
		if !c.full.Swap(true) {
			c.logger.Warn("too many connections are open; new ones are closed at once", "address", source.String())
		}
		return false
	}
	c.total++
	c.from[source]++
	return true
}

func (c *crowd) leave(source netip.Prefix) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total--
	if c.from[source]--; c.from[source] == 0 {
		delete(c.from, source)
	}
	if c.total < maxConnections/2 {
		c.full.Store(false)
	}
}

// observe follows the states of the server's connections; see http.Server.ConnState.
func (c *crowd) observe(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch state {
	case http.StateNew, http.StateIdle:
		c.idle[conn] = true
	case http.StateActive:
		c.idle[conn] = false
	case http.StateHijacked, http.StateClosed:
		delete(c.idle, conn)
	}
}

func (c *crowd) anyIdle() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isAnyIdle()
}

// isAnyIdle is for who holds the lock.
func (c *crowd) isAnyIdle() bool {
	for _, idle := range c.idle {
		if idle {
			return true
		}
	}
	return false
}

// untilNoneIdle waits until each connection has a request, is closed, or ctx ends.
func (c *crowd) untilNoneIdle(ctx context.Context) {
	often := time.NewTicker(10 * time.Millisecond)
	defer often.Stop()
	for c.anyIdle() {
		select {
		case <-often.C:
		case <-ctx.Done():
			return
		}
	}
}
