package demo

import "sync"

const tailSize = 4 << 10

// tail keeps the last few KiB of what the server writes to its output. It is read
// while the server may still write.
type tail struct {
	mu   sync.Mutex
	last []byte
}

// Write keeps the last bytes of p and of what came before.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	if over := len(t.last) - tailSize; over > 0 {
		t.last = append([]byte(nil), t.last[over:]...)
	}
	return len(p), nil
}

// String is what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.last)
}
