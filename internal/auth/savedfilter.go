package auth

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"bangui/internal/fault"
)

// SavedFilter is a filter of the list of bans that a user keeps under a name. Nobody else
// sees it, admins neither.
type SavedFilter struct {
	ID        string // public
	UserID    string
	Name      string // his filters have different ones
	Filter    string // the list's parameters, as JSON; checked by who made it
	CreatedAt time.Time
	ChangedAt time.Time
}

// Bounds of saved filters.
const (
	MaxSavedFilters    = 50   // of a user
	MaxSavedFilterName = 60   // characters
	MaxSavedFilter     = 2000 // bytes of the filter
)

// NewSavedFilter is what a saved filter is made of.
type NewSavedFilter struct{ Name, Filter string }

// check gives it with its name in its one form, without blanks around it, or says what
// can't be taken.
func (n NewSavedFilter) check() (NewSavedFilter, error) {
	n.Name = strings.TrimSpace(n.Name)
	switch {
	case n.Name == "", utf8.RuneCountInString(n.Name) > MaxSavedFilterName, !utf8.ValidString(n.Name), strings.ContainsFunc(n.Name, unicode.IsControl):
		return n, fault.New(fault.Invalid, "a saved filter needs a name, one line of at most %d characters", MaxSavedFilterName)
	case n.Filter == "", len(n.Filter) > MaxSavedFilter:
		return n, fault.New(fault.Invalid, "a saved filter holds at most %d bytes", MaxSavedFilter).WithMend("Leave out fewer jails, countries and networks.")
	}
	return n, nil
}

// SavedFilters are those of a user by name.
func (a *Accounts) SavedFilters(ctx context.Context, userID string) ([]SavedFilter, error) {
	return a.Store.SavedFilters(ctx, userID)
}

// SaveFilter keeps a filter for a user. Errors are Invalid, Conflict (he has the name
// already) and TooMany.
func (a *Accounts) SaveFilter(ctx context.Context, userID string, n NewSavedFilter) (SavedFilter, error) {
	now := a.Now()
	return a.putFilter(ctx, SavedFilter{ID: newID(), UserID: userID, CreatedAt: now, ChangedAt: now}, n, func(others []SavedFilter) error {
		if len(others) >= MaxSavedFilters {
			return fault.New(fault.TooMany, "you have %d saved filters, and no more are taken", len(others)).WithMend("Delete some that are not used any more.")
		}
		return nil
	})
}

// ChangeSavedFilter gives a user's filter another name and content. Errors are Invalid,
// Conflict (another one has the name) and NotFound (it is not his, or not there).
func (a *Accounts) ChangeSavedFilter(ctx context.Context, userID, id string, n NewSavedFilter) (SavedFilter, error) {
	old, err := a.SavedFilter(ctx, userID, id)
	if err != nil {
		return SavedFilter{}, err
	}
	old.ChangedAt = a.Now()
	return a.putFilter(ctx, old, n, func(all []SavedFilter) error {
		if !slices.ContainsFunc(all, func(f SavedFilter) bool { return f.ID == id }) {
			return noSuchFilter() // deleted meanwhile
		}
		return nil
	})
}

// putFilter keeps a filter where may, which sees all of its user, lets it.
func (a *Accounts) putFilter(ctx context.Context, f SavedFilter, n NewSavedFilter, may func(all []SavedFilter) error) (SavedFilter, error) {
	n, err := n.check()
	if err != nil {
		return SavedFilter{}, err
	}
	f.Name, f.Filter = n.Name, n.Filter
	return f, a.act(ctx, "", func(tx Tx) error {
		all, err := tx.SavedFilters(ctx, f.UserID)
		if err != nil {
			return err
		}
		if err := may(all); err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(other SavedFilter) bool { return other.Name == f.Name && other.ID != f.ID }) {
			return fault.New(fault.Conflict, "you have a saved filter of this name already").WithMend("Choose another name, or replace that one.")
		}
		return tx.PutSavedFilter(ctx, f)
	})
}

// SavedFilter is one of a user's; NotFound when it is not his, or not there.
func (a *Accounts) SavedFilter(ctx context.Context, userID, id string) (SavedFilter, error) {
	all, err := a.Store.SavedFilters(ctx, userID)
	if err != nil {
		return SavedFilter{}, err
	}
	i := slices.IndexFunc(all, func(f SavedFilter) bool { return f.ID == id })
	if i < 0 {
		return SavedFilter{}, noSuchFilter()
	}
	return all[i], nil
}

// RemoveSavedFilter deletes one of a user's; NotFound when it is not his, or not there.
func (a *Accounts) RemoveSavedFilter(ctx context.Context, userID, id string) error {
	return a.act(ctx, "", func(tx Tx) error {
		found, err := tx.RemoveSavedFilter(ctx, userID, id)
		if err == nil && !found {
			err = noSuchFilter()
		}
		return err
	})
}

func noSuchFilter() error { return fault.New(fault.NotFound, "there is no such saved filter") }
