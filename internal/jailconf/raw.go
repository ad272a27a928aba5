package jailconf

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"bangui/internal/fault"
)

// rawName are the files that may be given as a whole, ours and people's: in the .local
// round, at the places where fail2ban looks. A package's .conf is none of them.
var rawName = regexp.MustCompile(`^((jail|fail2ban|paths-` + partName + `)|(jail|fail2ban|filter|action)\.d/` + partName + `)\.local$`)

// RawFile reports whether a file of that name may be written as a whole at all.
func RawFile(name string) bool { return rawName.MatchString(name) && !strings.Contains(name, "..") }

// OwnName reports whether a file of that name may be one of ours.
func OwnName(name string) bool { return ownName.MatchString(name) }

// reserved reports whether only we write files of that name.
func reserved(name string) bool {
	return ownName.MatchString(name) && strings.HasPrefix(path.Base(name), "zz-bangui")
}

// CheckRaw refuses content that no configuration file may be given: too long, no UTF-8,
// with characters that a reader does not see, or lines that fail2ban can't read.
func CheckRaw(name, content string) error {
	switch {
	case len(content) > maxFile:
		return fault.New(fault.TooLarge, "%s has %d bytes; %d is the most", clip(name), len(content), maxFile)
	case !utf8.ValidString(content):
		return fault.New(fault.Invalid, "%s is not UTF-8, so fail2ban would not read it", clip(name))
	case strings.Contains(content, "<F2B_"):
		return fault.New(fault.Invalid, "%s holds a marker of fail2ban's own protocol", clip(name))
	case strings.ContainsFunc(strings.ReplaceAll(content, "\r\n", "\n"), unseen):
		return fault.New(fault.Invalid, "%s holds control characters, or such that change the direction of text", clip(name)).
			WithMend("Only line breaks and tabs may be in it.")
	}
	if _, err := parse(name, content); err != nil {
		return fault.Wrap(err, fault.Invalid, "%s", fault.MessageOf(err)).WithMend("Mend that line. Nothing was changed.")
	}
	return nil
}

// unseen are characters that hide what a text says: controls, separators of lines that
// few programs take for one, and those that turn the direction of writing.
func unseen(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.In(r, unicode.Zl, unicode.Zp) || unicode.Is(unicode.Bidi_Control, r)
}

// Raw is a change of whole files, to be judged by what it means.
type Raw struct {
	Before, After *Tree
	Was, Is       *Config // what they resolve to
}

// Beyond says what in the new content of a file is more than data: Forbidden for what is
// or may become part of a command that fail2ban runs as root, or names other files;
// Invalid for a value outside of the grammar of its option. nil means that all that
// differs could as well be set option by option, as data.
func (r Raw) Beyond(name string) error {
	place := placeOf(name)
	if place == InAction || place == "" {
		return r.forbid(name, "all of it")
	}
	var before, after map[[2]string]string
	if content, there := r.Before.File(name); there {
		if f, err := parse(name, content); err == nil {
			before = f.values()
		}
	}
	if content, there := r.After.File(name); there {
		f, err := parse(name, content)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "%s", fault.MessageOf(err))
		}
		if err := r.sections(name, place, f); err != nil {
			return err
		}
		after = f.values()
	}
	for _, where := range touched(before, after) {
		value, set := after[where]
		if err := r.option(name, place, where, value, set); err != nil {
			return err
		}
	}
	return nil
}

// touched are the options that one has and the other lacks, or that differ.
func touched(before, after map[[2]string]string) [][2]string {
	var all [][2]string
	for where, value := range after {
		if was, there := before[where]; !there || was != value {
			all = append(all, where)
		}
	}
	for where := range before {
		if _, there := after[where]; !there {
			all = append(all, where)
		}
	}
	slices.SortFunc(all, func(a, b [2]string) int { return strings.Compare(a[0]+"\x00"+a[1], b[0]+"\x00"+b[1]) })
	return all
}

func placeOf(name string) Place {
	switch {
	case name == "jail.local", path.Dir(name) == "jail.d":
		return InJail
	case name == "fail2ban.local", path.Dir(name) == "fail2ban.d":
		return InServer
	case path.Dir(name) == "filter.d":
		return InFilter
	case path.Dir(name) == "action.d":
		return InAction
	}
	return ""
}

func (r Raw) forbid(name, what string) error {
	return fault.New(fault.Forbidden, "%s: %s is, or may become, part of a command that fail2ban runs as root, or names other files", clip(name), clip(what))
}

