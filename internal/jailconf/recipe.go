package jailconf

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"bangui/internal/fault"
)

// Recipe is a filter or an action as its files define it, whether a jail uses it or not.
type Recipe struct {
	Place Place // InFilter or InAction
	Name  string
	About string // what its first comment says, at most 200 bytes; hostile text is possible
	State RecipeState
	Files []RecipeFile // its own, in the order in which fail2ban reads them, at most maxTold
	// Includes are the files that those bring along, IncludedBy the filters or actions that
	// bring this one along; at most maxTold of each.
	Includes   []string
	IncludedBy []string
	UsedBy     []Use // at most maxTold
	Python     bool  // an action that is a Python program
	// Shared says that it does nothing by itself: others include it.
	Shared bool
	Fault  string // why fail2ban could not read it; "" = it could

	lacks bool // its files are fine, but not all that they refer to is there
}

// RecipeFile is one file of a recipe.
type RecipeFile struct {
	Name string
	Size int
	Ours bool // written by BanGUI
}

// Use is a jail that uses a recipe.
type Use struct {
	Jail    string
	Enabled bool
}

// RecipeState says whose a recipe is.
type RecipeState string

// The states.
const (
	Packaged RecipeState = "packaged" // as its .conf says
	Changed  RecipeState = "changed"  // a .local stands over its .conf
	OwnMade  RecipeState = "own"      // there is only a .local
)

// Bounds of what is told about one recipe.
const (
	maxTold  = 100
	maxAbout = 200
	maxFault = 1000
)

// shelf is the reading of filters or actions of one tree.
type shelf struct {
	*resolver
	place  Place
	folder string
}

func shelfOf(t *Tree, version string, place Place) *shelf {
	folder := "filter.d"
	if place == InAction {
		folder = "action.d"
	}
	return &shelf{
		resolver: &resolver{loader: newLoader(t), version: version, newer: newer.MatchString(version), dialect: dialectFor(version)},
		place:    place, folder: folder,
	}
}

// Recipes are all filters or actions of a tree, by name. c says which jails use them;
// nil where fail2ban takes nothing of the configuration.
func Recipes(t *Tree, version string, c *Config, place Place) []Recipe {
	s := shelfOf(t, version, place)
	uses := usesOf(c, place)
	names := s.names()
	all := make([]Recipe, 0, len(names))
	by := map[string][]string{} // file -> recipes that include it
	for _, name := range names {
		r := s.recipe(name)
		r.UsedBy = uses[name]
		for _, file := range r.Includes {
			by[file] = append(by[file], name)
		}
		all = append(all, r)
	}
	for i := range all {
		all[i].IncludedBy = includers(all[i], by)
		if all[i].lacks && len(all[i].IncludedBy) > 0 { // what it refers to is in who includes it
			all[i].Shared, all[i].Fault = true, ""
		}
		all[i].bound()
	}
	return all
}

// includers are the recipes that bring one of r's files along.
func includers(r Recipe, by map[string][]string) []string {
	var names []string
	for _, f := range r.Files {
		for _, name := range by[f.Name] {
			if !slices.Contains(names, name) && len(names) < maxTold {
				names = append(names, name)
			}
		}
	}
	return names
}

func (r *Recipe) bound() {
	r.Files, r.Includes, r.UsedBy = r.Files[:min(len(r.Files), maxTold)], r.Includes[:min(len(r.Includes), maxTold)], r.UsedBy[:min(len(r.UsedBy), maxTold)]
}

// usesOf are the jails by the filter, or the action, that they use.
func usesOf(c *Config, place Place) map[string][]Use {
	uses := map[string][]Use{}
	if c == nil {
		return uses
	}
	for _, j := range c.Jails {
		parts := j.Actions
		if place == InFilter {
			parts = nil
			if j.Filter != nil {
				parts = []Part{*j.Filter}
			}
		}
		for _, p := range parts {
			if use := (Use{j.Name, j.Enabled}); !slices.Contains(uses[p.Name], use) {
				uses[p.Name] = append(uses[p.Name], use)
			}
		}
	}
	for _, list := range uses { // who runs first
		slices.SortStableFunc(list, func(a, b Use) int { return cmp.Compare(rank(a), rank(b)) })
	}
	return uses
}

func rank(u Use) int {
	if u.Enabled {
		return 0
	}
	return 1
}

