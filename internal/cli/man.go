package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bangui/internal/config"
)

// manPages are the pages of man by file name: one for the program, one for each
// command, one for the settings file. They hold no date, so that the same source
// gives the same bytes.
func manPages(root *cobra.Command) map[string]string {
	pages := map[string]string{"bangui.1": overviewPage(root), "bangui.yml.5": settingsPage(root)}
	var add func(commands []*cobra.Command)
	add = func(commands []*cobra.Command) {
		for _, cmd := range commands {
			if cmd.Runnable() && shown(cmd) {
				pages[pageName(cmd)+".1"] = commandPage(root, cmd)
			}
			add(cmd.Commands())
		}
	}
	add(root.Commands())
	return pages
}

// shown leaves out what cobra adds by itself, and what is not for users.
func shown(cmd *cobra.Command) bool {
	for c := cmd; c.HasParent(); c = c.Parent() {
		if c.Hidden || c.Name() == "completion" || c.Name() == "help" {
			return false
		}
	}
	return true
}

func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// roff is a man page in the making.
type roff struct{ strings.Builder }

// newPage begins a page with its title and its one-line description.
func newPage(root *cobra.Command, name, section, short string) *roff {
	p := &roff{}
	fmt.Fprintf(p, ".TH %s %s \"\" \"BanGUI %s\" \"BanGUI\"\n", quote(strings.ToUpper(name)), section, plain(root.Version))
	p.heading("NAME")
	fmt.Fprintf(p, "%s \\- %s\n", plain(name), plain(lowerFirst(short)))
	return p
}

func (p *roff) heading(title string) { fmt.Fprintf(p, ".SH %s\n", quote(title)) }

// prose writes paragraphs; what is indented in the source stays as it stands.
func (p *roff) prose(text string) {
	for paragraph := range strings.SplitSeq(strings.Trim(text, "\n"), "\n\n") {
		p.WriteString(".PP\n")
		asIs := strings.Contains("\n"+paragraph, "\n ")
		if asIs {
			p.WriteString(".nf\n")
		}
		for line := range strings.Lines(paragraph) {
			p.WriteString(plain(strings.TrimRight(line, "\n")) + "\n")
		}
		if asIs {
			p.WriteString(".fi\n")
		}
	}
}

// item writes a term and what it means.
func (p *roff) item(term, meaning string) {
	fmt.Fprintf(p, ".TP\n\\fB%s\\fR\n%s\n", plain(term), plain(meaning))
}

func overviewPage(root *cobra.Command) string {
	p := newPage(root, "bangui", "1", root.Short)
	p.heading("SYNOPSIS")
	p.prose("bangui COMMAND [FLAGS]")
	p.heading("DESCRIPTION")
	p.prose(root.Long)
	p.heading("COMMANDS")
	eachShown(root, func(cmd *cobra.Command) { p.item(pageName(cmd)+"(1)", cmd.Short+".") })
	p.heading("FILES")
	p.item("/etc/bangui/bangui.yml", "Settings of the console that the package runs; bangui.yml(5).")
	p.item("/etc/bangui/helper.conf", "What the helper allows, whatever the console asks.")
	p.item("/var/lib/bangui", "Database, the host's id, the set-up token.")
	p.heading("SEE ALSO")
	p.prose("bangui.yml(5), fail2ban-client(1), fail2ban-server(1)")
	return p.String()
}

func eachShown(root *cobra.Command, do func(*cobra.Command)) {
	for _, cmd := range root.Commands() {
		if cmd.Runnable() && shown(cmd) {
			do(cmd)
		}
		eachShown(cmd, do)
	}
}

func commandPage(root, cmd *cobra.Command) string {
	p := newPage(root, pageName(cmd), "1", cmd.Short)
	p.heading("SYNOPSIS")
	p.prose(cmd.UseLine())
	p.heading("DESCRIPTION")
	about, statuses, _ := strings.Cut(cmd.Long, "\n\nExit status:\n")
	p.prose(about)
	p.heading("OPTIONS")
	options := func(f *pflag.Flag) {
		if !f.Hidden {
			p.item(flagTerm(f), f.Usage)
		}
	}
	cmd.LocalFlags().VisitAll(options)
	cmd.InheritedFlags().VisitAll(options)
	if statuses != "" {
		p.heading("EXIT STATUS")
		for line := range strings.Lines(statuses) {
			status, meaning, _ := strings.Cut(strings.TrimSpace(line), "  ")
			p.item(status, meaning)
		}
	}
	if cmd.Example != "" {
		p.heading("EXAMPLES")
		p.prose(cmd.Example)
	}
	p.heading("SEE ALSO")
	p.prose("bangui(1), bangui.yml(5)")
	return p.String()
}

func flagTerm(f *pflag.Flag) string {
	term := "--" + f.Name
	if f.Shorthand != "" {
		term = "-" + f.Shorthand + ", " + term
	}
	if kind := f.Value.Type(); kind != "bool" && f.NoOptDefVal == "" {
		term += " " + strings.ToUpper(kind)
	}
	return term
}

func settingsPage(root *cobra.Command) string {
	p := newPage(root, "bangui.yml", "5", "Settings of the BanGUI console")
	p.heading("DESCRIPTION")
	p.prose("YAML, one `name: value` per line. The package's units read /etc/bangui/bangui.yml; elsewhere name the file with --config or in BANGUI_CONFIG.\n" +
		"The same names are flags (--log-level) and variables (BANGUI_LOG_LEVEL); a flag wins over the environment, the environment over the file.\n" +
		"An unknown name or a value that can't be taken stops the start with exit status 2.\n\n" +
		"`bangui serve --print-config` shows each value and where it came from.")
	p.heading("SETTINGS")
	for _, s := range config.Settings() {
		p.item(s.Name, fmt.Sprintf("%s Allowed: %s. Default: %s.", s.Meaning, s.Allowed, s.Default))
	}
	p.heading("SEE ALSO")
	p.prose("bangui(1), bangui-serve(1)")
	return p.String()
}

// plain is text that roff shows as it is: no escape, no request, dashes to type.
func plain(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}

func quote(text string) string { return `"` + strings.ReplaceAll(plain(text), `"`, `""`) + `"` }

func lowerFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToLower(text[:1]) + text[1:]
}
