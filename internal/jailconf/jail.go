package jailconf

import (
	"path"
	"slices"
	"strings"

	"bangui/internal/fault"
)

// work is the resolving of one jail.
type work struct {
	*resolver
	r    *reader // of jail.conf and the like
	name string

	opts       *options
	filter     *definition
	filterPart *Part
	actions    []Part
	made       []func() error // what is combined once all is read
	// skipped says that fail2ban only leaves the jail out where its error ends it.
	skipped bool
}

// run resolves the jail in the order in which fail2ban does: what it needs to find the
// filter, the filter, the jail (which may refer to the filter), the filter again (which
// may refer to the jail), the actions.
func (w *work) run() error {
	first, err := w.r.options(w.name, firstTemplates(), nil, true)
	if err != nil {
		return err
	}
	w.opts = first
	if err := w.known(first); err != nil {
		return err
	}
	if w.opts, err = w.r.options(w.name, jailTemplates(w.newer), nil, true); err != nil {
		w.opts = first
		return err
	}
	if err := w.filterAgain(); err != nil {
		return err
	}
	list, _ := w.opts.get("action")
	for _, said := range w.dialect.names(list.text) {
		if err := w.action(said, list.at); err != nil {
			return err
		}
	}
	for _, combine := range w.made {
		if err := combine(); err != nil {
			return err
		}
	}
	return nil
}

// known reads the filter and makes its options those that the jail knows: %(known/…)s.
func (w *work) known(first *options) error {
	said, _ := first.get("filter")
	if said.text == "" {
		return nil
	}
	name, args, err := w.dialect.parse(said.text, said.at)
	if err != nil {
		w.skipped = true
		return err
	}
	r, err := w.part("filter.d", name)
	if err != nil {
		return err
	}
	w.filter = newDefinition(r, filterTemplates(), args)
	w.filter.newer = w.newer
	w.filterPart = &Part{Name: name}
	w.logType(first)
	if err := w.filter.resolve(first, true); err != nil {
		return problem(err, "filter %s", clip(name))
	}
	combined, err := w.filter.combine()
	if err != nil {
		return problem(err, "filter %s", clip(name))
	}
	own := w.r.sections[w.name]
	for _, option := range combined.names {
		if !strings.HasPrefix(option, "known/") {
			v := combined.by[option]
			v.at.Source = sourceIn(v.at, OfFilter)
			own.set("known/"+option, v)
		}
	}
	return nil
}

// logType tells the filter whether it will read files or the journal.
func (w *work) logType(first *options) {
	if given, _ := w.filter.args.get("logtype"); given.text != "" {
		return
	}
	if d := w.filter.r.sections["Definition"]; d != nil && d.has("logtype") {
		return
	}
	v := value{text: "file", at: Origin{Source: Builtin}}
	if backend, _ := first.get("backend"); strings.HasPrefix(backend.text, "systemd") {
		v.text = "journal"
	}
	w.filter.args.set("logtype", v)
}

func (w *work) filterAgain() error {
	if w.filter == nil {
		return nil
	}
	if err := w.filter.resolve(w.opts, false); err != nil {
		return problem(err, "filter %s", clip(w.filterPart.Name))
	}
	w.made = append(w.made, w.combineFilter)
	return nil
}

func (w *work) combineFilter() error {
	combined, err := w.filter.combine()
	if err != nil {
		return problem(err, "filter %s", clip(w.filterPart.Name))
	}
	w.filterPart.Args = argsOf(w.filter.args, OfFilter)
	sent := newOptions()
	for _, name := range combined.names {
		if v := combined.by[name]; v.kind != None && w.sends(name) {
			sent.set(name, v)
		}
	}
	w.filterPart.Options = optionsOf(sent, OfFilter)
	return nil
}

// sends reports whether the server gets that option of a filter. Before 1.1.1 (seen in
// 1.0.2) that is also each whose name is a part of the word "datepattern", which the
// server then refuses.
func (w *work) sends(name string) bool {
	return slices.ContainsFunc(filterTemplates(), func(t template) bool { return t.name == name }) ||
		!w.newer && strings.Contains("datepattern", name)
}

