package jailconf

import (
	"slices"
	"strings"

	"bangui/internal/fault"
)

// Config is what fail2ban makes of a Tree: the value of every option that counts, and
// where it comes from.
type Config struct {
	// Server are the options of fail2ban.conf.
	Server []Option
	// Jails are all jails, active or not, in fail2ban's order.
	Jails []Jail
	// Problems are what fail2ban passes over and a person should know.
	Problems []Problem
}

// Option is one option with the value that counts.
type Option struct {
	Name   string
	Value  string // with %(references) and <tags> replaced, as fail2ban takes it
	Raw    string // as written
	Kind   Kind
	Origin Origin
	Fault  string // why it has no value; only of options that fail2ban itself does not read
}

// Jail is one jail as fail2ban would run it, were it enabled.
type Jail struct {
	Name    string
	Enabled bool
	// Options are those that fail2ban knows of a jail and that have a value, in its order.
	Options []Option
	// Others are options that only feed references: port, banaction, …
	Others  []Option
	Filter  *Part // nil = none
	Actions []Part
	// Fault says why fail2ban could not run the jail. Fatal means that it takes nothing
	// of the whole configuration because of it, now or once the jail is enabled.
	Fault string
	Fatal bool
}

// Part is a filter or an action of a jail.
type Part struct {
	Name    string   // of its file
	As      string   // an action's name in the running server
	Python  bool     // an action that is a Python program; its Options are not known
	Args    []Option // in the brackets, and what [Init] gives where they say nothing
	Options []Option // what fail2ban's server gets, in the order in which it is sent
}

// Option gives one option of a list by its name.
func find(list []Option, name string) (Option, bool) {
	for _, o := range list {
		if o.Name == name {
			return o, true
		}
	}
	return Option{}, false
}

// Option is an option of the jail, known to fail2ban or not.
func (j *Jail) Option(name string) (Option, bool) {
	if o, ok := find(j.Options, name); ok {
		return o, ok
	}
	return find(j.Others, name)
}

// Option is one of the options that the server gets.
func (p *Part) Option(name string) (Option, bool) { return find(p.Options, name) }

// Jail is the jail of that name; nil when there is none.
func (c *Config) Jail(name string) *Jail {
	for i := range c.Jails {
		if c.Jails[i].Name == name {
			return &c.Jails[i]
		}
	}
	return nil
}

// Resolve reads a Tree as fail2ban of that version does ("" counts as 1.0). An error
// means that fail2ban takes nothing of the configuration; a jail whose own filter or
// action is broken has its Fault instead.
func Resolve(t *Tree, version string) (*Config, error) {
	c := newResolver(t, version)
	server, err := c.server()
	if err != nil {
		return nil, err
	}
	jails, err := c.jails()
	if err != nil {
		return nil, err
	}
	return &Config{Server: server, Jails: jails, Problems: c.problems}, nil
}

func newResolver(t *Tree, version string) *resolver {
	c := &resolver{
		loader: newLoader(t), version: version, newer: newer.MatchString(version), dialect: dialectFor(version),
		readers: map[string]*reader{}, known: map[string]bool{},
	}
	for _, known := range jailTemplates(c.newer) {
		c.known[known.name] = true
	}
	return c
}

// resolver is one resolution.
type resolver struct {
	*loader
	version string
	newer   bool
	dialect *dialect
	readers map[string]*reader // of filters and actions; nil = there is none
	known   map[string]bool    // the options of a jail that fail2ban knows
}

func (c *resolver) server() ([]Option, error) {
	r, _, err := c.read("fail2ban")
	if err != nil {
		return nil, err
	}
	all, err := r.options("Definition", serverTemplates(), nil, true)
	if err != nil {
		return nil, err
	}
	return shown(all), nil
}

// jails resolves the enabled jails as fail2ban does, one after the other, and then the
// others: no jail sees what resolving another inactive one left behind.
func (c *resolver) jails() ([]Jail, error) {
	r, _, err := c.read("jail")
	if err != nil {
		return nil, err
	}
	r.defaults.set("fail2ban_version", value{text: c.version, at: Origin{Source: Builtin}})
	r.defaults.set("fail2ban_confpath", value{text: c.tree.dir, at: Origin{Source: Builtin}})
	var jails []Jail
	for _, name := range r.order {
		if name != "INCLUDES" && !strings.HasPrefix(name, "KNOWN/") {
			jails = append(jails, Jail{Name: name})
		}
	}
	for _, active := range []bool{true, false} {
		for i := range jails {
			j := &jails[i]
			if active {
				c.enabled(r, j)
			}
			if j.Fault == "" && j.Enabled == active {
				c.jail(r, j)
			}
		}
	}
	return jails, nil
}

// enabled reports whether a jail is; fail2ban asks each, and an error ends all.
func (c *resolver) enabled(r *reader, j *Jail) {
	first, err := r.options(j.Name, firstTemplates(), nil, true)
	if err != nil {
		j.Fault, j.Fatal = fault.MessageOf(err), true
		return
	}
	v, _ := first.get("enabled")
	j.Enabled = v.text == "True"
}

// jail fills in a jail.
func (c *resolver) jail(r *reader, j *Jail) {
	w := work{resolver: c, r: r, name: j.Name}
	if err := w.run(); err != nil {
		j.Fault, j.Fatal = fault.MessageOf(err), !w.skipped
	}
	j.Options, j.Others = shown(w.opts), c.others(r, j.Name, w.opts)
	j.Filter, j.Actions = w.filterPart, w.actions
}

// others are the options that a jail has and fail2ban doesn't know.
func (c *resolver) others(r *reader, jail string, known *options) []Option {
	var all []Option
	own := r.sections[jail]
	told := map[string]bool{}
	for _, name := range slices.Concat(own.names, r.defaults.names) {
		if told[name] || known.has(name) || strings.HasPrefix(name, "known/") || c.known[name] {
			continue
		}
		told[name] = true
		raw, _ := own.get(name)
		if !own.has(name) {
			raw, _ = r.defaults.get(name)
		}
		o := Option{Name: name, Raw: raw.text, Origin: raw.at}
		if v, _, err := r.get(jail, name, nil); err != nil {
			o.Fault = fault.MessageOf(err)
		} else {
			o.Value = v.text
		}
		all = append(all, o)
	}
	return all
}

// shown are the options as they are told.
func shown(o *options) []Option {
	if o == nil {
		return nil
	}
	all := make([]Option, 0, len(o.names))
	for _, name := range o.names {
		v := o.by[name]
		all = append(all, Option{Name: name, Value: v.text, Raw: v.raw, Kind: v.kind, Origin: v.at})
	}
	return all
}
