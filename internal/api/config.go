package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

// Config is fail2ban's configuration as its files say it.
type Config struct {
	ETag     string          `json:"etag" doc:"Differs whenever a file differs; a change names it."`
	Dir      string          `json:"dir"`
	Broken   *string         `json:"broken" doc:"Why fail2ban would take nothing of it; null when it would."`
	Server   []ConfigOption  `json:"server"`
	Jails    []ConfigRow     `json:"jails"`
	Problems []ConfigProblem `json:"problems" doc:"What fail2ban passes over and a person should know."`
	Files    []ConfigEntry   `json:"files"`
	Allowed  ConfigAllowed   `json:"allowed"`
	Waiting  *ConfigWaiting  `json:"waiting" doc:"A change that is taken back unless it is confirmed; null when there is none."`
}

// ConfigRow is one jail of the configuration.
type ConfigRow struct {
	Name    string  `json:"name"`
	Enabled bool    `json:"enabled"`
	Fault   *string `json:"fault" doc:"Why fail2ban could not run it; null when it could."`
	Filter  *string `json:"filter" doc:"null = it has none."`
	Backend *string `json:"backend" doc:"As configured; systemd reads the journal."`
	Own     bool    `json:"own" doc:"There is a file of BanGUI's for it."`
	Alone   bool    `json:"alone" doc:"No other file knows it: without BanGUI's it is gone."`
}

// ConfigProblem is something in a file that a person should know.
type ConfigProblem struct {
	File string `json:"file"`
	Text string `json:"text"`
}

// ConfigEntry is one file of the configuration.
type ConfigEntry struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	Own  bool   `json:"own" doc:"Written by BanGUI."`
}

// ConfigWaiting is a change that holds only for a time.
type ConfigWaiting struct {
	ID    string  `json:"id"`
	Until string  `json:"until" format:"date-time"`
	Actor *string `json:"actor" doc:"Who made it."`
}

// ConfigAllowed is what of the configuration may be changed through BanGUI.
type ConfigAllowed struct {
	Degree     string   `json:"degree" enum:"no,data,code" doc:"data: what the grammar knows; code: commands too."`
	Switch     string   `json:"switch" doc:"What root does to change that, for people."`
	LogFolders []string `json:"log_folders" doc:"Where log files of jails may be."`
}

// ConfigOption is one option with the value that counts.
type ConfigOption struct {
	Name   string       `json:"name"`
	Value  string       `json:"value" doc:"With references and tags replaced, as fail2ban takes it."`
	Raw    string       `json:"raw" doc:"As written."`
	Kind   string       `json:"kind" enum:"text,number,switch,none" doc:"none: it should be a number and isn't."`
	Fault  *string      `json:"fault" doc:"Why it has no value; null when it has."`
	Origin ConfigOrigin `json:"origin"`
}

// ConfigOrigin is where a value stands.
type ConfigOrigin struct {
	Source  string  `json:"source" enum:"own,default,builtin,filter,action,argument"`
	File    *string `json:"file" doc:"Below the configuration folder; null = in no file."`
	Line    *int    `json:"line"`
	Section *string `json:"section"`
}

// ConfigJail is one jail with every option that counts.
type ConfigJail struct {
	ConfigRow
	ETag    string         `json:"etag" doc:"Of the configuration that this was read from."`
	Fatal   bool           `json:"fatal" doc:"fail2ban takes nothing of its whole configuration because of the fault."`
	Options []ConfigOption `json:"options"`
	Others  []ConfigOption `json:"others" doc:"What only feeds references: port, banaction, …"`
	Uses    *ConfigPart    `json:"uses_filter" doc:"null = none."`
	Actions []ConfigPart   `json:"actions"`
	// What changes it, and what would be without.
	OwnValues []ConfigOption `json:"own_values" doc:"What BanGUI's file says, as written there."`
	Inherited []ConfigOption `json:"inherited" doc:"What would count without BanGUI's files for single jails; empty where there is none for this one."`
}

// ConfigChoices are the filters and actions on disk that a jail can name.
type ConfigChoices struct {
	Filters []ConfigChoice `json:"filters"`
	Actions []ConfigChoice `json:"actions"`
}

