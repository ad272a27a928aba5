package store

import (
	"context"
	"database/sql/driver"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"bangui/internal/fault"
	"bangui/internal/lease"
	"bangui/internal/store/postgrestest"
)

// gate stands before a server, and can let nobody through for a while.
type gate struct {
	sync.Mutex
	at   string
	came atomic.Int64
}

func newGate(t *testing.T, server string) *gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{at: l.Addr().String()}
	var through sync.WaitGroup
	through.Go(func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			g.came.Add(1)
			through.Go(func() { g.through(in, server) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		through.Wait()
	})
	return g
}

func (g *gate) through(in net.Conn, server string) {
	defer in.Close()
	g.Lock()
	g.Unlock() //nolint:staticcheck // who gets it may pass
	out, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer out.Close()
	go func() {
		_, _ = io.Copy(out, in)
		_ = out.Close()
	}()
	_, _ = io.Copy(in, out)
}

// A connection that takes longer than the question that it was begun for is that of the
// next one: with short times a lease is held on a server that is slow to let in.
func TestPostgres_ALateConnectionIsForTheNextQuestion(t *testing.T) {
	address, err := url.Parse(postgrestest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(t, address.Host)
	address.Host, address.RawQuery = g.at, "sslmode=disable"
	db := opened(t, address.String())
	before := g.came.Load()
	g.Lock()
	for range 3 {
		short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		_, err := db.LookLease(short, lease.Scheduler)
		cancel()
		expectFault(t, err, fault.Unavailable)
	}
	g.Unlock()
	if _, err := db.LookLease(t.Context(), lease.Scheduler); err != nil {
		t.Error(err)
	}
	if n := g.came.Load() - before; n != 1 {
		t.Errorf("%d connections were made", n)
	}
}

// What was begun and not taken ends with the store, and a failure is of one question.
func TestPostgres_ALateConnectionEndsWithTheStore(t *testing.T) {
	address, err := url.Parse(postgrestest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	g := newGate(t, address.Host)
	address.Host, address.RawQuery = g.at, "sslmode=disable"
	db := opened(t, address.String())
	g.Lock()
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = db.LookLease(short, lease.Scheduler)
	g.Unlock()
	expectFault(t, err, fault.Unavailable)
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

// quick makes connections at once, and counts those that are open.
type quick struct {
	driver.Connector
	open atomic.Int64
	made func() // is called before each is handed on
}

func (q *quick) Connect(context.Context) (driver.Conn, error) {
	q.open.Add(1)
	q.made()
	return quickConn{of: q}, nil
}

type quickConn struct {
	driver.Conn
	of *quick
}

func (c quickConn) Close() error {
	c.of.open.Add(-1)
	return nil
}

// A pool may be closed just when a connection comes: it is handed on or closed, and
// nobody waits for it for ever.
func TestPatient_ClosedWhileItConnects(t *testing.T) {
	t.Parallel()
	connections := &quick{}
	for range 20_000 {
		made := make(chan struct{})
		connections.made = sync.OnceFunc(func() { close(made) })
		p := &patient{Connector: connections, within: time.Minute}
		var both sync.WaitGroup
		both.Go(func() {
			if conn, err := p.Connect(t.Context()); err == nil {
				_ = conn.Close()
			}
		})
		both.Go(func() {
			<-made
			_ = p.Close()
		})
		both.Wait()
		_ = p.Close()
	}
	if n := connections.open.Load(); n != 0 {
		t.Errorf("%d connections were left open", n)
	}
}
