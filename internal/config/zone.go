package config

import (
	"fmt"
	"time"
	_ "time/tzdata" // a container of one file has no zones of its own
)

// timeZone is the setting of whose clock times of day are.
func timeZone() Setting {
	return Setting{
		Name: "time-zone", Default: "empty = the server's", Allowed: "a name of the IANA database such as Europe/Berlin, UTC, or empty",
		Meaning: "Zone of the times of day at which background jobs run, and of times in the page, where a viewer may choose his own. Consoles that share a database should have the same.",
		parse: func(c *Config, text string, _ Surroundings) error {
			if text == "Local" { // which the library takes for the server's
				return errNotAllowed
			}
			if text != "" {
				if _, err := time.LoadLocation(text); err != nil {
					return fmt.Errorf("there is no such zone")
				}
			}
			c.TimeZone = text
			return nil
		},
		show: func(c Config) string { return c.TimeZone },
	}
}

// Zone is the zone of times of day: the setting time-zone, else that of this machine.
func (c Config) Zone() *time.Location {
	if c.TimeZone == "" {
		return time.Local
	}
	zone, err := time.LoadLocation(c.TimeZone)
	if err != nil { // it was loaded before, when the setting was read
		return time.Local
	}
	return zone
}
