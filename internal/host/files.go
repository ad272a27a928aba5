package host

import (
	"path"
	"slices"
	"strings"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// FileEdit gives one file as a whole.
type FileEdit struct {
	Name    string  // "filter.d/mine.local"
	Content *string // at most 512 KiB; nil removes it
}

// FileLeft is a file that an order to restore could not bring back, and why.
type FileLeft struct {
	Name string
	Why  string
}

// limits are what the machine's owner allows of whole files; Guard sets them.
type limits struct {
	code     bool
	logPaths func(value string) error
	refused  func(err error) error // adds what turns it on
}

// replace puts the whole files of an order into a plan; what an order to restore may not
// bring back is left out and told.
func (p *plan) replace(o ChangeOrder) error {
	for _, f := range o.Files {
		content, err := p.whole(f, o.Restore)
		switch {
		case err != nil && o.Restore:
			p.leave(f.Name, err)
		case err != nil:
			return err
		default:
			p.files[f.Name] = content
			p.asked = append(p.asked, f.Name)
		}
	}
	return nil
}

func (p *plan) leave(name string, why error) {
	delete(p.files, name)
	p.asked = slices.DeleteFunc(p.asked, func(asked string) bool { return asked == name })
	p.Left = append(p.Left, FileLeft{Name: name, Why: fault.MessageOf(why)})
}

// whole is what a file is to hold: of ours with the mark, of people's as it was given.
func (p *plan) whole(f FileEdit, restore bool) (*string, error) {
	if !jailconf.RawFile(f.Name) {
		return nil, fault.New(fault.Forbidden, "%q is no file that BanGUI writes: packages' files and such beyond the usual folders stay as they are", clip(f.Name)).
			WithMend("Say what differs in a .local file.")
	}
	there, exists := p.tree.File(f.Name)
	if why, odd := p.tree.Odd()[f.Name]; odd {
		return nil, fault.New(fault.Conflict, "%s stays as it is: %s", f.Name, why)
	}
	if f.Content == nil && !exists {
		return nil, nil
	}
	marked := f.Content != nil && strings.HasPrefix(*f.Content, jailconf.Mark+"\n")
	own := exists && jailconf.IsOwn(f.Name, there)
	switch {
	case isReserved(f.Name) && exists && !own:
		return nil, fault.New(fault.Conflict, "%s exists and was not written by BanGUI, so it stays as it is", f.Name).WithMend("Move the file away.")
	case own && (marked || !restore), !exists && begunByUs(f.Name, restore):
		return checkedFile(f, !marked)
	}
	if err := mayReplace(f, exists, marked, restore); err != nil {
		return nil, err
	}
	return checkedFile(f, false)
}

// begunByUs reports whether a new file of that name is one of ours. An order to restore
// may bring back one that people had.
func begunByUs(name string, restore bool) bool {
	return jailconf.OwnName(name) && (isReserved(name) || !restore)
}

// mayReplace refuses what is not done to a file of people's.
func mayReplace(f FileEdit, exists, marked, restore bool) error {
	switch {
	case !exists && !restore:
		return fault.New(fault.Forbidden, "%s does not exist, and BanGUI begins no file of people's", f.Name).
			WithMend("Set options one by one, then they stand in a file of BanGUI's; or make the file by hand.")
	case f.Content == nil && !restore:
		return fault.New(fault.Forbidden, "%s was not written by BanGUI, so it is not removed", f.Name).WithMend("Remove it by hand, or empty it.")
	case marked && exists:
		return fault.New(fault.Invalid, "the first line says that BanGUI wrote %s, which is not so", f.Name).WithMend("Leave that line out.")
	}
	return nil
}

func isReserved(name string) bool {
	return jailconf.OwnName(name) && strings.HasPrefix(path.Base(name), "zz-bangui")
}

func checkedFile(f FileEdit, addMark bool) (*string, error) {
	if f.Content == nil {
		return nil, nil
	}
	content := *f.Content
	if addMark {
		content = jailconf.Mark + "\n" + content
	}
	return &content, jailconf.CheckRaw(f.Name, content)
}

// theirs are the files of a plan that people wrote, or that it brings back for them.
func (p *plan) theirs() []string {
	var names []string
	for name, content := range p.files {
		there, exists := p.tree.File(name)
		if exists && !jailconf.IsOwn(name, there) || content != nil && !jailconf.IsOwn(name, *content) {
			names = append(names, name)
		}
	}
	return names
}

// allowed refuses, or leaves out, whole files that say more than the machine's owner
// allows. It reports whether something was left out, so that the rest has to be looked
// at again.
func (p *plan) allowed(o ChangeOrder) (again bool, err error) {
	if o.limits == nil {
		return false, nil
	}
	only := map[string]*string{}
	for _, name := range p.asked {
		if content, changed := p.files[name]; changed {
			only[name] = content
		}
	}
	if len(only) == 0 {
		return false, nil
	}
	raw := jailconf.Raw{Before: p.tree, After: p.after, Was: p.before, Is: p.wants}
	for _, name := range sortedNames(only) {
		if o.limits.code {
			break
		}
		err := raw.Beyond(name)
		if err == nil {
			continue
		}
		if !o.Restore {
			return false, o.limits.refused(err)
		}
		p.leave(name, err)
		again = true
	}
	if again {
		return true, nil
	}
	return p.logsAllowed(o, only)
}

// logsAllowed judges the log paths that count and differ, wherever they stand.
func (p *plan) logsAllowed(o ChangeOrder, files map[string]*string) (again bool, err error) {
	for i := range p.wants.Jails {
		j := &p.wants.Jails[i]
		now, _ := j.Option("logpath")
		was := jailconf.Option{}
		if old := p.before.Jail(j.Name); old != nil {
			was, _ = old.Option("logpath")
		}
		if now.Value == was.Value {
			continue
		}
		err := o.limits.logPaths(now.Value)
		if err == nil {
			continue
		}
		if _, there := files[now.Origin.File]; !o.Restore || !there {
			return false, err
		}
		p.leave(now.Origin.File, err)
		return true, nil
	}
	return false, nil
}
