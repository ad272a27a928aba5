package config

import (
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Setting is one thing that can be set: its name as a flag and in the file, its
// meaning, and how its text becomes a value.
type Setting struct {
	Name    string // lower case with dashes
	Meaning string // one sentence, for --help and docs/settings.md
	Default string // for people; may name other settings: "<data-dir>/bangui.db"
	Allowed string // what a value may be, for people
	// Switch says that the bare flag means "true".
	Switch bool

	parse func(c *Config, text string, s Surroundings) error
	show  func(c Config) string
	hide  func(text string) string // takes secrets out of what was written; nil = there are none
}

// Env is the setting's name in the environment.
func (s Setting) Env() string {
	return "BANGUI_" + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// Show is the setting's value in c, as one would write it.
func (s Setting) Show(c Config) string { return s.show(c) }

// Settings are all settings, in the order in which people read them. The file
// itself (`config`) is not among them: it can't be set in the file.
func Settings() []Setting {
	return slices.Concat([]Setting{
		{
			Name: "listen", Default: "localhost:8000", Allowed: "addresses with their ports, separated by commas, such as 127.0.0.1:8000 or 0.0.0.0:8000; localhost = both of them; port 0 = any free one",
			Meaning: "Addresses of page and API. Beyond loopback others on the way can read along unless it is encrypted. The port in use is logged and written to <data-dir>/listen.",
			parse: func(c *Config, text string, _ Surroundings) (err error) {
				c.Listen, err = parseListen(text)
				return err
			},
			show: func(c Config) string { return showListen(c.Listen) },
		},
		path("data-dir", "/var/lib/bangui, or $XDG_DATA_HOME/bangui when not root",
			"Folder of the database, the host's id and the file listen. It is created when missing.",
			func(c *Config) *string { return &c.DataDir }),
	}, databaseSettings(), []Setting{
		pathOr("helper", "empty = in the same process",
			"Unix socket of the helper (command bangui helper), which talks to fail2ban for us: the console then needs no rights on fail2ban, and none of the settings fail2ban-* and path-map.",
			func(c *Config) *string { return &c.Helper }),
		path("fail2ban-socket", "/var/run/fail2ban/fail2ban.sock", "Unix socket of the fail2ban server.",
			func(c *Config) *string { return &c.Fail2banSocket }),
		path("fail2ban-config", "/etc/fail2ban", "fail2ban's configuration folder.",
			func(c *Config) *string { return &c.Fail2banConfig }),
		optionalPath("fail2ban-db", "fail2ban's own database; it holds the log lines behind a ban.",
			func(c *Config) *string { return &c.Fail2banDB }),
		optionalPath("fail2ban-log", "fail2ban's own log; it tells of bans at once.",
			func(c *Config) *string { return &c.Fail2banLog }),
		pathMap(),
	}, networkSettings(), accessSettings(), boundSettings(), schedulerSettings(), geoSettings(), []Setting{
		timeZone(),
		{
			Name: "log-level", Default: "info", Allowed: "debug, info, warn or error",
			Meaning: "How much is logged.",
			parse: func(c *Config, text string, _ Surroundings) (err error) {
				c.LogLevel, err = parseLevel(text)
				return err
			},
			show: func(c Config) string { return strings.ToLower(c.LogLevel.String()) },
		},
		logFormat(),
		toggle("demo", "Start a demo fail2ban server in a folder and serve that. It protects nothing.",
			func(c *Config) *bool { return &c.Demo }),
	})
}

// toggle is a setting that is on or off; off unless somebody says so.
func toggle(name, meaning string, field func(*Config) *bool) Setting {
	return Setting{
		Name: name, Default: "false", Allowed: "true or false", Switch: true, Meaning: meaning,
		parse: func(c *Config, text string, _ Surroundings) error {
			on, err := strconv.ParseBool(text)
			if err != nil {
				return errNotAllowed
			}
			*field(c) = on
			return nil
		},
		show: func(c Config) string { return strconv.FormatBool(*field(&c)) },
	}
}

// logFormat is the setting of how log lines are written.
func logFormat() Setting {
	return Setting{
		Name: "log-format", Default: "auto", Allowed: "auto, text or json",
		Meaning: "auto = text on a terminal, else JSON.",
		parse: func(c *Config, text string, _ Surroundings) error {
			switch f := LogFormat(text); f {
			case Auto, Text, JSON:
				c.LogFormat = f
				return nil
			default:
				return errNotAllowed
			}
		},
		show: func(c Config) string { return string(c.LogFormat) },
	}
}

// errNotAllowed says that Allowed already tells all there is to say.
var errNotAllowed = fmt.Errorf("it is not allowed")

func path(name, standard, meaning string, field func(*Config) *string) Setting {
	return Setting{
		Name: name, Default: standard, Meaning: meaning, Allowed: "a path",
		parse: func(c *Config, text string, s Surroundings) error {
			if text == "" {
				return fmt.Errorf("it is empty")
			}
			return setPath(field(c), text, s)
		},
		show: func(c Config) string { return *field(&c) },
	}
}

func optionalPath(name, meaning string, field func(*Config) *string) Setting {
	return pathOr(name, "empty = ask the server", meaning, field)
}

// pathOr is a path that may be empty, which then means the standard.
func pathOr(name, standard, meaning string, field func(*Config) *string) Setting {
	return Setting{
		Name: name, Default: standard, Meaning: meaning, Allowed: "a path, or empty",
		parse: func(c *Config, text string, s Surroundings) error {
			if text == "" {
				*field(c) = ""
				return nil
			}
			return setPath(field(c), text, s)
		},
		show: func(c Config) string { return *field(&c) },
	}
}

// boundSettings say how much is taken, and for how long it is kept.
func boundSettings() []Setting {
	return []Setting{
		count("rate-limit", 20, 100_000,
			"How many requests one client (an IPv4 address or an IPv6 /64) may send within 60 seconds; the next one is answered with 429.",
			func(c *Config) *int { return &c.RateLimit }),
		count("audit-days", 30, 36_500,
			"For how many days the record of who did what is kept.",
			func(c *Config) *int { return &c.AuditDays }),
		{
			Name: "archive-retention", Default: "365d", Allowed: "whole days such as 365d, from 1d to 36500d, or forever",
			Meaning: "For how long ended bans are kept with their log lines. What was counted stays for ever.",
			parse: func(c *Config, text string, _ Surroundings) (err error) {
				c.ArchiveRetention, err = parseDays(text)
				return err
			},
			show: func(c Config) string { return showDays(c.ArchiveRetention) },
		},
		{
			Name: "archive-max-bytes", Default: "none", Allowed: "a size from 10M up, in K, M, G or T (1024), such as 5G, or none",
			Meaning: "How much room the database may take before the oldest ended bans are removed; on PostgreSQL whole months of bans and log lines.",
			parse: func(c *Config, text string, _ Surroundings) (err error) {
				c.ArchiveMaxBytes, err = parseSize(text)
				return err
			},
			show: func(c Config) string { return showSize(c.ArchiveMaxBytes) },
		},
	}
}

// count is a setting that is a whole number between two.
func count(name string, least, most int, meaning string, field func(*Config) *int) Setting {
	standard := Defaults(Surroundings{Getenv: func(string) string { return "" }})
	return Setting{
		Name: name, Default: strconv.Itoa(*field(&standard)), Meaning: meaning, Allowed: fmt.Sprintf("a whole number from %d to %d", least, most),
		parse: func(c *Config, text string, _ Surroundings) error {
			n, err := strconv.Atoi(text)
			if err != nil || n < least || n > most {
				return errNotAllowed
			}
			*field(c) = n
			return nil
		},
		show: func(c Config) string { return strconv.Itoa(*field(&c)) },
	}
}

func setPath(field *string, text string, s Surroundings) error {
	if strings.ContainsFunc(text, isControl) {
		return fmt.Errorf("it holds a control character")
	}
	if !filepath.IsAbs(text) {
		text = filepath.Join(s.WorkDir, text)
	}
	*field = filepath.Clean(text)
	return nil
}

func parseBasePath(text string) (string, error) {
	text = strings.TrimSuffix(text, "/")
	if text == "" {
		return "", nil
	}
	if !strings.HasPrefix(text, "/") || len(text) > 200 {
		return "", errNotAllowed
	}
	for part := range strings.SplitSeq(text[1:], "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsFunc(part, notUnreserved) {
			return "", errNotAllowed
		}
	}
	return text, nil
}

func parseHosts(text string) ([]string, error) {
	var hosts []string
	for host := range strings.SplitSeq(text, ",") {
		host = strings.ToLower(strings.TrimSpace(host))
		if host == "" {
			continue
		}
		if len(host) > 253 || strings.ContainsFunc(host, notUnreserved) {
			return nil, errNotAllowed
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

func parseLevel(text string) (slog.Level, error) {
	switch text {
	case "debug":
		return slog.LevelDebug, nil
	case "info":
		return slog.LevelInfo, nil
	case "warn":
		return slog.LevelWarn, nil
	case "error":
		return slog.LevelError, nil
	default:
		return 0, errNotAllowed
	}
}

func isControl(r rune) bool { return r < 0x20 || r == 0x7f }

func notUnreserved(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return false
	default:
		return !strings.ContainsRune("-._~", r)
	}
}
