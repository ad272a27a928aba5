package jailconf

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"bangui/internal/fault"
)

// Choice is a filter or an action on disk that a jail can name.
type Choice struct {
	Name string
	// Parameters are what brackets behind the name may say, with what counts where they
	// don't: the options of [Init], and the mode of a filter. Values are as written.
	Parameters []Option
	// Modes are what a filter's mode may be; empty where it has none.
	Modes []string
	Fault string // why fail2ban could not read it
}

var (
	partForm = regexp.MustCompile(`^` + partName + `$`)
	modeForm = regexp.MustCompile(`^mdre-([A-Za-z0-9_-]{1,32})$`)
)

// Choices are the filters (InFilter) or actions (InAction) of a tree that a jail can
// name, sorted: those that say what a failure is, or what a ban does. What only other
// files include is none.
func Choices(t *Tree, place Place) []Choice {
	folder, needs := "filter.d", "failregex"
	if place == InAction {
		folder, needs = "action.d", "actionban"
	}
	l := newLoader(t)
	var all []Choice
	for _, name := range partNames(t, folder) {
		r, found, err := l.read(folder + "/" + name)
		if err != nil {
			all = append(all, Choice{Name: name, Fault: fault.MessageOf(err)})
			continue
		}
		if definition := r.sections["Definition"]; found && definition != nil && definition.has(needs) {
			all = append(all, choiceOf(name, r, definition, place))
		}
	}
	return all
}

func partNames(t *Tree, folder string) []string {
	var names []string
	for _, ending := range []string{".conf", ".local"} {
		for _, file := range t.glob(folder, ending) {
			if name := strings.TrimSuffix(path.Base(file), ending); partForm.MatchString(name) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func choiceOf(name string, r *reader, definition *options, place Place) Choice {
	c := Choice{Name: name}
	if place == InFilter {
		if mode, ok := definition.get("mode"); ok {
			c.Modes = modesOf(definition)
			c.Parameters = append(c.Parameters, Option{Name: "mode", Value: mode.text, Raw: mode.text, Origin: mode.at})
		}
	}
	init := r.sections["Init"]
	if init == nil {
		return c
	}
	for _, option := range init.names {
		if v := init.by[option]; !strings.ContainsAny(option, "?/") && option != "name" {
			c.Parameters = append(c.Parameters, Option{Name: option, Value: v.text, Raw: v.text, Origin: v.at})
		}
	}
	return c
}

// modesOf are the modes that a filter of the distribution has expressions for.
func modesOf(definition *options) []string {
	var modes []string
	for _, option := range definition.names {
		if m := modeForm.FindStringSubmatch(option); m != nil {
			modes = append(modes, m[1])
		}
	}
	return modes
}

// Values are the options that a section of one file sets, in its order, as they are
// written. A file that can't be read has none.
func Values(name, content, section string) []Option {
	f, err := parse(name, content)
	if err != nil {
		return nil
	}
	from := f.sections[section]
	if section == defaults {
		from = f.defaults
	}
	if from == nil {
		return nil
	}
	var all []Option
	for _, option := range from.names {
		v := from.by[option]
		all = append(all, Option{Name: option, Value: v.text, Raw: v.text, Origin: v.at})
	}
	return all
}
