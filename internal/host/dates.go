package host

import (
	"context"
	"fmt"
	"slices"

	"bangui/internal/expression"
	"bangui/internal/fault"
)

// maxDates bounds how many date patterns of one change are tried.
const maxDates = 20

// datePattern is one that a change brings to a jail.
type datePattern struct{ jail, pattern string }

// tryDates has fail2ban's engine read the date patterns that a change brings: its server
// takes any, compiles it at the first line only, and then fails at each line, so that the
// jail runs and bans nobody (seen on 1.0.2).
func (l *Local) tryDates(ctx context.Context, p *plan, s stream) error {
	dates := p.dates(s)
	if len(dates) == 0 {
		return nil
	}
	program, err := l.program("fail2ban-client")
	if err != nil {
		return err
	}
	for _, d := range dates {
		r, err := l.tester.Try(ctx, program, expression.Trial{Filter: expression.Filter{DatePattern: d.pattern, Fail: []string{"<HOST>"}}})
		if err != nil { // it says nothing about the pattern
			l.Logger.WarnContext(ctx, "a date pattern was not tried", "jail", d.jail, "error", err)
			continue
		}
		for _, e := range r.Expressions {
			if e.Kind == expression.OfDate && e.Fault != "" {
				return fault.New(fault.Fail2banRefused, "the date pattern of the jail %s can't be used: %s; nothing was changed", d.jail, e.Fault).
					WithMend("fail2ban would take it and then find no failure any more. Mend it, then try again.")
			}
		}
	}
	return nil
}

// dates are the date patterns of the stream that differ, that a jail begins with, or that
// a filter has which is only tried.
func (p *plan) dates(s stream) (all []datePattern) {
	for _, c := range s.commands {
		if len(c) != 4 || c[0] != "set" || c[2] != "datepattern" || len(all) == maxDates {
			continue
		}
		d := datePattern{jail: fmt.Sprint(c[1]), pattern: fmt.Sprint(c[3])}
		differs := slices.ContainsFunc(p.Effects, func(e Effect) bool { return e.Jail == d.jail && e.Option == "datepattern" })
		starts := slices.Contains(p.Steps, Step{Jail: d.jail, Do: StepStart})
		known := slices.ContainsFunc(all, func(other datePattern) bool { return other.pattern == d.pattern })
		if !known && (differs || starts || p.wants.Jail(d.jail) == nil) {
			all = append(all, d)
		}
	}
	return all
}