// part is the reader of a filter or an action.
func (w *work) part(folder, name string) (*reader, error) {
	full := path.Clean(join(join(w.tree.dir, folder), name))
	if strings.HasPrefix(name, "./") || w.tree.outside(full) {
		w.skipped = true
		return nil, fault.New(fault.Fail2banRefused, "%s of [%s] is not in %s/%s", clip(name), clip(w.name), w.tree.dir, folder)
	}
	r, done := w.readers[full]
	if !done {
		read, found, err := w.read(strings.TrimPrefix(full, w.tree.dir+"/"))
		if err != nil {
			return nil, err
		}
		if found {
			r = read
		}
		w.readers[full] = r
	}
	if r == nil {
		w.skipped = true
		return nil, fault.New(fault.Fail2banRefused, "there is no %s/%s.conf for the jail [%s]", folder, clip(name), clip(w.name))
	}
	return r, nil
}

// action resolves one action.
func (w *work) action(said string, at Origin) error {
	name, args, err := w.dialect.parse(said, at)
	if err != nil {
		w.skipped = true
		return err
	}
	if strings.HasSuffix(name, ".py") {
		as, given := args.get("actname")
		if !given {
			as.text = splitExt(name)
		}
		w.actions = append(w.actions, Part{Name: name, As: as.text, Python: true, Args: shown(args.without("actname"))})
		return nil
	}
	nameAction(w.name, name, args)
	r, err := w.part("action.d", name)
	if err != nil {
		return err
	}
	d := newDefinition(r, actionTemplates(), args)
	d.newer = w.newer
	if err := d.resolve(w.opts, false); err != nil {
		return problem(err, "action %s", clip(name))
	}
	as, _ := args.get("actname")
	place := len(w.actions)
	w.actions = append(w.actions, Part{Name: name, As: as.text, Args: argsOf(d.args, OfAction)})
	w.made = append(w.made, func() error {
		combined, err := d.combine("matches", "ipmatches", "ipjailmatches", "timeout", "bantime")
		if err != nil {
			return problem(err, "action %s", clip(name))
		}
		w.actions[place].Options = optionsOf(sent(combined, d), OfAction)
		return nil
	})
	return nil
}

// nameAction gives an action the names that it needs and weren't given.
func nameAction(jail, file string, args *options) {
	name, given := args.get("name")
	if !given {
		name = value{text: jail, at: Origin{Source: Builtin}}
		args.set("name", name)
	}
	if args.has("actname") {
		return
	}
	as := file
	if name.text != jail {
		suffix, longer := strings.CutPrefix(name.text, jail)
		if !longer {
			suffix = "-" + name.text
		}
		as += suffix
	}
	args.set("actname", value{text: as, at: Origin{Source: Builtin}})
}

// sent are the options of an action that the server gets: what it knows, with tags
// replaced, and the arguments, as they are.
func sent(combined *options, d *definition) *options {
	all := newOptions()
	known := func(name string) bool {
		return slices.ContainsFunc(d.known, func(t template) bool { return t.name == name })
	}
	for _, name := range combined.names {
		if known(name) {
			all.set(name, combined.by[name])
		}
	}
	for _, name := range d.args.names {
		if !known(name) && !strings.HasPrefix(name, "known/") {
			all.set(name, d.args.by[name])
		}
	}
	return all
}

// argsOf are arguments as they are told, without what fail2ban only remembers.
func argsOf(args *options, files Source) []Option {
	all := optionsOf(args, files)
	return slices.DeleteFunc(all, func(o Option) bool { return strings.HasPrefix(o.Name, "known/") })
}

// optionsOf are options of a filter or an action as they are told.
func optionsOf(o *options, files Source) []Option {
	all := shown(o)
	for i := range all {
		all[i].Origin.Source = sourceIn(all[i].Origin, files)
	}
	return all
}

// sourceIn names the files of a filter or an action as the source of what they say.
func sourceIn(at Origin, files Source) Source {
	if at.Source == Own || at.Source == Default {
		return files
	}
	return at.Source
}
