package auth_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"bangui/internal/auth"
	"bangui/internal/fault"
)

// A saved filter is its user's: kept, renamed, replaced and deleted by him, and nobody
// else's business.
func TestSavedFilters_AreTheirUsersOwn(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		anna, otto := o.add("anna", auth.Admin), o.add("otto", auth.Viewer)
		save := func(u auth.User, name, filter string) (auth.SavedFilter, error) {
			return o.SaveFilter(t.Context(), u.ID, auth.NewSavedFilter{Name: name, Filter: filter})
		}
		first, err := save(otto, " Zürich ", `{"jail":"sshd"}`)
		if err != nil || first.Name != "Zürich" {
			t.Fatal(first, err)
		}
		if _, err := save(otto, "another", `{"state":"all"}`); err != nil {
			t.Fatal(err)
		}
		if _, err := save(anna, "Zürich", `{}`); err != nil {
			t.Errorf("the same name of another user: %v", err)
		}
		_, err = save(otto, "Zürich", "{}")
		wants(t, "the same name again", err, fault.Conflict)
		_, err = o.ChangeSavedFilter(t.Context(), otto.ID, first.ID, auth.NewSavedFilter{Name: "another", Filter: "{}"})
		wants(t, "the name of another one", err, fault.Conflict)

		o.clock.forward(time.Minute)
		changed, err := o.ChangeSavedFilter(t.Context(), otto.ID, first.ID, auth.NewSavedFilter{Name: "first of all", Filter: `{"asn":1}`})
		if err != nil || changed.CreatedAt != first.CreatedAt || !changed.ChangedAt.After(first.ChangedAt) {
			t.Error(changed, err)
		}
		all, err := o.SavedFilters(t.Context(), otto.ID)
		if err != nil || len(all) != 2 || all[0].Name != "another" || all[1] != changed {
			t.Errorf("%+v, %v; want %+v last", all, err, changed)
		}

		_, err = o.ChangeSavedFilter(t.Context(), anna.ID, first.ID, auth.NewSavedFilter{Name: "mine", Filter: "{}"})
		wants(t, "changing somebody else's, as an admin", err, fault.NotFound)
		wants(t, "deleting it", o.RemoveSavedFilter(t.Context(), anna.ID, first.ID), fault.NotFound)
		if err := o.RemoveSavedFilter(t.Context(), otto.ID, first.ID); err != nil {
			t.Error(err)
		}
		wants(t, "deleting it again", o.RemoveSavedFilter(t.Context(), otto.ID, first.ID), fault.NotFound)
		if err := o.RemoveUser(t.Context(), otto.ID); err != nil {
			t.Fatal(err)
		}
		if left, err := o.SavedFilters(t.Context(), otto.ID); err != nil || len(left) != 0 {
			t.Errorf("of a user who is gone: %v, %v", left, err)
		}
	})
}

func TestSavedFilters_Refuse(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		u := o.add("anna", auth.Admin)
		for _, n := range []auth.NewSavedFilter{
			{Name: "", Filter: "{}"},
			{Name: "  ", Filter: "{}"},
			{Name: strings.Repeat("ä", auth.MaxSavedFilterName+1), Filter: "{}"},
			{Name: "two\nlines", Filter: "{}"},
			{Name: "\xff", Filter: "{}"},
			{Name: "nothing", Filter: ""},
			{Name: "long", Filter: strings.Repeat("x", auth.MaxSavedFilter+1)},
		} {
			_, err := o.SaveFilter(t.Context(), u.ID, n)
			wants(t, fmt.Sprintf("%.20q", n.Name), err, fault.Invalid)
		}
		if _, err := o.SaveFilter(t.Context(), u.ID, auth.NewSavedFilter{Name: strings.Repeat("ä", auth.MaxSavedFilterName), Filter: strings.Repeat("x", auth.MaxSavedFilter)}); err != nil {
			t.Errorf("as long as may be: %v", err)
		}
	})
}

// However many save at once, nobody has more than the bound, nor a name twice.
func TestSavedFilters_AreBounded(t *testing.T) {
	each(t, func(t *testing.T, o *office) {
		u := o.add("anna", auth.Admin)
		const over = 10
		failed := make(chan error, auth.MaxSavedFilters+over)
		var saving sync.WaitGroup
		for i := range auth.MaxSavedFilters + over {
			saving.Go(func() {
				if _, err := o.SaveFilter(t.Context(), u.ID, auth.NewSavedFilter{Name: fmt.Sprint("filter ", i), Filter: "{}"}); err != nil {
					failed <- err
				}
			})
		}
		saving.Wait()
		close(failed)
		refused := 0
		for err := range failed {
			wants(t, "one too many", err, fault.TooMany)
			refused++
		}
		if all, err := o.SavedFilters(t.Context(), u.ID); err != nil || len(all) != auth.MaxSavedFilters || refused != over {
			t.Errorf("%d are kept, %d were refused, %v", len(all), refused, err)
		}
	})
}