// ConfigChoice is one of them.
type ConfigChoice struct {
	Name       string         `json:"name"`
	Parameters []ConfigOption `json:"parameters" doc:"What brackets behind the name may say, and what counts where they don't."`
	Modes      []string       `json:"modes" doc:"What a filter's mode may be."`
	Fault      *string        `json:"fault" doc:"Why fail2ban could not read it."`
}

// ConfigLog is one path of a jail's logs, as it is on the host now.
type ConfigLog struct {
	Path    string          `json:"path"`
	Allowed bool            `json:"allowed" doc:"It is in a folder for logs; else it was not looked at."`
	Files   []ConfigLogFile `json:"files" doc:"What it leads to, at most 50."`
	More    int             `json:"more"`
}

// ConfigLogFile is one file that a path leads to.
type ConfigLogFile struct {
	Path    string  `json:"path"`
	Problem *string `json:"problem" enum:"no_file,unreadable,leads_out" doc:"null = fail2ban can read it."`
	Size    *int64  `json:"size"`
	Changed *string `json:"changed_at" format:"date-time"`
	Mode    string  `json:"mode" example:"-rw-r-----"`
	Owner   string  `json:"owner"`
	Group   string  `json:"group"`
}

type logsInput struct {
	HostPath
	Paths string `query:"paths" required:"true" minLength:"1" maxLength:"16384" doc:"Lines of a logpath, at most 100."`
}

// ConfigPart is a filter or an action of a jail.
type ConfigPart struct {
	Name    string         `json:"name"`
	As      string         `json:"as" doc:"An action's name in the running server."`
	Python  bool           `json:"python"`
	Args    []ConfigOption `json:"args"`
	Options []ConfigOption `json:"options" doc:"What fail2ban's server gets."`
}

// ConfigText is one file with its content.
type ConfigText struct {
	Name    string `json:"name"`
	Content string `json:"content"`
}

// ConfigEdit sets one option, or puts it back to what it inherits.
type ConfigEdit struct {
	Place  string  `json:"place" enum:"jail,filter,action,server"`
	Name   string  `json:"name" required:"false" maxLength:"64" doc:"Of the jail (DEFAULT for all), filter or action; empty for the server."`
	Option string  `json:"option" minLength:"1" maxLength:"100"`
	Value  *string `json:"value" nullable:"true" maxLength:"65536" doc:"null = back to what it inherits."`
}

// ConfigFileEdit gives one file as a whole.
type ConfigFileEdit struct {
	Name    string  `json:"name" minLength:"1" maxLength:"200" example:"filter.d/mine.local"`
	Content *string `json:"content" nullable:"true" maxLength:"524288" doc:"null removes the file."`
}

// ConfigLeft is a file that could not be brought back.
type ConfigLeft struct {
	Name string `json:"name"`
	Why  string `json:"why"`
}

// ConfigChange is what a change does, or did.
type ConfigChange struct {
	ID      *string        `json:"id" doc:"null when nothing was applied."`
	ETag    string         `json:"etag" doc:"Of the configuration as it is now."`
	Applied bool           `json:"applied"`
	Until   *string        `json:"until" format:"date-time" doc:"When it is taken back unless it is confirmed; null = it holds."`
	Files   []ConfigDiff   `json:"files"`
	Effects []ConfigEffect `json:"effects" doc:"Values that count and differ."`
	Steps   []ConfigStep   `json:"steps" doc:"What fail2ban does for it."`
	Left    []ConfigLeft   `json:"left" doc:"What could not be brought back, and why."`
	Notes   []string       `json:"notes"`
}

// ConfigDiff is one file of a change.
type ConfigDiff struct {
	Name string `json:"name"`
	Diff string `json:"diff" doc:"Unified."`
}

// ConfigEffect is one option that gets another value.
type ConfigEffect struct {
	Jail   *string `json:"jail" doc:"null = of the server."`
	Part   *string `json:"part" doc:"The filter or action it is of; null = the jail itself."`
	Option string  `json:"option"`
	Before *string `json:"before" doc:"null = it had none."`
	After  *string `json:"after" doc:"null = it has none any more."`
}

