package host

import "strings"

// PathMap says where we see what fail2ban names by another path, as it is when
// fail2ban runs in a container and we in another: from the start of a path as
// fail2ban names it to its place here. Both are absolute and clean.
type PathMap map[string]string

// here is where a path of fail2ban's is to be found here. The longest entry that
// covers it counts; what none covers, and what is no path ("SYSLOG"), stays.
func (m PathMap) here(path string) string {
	best := ""
	for theirs := range m {
		if len(theirs) > len(best) && within(path, theirs) {
			best = theirs
		}
	}
	if best == "" {
		return path
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(path, best), "/")
	return strings.TrimSuffix(strings.TrimSuffix(m[best], "/")+"/"+rest, "/")
}

// within reports whether a path is a folder or lies in it.
func within(path, folder string) bool {
	rest, ok := strings.CutPrefix(path, folder)
	return ok && (rest == "" || strings.HasPrefix(rest, "/") || strings.HasSuffix(folder, "/"))
}
