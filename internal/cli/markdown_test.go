package cli_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bangui/internal/cli"
)

var update = flag.Bool("update", false, "write docs/cli.md anew")

func TestMarkdown_IsTheDocument(t *testing.T) {
	const name = "../../docs/cli.md"
	if *update {
		if err := os.WriteFile(name, []byte(cli.Markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(cli.Markdown(), string(got)); d != "" {
		t.Errorf("docs/cli.md is stale (make generate):\n%s", d)
	}
}

// Each command says with which statuses it ends.
func TestMarkdown_EveryCommandNamesItsExitStatuses(t *testing.T) {
	for _, part := range strings.Split(cli.Markdown(), "\n## ")[1:] {
		if !strings.Contains(part, "Exit status:\n   0  done") {
			t.Errorf("no exit statuses: %s", strings.SplitN(part, "\n", 2)[0])
		}
	}
}
