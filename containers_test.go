package bangui_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"bangui/internal/config"
)

// compose is the part of a compose file that these tests look at.
type compose struct {
	Services map[string]struct {
		Image       string            `yaml:"image"`
		Privileged  bool              `yaml:"privileged"`
		ReadOnly    bool              `yaml:"read_only"`
		CapDrop     []string          `yaml:"cap_drop"`
		CapAdd      []string          `yaml:"cap_add"`
		Security    []string          `yaml:"security_opt"`
		Volumes     []string          `yaml:"volumes"`
		Environment map[string]string `yaml:"environment"`
		Grace       string            `yaml:"stop_grace_period"`
		Health      struct {
			Test        []string `yaml:"test"`
			StartPeriod string   `yaml:"start_period"`
			Timeout     string   `yaml:"timeout"`
		} `yaml:"healthcheck"`
		Deploy struct {
			Resources struct {
				Limits map[string]string `yaml:"limits"`
			} `yaml:"resources"`
		} `yaml:"deploy"`
	} `yaml:"services"`
}

func composeFile(t *testing.T, name string) compose {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var c compose
	if err := yaml.Unmarshal(content, &c); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

var composeFiles = []string{"compose.yml", "compose.linuxserver.yml", "compose.prod.yml"}

// Whoever has fail2ban's socket is root: only the helper has it, and by its folder.
func TestCompose_OnlyTheHelperHasFail2ban(t *testing.T) {
	mounts := 0
	for _, name := range composeFiles {
		for service, s := range composeFile(t, name).Services {
			for _, volume := range s.Volumes {
				if strings.Contains(volume, ".sock") {
					t.Errorf("%s: %s mounts a socket, which goes stale: %s", name, service, volume)
				}
				if !strings.Contains(volume, "fail2ban") {
					continue
				}
				mounts++
				if service != "helper" && service != "fail2ban" {
					t.Errorf("%s: %s mounts %s", name, service, volume)
				}
			}
		}
	}
	if mounts < 6 {
		t.Errorf("only %d mounts of fail2ban's found", mounts)
	}
}

func TestCompose_ContainersAreClosed(t *testing.T) {
	for name, services := range map[string][]string{"compose.yml": {"console", "helper"}, "compose.prod.yml": {"proxy"}} {
		file := composeFile(t, name)
		for _, service := range services {
			s, ok := file.Services[service]
			if !ok {
				t.Fatalf("%s has no %s", name, service)
			}
			if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.Security, "no-new-privileges:true") || s.Grace != "30s" {
				t.Errorf("%s: %s is not closed, or is not given its time to stop: %+v", name, service, s)
			}
		}
	}
	for _, name := range composeFiles {
		for service, s := range composeFile(t, name).Services {
			if s.Privileged || slices.Contains(s.CapAdd, "ALL") || slices.Contains(s.CapAdd, "SYS_ADMIN") {
				t.Errorf("%s: %s has too much power", name, service)
			}
			if service == "console" && len(s.CapAdd) > 0 {
				t.Errorf("%s: the console has capabilities: %v", name, s.CapAdd)
			}
		}
	}
}

func TestCompose_ProductionIsBoundedAndWatched(t *testing.T) {
	file := composeFile(t, "compose.prod.yml")
	for _, service := range []string{"console", "helper", "proxy"} {
		limits := file.Services[service].Deploy.Resources.Limits
		for _, limit := range []string{"cpus", "memory", "pids"} {
			if limits[limit] == "" {
				t.Errorf("%s has no limit of %s", service, limit)
			}
		}
	}
	for service, asks := range map[string]string{"console": "bangui healthcheck", "proxy": "/api/health"} {
		h := file.Services[service].Health
		if !strings.Contains(strings.Join(h.Test, " "), asks) || h.StartPeriod != "40s" || h.Timeout != "10s" {
			t.Errorf("the health check of %s is %+v", service, h)
		}
	}
}

// A setting that nobody knows would stop the console in its container only.
func TestCompose_KnowsItsSettings(t *testing.T) {
	known := map[string]bool{}
	for _, s := range config.Settings() {
		known[s.Env()] = true
	}
	seen := 0
	check := func(file, variable string) {
		seen++
		if !known[variable] {
			t.Errorf("%s sets %s, which is no setting", file, variable)
		}
	}
	for _, name := range composeFiles {
		for service, s := range composeFile(t, name).Services {
			for variable := range s.Environment {
				if service != "proxy" && strings.HasPrefix(variable, "BANGUI_") {
					check(name, variable)
				}
			}
		}
	}
	content, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`BANGUI_[A-Z0-9_]+`).FindAllString(string(content), -1) {
		check("Dockerfile", m)
	}
	if seen < 4 {
		t.Errorf("only %d settings found", seen)
	}
}

// The program refuses a variable BANGUI_… that is no setting, so make may give it none of its own.
func TestMakefile_HandsOnSettingsOnly(t *testing.T) {
	t.Parallel()
	probe := exec.Command("make", "--no-print-directory", "--eval=print-env:\n\t@env", "print-env")
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "BANGUI_") && !strings.HasPrefix(line, "MAKE") {
			probe.Env = append(probe.Env, line)
		}
	}
	out, err := probe.CombinedOutput()
	if err != nil {
		t.Fatalf("make: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		if strings.HasPrefix(line, "BANGUI_") {
			t.Errorf("make hands %q to make run and make demo, which refuse it", strings.TrimSpace(line))
		}
	}
}

func TestDockerfile_ConsoleIsOneProgramWithoutRoot(t *testing.T) {
	content, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, console, ok := strings.Cut(string(content), "\nFROM scratch AS console\n")
	if !ok || strings.Contains(console, "\nFROM ") {
		t.Fatal("the last image is not the console from scratch")
	}
	for _, want := range []string{"USER 65532:65532", `CMD ["/usr/bin/bangui", "healthcheck"]`, "BANGUI_LISTEN=0.0.0.0:8000", "VOLUME /var/lib/bangui"} {
		if !strings.Contains(console, want) {
			t.Errorf("the console's image lacks %s", want)
		}
	}
	if strings.Contains(console, "RUN ") {
		t.Error("there is nothing in the console's image that could run")
	}
}
