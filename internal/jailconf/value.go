package jailconf

import "fmt"

// Origin is where a value stands.
type Origin struct {
	// File is its path below the configuration folder; "" = in no file.
	File string
	// Line is that of the option's name, from 1; 0 = in no file.
	Line int
	// Section is the one it stands in, as written: "sshd", "DEFAULT", "Init?family=inet6".
	Section string
	// Source says which kind of place that is.
	Source Source
}

// String is the origin in words, for messages: "jail.local, line 5".
func (o Origin) String() string {
	if o.File == "" {
		return string(o.Source)
	}
	return fmt.Sprintf("%s, line %d", o.File, o.Line)
}

// Source is the kind of place that a value comes from.
type Source string

// The places.
const (
	Own      Source = "own"      // the section itself
	Default  Source = "default"  // [DEFAULT] of the same files
	Builtin  Source = "builtin"  // fail2ban, where no file says anything
	OfFilter Source = "filter"   // the filter's files
	OfAction Source = "action"   // the action's files
	Argument Source = "argument" // in brackets behind the name of the filter or action
)

// Kind is what fail2ban made of a text.
type Kind string

// The kinds.
const (
	Text   Kind = "" // as it is
	Number Kind = "number"
	Switch Kind = "switch" // "True" or "False"
	None   Kind = "none"   // it should be a number and isn't, so that fail2ban has nothing
)

// value is an option's value while it is resolved.
type value struct {
	raw  string // as it is written, before references and tags are replaced
	text string // of a number in decimal, of a switch "True" or "False", of none "None"
	kind Kind
	at   Origin
}

func nothing(at Origin) value { return value{text: "None", kind: None, at: at} }

// options are names and values in the order in which they came; a value that is set
// again keeps its place, as in a Python dict.
type options struct {
	names []string
	by    map[string]value
}

func newOptions() *options { return &options{by: map[string]value{}} }

func (o *options) get(name string) (value, bool) {
	v, ok := o.by[name]
	return v, ok
}

func (o *options) has(name string) bool {
	_, ok := o.by[name]
	return ok
}

func (o *options) set(name string, v value) {
	if !o.has(name) {
		o.names = append(o.names, name)
	}
	o.by[name] = v
}

func (o *options) update(with *options) {
	for _, name := range with.names {
		o.set(name, with.by[name])
	}
}

func (o *options) clone() *options {
	c := newOptions()
	c.update(o)
	return c
}

// merged is a copy of o with what with says on top; with may be nil.
func (o *options) merged(with *options) *options {
	c := o.clone()
	if with != nil {
		c.update(with)
	}
	return c
}

// asTexts are the options as variables of a reader: names in small letters, values as
// Python prints them. nil stays nil.
func (o *options) asTexts() *options {
	if o == nil {
		return nil
	}
	c := newOptions()
	for _, name := range o.names {
		v := o.by[name]
		if v.kind != None {
			v.kind = Text
		}
		c.set(key(name), v)
	}
	return c
}

// without are all options but one.
func (o *options) without(name string) *options {
	c := newOptions()
	for _, n := range o.names {
		if n != name {
			c.set(n, o.by[n])
		}
	}
	return c
}
