package app

import (
	"os"
	"syscall"
	"testing"
	"time"
)

func TestWithSignals_HangupIsHarmlessAndTermEnds(t *testing.T) {
	ctx, _, release := WithSignals(t.Context())
	defer release()
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, signal := range []os.Signal{syscall.SIGHUP, syscall.SIGHUP} {
		if err := self.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-ctx.Done():
		t.Fatal("SIGHUP ended the console")
	case <-time.After(100 * time.Millisecond):
	}
	if err := self.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
		t.Fatal("SIGTERM did not end the console")
	}
}
