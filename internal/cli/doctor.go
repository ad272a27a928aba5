package cli

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"bangui/internal/doctor"
	"bangui/internal/fail2ban"
	"bangui/internal/terminal"
)

func (c *command) doctor() *cobra.Command {
	var typed string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Say whether the fail2ban of this machine can be served, and if not, why and what to do",
		Long:  "Say whether the fail2ban of this machine can be served, and if not, why and what to do. It changes nothing." + exits(Done, Usage, NothingHere, Unreachable, NoPermit),
		Args:  exactly(0, "no arguments, only flags"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			conf, _, err := c.settings(cmd.Flags(), nil)
			if err != nil {
				return err
			}
			client := fail2ban.New(fail2ban.Options{Socket: conf.Fail2banSocket})
			found := doctor.Look(cmd.Context(), doctor.This(client.Ping, conf.Fail2banConfig, cmp.Or(typed, c.Program+" serve")))
			if err := c.showDiagnosis(found); err != nil {
				return err
			}
			return diagnosisStatus(found.State)
		},
	}
	cmd.Flags().StringVar(&typed, "command", "", "the command to suggest where root is needed")
	c.addSettings(cmd.Flags(), "fail2ban-socket", "fail2ban-config")
	return cmd
}

func (c *command) showDiagnosis(d doctor.Diagnosis) error {
	if c.asJSON {
		return c.writeJSON(map[string]string{"state": string(d.State), "text": d.Text, "output": d.Output, "mend": d.Mend})
	}
	style := c.style()
	paint := style.Bad
	if d.State == doctor.Running {
		paint = style.Good
	}
	c.print("%s", paint(terminal.Printable(d.Text)))
	if d.Output != "" {
		c.print("\n%s", style.Dim("What fail2ban says:"))
		c.lines(d.Output)
	}
	if d.Mend != "" {
		c.print("")
		c.lines(d.Mend)
	}
	return nil
}

// lines writes each line of a text harmlessly, indented by two.
func (c *command) lines(text string) {
	for line := range strings.Lines(text) {
		c.print("  %s", terminal.Printable(strings.TrimRight(line, "\r\n")))
	}
}

func diagnosisStatus(s doctor.State) error {
	switch s {
	case doctor.Running:
		return nil
	case doctor.Forbidden:
		return &outcomeError{NoPermit}
	case doctor.Unmanaged:
		return &outcomeError{NothingHere}
	default:
		return &outcomeError{Unreachable}
	}
}
