package config_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bangui/internal/config"
	"bangui/internal/fault"
)

var update = flag.Bool("update", false, "write docs/settings.md anew")

func here(env map[string]string) config.Surroundings {
	return config.Surroundings{Getenv: func(name string) string { return env[name] }, WorkDir: "/home/me"}
}

func write(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "bangui.yaml")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestLoad_Precedence(t *testing.T) {
	file := write(t, "log-level: warn\nlisten: 127.0.0.1:1111\nbase-path: /file\nallowed-hosts:\n  - Bans.example.org\n  - other.example.org\n")
	c, origins, err := config.Load(config.Given{
		File:    file,
		Environ: []string{"BANGUI_LISTEN=127.0.0.1:2222", "BANGUI_BASE_PATH=/env", "PATH=/bin", "BANGUI_URL=x"},
		Flags:   map[string]string{"base-path": "/flag/"},
	}, here(nil))
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.LogLevel.String(), fmt.Sprint(c.Listen), c.BasePath, strings.Join(c.AllowedHosts, " "), c.DataDir}
	want := []string{"WARN", "[127.0.0.1:2222]", "/flag", "bans.example.org other.example.org", "/home/me/bangui-data"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	from := []string{origins["log-level"], origins["listen"], origins["base-path"], origins["demo"]}
	wantFrom := []string{"file " + file + ":1", "environment BANGUI_LISTEN", "flag --base-path", "default"}
	if d := cmp.Diff(wantFrom, from); d != "" {
		t.Error(d)
	}
	printed := config.Print(c, origins)
	if !strings.Contains(printed, "listen              = 127.0.0.1:2222") || !strings.Contains(printed, "# environment BANGUI_LISTEN") {
		t.Errorf("--print-config does not show value and origin:\n%s", printed)
	}
}

