package bangui_test

import (
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// make run checks what it needs before it does anything, and says how to get it.
func TestRun_ChecksVersionsFirst(t *testing.T) {
	fine := map[string]string{"go": "echo go1.26.0", "node": "echo v20.19.0", "npm": "echo 10", "git": "echo git"}
	for name, c := range map[string]struct {
		change map[string]string // "" = not there
		told   []string
	}{
		"NoGo":         {map[string]string{"go": ""}, []string{"Go 1.26 or newer is needed", "there is none", "go.dev/dl"}},
		"OldGo":        {map[string]string{"go": "echo go1.25.9"}, []string{"Go 1.26 or newer is needed", "this is 1.25.9", "go.dev/dl"}},
		"OldNode":      {map[string]string{"node": "echo v18.20.4"}, []string{"Node 20 or newer is needed", "this is 18.20.4", "nodejs.org"}},
		"NoNpm":        {map[string]string{"npm": ""}, []string{"Node 20 or newer, with npm", "nodejs.org"}},
		"NoGit":        {map[string]string{"git": ""}, []string{"git is needed", "apt-get install git"}},
		"AllAtOnce":    {map[string]string{"go": "", "node": "", "git": ""}, []string{"Go 1.26", "Node 20", "git is needed"}},
		"NewerIsTaken": {map[string]string{"go": "echo go2.0", "node": "echo v31.1.0", "fail2ban-server": "", "apt-get": ""}, []string{"fail2ban", "please install with your package manager: fail2ban"}},
	} {
		t.Run(name, func(t *testing.T) {
			tools := t.TempDir()
			for _, tool := range []string{"bash", "dirname", "id"} {
				link(t, tools, tool)
			}
			for tool, script := range merged(fine, c.change) {
				if script != "" {
					write(t, filepath.Join(tools, tool), "#!"+filepath.Join(tools, "bash")+"\n"+script+"\n")
				}
			}
			cmd := exec.Command(filepath.Join(tools, "bash"), "scripts/run.sh", "run")
			cmd.Env = []string{"PATH=" + tools}
			said, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 {
				t.Errorf("it ended with %v", err)
			}
			for _, want := range c.told {
				if !strings.Contains(string(said), want) {
					t.Errorf("it does not say %q:\n%s", want, said)
				}
			}
		})
	}
}

func merged(a, b map[string]string) map[string]string {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

func link(t *testing.T, dir, tool string) {
	t.Helper()
	path, err := exec.LookPath(tool)
	if err == nil {
		err = os.Symlink(path, filepath.Join(dir, tool))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}
