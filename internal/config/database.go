package config

import (
	"fmt"
	"net/url"
	"strings"
)

const sqliteScheme = "sqlite:"

// databaseSettings say where BanGUI keeps its own records.
func databaseSettings() []Setting {
	return []Setting{
		{
			Name: "database", Default: "sqlite:<data-dir>/bangui.db", Allowed: "sqlite: and a path, or postgres://user@host:5432/database?sslmode=verify-full",
			Meaning: "Where BanGUI keeps its own records: a file, or a PostgreSQL database (15 or newer) that several consoles may share.",
			parse:   parseDatabase,
			show:    showDatabase,
			hide:    hidePassword,
		},
		{
			Name: "database-password-file", Default: "empty", Allowed: "a path, or empty",
			Meaning: "File whose content is the password for PostgreSQL. Empty: it stands in the address, or in the file that PGPASSFILE names.",
			parse: func(c *Config, text string, s Surroundings) error {
				if text == "" {
					c.DatabasePasswordFile = ""
					return nil
				}
				return setPath(&c.DatabasePasswordFile, text, s)
			},
			show: func(c Config) string { return c.DatabasePasswordFile },
		},
	}
}

func parseDatabase(c *Config, text string, s Surroundings) error {
	if strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://") {
		if err := checkPostgres(text); err != nil {
			return err
		}
		c.Postgres, c.Database = text, ""
		return nil
	}
	file, ok := strings.CutPrefix(text, sqliteScheme)
	if !ok || file == "" {
		return errNotAllowed
	}
	c.Postgres = ""
	return setPath(&c.Database, file, s)
}

// checkPostgres refuses what can't be an address. Its errors say nothing of the text,
// which may hold a password.
func checkPostgres(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return fmt.Errorf("it is no address; characters such as / : @ %% in a password are written as %%2F %%3A %%40 %%25")
	case strings.Trim(u.Path, "/") == "":
		return fmt.Errorf("it names no database")
	case u.Fragment != "":
		return fmt.Errorf("a # in a password is written as %%23")
	default:
		return nil
	}
}

func showDatabase(c Config) string {
	if c.Postgres != "" {
		return hidePassword(c.Postgres)
	}
	return sqliteScheme + c.Database
}

// hidePassword takes the password out of an address; what is no address is not shown.
func hidePassword(text string) string {
	scheme, _, isAddress := strings.Cut(text, "://")
	if !isAddress {
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return scheme + "://…"
	}
	const hidden = "hidden"
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), hidden)
	}
	query := u.Query()
	for _, name := range []string{"password", "sslpassword"} {
		if query.Has(name) {
			query.Set(name, hidden)
			u.RawQuery = query.Encode()
		}
	}
	u.Fragment = ""
	return u.String()
}
