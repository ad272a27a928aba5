package app

import (
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"
)

// Who got through before we went deaf is heard; who comes later finds nobody, and is not
// reset in the middle.
func TestDeafen(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0", "[::]:0"} {
		l, err := listenTCP(t.Context(), netip.MustParseAddrPort(address))
		if err != nil {
			t.Fatal(err)
		}
		early, err := net.Dial("tcp", nearby(addressOf(l)))
		if err != nil {
			t.Fatal(err)
		}
		if n := waiting(l); n != 1 {
			t.Errorf("%s: %d connections wait, want 1", address, n)
		}
		deafen(l)
		late, err := net.DialTimeout("tcp", nearby(addressOf(l)), 200*time.Millisecond)
		if err == nil {
			_ = late.Close()
			t.Errorf("%s: somebody came in", address)
		}
		if n := waiting(l); n != 1 {
			t.Errorf("%s: %d connections wait, want the one from before", address, n)
		}
		if _, err := io.WriteString(early, "hello"); err != nil {
			t.Error(err)
		}
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(time.Minute))
		said := make([]byte, 5)
		if _, err := io.ReadFull(conn, said); err != nil || string(said) != "hello" {
			t.Errorf("%s: %q, %v", address, said, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		untilNoneWaits(ctx, l)
		if ctx.Err() != nil {
			t.Errorf("%s: %d connections wait though none is left", address, waiting(l))
		}
		cancel()
		for _, c := range []io.Closer{early, conn, l} {
			_ = c.Close()
		}
	}
}

// A request that does not end is cut off when the time is over, and the stop says so.
func TestStopHTTP_IsBounded(t *testing.T) {
	log, ready := &journal{}, make(chan string, 1)
	a := New(Options{Config: settings(t), Log: log, Ready: func(url, _ string) { ready <- url }})
	stages := a.graph()
	for i := range stages {
		if stages[i].name == "http" {
			stages[i].grace = 500 * time.Millisecond
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- a.run(ctx, stages) }()
	w := dial(t, <-ready)
	if _, err := io.WriteString(w.conn, "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"); err != nil {
		t.Fatal(err)
	}
	until(t, "the request has begun", func() bool {
		a.crowd.mu.Lock()
		defer a.crowd.mu.Unlock()
		return len(a.crowd.idle) == 1 && !a.crowd.isAnyIdle()
	})
	began := time.Now()
	cancel()
	err := <-done
	if took := time.Since(began); err == nil || !strings.Contains(err.Error(), "stop http") || took < 400*time.Millisecond || took > drainTime-5*time.Second {
		t.Errorf("stopped after %s: %v", took, err)
	}
	if _, err := os.Stat(a.listenFile()); err == nil {
		t.Error("the file listen is still there")
	}
	if !strings.Contains(log.String(), "requests were cut off") {
		t.Errorf("the log does not tell it:\n%s", log)
	}
	if rest, err := io.ReadAll(w.in); err == nil && len(rest) > 0 {
		t.Errorf("it was answered: %q", rest)
	}
}
