package jailconf

import (
	"regexp"

	"bangui/internal/fault"
)

// A filter or an action is named with options in brackets: NAME[a=1, b="x,y"][c='z'].
// The expressions are fail2ban's own, without what RE2 lacks.
const (
	optionName = `(?:` + word + `|[-.])+`
	// optionName111 also takes what counts for one family: since fail2ban 1.1.1 (read).
	optionName111 = optionName + `(?:\?` + optionName + `=` + optionName + `)?`
	optionText    = `(?:"[^"]*"|'[^']*'|[^,\]]*)`
)

// dialect is how one version of fail2ban reads brackets.
type dialect struct{ one, list, split *regexp.Regexp }

func dialectOf(name string) *dialect {
	return &dialect{
		one: regexp.MustCompile(`(?s)^([^\[]+)(?:\[(.*)\])?` + space + `*$`),
		list: regexp.MustCompile(`(?s)` + space + `*(` + name + `)=(?:"([^"]*)"|'([^']*)'|([^,\]]*))(?:,|\]` + space + `*\[|\n?$|(.+))|,?` +
			space + `*$|(.+)`),
		split: regexp.MustCompile(`(?s)(?:[^\[` + spaces + `]+(?:` + space + `*\[` + space + `*(?:` + name + `=` + optionText + space +
			`*(?:,|\]` + space + `*\[)?` + space + `*)*\])?|[^` + spaces + `]+)(?:` + space + `|$)`),
	}
}

// newer is the first version that reads the newer brackets.
var newer = regexp.MustCompile(`^(?:1\.1\.[1-9]|1\.[2-9]|[2-9])`)

func dialectFor(version string) *dialect {
	if newer.MatchString(version) {
		return dialectOf(optionName111)
	}
	return dialectOf(optionName)
}

// parse splits NAME[options]; the options are in their order, each with the origin at.
func (d *dialect) parse(said string, at Origin) (name string, args *options, err error) {
	m := d.one.FindStringSubmatch(said)
	if m == nil {
		return "", nil, fault.New(fault.Fail2banRefused, "%q is no NAME[option=value, …]", clip(said))
	}
	args = newOptions()
	for _, o := range d.list.FindAllStringSubmatch(m[2], -1) {
		if wrong := o[5] + o[6]; wrong != "" {
			return "", nil, fault.New(fault.Fail2banRefused, "in the brackets behind %s, %q is no option=value", clip(m[1]), clip(wrong))
		}
		if o[1] != "" {
			args.set(strip(o[1]), value{text: strip(o[2] + o[3] + o[4]), at: at.as(Argument)})
		}
	}
	return m[1], args, nil
}

// names splits a list of NAME[options] at blanks and line breaks outside of brackets.
func (d *dialect) names(list string) []string {
	var all []string
	for _, item := range d.split.FindAllString(list, -1) {
		if item = strip(item); item != "" {
			all = append(all, item)
		}
	}
	return all
}

// as is the origin with another kind of source.
func (o Origin) as(s Source) Origin {
	o.Source = s
	return o
}
