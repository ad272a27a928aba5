package app

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"bangui/internal/config"
	"bangui/internal/terminal"
)

// newLogger writes to w: text on a terminal, else JSON, unless the format says it.
// Log text is written by attackers too, so nothing of it reaches w that could steer
// a terminal: both forms escape what is not plainly visible.
func newLogger(w io.Writer, c config.Config) *slog.Logger {
	format := c.LogFormat
	if format == config.Auto {
		format = config.JSON
		if terminal.Is(w) {
			format = config.Text
		}
	}
	options := &slog.HandlerOptions{Level: c.LogLevel, ReplaceAttr: harmless}
	if format == config.Text {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// readByAPerson reports whether the log is on a terminal: what Ready says stands there as
// well, and is not said twice.
func (a *App) readByAPerson() bool { return a.Ready != nil && terminal.Is(a.Log) }

// harmless escapes, in every text that is logged, the characters that JSON would
// let through: DEL, C1 controls, and the ones that reorder text. Errors and other
// values become text first.
func harmless(_ []string, a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindDuration:
		a.Value = slog.StringValue(a.Value.Duration().String())
	case slog.KindString:
		a.Value = slog.StringValue(escape(a.Value.String()))
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case []string:
			a.Value = slog.StringValue(escape(strings.Join(v, " ")))
		case error:
			a.Value = slog.StringValue(escape(v.Error()))
		case fmt.Stringer:
			a.Value = slog.StringValue(escape(v.String()))
		}
	}
	return a
}

// escape leaves line breaks, tabs and the like to the handler, which quotes them.
func escape(s string) string {
	dangerous := func(r rune) bool { return r >= 0x7f && terminal.Unsafe(r) }
	if !strings.ContainsFunc(s, dangerous) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if dangerous(r) {
			b.WriteString(terminal.Printable(string(r)))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}
