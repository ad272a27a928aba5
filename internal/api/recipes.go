package api

import (
	"context"
	"net/http"

	"bangui/internal/auth"
	"bangui/internal/jailconf"
)

// Recipe is a filter or an action as its files define it, used or not.
type Recipe struct {
	Name       string       `json:"name"`
	About      *string      `json:"about" doc:"What its first comment says; null = nothing."`
	State      string       `json:"state" enum:"packaged,changed,own" doc:"changed: a .local stands over its .conf; own: there is only a .local."`
	Degree     string       `json:"degree" enum:"data,code" doc:"How far root has to allow changes for it to be changed: an action is code."`
	Files      []RecipeFile `json:"files" doc:"In the order in which fail2ban reads them; at most 100."`
	Includes   []string     `json:"includes" doc:"Files that those bring along; at most 100."`
	IncludedBy []string     `json:"included_by" doc:"Those of its kind that bring it along; at most 100."`
	UsedBy     []RecipeUse  `json:"used_by" doc:"Jails, active ones first; at most 100."`
	Python     bool         `json:"python" doc:"An action that is a Python program."`
	Shared     bool         `json:"shared" doc:"It does nothing by itself: others include it."`
	Fault      *string      `json:"fault" doc:"Why fail2ban could not read it; null when it could."`
}

// RecipeFile is one file of a filter or an action.
type RecipeFile struct {
	Name string `json:"name" doc:"Below the configuration folder."`
	Size int    `json:"size"`
	Own  bool   `json:"own" doc:"Written by BanGUI."`
}

// RecipeUse is a jail that uses a filter or an action.
type RecipeUse struct {
	Jail    string `json:"jail"`
	Enabled bool   `json:"enabled"`
}

// RecipeDetail is a filter or an action with all that its files say.
type RecipeDetail struct {
	Recipe
	ETag     string          `json:"etag" doc:"Of the configuration; a change names it."`
	Sections []RecipeSection `json:"sections"`
	Partly   bool            `json:"partly" doc:"There is more than is told."`
}

// RecipeSection is one section of all its files together.
type RecipeSection struct {
	Name    string         `json:"name"`
	Options []RecipeOption `json:"options"`
}

// RecipeOption is one option with the value that counts.
type RecipeOption struct {
	Name     string       `json:"name"`
	Raw      string       `json:"raw" doc:"What counts, as written."`
	Value    string       `json:"value" doc:"With references and tags replaced, as for a jail that says nothing but the name."`
	Fault    *string      `json:"fault" doc:"Why it has no value; null when it has."`
	Packaged *string      `json:"packaged" doc:"As written without .local files; null = nothing."`
	Local    *string      `json:"local" doc:"As written in the .local file; null = nothing."`
	Origin   ConfigOrigin `json:"origin"`
	Known    bool         `json:"known" doc:"fail2ban takes it; the others only feed references and tags."`
	Code     bool         `json:"code" doc:"Only who owns the machine may allow to change it by itself."`
	Cut      bool         `json:"cut" doc:"Its texts are told to their first 16 KiB."`
}

type recipePath struct {
	HostPath
	Name string `path:"name" maxLength:"200" example:"sshd"`
}

func (a *API) registerRecipes() {
	for _, kind := range []struct {
		place     jailconf.Place
		one, many string
	}{{jailconf.InFilter, "Filter", "filters"}, {jailconf.InAction, "Action", "actions"}} {
		path := "/api/v1/hosts/{host}/config/" + kind.many
		register(a, route{
			method: http.MethodGet, path: path, id: "list" + kind.one + "s", summary: "All " + kind.many + ", and the jails that use them", tag: "config",
			role: auth.Admin, tier: looks, class: classRead,
		}, func(ctx context.Context, in *HostPath) (*answer[page[Recipe]], error) {
			return a.recipes(ctx, in, kind.place)
		})
		register(a, route{
			method: http.MethodGet, path: path + "/{name}", id: "get" + kind.one, summary: "One of the " + kind.many + ": what its files say, and where", tag: "config",
			role: auth.Admin, tier: looks, class: classRead,
		}, func(ctx context.Context, in *recipePath) (*answer[RecipeDetail], error) {
			return a.recipe(ctx, in, kind.place)
		})
	}
}

func (a *API) recipes(ctx context.Context, in *HostPath, place jailconf.Place) (*answer[page[Recipe]], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	all, err := h.Recipes(ctx, place)
	if err != nil {
		return nil, err
	}
	return answerWith(pageOf(mapAll(all, recipeOf))), nil
}

func (a *API) recipe(ctx context.Context, in *recipePath, place jailconf.Place) (*answer[RecipeDetail], error) {
	h, err := a.Hosts.Get(in.Host)
	if err != nil {
		return nil, err
	}
	view, err := h.Recipe(ctx, place, in.Name)
	if err != nil {
		return nil, err
	}
	return answerWith(RecipeDetail{Recipe: recipeOf(view.Recipe), ETag: view.ETag, Partly: view.Partly, Sections: orEmpty(mapAll(view.Sections, recipeSectionOf))}), nil
}

func recipeOf(r jailconf.Recipe) Recipe {
	degree := "data"
	if r.Place == jailconf.InAction {
		degree = "code"
	}
	return Recipe{
		Name: r.Name, About: orNull(r.About), State: string(r.State), Degree: degree, Python: r.Python, Shared: r.Shared, Fault: orNull(r.Fault),
		Files:    orEmpty(mapAll(r.Files, func(f jailconf.RecipeFile) RecipeFile { return RecipeFile{Name: f.Name, Size: f.Size, Own: f.Ours} })),
		Includes: orEmpty(r.Includes), IncludedBy: orEmpty(r.IncludedBy),
		UsedBy: orEmpty(mapAll(r.UsedBy, func(u jailconf.Use) RecipeUse { return RecipeUse(u) })),
	}
}

func recipeSectionOf(s jailconf.RecipeSection) RecipeSection {
	return RecipeSection{Name: s.Name, Options: orEmpty(mapAll(s.Options, func(o jailconf.RecipeOption) RecipeOption {
		return RecipeOption{
			Name: o.Name, Raw: o.Raw, Value: o.Value, Fault: orNull(o.Fault), Packaged: o.Packaged, Local: o.Local, Origin: configOriginOf(o.Origin),
			Known: o.Known, Code: o.Code, Cut: o.Cut,
		}
	}))}
}
