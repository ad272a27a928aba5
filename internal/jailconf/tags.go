package jailconf

import (
	"regexp"
	"slices"
	"strings"

	"bangui/internal/fault"
)

// tag is what stands in filters and actions for another option: <name>.
var tag = regexp.MustCompile(`<([^ <>]+)>`)

// maxSame is how often one tag may be put into one value (fail2ban's own bound).
const maxSame = 25

// tags replaces tags by options, again and again until nothing changes.
type tags struct {
	values *options
	ignore []string                               // these are neither replaced nor put in
	more   func(name string) (value, bool, error) // for tags that are no option
	counts map[string]map[string]int
	done   map[string]bool
	budget budget
}

// replace gives the options with their tags replaced; o stays as it is.
func replace(o *options, ignore []string, more func(string) (value, bool, error)) (*options, error) {
	t := tags{
		values: o.clone(), ignore: ignore, more: more,
		counts: map[string]map[string]int{}, done: map[string]bool{}, budget: budget{steps: maxSteps, bytes: maxTotal},
	}
	for again := true; again; {
		again = false
		for _, name := range o.names {
			if t.done[name] || slices.Contains(ignore, name) {
				continue
			}
			changed, err := t.fill(name)
			if err != nil {
				return nil, err
			}
			again = again || changed
		}
	}
	return t.values, nil
}

// fill replaces the tags of one value; again says that new ones came with it.
func (t *tags) fill(name string) (again bool, err error) {
	v := t.values.by[name]
	filled, err := t.text(name, v.text)
	if err != nil {
		return false, err
	}
	if filled != v.text {
		again = tag.MatchString(filled)
		v.text, v.kind = filled, Text
		t.values.set(name, v)
	}
	if !strings.Contains(filled, "<") {
		t.done[name] = true
	}
	return again, nil
}

func (t *tags) text(name, s string) (string, error) {
	counts := t.counts[name]
	if counts == nil {
		counts = map[string]int{}
		t.counts[name] = counts
	}
	for from := 0; ; {
		m := tag.FindStringSubmatchIndex(s[from:])
		if m == nil {
			return s, nil
		}
		start, end, found := from+m[0], from+m[1], s[from+m[2]:from+m[3]]
		if slices.Contains(t.ignore, found) {
			from = end
			continue
		}
		if n, counted := counts[found]; found == name || (counted && n > maxSame) {
			return "", fault.New(fault.Fail2banRefused, "the option %s holds the tag <%s>, which leads back to itself", clip(name), clip(found))
		}
		put, ok, err := t.look(found)
		if err != nil {
			return "", err
		}
		if !ok {
			from = end
			continue
		}
		if err := t.spend(name, len(s)+strings.Count(s, "<"+found+">")*len(put)); err != nil {
			return "", err
		}
		s = strings.ReplaceAll(s, "<"+found+">", put)
		counts[found]++
		from = start
	}
}

// spend bounds the work: size is what the value may become.
func (t *tags) spend(name string, size int) error {
	t.budget.steps--
	t.budget.bytes -= size
	if size > maxValue || t.budget.steps < 0 || t.budget.bytes < 0 {
		return fault.New(fault.Fail2banRefused, "the tags in the option %s make it too long", clip(name))
	}
	return nil
}

func (t *tags) look(name string) (string, bool, error) {
	if v, ok := t.values.get(name); ok && v.kind != None {
		return v.text, true, nil
	}
	v, ok, err := t.more(name)
	return v.text, ok && v.kind != None, err
}