// ConfigStep is what fail2ban does for one jail.
type ConfigStep struct {
	Jail *string `json:"jail" doc:"null = the server's own options."`
	Do   string  `json:"do" enum:"set,stop,reload,restart,start"`
}

type configFileInput struct {
	HostPath
	Name string `query:"name" required:"true" maxLength:"200" example:"jail.local"`
}

type changeInput struct {
	HostPath
	Body struct {
		ETag           string           `json:"etag" minLength:"1" maxLength:"100" doc:"Of the configuration that the change was made from."`
		Edits          []ConfigEdit     `json:"edits" required:"false" maxItems:"500"`
		Files          []ConfigFileEdit `json:"files" required:"false" maxItems:"100" doc:"Whole files, put in place before the edits: BanGUI's own, new ones of filters and actions, and people's .local files that exist."`
		Reason         string           `json:"reason" required:"false" maxLength:"500"`
		ConfirmSeconds int              `json:"confirm_seconds" required:"false" minimum:"0" maximum:"600" doc:"The change is taken back unless it is confirmed within this time, at least 10; 0 = it holds."`
		DryRun         bool             `json:"dry_run" required:"false" doc:"Say what it would do, and try it on a copy; change nothing."`
	}
}

func (in changeInput) dry() bool { return in.Body.DryRun }

func (in changeInput) order() (list any, reason string) { return in.Body, in.Body.Reason }

func (in changeInput) target() string {
	var names []string
	for _, f := range in.Body.Files[:min(len(in.Body.Files), 20)] {
		names = append(names, f.Name)
	}
	for _, e := range in.Body.Edits[:min(len(in.Body.Edits), 20)] {
		names = append(names, strings.TrimSpace(e.Place+" "+e.Name)+": "+e.Option)
	}
	return in.Host + " " + strings.Join(names, ", ")
}

type changePath struct {
	HostPath
	ID string `path:"change" maxLength:"64"`
}

func (in changePath) target() string { return in.Host + " " + in.ID }

// changeLimit bounds applying a change: trying it out, taking it up, and putting it back.
const changeLimit = 6 * time.Minute

func (a *API) registerConfig() {
	const base = "/api/v1/hosts/{host}/config"
	register(a, route{
		method: http.MethodGet, path: base, id: "getConfig", summary: "fail2ban's configuration: server, jails, files", tag: "config",
		role: auth.Admin, tier: looks, class: classRead,
	}, func(ctx context.Context, in *HostPath) (*answer[Config], error) {
		view, err := a.config(ctx, in.Host)
		if err != nil {
			return nil, err
		}
		return answerWith(configOf(view)), nil
	})
	register(a, route{
		method: http.MethodGet, path: base + "/jails/{jail}", id: "getConfigJail", summary: "One jail: every option that counts, and where it comes from", tag: "config",
		role: auth.Admin, tier: looks, class: classRead,
	}, a.configJail)
	register(a, route{
		method: http.MethodGet, path: base + "/file", id: "getConfigFile", summary: "One file of the configuration", tag: "config",
		role: auth.Admin, tier: looks, class: classRead,
	}, func(ctx context.Context, in *configFileInput) (*answer[ConfigText], error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		content, err := h.ConfigFile(ctx, in.Name)
		if err != nil {
			return nil, err
		}
		return answerWith(ConfigText{Name: in.Name, Content: content}), nil
	})
	register(a, route{
		method: http.MethodGet, path: base + "/choices", id: "getConfigChoices", summary: "The filters and actions that a jail can name", tag: "config",
		role: auth.Admin, tier: looks, class: classRead,
	}, func(ctx context.Context, in *HostPath) (*answer[ConfigChoices], error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		choices, err := h.Choices(ctx)
		if err != nil {
			return nil, err
		}
		return answerWith(ConfigChoices{Filters: orEmpty(mapAll(choices.Filters, choiceOf)), Actions: orEmpty(mapAll(choices.Actions, choiceOf))}), nil
	})
	register(a, route{
		method: http.MethodGet, path: base + "/logs", id: "getConfigLogs", summary: "What is at the paths of a jail's logs now", tag: "config",
		role: auth.Admin, tier: looks, class: classRead,
	}, func(ctx context.Context, in *logsInput) (*answer[page[ConfigLog]], error) {
		h, err := a.Hosts.Get(in.Host)
		if err != nil {
			return nil, err
		}
		sources, err := h.LogFiles(ctx, strings.Split(in.Paths, "\n"))
		if err != nil {
			return nil, err
		}
		return answerWith(pageOf(mapAll(sources, logOf))), nil
	})
	register(a, route{
		method: http.MethodPost, path: base + "/changes", id: "changeConfig", summary: "Try or apply a change: all of it, or nothing", tag: "config",
		role: auth.Admin, tier: writesTo, class: classSteer, audit: "config.change", limit: changeLimit,
	}, a.changeConfig)
	register(a, route{
		method: http.MethodPost, path: base + "/changes/{change}/confirm", id: "confirmConfigChange", summary: "Make a change hold", tag: "config",
		role: auth.Admin, tier: writesTo, class: classSteer, audit: "config.confirm", status: http.StatusNoContent,
	}, func(ctx context.Context, in *changePath) (*empty, error) {
		return a.endChange(ctx, in, host.Host.ConfirmChange)
	})
	register(a, route{
		method: http.MethodDelete, path: base + "/changes/{change}", id: "revertConfigChange", summary: "Take a change back that waits to be confirmed", tag: "config",
		role: auth.Admin, tier: writesTo, class: classSteer, audit: "config.revert", status: http.StatusNoContent, limit: changeLimit,
	}, func(ctx context.Context, in *changePath) (*empty, error) {
		return a.endChange(ctx, in, host.Host.RevertChange)
	})
}

