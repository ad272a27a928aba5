package fail2ban

import (
	"context"
	"strings"
	"time"

	"bangui/internal/fail2ban/pickle"
	"bangui/internal/fault"
)

// JailName names a jail. fail2ban lets a name be almost anything; what can't be sent
// safely is refused when it is sent.
type JailName string

// JailCounters are the counters of one jail. Failed counts ids with failures inside
// the find time; the totals count since the jail was started.
type JailCounters struct {
	Name                         JailName
	Backend                      string // "" before 1.1
	CurrentlyFailed, TotalFailed int
	CurrentlyBanned, TotalBanned int
	LogPaths                     []string // JailStatus only
	JournalMatches               []string // JailStatus only
}

// Jails are the names of the jails that run, in no order that means anything.
func (c *Client) Jails(ctx context.Context) ([]JailName, error) {
	var names []JailName
	err := c.session(ctx, read, readTime, func(cn *conn) (err error) {
		names, err = cn.jails()
		return err
	})
	return names, err
}

func (cn *conn) jails() ([]JailName, error) {
	pairs, err := asAnswer[[]any](cn.ask([]any{"status"}))
	if err != nil {
		return nil, err
	}
	count, _ := labelled(pairs, "Number of jail").(int64)
	list, ok := labelled(pairs, "Jail list").(string)
	if !ok {
		return nil, unexpected(pairs)
	}
	if list == "" {
		return nil, nil
	}
	names := strings.Split(list, ", ")
	if int64(len(names)) != count {
		return cn.jailsOfBanned() // a name holds a comma
	}
	return asNames(names), nil
}

// jailsOfBanned asks `banned`, which names jails one by one (0.11.2 and newer). It
// costs a list of all bans, so it is for names with a comma only.
func (cn *conn) jailsOfBanned() ([]JailName, error) {
	dicts, err := asAnswer[[]any](cn.ask([]any{"banned"}))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range dicts {
		if dict, ok := d.(pickle.Dict); ok && len(dict) == 1 {
			names = append(names, text(dict[0].Key))
		}
	}
	return asNames(names), nil
}

func asNames(texts []string) []JailName {
	names := make([]JailName, len(texts))
	for i, t := range texts {
		names[i] = JailName(t)
	}
	return names
}

// labelled finds a value in a list of (label, value) pairs; nil when it isn't there.
func labelled(pairs any, label string) any {
	list, _ := pairs.([]any)
	for _, p := range list {
		if pair, ok := p.([]any); ok && len(pair) == 2 && pair[0] == label {
			return pair[1]
		}
	}
	return nil
}

// Stats are the counters of all jails, cheap at any number of bans: one command
// since 1.1, one short status a jail before. A newer version that answers the one
// command otherwise is asked jail by jail as well.
func (c *Client) Stats(ctx context.Context) ([]JailCounters, error) {
	version, err := c.Version(ctx)
	if err != nil {
		return nil, err
	}
	var all []JailCounters
	err = c.session(ctx, read, readTime, func(cn *conn) (err error) {
		if version.AtLeast(1, 1, 0) && c.noStats.Load() != int64(cn.peer.PID) {
			if all, err = cn.stats(); !fault.Is(err, fault.Unsupported) && !fault.Is(err, fault.Fail2banGarbled) {
				return err
			}
			c.noStats.Store(int64(cn.peer.PID)) // fail2ban logs an error for what it does not know
		}
		all, err = cn.shortStats()
		return err
	})
	return all, err
}

func (cn *conn) stats() ([]JailCounters, error) {
	dict, err := asAnswer[pickle.Dict](cn.ask([]any{"stats"}))
	if err != nil {
		return nil, err
	}
	all := make([]JailCounters, 0, len(dict))
	for _, entry := range dict {
		fields, ok := entry.Value.([]any)
		if !ok || len(fields) != 3 {
			return nil, unexpected(entry.Value)
		}
		j := JailCounters{Name: JailName(text(entry.Key)), Backend: text(fields[0])}
		j.CurrentlyFailed, j.TotalFailed = pair(fields[1])
		j.CurrentlyBanned, j.TotalBanned = pair(fields[2])
		all = append(all, j)
	}
	return all, nil
}

func (cn *conn) shortStats() ([]JailCounters, error) {
	names, err := cn.jails()
	if err != nil {
		return nil, err
	}
	all := make([]JailCounters, 0, len(names))
	for _, name := range names {
		j, err := cn.jailStatus(name)
		if fault.Is(err, fault.JailNotFound) {
			continue // it was stopped between the two commands
		}
		if err != nil {
			return nil, err
		}
		all = append(all, j)
	}
	return all, nil
}

