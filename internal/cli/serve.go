package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bangui/internal/app"
	"bangui/internal/config"
	"bangui/internal/fault"
	"bangui/internal/helper"
)

func (c *command) serve() *cobra.Command {
	var show bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve page and API for the fail2ban of this machine",
		Long: "Serve page and API for the fail2ban of this machine, until SIGINT or SIGTERM. A second signal ends it at once.\n" +
			"Each flag can also be set in the environment (BANGUI_LISTEN for --listen) or in the file given by --config." +
			exits(Done, Failed, Usage, Held, NoDatabase, Outlived, NoPermit),
		Args: exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, origins, err := c.settings(cmd.Flags(), nil)
			if err != nil {
				return err
			}
			if show {
				fmt.Fprint(c.Stdout, config.Print(conf, origins))
				return nil
			}
			return c.runConsole(cmd.Context(), conf)
		},
	}
	cmd.Flags().BoolVar(&show, "print-config", false, "show each setting with its value and where it comes from, and end")
	c.addSettings(cmd.Flags())
	return cmd
}

// addSettings makes a flag of each setting, and one for the file.
func (c *command) addSettings(flags *pflag.FlagSet, only ...string) {
	for _, s := range config.Settings() {
		if len(only) > 0 && !slices.Contains(only, s.Name) {
			continue
		}
		flags.String(s.Name, "", fmt.Sprintf("%s (default %s)", strings.TrimSuffix(s.Meaning, "."), s.Default))
		if s.Switch {
			flags.Lookup(s.Name).NoOptDefVal = "true"
		}
	}
	flags.StringVar(&c.configFile, "config", "", "YAML file with settings")
}

// settings loads the configuration from what was given; assumed are values for
// settings that nobody gave as a flag.
func (c *command) settings(flags *pflag.FlagSet, assumed map[string]string) (config.Config, config.Origins, error) {
	given := map[string]string{}
	maps.Copy(given, assumed)
	flags.Visit(func(f *pflag.Flag) {
		for _, s := range config.Settings() {
			if s.Name == f.Name {
				given[f.Name] = f.Value.String()
			}
		}
	})
	return config.Load(config.Given{Flags: given, Environ: c.Environ, File: c.configFile}, c.surroundings())
}

// runConsole runs until a signal comes.
func (c *command) runConsole(ctx context.Context, conf config.Config) error {
	ctx, hangup, release := app.WithSignals(ctx)
	defer release()
	err := app.New(app.Options{
		Config: conf, Version: c.Version, Log: c.Stderr, Command: c.typed(), Hangup: hangup, Exit: c.Exit,
		HelperConf: helper.StandardConf, ReadyInLog: samePlace(c.Stdout, c.Stderr),
		Ready: func(url, setupLink string) {
			c.print("%s", banner(url, setupLink, conf.Demo))
			_ = helper.Notify(ctx, c.getenv, "READY=1") // systemd gives up by itself when it hears nothing
		},
	}).Run(ctx)
	return startError(err)
}

// samePlace reports whether two outputs are one terminal, file or journal.
func samePlace(a, b io.Writer) bool {
	one, ok := a.(*os.File)
	other, ok2 := b.(*os.File)
	if !ok || !ok2 {
		return false
	}
	first, err := one.Stat()
	second, err2 := other.Stat()
	return err == nil && err2 == nil && os.SameFile(first, second)
}

// typed is how this command was typed, for "run it as root".
func (c *command) typed() string {
	words := []string{quoted(c.Program)}
	for _, arg := range c.Args {
		words = append(words, quoted(arg))
	}
	return strings.Join(words, " ")
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-"
	if word != "" && strings.Trim(word, plain) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func banner(url, setupLink string, demo bool) string {
	text := "BanGUI is at " + url
	if setupLink != "" {
		text += "\nNobody can sign in yet. Open this link to make the first admin; it works once:\n  " + setupLink
	}
	if demo {
		text += "\nDemo server: this machine is not protected by it."
	}
	return text
}

// startError is a failed start in one sentence, with its mend.
func startError(err error) error {
	var stage *app.StageError
	if !errors.As(err, &stage) {
		return err
	}
	if fault.CodeOf(stage.Err) == fault.Internal {
		return fault.Wrap(err, fault.Conflict, "stage %s could not start: %v", stage.Stage, stage.Err)
	}
	return err
}
