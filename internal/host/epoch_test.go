package host

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"bangui/internal/fault"
)

func TestEpochs_NeverFall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "epoch")
	e, err := NewEpochs(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		epoch  int64
		admits bool
	}{{5, true}, {5, true}, {4, false}, {0, true}, {9, true}, {5, false}} {
		if err := e.Admit(step.epoch); (err == nil) != step.admits {
			t.Errorf("epoch %d: %v", step.epoch, err)
		}
	}
	again, err := NewEpochs(path) // as after a restart
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Admit(8); !fault.Is(err, fault.Conflict) {
		t.Errorf("an epoch from before the restart: %v", err)
	}
}

// A console that was taken over can't lock all schedulers out by one great number.
func TestEpochs_OfTheFutureAreRefused(t *testing.T) {
	e := &Epochs{}
	for _, epoch := range []int64{1 << 62, time.Now().Add(48 * time.Hour).UnixMilli()} {
		if err := e.Admit(epoch); !fault.Is(err, fault.Invalid) {
			t.Errorf("epoch %d: %v", epoch, err)
		}
	}
	if err := e.Admit(time.Now().UnixMilli()); err != nil {
		t.Error(err)
	}
}

func TestEpochs_RefuseWhatTheyCannotKeep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "gone", "epoch")
	e, err := NewEpochs(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Admit(7); err == nil {
		t.Error("an epoch was admitted that is not on the disk")
	}
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := e.Admit(6); err != nil {
		t.Errorf("what was not admitted counts: %v", err)
	}
	if err := os.WriteFile(path, []byte("seven\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewEpochs(path); !fault.Is(err, fault.Invalid) {
		t.Errorf("a damaged file: %v", err)
	}
}
