package host

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"bangui/internal/fail2ban"
	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// ServerView is fail2ban's server as a whole: its own options, as they are live and as
// the files say, and whether it can be restarted from here.
type ServerView struct {
	ETag    string // as in ConfigView
	Broken  string // as in ConfigView
	Options []ServerOption
	Restart RestartPlan
	LogAt   string // where its log is read: a path, or the journal's target; "" = it can't be read
	Waiting *WaitingChange
	// Warnings are what a person should know of the values that are live.
	Warnings []string
}

// ServerOption is one option of the server.
type ServerOption struct {
	Name string
	Live *string // what the running server says; nil = it does not tell, or does not run
	// Configured is what the files say; its Name is "" where none does.
	Configured jailconf.Option
}

// Server asks fail2ban for its options, and reads what its files say of them; see Host.
func (l *Local) Server(ctx context.Context) (ServerView, error) {
	config, err := l.Config(ctx)
	if err != nil {
		return ServerView{}, err
	}
	view := ServerView{ETag: config.ETag, Broken: config.Broken, Waiting: config.Waiting, Restart: l.restartPlan(ctx)}
	view.LogAt, _ = l.logAt()
	live := l.liveOptions(ctx)
	for _, o := range config.Server {
		view.Options = append(view.Options, ServerOption{Name: o.Name, Live: live[o.Name], Configured: o})
		delete(live, o.Name)
	}
	for _, name := range []string{"loglevel", "logtarget", "syslogsocket", "dbfile", "dbpurgeage", "dbmaxmatches"} {
		if value := live[name]; value != nil {
			view.Options = append(view.Options, ServerOption{Name: name, Live: value})
		}
	}
	view.Warnings = serverNotes(asEffects(view.Options))
	return view, nil
}

// asEffects are the live values as if they were new.
func asEffects(options []ServerOption) []Effect {
	var all []Effect
	for _, o := range options {
		if o.Live != nil {
			all = append(all, Effect{Option: o.Name, After: *o.Live})
		}
	}
	return all
}

// serverNotes are what a person should know of new values of the server's own options.
func serverNotes(effects []Effect) []string {
	const day = 24 * 60 * 60
	var notes []string
	for _, e := range effects {
		seconds, isTime := jailconf.Seconds(e.After)
		switch {
		case e.Jail != "" || e.Part != "":
		case e.Option == "dbpurgeage" && isTime && seconds < day:
			notes = append(notes, fmt.Sprintf("fail2ban forgets bans after %s: those that last longer are gone after its restart, and what BanGUI misses for longer than that is lost. A day or more is better.",
				time.Duration(seconds)*time.Second))
		case e.Option == "dbmaxmatches" && e.After == "0":
			notes = append(notes, "fail2ban keeps no log lines with new bans: nobody can see why an address was banned.")
		case e.Option == "loglevel" && hidesBans(e.After):
			notes = append(notes, "fail2ban's log does not tell of bans at that level: BanGUI sees them up to a second later, and can't tell why they end.")
		case e.Option == "logtarget" && slices.Contains([]string{"STDOUT", "STDERR", "SYSOUT"}, e.After):
			notes = append(notes, "BanGUI can't read fail2ban's log there: bans are seen up to a second later, and the log is not shown.")
		}
	}
	return notes
}

// liveOptions is what the running server says of its options. One that it does not answer
// is left out: a server that is away is told by State.
func (l *Local) liveOptions(ctx context.Context) map[string]*string {
	all := map[string]*string{}
	for name, ask := range map[string]func(context.Context) (string, error){
		"loglevel": l.Client.LogLevel, "logtarget": l.Client.LogTarget, "syslogsocket": l.Client.SyslogSocket,
		"dbfile": l.Client.DBFile, "dbmaxmatches": l.Client.DBMaxMatches, "dbpurgeage": l.purgeAge,
	} {
		value, err := ask(ctx)
		if fault.Is(err, fault.Fail2banUnreachable) || fault.Is(err, fault.Fail2banTimeout) {
			return nil
		}
		if err == nil {
			all[name] = &value
		}
	}
	return all
}

// purgeAge is in whole seconds, as text; "" without a database.
func (l *Local) purgeAge(ctx context.Context) (string, error) {
	age, err := l.Client.DBPurgeAge(ctx)
	if age == 0 {
		return "", err
	}
	return strconv.FormatInt(int64(age/time.Second), 10), err
}

// FlushLogs makes fail2ban open its log anew; see Host.
func (l *Local) FlushLogs(ctx context.Context) error { return l.Client.FlushLogs(ctx) }

// LogQuery asks for messages of fail2ban's log; see fail2ban.LogQuery.
type LogQuery = fail2ban.LogQuery

// LogEntry is one message in it; see fail2ban.LogEntry.
type LogEntry = fail2ban.LogEntry

// LogLevels are fail2ban's levels, the most urgent first.
func LogLevels() []string { return fail2ban.LogLevels() }

// LogPage is a part of fail2ban's log, the oldest message first; see fail2ban.LogPage.
type LogPage struct {
	At           string // where it is: a path, or SYSLOG, SYSTEMD-JOURNAL
	Entries      []LogEntry
	Older, Newer string
	EndsIn       string
	EndsEarly    bool
	Missed       bool
}

// ServerLog reads a part of fail2ban's log; see Host.
func (l *Local) ServerLog(ctx context.Context, q LogQuery) (LogPage, error) {
	at, err := l.logAt()
	if err != nil {
		return LogPage{}, err
	}
	var page fail2ban.LogPage
	if at[0] == '/' {
		page, err = fail2ban.ReadLog(at, q, time.Local)
	} else {
		page, err = l.journalPage(ctx, q)
	}
	return LogPage{At: at, Entries: page.Entries, Older: page.Older, Newer: page.Newer, EndsIn: page.EndsIn, EndsEarly: page.EndsEarly, Missed: page.Missed}, err
}

func (l *Local) journalPage(ctx context.Context, q LogQuery) (fail2ban.LogPage, error) {
	program, err := l.program("journalctl")
	if err != nil {
		return fail2ban.LogPage{}, err
	}
	return fail2ban.ReadJournal(ctx, program, q)
}

// logAt is where the log can be read; the error says why it can't.
func (l *Local) logAt() (string, error) {
	l.mu.Lock()
	at := l.logPath()
	l.mu.Unlock()
	switch {
	case at == "":
		return "", fault.New(fault.Fail2banUnreachable, "fail2ban has not been seen yet, so it is not known where its log is").
			WithMend("Start it, or say where its log is with --fail2ban-log.")
	case at[0] == '/' || l.inJournal(at):
		return at, nil
	}
	return "", fault.New(fault.Unsupported, "fail2ban logs to %s, where nothing can be read back", at).
		WithMend("Set its log target to /var/log/fail2ban.log or SYSTEMD-JOURNAL; or say with --fail2ban-log where what it says ends up.")
}
