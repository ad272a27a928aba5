// Package cli is the command line: one file per command, each a thin layer over
// the API of a running console or, where there is none, over the fail2ban of this
// machine with the same rules.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"bangui/internal/config"
	"bangui/internal/fault"
	"bangui/internal/terminal"
)

// Process is what main knows of this process; nothing else reads the environment.
type Process struct {
	Program string   // how we were called: argv[0]
	Args    []string // without the program
	Environ []string // NAME=value
	Stdin   *os.File
	Stdout  io.Writer
	Stderr  io.Writer
	WorkDir string // absolute
	TempDir string // absolute
	Root    bool
	Version string
	// Exit ends the process at once; only for what must not go on.
	Exit func(status int)
}

// Main runs one command and gives the exit status of the process.
func Main(ctx context.Context, p Process) int {
	c := &command{Process: p}
	root := c.root()
	root.SetArgs(p.Args)
	root.SetOut(p.Stdout)
	root.SetErr(p.Stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return Done
	}
	c.tell(err)
	return statusOf(err)
}

// command is what all commands share.
type command struct {
	Process
	asJSON     bool
	url, token string
	configFile string
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "bangui",
		Short:         "See and steer fail2ban",
		Long:          "BanGUI shows and steers fail2ban: `bangui serve` is the page and the API, the other commands do single things.",
		SilenceUsage:  true,
		SilenceErrors: true,
		Version:       c.Version,
	}
	root.PersistentFlags().BoolVar(&c.asJSON, "json", false, "write JSON")
	root.AddCommand(
		c.serve(), c.helper(), c.demo(), c.doctor(), c.healthcheck(), c.version(),
		c.jail(), c.filter(), c.action(), c.config(), c.server(), c.bans(), c.stats(), c.ban(), c.unban(), c.why(), c.testFilter(), c.backtest(), c.withdraw(), c.geo(),
		c.user(), c.tokens(), c.setupToken(), c.audit(), c.selfCheck(), c.export(), c.savedFilter(), c.lease(), c.job(),
		c.documents(),
	)
	root.SetHelpCommand(&cobra.Command{Hidden: true})
	return root
}

// getenv looks a variable up in the environment that main handed on.
func (p Process) getenv(name string) string {
	for _, pair := range p.Environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

func (p Process) surroundings() config.Surroundings {
	return config.Surroundings{Root: p.Root, Getenv: p.getenv, WorkDir: p.WorkDir}
}

func (p Process) style() terminal.Style {
	return terminal.StyleFor(p.Stdout, p.getenv("NO_COLOR") != "")
}

// print writes a line for people.
func (c *command) print(format string, args ...any) {
	fmt.Fprintf(c.Stdout, format+"\n", args...)
}

// writeJSON writes one value for programs.
func (c *command) writeJSON(value any) error {
	out := json.NewEncoder(c.Stdout)
	out.SetEscapeHTML(false)
	out.SetIndent("", "  ")
	return out.Encode(value)
}

// writeJSONLine writes one value on one line, for streams.
func (c *command) writeJSONLine(value any) error {
	return json.NewEncoder(c.Stdout).Encode(value)
}

// tell writes an error to standard error, as JSON where JSON was asked for.
func (c *command) tell(err error) {
	if _, ok := errors.AsType[*outcomeError](err); ok {
		return // the outcomes were already shown
	}
	message, mend := explain(err)
	if c.asJSON {
		_ = json.NewEncoder(c.Stderr).Encode(map[string]any{ // standard error is the last resort
			"error": map[string]string{"code": string(fault.CodeOf(err)), "message": message, "mend": mend},
		})
		return
	}
	fmt.Fprintln(c.Stderr, "bangui: "+terminal.Printable(message))
	for line := range strings.Lines(mend) {
		fmt.Fprintln(c.Stderr, "  "+terminal.Printable(strings.TrimRight(line, "\n")))
	}
}

// explain is an error for the person at the terminal, who may see its cause.
func explain(err error) (message, mend string) {
	var coded *fault.Error
	if !errors.As(err, &coded) || coded.Code == fault.Internal {
		return err.Error(), ""
	}
	return coded.Message, fault.MendOf(err)
}

// exactly wants n arguments, with a sentence that says which.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != n {
			return fault.New(fault.Invalid, "give %s", what)
		}
		return nil
	}
}
