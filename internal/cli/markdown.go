package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// Markdown is docs/cli.md, made of the commands themselves; a test keeps the file
// equal to it.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# Command line

Generated from internal/cli by ` + "`make generate`" + `; a test keeps it equal.

Commands that see and steer talk to the console that ` + "`--url`" + ` or BANGUI_URL names; without a name to the console of this machine, and
where none answers straight to the fail2ban of this machine, with the same rules. A console wants an API token: make one with
` + "`bangui token create`" + ` and set BANGUI_TOKEN to it, or give it with ` + "`--token`" + `. Without one, whoever may open fail2ban's socket (root) works
on this machine's fail2ban directly, though a console runs. ` + "`--json`" + ` works everywhere. Tables and colours are for
terminals; elsewhere a list is one line each with fields separated by tabs. ` + "`bangui completion bash|zsh|fish`" + ` writes completion for a shell.

`)
	root := (&command{}).root()
	describe(&b, root.Commands())
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func describe(b *strings.Builder, commands []*cobra.Command) {
	for _, cmd := range commands {
		if cmd.Hidden {
			continue
		}
		if cmd.Runnable() {
			fmt.Fprintf(b, "## %s\n\n%s\n\n", cmd.CommandPath(), cmd.Short+".")
			fmt.Fprintf(b, "```\n%s\n", strings.TrimRight(cmd.Long, "\n"))
			if cmd.Example != "" {
				fmt.Fprintf(b, "\nExamples:\n%s\n", cmd.Example)
			}
			if flags := cmd.LocalFlags(); flags.HasAvailableFlags() {
				fmt.Fprintf(b, "\nFlags:\n%s", flags.FlagUsages())
			}
			b.WriteString("```\n\n")
		}
		describe(b, cmd.Commands())
	}
}
