package config

// geoSettings say which databases tell where an address is.
func geoSettings() []Setting {
	return []Setting{
		pathOr("geo-country-db", "empty = the one that comes with BanGUI",
			"Database of countries in the MaxMind DB format (.mmdb), instead of the one that comes with BanGUI. A new file in its place is taken within seconds.",
			func(c *Config) *string { return &c.GeoCountryDB }),
		pathOr("geo-asn-db", "empty = the one that comes with BanGUI",
			"Database of networks (AS numbers and their names), as geo-country-db.",
			func(c *Config) *string { return &c.GeoASNDB }),
		pathOr("geo-city-db", "empty = none",
			"Database of cities, as geo-country-db. None comes with BanGUI.",
			func(c *Config) *string { return &c.GeoCityDB }),
		toggle("geo-mmap",
			"Map the geo databases of one's own into memory instead of reading them: takes less memory. Never done on network disks. Replace such a file by renaming; one that is written in place tells nothing until it is whole.",
			func(c *Config) *bool { return &c.GeoMap }),
	}
}
