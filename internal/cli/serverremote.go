package cli

import (
	"context"
	"net/url"
	"strconv"

	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

const localServer = "api/v1/hosts/local/server"

func (r *remote) Server(ctx context.Context) (serverView, error) {
	var view serverView
	err := r.client.Get(ctx, localServer, nil, &view)
	return view, err
}

// SetServer makes the change from the configuration as it is now.
func (r *remote) SetServer(ctx context.Context, change serverChange) (changeView, error) {
	view, err := r.Server(ctx)
	if err != nil {
		return changeView{}, err
	}
	body := map[string]any{"reason": change.reason, "dry_run": change.dryRun}
	for option, value := range change.values {
		body[fieldOf(option)] = value
		switch option {
		case "dbpurgeage":
			seconds, ok := jailconf.Seconds(value)
			if !ok {
				return changeView{}, fault.New(fault.Invalid, "--dbpurgeage %s is no time such as 7d or 86400", strconv.Quote(value))
			}
			body[fieldOf(option)] = seconds
		case "dbmaxmatches":
			number, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return changeView{}, fault.New(fault.Invalid, "--dbmaxmatches %s is no number", strconv.Quote(value))
			}
			body[fieldOf(option)] = number
		}
	}
	var reset []string
	for _, option := range change.reset {
		reset = append(reset, fieldOf(option))
	}
	if len(reset) > 0 {
		body["reset"] = reset
	}
	var done changeView
	err = r.client.Patch(ctx, localServer, view.ETag, body, &done)
	return done, err
}

// fieldOf is the API's name of an option.
func fieldOf(option string) string {
	return map[string]string{
		"loglevel": "log_level", "logtarget": "log_target", "syslogsocket": "syslog_socket", "dbpurgeage": "purge_age_seconds", "dbmaxmatches": "max_matches",
	}[option]
}

func (r *remote) FlushLogs(ctx context.Context) error {
	return r.client.Post(ctx, localServer+"/flush-logs", nil, nil)
}

func (r *remote) RestartServer(ctx context.Context, loseBans bool, reason string) (restartedView, error) {
	var done restartedView
	err := r.client.Post(ctx, localServer+"/restart", map[string]any{"lose_bans": loseBans, "reason": reason}, &done)
	return done, err
}

func (r *remote) ServerLog(ctx context.Context, q host.LogQuery) (logView, error) {
	values := url.Values{"limit": {strconv.Itoa(q.Limit)}}
	for name, value := range map[string]string{"level": q.Level, "text": q.Text, "jail": q.Jail, "before": q.Before, "after": q.After} {
		if value != "" {
			values.Set(name, value)
		}
	}
	var page logView
	err := r.client.Get(ctx, localServer+"/log", values, &page)
	return page, err
}
