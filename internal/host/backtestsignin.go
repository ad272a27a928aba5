package host

import "regexp"

// pattern finds who signed in, and from where.
type pattern struct {
	form          *regexp.Regexp
	user, address int
}

// patternOf is an expression whose groups are the user and the address, in that order
// unless they have these names.
func patternOf(text string) *pattern {
	p := &pattern{form: regexp.MustCompile(text), user: 1, address: 2}
	if i := p.form.SubexpIndex("user"); i > 0 {
		p.user, p.address = i, p.form.SubexpIndex("address")
	}
	return p
}

func (p *pattern) find(line []byte) (user, address string, ok bool) {
	m := p.form.FindSubmatch(line)
	if m == nil {
		return "", "", false
	}
	return string(m[p.user]), string(m[p.address]), true
}
