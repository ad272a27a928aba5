package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

// Server is fail2ban's server as a whole.
type Server struct {
	ETag     string         `json:"etag" doc:"Of the configuration, as in the header; a change names it in If-Match."`
	Broken   *string        `json:"broken" doc:"Why fail2ban would take nothing of its configuration; null when it would."`
	Version  *string        `json:"version"`
	PID      *int           `json:"pid"`
	Options  []ServerOption `json:"options"`
	LogAt    *string        `json:"log_at" doc:"Where its log is read: a path, SYSLOG or SYSTEMD-JOURNAL; null when it can't be."`
	Restart  ServerRestart  `json:"restart"`
	Waiting  *ConfigWaiting `json:"waiting" doc:"A change that is taken back unless it is confirmed; null when there is none."`
	Warnings []string       `json:"warnings" doc:"What a person should know of the values as they are."`
}

// ServerOption is one option of the server: as it is live, and as the files say.
type ServerOption struct {
	Name       string        `json:"name" example:"loglevel"`
	Live       *string       `json:"live" doc:"What the running server says; null where it does not tell, or does not run."`
	Configured *ConfigOption `json:"configured" doc:"null where no file says anything."`
}

// ServerRestart says what a restart would do.
type ServerRestart struct {
	Way       *string `json:"way" enum:"systemd,program,supervisor" nullable:"true" doc:"null when it can't be done from here."`
	Refused   *string `json:"refused" doc:"Why it can't be done."`
	Mend      *string `json:"mend"`
	Bans      int     `json:"bans" doc:"That are lifted for a moment and put back."`
	LosesBans bool    `json:"loses_bans" doc:"fail2ban keeps no database that brings them back."`
}

// ServerRestarted is what became of a restart.
type ServerRestarted struct {
	Way     string   `json:"way" enum:"systemd,program,supervisor"`
	TookMS  int64    `json:"took_ms" doc:"Until jails and bans were back."`
	Jails   int      `json:"jails"`
	Bans    int      `json:"bans"`
	Missing []string `json:"missing" doc:"Bans that were there and did not come back, jail and address; at most 20."`
}

// ServerLog is a part of fail2ban's log.
type ServerLog struct {
	At     string          `json:"at" doc:"Where it is."`
	Items  []ServerLogLine `json:"items" doc:"The oldest first."`
	Older  *string         `json:"older" doc:"The place before the first message, for before; null when there is nothing older."`
	Newer  *string         `json:"newer" doc:"The place behind the last, for after."`
	EndsIn *string         `json:"ends_in" doc:"The file with which the log begins, where older is null; null where it is in the journal."`
	Early  bool            `json:"ends_early" doc:"There is more before that which is not read: older files, or the start of a long compressed one."`
	Missed bool            `json:"missed" doc:"What was between the place that was asked for and these is gone: the log was rotated or cut."`
}

// ServerLogLine is one message of fail2ban's log. Its texts come from attackers.
type ServerLogLine struct {
	At    *string `json:"at" format:"date-time"`
	Level *string `json:"level" example:"NOTICE"`
	Part  *string `json:"part" doc:"Who speaks within fail2ban." example:"actions"`
	Jail  *string `json:"jail"`
	Text  string  `json:"text" doc:"With the lines that continue it, separated by line feeds."`
	Cut   int     `json:"cut" doc:"Bytes that were left out."`
}

// Fallen says that fail2ban ended, or lost jails, soon after a change that BanGUI made.
type Fallen struct {
	Change string   `json:"change"`
	Actor  *string  `json:"actor"`
	MadeAt string   `json:"made_at" format:"date-time"`
	FellAt string   `json:"fell_at" format:"date-time"`
	Lost   []string `json:"lost" doc:"Jails that are missing; none = fail2ban itself is gone."`
	Errors []string `json:"errors" doc:"The last errors in its log."`
	Files  []string `json:"files" doc:"That the change wrote or removed."`
}

type serverAnswer struct {
	ETag string `header:"ETag"`
	Body Server
}

type serverInput struct {
	HostPath
	IfMatch string `header:"If-Match" maxLength:"100" doc:"ETag of what the change was made from."`
	Body    struct {
		LogLevel        *string  `json:"log_level" required:"false" maxLength:"20"`
		LogTarget       *string  `json:"log_target" required:"false" maxLength:"300"`
		SyslogSocket    *string  `json:"syslog_socket" required:"false" maxLength:"200"`
		PurgeAgeSeconds *int64   `json:"purge_age_seconds" required:"false" minimum:"0"`
		MaxMatches      *int64   `json:"max_matches" required:"false" minimum:"0" maximum:"1000"`
		Reset           []string `json:"reset" required:"false" maxItems:"10" enum:"log_level,log_target,syslog_socket,purge_age_seconds,max_matches" doc:"Back to what they inherit."`
		Reason          string   `json:"reason" required:"false" maxLength:"500"`
		ConfirmSeconds  int      `json:"confirm_seconds" required:"false" minimum:"0" maximum:"600" doc:"As of changes of the configuration."`
		DryRun          bool     `json:"dry_run" required:"false" doc:"Say what it would do, and try it on a copy; change nothing."`
	}
}

