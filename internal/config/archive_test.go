package config_test

import (
	"testing"
	"time"

	"bangui/internal/config"
)

func TestArchiveSettings(t *testing.T) {
	around := config.Surroundings{Getenv: func(string) string { return "" }, WorkDir: "/"}
	load := func(name, value string) (config.Config, error) {
		c, _, err := config.Load(config.Given{Flags: map[string]string{name: value}}, around)
		return c, err
	}
	for text, want := range map[string]time.Duration{"1d": 24 * time.Hour, "365d": 365 * 24 * time.Hour, "forever": 0} {
		if c, err := load("archive-retention", text); err != nil || c.ArchiveRetention != want {
			t.Errorf("%s: %v, %v", text, c.ArchiveRetention, err)
		}
	}
	for text, want := range map[string]int64{"none": 0, "10M": 10 << 20, "5G": 5 << 30, "20971520": 20 << 20} {
		if c, err := load("archive-max-bytes", text); err != nil || c.ArchiveMaxBytes != want {
			t.Errorf("%s: %d, %v", text, c.ArchiveMaxBytes, err)
		}
	}
	for name, bad := range map[string][]string{
		"archive-retention": {"", "0d", "12h", "-1d", "36501d", "d"},
		"archive-max-bytes": {"", "0", "9M", "1GB", "-5G", "9999999999999T", "G", "5g"},
	} {
		for _, text := range bad {
			if c, err := load(name, text); err == nil {
				t.Errorf("%s %q was taken: %v %d", name, text, c.ArchiveRetention, c.ArchiveMaxBytes)
			}
		}
	}
}
