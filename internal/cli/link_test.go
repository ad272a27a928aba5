package cli_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Who sees output and log in one place, a terminal or the journal, is told the link of the
// set-up once.
func TestServe_TellsTheLinkOnce(t *testing.T) {
	place, err := os.Create(filepath.Join(t.TempDir(), "said"))
	if err != nil {
		t.Fatal(err)
	}
	defer place.Close()
	c := startConsoleInto(t, place, place)
	c.end()
	said, err := os.ReadFile(place.Name())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(said), "#setup="); n != 1 {
		t.Errorf("the link is told %d times:\n%s", n, said)
	}
}
