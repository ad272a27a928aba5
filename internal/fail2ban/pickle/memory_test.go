package pickle_test

import (
	"bufio"
	"bytes"
	"io"
	"runtime"
	"strings"
	"testing"

	"bangui/internal/fail2ban/pickle"
)

// again gives a text for as long as it is read.
type again struct {
	text string
	at   int
}

func (a *again) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		k := copy(p[n:], a.text[a.at:])
		n, a.at = n+k, (a.at+k)%len(a.text)
	}
	return n, nil
}

// Whatever a server sends, and however much, decoding it takes bounded memory: all that
// is allocated on the way is counted, garbage included.
func TestDecode_BoundsItsMemory(t *testing.T) {
	const most = 512 << 20
	for name, text := range map[string]string{
		"marks": "(", "nested": "\x85", "memos": "]\x94", "copies": "(h\x00h\x00e",
	} {
		t.Run(name, func(t *testing.T) {
			start := map[string]string{"nested": ")", "copies": "]q\x00"}[name]
			in := io.MultiReader(strings.NewReader(start), &again{text: text})
			used := allocated(func() {
				if _, err := pickle.Decode(bufio.NewReader(in)); err == nil {
					t.Error("it has no end, and was taken")
				}
			})
			if used > most {
				t.Errorf("it took %d MiB", used>>20)
			}
		})
	}
	t.Run("one long text", func(t *testing.T) {
		const size = pickle.MaxBytes - 16
		head := []byte{'X', byte(size & 255), byte(size >> 8 & 255), byte(size >> 16 & 255), byte(size >> 24)}
		in := io.MultiReader(bytes.NewReader(head), io.LimitReader(&again{text: strings.Repeat("x", 4096)}, size), strings.NewReader("."))
		used := allocated(func() {
			if v, err := pickle.Decode(bufio.NewReader(in)); err != nil || len(v.(string)) != size {
				t.Error(err)
			}
		})
		if used > most {
			t.Errorf("it took %d MiB", used>>20)
		}
	})
}

// allocated is how many bytes something allocates in all.
func allocated(work func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	work()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