func (a *API) config(ctx context.Context, name string) (host.ConfigView, error) {
	h, err := a.Hosts.Get(name)
	if err != nil {
		return host.ConfigView{}, err
	}
	return h.Config(ctx)
}

func (a *API) configJail(ctx context.Context, in *JailPath) (*answer[ConfigJail], error) {
	view, err := a.config(ctx, in.Host)
	if err != nil {
		return nil, err
	}
	for _, j := range view.Jails {
		if j.Name == in.Jail {
			return answerWith(configJailOf(j, view)), nil
		}
	}
	return nil, fault.New(fault.JailNotFound, "no file of fail2ban's configuration has a jail %q", in.Jail)
}

func (a *API) changeConfig(ctx context.Context, in *changeInput) (*answer[ConfigChange], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	if len(in.Body.Edits)+len(in.Body.Files) == 0 {
		return nil, fault.New(fault.Invalid, "no change was given: neither edits nor files")
	}
	o := host.ChangeOrder{
		ETag: in.Body.ETag, Actor: noteOf(ctx).Actor.Name, Reason: in.Body.Reason, ConfirmWithin: time.Duration(in.Body.ConfirmSeconds) * time.Second,
	}
	for _, e := range in.Body.Edits {
		o.Edits = append(o.Edits, host.Edit{Place: jailconf.Place(e.Place), Name: e.Name, Option: e.Option, Value: e.Value})
	}
	for _, f := range in.Body.Files {
		o.Files = append(o.Files, host.FileEdit(f))
	}
	do := h.ApplyChange
	if in.Body.DryRun {
		do = h.CheckChange
	}
	return changed(ctx, func() (host.Change, error) { return do(ctx, o) })
}

// changed makes a change, or tries it, and leaves its files' diffs to the audit.
func changed(ctx context.Context, do func() (host.Change, error)) (*answer[ConfigChange], error) {
	change, err := do()
	if err != nil {
		return nil, err
	}
	noteOf(ctx).After = diffs(change)
	return answerWith(changeOf(change)), nil
}

func (a *API) endChange(ctx context.Context, in *changePath, end func(host.Host, context.Context, string) error) (*empty, error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	return &empty{}, end(h, ctx, in.ID)
}

// diffs are the files of a change, for the audit.
func diffs(c host.Change) string {
	var b strings.Builder
	for _, f := range c.Files {
		b.WriteString(f.Diff)
	}
	for _, s := range c.Steps {
		fmt.Fprintf(&b, "%s %s\n", s.Do, s.Jail)
	}
	return b.String()
}