func TestLoad_DatabaseFollowsTheDataDir(t *testing.T) {
	c, _, err := config.Load(config.Given{Flags: map[string]string{"data-dir": "data"}}, here(nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Database != "/home/me/data/bangui.db" {
		t.Errorf("database = %q", c.Database)
	}
	c, _, err = config.Load(config.Given{Flags: map[string]string{"data-dir": "data", "database": "sqlite:/srv/b.db"}}, here(nil))
	if err != nil || c.Database != "/srv/b.db" {
		t.Errorf("database = %q, %v", c.Database, err)
	}
}

func TestLoad_Refuses(t *testing.T) {
	cases := map[string]struct {
		given config.Given
		file  string
		want  []string // all in message and mend
	}{
		"UnknownVariable": {config.Given{Environ: []string{"BANGUI_LISTN=1"}}, "", []string{"BANGUI_LISTN", "Did you mean listen?"}},
		"UnknownInFile":   {config.Given{}, "log-lvel: info\n", []string{`"log-lvel"`, ":1", "Did you mean log-level?"}},
		"BadLevel":        {config.Given{Flags: map[string]string{"log-level": "loud"}}, "", []string{"log-level", `"loud"`, "flag --log-level", "debug, info, warn or error"}},
		"BadListen":       {config.Given{Environ: []string{"BANGUI_LISTEN=8000"}}, "", []string{"listen", `"8000"`, "127.0.0.1:8000"}},
		"SessionShort":    {config.Given{Flags: map[string]string{"session-duration": "1m"}}, "", []string{"session-duration", `"1m"`, "5m to 720h"}},
		"SessionForEver":  {config.Given{Flags: map[string]string{"session-duration": "721h"}}, "", []string{"session-duration", "5m to 720h"}},
		"IdleIsLonger":    {config.Given{Flags: map[string]string{"session-duration": "1h", "session-idle": "2h"}}, "", []string{"session-idle = 2h", "session-duration = 1h"}},
		"SetupUser":       {config.Given{Flags: map[string]string{"setup-user": "the boss"}}, "", []string{"setup-user", "the boss"}},
		"Postgres":        {config.Given{Flags: map[string]string{"database": "postgres://x"}}, "", []string{"database", "postgres://x", "names no database", "sqlite: and a path"}},
		"OtherDatabase":   {config.Given{Flags: map[string]string{"database": "mysql://x/y"}}, "", []string{"mysql://x/y", "sqlite: and a path"}},
		"PostgresBadURL":  {config.Given{Flags: map[string]string{"database": "postgres://u:50%/x"}}, "", []string{"postgres://…", "%25"}},
		"NoZone":          {config.Given{Flags: map[string]string{"time-zone": "Europe/Atlantis"}}, "", []string{"time-zone", "Europe/Atlantis", "no such zone"}},
		"LocalZone":       {config.Given{Environ: []string{"BANGUI_TIME_ZONE=Local"}}, "", []string{"time-zone", "IANA"}},
		"ZoneIsNoPath":    {config.Given{Flags: map[string]string{"time-zone": "../../../etc/passwd"}}, "", []string{"time-zone", "no such zone"}},
		"TwoPorts":        {config.Given{Flags: map[string]string{"listen": "127.0.0.1:1,127.0.0.2:2"}}, "", []string{"listen", "the same port"}},
		"HostName":        {config.Given{Flags: map[string]string{"listen": "example.org:8000"}}, "", []string{"listen", "example.org"}},
		"PortTooLarge":    {config.Given{Flags: map[string]string{"listen": "localhost:65536"}}, "", []string{"listen", "65536"}},
		"BasePathDots":    {config.Given{Flags: map[string]string{"base-path": "/a/../b"}}, "", []string{"base-path", "/a/../b"}},
		"BasePathMarkup":  {config.Given{Flags: map[string]string{"base-path": `/"><b>`}}, "", []string{"base-path"}},
		"EmptyDataDir":    {config.Given{Environ: []string{"BANGUI_DATA_DIR="}}, "", []string{"data-dir", "it is empty"}},
		"ControlInPath":   {config.Given{Flags: map[string]string{"data-dir": "a\nb"}}, "", []string{"data-dir", "control character"}},
		"LongSocket":      {config.Given{Flags: map[string]string{"fail2ban-socket": "/" + strings.Repeat("x", 107)}}, "", []string{"fail2ban-socket", "107"}},
		"LongHelper":      {config.Given{Flags: map[string]string{"helper": "/" + strings.Repeat("x", 107)}}, "", []string{"helper", "107"}},
		"DemoAndHelper":   {config.Given{Flags: map[string]string{"helper": "/x", "demo": "true"}}, "", []string{"demo", "helper", "don't go together"}},
		"HalfAPathPair":   {config.Given{Flags: map[string]string{"path-map": "/config"}}, "", []string{"path-map", "THERE=HERE"}},
		"RelativePath":    {config.Given{Flags: map[string]string{"path-map": "/config=here"}}, "", []string{"path-map", "absolute"}},
		"PathTwice":       {config.Given{Flags: map[string]string{"path-map": "/a=/b,/a/=/c"}}, "", []string{"path-map", "twice"}},
		"DemoMaybe":       {config.Given{}, "demo: maybe\n", []string{"demo", `"maybe"`, "true or false"}},
		"NoRate":          {config.Given{Environ: []string{"BANGUI_RATE_LIMIT=0"}}, "", []string{"rate-limit", `"0"`, "20 to 100000"}},
		"NoAudit":         {config.Given{Flags: map[string]string{"audit-days": "0"}}, "", []string{"audit-days", `"0"`, "30 to 36500"}},
		"HugeRate":        {config.Given{Environ: []string{"BANGUI_RATE_LIMIT=99999999999999999999"}}, "", []string{"rate-limit", "20 to 100000"}},
		"Nested":          {config.Given{}, "listen:\n  port: 1\n", []string{"listen", ":1"}},
		"NotAMapping":     {config.Given{}, "- listen\n", []string{"name: value"}},
		"NotYAML":         {config.Given{}, "a: [\n", []string{"not YAML"}},
		"NoFile":          {config.Given{File: "/nowhere/bangui.yaml"}, "", []string{"/nowhere/bangui.yaml", "no such file or directory"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if c.file != "" {
				c.given.File = write(t, c.file)
			}
			_, _, err := config.Load(c.given, here(nil))
			if !fault.Is(err, fault.Invalid) {
				t.Fatalf("err = %v, want an Invalid fault", err)
			}
			told := fault.MessageOf(err) + " " + fault.MendOf(err)
			for _, want := range c.want {
				if !strings.Contains(told, want) {
					t.Errorf("%q lacks %q", told, want)
				}
			}
		})
	}
}

func TestLoad_Postgres(t *testing.T) {
	const address = "postgres://ada:geheim%2F1@db.example:5433/bangui?sslmode=verify-full&sslpassword=geheim%2F2"
	c, origins, err := config.Load(config.Given{Flags: map[string]string{"database": address}}, here(nil))
	if err != nil || c.Postgres != address || c.Database != "" {
		t.Fatalf("%q, %q, %v", c.Postgres, c.Database, err)
	}
	if shown := config.Print(c, origins); strings.Contains(shown, "geheim") || !strings.Contains(shown, "postgres://ada:hidden@db.example:5433/bangui") {
		t.Errorf("it is shown as %s", shown)
	}
	// The stronger source wins, whatever the engine.
	given := config.Given{Environ: []string{"BANGUI_DATABASE=" + address}, Flags: map[string]string{"database": "sqlite:/b.db"}}
	if c, _, err = config.Load(given, here(nil)); err != nil || c.Postgres != "" || c.Database != "/b.db" {
		t.Errorf("%q, %q, %v", c.Postgres, c.Database, err)
	}
	for _, bad := range []string{"postgres://ada:geheim%@db/bangui", "postgres://ada:geheim@db/", "postgres://ada:ge#geheim@db/x"} {
		_, _, err := config.Load(config.Given{Environ: []string{"BANGUI_DATABASE=" + bad}}, here(nil))
		if told := fmt.Sprint(err, fault.MendOf(err)); !fault.Is(err, fault.Invalid) || strings.Contains(told, "geheim") {
			t.Errorf("%s: %s", bad, told)
		}
	}
}

// What is exported for the compose files is no setting, and no mistake.
func TestLoad_LeavesTheVariablesOfCompose(t *testing.T) {
	for _, variable := range []string{"BANGUI_HOST=bans.example.org", "BANGUI_PORT=8080", "BANGUI_SUBNET=172.31.0.0/29", "BANGUI_VERSION=1"} {
		if _, _, err := config.Load(config.Given{Environ: []string{variable}}, here(nil)); err != nil {
			t.Errorf("%s: %v", variable, err)
		}
	}
}

func TestLoad_ListenForms(t *testing.T) {
	for text, want := range map[string]string{
		":0": "127.0.0.1:0 [::1]:0", "localhost:80": "127.0.0.1:80 [::1]:80", "[::1]:9": "[::1]:9", "127.8.9.1:1": "127.8.9.1:1",
		"[::ffff:127.0.0.1]:7": "127.0.0.1:7", "127.0.0.1:5, 127.0.0.2:5,localhost:5": "127.0.0.1:5 127.0.0.2:5 [::1]:5",
	} {
		c, _, err := config.Load(config.Given{Flags: map[string]string{"listen": text}}, here(nil))
		if err != nil || fmt.Sprint(c.Listen) != "["+want+"]" {
			t.Errorf("listen %q = %v, %v; want %s", text, c.Listen, err, want)
		}
	}
}

func TestLoad_PathMap(t *testing.T) {
	c, _, err := config.Load(config.Given{Environ: []string{"BANGUI_PATH_MAP=/config=/fail2ban/config/, /logs/=/var/log"}}, here(nil))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"/config": "/fail2ban/config", "/logs": "/var/log"}, c.PathMap); d != "" {
		t.Error(d)
	}
}

