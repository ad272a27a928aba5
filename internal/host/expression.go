package host

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bangui/internal/expression"
	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// Bounds of what is tried.
const (
	MaxTrialText = 512 << 10 // bytes of lines that are given
	MaxTrialEdit = 64 << 10  // bytes of one option that is not saved yet
)

// SourceKind says where lines come from.
type SourceKind string

// The sources of lines.
const (
	FromText    SourceKind = "text"
	FromLog     SourceKind = "log"
	FromJournal SourceKind = "journal"
)

// LogSource names lines: given ones, or the last ones of a log or of the journal.
type LogSource struct {
	Kind     SourceKind
	Text     []byte // FromText: at most MaxTrialText
	Path     string // FromLog: as fail2ban names it, in a folder for logs
	Match    string // FromJournal: a journalmatch; "" = all, or what the filter names
	Lines    int    // the last so many, at most expression.MaxLines
	Contains string // only lines that hold this text; "" = all
}

// ExpressionOrder asks what expressions make of lines.
type ExpressionOrder struct {
	Source LogSource
	// Filter is one on disk, NAME[options]; "" = none.
	Filter string
	// Edits are options that are not saved yet: failregex, ignoreregex, prefregex,
	// datepattern, maxlines, journalmatch. With a filter they stand in its file, so that
	// references count; without one they are taken as they are.
	Edits     map[string]string
	HostNames bool // see expression.Trial
}

// TestExpression tries expressions; see Host.
func (l *Local) TestExpression(ctx context.Context, o ExpressionOrder) (expression.Result, error) {
	filter, match, err := l.filterOf(o)
	if err != nil {
		return expression.Result{}, err
	}
	if o.Source.Kind == FromJournal && o.Source.Match == "" {
		o.Source.Match = match
	}
	lines, _, err := l.lines(ctx, o.Source)
	if err != nil {
		return expression.Result{}, err
	}
	program, err := l.program("fail2ban-client")
	if err != nil {
		return expression.Result{}, err
	}
	return l.tester.Try(ctx, program, expression.Trial{Filter: filter, Lines: lines, HostNames: o.HostNames, Judge: true})
}

// filterOf is the filter of an order, with its journalmatch.
func (l *Local) filterOf(o ExpressionOrder) (expression.Filter, string, error) {
	if o.Filter == "" {
		return expressionsOf(o.Edits)
	}
	tree, err := jailconf.ReadTree(l.ConfigDir)
	if err != nil {
		return expression.Filter{}, "", err
	}
	if tree, err = edited(tree, o.Filter, o.Edits); err != nil {
		return expression.Filter{}, "", err
	}
	part, err := jailconf.ResolveFilter(tree, l.version(), o.Filter, o.Source.Kind == FromJournal)
	if err != nil {
		return expression.Filter{}, "", err
	}
	options := map[string]string{}
	for _, option := range part.Options {
		options[option.Name] = option.Value
	}
	return expressionsOf(options)
}

// edited is the tree with options in the file of a filter that goes last.
func edited(tree *jailconf.Tree, filter string, edits map[string]string) (*jailconf.Tree, error) {
	if len(edits) == 0 {
		return tree, nil
	}
	name, _, _ := strings.Cut(filter, "[")
	file, err := jailconf.OwnFile(jailconf.InFilter, name)
	if err != nil {
		return nil, err
	}
	content, _ := tree.File(file)
	for _, option := range slices.Sorted(maps.Keys(edits)) {
		if content, err = jailconf.Set(content, "Definition", option, edits[option]); err != nil {
			return nil, err
		}
	}
	return tree.With(map[string]*string{file: &content}), nil
}

func expressionsOf(options map[string]string) (expression.Filter, string, error) {
	f := expression.Filter{
		Prefix: options["prefregex"], DatePattern: options["datepattern"],
		Fail: jailconf.Expressions(options["failregex"]), Ignore: jailconf.Expressions(options["ignoreregex"]),
	}
	match := strings.Join(jailconf.Expressions(options["journalmatch"]), " + ")
	if text := options["maxlines"]; text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			return f, "", fault.New(fault.Invalid, "maxlines is a number, not %q", clip(text))
		}
		f.MaxLines = n
	}
	return f, match, nil
}

// lines are those of a source. cut says that there are more before them.
func (l *Local) lines(ctx context.Context, s LogSource) (lines []expression.Line, cut bool, err error) {
	switch s.Kind {
	case FromLog:
		return l.logLines(s)
	case FromJournal:
		return l.journalLines(ctx, s)
	default:
		lines, cut = lastLines(split(s.Text), s)
		return lines, cut, nil
	}
}

// split cuts text into lines as fail2ban does: at line feeds only.
func split(text []byte) []expression.Line {
	text = bytes.TrimSuffix(text, []byte("\n"))
	if len(text) == 0 {
		return nil
	}
	var lines []expression.Line
	for line := range bytes.SplitSeq(text, []byte("\n")) {
		lines = append(lines, expression.Line{Text: bytes.TrimRight(line, "\r")})
	}
	return lines
}

// lastLines are the last ones that a source asks for, within the bounds of a trial.
func lastLines(all []expression.Line, s LogSource) (lines []expression.Line, cut bool) {
	most := s.Lines
	if most <= 0 {
		most = expression.MaxLines
	}
	size, from := 0, len(all)
	var kept []expression.Line
	for from > 0 && len(kept) < most {
		line := all[from-1]
		if s.Contains == "" || bytes.Contains(bytes.ToLower(line.Text), bytes.ToLower([]byte(s.Contains))) {
			if size += len(line.Text); size > expression.MaxBytes {
				break
			}
			kept = append(kept, line)
		}
		from--
	}
	slices.Reverse(kept)
	return kept, from > 0
}
