package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"bangui/internal/auth"
	"bangui/internal/fault"
	"bangui/internal/history"
)

// SavedFilter is a filter of the list of bans that somebody keeps under a name.
type SavedFilter struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Filter    BanFilter `json:"filter" doc:"Parameters of GET /api/v1/bans, by their names there."`
	CreatedAt string    `json:"created_at" format:"date-time"`
	ChangedAt string    `json:"changed_at" format:"date-time"`
}

// NewSavedFilter keeps a filter, or replaces one. It obeys the rules of the list: what the
// list would refuse is refused here.
type NewSavedFilter struct {
	Name   string    `json:"name" minLength:"1" maxLength:"60" doc:"One line; no two filters of a user have the same."`
	Filter BanFilter `json:"filter" doc:"Parameters of GET /api/v1/bans, by their names there; at most 2000 bytes."`
}

type savedFilterInput struct{ Body NewSavedFilter }

func (in savedFilterInput) target() string { return strings.TrimSpace(in.Body.Name) }

type changedFilterInput struct {
	IDPath
	Body NewSavedFilter
}

func (in changedFilterInput) target() string { return strings.TrimSpace(in.Body.Name) }

func (a *API) registerSavedFilters() {
	const path = "/api/v1/saved-filters"
	row := func(method, path, id, summary string) route {
		r := route{method: method, path: path, id: id, summary: summary, tag: "saved-filters", role: auth.Viewer, tier: own, class: classSteer}
		switch method {
		case http.MethodGet:
			r.tier, r.class = looks, classRead
		case http.MethodPost:
			r.audit, r.status = "saved_filter.create", http.StatusCreated
		case http.MethodPut:
			r.audit = "saved_filter.change"
		default:
			r.audit, r.status = "saved_filter.remove", http.StatusNoContent
		}
		return r
	}
	register(a, row(http.MethodGet, path, "listSavedFilters", "One's own saved filters of bans by name; at most 50"), a.savedFilters)
	register(a, row(http.MethodPost, path, "createSavedFilter", "Keep a filter of bans under a name"), a.saveFilter)
	register(a, row(http.MethodPut, path+"/{id}", "changeSavedFilter", "Give a saved filter of one's own another name and content"), a.changeSavedFilter)
	register(a, row(http.MethodDelete, path+"/{id}", "removeSavedFilter", "Delete a saved filter of one's own"), a.removeSavedFilter)
}

func (a *API) savedFilters(ctx context.Context, _ *struct{}) (*answer[page[SavedFilter]], error) {
	all, err := a.Accounts.SavedFilters(ctx, principalOf(ctx).User.ID)
	out := make([]SavedFilter, len(all))
	for i, f := range all {
		if err == nil {
			out[i], err = savedFilterOf(f)
		}
	}
	return answerWith(pageOf(out)), err
}

func (a *API) saveFilter(ctx context.Context, in *savedFilterInput) (*answer[SavedFilter], error) {
	n, err := a.checkedFilter(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	f, err := a.Accounts.SaveFilter(ctx, principalOf(ctx).User.ID, n)
	return answerFilter(f, err)
}

func (a *API) changeSavedFilter(ctx context.Context, in *changedFilterInput) (*answer[SavedFilter], error) {
	old, err := a.noteSavedFilter(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	n, err := a.checkedFilter(ctx, in.Body)
	if err != nil {
		return nil, err
	}
	if old.Name != n.Name {
		noteOf(ctx).After = n.Name + " " + n.Filter
	}
	f, err := a.Accounts.ChangeSavedFilter(ctx, old.UserID, old.ID, n)
	return answerFilter(f, err)
}

func (a *API) removeSavedFilter(ctx context.Context, in *IDPath) (*empty, error) {
	old, err := a.noteSavedFilter(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return &empty{}, a.Accounts.RemoveSavedFilter(ctx, old.UserID, old.ID)
}

// noteSavedFilter finds a filter of who asks, and notes what it was.
func (a *API) noteSavedFilter(ctx context.Context, id string) (auth.SavedFilter, error) {
	f, err := a.Accounts.SavedFilter(ctx, principalOf(ctx).User.ID, id)
	if err == nil {
		n := noteOf(ctx)
		n.Target, n.Before = f.Name, f.Filter
	}
	return f, err
}

// checkedFilter is a filter as it is stored, once the list itself would take it.
func (a *API) checkedFilter(ctx context.Context, in NewSavedFilter) (auth.NewSavedFilter, error) {
	in.Filter.State = cmp.Or(in.Filter.State, string(history.Active)) // as where the list's query has none
	if _, err := a.queryOf(ctx, in.Filter); err != nil {
		return auth.NewSavedFilter{}, err
	}
	text, err := json.Marshal(in.Filter)
	if err != nil {
		return auth.NewSavedFilter{}, fault.Wrap(err, fault.Internal, "the filter can't be stored")
	}
	noteOf(ctx).After = string(text)
	return auth.NewSavedFilter{Name: in.Name, Filter: string(text)}, nil
}

func answerFilter(f auth.SavedFilter, err error) (*answer[SavedFilter], error) {
	if err != nil {
		return nil, err
	}
	out, err := savedFilterOf(f)
	return answerWith(out), err
}

func savedFilterOf(f auth.SavedFilter) (SavedFilter, error) {
	out := SavedFilter{ID: f.ID, Name: f.Name, CreatedAt: stamp(f.CreatedAt), ChangedAt: stamp(f.ChangedAt)}
	if err := json.Unmarshal([]byte(f.Filter), &out.Filter); err != nil {
		return out, fault.Wrap(err, fault.Internal, "a saved filter can't be read")
	}
	return out, nil
}
