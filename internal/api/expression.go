package api

import (
	"context"
	"net/http"
	"time"

	"bangui/internal/auth"
	"bangui/internal/host"
)

// LogsView are the logs of a host.
type LogsView struct {
	Files    []LogFile       `json:"files" doc:"Logs that jails read."`
	Journals []JournalSource `json:"journals" doc:"What jails read of the journal."`
	Jails    []LogJail       `json:"jails"`
	Filters  []string        `json:"filters" doc:"Names of the filters on disk."`
	Units    []string        `json:"units" doc:"Units of systemd that wrote into the journal, at most 500."`
	Folders  []string        `json:"folders" doc:"In which logs may be."`
	NoJail   *string         `json:"no_jail" doc:"Why the jails' logs are not told; null = they are."`
	Journal  bool            `json:"journal" doc:"The journal can be read."`
}

// LogFile is one log of a jail.
type LogFile struct {
	Path       string   `json:"path" doc:"As fail2ban names it."`
	Size       int64    `json:"size"`
	ModifiedAt *string  `json:"modified_at" format:"date-time"`
	Why        *string  `json:"why" doc:"Why it can't be read; null = it can."`
	Jails      []string `json:"jails"`
}

// JournalSource is a journalmatch with the jails that have it.
type JournalSource struct {
	Match string   `json:"match"`
	Jails []string `json:"jails"`
}

// LogJail is a jail with its filter.
type LogJail struct {
	Name    string  `json:"name"`
	Enabled bool    `json:"enabled"`
	Filter  *string `json:"filter" doc:"NAME[options]; null = none."`
}

// LogLine is one line of a log. Hostile text: shown as plain text only.
type LogLine struct {
	Text string  `json:"text" doc:"At most 4000 characters."`
	Cut  bool    `json:"cut" doc:"It is longer."`
	At   *string `json:"at" format:"date-time" doc:"Of an entry of the journal; null = it stands in the line."`
}

// LogLinesView are the last lines of a log.
type LogLinesView struct {
	Lines []LogLine `json:"lines"`
	More  bool      `json:"more" doc:"There are more before them."`
}

// ExpressionSource says where lines come from.
type ExpressionSource struct {
	Kind     string `json:"kind" enum:"text,log,journal"`
	Text     string `json:"text,omitempty" maxLength:"524288" doc:"The lines themselves."`
	Path     string `json:"path,omitempty" maxLength:"4096" doc:"Of a log, as fail2ban names it."`
	Match    string `json:"match,omitempty" maxLength:"4000" doc:"A journalmatch; empty = what the filter names, else all."`
	Lines    int    `json:"lines,omitempty" minimum:"1" maximum:"2000" doc:"The last so many; left out = 2000."`
	Contains string `json:"contains,omitempty" maxLength:"200" doc:"Only lines that hold this."`
}

// ExpressionResult is what expressions made of lines.
type ExpressionResult struct {
	Version     string           `json:"version" doc:"Of fail2ban."`
	Python      string           `json:"python"`
	Counts      ExpressionCounts `json:"counts"`
	Stopped     *string          `json:"stopped" doc:"Why not all lines were tried; null = they were."`
	Expressions []ExpressionSeen `json:"expressions"`
	Flags       []ExpressionFlag `json:"flags" doc:"What a person should know of the expressions."`
	Lines       []ExpressionLine `json:"lines"`
}

// ExpressionCounts are lines, counted as fail2ban-regex does.
type ExpressionCounts struct {
	Tested  int `json:"tested"`
	Matched int `json:"matched"`
	Missed  int `json:"missed"`
	Ignored int `json:"ignored"`
}

// ExpressionSeen is what was seen of one expression.
type ExpressionSeen struct {
	Kind                string  `json:"kind" enum:"prefix,fail,ignore,date"`
	Index               int     `json:"index" doc:"Among those of its kind, from 0."`
	Text                string  `json:"text"`
	Hits                int     `json:"hits"`
	Microseconds        int64   `json:"microseconds" doc:"On all lines."`
	SlowestMicroseconds int64   `json:"slowest_microseconds" doc:"On one line."`
	SlowestLine         *int    `json:"slowest_line"`
	StoppedAt           *int    `json:"stopped_at" doc:"The line on which it took too long; null = none."`
	Fault               *string `json:"fault" doc:"Why it can't be used; null = it can."`
}

// ExpressionFlag is what is wrong with an expression.
type ExpressionFlag struct {
	Kind       string  `json:"kind" enum:"steered,unanchored,catch_all,slow" doc:"steered: shown by its example. catch_all, and unanchored without an example: by the shape of the expression."`
	Of         string  `json:"of" enum:"prefix,fail,ignore,date"`
	Expression int     `json:"expression"`
	Text       string  `json:"text" doc:"A sentence."`
	Example    *string `json:"example" doc:"A line that shows it, with the made-up address 192.0.2.66."`
}

// ExpressionLine is one line and what became of it. Places are in characters (code points), from 0.
type ExpressionLine struct {
	Number    int             `json:"number" doc:"From 1."`
	Text      string          `json:"text" doc:"At most 4000 characters. Hostile text: shown as plain text only."`
	Cut       bool            `json:"cut"`
	State     string          `json:"state" enum:"matched,missed,ignored,skipped,stopped,untried" doc:"skipped: empty or a comment. stopped: an expression took too long on it. untried: the time was over."`
	Hits      []ExpressionHit `json:"hits"`
	At        *string         `json:"at" format:"date-time" doc:"null = no date was found."`
	DateStart int             `json:"date_start"`
	DateEnd   int             `json:"date_end"`
}

