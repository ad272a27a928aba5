package host

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"bangui/internal/backtest"
	"bangui/internal/expression"
	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// tried is a jail as a back-test takes it: what its filter is, what it reads, and whom it
// bans.
type tried struct {
	reads    reads
	settings backtest.Settings // without Ignored
	ignoring backtest.Ignoring
	notes    []BacktestNote
}

// reads is what finds a jail's failures: equal ones find equal failures.
type reads struct {
	filter                     expression.Filter
	useDNS, encoding, timeZone string
	journal                    bool
	match                      string   // of the journal
	paths                      []string // patterns of logs
}

func (r reads) key() string { return fmt.Sprintf("%#v", r) }

// triedOf takes a jail apart. Invalid: a value that fail2ban would not take, or that only it
// can evaluate.
func triedOf(j *jailconf.Jail) (*tried, error) {
	if j == nil {
		return nil, nil //nolint:nilnil // there is no such jail on that side
	}
	if j.Fault != "" {
		return nil, fault.New(fault.Invalid, "fail2ban could not run the jail %s: %s", clip(j.Name), j.Fault)
	}
	if j.Filter == nil {
		return nil, fault.New(fault.Invalid, "the jail %s has no filter, so no log leads to its bans", clip(j.Name))
	}
	t := &tried{}
	if err := t.read(j); err != nil {
		return nil, err
	}
	if err := t.counts(j); err != nil {
		return nil, err
	}
	t.ignores(j)
	return t, nil
}

// optionOf is a value of a jail: its filter's, which has the jail's own, or the jail's.
func optionOf(j *jailconf.Jail, name string) string {
	if o, ok := j.Filter.Option(name); ok {
		return o.Value
	}
	o, _ := j.Option(name)
	return o.Value
}

func (t *tried) read(j *jailconf.Jail) (err error) {
	options := map[string]string{}
	for _, name := range []string{"prefregex", "failregex", "ignoreregex", "datepattern", "maxlines", "journalmatch"} {
		options[name] = optionOf(j, name)
	}
	r := &t.reads
	if r.filter, r.match, err = expressionsOf(options); err != nil {
		return err
	}
	r.useDNS, r.encoding, r.timeZone = optionOf(j, "usedns"), optionOf(j, "logencoding"), optionOf(j, "logtimezone")
	if r.journal = strings.HasPrefix(optionOf(j, "backend"), "systemd"); r.journal {
		_, err = journalTerms(r.match)
		return err
	}
	r.match = ""
	for line := range strings.Lines(optionOf(j, "logpath")) {
		if path, _, _ := strings.Cut(strings.TrimSpace(line), " "); path != "" {
			r.paths = append(r.paths, path)
		}
	}
	if len(r.paths) == 0 {
		return fault.New(fault.Invalid, "the jail %s reads no log", clip(j.Name))
	}
	return nil
}

func (t *tried) counts(j *jailconf.Jail) (err error) {
	s := &t.settings
	s.MaxRetry, err = strconv.Atoi(optionOf(j, "maxretry"))
	if err != nil {
		return fault.New(fault.Invalid, "maxretry of the jail %s is no number", clip(j.Name))
	}
	if s.FindTime, err = spanIn(j, "findtime"); err != nil {
		return err
	}
	if s.BanTime, err = spanIn(j, "bantime"); err != nil {
		return err
	}
	if optionOf(j, "bantime.increment") != "True" {
		return nil
	}
	return t.increments(j)
}

// spanIn is a time of a jail, in seconds.
func spanIn(j *jailconf.Jail, name string) (float64, error) {
	text := strings.TrimSpace(optionOf(j, name))
	if text == "-1" {
		return backtest.Forever, nil
	}
	seconds, ok := jailconf.Seconds(text)
	if !ok {
		return 0, fault.New(fault.Invalid, "%s of the jail %s is %q, which only fail2ban can evaluate", name, clip(j.Name), clip(text)).
			WithMend("Write it as a number with a unit, such as 10m.")
	}
	return float64(seconds), nil
}

func (t *tried) increments(j *jailconf.Jail) (err error) {
	i := &backtest.Increment{Factor: 1}
	t.settings.Increment = i
	if text := strings.TrimSpace(optionOf(j, "bantime.factor")); text != "" {
		if i.Factor, err = strconv.ParseFloat(text, 64); err != nil {
			return fault.New(fault.Invalid, "bantime.factor of the jail %s is %q, which only fail2ban can evaluate", clip(j.Name), clip(text))
		}
	}
	for text := range strings.FieldsSeq(optionOf(j, "bantime.multipliers")) {
		n, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fault.New(fault.Invalid, "bantime.multipliers of the jail %s are no numbers", clip(j.Name))
		}
		i.Multipliers = append(i.Multipliers, n)
	}
	if optionOf(j, "bantime.maxtime") != "" {
		if i.MaxTime, err = spanIn(j, "bantime.maxtime"); err != nil {
			return err
		}
	}
	t.note("history", "Ban times that grow begin as for addresses that were never banned before; fail2ban knows of earlier bans.")
	const usual = "ban.Time * (1<<(ban.Count if ban.Count<20 else 20)) * banFactor"
	if formula := optionOf(j, "bantime.formula"); formula != "" && formula != usual && len(i.Multipliers) == 0 {
		t.note("formula", "bantime.formula is a program that is not run here: ban times double instead.")
	}
	if optionOf(j, "bantime.rndtime") != "" {
		t.note("random", "bantime.rndtime is left out: ban times are the shortest ones.")
	}
	if optionOf(j, "bantime.overalljails") == "True" {
		t.note("other_jails", "bantime.overalljails: bans of other jails are not known here.")
	}
	return nil
}

// ignores takes the ignore list as fail2ban does, but for names of hosts.
func (t *tried) ignores(j *jailconf.Jail) {
	t.ignoring.Texts = map[string]bool{}
	names := 0
	for _, entry := range strings.FieldsFunc(optionOf(j, "ignoreip"), func(r rune) bool { return strings.ContainsRune(" \t\r\n,", r) }) {
		addr, err := netip.ParseAddr(entry)
		prefix, notPrefix := netip.ParsePrefix(entry)
		switch {
		case err == nil:
			t.ignoring.Prefixes = append(t.ignoring.Prefixes, netip.PrefixFrom(addr.Unmap(), addr.Unmap().BitLen()))
		case notPrefix == nil:
			t.ignoring.Prefixes = append(t.ignoring.Prefixes, prefix.Masked())
		default:
			t.ignoring.Texts[entry] = true
			names++
		}
	}
	if names > 0 {
		t.note("ignored_names", "Names of hosts on the ignore list are not looked up.")
	}
	if optionOf(j, "ignoreself") != "False" {
		t.ignoring.Prefixes = append(t.ignoring.Prefixes, ownPrefixes()...)
	}
	if optionOf(j, "ignorecommand") != "" {
		t.note("ignorecommand", "ignorecommand is a program that is not run here: it ignores nobody.")
	}
}

// ownPrefixes are the machine's own addresses.
func ownPrefixes() []netip.Prefix {
	all := []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32"), netip.MustParsePrefix("::1/128")}
	found, _ := net.InterfaceAddrs() // those that can't be told are not ignored
	for _, a := range found {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			all = append(all, netip.PrefixFrom(p.Addr(), p.Addr().BitLen()))
		}
	}
	return all
}

func (t *tried) note(code, text string) {
	t.notes = append(t.notes, BacktestNote{Code: code, Text: text})
}
