package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/terminal"
)

// serverView is fail2ban's server as the API tells it.
type serverView struct {
	ETag     string         `json:"etag"`
	Broken   string         `json:"broken,omitempty"`
	Version  string         `json:"version"`
	PID      int            `json:"pid"`
	Options  []serverOption `json:"options"`
	LogAt    string         `json:"log_at"`
	Restart  serverRestart  `json:"restart"`
	Warnings []string       `json:"warnings"`
}

type serverOption struct {
	Name       string            `json:"name"`
	Live       *string           `json:"live"`
	Configured *configuredOption `json:"configured"`
}

type configuredOption struct {
	Value  string       `json:"value"`
	Origin optionOrigin `json:"origin"`
}

type optionOrigin struct {
	Source string `json:"source"`
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
}

type serverRestart struct {
	Way       string `json:"way,omitempty"`
	Refused   string `json:"refused,omitempty"`
	Mend      string `json:"mend,omitempty"`
	Bans      int    `json:"bans"`
	LosesBans bool   `json:"loses_bans"`
}

type restartedView struct {
	Way     string   `json:"way"`
	TookMS  int64    `json:"took_ms"`
	Jails   int      `json:"jails"`
	Bans    int      `json:"bans"`
	Missing []string `json:"missing"`
}

// serverChange is a change of the server's options.
type serverChange struct {
	values map[string]string // by the option's name in fail2ban
	reset  []string
	reason string
	dryRun bool
}

type changeView struct {
	Applied bool       `json:"applied"`
	Files   []fileDiff `json:"files"`
	Notes   []string   `json:"notes"`
}

type fileDiff struct {
	Name string `json:"name"`
	Diff string `json:"diff"`
}

type logLine struct {
	At    *time.Time `json:"at"`
	Level string     `json:"level,omitempty"`
	Part  string     `json:"part,omitempty"`
	Jail  string     `json:"jail,omitempty"`
	Text  string     `json:"text"`
	Cut   int        `json:"cut,omitempty"`
}

type logView struct {
	At     string    `json:"at"`
	Items  []logLine `json:"items"`
	Newer  string    `json:"newer"`
	Missed bool      `json:"missed"`
}

// serverBackend is what the commands about the server ask of a backend.
type serverBackend interface {
	Server(ctx context.Context) (serverView, error)
	SetServer(ctx context.Context, change serverChange) (changeView, error)
	FlushLogs(ctx context.Context) error
	RestartServer(ctx context.Context, loseBans bool, reason string) (restartedView, error)
	ServerLog(ctx context.Context, q host.LogQuery) (logView, error)
}

func (c *command) server() *cobra.Command {
	cmd := &cobra.Command{Use: "server", Short: "See, change and restart fail2ban's server, and read its log"}
	for _, sub := range []*cobra.Command{c.serverShow(), c.serverSet(), c.serverFlush(), c.serverRestart(), c.serverLog()} {
		c.addBackend(sub)
		cmd.AddCommand(sub)
	}
	return cmd
}

func (c *command) serverShow() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Show fail2ban's own options: live, as configured, and where that stands",
		Long: "Show fail2ban's own options: live, as configured, and where that stands. Elsewhere than on a terminal: fields separated by tabs (option, live, configured, file and line)." +
			exits(Done, Usage, Unreachable, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.with(func(ctx context.Context, b backend, _ []string) error {
			view, err := b.Server(ctx)
			if err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(view)
			}
			return c.showServer(view)
		}),
	}
}

func (c *command) showServer(v serverView) error {
	style := c.style()
	rows := make([][]terminal.Cell, len(v.Options))
	for i, o := range v.Options {
		live, configured, origin := "-", "-", ""
		if o.Live != nil {
			live = *o.Live
		}
		if o.Configured != nil {
			configured = o.Configured.Value
			if origin = o.Configured.Origin.Source; o.Configured.Origin.File != "" {
				origin = o.Configured.Origin.File + ":" + strconv.Itoa(o.Configured.Origin.Line)
			}
		}
		rows[i] = []terminal.Cell{{Text: o.Name, Paint: style.Bold}, terminal.Text(live), terminal.Text(configured), terminal.Text(origin)}
	}
	if err := terminal.Table(c.Stdout, style, []string{"OPTION", "CONFIGURED", "FROM"}, rows); err != nil {
		return err
	}
	for _, text := range append([]string{v.Broken}, v.Warnings...) {
		if text != "" {
			fmt.Fprintln(c.Stderr, "bangui: "+terminal.Printable(text))
		}
	}
	return nil
}

// serverFlags are the options of `server set`, by their names in fail2ban.
func serverFlags() [][2]string {
	return [][2]string{
		{"loglevel", "how much fail2ban logs: CRITICAL, ERROR, WARNING, NOTICE, INFO or DEBUG"},
		{"logtarget", "where it logs: /var/log/fail2ban.log, SYSLOG, SYSTEMD-JOURNAL, SYSOUT, STDOUT or STDERR; other files only with configuration = code"},
		{"syslogsocket", "the socket of SYSLOG: auto or /dev/log"},
		{"dbpurgeage", "how long it remembers bans, such as 7d"},
		{"dbmaxmatches", "how many log lines it keeps with each ban"},
	}
}

