package versions

import (
	"context"
	"slices"

	"bangui/internal/fault"
	"bangui/internal/host"
	"bangui/internal/jailconf"
)

// Difference is what differs between two configurations.
type Difference struct {
	Files   []FileDifference
	Effects []host.Effect
	// Broken says why the effects can't be told; "" = they can.
	Broken string
}

// FileDifference is one file that differs.
type FileDifference struct {
	Name string
	Diff string // unified; "" where the contents are not kept
	// Writable says that BanGUI may write the file, so that it can put it back.
	Writable bool
}

// Drift is what was changed by hand on a host.
type Drift struct {
	ETag string // of the configuration as it is now
	// Known is the newest version, which it is compared with; nil = there is none yet.
	Known *Version
	// Unsettled says that a change is under way, so that nothing can be told now.
	Unsettled bool
	Difference
}

// Drift compares a host's configuration with its newest version.
func (h *History) Drift(ctx context.Context, of host.Host) (Drift, error) {
	now, err := look(ctx, of)
	if err != nil {
		return Drift{}, err
	}
	id := of.State().ID
	v, known, ok, err := h.Store.Newest(ctx, id)
	if err != nil {
		return Drift{}, err
	}
	_, begun, err := h.Store.Begun(ctx, id)
	if err != nil || !ok {
		return Drift{ETag: now.ETag}, err
	}
	d := Drift{ETag: now.ETag, Known: &v, Unsettled: now.Unsettled || begun && !same(known, now.tree)}
	if !d.Unsettled {
		d.Difference, err = h.compare(ctx, side{now.Dir, now.Version, known, nil}, side{now.Dir, now.Version, now.tree, now.contents})
	}
	return d, err
}

// Detail is a version with what it changed.
type Detail struct {
	Version
	Difference
	// Oldest says that nothing is kept of what was before.
	Oldest bool
}

// Detail is one version of a host; NotFound.
func (h *History) Detail(ctx context.Context, of host.Host, id int64) (Detail, error) {
	state := of.State()
	v, files, err := h.Store.Version(ctx, state.ID, id)
	if err != nil {
		return Detail{}, err
	}
	_, before, ok, err := h.Store.Previous(ctx, state.ID, id)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{Version: v, Oldest: !ok}
	if ok {
		d.Difference, err = h.compare(ctx, side{state.ConfigDir, state.Version, before, nil}, side{state.ConfigDir, state.Version, files, nil})
	}
	return d, err
}

// side is one of two configurations.
type side struct {
	dir, version string
	tree         Tree
	contents     Contents // nil = in the store
}

func (h *History) compare(ctx context.Context, before, after side) (d Difference, err error) {
	names := differing(before.tree, after.tree)
	if len(names) == 0 {
		return d, nil
	}
	trees := [2]*jailconf.Tree{}
	for i, s := range []side{before, after} {
		if trees[i], err = h.load(ctx, s); err != nil {
			return d, err
		}
	}
	for _, name := range names {
		f := FileDifference{Name: name, Writable: jailconf.RawFile(name)}
		was, is := contentIn(trees[0], name), contentIn(trees[1], name)
		f.Diff = host.Diff(name, was, is)
		d.Files = append(d.Files, f)
	}
	was, err1 := jailconf.Resolve(trees[0], before.version)
	is, err2 := jailconf.Resolve(trees[1], after.version)
	switch {
	case err1 != nil:
		d.Broken = fault.MessageOf(err1)
	case err2 != nil:
		d.Broken = fault.MessageOf(err2)
	default:
		d.Effects = host.CompareConfigs(was, is)
	}
	return d, nil
}

func contentIn(t *jailconf.Tree, name string) string {
	content, _ := t.File(name)
	return content
}

// load reads the files of a configuration.
func (h *History) load(ctx context.Context, s side) (*jailconf.Tree, error) {
	contents := s.contents
	if contents == nil {
		var sums []string
		for _, sum := range s.tree {
			sums = append(sums, sum)
		}
		slices.Sort(sums)
		var err error
		if contents, err = h.Store.Contents(ctx, slices.Compact(sums)); err != nil {
			return nil, err
		}
	}
	files := map[string]string{}
	for name, sum := range s.tree {
		if content, kept := contents[sum]; kept {
			files[name] = string(content)
		}
	}
	return jailconf.NewTree(s.dir, files), nil
}

