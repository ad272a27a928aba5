package jailconf

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bangui/internal/fault"
)

// template is one option that fail2ban knows of a jail, a filter or an action: what it
// makes of the text, and what it takes where no file says anything.
type template struct {
	name     string
	kind     Kind
	fallback *value // nil = it then has none
}

// definition is a filter or an action of one jail while it is resolved, as fail2ban's
// DefinitionInitConfigReader.
type definition struct {
	r        *reader
	known    []template
	vars     *options // what its own %(references) see first
	args     *options // of the brackets, and of [Init]
	opts     *options
	combined map[string]value // of tags that are no option
	missing  map[string]bool
	newer    bool
}

func newDefinition(r *reader, known []template, args *options) *definition {
	return &definition{r: r, known: known, args: args, opts: newOptions(), combined: map[string]value{}, missing: map[string]bool{}}
}

// resolve reads [Definition] and [Init], where jail's options and arguments go first;
// all also takes options that fail2ban does not know.
func (d *definition) resolve(jail *options, all bool) error {
	d.vars = jail.merged(d.args)
	opts, err := d.r.options("Definition", d.known, d.vars, false)
	if err != nil {
		return err
	}
	d.opts = opts
	if err := d.initials(); err != nil || !all || d.r.sections["Definition"] == nil {
		return err
	}
	for _, name := range slices.Clone(d.r.sections["Definition"].names) {
		if d.opts.has(name) {
			continue
		}
		v, found, err := d.r.get("Definition", name, nil)
		if err != nil {
			return err
		}
		if found {
			d.opts.set(name, v)
		}
	}
	return nil
}

// initials takes the options of [Init] as arguments that were not given.
func (d *definition) initials() error {
	section := d.r.sections["Init"]
	if section == nil {
		return nil
	}
	for _, name := range slices.Clone(section.names) {
		known := strings.HasPrefix(name, "known/")
		if known && d.args.has(name) {
			continue
		}
		v, _, err := d.r.get("Init", name, nil)
		if err != nil {
			return err
		}
		if !known {
			d.args.set("known/"+name, v)
		}
		if !d.args.has(name) {
			d.args.set(name, d.unconditional(name, v))
		}
	}
	return nil
}

// unconditional is the value of an option of [Init]; one that counts for one family
// of addresses gives way to an argument that counts for all, since 1.1.1 (read).
func (d *definition) unconditional(name string, v value) value {
	if m := conditional.FindStringSubmatch(name); m != nil && d.newer {
		if given, ok := d.vars.get(m[1]); ok {
			return given
		}
	}
	return v
}

// combine is what comes of options and arguments once their tags are replaced.
func (d *definition) combine(ignore ...string) (*options, error) {
	all := d.opts.merged(d.args)
	for _, name := range all.names {
		if m := conditional.FindStringSubmatch(name); m != nil {
			ignore = append(ignore, m[1])
		}
	}
	all, err := replace(all, ignore, d.tag)
	if err != nil {
		return nil, err
	}
	for _, t := range d.known {
		if v, ok := all.get(t.name); ok && t.kind != Text && v.kind == Text {
			all.set(t.name, convert(v, t))
		}
	}
	return all, nil
}

// tag is the value of a tag that is no option: <section/option>, <known/option>, or
// an option of [Definition] that a jail or an argument stands before.
func (d *definition) tag(name string) (value, bool, error) {
	if v, done := d.combined[name]; done {
		return v, true, nil
	}
	if d.missing[name] {
		return value{}, false, nil
	}
	v, found, err := d.r.getEx("Definition", name, d.vars)
	if err != nil {
		return value{}, false, err
	}
	if !found {
		d.missing[name] = true
		return value{}, false, nil
	}
	d.combined[name] = v
	return v, true, nil
}

// getEx is get, where "section/option" is an option of another section.
func (r *reader) getEx(section, option string, vars *options) (value, bool, error) {
	from, name, split := strings.Cut(option, "/")
	if split && sectionName.MatchString(from) && name != "" && !strings.ContainsFunc(name, notInName) {
		places := []string{from}
		switch strings.ToLower(from) {
		case "known":
			places = []string{"KNOWN/" + section, section}
		case "default":
			places = []string{defaults}
		}
		for _, place := range places {
			if v, found, err := r.get(place, name, nil); found || err != nil {
				return v, found, err
			}
		}
	}
	return r.get(section, option, vars)
}

func notInName(r rune) bool { return isSpace(r) || r == '>' }

// options are those of known that a section or DEFAULT sets, but for what vars have
// already, with what fail2ban takes where neither does.
func (r *reader) options(section string, known []template, vars *options, converted bool) (*options, error) {
	all := newOptions()
	for _, t := range known {
		if vars != nil && vars.has(t.name) {
			continue
		}
		v, found, err := r.get(section, t.name, vars)
		switch {
		case err != nil:
			return nil, err
		case found && converted && t.kind != Text:
			all.set(t.name, convert(v, t))
		case found:
			all.set(t.name, v)
		case t.fallback != nil:
			all.set(t.name, *t.fallback)
		case r.sections[section] == nil:
			all.set(t.name, nothing(Origin{Source: Builtin}))
		}
	}
	return all, nil
}

// convert is what fail2ban makes of a text that should be a number or a switch; what is
// no number becomes none, or the fallback.
func convert(v value, t template) value {
	switch n, ok := integer(v.text); {
	case t.kind == Switch && boolean(v.text):
		v.text = "True"
	case t.kind == Switch:
		v.text = "False"
	case ok:
		v.text = strconv.FormatInt(n, 10)
	case t.fallback != nil:
		return *t.fallback
	default:
		v.text, v.kind = "None", None
		return v
	}
	v.kind = t.kind
	return v
}

// sectionName is what may stand before the slash of a <section/option>.
var sectionName = regexp.MustCompile(`^(?:` + word + `|-)+$`)

// problem gives an error the name of what it was found in.
func problem(err error, format string, args ...any) error {
	where := fault.New(fault.Fail2banRefused, format, args...)
	return fault.New(fault.Fail2banRefused, "%s: %s", where.Message, fault.MessageOf(err))
}
