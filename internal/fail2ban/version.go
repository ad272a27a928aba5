package fail2ban

import (
	"fmt"
	"regexp"
	"strconv"
)

// Version is a version of fail2ban. The zero Version is "not known".
type Version struct {
	Major, Minor, Patch int
	text                string
}

var versionStart = regexp.MustCompile(`^v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?`)

// ParseVersion reads what a server says: "1.0.2", "1.1.2.dev1", "0.11.3-dev". A text
// that is no version counts as newer than all that we know: a server that answers is
// used, never refused.
func ParseVersion(text string) Version {
	m := versionStart.FindStringSubmatch(text)
	if m == nil {
		const newer = 999
		return Version{newer, 0, 0, text}
	}
	number := func(s string) int { n, _ := strconv.Atoi(s); return n }
	return Version{number(m[1]), number(m[2]), number(m[3]), text}
}

// AtLeast reports whether v is that version or a newer one.
func (v Version) AtLeast(major, minor, patch int) bool {
	if v.Major != major {
		return v.Major > major
	}
	if v.Minor != minor {
		return v.Minor > minor
	}
	return v.Patch >= patch
}

// String is the version as the server wrote it; "" when not known.
func (v Version) String() string {
	if v.text == "" && v.Major+v.Minor+v.Patch > 0 {
		return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
	}
	return readable(v.text)
}
