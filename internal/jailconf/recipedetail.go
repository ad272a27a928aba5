package jailconf

import (
	"slices"
	"strings"

	"bangui/internal/fault"
)

// RecipeDetail is a recipe with all that its files say, section by section.
type RecipeDetail struct {
	Recipe
	Sections []RecipeSection
	Partly   bool // there is more than is told
}

// RecipeSection is one section of all files of a recipe together.
type RecipeSection struct {
	Name    string
	Options []RecipeOption
}

// RecipeOption is one option of a recipe.
type RecipeOption struct {
	Name string
	// Raw is what counts, as written; Value the same with %(references) and <tags> replaced,
	// as for a jail that says nothing but the recipe's name, and reads files.
	Raw   string
	Value string
	Fault string // why it has no value
	// Packaged is what it says without the recipe's .local files, Local what NAME.local
	// says; nil = nothing.
	Packaged *string
	Local    *string
	Origin   Origin
	Known    bool // fail2ban takes it; the others only feed references and tags
	Code     bool // only who owns the machine may allow to change it; see Check
	Cut      bool // its texts are told to their first 16 KiB
}

// Bounds of what is told about the options of one recipe.
const (
	maxOptions    = 1000
	maxOptionText = 16 << 10
	maxRecipeText = 512 << 10
)

// Detail is a recipe out of Recipes of the same tree with its options.
func Detail(t *Tree, version string, recipe Recipe) RecipeDetail {
	s, detail := shelfOf(t, version, recipe.Place), RecipeDetail{Recipe: recipe}
	if recipe.Python {
		return detail
	}
	r, found, err := s.read(s.folder + "/" + recipe.Name)
	if err != nil || !found {
		return detail // Fault says why
	}
	values, err := s.combined(r)
	if err != nil {
		values = newOptions()
	}
	tell := telling{shelf: s, r: r, values: values, packaged: s.packaged(recipe.Name), local: s.local(recipe.Name)}
	detail.Sections, detail.Partly = tell.sections()
	return detail
}

// packaged is what a recipe would say without its .local files.
func (s *shelf) packaged(name string) *reader {
	without := map[string]*string{}
	for _, file := range s.files(name) {
		if strings.HasSuffix(file, ".local") {
			without[file] = nil
		}
	}
	r, _, err := newLoader(s.tree.With(without)).read(s.folder + "/" + name)
	if err != nil {
		return newReader()
	}
	return r
}

// local is what NAME.local says alone.
func (s *shelf) local(name string) *reader {
	r := newReader()
	if f, err := s.load(join(s.tree.dir, s.folder+"/"+name+".local")); err == nil && f != nil {
		r.take(f)
	}
	return r
}

// telling puts the options of a recipe together.
type telling struct {
	*shelf
	r               *reader
	values          *options
	packaged, local *reader
	options, bytes  int
}

func (t *telling) sections() (all []RecipeSection, partly bool) {
	if len(t.r.defaults.names) > 0 {
		all = append(all, t.section(defaults, t.r.defaults))
	}
	for _, name := range t.r.order {
		if name != "INCLUDES" && !strings.HasPrefix(name, "KNOWN/") {
			all = append(all, t.section(name, t.r.sections[name]))
		}
	}
	return all, t.options > maxOptions || t.bytes > maxRecipeText
}

func (t *telling) section(name string, o *options) RecipeSection {
	s := RecipeSection{Name: cutText(name, maxName)}
	for _, option := range o.names {
		if t.options++; t.options > maxOptions || t.bytes > maxRecipeText {
			break
		}
		s.Options = append(s.Options, t.option(name, option, o.by[option]))
	}
	return s
}

func (t *telling) option(section, name string, v value) RecipeOption {
	o := RecipeOption{
		Name: cutText(name, maxName), Raw: v.text, Origin: v.at, Packaged: said(t.packaged, section, name), Local: said(t.local, section, name),
		Known: section == "Definition" && t.takes(name),
	}
	_, o.Code, _ = Check(t.place, name, "")
	o.Code = o.Code || section != "Definition"
	o.Value, o.Fault = t.value(section, name)
	o.Origin.Source = sourceIn(v.at, t.source())
	for _, text := range []*string{&o.Raw, &o.Value, o.Packaged, o.Local} {
		if text != nil {
			o.Cut = o.Cut || len(*text) > maxOptionText
			*text = cutText(*text, maxOptionText)
			t.bytes += len(*text)
		}
	}
	return o
}

func (t *telling) source() Source {
	if t.place == InAction {
		return OfAction
	}
	return OfFilter
}

// takes reports whether fail2ban itself knows the option.
func (t *telling) takes(name string) bool {
	known := filterTemplates()
	if t.place == InAction {
		known = append(actionTemplates(), template{name: "timeout"})
	}
	return slices.ContainsFunc(known, func(k template) bool { return k.name == name })
}

// value is an option with its references replaced, and its tags where it is one that
// fail2ban combines.
func (t *telling) value(section, name string) (text, why string) {
	if section == "Definition" || section == "Init" {
		if v, ok := t.values.get(name); ok {
			return v.text, ""
		}
	}
	v, _, err := t.r.get(section, name, nil)
	if err != nil {
		return "", cutText(fault.MessageOf(err), maxFault)
	}
	return v.text, ""
}

// said is what a reader has of its own for an option; nil = nothing.
func said(r *reader, section, name string) *string {
	from := r.sections[section]
	if section == defaults {
		from = r.defaults
	}
	if from == nil {
		return nil
	}
	v, ok := from.get(name)
	if !ok {
		return nil
	}
	return &v.text
}