// ExpressionHit is one expression that matched.
type ExpressionHit struct {
	Expression int               `json:"expression" doc:"Index among the failregexes."`
	ID         *string           `json:"id" doc:"What would be banned; null = a later line tells it."`
	User       *string           `json:"user"`
	Host       *string           `json:"host"`
	Line       int               `json:"line"`
	Start      int               `json:"start"`
	End        int               `json:"end"`
	Groups     []ExpressionGroup `json:"groups"`
}

// ExpressionGroup is what a named group took, and where.
type ExpressionGroup struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	Line  int    `json:"line"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

type logLinesInput struct {
	HostPath
	Kind     string `query:"kind" enum:"log,journal" default:"log"`
	Path     string `query:"path" maxLength:"4096" example:"/var/log/auth.log"`
	Match    string `query:"match" maxLength:"4000" example:"_SYSTEMD_UNIT=ssh.service + _COMM=sshd"`
	Lines    int    `query:"lines" minimum:"1" maximum:"2000" default:"200"`
	Contains string `query:"contains" maxLength:"200"`
}

type expressionInput struct {
	HostPath
	Body struct {
		Source    ExpressionSource `json:"source"`
		Filter    string           `json:"filter,omitempty" maxLength:"1000" doc:"One on disk, NAME[option=value]." example:"sshd[mode=aggressive]"`
		Options   ExpressionEdits  `json:"options,omitzero"`
		HostNames bool             `json:"host_names,omitempty" doc:"<HOST> also takes names of hosts. They are never looked up."`
	}
}

// ExpressionEdits are options of a filter that are not saved yet.
type ExpressionEdits struct {
	FailRegex    *string `json:"failregex,omitempty" maxLength:"65536" doc:"One expression a line. With a filter it stands in its file, so that %(references)s count."`
	IgnoreRegex  *string `json:"ignoreregex,omitempty" maxLength:"65536"`
	PrefRegex    *string `json:"prefregex,omitempty" maxLength:"16384"`
	DatePattern  *string `json:"datepattern,omitempty" maxLength:"16384"`
	MaxLines     *string `json:"maxlines,omitempty" maxLength:"10"`
	JournalMatch *string `json:"journalmatch,omitempty" maxLength:"4000"`
}

func (e ExpressionEdits) all() map[string]string {
	given := map[string]string{}
	for name, text := range map[string]*string{
		"failregex": e.FailRegex, "ignoreregex": e.IgnoreRegex, "prefregex": e.PrefRegex, "datepattern": e.DatePattern, "maxlines": e.MaxLines, "journalmatch": e.JournalMatch,
	} {
		if text != nil {
			given[name] = *text
		}
	}
	return given
}

// dry is true where nothing of the host is read but its filters: that is not recorded.
func (in expressionInput) dry() bool { return in.Body.Source.Kind == string(host.FromText) }

func (in expressionInput) target() string {
	return in.Host + " " + in.Body.Source.Kind + " " + in.Body.Source.Path + in.Body.Source.Match
}

// trialLimit bounds a trial: waiting for its place, and running on a machine that is busy.
const trialLimit = time.Minute

func (a *API) registerExpressions() {
	const base = "/api/v1/hosts/{host}/config"
	register(a, route{
		method: http.MethodGet, path: base + "/log-sources", id: "listLogSources", summary: "The logs that jails read", tag: "config",
		role: auth.Operator, tier: looks, class: classRead,
	}, func(ctx context.Context, in *HostPath) (*answer[LogsView], error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		logs, err := h.Logs(ctx)
		return answerWith(logsOf(logs)), err
	})
	register(a, route{
		method: http.MethodGet, path: base + "/logs/lines", id: "getLogLines", summary: "The last lines of a log, or of the journal", tag: "config",
		role: auth.Operator, tier: looks, class: classRead,
	}, func(ctx context.Context, in *logLinesInput) (*answer[LogLinesView], error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		read, err := h.LogLines(ctx, host.LogSource{Kind: host.SourceKind(in.Kind), Path: in.Path, Match: in.Match, Lines: in.Lines, Contains: in.Contains})
		return answerWith(logLinesOf(read)), err
	})
	register(a, route{
		method: http.MethodPost, path: base + "/expression-test", id: "testExpression", summary: "Try expressions on lines, with fail2ban's own engine", tag: "config",
		role: auth.Operator, tier: own, class: classTest, audit: "expression.test", limit: trialLimit,
	}, a.testExpression)
}

func (a *API) testExpression(ctx context.Context, in *expressionInput) (*answer[ExpressionResult], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	s := in.Body.Source
	result, err := h.TestExpression(ctx, host.ExpressionOrder{
		Source: host.LogSource{Kind: host.SourceKind(s.Kind), Text: []byte(s.Text), Path: s.Path, Match: s.Match, Lines: s.Lines, Contains: s.Contains},
		Filter: in.Body.Filter, Edits: in.Body.Options.all(), HostNames: in.Body.HostNames,
	})
	if err != nil {
		return nil, err
	}
	return answerWith(expressionResultOf(result)), nil
}
