package config

import (
	"strings"
	"time"
)

// accessSettings are those about who gets in, and for how long.
func accessSettings() []Setting {
	return []Setting{
		span("session-duration", "12h", "How long a session lasts at most.", 5*time.Minute, func(c *Config) *time.Duration { return &c.SessionDuration }),
		span("session-idle", "30m", "How long a session lasts unused.", time.Minute, func(c *Config) *time.Duration { return &c.SessionIdle }),
		{
			Name: "setup-user", Default: "admin", Allowed: "a user name: lower case letters, digits and . _ @ -",
			Meaning: "Name of the first admin, where setup-password-file is given. Nothing happens once there is a user.",
			parse: func(c *Config, text string, _ Surroundings) error {
				if text == "" || len(text) > 64 || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789._@-") != "" {
					return errNotAllowed
				}
				c.SetupUser = text
				return nil
			},
			show: func(c Config) string { return c.SetupUser },
		},
		{
			Name: "setup-password-file", Default: "empty = the set-up token makes the first admin", Allowed: "a path, or empty",
			Meaning: "File with the password of the first admin in its first line, for a first run without a person.",
			parse: func(c *Config, text string, s Surroundings) error {
				c.SetupPasswordFile = ""
				if text == "" {
					return nil
				}
				return setPath(&c.SetupPasswordFile, text, s)
			},
			show: func(c Config) string { return c.SetupPasswordFile },
		},
	}
}

// longestSpan bounds every length of time that can be set.
const longestSpan = 30 * 24 * time.Hour

func span(name, standard, meaning string, least time.Duration, field func(*Config) *time.Duration) Setting {
	return Setting{
		Name: name, Default: standard, Meaning: meaning, Allowed: "a length of time from " + short(least) + " to " + short(longestSpan) + ", such as 90m or 8h",
		parse: func(c *Config, text string, _ Surroundings) error {
			d, err := time.ParseDuration(text)
			if err != nil || d < least || d > longestSpan {
				return errNotAllowed
			}
			*field(c) = d
			return nil
		},
		show: func(c Config) string { return short(*field(&c)) },
	}
}

// short writes a length of time without zero parts: 12h, not 12h0m0s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
