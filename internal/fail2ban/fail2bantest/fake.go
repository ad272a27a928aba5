package fail2bantest

import (
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Fake is a socket that behaves badly: it stands for a server that is slow, silent,
// broken, or not fail2ban at all.
type Fake struct {
	Socket string
	mu     sync.Mutex
	open   int
	most   int
	served int
}

// NewFake serves each connection with play, until the test ends.
func NewFake(t testing.TB, play func(net.Conn)) *Fake {
	t.Helper()
	dir, err := os.MkdirTemp("", "fake")
	if err != nil {
		t.Fatal(err)
	}
	f := &Fake{Socket: filepath.Join(dir, "s")}
	l, err := net.Listen("unix", f.Socket)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		all.Wait()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.count(1)
			all.Go(func() {
				defer f.count(-1)
				defer c.Close()
				play(c)
			})
		}
	})
	return f
}

func (f *Fake) count(by int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open += by
	f.most = max(f.most, f.open)
	if by > 0 {
		f.served++
	}
}

// Most is how many connections were open at once, at most.
func (f *Fake) Most() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.most
}

// Open is how many connections are open now.
func (f *Fake) Open() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open
}
