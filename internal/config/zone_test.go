package config_test

import (
	"strings"
	"testing"
	"time"

	"bangui/internal/config"
)

// The zone of the settings, else the server's; --print-config says which and whence.
func TestLoad_Zone(t *testing.T) {
	for name, want := range map[string]string{"": time.Local.String(), "Europe/Berlin": "Europe/Berlin", "UTC": "UTC"} {
		c, origins, err := config.Load(config.Given{Environ: []string{"BANGUI_TIME_ZONE=" + name}}, here(nil))
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Zone().String(); got != want {
			t.Errorf("%q is the zone %s, want %s", name, got, want)
		}
		if line := "= " + name; !strings.Contains(config.Print(c, origins), line) {
			t.Errorf("--print-config lacks %q:\n%s", line, config.Print(c, origins))
		}
	}
}