func pair(v any) (int, int) {
	list, _ := v.([]any)
	if len(list) != 2 {
		return 0, 0
	}
	return number(list[0]), number(list[1])
}

func number(v any) int {
	switch n := v.(type) {
	case int64:
		return int(n)
	case float64:
		return int(n)
	default:
		return 0
	}
}

// JailStatus are one jail's counters and what it watches.
func (c *Client) JailStatus(ctx context.Context, jail JailName) (JailCounters, error) {
	var j JailCounters
	err := c.session(ctx, read, readTime, func(cn *conn) (err error) {
		j, err = cn.jailStatus(jail)
		return err
	})
	return j, err
}

func (cn *conn) jailStatus(jail JailName) (JailCounters, error) {
	status, err := cn.ask([]any{"status", string(jail), "short"})
	if err != nil {
		return JailCounters{}, err
	}
	filter, actions := labelled(status, "Filter"), labelled(status, "Actions")
	if filter == nil || actions == nil {
		return JailCounters{}, unexpected(status)
	}
	j := JailCounters{
		Name:            jail,
		CurrentlyFailed: number(labelled(filter, "Currently failed")), TotalFailed: number(labelled(filter, "Total failed")),
		CurrentlyBanned: number(labelled(actions, "Currently banned")), TotalBanned: number(labelled(actions, "Total banned")),
		LogPaths: texts(labelled(filter, "File list")), JournalMatches: texts(labelled(filter, "Journal matches")),
	}
	if labelled(filter, "Journal matches") != nil {
		j.Backend = "systemd"
	}
	return j, nil
}

func texts(v any) []string {
	var items []any
	switch list := v.(type) {
	case []any:
		items = list
	case pickle.Set:
		items = list
	default:
		return nil
	}
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = entryText(item)
	}
	return out
}

// entryText is an entry of an ignore list: since 1.1.1 one may be an object that
// stands for a file (fail2ban.md 2.4).
func entryText(v any) string {
	o, ok := v.(pickle.Object)
	if !ok {
		return text(v)
	}
	if state, ok := o.State.(pickle.Dict); ok {
		if name, ok := state.Get("fileName"); ok {
			return "file:" + text(name)
		}
	}
	return o.Class
}

// JailOptions is what fail2ban tells about how a jail is set up now.
type JailOptions struct {
	BanTime, FindTime              time.Duration // BanTime is negative for ever
	MaxRetry, MaxMatches, MaxLines int
	UseDNS, LogEncoding            string
	LogPaths                       []string
	JournalMatch                   []string // one line of words each
	IgnoreSelf                     bool
	IgnoreIP                       []string
	IgnoreCommand                  string
	PrefRegex                      string
	FailRegex, IgnoreRegex         []string // expanded
	DatePattern                    string
	Actions                        []string
	Increment                      BanTimeIncrement
}

// BanTimeIncrement is a jail's escalation of ban times (0.11 and newer).
type BanTimeIncrement struct {
	On                           bool
	Factor, Formula, Multipliers string
	MaxTime, RandomTime          time.Duration // 0 = not set
	OverAllJails                 bool
}

// JailOptions asks for a jail's options, one after the other on one connection.
func (c *Client) JailOptions(ctx context.Context, jail JailName) (JailOptions, error) {
	var o JailOptions
	err := c.session(ctx, read, listTime, func(cn *conn) error {
		for _, option := range jailOptions {
			value, err := cn.ask([]any{"get", string(jail), option.name})
			if option.optional && fault.Is(err, fault.Fail2banRefused) || fault.Is(err, fault.Unsupported) {
				continue // this version or this jail does not have it
			}
			if err != nil {
				return err
			}
			option.set(&o, value)
		}
		return nil
	})
	return o, err
}

