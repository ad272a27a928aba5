package host

import (
	"context"

	"bangui/internal/fault"
	"bangui/internal/jailconf"
)

// RecipeView is a filter or an action as its files say it now.
type RecipeView struct {
	ETag string // of the configuration; a change names the one it was made from
	jailconf.RecipeDetail
}

// Recipes lists filters or actions; see Host.
func (l *Local) Recipes(_ context.Context, place jailconf.Place) ([]jailconf.Recipe, error) {
	_, all, err := l.recipes(place)
	return all, err
}

// Recipe is one filter or action; see Host.
func (l *Local) Recipe(_ context.Context, place jailconf.Place, name string) (RecipeView, error) {
	tree, all, err := l.recipes(place)
	if err != nil {
		return RecipeView{}, err
	}
	for _, r := range all {
		if r.Name == name {
			return RecipeView{tree.ETag(), jailconf.Detail(tree, l.version(), r)}, nil
		}
	}
	return RecipeView{}, fault.New(fault.NotFound, "no file of fail2ban's configuration defines the %s %q", place, clip(name))
}

func (l *Local) recipes(place jailconf.Place) (*jailconf.Tree, []jailconf.Recipe, error) {
	tree, err := jailconf.ReadTree(l.ConfigDir)
	if err != nil {
		return nil, nil, err
	}
	etag, version := tree.ETag(), l.version()
	l.mu.Lock()
	last := l.lastRecipes[place]
	l.mu.Unlock()
	if last.etag == etag && last.version == version {
		return tree, last.all, nil
	}
	config, err := l.resolved(tree)
	if err != nil {
		config = nil // which jails use them is not known then
	}
	all := jailconf.Recipes(tree, version, config, place)
	l.mu.Lock()
	l.lastRecipes[place] = listing{etag, version, all}
	l.mu.Unlock()
	return tree, all, nil
}

// listing is what was listed last, so that a page that asks for one after the other costs
// one reading. Nobody changes it.
type listing struct {
	etag, version string
	all           []jailconf.Recipe
}