// sections refuses those that are not of this kind of file. The name of a jail becomes
// part of commands.
func (r Raw) sections(name string, place Place, f *file) error {
	for _, section := range f.order {
		base := section
		if m := conditional.FindStringSubmatch(section); m != nil && place == InFilter {
			base = m[1]
		}
		ok := section == "Definition"
		switch place {
		case InJail:
			ok = r.Was.Jail(section) != nil || jailForm.MatchString(section) && !strings.HasPrefix(section, "KNOWN") && section != "INCLUDES"
		case InFilter:
			ok = base == "INCLUDES" || base == "Definition" || base == "Init"
		}
		if old, there := r.Before.File(name); !ok && there {
			before, err := parse(name, old)
			ok = err == nil && before.sections[section] != nil // it says nothing new there, or its options are judged
		}
		if !ok {
			return r.forbid(name, "the section ["+clip(section)+"]")
		}
	}
	return nil
}

// option judges one option that differs.
func (r Raw) option(name string, place Place, where [2]string, value string, set bool) error {
	section, option := where[0], where[1]
	switch {
	case place == InFilter && section == "INCLUDES":
		return r.included(name, option, value)
	case place == InFilter:
		return r.inFilter(name, option, value, set)
	case section == "INCLUDES", place == InServer && section != "Definition", rules(place)[option] == nil:
		return r.forbid(name, option+" in ["+section+"]")
	case !set:
		return nil
	case place == InJail && section != defaults && r.Is.Jail(section) == nil:
		return r.forbid(name, "the section ["+clip(section)+"]")
	}
	return r.value(name, place, where, value)
}

var refersTo = regexp.MustCompile(`%\(([^)]*)\)s`)

// value judges what an option that is data says. References stay data where what they
// name can only be changed by who may change code, or obeys the same grammar; and what
// then counts in each jail is held against the grammar as well.
func (r Raw) value(name string, place Place, where [2]string, raw string) error {
	section, option := where[0], where[1]
	bare := strings.ReplaceAll(raw, "%%", "")
	if !strings.Contains(bare, "%(") {
		return obeys(place, option, strings.ReplaceAll(raw, "%%", "%"))
	}
	for _, m := range refersTo.FindAllStringSubmatch(bare, -1) {
		to := key(m[1])
		alike := to == option || to == "known/"+option || strings.HasPrefix(option, "banaction") && strings.HasPrefix(to, "banaction")
		if place != InJail || !alike && (strings.Contains(to, "/") || rules(InJail)[to] != nil) {
			return r.forbid(name, option+" with a reference to "+to)
		}
	}
	return r.whatCounts(name, section, option, raw)
}

// whatCounts holds what an option with references comes to, in each jail that it is for,
// against the grammar.
func (r Raw) whatCounts(name, section, option, raw string) error {
	counts := false
	for i := range r.Is.Jails {
		j := &r.Is.Jails[i]
		if section != defaults && j.Name != section {
			continue
		}
		o, found := j.Option(option)
		if !found || o.Fault != "" {
			return r.forbid(name, option+" of ["+j.Name+"]")
		}
		if o.Raw != raw {
			continue // something else counts there
		}
		if err := obeys(InJail, option, o.Value); err != nil {
			return err
		}
		counts = true
	}
	if !counts {
		return r.forbid(name, option+" with a reference, where another file says what counts")
	}
	return nil
}

// obeys holds a value against the grammar of its option, as fail2ban takes it.
func obeys(place Place, option, value string) error {
	_, _, err := Check(place, option, value)
	return err
}

// included judges what a filter includes: others beside it, by their plain names.
func (r Raw) included(name, option, value string) error {
	if option != "before" && option != "after" {
		return r.forbid(name, option+" in [INCLUDES]")
	}
	for item := range strings.SplitSeq(value, "\n") {
		if item == "" {
			continue
		}
		if _, there := r.After.File("filter.d/" + item); !there || strings.Contains(item, "/") {
			return r.forbid(name, "[INCLUDES] with "+item)
		}
	}
	return nil
}

// inFilter judges an option of a filter. Its own variables carry any name that no jail
// has an option of: a jail knows those of its filter as %(known/…)s.
func (r Raw) inFilter(name, option, value string, set bool) error {
	if rules(InFilter)[option] == nil && !safeInFilter(option) {
		for i := range r.Is.Jails {
			if _, has := r.Is.Jails[i].Option(option); has || strings.Contains(option, "/") {
				return r.forbid(name, option)
			}
		}
		return nil
	}
	if !set || strings.Contains(strings.ReplaceAll(value, "%%", ""), "%(") {
		return nil
	}
	place := InFilter
	if rules(InFilter)[option] == nil {
		place = InJail
	}
	return obeys(place, option, strings.ReplaceAll(value, "%%", "%"))
}

// safeInFilter are options of jails that filters have too, and that feed no command.
func safeInFilter(option string) bool {
	return option == "usedns" || option == "mode" || option == "logtype"
}