func (c *command) serverSet() *cobra.Command {
	var change serverChange
	given := map[string]*string{}
	cmd := &cobra.Command{
		Use: "set", Short: "Change fail2ban's own options; they take effect at once",
		Long: "Change fail2ban's own options. They are tried on a copy first, written into fail2ban.d/zz-bangui.local, and take effect at once; what fail2ban does not take is put back." +
			exits(Done, Failed, Usage, Unreachable, NoPermit),
		Example: "  bangui server set --loglevel INFO --dbpurgeage 7d\n  bangui server set --reset loglevel --dry-run",
		Args:    exactly(0, "no arguments, only flags"),
	}
	for _, f := range serverFlags() {
		given[f[0]] = cmd.Flags().String(f[0], "", f[1])
	}
	cmd.Flags().StringSliceVar(&change.reset, "reset", nil, "options that go back to what they inherit, by fail2ban's name (loglevel); may be given again")
	cmd.Flags().StringVar(&change.reason, "reason", "", "why, for the record")
	cmd.Flags().BoolVar(&change.dryRun, "dry-run", false, "say what would change, and change nothing")
	cmd.RunE = c.with(func(ctx context.Context, b backend, _ []string) error {
		change.values = map[string]string{}
		for _, f := range serverFlags() {
			if cmd.Flags().Changed(f[0]) {
				change.values[f[0]] = *given[f[0]]
			}
		}
		if err := change.check(); err != nil {
			return err
		}
		done, err := b.SetServer(ctx, change)
		if err != nil {
			return err
		}
		return c.showServerChange(done)
	})
	return cmd
}

func (s serverChange) check() error {
	if len(s.values)+len(s.reset) == 0 {
		return fault.New(fault.Invalid, "give at least one option that is to change").WithMend("Such as --loglevel INFO")
	}
	for _, name := range s.reset {
		if !slices.ContainsFunc(serverFlags(), func(f [2]string) bool { return f[0] == name }) {
			return fault.New(fault.Invalid, "--reset %s is none of loglevel, logtarget, syslogsocket, dbpurgeage, dbmaxmatches", strconv.Quote(name))
		}
	}
	return nil
}

func (c *command) showServerChange(done changeView) error {
	if c.asJSON {
		return c.writeJSON(done)
	}
	for _, f := range done.Files {
		for line := range strings.Lines(f.Diff) {
			c.print("%s", terminal.Printable(strings.TrimRight(line, "\n")))
		}
	}
	for _, note := range done.Notes {
		c.print("%s", terminal.Printable(note))
	}
	if done.Applied {
		c.print("Applied; fail2ban runs with it.")
	} else {
		c.print("Nothing was changed.")
	}
	return nil
}

func (c *command) serverFlush() *cobra.Command {
	return &cobra.Command{
		Use: "flush-logs", Short: "Make fail2ban open its log anew, as after a rotation",
		Long: "Make fail2ban open its log anew, as after a rotation." + exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.with(func(ctx context.Context, b backend, _ []string) error {
			if err := b.FlushLogs(ctx); err != nil {
				return err
			}
			if c.asJSON {
				return c.writeJSON(map[string]bool{"flushed": true})
			}
			c.print("fail2ban opened its log anew.")
			return nil
		}),
	}
}

func (c *command) serverRestart() *cobra.Command {
	var lose bool
	var reason string
	cmd := &cobra.Command{
		Use: "restart", Short: "Restart fail2ban, and look whether jails and bans are back",
		Long: "Restart fail2ban. Its configuration is tried first: what it would not come up with refuses the restart. Bans are lifted for a moment and put back from its database; it is looked whether jails and bans are back." +
			exits(Done, Failed, Usage, Unreachable, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: c.with(func(ctx context.Context, b backend, _ []string) error {
			done, err := b.RestartServer(ctx, lose, reason)
			if err != nil {
				return err
			}
			return c.showRestarted(done)
		}),
	}
	cmd.Flags().BoolVar(&lose, "lose-bans", false, "go on although fail2ban keeps no database that brings its bans back")
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the record")
	return cmd
}

// showRestarted tells what became of a restart; bans that are missing make it a failure.
func (c *command) showRestarted(done restartedView) error {
	if c.asJSON {
		if err := c.writeJSON(done); err != nil {
			return err
		}
	} else {
		c.print("fail2ban was restarted in %s: %d jails run, %d bans are back.", (time.Duration(done.TookMS) * time.Millisecond).Round(100*time.Millisecond), done.Jails, done.Bans)
		for _, ban := range done.Missing {
			c.print("missing: %s", terminal.Printable(ban))
		}
	}
	if len(done.Missing) > 0 {
		return &outcomeError{Failed}
	}
	return nil
}
