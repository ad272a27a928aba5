package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bangui/internal/audit"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

func (l *local) Server(ctx context.Context) (serverView, error) {
	v, err := l.direct.Server(ctx)
	if err != nil {
		return serverView{}, err
	}
	state := l.direct.State()
	view := serverView{
		ETag: v.ETag, Broken: v.Broken, Version: state.Version, PID: state.PID, LogAt: v.LogAt, Options: []serverOption{}, Warnings: append([]string{}, v.Warnings...),
		Restart: serverRestart{string(v.Restart.Way), v.Restart.Refused, v.Restart.Mend, v.Restart.Bans, v.Restart.LosesBans},
	}
	for _, o := range v.Options {
		row := serverOption{Name: o.Name, Live: o.Live}
		if o.Configured.Name != "" {
			origin := o.Configured.Origin
			row.Configured = &configuredOption{o.Configured.Value, optionOrigin{string(origin.Source), origin.File, origin.Line}}
		}
		view.Options = append(view.Options, row)
	}
	return view, nil
}

func (l *local) SetServer(ctx context.Context, change serverChange) (changeView, error) {
	view, err := l.direct.Server(ctx)
	if err != nil {
		return changeView{}, err
	}
	order := host.ChangeOrder{ETag: view.ETag, Actor: actor, Reason: change.reason}
	for _, option := range slices.Sorted(maps.Keys(change.values)) {
		value := change.values[option]
		order.Edits = append(order.Edits, host.Edit{Place: jailconf.InServer, Option: option, Value: &value})
	}
	for _, option := range change.reset {
		order.Edits = append(order.Edits, host.Edit{Place: jailconf.InServer, Option: option})
	}
	if change.dryRun {
		done, err := l.direct.CheckChange(ctx, order)
		return viewOf(done), err
	}
	var done host.Change
	err = l.onRecord(ctx, audit.Entry{Action: "server.change", Target: host.LocalAlias, Detail: change.reason}, func(e *audit.Entry) (err error) {
		if done, err = l.direct.ApplyChange(ctx, order); err == nil {
			e.After = diffsOf(done)
		}
		return err
	})
	return viewOf(done), err
}

func viewOf(c host.Change) changeView {
	view := changeView{Applied: c.Applied, Files: []fileDiff{}, Notes: append([]string{}, c.Notes...)}
	for _, f := range c.Files {
		view.Files = append(view.Files, fileDiff(f))
	}
	return view
}

func diffsOf(c host.Change) string {
	var all strings.Builder
	for _, f := range c.Files {
		all.WriteString(f.Diff)
	}
	return all.String()
}

func (l *local) FlushLogs(ctx context.Context) error {
	return l.onRecord(ctx, audit.Entry{Action: "server.flush_logs", Target: host.LocalAlias}, func(*audit.Entry) error { return l.direct.FlushLogs(ctx) })
}

func (l *local) RestartServer(ctx context.Context, loseBans bool, reason string) (restartedView, error) {
	var done host.Restarted
	err := l.onRecord(ctx, audit.Entry{Action: "server.restart", Target: host.LocalAlias, Detail: reason}, func(e *audit.Entry) (err error) {
		done, err = l.direct.Restart(ctx, host.RestartOrder{LoseBans: loseBans})
		e.After = fmt.Sprintf("%d jails and %d bans are back, %d are missing", done.Jails, done.Bans, len(done.Missing))
		return err
	})
	return restartedView{string(done.Way), done.Took.Milliseconds(), done.Jails, done.Bans, append([]string{}, done.Missing...)}, err
}

func (l *local) ServerLog(ctx context.Context, q host.LogQuery) (logView, error) {
	page, err := l.direct.ServerLog(ctx, q)
	if err != nil {
		return logView{}, err
	}
	view := logView{At: page.At, Items: []logLine{}, Newer: page.Newer, Missed: page.Missed}
	for _, e := range page.Entries {
		view.Items = append(view.Items, logLine{timeOrNull(e.At), e.Level, e.Part, e.Jail, e.Text, e.Cut})
	}
	return view, nil
}
