package host

import (
	"path/filepath"
	"strings"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// checkChange judges an order on the side that holds fail2ban's files, whatever the
// caller claims to have checked: each value by our own grammar, each log path by where it
// leads, and what is code by what the machine's owner allows.
func (g *Guard) checkChange(o ChangeOrder) error {
	switch {
	case len(o.Edits)+len(o.Files) == 0:
		return fault.New(fault.Invalid, "no change was given")
	case len(o.Edits) > MaxEdits:
		return fault.New(fault.TooLarge, "%d options were given; %d is the most at once", len(o.Edits), MaxEdits)
	case len(o.Files) > MaxFiles:
		return fault.New(fault.TooLarge, "%d files were given; %d is the most at once", len(o.Files), MaxFiles)
	case o.ConfirmWithin != 0 && (o.ConfirmWithin < MinConfirm || o.ConfirmWithin > MaxConfirm):
		return fault.New(fault.Invalid, "a change waits for its confirmation %s to %s", MinConfirm, MaxConfirm)
	}
	if err := checkWords(nil, o.Actor, o.Reason); err != nil {
		return err
	}
	if err := checkText("the ETag", o.ETag, maxName); err != nil {
		return err
	}
	for _, e := range o.Edits {
		if err := g.checkEdit(e); err != nil {
			return err
		}
	}
	return g.checkFiles(o)
}

// checkFiles judges whole files by themselves. How far they go depends on what is there,
// so the host judges that, within the limits that it is given.
func (g *Guard) checkFiles(o ChangeOrder) error {
	if len(o.Files) == 0 {
		return nil
	}
	if err := g.mayConfigure(false, ""); err != nil {
		return err
	}
	names := map[string]bool{}
	for _, f := range o.Files {
		if err := checkText("the name of a file", f.Name, maxName); err != nil {
			return err
		}
		if names[f.Name] {
			return fault.New(fault.Invalid, "%s was given twice", clip(f.Name))
		}
		names[f.Name] = true
		if o.Restore {
			continue // what can't be brought back is told, not refused
		}
		if !jailconf.RawFile(f.Name) {
			return fault.New(fault.Forbidden, "%q is no file that BanGUI writes", clip(f.Name))
		}
		if f.Content == nil {
			continue
		}
		if err := jailconf.CheckRaw(f.Name, *f.Content); err != nil {
			return err
		}
	}
	return nil
}

// limits are what the host holds whole files against.
func (g *Guard) limits() *limits {
	return &limits{code: g.Configure == ConfigureCode, logPaths: g.checkLogPaths, refused: func(err error) error {
		if fault.Is(err, fault.Forbidden) {
			return fault.Wrap(err, fault.Forbidden, "%s; this machine does not let BanGUI change such", fault.MessageOf(err)).
				WithMend("Who is root there can allow it: %s. Or change it in the file itself.", g.ConfigSwitch)
		}
		return err
	}}
}

func (g *Guard) checkEdit(e Edit) error {
	if _, err := jailconf.OwnFile(e.Place, e.Name); err != nil {
		return err
	}
	if err := checkText("the name of an option", e.Option, maxName); err != nil {
		return err
	}
	value := ""
	if e.Value != nil {
		value = *e.Value
	}
	_, code, err := jailconf.Check(e.Place, e.Option, value)
	if err != nil && e.Value != nil {
		return err
	}
	if err := g.mayConfigure(code, e.Option); err != nil {
		return err
	}
	if e.Option == "logpath" {
		return g.checkLogPaths(value)
	}
	return nil
}

func (g *Guard) mayConfigure(code bool, what string) error {
	switch {
	case g.Configure == ConfigureCode, g.Configure == ConfigureData && !code:
		return nil
	case g.Configure == ConfigureData:
		return fault.New(fault.Forbidden, "%s is, or becomes part of, a command that fail2ban runs as root, or moves its files; this machine does not let BanGUI change such", clip(what)).
			WithMend("Who is root there can allow it: %s. Or change it in the file itself.", g.ConfigSwitch)
	}
	return fault.New(fault.Forbidden, "this machine does not let BanGUI change fail2ban's configuration").
		WithMend("Who is root there can allow it: %s.", g.ConfigSwitch)
}

// checkLogPaths refuses a log outside of the folders for logs, also where a link leads
// there: fail2ban reads it as root, and shows lines of it.
func (g *Guard) checkLogPaths(value string) error {
	for line := range strings.Lines(value) {
		path, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		found, err := filepath.Glob(path)
		if err != nil {
			return fault.New(fault.Invalid, "%q is no path", clip(path))
		}
		for _, p := range append(found, path) {
			if leads, err := filepath.EvalSymlinks(p); err == nil {
				p = leads
			}
			if !g.forLogs(p) || !g.forLogs(path) {
				return fault.New(fault.Forbidden, "%s is not in a folder for logs (%s)", clip(p), strings.Join(g.logFolders(), ", ")).
					WithMend("Who is root there can allow its folder with log-folders in the helper's configuration.")
			}
		}
	}
	return nil
}

func (g *Guard) logFolders() []string {
	if g.LogFolders == nil {
		return []string{"/var/log"}
	}
	return g.LogFolders
}

func (g *Guard) forLogs(path string) bool {
	for _, folder := range g.logFolders() {
		if within(path, folder) && path != folder {
			return true
		}
	}
	return false
}
