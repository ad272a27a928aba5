package geo

import (
	"strings"
	"time"
)

// Source is where a database comes from.
type Source string

// The sources.
const (
	None        Source = "none"
	FromProduct Source = "product" // it came with BanGUI
	FromFile    Source = "file"    // the operator's own
)

// Database is what is known of one database.
type Database struct {
	Kind   Kind
	Source Source // of what is read now
	Path   string // of the operator's file, also while it can't be used; "" = none is set
	Type   string // as the database calls itself; cleaned
	About  string // as the database describes itself; cleaned
	Built  time.Time
	Opened time.Time
	Bytes  int64
	Mapped bool // the file is mapped, not read
	// Credits are those who want to be named where the data is shown.
	Credits []Credit
	Problem string // why the operator's file is not read; a sentence, "" = all is well
	Mend    string
}

// Credit names one whose data is used.
type Credit struct {
	Text    string // a sentence or a name
	Link    string // https address; "" = none
	Licence string // short name; "" = not known
}

// creditsOf are those of an operator's file, by what it calls itself.
func creditsOf(kind string) []Credit {
	switch {
	case strings.HasPrefix(kind, "GeoLite2"):
		return []Credit{{Text: "This product includes GeoLite Data created by MaxMind.", Link: "https://www.maxmind.com", Licence: "GeoLite EULA"}}
	case strings.HasPrefix(kind, "GeoIP2"):
		return []Credit{{Text: "MaxMind GeoIP", Link: "https://www.maxmind.com"}}
	case strings.HasPrefix(kind, "DBIP-"):
		return []Credit{{Text: "IP Geolocation by DB-IP", Link: "https://db-ip.com"}}
	case strings.HasPrefix(kind, "ipinfo "):
		return []Credit{{Text: "IP address data powered by IPinfo", Link: "https://ipinfo.io"}}
	default:
		return nil
	}
}
