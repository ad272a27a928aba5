package app

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"bangui/internal/config"
)

// Log text is written by attackers: neither form lets through what could steer a
// terminal or hide what follows.
func TestLogger_EscapesHostileText(t *testing.T) {
	const hostile = "root\x1b[2J\r\n\x7f\u009b31m\u202eevil\x00"
	for _, format := range []config.LogFormat{config.Text, config.JSON, config.Auto} {
		t.Run(string(format), func(t *testing.T) {
			var out bytes.Buffer
			logger := newLogger(&out, config.Config{LogFormat: format, LogLevel: slog.LevelInfo})
			logger.Info("ban", "address", hostile, "error", errors.New(hostile), "jails", []string{hostile})
			text := strings.TrimSuffix(out.String(), "\n")
			for _, r := range text {
				if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
					t.Errorf("%U reached the log: %q", r, text)
				}
			}
			if strings.Count(text, "evil") != 3 {
				t.Errorf("something got lost: %q", text)
			}
		})
	}
}

func TestLogger_Level(t *testing.T) {
	var out bytes.Buffer
	newLogger(&out, config.Config{LogFormat: config.JSON, LogLevel: slog.LevelWarn}).Info("quiet")
	if out.Len() > 0 {
		t.Errorf("logged below the level: %s", out.String())
	}
}
