package host

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"bangui/internal/expression"
	"bangui/internal/fault"
)

// TestExpression passes an order whose lines may be read and whose texts are texts; see
// Host. What it tries runs in a cage, so it needs no leave to change something.
func (g *Guard) TestExpression(ctx context.Context, o ExpressionOrder) (expression.Result, error) {
	if err := g.checkSource(o.Source); err != nil {
		return expression.Result{}, err
	}
	if o.Filter != "" {
		if err := checkText("a filter", o.Filter, maxID); err != nil {
			return expression.Result{}, err
		}
	}
	if err := checkTrialEdits(o); err != nil {
		return expression.Result{}, err
	}
	return g.host.TestExpression(ctx, o)
}

// Logs is the host's; see Host.
func (g *Guard) Logs(ctx context.Context) (Logs, error) { return g.host.Logs(ctx) }

// LogLines passes a log that may be read; see Host.
func (g *Guard) LogLines(ctx context.Context, s LogSource) (LogLines, error) {
	if s.Kind == FromText {
		return LogLines{}, fault.New(fault.Invalid, "a log or a part of the journal is named")
	}
	if err := g.checkSource(s); err != nil {
		return LogLines{}, err
	}
	return g.host.LogLines(ctx, s)
}

func checkTrialEdits(o ExpressionOrder) error {
	if o.Filter == "" && o.Edits["failregex"] == "" {
		return fault.New(fault.Invalid, "no expression was given").WithMend("Give a filter, or at least one failregex.")
	}
	for option, text := range o.Edits {
		switch option {
		case "failregex", "ignoreregex", "prefregex", "datepattern", "maxlines", "journalmatch":
		default:
			return fault.New(fault.Invalid, "%q is no option of a filter that can be tried", clip(option))
		}
		if len(text) > MaxTrialEdit {
			return fault.New(fault.TooLarge, "%s has %d bytes; %d is the most", option, len(text), MaxTrialEdit)
		}
		odd := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
		if !utf8.ValidString(text) || strings.ContainsFunc(text, odd) {
			return fault.New(fault.Invalid, "%s holds no control characters", option)
		}
	}
	return nil
}

// checkSource judges where lines come from: a log in a folder for logs, terms of the
// journal that are no options of a program.
func (g *Guard) checkSource(s LogSource) error {
	if s.Lines < 0 || s.Lines > expression.MaxLines {
		return fault.New(fault.Invalid, "1 to %d lines can be read at once", expression.MaxLines)
	}
	if len(s.Contains) > maxID || !utf8.ValidString(s.Contains) {
		return fault.New(fault.Invalid, "the text to look for has at most %d bytes", maxID)
	}
	switch s.Kind {
	case FromText:
		if len(s.Text) > MaxTrialText {
			return fault.New(fault.TooLarge, "%d bytes of lines were given; %d is the most", len(s.Text), MaxTrialText)
		}
		return nil
	case FromLog:
		if err := checkText("the path of a log", s.Path, 4*maxID); err != nil {
			return err
		}
		if strings.ContainsAny(s.Path, "*?[ ") {
			return fault.New(fault.Invalid, "one log is named, not a pattern: %q", clip(s.Path))
		}
		return g.checkLogPaths(s.Path)
	case FromJournal:
		_, err := journalTerms(s.Match)
		return err
	}
	return fault.New(fault.Invalid, "lines come from text, log or journal, not %q", clip(string(s.Kind)))
}
