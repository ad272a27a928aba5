package api

import (
	"time"

	"bangui/internal/expression"
	"bangui/internal/host"
)

func logsOf(l host.Logs) LogsView {
	return LogsView{
		Files: orEmpty(mapAll(l.Files, func(f host.LogFile) LogFile {
			return LogFile{Path: f.Path, Size: f.Size, ModifiedAt: stampOrNull(f.ModTime), Why: orNull(f.Why), Jails: orEmpty(f.Jails)}
		})),
		Journals: orEmpty(mapAll(l.Journals, func(j host.JournalSource) JournalSource { return JournalSource(j) })),
		Jails: orEmpty(mapAll(l.Jails, func(j host.LogJail) LogJail {
			return LogJail{Name: j.Name, Enabled: j.Enabled, Filter: orNull(j.Filter)}
		})),
		Filters: orEmpty(l.Filters), Units: orEmpty(l.Units), Folders: orEmpty(l.Folders), NoJail: orNull(l.NoJail), Journal: l.Journal,
	}
}

func stampOf(at *time.Time) *string {
	if at == nil {
		return nil
	}
	return stampOrNull(*at)
}

func logLinesOf(l host.LogLines) LogLinesView {
	return LogLinesView{More: l.More, Lines: orEmpty(mapAll(l.Lines, func(line host.LogLine) LogLine {
		return LogLine{Text: line.Text, Cut: line.Cut, At: stampOf(line.At)}
	}))}
}

func expressionResultOf(r expression.Result) ExpressionResult {
	return ExpressionResult{
		Version: r.Version, Python: r.Python, Counts: ExpressionCounts(r.Counts), Stopped: orNull(r.Stopped),
		Expressions: orEmpty(mapAll(r.Expressions, func(e expression.Expression) ExpressionSeen {
			return ExpressionSeen{
				Kind: string(e.Kind), Index: e.Index, Text: e.Text, Hits: e.Hits, Microseconds: e.Time.Microseconds(), SlowestMicroseconds: e.Slowest.Microseconds(),
				SlowestLine: orNull(e.SlowestLine), StoppedAt: orNull(e.Stopped), Fault: orNull(e.Fault),
			}
		})),
		Flags: orEmpty(mapAll(r.Flags, func(f expression.Flag) ExpressionFlag {
			return ExpressionFlag{Kind: string(f.Kind), Of: string(f.Of), Expression: f.Expression, Text: f.Text, Example: orNull(f.Example)}
		})),
		Lines: orEmpty(mapAll(r.Lines, expressionLineOf)),
	}
}

func expressionLineOf(row expression.Row) ExpressionLine {
	return ExpressionLine{
		Number: row.Number, Text: row.Text, Cut: row.Cut, State: string(row.State), At: stampOf(row.At), DateStart: row.DateStart, DateEnd: row.DateEnd,
		Hits: orEmpty(mapAll(row.Hits, func(h expression.Hit) ExpressionHit {
			return ExpressionHit{
				Expression: h.Expression, ID: orNull(h.ID), User: orNull(h.User), Host: orNull(h.Host), Line: h.Line, Start: h.Start, End: h.End,
				Groups: orEmpty(mapAll(h.Groups, func(g expression.Group) ExpressionGroup { return ExpressionGroup(g) })),
			}
		})),
	}
}