func (in serverInput) dry() bool { return in.Body.DryRun }

func (in serverInput) order() (list any, reason string) { return in.Body, in.Body.Reason }

// edits are the options that are to change, as the files name them.
func (in serverInput) edits() []host.Edit {
	b := in.Body
	given := map[string]*string{"log_level": b.LogLevel, "log_target": b.LogTarget, "syslog_socket": b.SyslogSocket, "purge_age_seconds": asText(b.PurgeAgeSeconds), "max_matches": asText(b.MaxMatches)}
	var edits []host.Edit
	for _, name := range []string{"log_level", "log_target", "syslog_socket", "purge_age_seconds", "max_matches"} {
		if given[name] != nil {
			edits = append(edits, host.Edit{Place: jailconf.InServer, Option: optionOf(name), Value: given[name]})
		}
	}
	for _, name := range b.Reset {
		edits = append(edits, host.Edit{Place: jailconf.InServer, Option: optionOf(name)})
	}
	return edits
}

// optionOf is fail2ban's name of a field.
func optionOf(field string) string {
	return map[string]string{
		"log_level": "loglevel", "log_target": "logtarget", "syslog_socket": "syslogsocket", "purge_age_seconds": "dbpurgeage", "max_matches": "dbmaxmatches",
	}[field]
}

func asText(n *int64) *string {
	if n == nil {
		return nil
	}
	text := strconv.FormatInt(*n, 10)
	return &text
}

type restartInput struct {
	HostPath
	Body *struct {
		LoseBans bool   `json:"lose_bans" required:"false" doc:"Go on although fail2ban keeps no database that brings its bans back."`
		Reason   string `json:"reason" required:"false" maxLength:"500"`
	}
}

func (in restartInput) order() (list any, reason string) {
	if in.Body == nil {
		return nil, ""
	}
	return in.Body, in.Body.Reason
}

type putBackInput struct {
	HostPath
	Body struct {
		Change string `json:"change" minLength:"1" maxLength:"64" doc:"As fallen names it."`
	}
}

func (in putBackInput) target() string { return in.Host + " " + in.Body.Change }

type logInput struct {
	HostPath
	Level  string `query:"level" enum:"CRITICAL,ERROR,WARNING,NOTICE,INFO,DEBUG" doc:"This and what is more urgent."`
	Text   string `query:"text" maxLength:"200" doc:"Found in the message, in any case."`
	Jail   string `query:"jail" maxLength:"200"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"100"`
	Before string `query:"before" maxLength:"500" doc:"What is older than this place."`
	After  string `query:"after" maxLength:"500" doc:"What is newer than this place."`
}

func (a *API) registerServer() {
	const base = "/api/v1/hosts/{host}/server"
	register(a, route{
		method: http.MethodGet, path: base, id: "getServer", summary: "fail2ban's server: its own options, live and configured", tag: "server",
		role: auth.Viewer, tier: looks, class: classRead,
	}, a.server)
	register(a, route{
		method: http.MethodPatch, path: base, id: "changeServer", summary: "Change options of fail2ban's server; they take effect at once", tag: "server",
		role: auth.Admin, tier: writesTo, class: classSteer, audit: "server.change", limit: changeLimit,
	}, a.changeServer)
	register(a, route{
		method: http.MethodGet, path: base + "/log", id: "getServerLog", summary: "fail2ban's own log", tag: "server",
		role: auth.Admin, tier: looks, class: classRead,
	}, a.serverLog)
	register(a, route{
		method: http.MethodPost, path: base + "/flush-logs", id: "flushLogs", summary: "Make fail2ban open its log anew, as after a rotation", tag: "server",
		role: auth.Operator, tier: steers, class: classSteer, audit: "server.flush_logs", status: http.StatusNoContent,
	}, func(ctx context.Context, in *HostPath) (*empty, error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		return &empty{}, h.FlushLogs(ctx)
	})
	register(a, route{
		method: http.MethodPost, path: base + "/restart", id: "restartServer", summary: "Restart fail2ban, and look whether jails and bans are back", tag: "server",
		role: auth.Admin, tier: steers, class: classSteer, audit: "server.restart", limit: changeLimit,
	}, a.restartServer)
	register(a, route{
		method: http.MethodPost, path: base + "/put-back", id: "putBackChange", summary: "Put back what was there before a change that fail2ban fell over, and start it", tag: "server",
		role: auth.Admin, tier: writesTo, class: classSteer, audit: "server.put_back", status: http.StatusNoContent, limit: changeLimit,
	}, func(ctx context.Context, in *putBackInput) (*empty, error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		if f := h.State().Fallen; f != nil {
			noteOf(ctx).Before = strings.Join(f.Files, ", ")
		}
		return &empty{}, h.PutBackChange(ctx, host.PutBackOrder{Change: in.Body.Change})
	})
}

