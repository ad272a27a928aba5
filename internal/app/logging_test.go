package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/sys/unix"

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

// On a terminal what Ready says is not logged as well: it would stand there twice.
func TestApp_SaysThingsOnceOnATerminal(t *testing.T) {
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer master.Close()
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err := errors.Join(err, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)); err != nil {
		t.Fatal(err)
	}
	screen, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		text, _ := io.ReadAll(master) // ends with an error when the last writer is gone
		read <- string(text)
	}()
	c := settings(t)
	c.SetupPasswordFile, c.LogFormat, c.LogLevel = "", config.Auto, slog.LevelInfo
	ctx, stop := context.WithCancel(t.Context())
	var told string
	err = New(Options{Config: c, Log: screen, Ready: func(_, setupLink string) { told = setupLink; stop() }}).Run(ctx)
	if err := errors.Join(err, screen.Close()); err != nil {
		t.Error(err)
	}
	text := <-read
	if !strings.Contains(told, "#setup=") || !strings.Contains(text, `msg="console is up"`) || strings.Contains(text, "#setup=") {
		t.Errorf("told %s; the log says:\n%s", told, text)
	}
}

func TestLogger_Level(t *testing.T) {
	var out bytes.Buffer
	newLogger(&out, config.Config{LogFormat: config.JSON, LogLevel: slog.LevelWarn}).Info("quiet")
	if out.Len() > 0 {
		t.Errorf("logged below the level: %s", out.String())
	}
}
