package host

import (
	"context"
	"slices"
	"time"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// ConfigView is fail2ban's configuration as its files say it: every option that counts,
// and where it comes from.
type ConfigView struct {
	ETag   string // differs whenever a file differs; a change names the one it was made from
	Dir    string // as fail2ban sees it
	Broken string // why fail2ban would take nothing of it; "" = it would
	Server []jailconf.Option
	Jails  []jailconf.Jail // active or not, in fail2ban's order
	// Problems are what fail2ban passes over and a person should know.
	Problems []jailconf.Problem
	Files    []ConfigFile
	// Waiting is a change that is taken back unless it is confirmed; nil = none.
	Waiting *WaitingChange
	// Ours are the jails with a file of ours, in the order of Jails.
	Ours []OurJail
	// Allowed is what of it may be changed here; Guard says it.
	Allowed ConfigureLimits
}

// ConfigureLimits are how far a caller may change the configuration, and what lets him go
// further.
type ConfigureLimits struct {
	Configure  Configure
	Switch     string   // what changes it, for people
	LogFolders []string // where log files of jails may be
}

// OurJail is what our file for a jail says, and what would count without it.
type OurJail struct {
	Name   string
	Values []jailconf.Option // as the file has them
	// Inherited are the options that would count without our files for single jails.
	Inherited []jailconf.Option
	// Alone says that no other file knows the jail: without ours it is gone.
	Alone bool
}

// ConfigFile is one file below the configuration folder.
type ConfigFile struct {
	Name string
	Size int
	Own  bool // written by BanGUI
}

// ConfigSnapshot is the configuration folder as it is at one moment.
type ConfigSnapshot struct {
	ETag    string
	Dir     string // as fail2ban sees it
	Version string // of fail2ban, as last seen
	// Unsettled says that a change is being made, or that one was left half done: what the
	// files say now is not what stays.
	Unsettled bool
	Waiting   *WaitingChange // nil = none
	Files     []ConfigContent
}

// ConfigContent is one file.
type ConfigContent struct {
	Name    string
	Content []byte
}

// WaitingChange is a change that holds only until then, unless it is confirmed.
type WaitingChange struct {
	ID    string
	Until time.Time
	Actor string // who made it
}

// Config reads the configuration; see Host.
func (l *Local) Config(context.Context) (ConfigView, error) {
	tree, err := jailconf.ReadTree(l.ConfigDir)
	if err != nil {
		return ConfigView{}, err
	}
	view := ConfigView{ETag: tree.ETag(), Dir: tree.Dir(), Waiting: l.waitingChange()}
	for _, name := range tree.Files() {
		content, _ := tree.File(name)
		view.Files = append(view.Files, ConfigFile{Name: name, Size: len(content), Own: jailconf.IsOwn(name, content)})
	}
	config, err := l.resolved(tree)
	if fault.Is(err, fault.Fail2banRefused) || fault.Is(err, fault.TooLarge) {
		view.Broken = fault.MessageOf(err)
		return view, nil
	}
	if err != nil {
		return ConfigView{}, err
	}
	view.Server, view.Jails, view.Problems = config.Server, config.Jails, config.Problems
	view.Ours = l.ourJails(tree, config)
	return view, nil
}

// ourJails says of each jail with a file of ours what that changes.
func (l *Local) ourJails(tree *jailconf.Tree, config *jailconf.Config) []OurJail {
	var ours []OurJail
	for _, j := range config.Jails {
		name, err := jailconf.OwnFile(jailconf.InJail, j.Name)
		content, there := tree.File(name)
		if err == nil && there && jailconf.IsOwn(name, content) {
			ours = append(ours, OurJail{Name: j.Name, Values: jailconf.Values(name, content, j.Name)})
		}
	}
	if len(ours) == 0 {
		return nil
	}
	base := inherited(tree, l.version())
	if base == nil {
		return ours
	}
	for i := range ours {
		j := base.Jail(ours[i].Name)
		if ours[i].Alone = j == nil; j != nil {
			ours[i].Inherited = slices.Concat(j.Options, j.Others)
		}
	}
	return ours
}

// Choices are the filters and actions on disk that a jail can name.
type Choices struct{ Filters, Actions []jailconf.Choice }

// Choices reads them; see Host.
func (l *Local) Choices(context.Context) (Choices, error) {
	tree, err := jailconf.ReadTree(l.ConfigDir)
	if err != nil {
		return Choices{}, err
	}
	return Choices{Filters: jailconf.Choices(tree, jailconf.InFilter), Actions: jailconf.Choices(tree, jailconf.InAction)}, nil
}

// ConfigFile reads one file; see Host.
func (l *Local) ConfigFile(_ context.Context, name string) (string, error) {
	tree, err := jailconf.ReadTree(l.ConfigDir)
	if err != nil {
		return "", err
	}
	content, ok := tree.File(name)
	if !ok {
		return "", fault.New(fault.NotFound, "there is no file %q in fail2ban's configuration", clip(name))
	}
	return content, nil
}

// ConfigFiles reads all files; see Host.
func (l *Local) ConfigFiles(context.Context) (ConfigSnapshot, error) {
	left, err := jailconf.UnderWay(l.ConfigDir)
	if err != nil {
		return ConfigSnapshot{}, err
	}
	tree, err := jailconf.ReadTree(l.ConfigDir)
	if err != nil {
		return ConfigSnapshot{}, err
	}
	s := ConfigSnapshot{ETag: tree.ETag(), Dir: tree.Dir(), Version: l.version(), Waiting: l.waitingChange()}
	still, err := jailconf.UnderWay(l.ConfigDir)
	s.Unsettled = (left || still) && s.Waiting == nil
	for _, name := range tree.Files() {
		content, _ := tree.File(name)
		s.Files = append(s.Files, ConfigContent{Name: name, Content: []byte(content)})
	}
	return s, err
}

// resolution is what a tree was resolved to.
type resolution struct {
	etag, version string
	config        *jailconf.Config
}

// resolved resolves a tree, unless it is the one that was resolved last: it takes a tenth
// of a second, and a page may ask often.
func (l *Local) resolved(tree *jailconf.Tree) (*jailconf.Config, error) {
	etag, version := tree.ETag(), l.version()
	l.mu.Lock()
	last := l.lastConfig
	l.mu.Unlock()
	if last.config != nil && last.etag == etag && last.version == version {
		return last.config, nil
	}
	config, err := jailconf.Resolve(tree, version)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	l.lastConfig = resolution{etag, version, config}
	l.mu.Unlock()
	return config, nil
}

// version is that of the server, as last seen.
func (l *Local) version() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.server.version.String()
}