// names are those of all recipes in the folder: NAME.conf and NAME.local are one.
func (s *shelf) names() []string {
	var names []string
	for _, ending := range []string{".conf", ".local"} {
		for _, file := range s.tree.glob(s.folder, ending) {
			names = append(names, strings.TrimSuffix(path.Base(file), ending))
		}
	}
	if s.place == InAction {
		for _, file := range s.tree.glob(s.folder, ".py") {
			names = append(names, path.Base(file))
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
	slices.Sort(names)
	return slices.Compact(names)
}

// files are a recipe's own, in the order in which fail2ban reads them.
func (s *shelf) files(name string) []string {
	full := s.folder + "/" + name
	if s.python(name) {
		return []string{full}
	}
	var all []string
	for _, ending := range []string{".conf", ".local"} {
		if s.tree.has(full + ending) {
			all = append(all, full+ending)
		}
		all = append(all, s.tree.glob(full+".d", ending)...)
	}
	return all
}

func (s *shelf) python(name string) bool {
	return s.place == InAction && strings.HasSuffix(name, ".py")
}

// recipe is what a list tells about one.
func (s *shelf) recipe(name string) Recipe {
	r := Recipe{Place: s.place, Name: name, State: OwnMade, Python: s.python(name)}
	packaged, local := false, false
	for _, file := range s.files(name) {
		content := s.tree.files[file]
		r.Files = append(r.Files, RecipeFile{Name: file, Size: len(content), Ours: IsOwn(file, content)})
		packaged, local = packaged || !strings.HasSuffix(file, ".local"), local || strings.HasSuffix(file, ".local")
	}
	switch {
	case packaged && local:
		r.State = Changed
	case packaged:
		r.State = Packaged
	}
	if len(r.Files) > 0 {
		r.About = about(s.tree.files[r.Files[0].Name])
	}
	if r.Python {
		return r
	}
	files, found, err := s.read(s.folder + "/" + name)
	if err == nil && !found {
		err = fault.New(fault.Fail2banRefused, "no file of it can be read")
	}
	if err == nil {
		r.Includes, r.Shared = s.brought(r.Files), s.shared(files)
		_, err = s.combined(files)
		r.lacks = err != nil
	}
	if err != nil {
		r.Fault = cutText(fault.MessageOf(err), maxFault)
	}
	return r
}

// brought are the files that a recipe's own ones include. They were read already.
func (s *shelf) brought(own []RecipeFile) []string {
	names := make([]string, len(own))
	for i, f := range own {
		names[i] = join(s.tree.dir, f.Name)
	}
	read, _ := s.includes(names, nil)
	var all []string
	for _, name := range read {
		where, there := s.tree.find(name)
		if there && !slices.Contains(names, name) && !slices.Contains(all, where) {
			all = append(all, where)
		}
	}
	return all
}

// shared reports whether fail2ban would get nothing to do from it.
func (s *shelf) shared(r *reader) bool {
	does := []string{"failregex", "prefregex"}
	if s.place == InAction {
		does = []string{"actionban", "actionstart"}
	}
	d := r.sections["Definition"]
	return d == nil || !slices.ContainsFunc(does, d.has)
}

// combined are the options of a recipe with their values, as for a jail that says
// nothing but its name, and reads files.
func (s *shelf) combined(r *reader) (*options, error) {
	known, ignore := filterTemplates(), []string(nil)
	args := newOptions()
	if s.place == InAction {
		known, ignore = actionTemplates(), []string{"matches", "ipmatches", "ipjailmatches", "timeout", "bantime", "name", "actname"}
	} else if d := r.sections["Definition"]; d == nil || !d.has("logtype") {
		args.set("logtype", value{text: "file", at: Origin{Source: Builtin}})
	}
	d := newDefinition(r, known, args)
	d.newer = s.newer
	if err := d.resolve(newOptions(), true); err != nil {
		return nil, err
	}
	return d.combine(ignore...)
}

// about is what the first comment of a file says that says something.
func about(content string) string {
	lines := splitLines(content)
	for _, l := range lines[:min(len(lines), 20)] {
		said := strip(l.text)
		if said != "" && !strings.HasPrefix(said, "#") {
			return ""
		}
		said = strip(strings.TrimLeft(said, "# \t"))
		if said == "" || idle(said) {
			continue
		}
		return cutText(said, maxAbout)
	}
	return ""
}

// idle are first lines that stand in many files and tell nothing of any.
func idle(said string) bool {
	said = strings.ToLower(said)
	return strings.HasPrefix(said, "fail2ban configuration file") || strings.HasPrefix(said, "fail2ban filter configuration file") ||
		strings.HasPrefix(said, "author") || strings.HasPrefix(said, "!/") || strings.HasPrefix(said, "-*-") || said == strings.ToLower(strings.TrimPrefix(Mark, "# "))
}

// cutText shortens a text that is too long, and shows that.
func cutText(text string, most int) string {
	if len(text) <= most {
		return strings.ToValidUTF8(text, "�")
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
