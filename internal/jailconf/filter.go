package jailconf

import (
	"strings"

	"bangui/internal/fault"
)

// ResolveFilter resolves one filter, NAME[option=value, …], as fail2ban does for a jail
// that has no options of its own: the options of the part are what the server would get.
// journal says that the lines come from the journal. The error says why fail2ban would not
// take it; NotFound where no such filter is.
func ResolveFilter(t *Tree, version, said string, journal bool) (*Part, error) {
	c := newResolver(t, version)
	name, _, err := c.dialect.parse(said, Origin{})
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s", fault.MessageOf(err))
	}
	if _, found, err := c.read(join("filter.d", name)); err == nil && !found {
		return nil, fault.New(fault.NotFound, "there is no filter %q", clip(name))
	}
	const jail = "bangui-test"
	r := newReader()
	s := r.section(jail)
	s.set("filter", value{text: Escape(said)})
	if journal {
		s.set("backend", value{text: "systemd"})
	}
	w := work{resolver: c, r: r, name: jail}
	if err := w.run(); err != nil {
		return nil, err
	}
	return w.filterPart, nil
}

// Expressions are the expressions of a failregex or ignoreregex: one a line.
func Expressions(value string) []string {
	var all []string
	for line := range strings.SplitSeq(value, "\n") {
		if line != "" {
			all = append(all, line)
		}
	}
	return all
}
