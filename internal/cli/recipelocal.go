package cli

import (
	"context"
	"net/url"

	"bangui/internal/jailconf"
)

func (r *remote) Recipes(ctx context.Context, kind string) ([]recipeRow, error) {
	var list struct {
		Items []recipeRow `json:"items"`
	}
	err := r.client.Get(ctx, "api/v1/hosts/local/config/"+kind+"s", nil, &list)
	return list.Items, err
}

func (r *remote) Recipe(ctx context.Context, kind, name string) (recipeDetail, error) {
	var detail recipeDetail
	err := r.client.Get(ctx, "api/v1/hosts/local/config/"+kind+"s/"+url.PathEscape(name), nil, &detail)
	return detail, err
}

func (l *local) Recipes(ctx context.Context, kind string) ([]recipeRow, error) {
	all, err := l.direct.Recipes(ctx, jailconf.Place(kind))
	rows := []recipeRow{}
	for _, r := range all {
		rows = append(rows, rowOfRecipe(r))
	}
	return rows, err
}

func (l *local) Recipe(ctx context.Context, kind, name string) (recipeDetail, error) {
	view, err := l.direct.Recipe(ctx, jailconf.Place(kind), name)
	if err != nil {
		return recipeDetail{}, err
	}
	detail := recipeDetail{recipeRow: rowOfRecipe(view.Recipe), ETag: view.ETag, Partly: view.Partly, Sections: []recipeSection{}}
	for _, s := range view.Sections {
		section := recipeSection{Name: s.Name, Options: []recipeOption{}}
		for _, o := range s.Options {
			section.Options = append(section.Options, recipeOption{
				Name: o.Name, Raw: o.Raw, Value: o.Value, Fault: o.Fault, Packaged: o.Packaged, Local: o.Local, Known: o.Known, Code: o.Code, Cut: o.Cut,
				Origin: recipeOrigin{Source: string(o.Origin.Source), File: o.Origin.File, Line: o.Origin.Line, Section: o.Origin.Section},
			})
		}
		detail.Sections = append(detail.Sections, section)
	}
	return detail, nil
}

func rowOfRecipe(r jailconf.Recipe) recipeRow {
	row := recipeRow{
		Name: r.Name, About: r.About, State: string(r.State), Degree: "data", Python: r.Python, Shared: r.Shared, Fault: r.Fault,
		Files: []recipeFile{}, Includes: append([]string{}, r.Includes...), IncludedBy: append([]string{}, r.IncludedBy...), UsedBy: []recipeUse{},
	}
	if r.Place == jailconf.InAction {
		row.Degree = "code"
	}
	for _, f := range r.Files {
		row.Files = append(row.Files, recipeFile{f.Name, f.Size, f.Ours})
	}
	for _, u := range r.UsedBy {
		row.UsedBy = append(row.UsedBy, recipeUse{u.Jail, u.Enabled})
	}
	return row
}