// Order asks to bring files back.
type Order struct {
	host.ChangeOrder // without edits and files
	DryRun           bool
}

// Restore brings a version back, as far as BanGUI writes its files: what it can't is Left.
func (h *History) Restore(ctx context.Context, of host.Host, id int64, o Order) (host.Change, error) {
	_, files, err := h.Store.Version(ctx, of.State().ID, id)
	if err != nil {
		return host.Change{}, err
	}
	return h.bring(ctx, of, files, o)
}

// Revert puts back what was changed by hand. What can't be put back, such as a package's
// file after an upgrade, is adopted with that: it becomes part of the version.
func (h *History) Revert(ctx context.Context, of host.Host, o Order) (host.Change, error) {
	_, known, err := h.newest(ctx, of)
	if err != nil {
		return host.Change{}, err
	}
	return h.bring(context.WithValue(ctx, kindKey{}, Reverted), of, known, o)
}

func (h *History) bring(ctx context.Context, of host.Host, to Tree, o Order) (host.Change, error) {
	now, err := look(ctx, of)
	if err != nil {
		return host.Change{}, err
	}
	if err := changedSince(o.ETag, now); err != nil {
		return host.Change{}, err
	}
	files, left, err := h.files(ctx, now.tree, to)
	if err != nil {
		return host.Change{}, err
	}
	if len(files) == 0 && len(left) == 0 {
		return host.Change{}, fault.New(fault.Conflict, "the configuration is that already; there is nothing to bring back")
	}
	if len(files) == 0 {
		return host.Change{}, fault.New(fault.Forbidden, "nothing of it can be brought back: %s: %s", left[0].Name, left[0].Why).
			WithMend("Adopt it.")
	}
	o.Files, o.Edits, o.Restore = files, nil, true
	do := of.ApplyChange
	if o.DryRun {
		do = of.CheckChange
	}
	change, err := do(ctx, o.ChangeOrder)
	change.Left = append(left, change.Left...)
	return change, err
}

// files are what has to be written so that now becomes to, and what can't be.
func (h *History) files(ctx context.Context, now, to Tree) (files []host.FileEdit, left []host.FileLeft, err error) {
	names := differing(now, to)
	var sums []string
	for _, name := range names {
		if sum := to[name]; sum != "" {
			sums = append(sums, sum)
		}
	}
	slices.Sort(sums)
	contents, err := h.Store.Contents(ctx, slices.Compact(sums))
	if err != nil {
		return nil, nil, err
	}
	for _, name := range names {
		sum, was := to[name]
		content, kept := contents[sum]
		text := string(content)
		switch {
		case !jailconf.RawFile(name):
			left = append(left, host.FileLeft{Name: name, Why: "BanGUI writes no file of a package's; it stays as it is now"})
		case !was:
			files = append(files, host.FileEdit{Name: name})
		case !kept:
			left = append(left, host.FileLeft{Name: name, Why: "its content is not kept any more"})
		default:
			files = append(files, host.FileEdit{Name: name, Content: &text})
		}
	}
	return files, left, nil
}

// Adopt takes over what was changed by hand as a version.
func (h *History) Adopt(ctx context.Context, of host.Host, etag, actor, reason string) (Version, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return Version{}, err
	}
	defer leave()
	now, err := look(ctx, of)
	if err != nil {
		return Version{}, err
	}
	if err := changedSince(etag, now); err != nil {
		return Version{}, err
	}
	known, err := h.settle(ctx, of, now)
	switch {
	case err != nil:
		return Version{}, err
	case known == nil:
		return Version{}, fault.New(fault.Conflict, "a change is under way").WithRetry(waitFor)
	case same(known, now.tree):
		return Version{}, fault.New(fault.Conflict, "nothing was changed by hand")
	}
	id := of.State().ID
	added, err := h.add(ctx, Version{HostID: id, Kind: Adopted, Actor: actor, Reason: reason}, known, now)
	if err != nil {
		return Version{}, err
	}
	h.tell(of, false)
	v, _, err := h.Store.Version(ctx, id, added)
	return v, err
}

// List is a page of the versions of a host, newest first.
func (h *History) List(ctx context.Context, of host.Host, before Place, limit int) ([]Version, error) {
	return h.Store.Versions(ctx, of.State().ID, before, limit)
}
