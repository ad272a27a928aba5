package host

import (
	"context"
	"slices"
	"strings"
	"time"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// ChangeOrder asks for a change of fail2ban's configuration: all of it, or nothing.
type ChangeOrder struct {
	ETag  string // of the ConfigView that it was made from
	Edits []Edit // at most MaxEdits
	// Files are given as a whole, before the edits, at most MaxFiles: files of ours, new
	// ones of filters and actions, and .local files of people that exist. How far they may
	// go is judged by what they mean, see jailconf.Raw.
	Files []FileEdit
	// Restore brings back what was there: .local files of people may come and go too, and
	// what may not be brought back is left out and told instead of refused.
	Restore bool
	Actor   string
	Reason  string // at most 500 characters, no control characters
	// ConfirmWithin makes the change hold only so long unless ConfirmChange comes: 0 = it
	// holds at once; else MinConfirm to MaxConfirm.
	ConfirmWithin time.Duration

	limits *limits // set by Guard, never by who asks; nil = there is no Guard
}

// Bounds of a change.
const (
	MaxEdits   = 500
	MaxFiles   = 100
	MinConfirm = 10 * time.Second
	MaxConfirm = 10 * time.Minute
)

// Edit sets one option, or puts it back to what it inherits.
type Edit struct {
	Place  jailconf.Place
	Name   string // of the jail ("DEFAULT" for all), filter or action; "" for the server
	Option string
	Value  *string // nil = back to what it inherits
}

// Change is what an order does, or did.
type Change struct {
	ID      string
	ETag    string       // of the configuration as it is now
	Files   []FileChange // files of ours that it writes or removes
	Effects []Effect     // options whose value that counts differs, at most maxEffects
	Steps   []Step       // what fail2ban has to do for it
	Left    []FileLeft   // what an order to restore could not bring back
	Notes   []string     // sentences on what else a person should know
	Applied bool
	Until   time.Time // when it is taken back unless it is confirmed; zero = it holds
}

// FileChange is one file of a change.
type FileChange struct {
	Name string
	Diff string // unified
}

// Effect is one option that gets another value.
type Effect struct {
	Jail   string // "" = of the server
	Part   string // "filter sshd", "action iptables"; "" = of the jail or server itself
	Option string
	Before string
	After  string
	Added  bool // it had no value
	Gone   bool // it has none any more
}

// Step is what fail2ban does for one jail, or for its own options.
type Step struct {
	Jail string // "" = the server's own options
	Do   StepKind
}

// StepKind is one way to take up a change.
type StepKind string

// The ways.
const (
	StepSet     StepKind = "set"     // the server's own options
	StepStop    StepKind = "stop"    // its bans are lifted in the firewall and stay in the database
	StepReload  StepKind = "reload"  // bans and counters stay
	StepRestart StepKind = "restart" // an action or the backend differs: bans are lifted and put back
	StepStart   StepKind = "start"
)

// plan is a change that is worked out and not yet made.
type plan struct {
	Change
	files         map[string]*string
	asked         []string // those of files that were given as a whole
	tree, after   *jailconf.Tree
	before, wants *jailconf.Config
	base          *jailconf.Config // what jails would be without our files for them
}

// plan works out what an order does; nothing is touched.
func (l *Local) plan(o ChangeOrder) (*plan, error) {
	p, err := l.drafted(o)
	if err != nil {
		return nil, err
	}
	if err := p.settle(o, l.version()); err != nil {
		return nil, err
	}
	if err := jailconf.MayWrite(l.ConfigDir, sortedNames(p.files)); err != nil {
		return nil, err
	}
	return p, p.judge()
}

// drafted puts what an order asks into files, whether they could be written or not.
func (l *Local) drafted(o ChangeOrder) (*plan, error) {
	tree, err := jailconf.ReadTree(l.ConfigDir)
	if err != nil {
		return nil, err
	}
	if tree.ETag() != o.ETag {
		return nil, fault.New(fault.Conflict, "somebody changed fail2ban's configuration since you looked at it, so nothing was changed").
			WithMend("Look at it again, then repeat what is still wanted.")
	}
	p := &plan{tree: tree, files: map[string]*string{}}
	if p.before, err = l.resolved(tree); err != nil {
		return nil, err
	}
	p.base = inherited(tree, l.version())
	if err := p.replace(o); err != nil {
		return nil, err
	}
	for _, e := range o.Edits {
		if err := p.edit(e); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// settle works out what the files then say, and leaves out what may not be.
func (p *plan) settle(o ChangeOrder, version string) (err error) {
	for again := true; again; {
		p.drop()
		if len(p.files) == 0 && len(p.Left) > 0 {
			return fault.New(fault.Forbidden, "nothing of it can be brought back: %s: %s", p.Left[0].Name, p.Left[0].Why)
		}
		if len(p.files) == 0 {
			return fault.New(fault.Conflict, "fail2ban's configuration says that already; there is nothing to change")
		}
		p.after = p.tree.With(p.files)
		if p.wants, err = jailconf.Resolve(p.after, version); err != nil {
			return err
		}
		if again, err = p.allowed(o); err != nil {
			return err
		}
	}
	return nil
}

// inherited is the configuration without our files for single jails; nil where fail2ban
// would not take that.
func inherited(tree *jailconf.Tree, version string) *jailconf.Config {
	without := map[string]*string{}
	for _, name := range tree.Files() {
		content, _ := tree.File(name)
		if strings.HasPrefix(name, "jail.d/") && name != "jail.d/zz-bangui-DEFAULT.local" && jailconf.IsOwn(name, content) {
			without[name] = nil
		}
	}
	base, err := jailconf.Resolve(tree.With(without), version)
	if err != nil {
		return nil
	}
	return base
}

// edit puts one edit into the file of ours that it belongs to.
func (p *plan) edit(e Edit) error {
	name, err := jailconf.OwnFile(e.Place, e.Name)
	if err != nil {
		return err
	}
	content, err := p.content(name)
	if err != nil {
		return err
	}
	section := "Definition"
	if e.Place == jailconf.InJail {
		section = e.Name
	}
	edited := ""
	if written, set, err := p.written(e); err != nil {
		return err
	} else if set {
		edited, err = jailconf.Set(content, section, e.Option, written)
		if err != nil {
			return err
		}
	} else if edited, err = jailconf.Unset(content, section, e.Option); err != nil {
		return err
	}
	p.files[name] = &edited
	return nil
}

// content is a file of ours as the edits so far leave it.
func (p *plan) content(name string) (string, error) {
	if c, touched := p.files[name]; touched && c != nil {
		return *c, nil
	}
	there, exists := p.tree.File(name)
	_, odd := p.tree.Odd()[name]
	switch {
	case odd, exists && !jailconf.IsOwn(name, there):
		return "", fault.New(fault.Conflict, "%s exists and was not written by BanGUI, so it stays as it is", name).
			WithMend("Change the option there, or move the file away.")
	case !exists:
		return jailconf.Mark + "\n", nil
	}
	return there, nil
}

// written is what is to stand in the file; set is false where the option is to be left
// to what it inherits, because that was asked or says the same.
func (p *plan) written(e Edit) (written string, set bool, err error) {
	if e.Value == nil {
		return "", false, nil
	}
	if written, _, err = jailconf.Check(e.Place, e.Option, *e.Value); err != nil {
		return "", false, err
	}
	if e.Place != jailconf.InJail || e.Name == "DEFAULT" || p.base == nil {
		return written, true, nil
	}
	if jail := p.base.Jail(e.Name); jail != nil {
		if o, ok := jail.Option(e.Option); ok && o.Raw == written {
			return "", false, nil
		}
	}
	return written, true, nil
}

// drop leaves out files that stay as they are, and removes those that say nothing any more.
func (p *plan) drop() {
	for name, content := range p.files {
		there, exists := p.tree.File(name)
		if content != nil && jailconf.IsOwn(name, *content) && jailconf.SaysNothing(*content) {
			p.files[name] = nil
		}
		if p.files[name] == nil && !exists || p.files[name] != nil && *content == there {
			delete(p.files, name)
		}
	}
}

// judge refuses what fail2ban would not run, and says what the rest means.
func (p *plan) judge() error {
	if err := p.judgeJails(); err != nil {
		return err
	}
	for _, name := range sortedNames(p.files) {
		before, _ := p.tree.File(name)
		after := ""
		if p.files[name] != nil {
			after = *p.files[name]
		}
		p.Files = append(p.Files, FileChange{Name: name, Diff: cut(diff(name, before, after), maxDiff/len(p.files))})
	}
	p.Effects, p.Steps = compare(p.before, p.wants)
	if slices.ContainsFunc(p.Effects, func(e Effect) bool { return e.Jail == "" && needsServerRestart(e.Option) }) {
		return fault.New(fault.Unsupported, "that takes a restart of fail2ban, which BanGUI does not do for a change").
			WithMend("Change it in fail2ban.local, then restart fail2ban.")
	}
	p.Notes = append(p.Notes, serverNotes(p.Effects)...)
	if len(p.Effects) == 0 {
		p.Notes = append(p.Notes, "No value that counts differs: something else says the same, or no active jail uses it.")
	}
	p.ETag = p.tree.ETag()
	return nil
}

// judgeJails refuses jails that fail2ban would not run, or could not name.
func (p *plan) judgeJails() error {
	for _, j := range p.wants.Jails {
		old := p.before.Jail(j.Name)
		if old == nil {
			if err := checkNewJail(j.Name); err != nil {
				return err
			}
		}
		if j.Fault == "" || !j.Enabled && !j.Fatal {
			continue
		}
		if j.Enabled || old == nil || old.Fault != j.Fault {
			return fault.New(fault.Fail2banRefused, "fail2ban would not run the jail %s: %s", j.Name, j.Fault).
				WithMend("Mend that value, then try again. Nothing was changed.")
		}
	}
	return nil
}

// notJails are words that fail2ban takes for something else where a jail's name stands: a
// jail of that name could never be set.
const notJails = " all loglevel logtarget syslogsocket allowipv6 thread dbfile dbmaxmatches dbpurgeage default includes known "

// maxJailName is how long a new jail's name may be: chains of the firewall are named after
// it, and fail2ban warns of longer ones.
const maxJailName = 25

// checkNewJail refuses a name for a jail that fail2ban would stumble over.
func checkNewJail(name string) error {
	switch {
	case strings.Contains(notJails, " "+strings.ToLower(name)+" "):
		return fault.New(fault.Invalid, "no jail can be named %s: that is a word of fail2ban's own", name)
	case len(name) > maxJailName:
		return fault.New(fault.Invalid, "the name %s is too long for a jail: chains of the firewall are named after it, so %d characters are the most", clip(name), maxJailName)
	}
	return nil
}

// maxDiff bounds the diffs of one change together, maxEffectText each value of an effect:
// a change is told in one answer. What is written has no such bound.
const (
	maxDiff       = 1 << 20
	maxEffectText = 1000
)

// cut shortens a text that is too long, and says so.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

func needsServerRestart(option string) bool {
	return slices.Contains([]string{"socket", "pidfile", "dbfile"}, option)
}

// CheckChange says what ApplyChange would do, and tries it on a scratch server; see Host.
func (l *Local) CheckChange(ctx context.Context, o ChangeOrder) (Change, error) {
	p, err := l.plan(o)
	if err != nil {
		return Change{}, err
	}
	return p.Change, l.tryOut(ctx, p)
}
