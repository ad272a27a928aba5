package host

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"bangui/internal/fail2ban/fail2bantest"
)

func TestServerAge(t *testing.T) {
	t.Parallel()
	server := fail2bantest.Start(t, fail2bantest.Options{})
	if age := serverAge(server.Socket()); age < 0 || age > settleTime {
		t.Errorf("a server that has just started is %s old", age)
	}
	before := time.Now().Add(-time.Minute)
	if err := os.Chtimes(server.Socket(), before, before); err != nil {
		t.Fatal(err)
	}
	if age := serverAge(server.Socket()); age < time.Minute {
		t.Errorf("a server of a minute ago is %s old", age)
	}
	if age := serverAge(filepath.Join(t.TempDir(), "none")); age < settleTime {
		t.Errorf("a server that nobody sees is %s old: taken for just started", age)
	}
}
