package api_test

import (
	"context"
	"sync/atomic"
	"testing"

	"bangui/internal/auth"
)

// askedStore counts how often it is asked whose session it is.
type askedStore struct {
	auth.Store
	asked atomic.Int64
}

func (s *askedStore) SessionBySecret(ctx context.Context, hash []byte) (auth.Session, auth.User, bool, error) {
	s.asked.Add(1)
	return s.Store.SessionBySecret(ctx, hash)
}

// Health is asked without bound, and so must not cost the database something each time,
// whatever a stranger shows with it.
func TestHealth_LooksForStrangersNowAndThen(t *testing.T) {
	d := openDesk(t)
	store := &askedStore{Store: d.db}
	d.people.Store = store
	d.build()
	for range 300 {
		d.run(scenario{name: "stranger", method: "GET", path: "/api/health", header: as("bangui_session=x"), status: 200})
	}
	if n := store.asked.Load(); n == 0 || n > 60 {
		t.Errorf("the database was asked %d times", n)
	}
}