func (a *API) server(ctx context.Context, in *HostPath) (*serverAnswer, error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	view, err := h.Server(ctx)
	if err != nil {
		return nil, err
	}
	return &serverAnswer{ETag: strconv.Quote(view.ETag), Body: serverOf(view, h.State())}, nil
}

func (a *API) changeServer(ctx context.Context, in *serverInput) (*answer[ConfigChange], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	etag, err := a.matches(ctx, h, in.IfMatch)
	if err != nil {
		return nil, err
	}
	o := host.ChangeOrder{
		ETag: etag, Edits: in.edits(), Actor: noteOf(ctx).Actor.Name, Reason: in.Body.Reason, ConfirmWithin: time.Duration(in.Body.ConfirmSeconds) * time.Second,
	}
	if len(o.Edits) == 0 {
		return nil, fault.New(fault.Invalid, "no option was given").WithMend("Name at least one that is to change.")
	}
	do := h.ApplyChange
	if in.Body.DryRun {
		do = h.CheckChange
	}
	return changed(ctx, func() (host.Change, error) { return do(ctx, o) })
}

// matches is the ETag that a change was made from, if it is still the one of now.
func (a *API) matches(ctx context.Context, h host.Host, header string) (string, error) {
	if header == "" {
		p := newProblem(ctx, fault.Invalid, "The change does not say what it was made from.")
		p.Status, p.Mend = http.StatusPreconditionRequired, "Send the ETag of the last GET in the header If-Match."
		return "", p
	}
	view, err := h.Server(ctx)
	if err != nil {
		return "", err
	}
	if header != strconv.Quote(view.ETag) && header != view.ETag {
		p := newProblem(ctx, fault.Conflict, "Somebody changed fail2ban's configuration since you looked at it, so nothing was changed.")
		p.Status, p.Mend = http.StatusPreconditionFailed, "Look at it again, then repeat what is still wanted."
		return "", p
	}
	return view.ETag, nil
}

func (a *API) restartServer(ctx context.Context, in *restartInput) (*answer[ServerRestarted], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	done, err := h.Restart(ctx, host.RestartOrder{LoseBans: in.Body != nil && in.Body.LoseBans})
	if err != nil {
		return nil, err
	}
	noteOf(ctx).After = strconv.Itoa(done.Jails) + " jails and " + strconv.Itoa(done.Bans) + " bans are back, " + strconv.Itoa(len(done.Missing)) + " are missing"
	return answerWith(ServerRestarted{Way: string(done.Way), TookMS: done.Took.Milliseconds(), Jails: done.Jails, Bans: done.Bans, Missing: orEmpty(done.Missing)}), nil
}

func (a *API) serverLog(ctx context.Context, in *logInput) (*answer[ServerLog], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	page, err := h.ServerLog(ctx, host.LogQuery{Level: in.Level, Text: in.Text, Jail: in.Jail, Limit: in.Limit, Before: in.Before, After: in.After})
	if err != nil {
		return nil, err
	}
	return answerWith(ServerLog{
		At: page.At, Older: orNull(page.Older), Newer: orNull(page.Newer), EndsIn: orNull(page.EndsIn), Early: page.EndsEarly, Missed: page.Missed,
		Items: orEmpty(mapAll(page.Entries, func(e host.LogEntry) ServerLogLine {
			return ServerLogLine{At: stampOrNull(e.At), Level: orNull(e.Level), Part: orNull(e.Part), Jail: orNull(e.Jail), Text: e.Text, Cut: e.Cut}
		})),
	}), nil
}

func serverOf(v host.ServerView, s host.State) Server {
	out := Server{
		ETag: v.ETag, Broken: orNull(v.Broken), Version: orNull(s.Version), PID: orNull(s.PID), LogAt: orNull(v.LogAt), Waiting: waitingOf(v.Waiting), Warnings: orEmpty(v.Warnings),
		Restart: ServerRestart{Way: orNull(string(v.Restart.Way)), Refused: orNull(v.Restart.Refused), Mend: orNull(v.Restart.Mend), Bans: v.Restart.Bans, LosesBans: v.Restart.LosesBans},
		Options: orEmpty(mapAll(v.Options, func(o host.ServerOption) ServerOption {
			out := ServerOption{Name: o.Name, Live: o.Live}
			if o.Configured.Name != "" {
				out.Configured = &optionsOf([]jailconf.Option{o.Configured})[0]
			}
			return out
		})),
	}
	return out
}

func fallenOf(f *host.Fallen) *Fallen {
	if f == nil {
		return nil
	}
	return &Fallen{
		Change: f.Change, Actor: orNull(f.Actor), MadeAt: stamp(f.MadeAt), FellAt: stamp(f.FellAt), Lost: orEmpty(f.Lost), Errors: orEmpty(f.Errors), Files: orEmpty(f.Files),
	}
}
