package store

import (
	"context"
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
