package jailconf

import (
	"maps"
	"regexp"
	"strings"

	"bangui/internal/fault"
)

// reader is what several files say together: sections merged option by option, later
// files over earlier ones, with what was replaced kept below "KNOWN/".
type reader struct {
	defaults *options
	order    []string
	sections map[string]*options
}

func newReader() *reader {
	return &reader{defaults: newOptions(), sections: map[string]*options{}}
}

// readerOf is a reader of one file alone.
func readerOf(f *file) *reader {
	return &reader{defaults: f.defaults, order: f.order, sections: f.sections}
}

// conditional is a section or option that counts for one family of addresses:
// "Init?family=inet6".
var conditional = regexp.MustCompile(`^(` + word + `+)(\?.+)$`)

// read reads NAME.conf, NAME.d/*.conf, NAME.local and NAME.d/*.local of the tree, with
// what they include. found is false where there is none of them.
func (l *loader) read(name string) (r *reader, found bool, err error) {
	var names []string
	for _, ending := range []string{".conf", ".local"} {
		if l.tree.has(name + ending) {
			names = append(names, name+ending)
		}
		names = append(names, l.tree.glob(name+".d", ending)...)
	}
	for i, n := range names {
		names[i] = join(l.tree.dir, n)
	}
	names, err = l.includes(names, nil)
	if err != nil {
		return nil, false, err
	}
	r = newReader()
	for _, n := range names {
		f, err := l.load(n)
		if err != nil {
			return nil, false, err
		}
		if f != nil {
			r.take(f)
			found = true
		}
	}
	return r, found, nil
}

// take puts a file on top.
func (r *reader) take(f *file) {
	r.defaults.update(f.defaults)
	for _, name := range f.order {
		said := f.sections[name]
		if m := conditional.FindStringSubmatch(name); m != nil {
			name, said = m[1], suffixed(said, m[2])
		}
		before := r.sections[name]
		if before == nil {
			r.section(name).update(said)
			continue
		}
		known := r.section("KNOWN/" + name)
		for _, option := range before.names {
			if said.has(option) {
				known.set(option, before.by[option])
			}
		}
		before.update(said)
	}
}

// section is the one of that name, made where it is missing.
func (r *reader) section(name string) *options {
	if s := r.sections[name]; s != nil {
		return s
	}
	s := newOptions()
	r.sections[name] = s
	r.order = append(r.order, name)
	return s
}

func suffixed(o *options, suffix string) *options {
	c := newOptions()
	for _, name := range o.names {
		c.set(name+suffix, o.by[name])
	}
	return c
}

// Bounds of one value while what it refers to is put in.
const (
	maxDepth = 10      // Python's own
	maxSteps = 10_000  // references
	maxValue = 1 << 20 // bytes
)

// get is an option's value as an [section] sees it: of vars, of the section, or of
// DEFAULT, with %(references) replaced. found is false where there is neither.
func (r *reader) get(section, option string, vars *options) (v value, found bool, err error) {
	own := r.sections[section]
	if own == nil {
		if section != defaults {
			return value{}, false, nil
		}
		own = newOptions()
	}
	s := &scope{r: r, section: section, vars: vars.asTexts(), own: own, option: key(option), budget: &budget{steps: maxSteps, bytes: maxValue}}
	v, found = s.look(s.option)
	if !found || v.kind == None {
		return v, found, nil
	}
	s.at, v.raw = v.at, v.text
	v.text, err = s.fill(v.text, 1)
	return v, true, err
}

// scope is where the references of one value are looked up.
type scope struct {
	r       *reader
	section string
	option  string
	at      Origin
	vars    *options // first
	own     *options
	over    map[string]value // %(section/option) of the texts around; before vars
	budget  *budget
}

type budget struct{ steps, bytes int }

func (s *scope) look(name string) (value, bool) {
	if v, ok := s.over[name]; ok {
		return v, true
	}
	if s.vars != nil {
		if v, ok := s.vars.get(name); ok {
			return v, true
		}
	}
	if v, ok := s.own.get(name); ok {
		return v, true
	}
	return s.r.defaults.get(name)
}

var (
	reference = regexp.MustCompile(`^%\(([^)]+)\)s`)
	elsewhere = regexp.MustCompile(`%\(((?:` + word + `|-)+/([^)]+))\)s`)
)

// fill puts in what a text refers to.
func (s *scope) fill(rest string, depth int) (string, error) {
	if depth > maxDepth {
		return "", s.fault("it refers to values that refer to values, more than %d deep", maxDepth)
	}
	s = s.with(rest)
	var b strings.Builder
	for {
		n := strings.IndexByte(rest, '%')
		if n < 0 {
			b.WriteString(rest)
			return b.String(), s.spend(len(rest))
		}
		b.WriteString(rest[:n])
		rest = rest[n:]
		if err := s.spend(n); err != nil {
			return "", err
		}
		if strings.HasPrefix(rest, "%%") {
			b.WriteByte('%')
			rest = rest[2:]
			continue
		}
		m := reference.FindStringSubmatch(rest)
		if m == nil {
			return "", s.fault("a %% in it is neither doubled nor the start of %%(name)s: %q", clip(rest))
		}
		rest = rest[len(m[0]):]
		put, err := s.refer(key(m[1]), depth)
		if err != nil {
			return "", err
		}
		b.WriteString(put)
	}
}

func (s *scope) refer(name string, depth int) (string, error) {
	v, ok := s.look(name)
	if !ok {
		return "", s.fault("it refers to %%(%s)s, which is nowhere defined", clip(name))
	}
	if v.kind != Text {
		return "", s.fault("it refers to %%(%s)s, which is no text", clip(name))
	}
	if !strings.Contains(v.text, "%") {
		return v.text, s.spend(len(v.text))
	}
	return s.fill(v.text, depth+1)
}

func (s *scope) spend(bytes int) error {
	s.budget.steps--
	s.budget.bytes -= bytes
	if s.budget.steps < 0 || s.budget.bytes < 0 {
		return s.fault("what it refers to makes it too long")
	}
	return nil
}

// with is the scope for a text: "%(section/option)s" in it get what they mean.
func (s *scope) with(rest string) *scope {
	over := map[string]value{"__name__": {text: s.section}}
	maps.Copy(over, s.over)
	inner := *s
	inner.over = over
	if !strings.Contains(rest, "/") {
		return &inner
	}
	for _, m := range elsewhere.FindAllStringSubmatch(rest, -1) {
		if _, known := s.look(m[1]); known {
			continue
		}
		if v, ok := s.foreign(strings.TrimSuffix(m[1], "/"+m[2]), m[2]); ok {
			over[m[1]] = v
		}
	}
	return &inner
}

// foreign is the raw value of an option of another section, of "known" ones, or of DEFAULT.
func (s *scope) foreign(section, option string) (value, bool) {
	switch strings.ToLower(section) {
	case "default":
		return s.r.defaults.get(option)
	case "known":
		section = "KNOWN/" + s.section
		if s.r.sections[section] == nil {
			return s.r.defaults.get(option)
		}
	}
	from := s.r.sections[section]
	if from == nil {
		return value{}, false
	}
	if v, ok := from.get(option); ok {
		return v, true
	}
	return s.r.defaults.get(option)
}

func (s *scope) fault(format string, args ...any) error {
	f := fault.New(fault.Fail2banRefused, format, args...)
	where := "option " + clip(s.option) + " of [" + clip(s.section) + "]"
	if s.at.File != "" {
		where = s.at.String() + ", " + where
	}
	return fault.New(fault.Fail2banRefused, "%s: %s", where, f.Message)
}