func TestDefaultDataDir(t *testing.T) {
	env := map[string]string{"XDG_DATA_HOME": "/x", "HOME": "/h"}
	if got := config.DefaultDataDir(config.Surroundings{Root: true, Getenv: here(env).Getenv}); got != "/var/lib/bangui" {
		t.Error(got)
	}
	if got := config.DefaultDataDir(here(env)); got != "/x/bangui" {
		t.Error(got)
	}
	env["XDG_DATA_HOME"] = "relative" // the XDG specification has us ignore it
	if got := config.DefaultDataDir(here(env)); got != "/h/.local/share/bangui" {
		t.Error(got)
	}
}

func TestSettings_ShownValuesReadBack(t *testing.T) {
	c, _, err := config.Load(config.Given{}, here(nil))
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string]string{}
	for _, s := range config.Settings() {
		flags[s.Name] = s.Show(c)
	}
	again, _, err := config.Load(config.Given{Flags: flags}, here(nil))
	if err != nil {
		t.Fatal(err)
	}
	if config.Print(c, nil) != config.Print(again, nil) {
		t.Errorf("%s\nbecame\n%s", config.Print(c, nil), config.Print(again, nil))
	}
}

func TestMarkdown_IsTheDocument(t *testing.T) {
	const name = "../../docs/settings.md"
	if *update {
		if err := os.WriteFile(name, []byte(config.Markdown()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(config.Markdown(), string(got)); d != "" {
		t.Errorf("docs/settings.md is stale (make generate):\n%s", d)
	}
}
