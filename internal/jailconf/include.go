package jailconf

import (
	"slices"
	"strings"
	"unicode/utf8"

	"bangui/internal/fault"
)

// maxIncludes bounds the files that one file brings along, themselves counted as
// often as they are named.
const maxIncludes = 5000

// loader reads files and what they include, each once, as fail2ban's shared readers do.
type loader struct {
	tree     *Tree
	parsed   map[string]*file // nil = not readable
	included map[string][]string
	problems []Problem
}

func newLoader(t *Tree) *loader {
	return &loader{tree: t, parsed: map[string]*file{}, included: map[string][]string{}}
}

// Problem is something in the files that fail2ban passes over and a person should know.
type Problem struct {
	File string
	Text string // one sentence
}

func (l *loader) complain(file, format string) {
	p := Problem{file, format}
	if !slices.Contains(l.problems, p) {
		l.problems = append(l.problems, p)
	}
}

// load parses one file. One that isn't there, or isn't UTF-8, is nil: fail2ban goes
// on without it.
func (l *loader) load(name string) (*file, error) {
	if f, done := l.parsed[name]; done {
		return f, nil
	}
	where, ok := l.tree.find(name)
	if !ok {
		l.missing(name)
		l.parsed[name] = nil
		return nil, nil
	}
	content := l.tree.files[where]
	if !utf8.ValidString(content) {
		l.complain(where, "It is not UTF-8, so fail2ban reads nothing of it.")
		l.parsed[name] = nil
		return nil, nil
	}
	f, err := parse(where, content)
	if err != nil {
		return nil, err
	}
	l.parsed[name] = f
	return f, nil
}

// missing says where fail2ban may find a file that we do not read.
func (l *loader) missing(name string) {
	where := strings.TrimPrefix(name, l.tree.dir+"/")
	switch why, odd := l.tree.odd[where]; {
	case odd:
		l.complain(where, "BanGUI does not read it: "+why+".")
	case l.tree.outside(name):
		l.complain(name, "BanGUI reads nothing outside of fail2ban's configuration folder.")
	}
}

// withLocal puts NAME.local behind each NAME.conf, where it exists and isn't named itself.
func (l *loader) withLocal(names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, name)
		local := splitExt(name) + ".local"
		if _, ok := l.tree.find(local); ok && !slices.Contains(names, local) {
			all = append(all, local)
		}
	}
	return all
}

// includes are the files to read for these, in order, each with what it includes
// before and after itself. path holds the files that led here.
func (l *loader) includes(names, path []string) ([]string, error) {
	names = l.withLocal(names)
	known := strings.Join(names, "\x01")
	if all, done := l.included[known]; done {
		return all, nil
	}
	var all []string
	for _, name := range names {
		more, err := l.of(name, path)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
		if len(all) > maxIncludes || len(path) > maxIncludes {
			return nil, fault.New(fault.TooLarge, "%s includes more than %d files", name, maxIncludes)
		}
	}
	l.included[known] = all
	return all, nil
}

// of are the files to read for one.
func (l *loader) of(name string, path []string) ([]string, error) {
	f, err := l.load(name)
	if err != nil || f == nil {
		return nil, err
	}
	all := []string{name}
	if f.sections["INCLUDES"] == nil {
		return all, nil
	}
	r := readerOf(f)
	for _, option := range []string{"before", "after"} {
		list, found, err := r.get("INCLUDES", option, nil)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		more, err := l.named(name, list.text, path)
		if err != nil {
			return nil, err
		}
		if option == "before" {
			all = append(more, all...)
		} else {
			all = append(all, more...)
		}
	}
	return all, nil
}

// named are the files that a list in an [INCLUDES] names.
func (l *loader) named(name, list string, path []string) ([]string, error) {
	var all []string
	for item := range strings.SplitSeq(list, "\n") {
		resource := join(folderOf(name), item)
		if slices.Contains(path, resource) {
			continue
		}
		more, err := l.includes([]string{resource}, append(slices.Clone(path), name))
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}
