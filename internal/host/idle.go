package host

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"bangui/internal/jailconf"
)

// idle gives each filter that a change writes and no active jail uses a jail on the copy:
// else fail2ban would not see its expressions before somebody activates a jail.
func (p *plan) idle(version string) map[string]*string {
	var jails strings.Builder
	for i, r := range jailconf.Recipes(p.after, version, p.wants, jailconf.InFilter) {
		active := slices.ContainsFunc(r.UsedBy, func(u jailconf.Use) bool { return u.Enabled })
		if p.writes(r) && !active && !r.Shared {
			fmt.Fprintf(&jails, "[zz-bangui-try-%d]\nenabled = true\nfilter = %s\nbackend = polling\nlogpath = /dev/null\naction =\n", i, r.Name)
		}
	}
	if jails.Len() == 0 {
		return nil
	}
	content := jails.String()
	return map[string]*string{"jail.d/zz-zz-bangui-try.local": &content}
}

// writes reports whether a change writes one of the recipe's files.
func (p *plan) writes(r jailconf.Recipe) bool {
	return slices.ContainsFunc(r.Files, func(f jailconf.RecipeFile) bool {
		return path.Dir(f.Name) == "filter.d" && p.files[f.Name] != nil
	})
}