// jailOptions are the options that JailOptions asks for, and where they go.
var jailOptions = []struct { //nolint:gochecknoglobals // a constant table
	name     string
	optional bool
	set      func(*JailOptions, any)
}{
	{"bantime", false, func(o *JailOptions, v any) { o.BanTime = span(v) }},
	{"findtime", false, func(o *JailOptions, v any) { o.FindTime = span(v) }},
	{"maxretry", false, func(o *JailOptions, v any) { o.MaxRetry = number(v) }},
	{"maxmatches", true, func(o *JailOptions, v any) { o.MaxMatches = number(v) }},
	{"maxlines", true, func(o *JailOptions, v any) { o.MaxLines = number(v) }},
	{"usedns", true, func(o *JailOptions, v any) { o.UseDNS = text(v) }},
	{"logencoding", true, func(o *JailOptions, v any) { o.LogEncoding = text(v) }},
	{"logpath", true, func(o *JailOptions, v any) { o.LogPaths = texts(v) }},
	{"journalmatch", true, func(o *JailOptions, v any) { o.JournalMatch = wordLines(v) }},
	{"ignoreself", true, func(o *JailOptions, v any) { o.IgnoreSelf = truth(v) }},
	{"ignoreip", true, func(o *JailOptions, v any) { o.IgnoreIP = texts(v) }},
	{"ignorecommand", true, func(o *JailOptions, v any) { o.IgnoreCommand = unset(v) }},
	{"prefregex", true, func(o *JailOptions, v any) { o.PrefRegex = text(v) }},
	{"failregex", true, func(o *JailOptions, v any) { o.FailRegex = texts(v) }},
	{"ignoreregex", true, func(o *JailOptions, v any) { o.IgnoreRegex = texts(v) }},
	{"datepattern", true, func(o *JailOptions, v any) { o.DatePattern = datePattern(v) }},
	{"actions", false, func(o *JailOptions, v any) { o.Actions = texts(v) }},
	{"bantime.increment", true, func(o *JailOptions, v any) { o.Increment.On = truth(v) }},
	{"bantime.factor", true, func(o *JailOptions, v any) { o.Increment.Factor = text(v) }},
	{"bantime.formula", true, func(o *JailOptions, v any) { o.Increment.Formula = text(v) }},
	{"bantime.multipliers", true, func(o *JailOptions, v any) { o.Increment.Multipliers = text(v) }},
	{"bantime.maxtime", true, func(o *JailOptions, v any) { o.Increment.MaxTime = span(v) }},
	{"bantime.rndtime", true, func(o *JailOptions, v any) { o.Increment.RandomTime = span(v) }},
	{"bantime.overalljails", true, func(o *JailOptions, v any) { o.Increment.OverAllJails = truth(v) }},
}

// span is a number of seconds, whole or not, or a text that holds one.
func span(v any) time.Duration {
	switch n := v.(type) {
	case int64:
		return time.Duration(n) * time.Second
	case float64:
		return time.Duration(n * float64(time.Second))
	default:
		return 0
	}
}

// unset is an option's text; fail2ban says False where it was never set.
func unset(v any) string {
	if _, never := v.(bool); never {
		return ""
	}
	return text(v)
}

func truth(v any) bool {
	s := strings.ToLower(text(v))
	return s == "true" || s == "1" || s == "yes" || s == "on"
}

// datePattern is (pattern, name), (nil, name), or nothing for a journal.
func datePattern(v any) string {
	list, _ := v.([]any)
	for _, item := range list {
		if s := text(item); s != "" {
			return s
		}
	}
	return ""
}

func wordLines(v any) []string {
	list, _ := v.([]any)
	var lines []string
	for _, item := range list {
		lines = append(lines, strings.Join(texts(item), " "))
	}
	return lines
}

// StopJail removes a jail from the server: its bans are lifted in the firewall and
// stay in the database.
func (c *Client) StopJail(ctx context.Context, jail JailName) error {
	_, err := c.ask(ctx, bulk, bulkTime, "stop", string(jail))
	return err
}

// SetIdle switches a jail's watching off or on. While idle nothing expires.
func (c *Client) SetIdle(ctx context.Context, jail JailName, idle bool) error {
	word := "off"
	if idle {
		word = "on"
	}
	_, err := c.ask(ctx, read, readTime, "set", string(jail), "idle", word)
	return err
}

// IgnoreIP is a jail's ignore list: addresses, networks, names, raw ids, files.
func (c *Client) IgnoreIP(ctx context.Context, jail JailName) ([]string, error) {
	value, err := c.ask(ctx, read, readTime, "get", string(jail), "ignoreip")
	return texts(value), err
}

// AddIgnoreIP adds an entry to a jail's ignore list until the next reload.
func (c *Client) AddIgnoreIP(ctx context.Context, jail JailName, entry string) error {
	return c.changeIgnored(ctx, jail, "addignoreip", entry)
}

// DelIgnoreIP removes an entry from a jail's ignore list until the next reload.
func (c *Client) DelIgnoreIP(ctx context.Context, jail JailName, entry string) error {
	return c.changeIgnored(ctx, jail, "delignoreip", entry)
}

func (c *Client) changeIgnored(ctx context.Context, jail JailName, verb, entry string) error {
	if err := checkID(entry); err != nil {
		return err
	}
	_, err := c.ask(ctx, read, readTime, "set", string(jail), verb, entry)
	return err
}
